"""The tables, as SQLAlchemy sees them; they work unchanged in SQLite and PostgreSQL.

An article is stored once, by its content hash, and belongs to every page that prints it (`memberships`): a page that
is ingested again under another name adds nothing, and removing one of two pages keeps what the other still prints.
Passage numbers grow and are never given twice, so a search index can refer to them. Each write leaves a line in
`journal`: a search index that remembers its last (generation, token) knows whether it is up to date, merely behind,
or was made from something else.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()
_Number = BigInteger().with_variant(Integer, "sqlite")

meta = Table("meta", metadata, Column("key", Text, primary_key=True), Column("value", Text, nullable=False))

journal = Table(
    "journal",
    metadata,
    Column("generation", _Number, primary_key=True, autoincrement=True),
    Column("token", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("at", Text, nullable=False),
    sqlite_autoincrement=True,
)

pages = Table(
    "pages",
    metadata,
    Column("id", Text, primary_key=True),
    Column("source", Text, nullable=False, index=True),
    Column("paper", Text, nullable=False),
    Column("date", Text, nullable=False),
    Column("page", Text, nullable=False),
    Column("edition", Text, nullable=False),
    Column("notes", Text, nullable=False),
    Column("added_at", Text, nullable=False),
    Index("pages_by_edition", "date", "paper", "page"),
)

articles = Table(
    "articles",
    metadata,
    Column("id", Text, primary_key=True),
    Column("paper", Text, nullable=False),
    Column("date", Text, nullable=False),
    Column("page", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("position", Integer, nullable=False),
    Column("title", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("folded", Text, nullable=False),
    Column("data", Text, nullable=False),
    Index("articles_by_edition", "date", "paper", "page"),
)

memberships = Table(
    "memberships",
    metadata,
    Column("page_id", Text, ForeignKey("pages.id", ondelete="CASCADE"), primary_key=True),
    Column("article_id", Text, ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True, index=True),
)

passages = Table(
    "passages",
    metadata,
    Column("number", _Number, primary_key=True, autoincrement=True),
    Column("article_id", Text, ForeignKey("articles.id", ondelete="CASCADE"), nullable=False),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    UniqueConstraint("article_id", "start", "end"),
    sqlite_autoincrement=True,
)

# Apart from `passages`, so that listing passages does not read the vectors.
vectors = Table(
    "vectors",
    metadata,
    Column("number", _Number, ForeignKey("passages.number", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("vector", LargeBinary, nullable=False),
)

# Where `baowen archive rebuild` lays the vectors of another model until all are there.
next_vectors = Table(
    "next_vectors",
    metadata,
    Column("number", _Number, ForeignKey("passages.number", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("vector", LargeBinary, nullable=False),
)

aliases = Table(
    "aliases",
    metadata,
    Column("old_id", Text, primary_key=True),
    Column("new_id", Text, ForeignKey("articles.id", ondelete="CASCADE"), nullable=False),
)

sketches = Table(
    "sketches",
    metadata,
    Column("article_id", Text, ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True),
    Column("value", _Number, primary_key=True, autoincrement=False, index=True),
)

twins = Table(
    "twins",
    metadata,
    Column("article_id", Text, ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True),
    Column("twin_id", Text, ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True, index=True),
    Column("share", Float, nullable=False),
)

turns = Table(
    "turns",
    metadata,
    Column("number", _Number, primary_key=True, autoincrement=True),
    Column("conversation_id", Text, nullable=False, index=True),
    Column("question", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Column("at", Text, nullable=False),
    sqlite_autoincrement=True,
)

summaries = Table(
    "summaries",
    metadata,
    Column("key", Text, primary_key=True),
    Column("text", Text, nullable=False),
    Column("at", Text, nullable=False),
)

digests = Table(
    "digests",
    metadata,
    Column("key", Text, primary_key=True),
    Column("digest", Text, nullable=False),
    Column("at", Text, nullable=False),
)

feedback = Table(
    "feedback",
    metadata,
    Column("number", _Number, primary_key=True, autoincrement=True),
    Column("conversation_id", Text, nullable=False),
    Column("turn", Integer, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("comment", Text, nullable=False),
    Column("at", Text, nullable=False),
    sqlite_autoincrement=True,
)

"""What the archive does inside a transaction: rows in, rows out."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import ColumnElement, Connection, Row, Select, and_, exists, or_, select

from rag.archive.codec import article_row, to_json, vector_bytes
from rag.archive.tables import aliases, articles, journal, memberships, meta, pages, passages, vectors
from rag.archive.talk import now
from rag.archive.twins import link
from rag.errors import ArchiveError
from rag.protocols import Embedder, Vectors
from rag.schema import Article, Filters, Page, Passage

Numbers = npt.NDArray[np.int64]
# SQLite allows 32,766 bound values in one statement, PostgreSQL 65,535.
_BATCH = 10_000


def in_batches(
    connection: Connection, query: Select[Any], column: ColumnElement[Any], values: Sequence[Any]
) -> Iterator[Row[Any]]:
    """Yield the rows of `query` whose `column` is one of `values`, however many they are."""
    for begin in range(0, len(values), _BATCH):
        yield from connection.execute(query.where(column.in_(values[begin : begin + _BATCH])))


def embedder_rows(connection: Connection) -> tuple[str, int, str] | None:
    """Return the name, dimension and fingerprint of the model of the stored vectors."""
    query = select(meta.c.key, meta.c.value).where(meta.c.key.like("embedder_%"))
    found = {row.key: row.value for row in connection.execute(query)}
    if "embedder_fingerprint" not in found:
        return None
    return found["embedder_name"], int(found["embedder_dimension"]), found["embedder_fingerprint"]


def record_embedder(connection: Connection, model: Embedder) -> None:
    """Remember the model that makes the vectors of this archive.

    Raises:
        ArchiveError: another one made those that are there.
    """
    stored = embedder_rows(connection)
    if stored is None:
        name_embedder(connection, model)
    elif stored[1:] != (model.dimension, model.fingerprint):
        raise ArchiveError(different_model(stored, model))


def name_embedder(connection: Connection, model: Embedder) -> None:
    """Write the model's name, dimension and fingerprint in the place of what was there."""
    connection.execute(meta.delete().where(meta.c.key.like("embedder_%")))
    for key, value in (
        ("embedder_name", model.name),
        ("embedder_dimension", str(model.dimension)),
        ("embedder_fingerprint", model.fingerprint),
    ):
        connection.execute(meta.insert().values(key=key, value=value))


def different_model(stored: tuple[str, int, str], model: Embedder) -> str:
    """Say that the vectors are another model's and what to do."""
    return (
        f"the archive was embedded with {stored[0]} ({stored[1]} dimensions, {stored[2][:8]}) and the settings name "
        f"{model.name} ({model.dimension}, {model.fingerprint[:8]}); set the former model, or run "
        "`baowen archive rebuild` to embed everything anew"
    )


def generation(connection: Connection) -> tuple[int, str]:
    """Return the last line of the journal, or (0, '')."""
    row = connection.execute(select(journal).order_by(journal.c.generation.desc()).limit(1)).first()
    return (int(row.generation), str(row.token)) if row else (0, "")


def advance(connection: Connection, what: str) -> None:
    """Add a line to the journal."""
    connection.execute(journal.insert().values(token=secrets.token_hex(8), what=what, at=now()))


def same_page(page: Page) -> ColumnElement[bool]:
    """Return the condition on `pages` for earlier versions of `page`."""
    edition = page.edition
    same: ColumnElement[bool] = pages.c.source == page.source
    if edition.paper and edition.date and edition.page:
        printed = and_(pages.c.paper == edition.paper, pages.c.date == edition.date, pages.c.page == edition.page)
        same = or_(same, printed)
    return and_(same, pages.c.id != page.id)


def insert_page(connection: Connection, page: Page) -> None:
    """Add the row of `page`."""
    connection.execute(
        pages.insert().values(
            id=page.id,
            source=page.source,
            paper=page.edition.paper,
            date=page.edition.date,
            page=page.edition.page,
            edition=to_json(asdict(page.edition)),
            notes=to_json(page.notes),
            added_at=now(),
        )
    )


def store_articles(
    connection: Connection, new: Sequence[Article], new_passages: Sequence[Passage], new_vectors: Vectors
) -> None:
    """Insert the articles that are not stored, with their passages and vectors; refresh what is not in the id.

    Raises:
        ArchiveError: there are not as many vectors as passages.
    """
    if len(new_passages) != len(new_vectors):
        raise ArchiveError(f"{len(new_passages)} passages came with {len(new_vectors)} vectors; nothing was stored")
    rows = {row["id"]: row for row in map(article_row, new)}
    stored = {row.id for row in in_batches(connection, select(articles.c.id), articles.c.id, list(rows))}
    for article_id in stored:
        fresh = {key: rows[article_id][key] for key in ("position", "data", "folded")}
        connection.execute(articles.update().where(articles.c.id == article_id).values(**fresh))
    missing = [row for article_id, row in rows.items() if article_id not in stored]
    if missing:
        connection.execute(articles.insert(), missing)
        for row in missing:
            link(connection, row["id"], row["body"])
        ids = {row["id"] for row in missing}
        which = [at for at, one in enumerate(new_passages) if one.article_id in ids]
        _insert_passages(connection, which, new_passages, new_vectors)
    # An id that is stored again is no longer an old name of something else.
    connection.execute(aliases.delete().where(aliases.c.old_id.in_(list(rows))))


def _insert_passages(
    connection: Connection, which: Sequence[int], new_passages: Sequence[Passage], new_vectors: Vectors
) -> None:
    if not which:
        return
    spans = [
        {"article_id": one.article_id, "start": one.start, "end": one.end} for one in (new_passages[at] for at in which)
    ]
    given = passages.insert().returning(passages.c.number, sort_by_parameter_order=True)
    numbers = connection.execute(given, spans).scalars().all()
    rows = [
        {"number": number, "vector": vector_bytes(new_vectors[at])} for number, at in zip(numbers, which, strict=True)
    ]
    connection.execute(vectors.insert(), rows)


def join_page(connection: Connection, page_id: str, article_ids: Sequence[str]) -> None:
    """Make articles members of a page."""
    query = select(memberships.c.article_id).where(memberships.c.page_id == page_id)
    there = {row.article_id for row in connection.execute(query)}
    new = [{"page_id": page_id, "article_id": one} for one in dict.fromkeys(article_ids) if one not in there]
    if new:
        connection.execute(memberships.insert(), new)


def articles_of(which: ColumnElement[bool]) -> Select[tuple[str]]:
    """Return the query for the ids of the articles on the pages that `which` selects."""
    return select(memberships.c.article_id).join(pages, pages.c.id == memberships.c.page_id).where(which)


def drop_orphans(connection: Connection) -> None:
    """Delete the articles that no page prints."""
    member = exists().where(memberships.c.article_id == articles.c.id)
    delete_articles(connection, [row.id for row in connection.execute(select(articles.c.id).where(~member))])


def delete_articles(connection: Connection, ids: Sequence[str]) -> int:
    """Delete articles with all that hangs on them, and the pages left without any; return how many went."""
    count = 0
    for begin in range(0, len(ids), _BATCH):
        some = ids[begin : begin + _BATCH]
        of_pages = select(memberships.c.page_id).where(memberships.c.article_id.in_(some)).distinct()
        touched = [row.page_id for row in connection.execute(of_pages)]
        count += connection.execute(articles.delete().where(articles.c.id.in_(some))).rowcount
        member = exists().where(memberships.c.page_id == pages.c.id)
        connection.execute(pages.delete().where(pages.c.id.in_(touched), ~member))
    return count


def resolve(connection: Connection, ids: Sequence[str]) -> dict[str, str]:
    """Return the new ids of those of `ids` that articles had before a correction."""
    return {row.old_id: row.new_id for row in in_batches(connection, select(aliases), aliases.c.old_id, ids)}


def print_order(page: str) -> tuple[tuple[int, int, str], ...]:
    """Return a sort key for page names: A2 before A10, 第3版 before 第12版."""
    return tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in re.split(r"(\d+)", page) if part)


def article_order(article: Article) -> tuple[Any, ...]:
    """Return a sort key for articles: newest day first, then paper, page, and place on the page."""
    day = tuple(-ord(char) for char in article.date) or (0,)
    return day, article.edition.paper, print_order(article.edition.page), article.position, article.id


def filter_clauses(filters: Filters) -> list[ColumnElement[bool]]:
    """Return the SQL conditions on `articles` that `filters` stand for."""
    clauses: list[ColumnElement[bool]] = []
    for column, values in (
        (articles.c.paper, filters.papers),
        (articles.c.page, filters.pages),
        (articles.c.kind, filters.kinds),
        (articles.c.id, filters.article_ids),
    ):
        if values:
            clauses.append(column.in_(values))
    if filters.date_from:
        clauses.append(articles.c.date >= filters.date_from)
    if filters.date_to:
        clauses.append((articles.c.date <= filters.date_to) & (articles.c.date != ""))
    return clauses

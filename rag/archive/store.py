"""The archive's one object. Every method is one transaction; all of them are safe to call from several threads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from sqlalchemy import Engine, Select, func, select

from rag.archive import rows as at
from rag.archive import talk
from rag.archive.codec import bytes_vectors, row_article
from rag.archive.engine import connect, reading, retrying, writing
from rag.archive.migrations import migrate
from rag.archive.rows import Numbers, article_order, filter_clauses, print_order
from rag.archive.tables import (
    aliases,
    articles,
    digests,
    journal,
    memberships,
    meta,
    pages,
    passages,
    summaries,
    twins,
    vectors,
)
from rag.errors import ArchiveError
from rag.protocols import Embedder, Vectors
from rag.schema import Article, EditionSummary, Filters, Page, Passage
from rag.text.tokens import fold_phrase

PageChange = Literal["added", "replaced", "unchanged"]


def open_archive(where: str | Path, embedder: Embedder | None = None) -> Archive:
    """Open or create the archive at `where`: a folder (SQLite in it) or an SQLAlchemy URL.

    Raises:
        ArchiveError: it cannot be opened, is newer than this program, or was embedded by another model.
    """
    engine = connect(where)
    with writing(engine) as connection:
        migrate(connection)
    archive = Archive(engine)
    if embedder is not None:
        archive.check_embedder(embedder)
    return archive


@retrying
class Archive:
    """Pages, articles, passages, vectors, conversations and digests of one archive."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()

    # The embedder

    def embedder(self) -> tuple[str, int, str] | None:
        """Return the name, dimension and fingerprint of the model that made the vectors; None when there are none."""
        with reading(self.engine) as connection:
            return at.embedder_rows(connection)

    def check_embedder(self, embedder: Embedder) -> None:
        """Make sure that `embedder` made the stored vectors.

        Raises:
            ArchiveError: another model did.
        """
        stored = self.embedder()
        if stored is not None and stored[1:] != (embedder.dimension, embedder.fingerprint):
            raise ArchiveError(at.different_model(stored, embedder))

    # Pages

    def has_page(self, page_id: str) -> bool:
        """Return whether this very content was ingested."""
        with reading(self.engine) as connection:
            return connection.execute(select(pages.c.id).where(pages.c.id == page_id)).first() is not None

    def missing(self, article_ids: Sequence[str]) -> set[str]:
        """Return those of `article_ids` that are not stored."""
        with reading(self.engine) as connection:
            found = {row.id for row in at.in_batches(connection, select(articles.c.id), articles.c.id, article_ids)}
        return set(article_ids) - found

    def add_page(
        self, page: Page, page_passages: Sequence[Passage], page_vectors: Vectors, embedder: Embedder
    ) -> PageChange:
        """Store `page` in one transaction, replacing the earlier version of the same page.

        The same page is one of the same source, or of the same paper, date and page when all three are known.
        `page_passages` and the rows of `page_vectors` go together; articles that are stored already need none.

        Raises:
            ArchiveError: the archive cannot be written or was embedded by another model, or vectors are missing.
        """
        with writing(self.engine) as connection:
            if connection.execute(select(pages.c.id).where(pages.c.id == page.id)).first():
                return "unchanged"
            at.record_embedder(connection, embedder)
            earlier = [row.id for row in connection.execute(select(pages.c.id).where(at.same_page(page)))]
            at.insert_page(connection, page)
            at.store_articles(connection, page.articles, page_passages, page_vectors)
            at.join_page(connection, page.id, [article.id for article in page.articles])
            if earlier:
                connection.execute(pages.delete().where(pages.c.id.in_(earlier)))
                at.drop_orphans(connection)
            at.advance(connection, f"page {page.source}")
            return "replaced" if earlier else "added"

    def remove(
        self,
        *,
        article_ids: Sequence[str] = (),
        paper: str = "",
        date: str = "",
        page: str = "",
        source: str = "",
    ) -> int:
        """Remove the articles named, or all that match every one of paper, date, page and source given.

        A source is a file; its parts (`file#part`) go with it.

        Returns how many articles went. Nothing given removes nothing.
        """
        with writing(self.engine) as connection:
            doomed = set(article_ids)
            wanted = [
                column == value
                for column, value in ((articles.c.paper, paper), (articles.c.date, date), (articles.c.page, page))
                if value
            ]
            if source:
                parts = pages.c.source.startswith(f"{source}#", autoescape=True)
                wanted.append(articles.c.id.in_(at.articles_of((pages.c.source == source) | parts)))
            if wanted:
                doomed |= {row.id for row in connection.execute(select(articles.c.id).where(*wanted))}
            count = at.delete_articles(connection, sorted(doomed))
            if count:
                at.advance(connection, f"removed {count} articles")
            return count

    def update_article(
        self, article_id: str, article: Article, new_passages: Sequence[Passage], new_vectors: Vectors
    ) -> str:
        """Put `article` in the place of `article_id` on its pages; the old id leads to the new one from now on.

        Returns the new id.

        Raises:
            ArchiveError: there is no such article.
        """
        new_id = article.id
        with writing(self.engine) as connection:
            old_id = at.resolve(connection, [article_id]).get(article_id, article_id)
            rows = connection.execute(select(memberships.c.page_id).where(memberships.c.article_id == old_id)).all()
            if not rows:
                raise ArchiveError(f"there is no article {article_id} in the archive; it may have been removed")
            if new_id == old_id:
                return new_id
            at.store_articles(connection, [article], new_passages, new_vectors)
            for row in rows:
                at.join_page(connection, row.page_id, [new_id])
            connection.execute(aliases.update().where(aliases.c.new_id == old_id).values(new_id=new_id))
            connection.execute(articles.delete().where(articles.c.id == old_id))
            connection.execute(aliases.delete().where(aliases.c.old_id.in_([old_id, new_id])))
            connection.execute(aliases.insert().values(old_id=old_id, new_id=new_id))
            at.advance(connection, f"corrected {old_id}")
        return new_id

    # Articles

    def article(self, article_id: str) -> Article | None:
        """Return an article by its id, or by one it had before a correction; None when there is none."""
        return self.articles([article_id]).get(article_id)

    def articles(self, ids: Iterable[str]) -> dict[str, Article]:
        """Return the articles with these ids, keyed by the ids asked for; unknown ids are left out."""
        asked = list(dict.fromkeys(ids))
        with reading(self.engine) as connection:
            found = {
                row.id: row_article(row) for row in at.in_batches(connection, select(articles), articles.c.id, asked)
            }
            lost = [one for one in asked if one not in found]
            renamed = at.resolve(connection, lost) if lost else {}
            moved = {
                row.id: row_article(row)
                for row in at.in_batches(connection, select(articles), articles.c.id, list(set(renamed.values())))
            }
        found.update({old: moved[new] for old, new in renamed.items() if new in moved})
        return found

    def editions(self) -> tuple[EditionSummary, ...]:
        """Return what is stored by day and paper, newest first."""
        query = select(articles.c.date, articles.c.paper, articles.c.page, func.count().label("articles"))
        groups: dict[tuple[str, str], list[tuple[str, int]]] = {}
        with reading(self.engine) as connection:
            for row in connection.execute(query.group_by(articles.c.date, articles.c.paper, articles.c.page)):
                groups.setdefault((row.date, row.paper), []).append((row.page, row.articles))
        ordered = sorted(sorted(groups, key=lambda key: key[1]), key=lambda key: key[0], reverse=True)
        return tuple(
            EditionSummary(
                paper,
                date,
                tuple(sorted((page for page, _ in groups[date, paper] if page), key=print_order)),
                sum(count for _, count in groups[date, paper]),
            )
            for date, paper in ordered
        )

    def edition_articles(self, date: str, paper: str = "") -> tuple[Article, ...]:
        """Return the articles of a day (of one paper, when given) in print order."""
        query = select(articles).where(articles.c.date == date)
        if paper:
            query = query.where(articles.c.paper == paper)
        return self._select(query)

    def mentions(self, phrase: str, filters: Filters | None = None) -> tuple[Article, ...]:
        """Return the articles that have `phrase` in headline, byline or body; width, case, quotes, spaces folded."""
        needle = fold_phrase(phrase)
        if not needle:
            return ()
        query = select(articles).where(articles.c.folded.contains(needle, autoescape=True))
        return self._select(query.where(*filter_clauses(filters or Filters())))

    def _select(self, query: Select[Any]) -> tuple[Article, ...]:
        with reading(self.engine) as connection:
            found = [row_article(row) for row in connection.execute(query)]
        return tuple(sorted(found, key=article_order))

    def iter_articles(self, batch: int = 500) -> Iterator[Article]:
        """Yield every article, by id, a batch at a time."""
        last = ""
        while True:
            query = select(articles).where(articles.c.id > last).order_by(articles.c.id).limit(batch)
            with reading(self.engine) as connection:
                rows = connection.execute(query).all()
            if not rows:
                return
            yield from (row_article(row) for row in rows)
            last = rows[-1].id

    def count(self) -> int:
        """Return how many articles are stored."""
        with reading(self.engine) as connection:
            return int(connection.execute(select(func.count()).select_from(articles)).scalar_one())

    def newest_date(self) -> str:
        """Return the newest edition date, or an empty string."""
        with reading(self.engine) as connection:
            return str(connection.execute(select(func.max(articles.c.date))).scalar() or "")

    def twins(self, ids: Sequence[str]) -> dict[str, dict[str, float]]:
        """Return the near-duplicates of each article: its id to {other id: share of the shorter text}."""
        found: dict[str, dict[str, float]] = {}
        with reading(self.engine) as connection:
            for row in at.in_batches(connection, select(twins), twins.c.article_id, ids):
                found.setdefault(row.article_id, {})[row.twin_id] = row.share
        return found

    # Passages, for search indexes

    def archive_id(self) -> str:
        """Return the random name of this archive; a restored copy gets a new one."""
        with reading(self.engine) as connection:
            return str(connection.execute(select(meta.c.value).where(meta.c.key == "archive_id")).scalar_one())

    def generation(self) -> tuple[int, str]:
        """Return the number and the random token of the last change that search must know of; (0, '') at first."""
        with reading(self.engine) as connection:
            return at.generation(connection)

    def has_generation(self, generation: int, token: str) -> bool:
        """Return whether this archive went through that change."""
        query = select(journal.c.token).where(journal.c.generation == generation)
        with reading(self.engine) as connection:
            return generation == 0 or connection.execute(query).scalar() == token

    def passage_count(self) -> int:
        """Return how many passages are stored."""
        with reading(self.engine) as connection:
            return int(connection.execute(select(func.count()).select_from(passages)).scalar_one())

    def passage_numbers(self, after: int = 0) -> Numbers:
        """Return the numbers above `after` of the stored passages, ascending."""
        query = select(passages.c.number).where(passages.c.number > after).order_by(passages.c.number)
        with reading(self.engine) as connection:
            return np.array(connection.execute(query).scalars().all(), dtype=np.int64)

    def passages(self, numbers: Sequence[int]) -> dict[int, Passage]:
        """Return passages by number; numbers no longer stored are left out."""
        query = select(
            passages,
            func.substr(articles.c.body, passages.c.start + 1, passages.c.end - passages.c.start).label("text"),
        ).join(articles, articles.c.id == passages.c.article_id)
        with reading(self.engine) as connection:
            return {
                row.number: Passage(row.article_id, row.start, row.end, row.text)
                for row in at.in_batches(connection, query, passages.c.number, [int(one) for one in numbers])
            }

    def spans(self, article_ids: Sequence[str]) -> dict[str, tuple[tuple[int, int, int], ...]]:
        """Return (number, start, end) of the passages of each article, in order of the text."""
        query = select(passages).order_by(passages.c.start)
        found: dict[str, list[tuple[int, int, int]]] = {}
        with reading(self.engine) as connection:
            for row in at.in_batches(connection, query, passages.c.article_id, article_ids):
                found.setdefault(row.article_id, []).append((row.number, row.start, row.end))
        return {article_id: tuple(spans) for article_id, spans in found.items()}

    def vectors(self, numbers: Sequence[int]) -> tuple[Numbers, Vectors]:
        """Return the stored vectors of those of `numbers` that are there: their numbers, ascending, a row for each."""
        query = select(vectors).order_by(vectors.c.number)
        with reading(self.engine) as connection:
            stored = at.embedder_rows(connection)
            rows = list(at.in_batches(connection, query, vectors.c.number, sorted(int(one) for one in numbers)))
        dimension = stored[1] if stored else 0
        return np.array([row.number for row in rows], dtype=np.int64), bytes_vectors(
            [row.vector for row in rows], dimension
        )

    # Conversations, digests, summaries, feedback

    def save_turn(self, conversation_id: str, question: str, answer_json: str) -> int:
        """Append a question and its answer; return the turn's place in the conversation, from 0."""
        with writing(self.engine) as connection:
            return talk.save_turn(connection, conversation_id, question, answer_json)

    def conversation(self, conversation_id: str) -> tuple[talk.SavedTurn, ...]:
        """Return the turns of a conversation, oldest first."""
        with reading(self.engine) as connection:
            return talk.conversation(connection, conversation_id)

    def conversations(self) -> tuple[talk.ConversationSummary, ...]:
        """Return all conversations, the latest first."""
        with reading(self.engine) as connection:
            return talk.conversations(connection)

    def remove_conversation(self, conversation_id: str) -> int:
        """Delete a conversation with its feedback; return how many turns it had."""
        with writing(self.engine) as connection:
            return talk.remove_conversation(connection, conversation_id)

    def save_feedback(self, conversation_id: str, turn: int, verdict: str, comment: str = "") -> None:
        """Record a reader's verdict on a turn."""
        with writing(self.engine) as connection:
            talk.save_feedback(connection, conversation_id, turn, verdict, comment)

    def summary(self, key: str) -> str | None:
        """Return a cached summary, or None."""
        with reading(self.engine) as connection:
            return talk.saved_text(connection, summaries, key)

    def save_summary(self, key: str, text: str) -> None:
        """Cache a summary."""
        with writing(self.engine) as connection:
            talk.save_text(connection, summaries, key, text)

    def digest(self, key: str) -> str | None:
        """Return a stored digest as JSON, or None."""
        with reading(self.engine) as connection:
            return talk.saved_text(connection, digests, key)

    def save_digest(self, key: str, digest_json: str) -> None:
        """Store a digest as JSON."""
        with writing(self.engine) as connection:
            talk.save_text(connection, digests, key, digest_json)

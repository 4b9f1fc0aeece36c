"""Search by words: a SQLite FTS5 table with one row an article, its tokens cut by `rag.text.tokens`.

Common words decide little and cost most, so a query runs on its rarest tokens until they have about `_POSTINGS`
matching rows between them. The table also remembers which passages it has, which makes it the index's own memory of
what it was made from.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path

from rag.schema import Article, Filters
from rag.text.tokens import bigrams, words

_SCHEMA = """
CREATE TABLE IF NOT EXISTS state (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS documents (
    number INTEGER PRIMARY KEY, article_id TEXT NOT NULL UNIQUE,
    paper TEXT NOT NULL, date TEXT NOT NULL, page TEXT NOT NULL, kind TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS passages (number INTEGER PRIMARY KEY, document INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS passages_of ON passages (document);
CREATE VIRTUAL TABLE IF NOT EXISTS tokens USING fts5 (
    headline, body, tokenize = "unicode61 categories 'L* N* Co P* S*'"
);
CREATE VIRTUAL TABLE IF NOT EXISTS vocabulary USING fts5vocab (tokens, 'row');
"""
# Matching rows a query may touch; about a microsecond each.
_POSTINGS = 60_000
VERSION = "1"


class LexicalIndex:
    """The word half of the local index, in one SQLite file."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=60)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self._connection.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def state(self) -> dict[str, str]:
        """Return what `commit` recorded last."""
        with self._lock:
            return dict(self._connection.execute("SELECT key, value FROM state").fetchall())

    def change(
        self,
        added: Iterable[tuple[Article, Sequence[int]]],
        removed: Sequence[int],
        state: dict[str, str],
    ) -> None:
        """Add articles with their passage numbers and remove passages, in one transaction, and record `state`."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                self._remove(removed)
                for article, numbers in added:
                    self._add(article, numbers)
                self._connection.executemany("REPLACE INTO state VALUES (?, ?)", list(state.items()))
                self._connection.execute("COMMIT")
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise

    def _add(self, article: Article, numbers: Sequence[int]) -> None:
        edition, number = article.edition, min(numbers)
        self._connection.execute(
            "INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?)",
            (number, article.id, edition.paper, edition.date, edition.page, article.kind),
        )
        self._connection.executemany("INSERT INTO passages VALUES (?, ?)", [(one, number) for one in numbers])
        self._connection.execute(
            "INSERT INTO tokens (rowid, headline, body) VALUES (?, ?, ?)",
            (number, _cut(article.headline), _cut(article.body)),
        )

    def _remove(self, numbers: Sequence[int]) -> None:
        for number in numbers:
            found = self._connection.execute("SELECT document FROM passages WHERE number = ?", (number,)).fetchone()
            if found:
                self._connection.execute("DELETE FROM passages WHERE document = ?", found)
                self._connection.execute("DELETE FROM documents WHERE number = ?", found)
                self._connection.execute("DELETE FROM tokens WHERE rowid = ?", found)

    def passage_documents(self) -> list[tuple[int, int]]:
        """Return (passage number, document number) of everything indexed, ascending."""
        with self._lock:
            return self._connection.execute("SELECT number, document FROM passages ORDER BY number").fetchall()

    def documents(self, numbers: Sequence[int]) -> dict[int, str]:
        """Return the article ids of document numbers."""
        marks = ",".join("?" * len(numbers))
        with self._lock:
            rows = self._connection.execute(
                f"SELECT number, article_id FROM documents WHERE number IN ({marks})", list(numbers)
            )
            return dict(rows.fetchall())

    def allowed(self, filters: Filters) -> list[int] | None:
        """Return the documents that `filters` let through, or None when they let all."""
        where, values = _conditions(filters)
        if not where:
            return None
        with self._lock:
            rows = self._connection.execute(f"SELECT number FROM documents WHERE {where} ORDER BY number", values)
            return [row[0] for row in rows]

    def search(self, question: str, top: int, filters: Filters) -> list[tuple[int, float]]:
        """Return (document, BM25), best first."""
        terms = self._rarest(dict.fromkeys(_cut(question).split()))
        if not terms:
            return []
        where, values = _conditions(filters)
        match = " OR ".join(f'"{term}"' for term in terms)
        inside = f" AND rowid IN (SELECT number FROM documents WHERE {where})" if where else ""
        with self._lock:
            rows = self._connection.execute(
                f"SELECT rowid, -bm25(tokens, 1.0, 1.0) FROM tokens WHERE tokens MATCH ?{inside} ORDER BY rank LIMIT ?",
                [match, *values, top],
            )
            return [(int(number), float(score)) for number, score in rows]

    def _rarest(self, terms: Iterable[str]) -> list[str]:
        with self._lock:
            counts = []
            for term in terms:
                row = self._connection.execute("SELECT doc FROM vocabulary WHERE term = ?", (term,)).fetchone()
                if row:
                    counts.append((row[0], term))
        kept: list[str] = []
        cost = 0
        for count, term in sorted(counts):
            cost += count
            if kept and cost > _POSTINGS:
                break
            kept.append(term)
        return kept


def _cut(text: str) -> str:
    return " ".join(word.replace('"', "") for word in [*words(text), *bigrams(text)])


def _conditions(filters: Filters) -> tuple[str, list[str]]:
    clauses: list[str] = []
    values: list[str] = []
    for column, wanted in (
        ("paper", filters.papers),
        ("page", filters.pages),
        ("kind", filters.kinds),
        ("article_id", filters.article_ids),
    ):
        if wanted:
            clauses.append(f"{column} IN ({','.join('?' * len(wanted))})")
            values += wanted
    if filters.date_from:
        clauses.append("date >= ?")
        values.append(filters.date_from)
    if filters.date_to:
        clauses.append("date <= ? AND date <> ''")
        values.append(filters.date_to)
    return " AND ".join(clauses), values

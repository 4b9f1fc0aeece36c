"""The words of the archive in one SQLite file: FTS5 tables as an inverted index that is kept, never rebuilt.

Two tables hold the tokens of each article in order: `words` (jieba) and `grams` (character bigrams, which still match
where jieba cut the question and the page differently). FTS5 keeps them on disk, adds and deletes in place and
survives crashes; what it cannot do is rank by anything but its own BM25 over whole rows. So only its postings are
used: `fts5vocab` gives for every token the rows and the positions it stands at, and `rag.index.bm25` does the rest.
"""

from __future__ import annotations

import sqlite3
import threading
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from rag.index import seal
from rag.schema import Article, Filters
from rag.text.tokens import bigrams, words

Numbers = npt.NDArray[np.int64]
TableName = Literal["words", "grams"]
TABLES: tuple[TableName, ...] = ("words", "grams")
# Raise it when tokens are cut differently: an index of another version is made anew.
VERSION = "3"

# The ascii tokenizer takes every character above 127 for part of a token, so what Python cut is what FTS5 stores.
_FTS = """
CREATE VIRTUAL TABLE IF NOT EXISTS {0} USING fts5 (tokens, content = '', tokenize = "ascii tokenchars '.%'");
CREATE VIRTUAL TABLE IF NOT EXISTS {0}_terms USING fts5vocab ({0}, 'row');
CREATE VIRTUAL TABLE IF NOT EXISTS {0}_places USING fts5vocab ({0}, 'instance');
"""
_SCHEMA = (
    """
CREATE TABLE IF NOT EXISTS state (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS documents (
    number INTEGER PRIMARY KEY, article_id TEXT NOT NULL UNIQUE,
    paper TEXT NOT NULL, date TEXT NOT NULL, page TEXT NOT NULL, kind TEXT NOT NULL,
    words INTEGER NOT NULL, grams INTEGER NOT NULL, head_words INTEGER NOT NULL, head_grams INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS passages (
    number INTEGER PRIMARY KEY, document INTEGER NOT NULL, first INTEGER NOT NULL, words INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS documents_by_date ON documents (date);
CREATE INDEX IF NOT EXISTS passages_of ON passages (document);
CREATE TABLE IF NOT EXISTS texts (number INTEGER PRIMARY KEY, words BLOB NOT NULL, grams BLOB NOT NULL);
"""
    + _FTS.format("words")
    + _FTS.format("grams")
)


# A place is packed into 63 bits: 22 for where in the article (four million words), 41 for the article's number.
_OFFSET_BITS = 22
# SQLite's codes for what is no damage: out of space, locked, not permitted, out of memory, interrupted.
_PASSING = frozenset({3, 5, 6, 7, 8, 9, 10, 13, 14})


def is_damage(error: sqlite3.DatabaseError) -> bool:
    """Return whether the file itself is broken, and not the disk full or the file locked."""
    return getattr(error, "sqlite_errorcode", 11) & 0xFF not in _PASSING


@dataclass(frozen=True, slots=True)
class Entry:
    """An article to be indexed: its passages' numbers and spans, in order of the text."""

    article: Article
    passages: tuple[tuple[int, int, int], ...]

    @property
    def number(self) -> int:
        """The document's number: that of its first passage."""
        return self.passages[0][0]


@dataclass(frozen=True, slots=True)
class Collection:
    """What every search needs in memory.

    Documents are ascending by number, passages in order of the text; a passage's `document` is a place in
    `documents`, its `first` the place of its first word in the document. `heads` says how many tokens the headline has.
    """

    documents: Numbers
    lengths: dict[TableName, npt.NDArray[np.float32]]
    heads: dict[TableName, npt.NDArray[np.float32]]
    passages: Numbers
    document: Numbers
    first: Numbers
    passage_lengths: npt.NDArray[np.float32]


class Postings:
    """One SQLite file of tokens. Safe to call from several threads; calls queue."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.RLock()
        self._changed = seal.condition(path) == "open"
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=60)
        self._connection.execute("PRAGMA journal_mode=WAL")
        # The archive is the truth: what a power cut takes from here is caught up.
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self._connection.execute("PRAGMA cache_size=-65536")
        self._connection.executescript(_SCHEMA)
        self._counts: dict[tuple[TableName, str], int] = {}

    def close(self) -> None:
        """Close the file, and seal it if it was changed."""
        with self._lock:
            if self._changed:
                self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._connection.close()
            if self._changed:
                seal.seal(self._path)

    def abandon(self) -> None:
        """Close a file that is to be deleted."""
        with self._lock:
            self._connection.close()

    def state(self) -> dict[str, str]:
        """Return what `change` recorded last."""
        return dict(self._rows("SELECT key, value FROM state"))

    def is_sound(self) -> bool:
        """Return whether SQLite and FTS5 find their own structures whole. Reads the whole file."""
        try:
            if self._rows("PRAGMA integrity_check")[0][0] != "ok":
                return False
            for table in TABLES:
                self._rows(f"INSERT INTO {table} ({table}) VALUES ('integrity-check')")
        except sqlite3.DatabaseError:
            return False
        return True

    def change(self, added: Iterable[Entry], removed: Sequence[int], state: dict[str, str]) -> None:
        """Add documents and remove those of the passages `removed`, in one transaction, and record `state`."""
        with self._lock:
            self._counts.clear()
            if not self._changed:
                seal.break_seal(self._path)
                self._changed = True
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                for number in removed:
                    self._remove(number)
                for entry in added:
                    self._add(entry)
                self._connection.executemany("REPLACE INTO state VALUES (?, ?)", list(state.items()))
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def _add(self, entry: Entry) -> None:
        article, number, run = entry.article, entry.number, self._connection.execute
        heads = {"words": words(article.headline), "grams": list(bigrams(article.headline))}
        parts = [words(article.body[start:end]) for _, start, end in entry.passages]
        tokens: dict[TableName, list[str]] = {
            "words": [*heads["words"], *(word for part in parts for word in part)],
            "grams": [*heads["grams"], *bigrams(article.body)],
        }
        edition = article.edition
        run(
            "INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(number, article.id, edition.paper, edition.date, edition.page, article.kind),
                *map(len, tokens.values()),
                *map(len, heads.values()),
            ),
        )
        first = len(heads["words"])
        for (passage, _, _), part in zip(entry.passages, parts, strict=True):
            run("INSERT INTO passages VALUES (?, ?, ?, ?)", (passage, number, first, len(part)))
            first += len(part)
        texts = {table: " ".join(map(_stored, tokens[table])) for table in TABLES}
        for table in TABLES:
            run(f"INSERT INTO {table} (rowid, tokens) VALUES (?, ?)", (number, texts[table]))
        packed = [zlib.compress(texts[table].encode(), 1) for table in TABLES]
        run("INSERT INTO texts VALUES (?, ?, ?)", (number, *packed))

    def _remove(self, passage: int) -> None:
        run = self._connection.execute
        found = run("SELECT document FROM passages WHERE number = ?", (passage,)).fetchone()
        if not found:
            return
        # FTS5 can only take back what it is told again, word for word.
        packed = run("SELECT words, grams FROM texts WHERE number = ?", found).fetchone()
        for table, text in zip(TABLES, packed, strict=True):
            run(
                f"INSERT INTO {table} ({table}, rowid, tokens) VALUES ('delete', ?, ?)",
                (*found, zlib.decompress(text).decode()),
            )
        run("DELETE FROM texts WHERE number = ?", found)
        run("DELETE FROM passages WHERE document = ?", found)
        run("DELETE FROM documents WHERE number = ?", found)

    def numbers(self) -> Numbers:
        """Return the numbers of the passages that are indexed."""
        return _table(self._rows("SELECT number FROM passages"), 1)[:, 0]

    def collection(self) -> Collection:
        """Return the numbers and lengths of everything indexed."""
        self._counts.clear()
        columns = "number, words, grams, head_words, head_grams"
        documents = _table(self._rows(f"SELECT {columns} FROM documents ORDER BY number"), 5)
        passages = _table(
            self._rows("SELECT number, document, first, words FROM passages ORDER BY document, first, number"), 4
        )
        return Collection(
            documents[:, 0],
            {"words": documents[:, 1].astype(np.float32), "grams": documents[:, 2].astype(np.float32)},
            {"words": documents[:, 3].astype(np.float32), "grams": documents[:, 4].astype(np.float32)},
            passages[:, 0],
            np.searchsorted(documents[:, 0], passages[:, 1]),
            passages[:, 2],
            passages[:, 3].astype(np.float32),
        )

    def articles(self, documents: Sequence[int]) -> dict[int, tuple[str, str]]:
        """Return the article ids and edition dates of document numbers."""
        marks = ",".join("?" * len(documents))
        rows = self._rows(f"SELECT number, article_id, date FROM documents WHERE number IN ({marks})", documents)
        return {number: (article_id, date) for number, article_id, date in rows}

    def allowed(self, filters: Filters) -> Numbers | None:
        """Return the document numbers that `filters` let through, ascending, or None when they let all."""
        where, values = _conditions(filters)
        if not where:
            return None
        rows = self._rows(f"SELECT number FROM documents WHERE {where} ORDER BY number", values)
        return _table(rows, 1)[:, 0]

    def count(self, table: TableName, token: str) -> int:
        """Return how many documents have `token`."""
        key = table, token
        if key not in self._counts:
            rows = self._rows(f"SELECT doc FROM {table}_terms WHERE term = ?", (_stored(token),))
            self._counts[key] = int(rows[0][0]) if rows else 0
        return self._counts[key]

    def count_pair(self, first: str, second: str, found: int) -> int:  # noqa: ARG002 - the whole collection is at hand
        """Return how many documents have two words side by side: those that were found to."""
        return found

    def places(self, table: TableName, token: str) -> tuple[Numbers, Numbers]:
        """Return where `token` stands: document numbers, ascending, and the place in each."""
        # One text of packed numbers is read four times faster than as many rows.
        packed = f"SELECT group_concat((doc << {_OFFSET_BITS}) | offset, ' ') FROM {table}_places WHERE term = ?"
        text = self._rows(packed, (_stored(token),))[0][0]
        found = np.fromstring(text or "", dtype=np.int64, sep=" ")
        return found >> _OFFSET_BITS, found & ((1 << _OFFSET_BITS) - 1)

    def _rows(self, query: str, values: Sequence[Any] = ()) -> list[Any]:
        with self._lock:
            return self._connection.execute(query, values).fetchall()


def _stored(token: str) -> str:
    """Return `token` as one FTS5 token: its ASCII signs, which would divide it, as an underlined letter's code."""
    if token.isalnum() or all(char.isalnum() or char in ".%" or char > "\x7f" for char in token):
        return token
    return "".join(char if char.isalnum() or char in ".%" or char > "\x7f" else f"％{ord(char):x}" for char in token)


def _table(rows: list[Any], columns: int) -> Numbers:
    return np.array(rows, dtype=np.int64).reshape(-1, columns)


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

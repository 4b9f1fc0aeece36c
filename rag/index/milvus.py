"""The search engine for what one machine cannot hold: Milvus, a server or Milvus Lite.

Milvus recalls: the passages nearest by vector, and those that match the question's words by its own BM25. The articles
recalled are then scored exactly as the local index scores all of them (`rag.index.pool`): Milvus's own scores are of
passages, not of articles, are cut otherwise, and in Lite are not even comparable between its files. On 200 real
questions over 2,000 articles its own scores gave the same ten articles as the local index for FIGURE_A of the questions,
these for FIGURE_B.

The index follows the archive's journal and carries the change it stands at. Changes are made in steps, each noted before
it is taken, so that one that was broken off is undone or finished by whoever comes next, and no word is counted twice.
Programs that share an archive take turns at it.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import text as sql

from rag.archive import Archive
from rag.errors import ArchiveError
from rag.index import Candidate, bm25, scoring, seal
from rag.index.local import entries
from rag.index.milvus_client import MOST, Milvus, expression, fitted
from rag.index.pool import Pool, PooledArticle, PooledPassage, tally
from rag.index.postings import Entry
from rag.index.vectors import background, evenly
from rag.protocols import Progress, Vectors, no_progress
from rag.schema import Filters
from rag.text.tokens import bigrams, fold, words

# Raise it when rows are made differently: a collection of another version is made anew.
VERSION = "1"
# Passages that Milvus's BM25 recalls for each article asked for.
_RECALL = 4
# Passages removed in one change: their numbers must fit into the note about it.
_REMOVED = 2_000
# Rows after which Lite is told to write its files.
_UNSETTLED = 500
# PostgreSQL's advisory lock that programs on several machines take turns by.
_TURN = 0x62616F77656E
_FIELDS = (
    "number",
    "document",
    "article",
    "date",
    "headline_words",
    "words",
    "text",
    "article_words",
    "article_grams",
    "headline_grams",
)


@dataclass(frozen=True, slots=True)
class State:
    """What the collections hold, and the change they are in the middle of.

    While `adding` or `removing` name passages, a change is under way: their rows are being written, or, once
    `counting`, the totals here include it and the words are being counted under the number `change`.
    """

    archive_id: str
    version: str
    dimension: int
    generation: int = 0
    token: str = ""
    documents: int = 0
    words: int = 0
    grams: int = 0
    passages: int = 0
    passage_words: int = 0
    change: int = 0
    counting: bool = False
    adding: tuple[int, ...] = ()
    removing: tuple[int, ...] = ()

    @property
    def whole(self) -> bm25.Whole:
        """The numbers that BM25 needs of the whole collection."""
        documents, passages = max(1, self.documents), max(1, self.passages)
        means = self.words / documents, self.grams / documents, self.passage_words / passages
        return bm25.Whole(self.documents, *means)

    def with_articles(self, articles: Sequence[PooledArticle], sign: int) -> State:
        """Return the totals with `articles` added (`sign` 1) or taken away (-1)."""
        extra = bm25.HEADLINE - 1
        return replace(
            self,
            documents=self.documents + sign * len(articles),
            words=self.words + sign * sum(one.words + extra * len(one.headline_words) for one in articles),
            grams=self.grams + sign * sum(one.grams + extra * one.headline_grams for one in articles),
            passages=self.passages + sign * sum(len(one.passages) for one in articles),
            passage_words=self.passage_words
            + sign * sum(len(part.words) + len(one.headline_words) for one in articles for part in one.passages),
        )


@dataclass(frozen=True, slots=True)
class _View:
    """What a search needs beside Milvus, of one state of the archive."""

    whole: bm25.Whole
    background: Vectors


def open_index(
    folder: Path,
    archive: Archive,
    progress: Progress = no_progress,
    *,
    uri: str = "",
    token: str = "",
    collection: str = "baowen",
) -> MilvusIndex:
    """Open the index of `archive` in Milvus at `uri` (empty: Milvus Lite in `folder`), repairing what is stale.

    What was repaired is said in the index's `notes`.

    Raises:
        ArchiveError: Milvus cannot be used.
    """
    index = MilvusIndex(folder, archive, uri or str(folder / "milvus.db"), token, collection)
    try:
        index.notes = index.refresh(progress)
    except BaseException:
        index.close()
        raise
    return index


class MilvusIndex:
    """Two collections in Milvus, following one archive."""

    def __init__(self, folder: Path, archive: Archive, uri: str, token: str, collection: str) -> None:
        self.notes: tuple[str, ...] = ()
        self._folder = folder
        self._archive = archive
        self._address = uri, token, collection
        self._lock = threading.RLock()
        self._client: Milvus | None = None
        self._at: tuple[int, str] | None = None
        self._view: _View | None = None
        self._unsettled = 0

    def refresh(self, progress: Progress = no_progress) -> tuple[str, ...]:
        """Catch up with the archive, or rebuild from it; return a line for the reader for every repair."""
        with self._lock:
            now = self._archive.generation()
            if self._at == now:
                return ()
            known = self._client is not None
            with self._turn():
                try:
                    notes = self._refresh(now, progress)
                except ArchiveError:
                    self.close()
                    if not known:
                        raise
                    # A connection that was good before may be lost; whether Milvus is, a new one tells.
                    notes = self._refresh(now, progress)
            self._at = now
            return notes

    @property
    def _milvus(self) -> Milvus:
        if self._client is None:
            self._client = Milvus(*self._address)
        return self._client

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Wait until no other program changes the collections: on this machine, and where the archive is PostgreSQL's."""
        with ExitStack() as turn:
            try:
                self._folder.mkdir(parents=True, exist_ok=True)
                turn.enter_context(seal.held(self._folder))
            except OSError as error:
                raise ArchiveError(f"the folder {self._folder} cannot be written: {error}") from error
            if self._archive.engine.dialect.name == "postgresql":
                connection = turn.enter_context(self._archive.engine.connect())
                connection = connection.execution_options(isolation_level="AUTOCOMMIT")
                connection.execute(sql("SELECT pg_advisory_lock(:turn)"), {"turn": _TURN})
                turn.callback(connection.execute, sql("SELECT pg_advisory_unlock(:turn)"), {"turn": _TURN})
            yield

    def _refresh(self, now: tuple[int, str], progress: Progress) -> tuple[str, ...]:
        milvus, model = self._milvus, self._archive.embedder()
        if model is None:
            # Nothing has ever been stored: nobody knows how long vectors will be.
            self._view = None
            return ()
        fresh = State(self._archive.archive_id(), VERSION, model[1])
        state, notes = self._stored(fresh), []
        if state is None and milvus.exists():
            notes.append(
                f"the collection {milvus.passages} in Milvus was made from another archive or by another version and "
                "was made anew"
            )
        if state is None:
            milvus.drop()
            milvus.create(fresh.dimension)
            state = fresh
        if state.adding or state.removing:
            state = self._recovered(state)
        want = self._archive.passage_numbers()
        if (state.generation, state.token) != now:
            state = self._caught_up(state, want, progress)
            state = self._noted(replace(state, generation=now[0], token=now[1]))
            if milvus.is_lite and self._unsettled >= _UNSETTLED:
                milvus.settle()
                self._unsettled = 0
        self._view = _View(state.whole, self._archive.vectors(evenly(want).tolist())[1])
        return tuple(notes)

    def _stored(self, fresh: State) -> State | None:
        """Return the state of the collections, or None when they are not this archive's or are not there."""
        note = self._milvus.note() if self._milvus.exists() else ""
        if not note:
            return None
        values = json.loads(note)
        if any(values.get(key) != getattr(fresh, key) for key in ("archive_id", "version", "dimension")):
            return None
        state = State(**values | {key: tuple(values[key]) for key in ("adding", "removing")})
        return state if self._archive.has_generation(state.generation, state.token) else None

    def _noted(self, state: State) -> State:
        self._milvus.put_note(json.dumps(asdict(state)))
        return state

    def _recovered(self, state: State) -> State:
        """Undo a change that was broken off while its rows were written; finish one whose words were being counted."""
        if state.counting:
            return self._counted(state, self._articles(state.adding), self._articles(state.removing))
        self._milvus.delete(state.adding)
        return self._noted(replace(state, adding=(), removing=()))

    def _caught_up(self, state: State, want: Any, progress: Progress) -> State:
        have = self._milvus.numbers()
        added, removed = np.setdiff1d(want, have), np.setdiff1d(have, want)
        for begin in range(0, len(removed), _REMOVED):
            state = self._changed(state, [], removed[begin : begin + _REMOVED].tolist())
        done = 0
        for batch in entries(self._archive, added):
            state = self._changed(state, batch, [])
            done += sum(len(entry.passages) for entry in batch)
            progress("indexing in Milvus", done, len(added))
        self._unsettled += len(added) + len(removed)
        return state

    def _changed(self, state: State, batch: Sequence[Entry], removed: Sequence[int]) -> State:
        rows = self._rows(batch)
        state = self._noted(replace(state, adding=tuple(row["number"] for row in rows), removing=tuple(removed)))
        self._milvus.put(rows)
        gained, lost = _articles(rows), self._articles(removed)
        totals = state.with_articles(gained, 1).with_articles(lost, -1)
        state = self._noted(replace(totals, counting=True, change=state.change + 1))
        return self._counted(state, gained, lost)

    def _counted(self, state: State, gained: Sequence[PooledArticle], lost: Sequence[PooledArticle]) -> State:
        changes = tally(gained)
        for word, articles in tally(lost).items():
            changes[word] = changes.get(word, 0) - articles
        before = self._milvus.counts(changes)
        # Those that carry this change's number were counted before it was broken off.
        due = {word: extra for word, extra in changes.items() if before.get(word, (0, 0))[1] != state.change}
        counts = {word: max(0, before.get(word, (0, 0))[0] + extra) for word, extra in due.items()}
        self._milvus.put_counts(counts, state.change)
        self._milvus.delete(state.removing)
        return self._noted(replace(state, counting=False, adding=(), removing=()))

    def _rows(self, batch: Sequence[Entry]) -> list[dict[str, Any]]:
        numbers = [number for entry in batch for number, _, _ in entry.passages]
        found, vectors = self._archive.vectors(numbers)
        by_number = dict(zip(found.tolist(), vectors.tolist(), strict=True))
        # An article that has gone since is left to the next refresh, whole.
        alive = [entry for entry in batch if all(number in by_number for number, _, _ in entry.passages)]
        return [row for entry in alive for row in _article_rows(entry, by_number)]

    def _articles(self, numbers: Sequence[int]) -> list[PooledArticle]:
        return _articles(self._milvus.rows(numbers, _FIELDS)) if numbers else []

    def candidates(self, question: str, vectors: Vectors, *, top: int, filters: Filters) -> tuple[Candidate, ...]:
        """Return the articles nearest to `question` by words, and to any row of `vectors`, in no order."""
        self.refresh()
        try:
            return self._search(question, vectors, top, filters)
        except ArchiveError:
            # The connection is lost, or somebody has dropped the collections under our feet.
            self.close()
        self.refresh()
        return self._search(question, vectors, top, filters)

    def _search(self, question: str, vectors: Vectors, top: int, filters: Filters) -> tuple[Candidate, ...]:
        view = self._view
        if view is None or not view.whole.documents:
            return ()
        asked, where = bm25.question_tokens(question).words, expression(filters)
        hits = [hit for found in self._milvus.nearest(vectors, top, where) for hit in found]
        if asked:
            hits += self._milvus.matching(" ".join(asked), min(MOST, _RECALL * top), where)
        spans = self._archive.spans(list({hit["entity"]["article"] for hit in hits}))
        rows = self._milvus.rows([number for parts in spans.values() for number, _, _ in parts], _FIELDS)
        whole = {article_id: len(parts) for article_id, parts in spans.items()}
        counts = {word: articles for word, (articles, _) in self._milvus.counts(asked).items()}
        # One of which another program has added or removed a part meanwhile is no candidate.
        pooled = [one for one, row in _with_row(rows) if len(one.passages) == whole[row["article"]]]
        known = {row["document"]: (row["article"], row["date"]) for row in rows}
        pool = Pool(pooled, question, counts, view.whole.documents)
        lexical = bm25.score(pool, pool.collection, question, view.whole)
        mean, spread = background(view.background, vectors)

        def cosines(numbers: Any) -> Vectors:
            found, read = self._archive.vectors(numbers.tolist())
            stored = np.zeros((len(numbers), vectors.shape[1]), dtype=np.float32)
            order = np.argsort(numbers, kind="stable")
            stored[order[np.isin(numbers[order], found)]] = read
            return np.asarray((stored @ vectors.T - mean) / spread)

        return scoring.candidates(pool.collection, np.arange(len(pooled)), known, lexical, cosines)

    def nearest(self, vector: Vectors, *, top: int, filters: Filters) -> tuple[tuple[int, float], ...]:
        """Return the passages nearest to `vector` by number, with their cosines, best first."""
        self.refresh()
        if self._view is None:
            return ()
        hits = self._milvus.nearest(vector[None, :], top, expression(filters))[0]
        return tuple((int(hit["number"]), float(hit["distance"])) for hit in hits)

    def rebuild(self, progress: Progress = no_progress) -> None:
        """Drop both collections and make them anew from the archive."""
        with self._lock:
            with self._turn():
                self._milvus.drop()
            self._at = None
            self.refresh(progress)

    def verify(self) -> tuple[str, ...]:
        """Compare both collections with the archive; return what is wrong, a sentence each."""
        with self._lock:
            self.refresh()
            if self._view is None:
                return ()
            return tuple(f"{problem}; `baowen archive rebuild` makes them anew" for problem in self._problems())

    def _problems(self) -> list[str]:
        rows: list[dict[str, Any]] = []
        same = True
        for batch in self._milvus.everything((*_FIELDS, "vector")):
            batch.sort(key=lambda row: row["number"])
            numbers, stored = self._archive.vectors([row["number"] for row in batch])
            held = np.array([row.pop("vector") for row in batch], dtype=np.float32)
            same &= numbers.tolist() == [row["number"] for row in batch] and np.allclose(held, stored, atol=2e-3)
            rows += batch
        problems = []
        if sorted(row["number"] for row in rows) != self._archive.passage_numbers().tolist():
            problems.append("the collections in Milvus do not hold the archive's passages")
        elif not same:
            problems.append("the collections in Milvus do not hold the archive's vectors")
        articles = _articles(rows)
        counts = tally(articles)
        told = {word: articles for word, (articles, _) in self._milvus.counts(counts).items()}
        state = self._stored(State(self._archive.archive_id(), VERSION, (self._archive.embedder() or ("", 0))[1]))
        if told != counts or state is None or State.with_articles(_emptied(state), articles, 1) != state:
            problems.append("the words counted in Milvus are not those of its passages")
        return problems

    def close(self) -> None:
        """Close the connection; with Milvus Lite, write its files and release them."""
        with self._lock:
            if self._client is not None:
                self._client.close()
            self._client = None
            self._at = None


def _emptied(state: State) -> State:
    return replace(state, documents=0, words=0, grams=0, passages=0, passage_words=0)


def _article_rows(entry: Entry, vectors: dict[int, list[float]]) -> Iterator[dict[str, Any]]:
    article, edition = entry.article, entry.article.edition
    headline = fold(article.headline).replace("\n", " ")
    headline_words, headline_grams = words(article.headline), len(list(bigrams(article.headline)))
    parts = [(number, article.body[start:end]) for number, start, end in entry.passages]
    cut = {number: words(part) for number, part in parts}
    for number, part in parts:
        yield {
            "number": number,
            "document": entry.number,
            "article": article.id,
            "paper": fitted(edition.paper),
            "date": fitted(edition.date),
            "page": fitted(edition.page),
            "kind": article.kind,
            "headline_words": _joined(headline_words),
            "words": _joined(cut[number]),
            "text": fitted(f"{headline}\n{fold(part)}"),
            "article_words": len(headline_words) + sum(map(len, cut.values())),
            "article_grams": headline_grams + len(list(bigrams(article.body))),
            "headline_grams": headline_grams,
            "vector": vectors[number],
        }


def _joined(tokens: Sequence[str]) -> str:
    """Return words as one text; where Milvus cannot store them all, the first ones, whole."""
    text = " ".join(tokens)
    stored = fitted(text)
    return text if stored == text else stored.rpartition(" ")[0]


def _cut(text: str) -> tuple[str, ...]:
    return tuple(text.split(" ")) if text else ()


def _with_row(rows: Sequence[dict[str, Any]]) -> Iterator[tuple[PooledArticle, dict[str, Any]]]:
    """Yield articles, by number, each with one of the rows that it was read from."""
    # The spans of an article do not overlap and are numbered in order of the text.
    ordered = sorted(rows, key=lambda row: (row["document"], row["number"]))
    for _, group in groupby(ordered, key=lambda row: row["document"]):
        parts = list(group)
        first = parts[0]
        texts = [part["text"].partition("\n") for part in parts]
        passages = tuple(
            PooledPassage(part["number"], _cut(part["words"]), text)
            for part, (_, _, text) in zip(parts, texts, strict=True)
        )
        yield (
            PooledArticle(
                _cut(first["headline_words"]),
                texts[0][0],
                passages,
                first["article_words"],
                first["article_grams"],
                first["headline_grams"],
            ),
            first,
        )


def _articles(rows: Sequence[dict[str, Any]]) -> list[PooledArticle]:
    return [article for article, _ in _with_row(rows)]

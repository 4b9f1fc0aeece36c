"""The search engine for what one machine cannot hold: Milvus, a server or Milvus Lite.

Milvus recalls: the passages nearest by vector, and those that match the question's words by its own BM25. The articles
recalled are then scored as the local index scores all of them (`rag.index.pool`): Milvus's own scores are of passages,
not of articles, are cut otherwise, and in Lite are not even comparable between its files. On 200 real questions over
1,400 articles Milvus's own scores gave the same ten articles as the local index for 10 of the questions, these for 194.

The index follows the archive's journal and carries the change it stands at. Changes are made in steps, each noted before
it is taken, so that one that was broken off is undone or finished by whoever comes next, and no word is counted twice.
Programs that share an archive take turns at it.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from itertools import groupby, islice
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import text as sql

from rag.archive import Archive
from rag.archive.engine import reading
from rag.errors import ArchiveError
from rag.index import Candidate, bm25, scoring, seal
from rag.index.local import entries
from rag.index.milvus_client import MOST, Milvus, expression
from rag.index.milvus_rows import FIELDS, VERSION, State, article_rows, articles_of, articles_with_row
from rag.index.pool import Pool, PooledArticle, tally
from rag.index.postings import Entry
from rag.index.vectors import background, evenly
from rag.protocols import Progress, Vectors, no_progress
from rag.schema import Filters

# Passages that Milvus's BM25 recalls for each article asked for. With 2 a question takes two thirds of the time, and the
# same ten articles as in the local index came for 188 of 200 questions instead of 194.
_RECALL = 4
# Passages removed in one change, about: their numbers must fit into the note about it.
_REMOVED = 2_000
# Articles compared at a time when the whole index is.
_CHECKED = 500
# Rows after which Lite is told to write its files.
_UNSETTLED = 500
# PostgreSQL's advisory lock that programs on several machines take turns by.
_TURN = 0x62616F77656E


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
                connection = turn.enter_context(reading(self._archive.engine))
                connection.execute(sql("SELECT pg_advisory_xact_lock(:turn)"), {"turn": _TURN})
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
        for numbers in self._by_article(removed.tolist()):
            state = self._changed(state, [], numbers)
        done = 0
        for batch in entries(self._archive, added):
            state = self._changed(state, batch, [])
            done += sum(len(entry.passages) for entry in batch)
            progress("indexing in Milvus", done, len(added))
        self._unsettled += len(added) + len(removed)
        return state

    def _by_article(self, numbers: Sequence[int]) -> Iterator[list[int]]:
        """Yield passages in parts that can be noted, those of an article together."""
        rows = self._milvus.rows(numbers, ("number", "document")) if numbers else []
        part: list[int] = []
        for _, group in groupby(sorted(rows, key=itemgetter("document")), key=itemgetter("document")):
            part += [row["number"] for row in group]
            if len(part) >= _REMOVED:
                yield part
                part = []
        if part:
            yield part

    def _changed(self, state: State, batch: Sequence[Entry], removed: Sequence[int]) -> State:
        rows = self._rows(batch)
        state = self._noted(replace(state, adding=tuple(row["number"] for row in rows), removing=tuple(removed)))
        self._milvus.put(rows)
        gained, lost = articles_of(rows), self._articles(removed)
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
        return [row for entry in alive for row in article_rows(entry, by_number)]

    def _articles(self, numbers: Sequence[int]) -> list[PooledArticle]:
        return articles_of(self._milvus.rows(numbers, FIELDS)) if numbers else []

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
        rows = self._milvus.rows([number for parts in spans.values() for number, _, _ in parts], FIELDS)
        whole = {article_id: len(parts) for article_id, parts in spans.items()}
        counts = {word: articles for word, (articles, _) in self._milvus.counts(asked).items()}
        # One of which another program has added or removed a part meanwhile is no candidate.
        pooled = [one for one, row in articles_with_row(rows) if len(one.passages) == whole[row["article"]]]
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
        problems: list[str] = []
        if not np.array_equal(self._milvus.numbers(), self._archive.passage_numbers()):
            problems.append("the collections in Milvus do not hold the archive's passages")
        fresh = State(self._archive.archive_id(), VERSION, (self._archive.embedder() or ("", 0))[1])
        totals, counts, same = fresh, Counter[str](), True
        stored = self._archive.iter_articles()
        while batch := [article.id for article in islice(stored, _CHECKED)]:
            numbers = [number for parts in self._archive.spans(batch).values() for number, _, _ in parts]
            rows = sorted(self._milvus.rows(numbers, (*FIELDS, "vector")), key=itemgetter("number"))
            held = np.array([row["vector"] for row in rows], dtype=np.float32)
            found, vectors = self._archive.vectors(numbers)
            same &= found.tolist() == [row["number"] for row in rows] and np.allclose(held, vectors, atol=2e-3)
            articles = articles_of(rows)
            totals = totals.with_articles(articles, 1)
            counts.update(tally(articles))
        if not same and not problems:
            problems.append("the collections in Milvus do not hold the archive's vectors")
        state = self._stored(fresh)
        told = {word: articles for word, (articles, _) in self._milvus.counts(counts).items()}
        if told != counts or state is None or state.whole != totals.whole:
            problems.append("the words counted in Milvus are not those of its passages")
        return problems

    def close(self) -> None:
        """Close the connection; with Milvus Lite, write its files and release them."""
        with self._lock:
            if self._client is not None:
                self._client.close()
            self._client = None
            self._at = None

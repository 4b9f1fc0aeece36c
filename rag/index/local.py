"""The search engine that needs nothing but two files: FAISS for vectors, SQLite FTS5 for words.

Both follow the archive's journal, each carrying the change it stands at. A search that finds the archive ahead catches
up first, so a result never misses a page that was acknowledged and never shows one that was removed (whatever it
returns is looked up in the archive again anyway). What is missing, damaged or another archive's is made anew.
"""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rag.archive import Archive
from rag.errors import ArchiveError
from rag.index import Candidate, bm25, scoring, seal
from rag.index.postings import VERSION, Entry, Numbers, Postings, is_damage
from rag.index.vectors import VectorIndex, background, evenly, sample_size
from rag.protocols import Progress, Vectors, no_progress
from rag.schema import Filters

# Passages read from the archive at a time while catching up.
_BATCH = 2_000
# Changed passages after which the vector file is written again; until then a restart adds them from the archive.
_UNSAVED = 2_000
# Filters whose reach is kept until the archive changes: the ordinary one of every search, and those of some readers.
_FILTERS = 8


def open_index(folder: Path, archive: Archive, progress: Progress = no_progress) -> LocalIndex:
    """Open the index of `archive` in `folder`, repairing what is missing, stale or damaged.

    What was repaired is said in the index's `notes`.

    Raises:
        ArchiveError: the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        index = LocalIndex(folder, archive)
    except OSError as error:
        raise ArchiveError(f"the search index in {folder} cannot be used: {error}") from error
    index.notes = index.refresh(progress)
    return index


def entries(archive: Archive, added: Numbers) -> Iterator[list[Entry]]:
    """Yield the articles of new passages, in batches; an article's passages always come together."""
    for begin in range(0, len(added), _BATCH):
        passages = archive.passages(added[begin : begin + _BATCH].tolist())
        ids = list(dict.fromkeys(passage.article_id for passage in passages.values()))
        spans, articles = archive.spans(ids), archive.articles(ids)
        # One that began in the batch before was added whole with it.
        new = [one for one in ids if one in articles and min(spans[one])[0] >= added[begin]]
        yield [Entry(articles[one], spans[one]) for one in new]


@dataclass(frozen=True, slots=True)
class _Reach:
    """What filters let through: a flag for every document, and the numbers of the passages, or None for all."""

    documents: npt.NDArray[np.bool_]
    passages: Numbers | None


class LocalIndex:
    """FAISS and FTS5 side by side, following one archive."""

    def __init__(self, folder: Path, archive: Archive) -> None:
        self.notes: tuple[str, ...] = ()
        self._folder = folder
        self._archive = archive
        self._lock = threading.RLock()
        self._postings: Postings | None = None
        self._vectors: VectorIndex | None = None
        self._at: tuple[int, str] | None = None
        self._unsaved = 0
        self._new = True
        self._archive_id = ""
        self._reaches: dict[Filters, _Reach] = {}

    def refresh(self, progress: Progress = no_progress) -> tuple[str, ...]:
        """Catch up with the archive, or rebuild from it; return a line for the reader for every repair."""
        with self._lock:
            now = self._archive.generation()
            if self._at == now:
                return ()
            try:
                with seal.held(self._folder):
                    notes = self._refreshed(now, progress)
            except (OSError, sqlite3.Error) as error:
                raise self._fault(error) from error
            self._at = now
            return tuple(notes)

    def _refresh(self, now: tuple[int, str], progress: Progress) -> list[str]:
        archive_id = self._archive.archive_id()
        if archive_id != self._archive_id:
            # Restored or embedded anew under our feet: the same numbers may now be other vectors.
            self._vectors, self._archive_id = None, archive_id
        notes = self._refresh_words(now, progress)
        self._collection = self._words.collection()
        self._reaches.clear()
        self._by_number = np.argsort(self._collection.passages, kind="stable")
        notes += self._refresh_vectors(now, progress)
        self._background = self._rows(evenly(self._collection.passages[self._by_number]))
        return notes

    def _refreshed(self, now: tuple[int, str], progress: Progress) -> list[str]:
        try:
            return self._refresh(now, progress)
        except sqlite3.DatabaseError as error:
            # Only the word index can be meant: the archive's own faults come as ArchiveError.
            if not is_damage(error):
                raise
            self._discard_words()
            note = f"the word index was damaged ({error}) and was made anew from the archive"
            return [note, *self._refresh(now, progress)]

    def _fault(self, error: Exception) -> ArchiveError:
        return ArchiveError(
            f"the search index in {self._folder} cannot be used: {error}; the archive itself is safe, and the index "
            "catches up when it can be written again"
        )

    @property
    def _words(self) -> Postings:
        if self._postings is None:
            path = self._folder / "words.db"
            condition = seal.condition(path)
            if condition == "damaged":
                raise sqlite3.DatabaseError("its bytes are not what was written")
            self._postings = Postings(path)
            # The program before this one was killed; SQLite has rolled back, and structure is all that can be checked.
            if condition == "open" and not self._postings.is_sound():
                raise sqlite3.DatabaseError("its structure is broken")
        return self._postings

    def _discard_words(self) -> None:
        if self._postings is not None:
            self._postings.abandon()
            self._postings = None
        seal.remove(self._folder / "words.db")
        for suffix in ("-wal", "-shm"):
            (self._folder / f"words.db{suffix}").unlink(missing_ok=True)

    def _refresh_words(self, now: tuple[int, str], progress: Progress) -> list[str]:
        notes: list[str] = []
        state = self._words.state()
        archive_id = self._archive_id
        at = int(state.get("generation", "0")), state.get("token", "")
        known = state.get("archive_id") == archive_id and state.get("version") == VERSION
        if state and not (known and self._archive.has_generation(*at)):
            notes.append("the word index was made from another archive or by another version and was made anew")
            self._discard_words()
            state = {}
        self._new = not state and not notes
        if state and at == now:
            return notes
        stamp = {"archive_id": archive_id, "version": VERSION, "generation": str(now[0]), "token": now[1]}
        have, want = np.sort(self._words.numbers()), self._archive.passage_numbers()
        added, removed = np.setdiff1d(want, have), np.setdiff1d(have, want)
        self._words.change((), removed.tolist(), {})
        done = 0
        for batch in entries(self._archive, added):
            done += sum(len(entry.passages) for entry in batch)
            self._words.change(batch, (), {})
            progress("indexing words", done, len(added))
        self._words.change((), (), stamp)
        return notes

    def _refresh_vectors(self, now: tuple[int, str], progress: Progress) -> list[str]:
        model = self._archive.embedder()
        dimension = model[1] if model else 1
        want = self._collection.passages[self._by_number]
        problem = ""
        if self._vectors is None or self._vectors.dimension != dimension:
            # In a new index a missing file is no news.
            told = self._vectors is None and not self._new and len(want) > 0
            self._vectors, problem = VectorIndex.load(self._folder, dimension, self._is_ours)
            problem = problem if told else ""
        have = self._vectors.numbers()
        added, removed = np.setdiff1d(want, have), np.setdiff1d(have, want)
        self._vectors.remove(removed)
        for begin in range(0, len(added), _BATCH):
            self._vectors.add(*self._archive.vectors(added[begin : begin + _BATCH].tolist()))
            progress("indexing vectors", min(begin + _BATCH, len(added)), len(added))
        self._unsaved += len(added) + len(removed)
        if self._vectors.is_stale():
            self._make_base(self._vectors, now, progress)
        elif self._unsaved >= _UNSAVED:
            self._save(now)
        return [f"the vector file {problem} and was made anew from the archive"] if problem else []

    def _is_ours(self, note: dict[str, Any]) -> bool:
        """Return whether a vector file was made from this archive, as it is or as it was."""
        if note.get("archive_id") != self._archive_id or note.get("dimension") != (self._archive.embedder() or "?0")[1]:
            return False
        return self._archive.has_generation(int(note.get("generation", -1)), str(note.get("token")))

    def _note(self, at: tuple[int, str]) -> dict[str, Any]:
        dimension = self._vectors.dimension if self._vectors else 0
        return {"archive_id": self._archive_id, "generation": at[0], "token": at[1], "dimension": dimension}

    def _make_base(self, vectors: VectorIndex, now: tuple[int, str], progress: Progress) -> None:
        numbers = vectors.numbers()
        _, sample = self._archive.vectors(evenly(numbers, sample_size(len(numbers))).tolist())
        batches = (
            self._archive.vectors(numbers[begin : begin + _BATCH].tolist()) for begin in range(0, len(numbers), _BATCH)
        )
        vectors.make_base(self._folder, self._note(now), batches, sample, progress)
        self._save(now)

    def _save(self, at: tuple[int, str]) -> None:
        if self._vectors is not None:
            self._vectors.save(self._folder, self._note(at))
        self._unsaved = 0

    def _rows(self, numbers: Numbers) -> Vectors:
        """Return the vectors of passages, one row each; those in the base are read from the archive."""
        if self._vectors is None:
            return np.empty((0, 0), dtype=np.float32)
        here, fresh = self._vectors.fresh_rows(numbers)
        rows = np.zeros((len(numbers), self._vectors.dimension), dtype=np.float32)
        rows[here] = fresh
        if not here.all():
            order = np.argsort(numbers, kind="stable")
            others = order[~here[order]]
            found, read = self._archive.vectors(numbers[others].tolist())
            rows[others[np.isin(numbers[others], found)]] = read
        return rows

    def candidates(self, question: str, vectors: Vectors, *, top: int, filters: Filters) -> tuple[Candidate, ...]:
        """Return the articles nearest to `question` by words, and to any row of `vectors`, in no order."""
        with self._lock:
            self.refresh()
            try:
                return self._search(question, vectors, top, filters)
            except sqlite3.DatabaseError as error:
                if not is_damage(error):
                    raise self._fault(error) from error
                self._discard_words()
                self._at = None
            self.refresh()
            return self._search(question, vectors, top, filters)

    def nearest(self, vector: Vectors, *, top: int, filters: Filters) -> tuple[tuple[int, float], ...]:
        """Return the passages nearest to `vector` by number, with their cosines, best first."""
        with self._lock:
            self.refresh()
            if self._vectors is None or not len(self._collection.documents):
                return ()
            numbers = self._vectors.search(vector, top, self._reach(filters).passages)[0]
            numbers = numbers[numbers >= 0]
            cosines = self._rows(numbers) @ vector
        order = np.argsort(-cosines, kind="stable")
        return tuple((int(numbers[at]), float(cosines[at])) for at in order)

    def _search(self, question: str, vectors: Vectors, top: int, filters: Filters) -> tuple[Candidate, ...]:
        collection = self._collection
        if not len(collection.documents):
            return ()
        reach = self._reach(filters)
        lexical = bm25.score(self._words, collection, question)
        found = self._nearest(vectors, top, reach)
        found = np.union1d(found, _best(lexical.words + lexical.grams, top, reach.documents))
        in_passages = _best(lexical.passages, top, reach.documents[collection.document])
        found = np.union1d(found, collection.document[in_passages])
        return self._candidates(found, vectors, lexical)

    def _reach(self, filters: Filters) -> _Reach:
        """Return what `filters` let through; asked of the file once while the archive stays as it is."""
        if filters not in self._reaches:
            while len(self._reaches) >= _FILTERS:
                del self._reaches[next(iter(self._reaches))]
            collection, allowed = self._collection, self._words.allowed(filters)
            inside = np.ones(len(collection.documents), dtype=np.bool_)
            if allowed is not None:
                inside = np.isin(collection.documents, allowed, assume_unique=True)
            passages = None if inside.all() else collection.passages[inside[collection.document]]
            self._reaches[filters] = _Reach(inside, passages)
        return self._reaches[filters]

    def _nearest(self, vectors: Vectors, top: int, reach: _Reach) -> Numbers:
        """Return the documents (by place) of the passages nearest to each row of `vectors`."""
        numbers = self._vectors.search(vectors, top, reach.passages) if self._vectors else np.empty(0, dtype=np.int64)
        known = np.unique(numbers[numbers >= 0])
        return np.unique(self._collection.document[self._places(known)])

    def _places(self, numbers: Numbers) -> Numbers:
        """Return the places in the collection of passage numbers."""
        sorted_numbers = self._collection.passages[self._by_number]
        return np.asarray(self._by_number[np.searchsorted(sorted_numbers, numbers)])

    def _candidates(self, documents: Numbers, vectors: Vectors, lexical: bm25.LexicalScores) -> tuple[Candidate, ...]:
        """Score every passage of `documents` and gather the scores by document."""
        collection = self._collection
        known = self._words.articles(collection.documents[documents].tolist())
        # Another program may be ahead of us in the file.
        documents = documents[[int(number) in known for number in collection.documents[documents]]]
        mean, spread = background(self._background, vectors)
        return scoring.candidates(
            collection, documents, known, lexical, lambda numbers: (self._rows(numbers) @ vectors.T - mean) / spread
        )

    def verify(self) -> tuple[str, ...]:
        """Compare the whole index with the archive; return what is wrong, a sentence each."""
        self.refresh()
        problems: list[str] = []
        with self._lock:
            if not self._words.is_sound():
                problems.append(f"{self._folder / 'words.db'} is damaged; delete it and it is made anew")
            want = self._archive.passage_numbers()
            if not np.array_equal(np.sort(self._words.numbers()), want):
                problems.append("the word index does not hold the archive's passages; delete it and it is made anew")
            stored, rows = self._archive.vectors(want.tolist())
            if self._vectors is not None and len(want):
                here, fresh = self._vectors.fresh_rows(stored)
                same = np.array_equal(self._vectors.numbers(), stored) and np.allclose(fresh, rows[here], atol=2e-3)
                if not same:
                    problems.append(
                        "the vector file does not hold the archive's vectors; delete it and it is made anew"
                    )
        return tuple(problems)

    def rebuild(self, progress: Progress = no_progress) -> None:
        """Throw the files away and make them anew from the archive."""
        with self._lock:
            self.close()
            self._vectors = None
            shutil.rmtree(self._folder, ignore_errors=True)
            try:
                self._folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise self._fault(error) from error
            self.refresh(progress)

    def close(self) -> None:
        """Write the vector file if it is behind, and close."""
        with self._lock:
            try:
                if self._unsaved and self._at is not None:
                    with seal.held(self._folder):
                        self._save(self._at)
                if self._postings is not None:
                    self._postings.close()
            except (OSError, sqlite3.Error) as error:
                raise self._fault(error) from error
            finally:
                self._postings = None
                self._at = None


def _best(scores: bm25.Scores, top: int, inside: npt.NDArray[np.bool_]) -> Numbers:
    """Return the places of the `top` highest scores above 0 among those that are `inside`."""
    places = np.flatnonzero((scores > 0) & inside)
    if len(places) > top:
        places = places[np.argpartition(-scores[places], top - 1)[:top]]
    return np.asarray(places, dtype=np.int64)

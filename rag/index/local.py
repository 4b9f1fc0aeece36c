"""The search engine that needs nothing but two files: FAISS for vectors, SQLite FTS5 for words.

Both follow the archive's journal. The lexical file carries the change it stands at; the vector file carries its own.
A search that finds the archive ahead catches up first, so a result never misses a page that was acknowledged and never
shows one that was removed (whatever it returns is looked up in the archive again anyway).
"""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from rag.archive import Archive
from rag.errors import ArchiveError
from rag.index import Candidate
from rag.index import vectors as vector_file
from rag.index.lexical import VERSION, LexicalIndex
from rag.index.vectors import Manifest, Numbers
from rag.protocols import Progress, Vectors, no_progress
from rag.schema import Article, Filters

# Passages read from the archive at a time while catching up.
_BATCH = 2_000
# Changed passages after which the vector file is written again; until then a restart adds them from the archive.
_UNSAVED = 2_000


def open_index(folder: Path, archive: Archive, progress: Progress = no_progress) -> LocalIndex:
    """Open the index of `archive` in `folder`, repairing what is missing, stale or damaged.

    Raises:
        ArchiveError: the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        index = LocalIndex(folder, archive)
        index.refresh(progress)
    except (OSError, sqlite3.Error) as error:
        raise ArchiveError(f"the search index in {folder} cannot be used: {error}") from error
    return index


class LocalIndex:
    """FAISS and FTS5 side by side, following one archive."""

    def __init__(self, folder: Path, archive: Archive) -> None:
        self._folder = folder
        self._archive = archive
        self._lock = threading.RLock()
        self._lexical, self.notes = _open_lexical(folder / "lexical.db")
        self._vectors: Any = None
        self._at: tuple[int, str] | None = None
        self._unsaved = 0
        self._numbers: Numbers = np.empty(0, dtype=np.int64)
        self._documents: Numbers = np.empty(0, dtype=np.int64)

    def refresh(self, progress: Progress = no_progress) -> tuple[str, ...]:
        """Catch up with the archive, or rebuild from it; return a line for the reader for every repair."""
        with self._lock:
            now = self._archive.generation()
            if self._vectors is not None and self._at == now:
                return ()
            notes = list(self.notes)
            self.notes = ()
            notes += self._refresh_lexical(now, progress)
            notes += self._refresh_vectors(now, progress)
            self._at = now
            return tuple(notes)

    def _refresh_lexical(self, now: tuple[int, str], progress: Progress) -> list[str]:
        state = self._lexical.state()
        notes = []
        archive_id = self._archive.archive_id()
        at = int(state.get("generation", "0")), state.get("token", "")
        known = state.get("archive_id") == archive_id and state.get("version") == VERSION
        if state and not (known and self._archive.has_generation(*at)):
            notes.append("the word index was made from another archive; it is rebuilt")
            self._lexical.close()
            _discard(self._folder / "lexical.db")
            self._lexical, _ = _open_lexical(self._folder / "lexical.db")
            at = 0, ""
        if at != now or not state:
            have = np.array([number for number, _ in self._lexical.passage_documents()], dtype=np.int64)
            want = self._archive.passage_numbers()
            added, removed = np.setdiff1d(want, have), np.setdiff1d(have, want)
            stamp = {"archive_id": archive_id, "version": VERSION, "generation": str(now[0]), "token": now[1]}
            batches = list(self._added_articles(added))
            done = 0
            self._lexical.change((), [int(one) for one in removed], {} if batches else stamp)
            for batch in batches:
                done += sum(len(numbers) for _, numbers in batch)
                self._lexical.change(batch, (), stamp if batch is batches[-1] else {})
                progress("indexing words", done, len(added))
        pairs = np.array(self._lexical.passage_documents(), dtype=np.int64).reshape(-1, 2)
        self._numbers, self._documents = pairs[:, 0], pairs[:, 1]
        return notes

    def _added_articles(self, added: Numbers) -> Iterator[list[tuple[Article, tuple[int, ...]]]]:
        for begin in range(0, len(added), _BATCH):
            passages = self._archive.passages(added[begin : begin + _BATCH].tolist())
            ids = list(dict.fromkeys(passage.article_id for passage in passages.values()))
            numbers = self._archive.passages_of(ids)
            articles = self._archive.articles(ids)
            yield [
                (articles[one], numbers[one]) for one in ids if one in articles and min(numbers[one]) >= added[begin]
            ]

    def _refresh_vectors(self, now: tuple[int, str], progress: Progress) -> list[str]:
        notes: list[str] = []
        model = self._archive.embedder()
        if model is None:
            self._vectors = vector_file.empty(1)
            return notes
        if self._vectors is None or self._vectors.d != model[1]:
            self._vectors, note = self._load(model[1])
            notes += [note] if note else []
        have = _stored_numbers(self._vectors)
        added, removed = np.setdiff1d(self._numbers, have), np.setdiff1d(have, self._numbers)
        if removed.size:
            self._vectors.remove_ids(removed)
        for begin in range(0, len(added), _BATCH):
            numbers, rows = self._archive.vectors(added[begin : begin + _BATCH].tolist())
            self._vectors.add_with_ids(rows, numbers)
            progress("indexing vectors", min(begin + _BATCH, len(added)), len(added))
        self._unsaved += len(added) + len(removed)
        if self._unsaved >= _UNSAVED:
            self._save(now)
        return notes

    def _load(self, dimension: int) -> tuple[Any, str]:
        loaded = vector_file.load(self._folder)
        if isinstance(loaded, str):
            first = "missing" in loaded
            return vector_file.empty(dimension), "" if first else f"{loaded}; it is rebuilt from the archive"
        index, manifest = loaded
        ours = manifest.archive_id == self._archive.archive_id() and manifest.dimension == dimension
        if not ours or not self._archive.has_generation(manifest.generation, manifest.token):
            return vector_file.empty(dimension), "the vector file was made from another archive; it is rebuilt"
        return index, ""

    def _save(self, at: tuple[int, str]) -> None:
        manifest = Manifest(self._archive.archive_id(), *at, self._vectors.d, self._vectors.ntotal, "")
        vector_file.save(self._vectors, self._folder, manifest)
        self._unsaved = 0

    def candidates(
        self, questions: Sequence[str], vectors: Vectors, *, top: int, filters: Filters
    ) -> tuple[Candidate, ...]:
        """Return the articles nearest to `questions` by words and by vectors, in no order."""
        self.refresh()
        with self._lock:
            dense: dict[int, tuple[float, int]] = {}
            allowed = self._lexical.allowed(filters)
            inside = None if allowed is None else self._numbers[np.isin(self._documents, allowed)]
            scores, numbers = vector_file.search(self._vectors, np.atleast_2d(vectors), top, inside)
            for score, number in zip(scores.ravel().tolist(), numbers.ravel().tolist(), strict=True):
                if number >= 0:
                    document = int(self._documents[np.searchsorted(self._numbers, number)])
                    dense[document] = max(dense.get(document, (-1.0, 0)), (score, number))
            lexical: dict[int, float] = {}
            for question in questions:
                for document, score in self._lexical.search(question, top, filters):
                    lexical[document] = lexical.get(document, 0.0) + score
            found = list(dense.keys() | lexical.keys())
            ids = self._lexical.documents(found)
        return tuple(
            Candidate(ids[one], dense.get(one, (0.0, one))[1], dense.get(one, (0.0, 0))[0], lexical.get(one, 0.0))
            for one in found
            if one in ids
        )

    def close(self) -> None:
        """Write the vector file if it is behind, and close."""
        with self._lock:
            if self._unsaved and self._at is not None:
                self._save(self._at)
            self._lexical.close()


def _stored_numbers(index: Any) -> Numbers:
    import faiss

    return np.sort(faiss.vector_to_array(index.id_map).astype(np.int64))


def _open_lexical(path: Path) -> tuple[LexicalIndex, tuple[str, ...]]:
    try:
        return LexicalIndex(path), ()
    except sqlite3.DatabaseError:
        _discard(path)
        return LexicalIndex(path), ("the word index is damaged; it is rebuilt from the archive",)


def _discard(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def remove_index(folder: Path) -> None:
    """Delete the index; the next `open_index` makes it anew."""
    shutil.rmtree(folder, ignore_errors=True)

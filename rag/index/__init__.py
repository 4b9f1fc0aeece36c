"""Search engines behind one small protocol. They are caches of the archive: all of them can be thrown away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from rag.protocols import Progress, Vectors, no_progress
from rag.schema import Filters


@dataclass(frozen=True, slots=True)
class Candidate:
    """An article that may answer, its best passage by number, and both raw scores (higher is better, 0: not found)."""

    article_id: str
    passage: int
    dense: float
    lexical: float


class SearchIndex(Protocol):
    """Finds candidate articles. Safe to call from several threads."""

    def refresh(self, progress: Progress = no_progress) -> tuple[str, ...]:
        """Catch up with the archive, or rebuild from it; return a line for the reader for every repair.

        Raises:
            ArchiveError: the index folder cannot be written, or the archive cannot be read.
        """

    def candidates(
        self, questions: Sequence[str], vectors: Vectors, *, top: int, filters: Filters
    ) -> tuple[Candidate, ...]:
        """Return the articles nearest to `questions` by words and by vectors (one row a question), in no order."""

    def close(self) -> None:
        """Write what is worth keeping and release the files."""

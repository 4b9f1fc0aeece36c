"""Search engines behind one small protocol. They are caches of the archive: all of them can be thrown away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from rag.protocols import Progress, Vectors, no_progress
from rag.schema import Filters


@dataclass(frozen=True, slots=True)
class Candidate:
    """An article that may answer, with what each kind of search says of it; higher is better.

    `words`, `grams` and `phrases` are BM25 of the whole article over words, character bigrams and pairs of adjacent
    words, `passage` that of its best passage over words; each is divided by the most the question could get. `dense` is
    the cosine with the question, in standard deviations above the average passage, of the article's first passage and
    of its nearest, taken together: newspapers put the matter first. `best` is the number of the passage to show, `date`
    that of the edition.
    """

    article_id: str
    date: str
    best: int
    dense: float = 0.0
    words: float = 0.0
    grams: float = 0.0
    phrases: float = 0.0
    passage: float = 0.0

    @property
    def lexical(self) -> float:
        """The four word scores as one, from 0 to 1."""
        return (self.words + 0.15 * self.grams + 0.4 * self.phrases + self.passage) / 2.55


class SearchIndex(Protocol):
    """Finds candidate articles. Safe to call from several threads."""

    def refresh(self, progress: Progress = no_progress) -> tuple[str, ...]:
        """Catch up with the archive, or rebuild from it; return a line for the reader for every repair.

        Raises:
            ArchiveError: the index cannot be reached or written, or the archive cannot be read.
        """

    def candidates(self, question: str, vectors: Vectors, *, top: int, filters: Filters) -> tuple[Candidate, ...]:
        """Return the articles nearest to `question` by words, and to any row of `vectors`, in no order.

        At least the `top` best by each kind of search are among them, each with all of its scores.
        """

    def nearest(self, vector: Vectors, *, top: int, filters: Filters) -> tuple[tuple[int, float], ...]:
        """Return the passages nearest to `vector` by number, with their cosines, best first."""

    def rebuild(self, progress: Progress = no_progress) -> None:
        """Throw everything away and make it anew from the archive.

        Raises:
            ArchiveError: the index cannot be written, or the archive cannot be read.
        """

    def verify(self) -> tuple[str, ...]:
        """Compare the whole index with the archive; return what is wrong, a sentence each."""

    def close(self) -> None:
        """Write what is worth keeping and release the files."""

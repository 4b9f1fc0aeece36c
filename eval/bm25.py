"""Plain BM25, to have something to be measured against that shares no code with the library."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import numpy as np
import numpy.typing as npt

Cut = Callable[[str], Iterable[str]]


class BM25:
    """BM25 over some texts (Robertson & Zaragoza 2009; k1 1.2, b 0.75, idf as in Lucene)."""

    def __init__(self, texts: Sequence[str], cut: Cut, *, k1: float = 1.2, b: float = 0.75) -> None:
        self._cut = cut
        counts = [Counter(cut(text)) for text in texts]
        lengths = np.array([sum(one.values()) for one in counts], dtype=np.float64)
        mean = float(lengths.mean()) if counts else 1.0
        self._norms = k1 * (1 - b + b * lengths / (mean or 1.0))
        self._k1 = k1
        found: dict[str, tuple[list[int], list[int]]] = {}
        for index, one in enumerate(counts):
            for term, count in one.items():
                places, times = found.setdefault(term, ([], []))
                places.append(index)
                times.append(count)
        self._postings = {term: (np.array(one), np.array(two, dtype=np.float64)) for term, (one, two) in found.items()}

    def scores(self, question: str) -> npt.NDArray[np.float64]:
        """Return a score for every text, shape (number of texts,)."""
        total = np.zeros(len(self._norms))
        for term in self._cut(question):
            if term in self._postings:
                places, times = self._postings[term]
                idf = math.log(1 + (len(total) - len(places) + 0.5) / (len(places) + 0.5))
                total[places] += idf * times * (self._k1 + 1) / (times + self._norms[places])
        return total

    def ranked(self, question: str, top: int) -> list[int]:
        """Return the numbers of the best `top` texts with a score above 0, best first, ties in the order given."""
        scores = self.scores(question)
        order = np.argsort(-scores, kind="stable")[:top]
        return [int(index) for index in order if scores[index] > 0]

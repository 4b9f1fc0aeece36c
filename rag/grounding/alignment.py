"""Which characters of a claim stand where in a sentence: a weighted longest common subsequence.

Figures align with figures and dates with dates whatever they say, so that the words around them decide which figure of
the source a claim's figure stands for; only then are the two compared. Characters count more where their neighbours
match too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rag.grounding.reading import DATE, QUANTITY, Reading
from rag.text.dates import DateMention, agrees
from rag.text.numbers import Quantity, same_unit, same_value

_FIRST_CHARACTER = 3  # below it the codes of figures and dates
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Placed:
    """A clause of a claim on a sentence: claim token `first + k` is source token `pairs[k]`, or none of them (-1)."""

    claim: Reading
    first: int
    pairs: Sequence[int]
    source: Reading

    @property
    def tokens(self) -> range:
        """The claim's tokens in the clause."""
        return range(self.first, self.first + len(self.pairs))

    def place(self, token: int) -> int:
        """Return the source token that the claim's `token` stands for, or -1."""
        return self.pairs[token - self.first]


def align(claim: Reading, source: Reading, first: int = 0, last: int | None = None) -> list[int]:
    """Return, for each token of `claim[first:last]`, the index of the source token it stands for, or -1."""
    last = len(claim) if last is None else last
    if first >= last or not len(source):
        return [-1] * max(0, last - first)
    return _settled(_path(_table(claim, source, first, last)), claim.codes[first:last])


def align_within(claim: Reading, source: Reading, first: int, last: int) -> list[list[int]]:
    """Return the alignments of `claim[first:last]` with every one and two clauses of the source by themselves.

    Over a long sentence the best path may jump: the subject here, the figure of another subject there.
    """
    if first >= last or not len(source):
        return []
    table = _table(claim, source, first, last)
    codes = claim.codes[first:last]
    starts = [k for k in range(len(source)) if not k or source.clauses[k] != source.clauses[k - 1]]
    edges = [*starts, len(source)]
    found = []
    for index, low in enumerate(starts):
        for high in edges[index + 1 : index + 3]:
            pairs = _settled(_path(table[:, low:high]), codes)
            found.append([j + low if j >= 0 else -1 for j in pairs])
    return found


def _table(claim: Reading, source: Reading, first: int, last: int) -> Floats:
    scores = _scores(claim.codes[first:last], claim.weights[first:last], source.codes)
    _favour_equal_facts(scores, claim, source, first, last)
    return scores


def _scores(codes: npt.NDArray[np.int64], weights: Floats, other: npt.NDArray[np.int64]) -> Floats:
    equal = codes[:, None] == other[None, :]
    context = np.zeros(equal.shape)
    context[1:, 1:] += 0.6 * equal[:-1, :-1]
    context[:-1, :-1] += 0.6 * equal[1:, 1:]
    context[2:, 2:] += 0.2 * equal[:-2, :-2]
    context[:-2, :-2] += 0.2 * equal[2:, 2:]
    facts = codes < _FIRST_CHARACTER
    if facts.any():
        runs = np.minimum(_runs(equal), 12) + np.minimum(_runs(equal[::-1, ::-1])[::-1, ::-1], 12)
        context[facts] += 0.04 * runs[facts]
    return np.where(equal, weights[:, None] * (0.15 + context), 0.0)


def _runs(equal: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Return how many tokens before each pair match one by one: how far a figure's words agree to its left."""
    runs = np.zeros((equal.shape[0] + 1, equal.shape[1] + 1), dtype=np.int64)
    for i in range(equal.shape[0]):
        runs[i + 1, 1:] = (runs[i, :-1] + 1) * equal[i]
    return runs[:-1, :-1]


def _favour_equal_facts(scores: Floats, claim: Reading, source: Reading, first: int, last: int) -> None:
    """Break ties: between two places that fit equally well, the one with the same figure."""
    for i, fact in claim.facts.items():
        if not first <= i < last:
            continue
        for j, other in source.facts.items():
            if isinstance(fact, Quantity) and isinstance(other, Quantity):
                scores[i - first, j] += 0.01 * same_unit(fact, other) + 0.02 * same_value(fact, other)
            elif isinstance(fact, DateMention) and isinstance(other, DateMention):
                scores[i - first, j] += 0.03 * agrees(fact, other)


def _path(scores: Floats) -> list[int]:
    rows, columns = scores.shape
    best = np.zeros((rows + 1, columns + 1))
    for i in range(rows):
        taken = np.where(scores[i] > 0, best[i, :-1] + scores[i], 0.0)
        best[i + 1, 1:] = np.maximum.accumulate(np.maximum(best[i, 1:], taken))
    pairs = [-1] * rows
    i, j = rows, columns
    while i and j:
        here = best[i, j]
        if here == best[i, j - 1]:
            j -= 1
        elif here == best[i - 1, j]:
            i -= 1
        else:
            i, j = i - 1, j - 1
            pairs[i] = j
    return pairs


def _settled(pairs: list[int], codes: npt.NDArray[np.int64]) -> list[int]:
    """Drop single characters that match far from any other match: they are chance."""
    kept = list(pairs)
    for i, j in enumerate(pairs):
        if j < 0 or codes[i] in {QUANTITY, DATE}:
            continue
        near = [pairs[k] - j - (k - i) for k in (i - 1, i + 1, i - 2, i + 2) if 0 <= k < len(pairs) and pairs[k] >= 0]
        if not any(abs(shift) <= 2 for shift in near):
            kept[i] = -1
    return kept


def context_match(claim: Reading, i: int, source: Reading, j: int, width: int = 24) -> float:
    """Return how well the words around claim token `i` fit those around source token `j`, nearest first."""
    score = 0.0
    for side in (-1, 1):
        for step in range(1, width + 1):
            a, b = i + side * step, j + side * step
            if not (0 <= a < len(claim) and 0 <= b < len(source)) or claim.codes[a] != source.codes[b]:
                break
            score += float(claim.weights[a]) / (1 + 0.05 * step)
    return score

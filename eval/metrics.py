"""Metrics as plain functions, each with its source. Texts are compared folded: NFKC, lower case, no white space.

Shares are between 0 and 1; a share of nothing is None, never 0, so that averages are over what there was to measure.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from eval import digest
from rag.text.numbers import quantities, same_unit, same_value
from rag.text.tokens import fold_phrase

_JOINED = re.compile(r"[；;]")
_PUNCTUATION = re.compile(r"[^\w%‰℃]")
_LATIN_OR_CHAR = re.compile(r"[a-z0-9.%]+|\w")


def folded(text: str) -> str:
    """Return `text` as it is compared: NFKC, lower case, one kind of quotation mark, no white space."""
    return fold_phrase(text)


def contains(text: str, piece: str) -> bool:
    """Whether `piece` occurs in `text`, both folded; a figure does not match inside a longer figure (26 in 126)."""
    text, piece = folded(text), folded(piece)
    if not piece:
        return False
    start = text.find(piece)
    while start >= 0:
        before, after = text[max(0, start - 2) : start], text[start + len(piece) : start + len(piece) + 2]
        cut_left = piece[0].isdigit() and re.search(r"(?:\d|\d[.,])$", before)
        cut_right = piece[-1].isdigit() and re.match(r"\d|[.,]\d", after)
        if not cut_left and not cut_right:
            return True
        start = text.find(piece, start + 1)
    return False


def answer_contains(text: str, answers: Sequence[str]) -> bool:
    """Whether any reference answer occurs in `text`; the parts of one joined by ； must all occur (order aside)."""
    return any(all(contains(text, part) for part in _JOINED.split(answer) if part.strip()) for answer in answers)


def includes_all(text: str, pieces: Sequence[Sequence[str]]) -> bool:
    """Whether `text` has, of every item of `pieces`, at least one alternative (RGB's scoring, Chen et al. 2024)."""
    return bool(pieces) and all(any(contains(text, one) for one in alternatives) for alternatives in pieces)


def included_share(text: str, pieces: Sequence[Sequence[str]]) -> float | None:
    """Return the share of `pieces` of which `text` has at least one alternative; None where there are none."""
    if not pieces:
        return None
    return sum(any(contains(text, one) for one in alternatives) for alternatives in pieces) / len(pieces)


def exact_match(text: str, answers: Sequence[str]) -> float | None:
    """1 when `text` is one of `answers`, punctuation aside (SQuAD, Rajpurkar et al. 2016), else 0."""
    if not answers:
        return None
    bare = _bare(text)
    return float(any(bare == _bare(answer) for answer in answers))


def character_f1(text: str, answers: Sequence[str]) -> float | None:
    """Best F1 over the characters `text` shares with one of `answers` (SQuAD's token F1, on characters)."""
    return max((_bag_f1(_bare(text), _bare(answer)) for answer in answers), default=None)


def cmrc_f1(text: str, answers: Sequence[str]) -> float | None:
    """Best F1 by the longest common run of characters or Latin words (CMRC 2018, Cui et al. 2019)."""
    mine = _LATIN_OR_CHAR.findall(folded(text))
    best: float | None = None
    for answer in answers:
        theirs = _LATIN_OR_CHAR.findall(folded(answer))
        best = max(best or 0.0, _f1(_longest_run(mine, theirs), len(mine), len(theirs)))
    return best


def rouge_l(text: str, reference: str) -> float:
    """ROUGE-L F1 over characters, punctuation aside (Lin 2004; characters, as is usual for Chinese)."""
    return digest.rouge_l(text, reference).f1


def best_rouge_l(text: str, answers: Sequence[str]) -> float | None:
    """Best `rouge_l` over `answers`; None where there are none."""
    return max((rouge_l(text, answer) for answer in answers), default=None)


def success_at(ranked: Sequence[str], relevant: Collection[str], k: int) -> float:
    """1 when one of the first `k` of `ranked` is relevant, else 0."""
    return float(any(item in relevant for item in ranked[:k]))


def reciprocal_rank(ranked: Sequence[str], relevant: Collection[str], k: int) -> float:
    """1 over the rank of the first relevant item among the first `k`, else 0; its mean is MRR@k (TREC-8 QA, 1999)."""
    return next((1.0 / rank for rank, item in enumerate(ranked[:k], 1) if item in relevant), 0.0)


def ndcg(ranked: Sequence[str], grades: Mapping[str, int], k: int) -> float:
    """NDCG@k with gains 2^grade - 1 (Järvelin & Kekäläinen 2002; Burges et al. 2005)."""

    def gain(items: Sequence[int]) -> float:
        return sum((2.0**grade - 1.0) / math.log2(rank + 1) for rank, grade in enumerate(items[:k], 1))

    ideal = gain(sorted(grades.values(), reverse=True))
    return gain([grades.get(item, 0) for item in ranked]) / ideal if ideal else 0.0


def same_place(quote: str, evidence: str) -> bool:
    """Whether a cited text and a reference quote are of one place, white space aside.

    One holds the other, or they share a run of at least two thirds of the shorter (a reference may span two sentences).
    """
    one, other = folded(quote), folded(evidence)
    if not one or not other:
        return False
    if one in other or other in one:
        return True
    return _longest_run(one, other) >= max(8, min(len(one), len(other)) * 2 / 3)


def precision(found: Sequence[bool]) -> float | None:
    """The share of what was found that is right; None where nothing was found."""
    return sum(found) / len(found) if found else None


def number_faithfulness(text: str, sources: Sequence[str]) -> float | None:
    """The share of the figures of `text` that occur, with their unit, in one of `sources`; None without figures.

    After the numeric consistency checks of Zhao et al. 2020 ("Reducing Quantity Hallucinations").
    """
    figures = quantities(text)
    if not figures:
        return None
    known = [figure for source in sources for figure in quantities(source)]
    kept = [any(same_value(one, other) and same_unit(one, other) for other in known) for one in figures]
    return sum(kept) / len(kept)


def _bare(text: str) -> str:
    return _PUNCTUATION.sub("", folded(text))


def _f1(shared: int, mine: int, theirs: int) -> float:
    return 2.0 * shared / (mine + theirs) if shared else 0.0


def _bag_f1(mine: str, theirs: str) -> float:
    shared = sum((Counter(mine) & Counter(theirs)).values())
    return _f1(shared, len(mine), len(theirs))


def _longest_run(one: Sequence[str], other: Sequence[str]) -> int:
    best = 0
    row = [0] * (len(other) + 1)
    for item in one:
        before = 0
        for index, candidate in enumerate(other, 1):
            before, row[index] = row[index], before + 1 if item == candidate else 0
            best = max(best, row[index])
    return best

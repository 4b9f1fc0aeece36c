"""The differences between a clause of a claim and the sentence it stands on, word by word."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from rag.grounding.alignment import Placed
from rag.grounding.lexicon import FUNCTION
from rag.grounding.reading import Reading, Word


@dataclass(frozen=True, slots=True)
class Difference:
    """Words of the claim (`said`) that stand where the source has other words (`printed`); either may be empty.

    `before` and `after` are the source words on each side that both share. `swapped` are the characters on either side
    that no character of the other stands for, when they stand in one piece within words (增长点, 下降点).
    """

    said: tuple[Word, ...]
    printed: tuple[Word, ...]
    before: Word | None = None
    after: Word | None = None
    swapped: tuple[str, str] = ("", "")


def differences(placed: Placed, words: Sequence[Word], printed: Sequence[Word]) -> list[Difference]:
    """Return the differences of a clause in order; `words` are the claim's in it, `printed` all of the sentence's."""
    source = placed.source
    owner = _owners(source, printed)
    words = [piece for word in words for piece in _pieces(placed, word)]
    spots = [_spot(placed, word) for word in words]
    taken = {k for spot in spots if spot for k in range(spot[0], spot[1] + 1)}
    full = {
        index
        for index, word in enumerate(printed)
        if (inside := _between(source, word.start, word.end)) and all(k in taken for k in inside)
    }
    found: list[Difference] = []
    said: list[Word] = []
    left = -1
    opened = False
    for word, spot in [*zip(words, spots, strict=True), (None, (len(source), len(source)))]:
        if word is not None and spot is None:
            said.append(word)
            continue
        if spot is None or (word is not None and spot[0] <= left):
            continue
        low, high = left, spot[0] if word is not None else -1
        region = _region(source, low, high, opened, word is not None)
        gap = [index for index in dict.fromkeys(owner[k] for k in region if owner[k] >= 0) if index not in full]
        before = printed[owner[low]] if low >= 0 and owner[low] >= 0 else None
        after = printed[owner[high]] if 0 <= high < len(owner) and owner[high] >= 0 else None
        if said or gap:
            rest = tuple(printed[index] for index in gap)
            swap = _swapped(placed, said, rest)
            found.append(Difference(tuple(said), rest, before, after, swap))
        said, left, opened = [], spot[1], True
    return found


def _owners(source: Reading, printed: Sequence[Word]) -> list[int]:
    owner = [-1] * len(source)
    at = 0
    for index, word in enumerate(printed):
        while at < len(source) and source.ends[at] <= word.start:
            at += 1
        k = at
        while k < len(source) and source.starts[k] < word.end:
            if owner[k] < 0:
                owner[k] = index
            k += 1
    return owner


def _swapped(placed: Placed, said: Sequence[Word], printed: Sequence[Word]) -> tuple[str, str]:
    claim, source = placed.claim, placed.source
    if not said or not printed:
        return "", ""
    mine = [
        i
        for i in placed.tokens
        if placed.place(i) < 0 and said[0].start <= claim.starts[i] < said[-1].end and i not in claim.facts
    ]
    matched = {j for j in placed.pairs if j >= 0}
    theirs = [
        k for k in _between(source, printed[0].start, printed[-1].end) if k not in matched and k not in source.facts
    ]
    return (
        "".join(claim.text[claim.starts[i] : claim.ends[i]] for i in mine),
        "".join(source.text[source.starts[k] : source.ends[k]] for k in theirs),
    )


def _pieces(placed: Placed, word: Word) -> list[Word]:
    """Cut a word whose characters all matched, but not in one piece (热情高涨 for 热情持续高涨)."""
    claim = placed.claim
    inside = [i for i in placed.tokens if claim.starts[i] < word.end and claim.ends[i] > word.start]
    places = [placed.place(i) for i in inside]
    if len(places) < 2 or min(places) < 0:
        return [word]
    cuts = [claim.starts[i] for i, a, b in zip(inside[1:], places, places[1:], strict=False) if b - a != 1]
    edges = [word.start, *cuts, word.end]
    return [Word(claim.text[a:b], word.flag, a, b) for a, b in pairwise(edges)]


def _between(reading: Reading, start: int, end: int) -> range:
    """Return the tokens that lie, wholly or in part, in `text[start:end]`."""
    return range(bisect_right(reading.ends, start), bisect_left(reading.starts, end))


def _spot(placed: Placed, word: Word) -> tuple[int, int] | None:
    """Return the source tokens a claim word stands for, first and last, when all of it matched in one piece."""
    claim = placed.claim
    places = [placed.place(i) for i in placed.tokens if claim.starts[i] < word.end and claim.ends[i] > word.start]
    if not places or places[0] < 0 or any(b - a != 1 for a, b in pairwise(places)):
        return None
    if len(places) == 1 and len(word.text) == 1 and word.text in FUNCTION and places[0] not in placed.source.facts:
        return places[0], places[0]
    return places[0], places[-1]


def _region(source: Reading, low: int, high: int, opened: bool, closed: bool) -> list[int]:
    """Return the source tokens between two matches, no further than the clauses those stand in."""
    if opened and closed:
        between = range(low + 1, high)
        if high - low < 2 or source.clauses[low] == source.clauses[high]:
            return list(between)
        return [k for k in between if source.clauses[k] in {source.clauses[low], source.clauses[high]}]
    if closed:
        return [k for k in range(high) if source.clauses[k] == source.clauses[high]]
    if opened:
        return [k for k in range(low + 1, len(source)) if source.clauses[k] == source.clauses[low]]
    return []

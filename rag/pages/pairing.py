"""Which head belongs to which body.

Heads and bodies are matched by an assignment over what they say (the share of a head's character bigrams, weighted by
rarity, that a body has) and over where they stand. Where the pieces themselves are in doubt, the reading of the page
that matches best is chosen: a block of lines may be two heads, a head may be a subhead, a body without a dateline may
begin after any paragraph.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from rag.pages.columns import column_widths
from rag.pages.heads import head_parts, is_label
from rag.pages.labels import begins_like_a_lead, word_runs_on
from rag.pages.lines import opens_article
from rag.pages.pieces import Body, Head, Paragraph, Piece
from rag.text.tokens import bigrams

# A pair scores its overlap (0 to 1) plus what its position is worth; pairs below the floor cost more than they bring.
_FLOOR = 0.25
_ADJACENT = 0.15
_STEP = 0.06
_FAR = -0.6
_REACH = 6
# What it costs to read the page otherwise than it was first read.
_SPLIT_HEAD = 0.25
_SPLIT_HEAD_AT_BLANK = 0.05
_SPLIT_BODY = 0.45
_SPLIT_BODY_AT_LEAD = 0.30
_SUBHEAD = 0.15
_LONE_HEAD = 0.15
_LONE_BODY = 0.25


@dataclass(frozen=True, slots=True)
class Pair:
    """A body with its head, and how sure that is."""

    body: int
    head: int
    score: float
    margin: float


@dataclass(frozen=True, slots=True)
class Reading:
    """The pieces of a page as finally read, and the pairs among them (indices into `pieces`)."""

    pieces: tuple[Piece, ...]
    pairs: tuple[Pair, ...]


@dataclass(slots=True)
class Rarity:
    """How rare each bigram is on this page; shared bigrams count by it."""

    documents: int
    counts: Mapping[str, int]
    _grams: dict[str, frozenset[str]] = field(default_factory=dict)

    def weight(self, gram: str) -> float:
        """Return the inverse document frequency of a bigram over the page's paragraphs."""
        return math.log((self.documents + 1) / (self.counts.get(gram, 0) + 0.5))

    def grams(self, text: str) -> frozenset[str]:
        """Return the bigrams of a text, remembered."""
        if text not in self._grams:
            self._grams[text] = frozenset(bigrams(text))
        return self._grams[text]

    def overlap(self, head: str, paragraphs: Iterable[str]) -> float:
        """Return the share of the head's bigrams, by weight, that the paragraphs have."""
        wanted = self.grams(head)
        total = sum(self.weight(gram) for gram in wanted)
        if not total:
            return 0.0
        have = frozenset().union(*(self.grams(text) for text in paragraphs))
        return sum(self.weight(gram) for gram in wanted & have) / total


def rarity(pieces: Sequence[Piece]) -> Rarity:
    """Count in how many paragraphs of the page each bigram stands."""
    texts = [paragraph.text for piece in pieces if isinstance(piece, Body) for paragraph in piece.paragraphs]
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(set(bigrams(text)))
    return Rarity(len(texts), counts)


def read_pieces(pieces: Sequence[Piece]) -> Reading:
    """Return the reading of the page in which heads and bodies match best."""
    rare = rarity(pieces)
    current = list(pieces)
    changed = True
    rounds = 0
    while changed and rounds < 4 * len(pieces):
        changed = False
        for change in _changes(current):
            low, high, new, cost = change
            start, end = max(0, low - _REACH), min(len(current), high + _REACH)
            before = _value(current[start:end], rare)
            after = _value([*current[start:low], *new, *current[high:end]], rare)
            if after - cost > before + 1e-9:
                current[low:high] = new
                changed = True
                rounds += 1
                break
    return Reading(tuple(current), tuple(_pairs(current, rare)))


_Change = tuple[int, int, list[Piece], float]


def _changes(pieces: Sequence[Piece]) -> Iterator[_Change]:
    """Yield other readings of stretches of the page: pieces[low:high], what they become, and what that costs."""
    for index, piece in enumerate(pieces):
        if isinstance(piece, Head):
            yield from _head_changes(pieces, index, piece)
        elif isinstance(piece, Body):
            for at in range(1, len(piece.paragraphs)):
                if piece.paragraphs[at].subhead or piece.paragraphs[at - 1].subhead:
                    continue
                lead = begins_like_a_lead(piece.paragraphs[at].text)
                cost = _SPLIT_BODY_AT_LEAD if lead else _SPLIT_BODY
                cost -= 0.2 if _column_changes(piece.paragraphs[at - 1], piece.paragraphs[at]) else 0.0
                first = Body(piece.paragraphs[:at])
                yield index, index + 1, [first, replace(piece, paragraphs=piece.paragraphs[at:])], cost


def _head_changes(pieces: Sequence[Piece], index: int, head: Head) -> Iterator[_Change]:
    lines = head.lines
    for at in range(1, len(lines)):
        if word_runs_on(lines[at - 1].text, lines[at].text) or is_label(lines[at - 1].text):
            continue
        blank = lines[at].blank_before and any(not line.blank_before for line in lines[1:])
        cost = _SPLIT_HEAD_AT_BLANK if blank or is_label(lines[at].text) else _SPLIT_HEAD
        yield index, index + 1, [Head(lines[:at]), Head(lines[at:], head.names)], cost
    before = pieces[index - 1] if index else None
    after = pieces[index + 1] if index + 1 < len(pieces) else None
    if isinstance(before, Body) and isinstance(after, Body) and not after.opens and not head.names:
        if len(head_parts(lines)) == 1 and len(lines) <= 2 and sum(line.width for line in lines) <= 20:
            subhead = Paragraph(" ".join(line.text for line in lines), lines, subhead=True)
            merged = Body((*before.paragraphs, subhead, *after.paragraphs), before.credit + after.credit)
            yield index - 1, index + 2, [merged], _SUBHEAD


def _column_changes(before: Paragraph, after: Paragraph) -> bool:
    left = max((line.width for line in before.lines), default=0.0)
    right = max((line.width for line in after.lines), default=0.0)
    return min(len(before.lines), len(after.lines)) >= 4 and abs(left - right) >= 2


def _value(pieces: Sequence[Piece], rare: Rarity) -> float:
    heads, bodies, table = _table(pieces, rare)
    chosen = _assign(table)
    value = sum(table[i][j] - _FLOOR for i, j in chosen)
    return value - _LONE_HEAD * (len(heads) - len(chosen)) - _LONE_BODY * (len(bodies) - len(chosen))


def _table(pieces: Sequence[Piece], rare: Rarity) -> tuple[list[int], list[int], list[list[float]]]:
    heads = [index for index, piece in enumerate(pieces) if isinstance(piece, Head) and piece.lines]
    bodies = [index for index, piece in enumerate(pieces) if isinstance(piece, Body)]
    table = [[_score(pieces, head, body, rare) for body in bodies] for head in heads]
    return heads, bodies, table


def _score(pieces: Sequence[Piece], head: int, body: int, rare: Rarity) -> float:
    """Return how well a head suits a body: what they share, and how many heads and bodies stand between them."""
    apart = sum(
        isinstance(piece, Body) or (isinstance(piece, Head) and bool(piece.lines))
        for piece in pieces[min(head, body) + 1 : max(head, body)]
    )
    if apart > _REACH:
        return _FAR
    one, other = pieces[head], pieces[body]
    if not isinstance(one, Head) or not isinstance(other, Body):
        return _FAR
    text = "".join(line.text for line in one.lines if not is_label(line.text)) or one.lines[0].text
    overlap = rare.overlap(text, (paragraph.text for paragraph in other.paragraphs))
    return overlap + _ADJACENT - _STEP * apart


def _assign(table: Sequence[Sequence[float]]) -> list[tuple[int, int]]:
    """Return the pairs (row, column) of the assignment whose scores above the floor sum highest."""
    if not table or not table[0]:
        return []
    import numpy as np
    from scipy.optimize import linear_sum_assignment

    scores = np.asarray(table)
    rows, columns = linear_sum_assignment(np.maximum(scores - _FLOOR, -_LONE_HEAD - _LONE_BODY), maximize=True)
    return [
        (int(row), int(column))
        for row, column in zip(rows, columns, strict=True)
        if scores[row, column] - _FLOOR > -_LONE_HEAD - _LONE_BODY
    ]


def _pairs(pieces: Sequence[Piece], rare: Rarity) -> Iterator[Pair]:
    heads, bodies, table = _table(pieces, rare)
    for row, column in _assign(table):
        score = table[row][column]
        rivals = [table[row][j] for j in range(len(bodies)) if j != column]
        rivals += [table[i][column] for i in range(len(heads)) if i != row]
        yield Pair(bodies[column], heads[row], score, score - max(rivals, default=0.0))

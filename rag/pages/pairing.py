"""Which head belongs to which body.

Heads and bodies are matched by an assignment over what they say (the weight of a head's character bigrams that a body
has) and over where they stand: how many pieces lie between them and, where the page says, which head stands right over
which body.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from rag.pages.heads import head_parts, is_label
from rag.pages.likeness import Likeness
from rag.pages.pieces import Body, Head, Piece

# A pair is worth the weight of the bigrams it shares (a headline's worth of rare ones counts 1) plus its position's,
# less what an article costs, so that text is not cut up for the sake of small gains.
_HEADLINE = 40.0
_ARTICLE = 0.3
_ADJACENT = 0.15
_STEP = 0.06
_OVER = 0.8
_FAR = -9.0
_REACH = 6
_PARTS = 3
_CROWDED = 0.2
_LONE_HEAD = 0.3
_LONE_BODY = 0.3
_LEAST_WORTH = -_LONE_HEAD - _LONE_BODY


@dataclass(frozen=True, slots=True)
class Pair:
    """A body and its head (indices into the pieces), how much of the head the body has, and the lead over rivals."""

    body: int
    head: int
    score: float
    margin: float


@dataclass(slots=True)
class Matcher:
    """Scores heads against bodies; what was worked out once is remembered."""

    like: Likeness
    # Pieces are known by their id; each is kept here, so that its id is not given to another.
    _kept: dict[int, Piece] = field(default_factory=dict)
    _bodies: dict[int, frozenset[str]] = field(default_factory=dict)
    _worth: dict[tuple[int, int], tuple[float, float]] = field(default_factory=dict)
    _crowded: dict[int, float] = field(default_factory=dict)

    def value(self, pieces: Sequence[Piece]) -> float:
        """Return how well the heads and bodies among `pieces` match at best, less what lone ones and articles cost."""
        heads, bodies, table = self._table(pieces)
        chosen = _assign(table)
        value = sum(table[i][j] - _ARTICLE for i, j in chosen)
        value -= sum(self._crowding(pieces[index]) for index in heads)
        return value - _LONE_HEAD * (len(heads) - len(chosen)) - (_LONE_BODY + _ARTICLE) * (len(bodies) - len(chosen))

    def pairs(self, pieces: Sequence[Piece]) -> Iterator[Pair]:
        """Yield the pairs of the best match."""
        heads, bodies, table = self._table(pieces)
        for row, column in _assign(table):
            rivals = [table[row][j] for j in range(len(bodies)) if j != column]
            rivals += [table[i][column] for i in range(len(heads)) if i != row]
            head, body = pieces[heads[row]], pieces[bodies[column]]
            share = self._base(head, body)[1] if isinstance(head, Head) and isinstance(body, Body) else 0.0
            yield Pair(bodies[column], heads[row], share, table[row][column] - max(rivals, default=0.0))

    def _crowding(self, head: Piece) -> float:
        """Return what speaks against a head of more parts than kicker, title and subtitle."""
        if not isinstance(head, Head) or len(head.lines) <= _PARTS:
            return 0.0
        if id(head) not in self._crowded:
            self._kept[id(head)] = head
            labelled = is_label(head.lines[0].text)
            self._crowded[id(head)] = _CROWDED * max(0, len(head_parts(head.lines)) - _PARTS - labelled)
        return self._crowded[id(head)]

    def _table(self, pieces: Sequence[Piece]) -> tuple[list[int], list[int], list[list[float]]]:
        heads: list[tuple[int, int, Head]] = []
        bodies: list[tuple[int, int, Body]] = []
        place = 0
        for index, piece in enumerate(pieces):
            if isinstance(piece, Head) and piece.lines:
                heads.append((index, place, piece))
                place += 1
            elif isinstance(piece, Body):
                bodies.append((index, place, piece))
                place += 1
        table = []
        for _, a, head in heads:
            row = [_FAR] * len(bodies)
            for column, (_, b, body) in enumerate(bodies):
                apart = a - b if a > b else b - a
                if apart <= _REACH:
                    known = self._worth.get((id(head), id(body))) or self._base(head, body)
                    row[column] = known[0] + _ADJACENT - _STEP * (apart - 1)
            table.append(row)
        return [index for index, _, _ in heads], [index for index, _, _ in bodies], table

    def _base(self, head: Head, body: Body) -> tuple[float, float]:
        """Return what head and body share, with what its place over the body is worth, and the share alone."""
        key = id(head), id(body)
        if key not in self._worth:
            self._kept[key[0]], self._kept[key[1]] = head, body
            if key[1] not in self._bodies:
                self._bodies[key[1]] = self.like.of(body.paragraphs)
            wanted = self.like.grams(_head_text(head))
            found = self.like.total(wanted & self._bodies[key[1]])
            share = found / (self.like.total(wanted) or 1.0)
            self._worth[key] = found / _HEADLINE + _stands_over(head, body), share
        return self._worth[key]


def _head_text(head: Head) -> str:
    # A label stands first; it says nothing of the article.
    lines = head.lines[1:] if len(head.lines) > 1 and is_label(head.lines[0].text) else head.lines
    return "".join(line.text for line in lines)


def _stands_over(head: Head, body: Body) -> float:
    """Return what it is worth that a head stands right over a body, where the page says where things stand."""
    lines = [line for part in body.paragraphs for line in part.lines]
    boxes, heads = ([line.box for line in group if line.box] for group in (lines, (*head.lines, *head.names)))
    if not boxes or not heads or boxes[0].sheet != heads[0].sheet:
        return 0.0
    left, right, top = min(box.x0 for box in boxes), max(box.x1 for box in boxes), min(box.top for box in boxes)
    x0, x1, bottom = min(box.x0 for box in heads), max(box.x1 for box in heads), max(box.bottom for box in heads)
    em = max(line.size for line in head.lines)
    shared = min(x1, right) - max(x0, left)
    if shared < 0.5 * min(x1 - x0, right - left) or not -1.5 * em < top - bottom < 6 * em:
        return 0.0
    return _OVER if top - bottom < 2.5 * em else _OVER / 2


def _assign(table: Sequence[Sequence[float]]) -> list[tuple[int, int]]:
    """Return the pairs (row, column) whose worth sums highest, leaving out those worse than two lone pieces."""
    if not table or not table[0]:
        return []
    import numpy as np
    from scipy.optimize import linear_sum_assignment

    worth = np.maximum(np.asarray(table), _LEAST_WORTH)
    rows, columns = linear_sum_assignment(worth, maximize=True)
    return [
        (row, column)
        for row, column in zip(rows.tolist(), columns.tolist(), strict=True)
        if table[row][column] > _LEAST_WORTH
    ]

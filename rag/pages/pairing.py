"""Which head belongs to which body.

Heads and bodies are matched by an assignment over what they say (the share of a head's character bigrams, weighted by
rarity, that a body has) and over where they stand. Where the pieces themselves are in doubt, the reading of the page
that matches best is chosen: a block of lines may be two heads, a head may be a subhead, a body without a dateline may
begin after any paragraph.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from rag.pages.heads import head_parts, is_label
from rag.pages.labels import begins_like_a_lead, word_runs_on
from rag.pages.lines import Line
from rag.pages.pieces import Body, Head, Paragraph, Piece, paragraph
from rag.text.tokens import bigrams

# A pair is worth the weight of the bigrams it shares (a headline's worth of rare ones counts 1) plus its position's,
# less what an article costs, so that text is not cut up for the sake of small gains.
_HEADLINE = 40.0
_ARTICLE = 0.3
_ADJACENT = 0.15
_STEP = 0.06
_OVER = 0.8
_FAR = -9.0
_REACH = 6
_LONE_HEAD = 0.3
_LONE_BODY = 0.3
# What it costs to read the page otherwise than it was first read.
_SPLIT_HEAD = 0.25
_SPLIT_HEAD_AT_BLANK = 0.05
_SPLIT_BODY = 0.35
_SPLIT_BODY_AT_LEAD = 0.2
_SUBHEAD = 0.1
_LINES_OF_TEXT = 0.2
# Two parts of one article share more of their bigrams, by weight, than two articles of one page: on nine pages out of
# ten more than 0.09 against less than 0.06.
_KINSHIP = 0.07
_KIN = 4.0
_KIN_MOST = 0.5
_KIN_CHARACTERS = 60
_KIN_CERTAIN = 0.3
# How many paragraphs either side of a break are compared; how many pieces either side of a change are matched anew.
_NEAR = 8
_WINDOW = 24
_ROUNDS = 4


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
    _bodies: dict[int, tuple[Body, frozenset[str], dict[str, tuple[float, float]]]] = field(default_factory=dict)

    def weight(self, gram: str) -> float:
        """Return the inverse document frequency of a bigram over the page's paragraphs."""
        return math.log((self.documents + 1) / (self.counts.get(gram, 0) + 0.5))

    def grams(self, text: str) -> frozenset[str]:
        """Return the bigrams of a text, remembered."""
        if text not in self._grams:
            self._grams[text] = frozenset(bigrams(text))
        return self._grams[text]

    def shared(self, head: str, body: Body) -> tuple[float, float]:
        """Return the weight of the head's bigrams that the body has, and as a share of all of the head's."""
        if id(body) not in self._bodies:
            # The body is kept with what is known of it, so that its id is not given to another.
            self._bodies[id(body)] = (body, self._union(body.paragraphs), {})
        _, have, known = self._bodies[id(body)]
        if head not in known:
            wanted = self.grams(head)
            found = sum(self.weight(gram) for gram in wanted & have)
            known[head] = found, found / (sum(self.weight(gram) for gram in wanted) or 1.0)
        return known[head]

    def _union(self, paragraphs: Iterable[Paragraph]) -> frozenset[str]:
        return frozenset().union(*(self.grams(paragraph.text) for paragraph in paragraphs))

    def kinship(self, one: Sequence[Paragraph], other: Sequence[Paragraph]) -> float:
        """Return what says that two texts are of one article (above 0) or of two (below), in units of a pair's worth."""
        if min(sum(len(paragraph.text) for paragraph in part) for part in (one, other)) < _KIN_CHARACTERS:
            return 0.0
        left, right = self._union(one), self._union(other)
        least = min(sum(map(self.weight, left)), sum(map(self.weight, right)))
        share = sum(map(self.weight, left & right)) / (least or 1.0)
        return max(-_KIN_MOST, min(_KIN_MOST, _KIN * (share - _KINSHIP)))


def rarity(pieces: Sequence[Piece]) -> Rarity:
    """Count in how many paragraphs of the page each bigram stands."""
    texts = [part.text for piece in pieces if isinstance(piece, Body) for part in piece.paragraphs]
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(set(bigrams(text)))
    return Rarity(len(texts), counts)


def read_pieces(pieces: Sequence[Piece]) -> Reading:
    """Return the reading of the page in which heads and bodies match best."""
    rare = rarity(pieces)
    current = list(pieces)
    for _ in range(_ROUNDS):
        index, changed = 0, False
        while index < len(current):
            best, gain = None, 1e-9
            for low, high, new, cost in _changes(current, index, rare):
                start, end = max(0, low - _WINDOW), min(len(current), high + _WINDOW)
                before = _value(current[start:end], rare)
                after = _value([*current[start:low], *new, *current[high:end]], rare)
                if after - cost - before > gain:
                    best, gain = (low, high, new), after - cost - before
            if best:
                current[best[0] : best[1]] = best[2]
                changed = True
            index += 1
        if not changed:
            break
    return Reading(tuple(current), tuple(_pairs(current, rare)))


_Change = tuple[int, int, list[Piece], float]


def _changes(pieces: Sequence[Piece], index: int, rare: Rarity) -> Iterator[_Change]:
    """Yield other readings of the piece at `index`: pieces[low:high], what they become, and what that costs."""
    piece = pieces[index]
    if isinstance(piece, Head):
        yield from _head_changes(pieces, index, piece, rare)
        for at, cost in _head_breaks(piece.lines):
            yield from _with_body_split(pieces, index, at, cost, rare)
    elif isinstance(piece, Body):
        for halves, cost in _body_breaks(piece, rare):
            yield index, index + 1, list(halves), cost
        after = pieces[index + 1] if index + 1 < len(pieces) else None
        if isinstance(after, Body) and not piece.credit:
            yield (
                index,
                index + 2,
                [Body(piece.paragraphs + after.paragraphs, after.credit)],
                _join_cost(piece, after, rare),
            )


def _join_cost(body: Body, after: Body, rare: Rarity) -> float:
    """Return what it costs to read two bodies as one; a dateline inside a body is rare, save after a few first words."""
    few = len(body.paragraphs) == 1 and len(body.paragraphs[0].text) < _KIN_CHARACTERS
    kin = rare.kinship(body.paragraphs[-_NEAR:], after.paragraphs[:_NEAR])
    return (0.2 if few or not after.opens else 2.0) - kin


def _body_breaks(body: Body, rare: Rarity) -> Iterator[tuple[tuple[Body, Body], float]]:
    """Yield where a body may be two, and what each break costs."""
    for at in range(1, len(body.paragraphs)):
        before, after = body.paragraphs[:at], body.paragraphs[at:]
        if before[-1].subhead or after[0].subhead:
            continue
        kin = rare.kinship(before[-_NEAR:], after[:_NEAR])
        if kin > _KIN_CERTAIN or _one_column(before[-1].lines[-1], after[0].lines[0]):
            continue
        cost = _SPLIT_BODY_AT_LEAD if begins_like_a_lead(after[0].text) else _SPLIT_BODY
        cost -= 0.2 if _column_changes(before[-1], after[0]) else 0.0
        yield (Body(before), replace(body, paragraphs=after)), cost + kin


def _one_column(before: Line, line: Line) -> bool:
    """Tell whether two lines are known to stand one right under the other."""
    if before.box is None or line.box is None:
        return False
    return 0 < line.box.top - before.box.top < 2.5 * line.size and line.box.x0 < before.box.x1


def _with_body_split(pieces: Sequence[Piece], index: int, at: int, cost: float, rare: Rarity) -> Iterator[_Change]:
    """Yield readings in which the head at `index` is two and a body near it is two as well."""
    head = pieces[index]
    if not isinstance(head, Head):
        return
    heads = [Head(head.lines[:at]), Head(head.lines[at:], head.names)]
    for near in range(max(0, index - 3), min(len(pieces), index + 4)):
        body = pieces[near]
        if not isinstance(body, Body):
            continue
        for halves, more in _body_breaks(body, rare):
            if near < index:
                yield near, index + 1, [*halves, *pieces[near + 1 : index], *heads], cost + more
            else:
                yield index, near + 1, [*heads, *pieces[index + 1 : near], *halves], cost + more


def _head_changes(pieces: Sequence[Piece], index: int, head: Head, rare: Rarity) -> Iterator[_Change]:
    before = pieces[index - 1] if index else None
    after = pieces[index + 1] if index + 1 < len(pieces) else None
    for at, cost in _head_breaks(head.lines):
        yield index, index + 1, [Head(head.lines[:at]), Head(head.lines[at:], head.names)], cost
    if isinstance(after, Head) and after.lines and head.lines and not head.names and not head.lines[0].box:
        lines = head.lines + after.lines
        costs = dict(_head_breaks(lines))
        paid = costs.get(len(head.lines), 0.0)
        yield index, index + 2, [Head(lines, after.names)], -paid
        for at, cost in costs.items():
            if at != len(head.lines):
                yield index, index + 2, [Head(lines[:at]), Head(lines[at:], after.names)], cost - paid
    sized = bool(head.lines and head.lines[0].box)
    if isinstance(before, Body) and isinstance(after, Body) and not (after.opens or head.names or sized):
        kin = rare.kinship(before.paragraphs[-_NEAR:], after.paragraphs[:_NEAR])
        for inside, cost in _as_text(head.lines, after):
            merged = Body((*before.paragraphs, *inside), before.credit + after.credit)
            yield index - 1, index + 2, [merged], cost - kin


def _as_text(lines: tuple[Line, ...], after: Body) -> Iterator[tuple[tuple[Paragraph, ...], float]]:
    """Yield how a head may be a subhead, or the first lines of a paragraph, or both, in front of a body's paragraphs."""
    for at in range(min(len(lines), 2), -1, -1):
        above, rest = lines[:at], lines[at:]
        if len(rest) > 3 or (above and (len(head_parts(above)) > 1 or sum(line.width for line in above) > 20)):
            continue
        paragraphs = after.paragraphs
        if rest:
            paragraphs = (paragraph((*rest, *paragraphs[0].lines)), *paragraphs[1:])
        if above:
            paragraphs = (Paragraph(" ".join(line.text for line in above), above, subhead=True), *paragraphs)
        yield paragraphs, _SUBHEAD + (_LINES_OF_TEXT if rest else 0.0)


def _head_breaks(lines: Sequence[Line]) -> Iterator[tuple[int, float]]:
    """Yield where a block of lines may be two heads, and what each break costs."""
    for at in range(1, len(lines)):
        before, line = lines[at - 1], lines[at]
        if before.box or word_runs_on(before.text, line.text) or is_label(before.text) or line.text.startswith("—"):
            continue
        blank = line.blank_before and any(not one.blank_before for one in lines[1:])
        yield at, _SPLIT_HEAD_AT_BLANK if blank or is_label(line.text) else _SPLIT_HEAD


def _column_changes(before: Paragraph, after: Paragraph) -> bool:
    left = max((line.width for line in before.lines), default=0.0)
    right = max((line.width for line in after.lines), default=0.0)
    return min(len(before.lines), len(after.lines)) >= 4 and abs(left - right) >= 2


def _value(pieces: Sequence[Piece], rare: Rarity) -> float:
    heads, bodies, table = _table(pieces, rare)
    chosen = _assign(table)
    value = sum(table[i][j] - _ARTICLE for i, j in chosen)
    return value - _LONE_HEAD * (len(heads) - len(chosen)) - (_LONE_BODY + _ARTICLE) * (len(bodies) - len(chosen))


def _table(pieces: Sequence[Piece], rare: Rarity) -> tuple[list[int], list[int], list[list[float]]]:
    heads = [index for index, piece in enumerate(pieces) if isinstance(piece, Head) and piece.lines]
    bodies = [index for index, piece in enumerate(pieces) if isinstance(piece, Body)]
    table = [[_worth(pieces, head, body, rare) for body in bodies] for head in heads]
    return heads, bodies, table


def _worth(pieces: Sequence[Piece], head: int, body: int, rare: Rarity) -> float:
    """Return what a pair is worth: what head and body share, and how few heads and bodies stand between them."""
    apart = sum(
        isinstance(piece, Body) or (isinstance(piece, Head) and bool(piece.lines))
        for piece in pieces[min(head, body) + 1 : max(head, body)]
    )
    one, other = pieces[head], pieces[body]
    if apart > _REACH or not isinstance(one, Head) or not isinstance(other, Body):
        return _FAR
    found, _ = rare.shared(_head_text(one), other)
    return found / _HEADLINE + _ADJACENT - _STEP * apart + _stands_over(one, other)


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


def _head_text(head: Head) -> str:
    return "".join(line.text for line in head.lines if not is_label(line.text)) or head.lines[0].text


def _assign(table: Sequence[Sequence[float]]) -> list[tuple[int, int]]:
    """Return the pairs (row, column) of the assignment whose scores above the floor sum highest."""
    if not table or not table[0]:
        return []
    import numpy as np
    from scipy.optimize import linear_sum_assignment

    scores = np.asarray(table)
    rows, columns = linear_sum_assignment(np.maximum(scores, -_LONE_HEAD - _LONE_BODY), maximize=True)
    return [
        (int(row), int(column))
        for row, column in zip(rows, columns, strict=True)
        if scores[row, column] > -_LONE_HEAD - _LONE_BODY
    ]


def _pairs(pieces: Sequence[Piece], rare: Rarity) -> Iterator[Pair]:
    heads, bodies, table = _table(pieces, rare)
    for row, column in _assign(table):
        rivals = [table[row][j] for j in range(len(bodies)) if j != column]
        rivals += [table[i][column] for i in range(len(heads)) if i != row]
        head, body = pieces[heads[row]], pieces[bodies[column]]
        share = 0.0
        if isinstance(head, Head) and isinstance(body, Body):
            _, share = rare.shared(_head_text(head), body)
        yield Pair(bodies[column], heads[row], share, table[row][column] - max(rivals, default=0.0))

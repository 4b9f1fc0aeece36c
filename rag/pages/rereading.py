"""The reading of a page that matches best, where its first reading leaves doubts.

A block of lines may be two heads; a head may be a subhead, or the first lines of a paragraph; a body without a dateline
may begin after any paragraph. Each such change is tried on the first reading and kept when heads and bodies match
better by more than it costs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from rag.pages.heads import head_parts, is_label, same_part
from rag.pages.labels import begins_like_a_lead, takes_up, word_runs_on
from rag.pages.likeness import Likeness, likeness
from rag.pages.lines import Line, opens_article
from rag.pages.pairing import Matcher, Pair
from rag.pages.pieces import SUBHEAD_SIZE, Body, Head, Paragraph, Piece, paragraph

# What it costs to read the page otherwise than it was first read, in the units of a pair's worth.
_SPLIT_HEAD = 0.25
_SPLIT_HEAD_AT_PART = 0.1
_SPLIT_HEAD_AT_BLANK = 0.05
_SPLIT_BODY = 0.35
_SPLIT_BODY_AT_LEAD = 0.2
_TAKES_UP = 0.6
_OTHER_COLUMN = 0.2
_SUBHEAD = 0.1
_LINES_OF_TEXT = 0.2
_TEXT_AS_HEAD = 0.2
_LONGEST_HEAD = 36
_JOIN_BODIES = 0.2
_DATELINE_INSIDE = 2.0
_KIN_CERTAIN = 0.3
_COST_IN_TWO = 0.45
_FEW_CHARACTERS = 60
# How many paragraphs either side of a break are compared, and how many pieces either side of a change matched anew.
_NEAR = 8
_WINDOW = 9
# After a change the pieces this near are looked at again; in all at most so many changes are made for each piece, and for
# so many characters of heads and bodies: a page of scraps has endless readings, none better than another.
_AFFECTED = 8
_CHANGES_A_PIECE = 3
_CHARACTERS_A_CHANGE = 20


@dataclass(frozen=True, slots=True)
class Reading:
    """The pieces of a page as finally read, and the pairs among them."""

    pieces: tuple[Piece, ...]
    pairs: tuple[Pair, ...]


@dataclass(frozen=True, slots=True)
class _Change:
    """Another reading of a stretch of the page: pieces[low:high] become `new`, at a cost."""

    low: int
    high: int
    new: tuple[Piece, ...]
    cost: float


@dataclass(slots=True)
class _Breaks:
    """Where bodies may be two, worked out once for each body."""

    like: Likeness
    _known: dict[int, tuple[Body, list[tuple[tuple[Body, Body], float]]]] = field(default_factory=dict)

    def of(self, body: Body) -> list[tuple[tuple[Body, Body], float]]:
        """Return the two bodies that each possible break makes, and what the break costs."""
        if id(body) not in self._known:
            self._known[id(body)] = body, list(self._breaks(body))
        return self._known[id(body)][1]

    def likely(self, body: Body) -> list[tuple[tuple[Body, Body], float]]:
        """Return the breaks that cost little enough to be tried together with another change."""
        return [(halves, cost) for halves, cost in self.of(body) if cost <= _COST_IN_TWO]

    def _breaks(self, body: Body) -> Iterator[tuple[tuple[Body, Body], float]]:
        for at in range(1, len(body.paragraphs)):
            before, after = body.paragraphs[:at], body.paragraphs[at:]
            if before[-1].subhead or after[0].subhead or _one_column(before[-1].lines[-1], after[0].lines[0]):
                continue
            kin = self.like.kinship(before[-_NEAR:], after[:_NEAR])
            if kin > _KIN_CERTAIN:
                continue
            cost = _SPLIT_BODY_AT_LEAD if begins_like_a_lead(after[0].text) else _SPLIT_BODY
            cost += _TAKES_UP if takes_up(after[0].text) else 0.0
            cost -= _OTHER_COLUMN if _column_changes(before[-1], after[0]) else 0.0
            yield (Body(before), replace(body, paragraphs=after)), cost + kin


def read_pieces(pieces: Sequence[Piece]) -> Reading:
    """Return the reading of the page in which heads and bodies match best."""
    like = likeness(pieces)
    matcher, breaks = Matcher(like), _Breaks(like)
    current = list(pieces)
    gains = [_best(current, index, matcher, breaks) for index in range(len(current))]
    for _ in range(min(_CHANGES_A_PIECE * len(pieces), 1 + _characters(pieces) // _CHARACTERS_A_CHANGE)):
        at = max(range(len(gains)), key=lambda index: gains[index][0], default=-1)
        change = gains[at][1] if at >= 0 else None
        if change is None:
            break
        current[change.low : change.high] = change.new
        gains[change.low : change.high] = [(0.0, None)] * len(change.new)
        low, high = change.low - _AFFECTED, change.low + len(change.new) + _AFFECTED
        for index in range(max(0, low), min(len(current), high)):
            gains[index] = _best(current, index, matcher, breaks)
        # What lies further off is worth as much as before, but stands elsewhere.
        shift = len(change.new) - (change.high - change.low)
        for index in range(max(0, high), len(current)):
            gains[index] = gains[index][0], _moved(gains[index][1], shift)
    return Reading(tuple(current), tuple(matcher.pairs(current)))


def _characters(pieces: Sequence[Piece]) -> int:
    bodies = sum(len(part.text) for piece in pieces if isinstance(piece, Body) for part in piece.paragraphs)
    return bodies + sum(len(line.text) for piece in pieces if isinstance(piece, Head) for line in piece.lines)


def _best(current: Sequence[Piece], index: int, matcher: Matcher, breaks: _Breaks) -> tuple[float, _Change | None]:
    """Return the change at a piece that gains most, and how much; none and 0 when none gains."""
    most: tuple[float, _Change | None] = (0.0, None)
    as_it_is: dict[tuple[int, int], float] = {}
    for change in _changes(current, index, breaks):
        start, end = max(0, change.low - _WINDOW), min(len(current), change.high + _WINDOW)
        if (start, end) not in as_it_is:
            as_it_is[start, end] = matcher.value(current[start:end])
        before = as_it_is[start, end]
        after = matcher.value([*current[start : change.low], *change.new, *current[change.high : end]])
        gain = after - change.cost - before
        if gain > max(most[0], 1e-9):
            most = gain, change
    return most


def _moved(change: _Change | None, shift: int) -> _Change | None:
    return replace(change, low=change.low + shift, high=change.high + shift) if change and shift else change


def _changes(pieces: Sequence[Piece], index: int, breaks: _Breaks) -> Iterator[_Change]:
    piece = pieces[index]
    after = pieces[index + 1] if index + 1 < len(pieces) else None
    if isinstance(piece, Head):
        yield from _head_as_two(pieces, index, piece, breaks)
        if isinstance(after, Head):
            yield from _two_heads_otherwise(index, piece, after)
        yield from _head_as_text(pieces, index, piece, breaks.like)
    elif isinstance(piece, Body):
        for halves, cost in breaks.of(piece):
            yield _Change(index, index + 1, halves, cost)
        yield from _text_as_head(pieces, index, piece, breaks)
        if isinstance(after, Body) and not piece.credit:
            joined = Body(piece.paragraphs + after.paragraphs, after.credit)
            yield _Change(index, index + 2, (joined,), _join_cost(piece, after, breaks.like))


def _head_as_two(pieces: Sequence[Piece], index: int, head: Head, breaks: _Breaks) -> Iterator[_Change]:
    """Yield readings in which the head is two, and those in which a body near it is two as well."""
    for at, cost in _head_breaks(head.lines):
        heads = (Head(head.lines[:at]), Head(head.lines[at:], head.names))
        yield _Change(index, index + 1, heads, cost)
        for near in range(max(0, index - 3), min(len(pieces), index + 4)):
            body = pieces[near]
            if not isinstance(body, Body):
                continue
            for halves, more in breaks.likely(body):
                if near < index:
                    yield _Change(near, index + 1, (*halves, *pieces[near + 1 : index], *heads), cost + more)
                else:
                    yield _Change(index, near + 1, (*heads, *pieces[index + 1 : near], *halves), cost + more)


def _two_heads_otherwise(index: int, head: Head, after: Head) -> Iterator[_Change]:
    """Yield readings in which two heads, one after the other, are one, or part at another line."""
    if not head.lines or not after.lines or head.names or head.lines[0].box:
        return
    lines = head.lines + after.lines
    costs = dict(_head_breaks(lines))
    paid = costs.pop(len(head.lines), 0.0)
    yield _Change(index, index + 2, (Head(lines, after.names),), -paid)
    for at, cost in costs.items():
        yield _Change(index, index + 2, (Head(lines[:at]), Head(lines[at:], after.names)), cost - paid)


def _head_as_text(pieces: Sequence[Piece], index: int, head: Head, like: Likeness) -> Iterator[_Change]:
    """Yield readings in which a head between two bodies is a subhead or text, and the two are one."""
    if not 0 < index < len(pieces) - 1 or not head.lines or head.names:
        return
    before, after = pieces[index - 1], pieces[index + 1]
    if not isinstance(before, Body) or not isinstance(after, Body) or after.opens:
        return
    text_size = before.paragraphs[-1].lines[-1].size
    if head.lines[0].box and (len(head.lines) > 1 or head.lines[0].size > SUBHEAD_SIZE * text_size):
        return
    kin = like.kinship(before.paragraphs[-_NEAR:], after.paragraphs[:_NEAR])
    for inside, cost in _as_text(head.lines, after):
        merged = Body((*before.paragraphs, *inside), before.credit + after.credit)
        yield _Change(index - 1, index + 2, (merged,), cost - kin)


def _text_as_head(pieces: Sequence[Piece], index: int, body: Body, breaks: _Breaks) -> Iterator[_Change]:
    """Yield readings in which short paragraphs of a body, and its subheads, are a head between two bodies."""
    paragraphs = body.paragraphs
    for start in range(1, len(paragraphs)):
        for end in range(start + 1, min(start + 4, len(paragraphs) + 1)):
            if not _may_be_head(paragraphs[end - 1]):
                break
            before, after = paragraphs[:start], paragraphs[end:]
            lines = tuple(line for part in paragraphs[start:end] for line in part.lines)
            new: tuple[Piece, ...] = (Body(before), Head(lines, () if after else body.credit))
            if after:
                new = (*new, Body(after, body.credit))
            kin = breaks.like.kinship(before[-_NEAR:], after[:_NEAR])
            yield _Change(index, index + 1, new, _TEXT_AS_HEAD + kin)
            near = pieces[index + 1] if index + 1 < len(pieces) else None
            if isinstance(near, Body):
                for halves, cost in breaks.likely(near):
                    yield _Change(index, index + 2, (*new, *halves), _TEXT_AS_HEAD + kin + cost)


def _may_be_head(part: Paragraph) -> bool:
    if part.lines[0].box or len(part.lines) > 3 or part.text.endswith("。") or opens_article(part.text):
        return False
    return part.subhead or sum(line.width for line in part.lines) <= _LONGEST_HEAD


def _as_text(lines: tuple[Line, ...], after: Body) -> Iterator[tuple[tuple[Paragraph, ...], float]]:
    """Yield how lines may be a subhead, or the first lines of a paragraph, or both, in front of a body's paragraphs."""
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


def _join_cost(body: Body, after: Body, like: Likeness) -> float:
    """Return what it costs to read two bodies as one: a dateline inside a body is rare, save after a few words."""
    few = len(body.paragraphs) == 1 and len(body.paragraphs[0].text) < _FEW_CHARACTERS
    kin = like.kinship(body.paragraphs[-_NEAR:], after.paragraphs[:_NEAR])
    return (_JOIN_BODIES if few or not after.opens else _DATELINE_INSIDE) - kin


def _head_breaks(lines: Sequence[Line]) -> Iterator[tuple[int, float]]:
    """Yield where a block of lines may be two heads, and what each break costs. Where the page shows it, none is."""
    for at in range(1, len(lines)):
        before, line = lines[at - 1], lines[at]
        if before.box or line.text.startswith("—") or word_runs_on(before.text, line.text):
            continue
        if at == 1 and is_label(before.text):
            continue
        telling = any(not one.blank_before for one in lines[1:])
        blank = line.blank_before and telling
        if same_part(lines[:at], line, telling):
            yield at, _SPLIT_HEAD
        else:
            yield at, _SPLIT_HEAD_AT_BLANK if blank or is_label(line.text) else _SPLIT_HEAD_AT_PART


def _column_changes(before: Paragraph, after: Paragraph) -> bool:
    if min(len(before.lines), len(after.lines)) < 4:
        return False
    return abs(max(line.width for line in before.lines) - max(line.width for line in after.lines)) >= 2


def _one_column(before: Line, line: Line) -> bool:
    """Tell whether two lines are known to stand one right under the other."""
    if before.box is None or line.box is None:
        return False
    return 0 < line.box.top - before.box.top < 2.5 * line.size and line.box.x0 < before.box.x1

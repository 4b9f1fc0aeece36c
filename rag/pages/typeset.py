"""The pieces of a sheet whose lines have a place and a size: heads by their type, paragraphs by their indents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from rag.pages.labels import Role
from rag.pages.lines import (
    Line,
    closed_credits,
    ends_sentence,
    is_byline,
    is_caption,
    is_credit,
    opens_article,
)
from rag.pages.pieces import SUBHEAD_SIZE, Notice, Paragraph, Piece, grouped, notices_apart
from rag.schema import Box

# In ems of the line, save where said.
_SAME_SIZE = 0.03
_INDENT = 1.2
_SHORT = 1.6
_NEXT_LINE = 2.5
_OTHER_COLUMN = 1.2
_BODY_CHARACTERS = 150
_BODY_LINES = 8


@dataclass(frozen=True, slots=True)
class _Column:
    """A stretch of lines one below the other: `lines[start:end]`, between two edges."""

    start: int
    end: int
    left: float
    right: float


def typeset_pieces(lines: Sequence[Line]) -> list[Piece]:
    """Return the pieces of a sheet, from its lines in reading order; every line has a box and a size."""
    sizes = body_sizes(lines)
    pieces: list[Piece] = []
    for run, doubled in notices_apart(closed_credits(lines)):
        if doubled:
            pieces.append(Notice(tuple(doubled)))
        else:
            pieces.extend(_ordinary(run, sizes))
    return pieces


def box_of(line: Line) -> Box:
    """Return the line's box.

    Raises:
        ValueError: the line has none; lines of text files do not come here.
    """
    if line.box is None:
        raise ValueError("a line without a place")
    return line.box


def below(upper: Line, lower: Line) -> bool:
    """Tell whether `lower` is the next line of the column that `upper` stands in."""
    a, b = box_of(upper), box_of(lower)
    em = max(upper.size, lower.size)
    return (
        a.sheet == b.sheet
        and 0.5 * em < b.top - a.top < _NEXT_LINE * em
        and min(a.x1, b.x1) - max(a.x0, b.x0) > -2.5 * em
    )


def _ordinary(lines: Sequence[Line], sizes: Sequence[float]) -> list[Piece]:
    """Return the pieces of lines none of which is printed twice; small print that is no caption becomes notices."""
    pieces: list[Piece] = []
    pending: list[Line] = []
    small: list[Line] = []
    for line in lines:
        if _is_small(line, sizes) and not _speaks_of_picture(line, small):
            if pending:
                pieces.extend(grouped(pending, _roles(pending, sizes)))
                pending = []
            if small and not below(small[-1], line):
                pieces.append(_small_print(small))
                small = []
            small.append(line)
            continue
        if small:
            pieces.append(_small_print(small))
            small = []
        pending.append(line)
    if small:
        pieces.append(_small_print(small))
    if pending:
        pieces.extend(grouped(pending, _roles(pending, sizes)))
    return pieces


def body_sizes(lines: Sequence[Line]) -> tuple[float, ...]:
    """Return the sizes that running text is set in, the commonest first."""
    characters: Counter[float] = Counter()
    count: Counter[float] = Counter()
    for line in lines:
        size = next((known for known in characters if abs(known - line.size) < _SAME_SIZE * known), line.size)
        characters[size] += len(line.text)
        count[size] += 1
    common = [size for size, _ in characters.most_common()]
    running = [
        size
        for size in common
        if characters[size] >= _BODY_CHARACTERS and count[size] >= _BODY_LINES and characters[size] >= 6 * count[size]
    ]
    return tuple(running or common[:1])


def _is_body(line: Line, sizes: Sequence[float]) -> bool:
    return any(abs(line.size - size) < _SAME_SIZE * size for size in sizes)


def _is_small(line: Line, sizes: Sequence[float]) -> bool:
    return not _is_body(line, sizes) and line.size < sizes[0]


def _speaks_of_picture(line: Line, small: Sequence[Line]) -> bool:
    return is_caption(line.text) or is_credit(line.text) or (not small and line.text.endswith(("摄", "摄）", "供图")))


def _small_print(lines: Sequence[Line]) -> Notice:
    return Notice(tuple(Paragraph(line.text, (line,)) for line in lines))


def _roles(lines: Sequence[Line], sizes: Sequence[float]) -> list[Role]:
    inside = {index for index in range(1, len(lines) - 1) if _inside_a_column(lines, index, sizes)}
    columns = _columns(lines, sizes, inside)
    column_of = {index: column for column in columns for index in range(column.start, column.end)}
    roles: list[Role] = []
    for index, line in enumerate(lines):
        last = roles[-1] if roles else None
        before = lines[index - 1] if index else None
        mid_sentence = last in _RUNNING and before is not None and not ends_sentence(before.text)
        if is_credit(line.text) or (is_byline(line.text) and not mid_sentence):
            roles.append(Role.NAMES)
        elif is_caption(line.text) and not (last in _RUNNING and before is not None and below(before, line)):
            roles.append(Role.CAPTION)
        elif index not in column_of:
            joined = last in {Role.HEAD, Role.HEAD_MORE} and before is not None and _one_head(before, line)
            if last == Role.CAPTION and before is not None and below(before, line) and line.size <= before.size:
                roles.append(Role.CAPTION)
            else:
                roles.append(Role.HEAD_MORE if joined else Role.HEAD)
        elif index in inside and last in _RUNNING:
            roles.append(Role.SUBHEAD if ends_sentence(lines[index - 1].text) else Role.MORE)
        elif last == Role.SUBHEAD:
            roles.append(Role.PARAGRAPH)
        else:
            roles.append(_body_role(lines, index, column_of, last))
    return _subheads_told(lines, roles)


def _inside_a_column(lines: Sequence[Line], index: int, sizes: Sequence[float]) -> bool:
    """Tell whether a line of other type stands between two lines of running text, within their column: a subhead."""
    before, line, after = lines[index - 1 : index + 2]
    if _is_body(line, sizes) or not (_is_body(before, sizes) and _is_body(after, sizes)):
        return False
    if line.size > SUBHEAD_SIZE * before.size or opens_article(after.text) or is_byline(line.text):
        return False
    a, b, c = box_of(before), box_of(line), box_of(after)
    right = max(a.x1, c.x1) + line.size
    return below(before, line) and below(line, after) and b.x1 <= right and b.x0 >= min(a.x0, c.x0) - line.size


_RUNNING = frozenset({Role.LEAD, Role.PARAGRAPH, Role.MORE})


def _one_head(before: Line, line: Line) -> bool:
    return below(before, line) or (
        # A label or kicker may stand beside the title rather than above it.
        abs(box_of(before).top - box_of(line).top) < 1.5 * max(before.size, line.size)
        and abs(box_of(line).x0 - box_of(before).x1) < 3 * max(before.size, line.size)
    )


def _body_role(lines: Sequence[Line], index: int, column_of: dict[int, _Column], last: Role | None) -> Role:
    line, column = lines[index], column_of[index]
    if opens_article(line.text):
        return Role.LEAD
    if last not in _RUNNING:
        return Role.LEAD
    before, old = lines[index - 1], column_of[index - 1]
    wide, other = column.right - column.left, old.right - old.left
    many = min(column.end - column.start, old.end - old.start) >= 3
    if ends_sentence(before.text) and many and abs(wide - other) > _OTHER_COLUMN * line.size:
        return Role.LEAD
    indent = box_of(line).x0 - column.left > _INDENT * line.size
    short = old.right - box_of(before).x1 > _SHORT * line.size
    if indent or (short and ends_sentence(before.text)):
        return Role.PARAGRAPH
    return Role.MORE


def _columns(lines: Sequence[Line], sizes: Sequence[float], inside: Collection[int]) -> list[_Column]:
    """Return the columns of running text; the edges of a short one are those of the column it stands in line with."""
    spans: list[tuple[int, int]] = []
    start = 0
    for index in range(1, len(lines) + 1):
        among = index in inside or index - 1 in inside
        if index < len(lines) and (among or _same_column(lines[index - 1], lines[index], sizes)):
            continue
        if _is_body(lines[start], sizes):
            spans.append((start, index))
        start = index
    columns = [
        _Column(a, b, min(box_of(line).x0 for line in lines[a:b]), max(box_of(line).x1 for line in lines[a:b]))
        for a, b in spans
    ]
    long = [column for column in columns if column.end - column.start >= 3]
    return [column if column.end - column.start >= 3 else _in_line(column, long, lines) for column in columns]


def _same_column(before: Line, line: Line, sizes: Sequence[float]) -> bool:
    return _is_body(before, sizes) and _is_body(line, sizes) and below(before, line)


def _in_line(column: _Column, others: Sequence[_Column], lines: Sequence[Line]) -> _Column:
    em = lines[column.start].size
    top = box_of(lines[column.start]).top
    near = [
        other
        for other in others
        if -0.4 * em <= column.left - other.left <= 2.7 * em and column.right <= other.right + 0.8 * em
    ]
    if not near:
        return column
    best = min(near, key=lambda other: abs(box_of(lines[other.start]).top - top))
    return _Column(column.start, column.end, min(column.left, best.left), max(column.right, best.right))


def _subheads_told(lines: Sequence[Line], roles: Sequence[Role]) -> list[Role]:
    """Mark the paragraphs of one line that end nothing and stand between ended paragraphs: subheads."""
    told = list(roles)
    for index, role in enumerate(roles):
        if role != Role.PARAGRAPH or ends_sentence(lines[index].text) or not ends_sentence(lines[index - 1].text):
            continue
        if index + 1 < len(roles) and roles[index + 1] in {Role.PARAGRAPH, Role.LEAD}:
            told[index] = Role.SUBHEAD
            if roles[index + 1] == Role.LEAD and not opens_article(lines[index + 1].text):
                told[index + 1] = Role.PARAGRAPH
    return told

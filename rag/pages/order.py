"""The order in which the lines of a sheet are read, where the file does not have them in it.

A page is cut along its widest gaps, across or down, again and again (the XY-cut); what cannot be cut is read from the
top. The file's own order is kept when its lines run on at least as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rag.pages.lines import Line, ends_sentence
from rag.pages.typeset import below, box_of

# The file's order is kept unless this share more of the lines run on in the other.
_BETTER = 0.15
_SAME_SIZE = 0.05
# A gap of fewer ems parts nothing.
_LEAST_GAP = 0.35


@dataclass(frozen=True, slots=True)
class _Block:
    """Lines one below the other, with their outline in points and their size."""

    lines: tuple[Line, ...]
    x0: float
    top: float
    x1: float
    bottom: float
    em: float


def in_reading_order(lines: Sequence[Line]) -> list[Line]:
    """Return the lines of a sheet in the order of the file or, when that is none to read in, of their place."""
    placed = [line for block in _cut(_blocks(lines)) for line in block.lines]
    return placed if _runs_on(placed) > _runs_on(lines) + _BETTER else list(lines)


def _runs_on(lines: Sequence[Line]) -> float:
    """Return the share of the lines in mid-sentence that are followed by the line below them."""
    open_ended = [index for index, line in enumerate(lines[:-1]) if not ends_sentence(line.text)]
    followed = sum(_next_in_column(lines[index], lines[index + 1]) for index in open_ended)
    return followed / (len(open_ended) or 1)


def _next_in_column(upper: Line, lower: Line) -> bool:
    return below(upper, lower) and abs(upper.size - lower.size) <= _SAME_SIZE * upper.size


def _blocks(lines: Sequence[Line]) -> list[_Block]:
    """Return the stretches of lines of one size that stand right under one another."""
    waiting = sorted(lines, key=lambda line: (box_of(line).top, box_of(line).x0))
    blocks: list[list[Line]] = []
    open_blocks: list[list[Line]] = []
    for line in waiting:
        top = box_of(line).top
        open_blocks = [block for block in open_blocks if top - box_of(block[-1]).top < 2.5 * block[-1].size]
        fitting = [
            block for block in open_blocks if _next_in_column(block[-1], line) and _overlap(block[-1], line) > 0.3
        ]
        if fitting:
            # The nearest above, of those the one that shares most of the line's width.
            best = max(fitting, key=lambda block: (box_of(block[-1]).top, _overlap(block[-1], line)))
            best.append(line)
        else:
            block = [line]
            blocks.append(block)
            open_blocks.append(block)
    return [_outlined(block) for block in blocks]


def _overlap(upper: Line, lower: Line) -> float:
    a, b = box_of(upper), box_of(lower)
    return (min(a.x1, b.x1) - max(a.x0, b.x0)) / (min(a.x1 - a.x0, b.x1 - b.x0) or 1.0)


def _outlined(lines: Sequence[Line]) -> _Block:
    boxes = [box_of(line) for line in lines]
    return _Block(
        tuple(lines),
        min(box.x0 for box in boxes),
        min(box.top for box in boxes),
        max(box.x1 for box in boxes),
        max(box.bottom for box in boxes),
        max(line.size for line in lines),
    )


def _cut(blocks: Sequence[_Block]) -> list[_Block]:
    """Return blocks in reading order."""
    ordered: list[_Block] = []
    waiting = [list(blocks)]
    while waiting:
        group = waiting.pop()
        halves = _halves(group) if len(group) > 1 else None
        if halves is None:
            ordered.extend(sorted(group, key=lambda block: (block.top, block.x0)))
        else:
            first, second = halves
            waiting += [second, first]
    return ordered


def _halves(group: Sequence[_Block]) -> tuple[list[_Block], list[_Block]] | None:
    """Return the two sides of the widest gap through a group of blocks, the one to be read first in front."""
    across = _widest_gap([(block.top, block.bottom) for block in group])
    down = _widest_gap([(block.x0, block.x1) for block in group])
    em = min(block.em for block in group)
    if max(across[0], down[0]) < _LEAST_GAP * em:
        return None
    if across[0] >= down[0]:
        at = across[1]
        return [block for block in group if block.top < at], [block for block in group if block.top >= at]
    at = down[1]
    return [block for block in group if block.x0 < at], [block for block in group if block.x0 >= at]


def _widest_gap(spans: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Return the width of the widest stretch that no span covers between them, and where it ends."""
    widest, at = 0.0, 0.0
    reached = float("-inf")
    for start, end in sorted(spans):
        if reached > float("-inf") and start - reached > widest:
            widest, at = start - reached, start
        reached = max(reached, end)
    return widest, at

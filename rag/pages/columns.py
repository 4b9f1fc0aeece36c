"""How wide the column is that each line of a text page stands in, judged by its neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rag.pages.lines import Line, ends_sentence

_REACH = 8
# Fewer lines of one width than about four may be a headline.
_ENOUGH = 3.1
_OPENING_QUOTES = "“‘「『"


def column_widths(widths: Sequence[float], reach: int = _REACH) -> list[tuple[float, float]]:
    """Return for each line the width of the column as the lines up to it and from it on have it; 0 where unclear."""
    return [
        (_usual(widths[max(0, i - reach) : i + 1][::-1]), _usual(widths[i : i + reach + 1])) for i in range(len(widths))
    ]


def _usual(near: Sequence[float]) -> float:
    """Return the width that most of `near` (nearest first) come up to: full lines differ by a character at most."""
    best, support, weight = 0.0, 0.0, 0.0
    for candidate in near:
        if candidate < 6:
            continue
        votes = sum(
            max(0.1, 1.0 - 0.04 * index)
            for index, width in enumerate(near)
            if candidate - 1.01 <= width <= candidate + 0.01
        )
        if votes * candidate > weight:
            best, support, weight = candidate, votes, votes * candidate
    return best if support > _ENOUGH else 0.0


def rejoined(lines: Sequence[Line]) -> list[Line]:
    """Return `lines` with those put together that an extractor broke before an opening quotation mark."""
    columns = column_widths([line.width for line in lines], 2 * _REACH)
    out: list[Line] = []
    for line, (left, right) in zip(lines, columns, strict=True):
        column = max(left, right)
        if out and line.text[0] in _OPENING_QUOTES and column and _one_line_of_print(out[-1], line, column):
            out[-1] = replace(out[-1], text=out[-1].text + line.text, numbers=out[-1].numbers + line.numbers)
        else:
            out.append(line)
    return out


def _one_line_of_print(before: Line, line: Line, column: float) -> bool:
    total = before.width + line.width
    if not column - 1.5 <= total <= column + 1.0:
        return False
    # After a full stop it may be a new paragraph, whose first line is a full one less the indent.
    return not ends_sentence(before.text) or line.width < column - 2.6

"""How wide the column is that each line of a text page stands in, judged by its neighbours."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from rag.pages.lines import Line, ends_sentence, width

_REACH = 10
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
    best, weight = 0.0, 0.0
    for candidate in near:
        if candidate < 6:
            continue
        votes = sum(
            max(0.1, 1.0 - 0.04 * index)
            for index, width in enumerate(near)
            if candidate - 1.01 <= width <= candidate + 0.01
        )
        if votes > _ENOUGH and votes * candidate > weight:
            best, weight = candidate, votes * candidate
    return best


def column_tolerances(lines: Sequence[Line], columns: Sequence[tuple[float, float]]) -> list[float]:
    """Return for each line how far full lines near it fall short of the column: little in even type, more in loose."""
    short = [
        max(columns[index]) - line.width if max(columns[index]) and not ends_sentence(line.text) else -1.0
        for index, line in enumerate(lines)
    ]
    tolerances = []
    for index in range(len(lines)):
        near = sorted(lack for lack in short[max(0, index - 12) : index + 13] if 0 <= lack <= 2.6)
        usual = near[len(near) // 2] if len(near) >= 6 else 0.0
        tolerances.append(max(1.55, min(2.55, usual + 1.05)))
    return tolerances


def rejoined(lines: Sequence[Line]) -> list[Line]:
    """Return `lines` as they were printed: broken ones put together, and two that were run together taken apart.

    Extractors break a line before an opening quotation mark, and run lines together after a dash.
    """
    columns = column_widths([line.width for line in lines], 2 * _REACH)
    out: list[Line] = []
    for line, (left, right) in zip(lines, columns, strict=True):
        column = max(left, right)
        halves = _two_lines_of_print(line, column)
        if halves:
            out.extend(halves)
        elif out and line.text[0] in _OPENING_QUOTES and column and _one_line_of_print(out[-1], line, column):
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


def _two_lines_of_print(line: Line, column: float) -> list[Line]:
    """Return the two lines that a line of twice the column's width is made of, or nothing."""
    if not column or line.width < 1.5 * column or " " not in line.text:
        return []
    for match in re.finditer(" ", line.text):
        left, right = line.text[: match.start()], line.text[match.end() :]
        if abs(width(left) - column) <= 1.6 and width(right) <= column + 1.6:
            return [replace(line, text=left), replace(line, text=right, blank_before=False, indented=False)]
    return []

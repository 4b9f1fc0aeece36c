"""How wide the column is that each line of a text page stands in, judged by its neighbours."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from rag.pages.lines import Line, ends_sentence, width

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_REACH = 10
# Fewer lines of one width than about four may be a headline; three as wide as this hardly are.
_ENOUGH = 3.1
_ENOUGH_WIDE = 2.4
_WIDE = 15.0
_NARROWEST = 6.0
# How many lines are looked at in one go, to bound memory.
_ROWS = 2048
_OPENING_QUOTES = "“‘「『"


def column_widths(widths: Sequence[float], reach: int = _REACH) -> list[tuple[float, float]]:
    """Return for each line the width of the column as the lines up to it and from it on have it; 0 where unclear."""
    import numpy as np

    if not widths:
        return []
    pad = [-1.0] * reach
    padded = np.asarray([*pad, *widths, *pad])
    windows = np.lib.stride_tricks.sliding_window_view(padded, reach + 1)
    # Rows hold the nearest line first: those up to a line, read backwards, and those from it on.
    return list(zip(_usual(windows[: len(widths), ::-1]), _usual(windows[reach:]), strict=True))


def _usual(near: npt.NDArray[np.float64]) -> list[float]:
    """Return for each row the width that most of its lines come up to: full lines differ by a character at most."""
    import numpy as np

    weights = np.maximum(0.1, 1.0 - 0.04 * np.arange(near.shape[1]))
    usual: list[float] = []
    for start in range(0, len(near), _ROWS):
        rows = near[start : start + _ROWS]
        ahead = rows[:, :, None] - rows[:, None, :]
        votes = ((ahead >= -0.01) & (ahead <= 1.01)) @ weights
        enough = np.where(rows < _WIDE, _ENOUGH, _ENOUGH_WIDE)
        votes = np.where((votes > enough) & (rows >= _NARROWEST), votes, 0.0) * rows
        best = votes.argmax(axis=1)
        chosen = np.arange(len(rows))
        usual.extend(np.where(votes[chosen, best] > 0, rows[chosen, best], 0.0).tolist())
    return usual


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

"""From the characters of a PDF sheet to lines of print: text, place, size, and the spaces between words."""

from __future__ import annotations

import ctypes
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Any

from rag.pages.decode import without_invisible
from rag.pages.lines import Line
from rag.pages.repair import modern_forms
from rag.schema import Box

# Distances in ems. A line of print holds together over gaps up to _JOIN, and up to _JUSTIFIED where no column
# begins.
_JOIN = 0.9
_JUSTIFIED = 2.6
_COLUMN_STARTS = 4
_SAME_BASELINE = 0.3
_SAME_SIZE = 0.1
_WORD_GAP = 0.16
_MAX_CHARACTERS = 200_000
# What the library reports for a hyphen at the end of a line.
_LINE_END_HYPHEN = 2


@dataclass(frozen=True, slots=True)
class Glyph:
    """A character as placed: its advance box and baseline in points from the top left, and its em."""

    char: str
    x0: float
    x1: float
    baseline: float
    em: float


def sheet_glyphs(sheet: Any) -> list[Glyph]:
    """Return the characters of a pypdfium2 page in the order of the file, without those the library made up."""
    import pypdfium2.raw as pdfium

    text = sheet.get_textpage()
    try:
        height = sheet.get_height()
        x, y = ctypes.c_double(), ctypes.c_double()
        matrix, box = pdfium.FS_MATRIX(), pdfium.FS_RECTF()
        glyphs = []
        for index in range(min(text.count_chars(), _MAX_CHARACTERS)):
            code = pdfium.FPDFText_GetUnicode(text, index)
            hyphen = code == _LINE_END_HYPHEN
            if not hyphen and (code <= 32 or pdfium.FPDFText_IsGenerated(text, index) == 1):
                continue
            char = "-" if hyphen else modern_forms(without_invisible(chr(code)))
            if not char.strip():
                continue
            pdfium.FPDFText_GetCharOrigin(text, index, x, y)
            pdfium.FPDFText_GetMatrix(text, index, matrix)
            pdfium.FPDFText_GetLooseCharBox(text, index, box)
            em = pdfium.FPDFText_GetFontSize(text, index) * (abs(matrix.d) or abs(matrix.b) or 1.0)
            glyphs.append(Glyph(char, box.left, max(box.right, box.left), height - y.value, max(em, 0.1)))
    finally:
        text.close()
    return glyphs


def print_lines(glyphs: Sequence[Glyph], sheet: int) -> list[Line]:
    """Return the lines that the characters make up, in the order of the file."""
    return [_line(run, sheet) for run in _whole_runs(list(_runs(glyphs)))]


def _runs(glyphs: Sequence[Glyph]) -> Iterator[list[Glyph]]:
    """Yield the stretches of characters that stand close together on one baseline."""
    run: list[Glyph] = []
    for glyph in glyphs:
        if run and not _follows(run[-1], glyph, _JOIN):
            yield run
            run = []
        run.append(glyph)
    if run:
        yield run


def _whole_runs(runs: Sequence[list[Glyph]]) -> Iterator[list[Glyph]]:
    """Put together the stretches of one line that justification drove apart, but not the lines of two columns.

    A stretch that begins where several others do begins a column, and so does one of characters set close after another
    such: justification would have spread them.
    """
    starts = Counter(round(run[0].x0) for run in runs)
    line: list[Glyph] = []
    before: list[Glyph] = []
    for run in runs:
        left = round(run[0].x0)
        column = sum(starts[left + shift] for shift in (-1, 0, 1)) >= _COLUMN_STARTS
        column = column or (_is_solid(before, -1) and _is_solid(run, 0))
        before = run
        if line and not column and _follows(line[-1], run[0], _JUSTIFIED):
            line.extend(run)
            continue
        if line:
            yield line
        line = list(run)
    if line:
        yield line


def _is_solid(run: Sequence[Glyph], end: int) -> bool:
    return len(run) > 2 and ("\u4e00" <= run[end].char <= "\u9fff" or run[end].char in "，。、；：！？”》）")


def _follows(before: Glyph, here: Glyph, most: float) -> bool:
    em = max(before.em, here.em)
    return (
        abs(before.baseline - here.baseline) < _SAME_BASELINE * em
        and abs(before.em - here.em) < _SAME_SIZE * em
        and here.x0 > before.x0 - 0.1 * em
        and here.x0 - before.x1 < most * em
    )


def _line(run: Sequence[Glyph], sheet: int) -> Line:
    em = median(glyph.em for glyph in run)
    gaps = [(b.x0 - a.x1) / em for a, b in pairwise(run)]
    # In justified and letter-spaced lines every gap is wide; a space between words is wider than its neighbours.
    usual = max(0.0, median(gaps)) if len(gaps) >= 3 else 0.0
    text = run[0].char
    for glyph, gap in zip(run[1:], gaps, strict=True):
        if gap > usual + _WORD_GAP:
            text += " "
        text += glyph.char
    top = run[0].baseline - 0.88 * em
    right = max(run[-1].x0 + em if run[-1].char > "\u2e80" else run[-1].x1, run[0].x0)
    box = Box(sheet, round(run[0].x0, 1), round(top, 1), round(right, 1), round(top + em, 1))
    return Line(text, box=box, size=round(em, 2), stretched=usual > 0.12)

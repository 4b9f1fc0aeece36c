"""From the characters of a PDF sheet to lines of print: text, place, size, and the spaces between words."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from rag.pages.decode import without_invisible
from rag.pages.lines import Line
from rag.pages.repair import modern_forms
from rag.schema import Box

# Distances in ems. A line of print holds together over gaps up to _JOIN; columns are further apart.
_JOIN = 1.3
_SAME_BASELINE = 0.3
_SAME_SIZE = 0.1
_WORD_GAP = 0.16
_MAX_CHARACTERS = 200_000


@dataclass(frozen=True, slots=True)
class Glyph:
    """A character as placed: its advance box and baseline in points from the top left, and its em."""

    char: str
    x0: float
    x1: float
    baseline: float
    em: float


def sheet_glyphs(sheet: Any) -> list[Glyph]:
    """Return the characters of a pypdfium2 page in the order the file has them, those that the library made up left out."""
    import pypdfium2.raw as pdfium

    text = sheet.get_textpage()
    try:
        height = sheet.get_height()
        x, y = ctypes.c_double(), ctypes.c_double()
        matrix, box = pdfium.FS_MATRIX(), pdfium.FS_RECTF()
        glyphs = []
        for index in range(min(text.count_chars(), _MAX_CHARACTERS)):
            code = pdfium.FPDFText_GetUnicode(text, index)
            if code <= 32 or pdfium.FPDFText_IsGenerated(text, index) == 1:
                continue
            char = modern_forms(without_invisible(chr(code)))
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
    return [_line(run, sheet) for run in _runs(glyphs)]


def _runs(glyphs: Sequence[Glyph]) -> Iterator[list[Glyph]]:
    run: list[Glyph] = []
    for glyph in glyphs:
        if run and not _follows(run[-1], glyph):
            yield run
            run = []
        run.append(glyph)
    if run:
        yield run


def _follows(before: Glyph, here: Glyph) -> bool:
    em = max(before.em, here.em)
    return (
        abs(before.baseline - here.baseline) < _SAME_BASELINE * em
        and abs(before.em - here.em) < _SAME_SIZE * em
        and -0.6 * em < here.x0 - before.x1 < _JOIN * em
    )


def _line(run: Sequence[Glyph], sheet: int) -> Line:
    em = median(glyph.em for glyph in run)
    gaps = [(b.x0 - a.x1) / em for a, b in zip(run, run[1:], strict=False)]
    # In justified and letter-spaced lines every gap is wide; a space between words is wider than its neighbours.
    usual = max(0.0, median(gaps)) if len(gaps) >= 3 else 0.0
    text = run[0].char
    for glyph, gap in zip(run[1:], gaps, strict=True):
        if gap > usual + _WORD_GAP:
            text += " "
        text += glyph.char
    top = run[0].baseline - 0.88 * em
    box = Box(sheet, round(run[0].x0, 1), round(top, 1), round(run[-1].x1, 1), round(top + em, 1))
    return Line(text, box=box, size=round(em, 2), stretched=usual > 0.12)

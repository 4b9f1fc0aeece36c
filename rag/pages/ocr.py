"""Scanned pages: optical character recognition with RapidOCR, the extra `ocr`. Its models come in its wheel."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from statistics import median
from typing import Any

from rag.errors import InputError
from rag.pages.decode import without_invisible
from rag.pages.lines import Line, least_width, width
from rag.schema import Box

_DOTS_A_POINT = 2.0
_MAX_PIXELS = 40_000_000
_LEAST_SCORE = 0.5
# The em of a line of fewer full-width characters cannot be told by its width.
_MEASURABLE = 6.0
# Type of one size comes out this much apart, going by the width of its characters; and running text no taller or
# wider than this beside what is usual.
_SAME_EM = 0.06
_SAME_HEIGHT = 1.27


def recognised_lines(sheet: Any, index: int, source: str) -> list[Line]:
    """Return the lines that can be read off the picture of a pypdfium2 page.

    Raises:
        InputError: the extra `ocr` is not installed.
    """
    engine = _engine(source)
    across, down = sheet.get_size()
    scale = min(_DOTS_A_POINT, (_MAX_PIXELS / max(1.0, across * down)) ** 0.5)
    image = sheet.render(scale=scale).to_pil().convert("RGB")
    import numpy as np

    found = engine(np.asarray(image))
    if found is None or found.boxes is None:
        return []
    lines = []
    for corners, text, score in zip(found.boxes, found.txts, found.scores, strict=True):
        clean = without_invisible(text).strip()
        if score >= _LEAST_SCORE and clean:
            xs, ys = [float(x) / scale for x, _ in corners], [float(y) / scale for _, y in corners]
            box = Box(index, round(min(xs), 1), round(min(ys), 1), round(max(xs), 1), round(max(ys), 1))
            em = (box.x1 - box.x0) / max(1.0, width(clean)) if width(clean) >= _MEASURABLE else box.bottom - box.top
            lines.append(Line(clean, box=box, size=round(em, 2)))
    return _even_sizes(lines)


def _even_sizes(lines: list[Line]) -> list[Line]:
    """Return the lines with the size of running text set to one value: recognition errs by a few parts in a hundred.

    Lines clearly of that size are found first; then those that stand in one column with such a line.
    """
    if not lines:
        return lines
    usual = median(line.size for line in lines for _ in line.text)
    tall = median(_height(line) for line in lines for _ in line.text)
    # A box stands taller than its type.
    lines = [
        replace(line, size=round(line.size * usual / tall, 2)) if width(line.text) < _MEASURABLE else line
        for line in lines
    ]
    sure = [line for line in lines if _is_of(line, usual)]
    even = []
    for line in lines:
        small_enough = _height(line) <= _SAME_HEIGHT * tall and line.size <= _SAME_HEIGHT * usual
        # The last words of a paragraph: the box of so few characters can be any height.
        small_enough = small_enough or (width(line.text) < _MEASURABLE and line.text.endswith("。"))
        if _is_of(line, usual) or (small_enough and any(_in_column(line, other, usual) for other in sure)):
            even.append(replace(line, size=usual))
        else:
            even.append(line)
    return even


def _is_of(line: Line, usual: float) -> bool:
    # Typesetters narrow punctuation to fill a line.
    largest = line.size * width(line.text) / max(1.0, least_width(line.text))
    away = max(line.size - usual, usual - largest, 0.0)
    return away <= _SAME_EM * usual and width(line.text) >= _MEASURABLE


def _in_column(line: Line, other: Line, em: float) -> bool:
    """Tell whether a line stands right under or over another, between the same edges."""
    a, b = line.box, other.box
    if a is None or b is None or not 0.5 * em < abs(a.top - b.top) < 2.2 * em:
        return False
    return -2.6 * em < a.x0 - b.x0 < 2.6 * em and a.x1 < b.x1 + 2.6 * em


def _height(line: Line) -> float:
    return line.box.bottom - line.box.top if line.box else 0.0


@lru_cache(maxsize=1)
def _loaded() -> Any:
    from rapidocr import RapidOCR

    return RapidOCR(params={"Global.log_level": "critical"})


def _engine(source: str) -> Any:
    try:
        return _loaded()
    except ImportError as error:
        raise InputError(
            f"{source} holds pictures of text only; install the extra that reads them: pip install 'baowen[ocr]'."
        ) from error

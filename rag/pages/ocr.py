"""Scanned pages: optical character recognition with RapidOCR, the extra `ocr`. Its models come in its wheel."""

from __future__ import annotations

import logging
from functools import lru_cache
from statistics import median
from typing import Any

from rag.errors import InputError
from rag.pages.decode import without_invisible
from rag.pages.lines import Line
from rag.schema import Box

_DOTS_A_POINT = 2.0
_MAX_PIXELS = 40_000_000
_LEAST_SCORE = 0.5
# Recognised boxes of one type size differ in height by this share.
_SAME_HEIGHT = 0.2
# A recognised box is a little taller than its em.
_EM_OF_BOX = 0.9


def recognised_lines(sheet: Any, index: int, source: str) -> list[Line]:
    """Return the lines that can be read off the picture of a pypdfium2 page.

    Raises:
        InputError: the extra `ocr` is not installed.
    """
    engine = _engine(source)
    width, height = sheet.get_size()
    scale = min(_DOTS_A_POINT, (_MAX_PIXELS / max(1.0, width * height)) ** 0.5)
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
            lines.append(Line(clean, box=box, size=round(_EM_OF_BOX * (box.bottom - box.top), 2)))
    return _even_sizes(lines)


def _even_sizes(lines: list[Line]) -> list[Line]:
    """Return the lines with the sizes that differ from the usual one by no more than recognition errs set to it."""
    from dataclasses import replace

    if not lines:
        return lines
    usual = median(line.size for line in lines for _ in line.text)
    return [replace(line, size=usual) if abs(line.size - usual) <= _SAME_HEIGHT * usual else line for line in lines]


@lru_cache(maxsize=1)
def _loaded() -> Any:
    from rapidocr import RapidOCR

    logging.getLogger("RapidOCR").setLevel(logging.ERROR)
    return RapidOCR()


def _engine(source: str) -> Any:
    try:
        return _loaded()
    except ImportError as error:
        raise InputError(
            f"{source} holds pictures of text only; install the extra that reads them: pip install 'baowen[ocr]'."
        ) from error

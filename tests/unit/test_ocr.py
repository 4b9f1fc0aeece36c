"""What recognition makes of type sizes, without the extra that recognises."""

from __future__ import annotations

import pytest

from rag.pages.lines import Line
from rag.pages.ocr import _even_sizes
from rag.schema import Box

EM, TALL = 10.0, 13.0
FULL = "为了让老人老有所养去年起建了"


def column(*last: tuple[str, float]) -> list[Line]:
    """Return six full lines of running text and under them the lines given as (text, height of the box)."""
    lines = [
        Line(FULL, box=Box(0, 50, 50 + 16 * row, 50 + EM * len(FULL), 50 + 16 * row + TALL), size=EM + 0.1 * (row % 3))
        for row in range(6)
    ]
    for row, (text, height) in enumerate(last, 6):
        box = Box(0, 50, 50 + 16 * row, 50 + EM * len(text), 50 + 16 * row + height)
        lines.append(Line(text, box=box, size=height))
    return lines


@pytest.mark.parametrize(("text", "height"), [("走险", TALL), ("走险。", TALL), ("式。", 20.0)])
def test_the_short_last_line_of_a_paragraph_is_running_text(text: str, height: float):
    sizes = {line.size for line in _even_sizes(column((text, height)))}
    assert len(sizes) == 1


def test_a_short_headline_stays_larger_than_the_text():
    *text, headline = _even_sizes(column(("简讯", 26.0)))
    assert headline.size > 1.5 * text[0].size


def test_a_page_of_short_lines_only_is_left_as_it_is():
    lines = column(("简讯", 26.0), ("天气", 26.0))[6:]
    assert _even_sizes(lines) == lines

"""Small charts as SVG text, drawn with the page's own colours so that they read in light and dark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

_ROW = 30
_LABEL = 190
_WIDTH = 720
_TAIL = 90


@dataclass(frozen=True, slots=True)
class Bar:
    """A row of a chart: its label, the lengths of its parts, a note after it, and an interval if it has one."""

    label: str
    parts: tuple[float, ...]
    note: str
    low: float | None = None
    high: float | None = None


def bars(rows: Sequence[Bar], full: float, *, legend: Sequence[str] = (), title: str) -> str:
    """Return horizontal bars, `full` being the length of the whole width; parts are stacked in the legend's order."""
    top = 26 if legend else 4
    height = top + _ROW * len(rows) + 4
    scale = (_WIDTH - _LABEL - _TAIL) / (full or 1.0)
    shapes = [_legend(legend)] if legend else []
    for index, row in enumerate(rows):
        shapes.append(_row(row, top + index * _ROW, scale))
    return (
        f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{escape(title, quote=True)}">'
        f"<title>{escape(title)}</title>{''.join(shapes)}</svg>"
    )


def _row(row: Bar, y: float, scale: float) -> str:
    middle = y + _ROW / 2
    found = [f'<text x="{_LABEL - 8}" y="{middle + 4}" text-anchor="end">{escape(row.label)}</text>']
    x = float(_LABEL)
    for number, part in enumerate(row.parts):
        width = max(part, 0.0) * scale
        found.append(f'<rect class="part{number}" x="{x:.1f}" y="{y + 6}" width="{width:.1f}" height="{_ROW - 12}"/>')
        x += width
    end = x
    if row.low is not None and row.high is not None:
        left, right = _LABEL + row.low * scale, _LABEL + row.high * scale
        line = f"M{left:.1f} {middle}H{right:.1f}M{left:.1f} {middle - 5}v10M{right:.1f} {middle - 5}v10"
        found.append(f'<path class="interval" d="{line}"/>')
        end = max(end, right)
    found.append(f'<text x="{end + 6:.1f}" y="{middle + 4}">{escape(row.note)}</text>')
    return "".join(found)


def _legend(names: Sequence[str]) -> str:
    found = []
    for number, name in enumerate(names):
        x = _LABEL + number * 130
        found.append(f'<rect class="part{number}" x="{x}" y="4" width="12" height="12"/>')
        found.append(f'<text x="{x + 17}" y="14">{escape(name)}</text>')
    return "".join(found)

"""The Quality tab: the last evaluation report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ui import render
from ui.desk import Desk
from ui.labels import Labels
from ui.panels import make_panel
from ui.texts import Language


@dataclass(frozen=True)
class QualityTab:
    """The components of the tab."""

    report: Any


def make_quality(labels: Labels) -> QualityTab:
    """Lay out the tab."""
    return QualityTab(make_panel("report"))


def report_panel(desk: Desk, language: Language) -> str:
    """Return the last report."""
    return render.note("", "hint")


def wire_quality(desk: Desk, tab: QualityTab, bus: Any, language: Any) -> None:
    """Connect the tab."""

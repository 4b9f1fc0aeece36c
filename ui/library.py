"""The Library tab."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from rag.settings import Settings
from ui.desk import Desk
from ui.labels import Labels
from ui.texts import Language


@dataclass(frozen=True)
class LibraryTab:
    """The components of the tab."""

    shelf: Any


def make_library(labels: Labels, settings: Settings) -> LibraryTab:
    """Lay out the tab."""
    return LibraryTab(gr.HTML(""))


def shelf_panel(desk: Desk, language: Language) -> str:
    """Return the shelf."""
    return ""


def wire_library(desk: Desk, tab: LibraryTab, bus: Any, language: Any) -> None:
    """Connect the tab."""

"""The Digest tab: choose an edition and watch its digest fill in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from ui.desk import Desk
from ui.labels import Labels
from ui.texts import Language


@dataclass(frozen=True)
class DigestTab:
    """The components of the tab."""

    edition: Any


def make_digest(labels: Labels) -> DigestTab:
    """Lay out the tab."""
    return DigestTab(gr.Dropdown(label="e"))


def digest_choices(desk: Desk, language: Language) -> Any:
    """Return an update with the editions of the archive."""
    return gr.skip()


def wire_digest(desk: Desk, tab: DigestTab, bus: Any, language: Any) -> None:
    """Connect the tab."""

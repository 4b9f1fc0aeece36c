"""Components that show our own escaped HTML, and the one through which clicks inside it reach Python.

`assets/desk.js` reads the `data-` attributes of what was clicked and sends them through the bus.
"""

from __future__ import annotations

from html import escape
from typing import Any

import gradio as gr

from ui.texts import Language, say

EVENTS = ("open", "ask", "sources", "conversation", "forget", "feedback", "shelf", "settle", "story")


def make_panel(name: str, on_change: str | None = None, **options: Any) -> Any:
    """Return an empty component for HTML of `ui.render`, with `name` as its id; `on_change` is a line of script."""
    script = f"watch('value', () => {{ {on_change} }})" if on_change else None
    return gr.HTML(
        "", elem_id=name, elem_classes="bw", js_on_load=script, apply_default_css=False, padding=False, **options
    )


def make_bus() -> Any:
    """Return the component whose events are `EVENTS`; the quoted names are how Gradio learns of them."""
    names = " ".join(f"'{name}'" for name in EVENTS)
    return gr.HTML("", elem_id="bus", js_on_load=f"window.baowen.bus = trigger; // {names}", padding=False)


def warn(message: str, language: Language) -> None:
    """Show a warning beside the page. Gradio renders these as HTML, so the message is escaped."""
    gr.Warning(escape(message), title=say("frame.warning", language))


def tell(message: str, language: Language) -> None:
    """Show a short note beside the page."""
    gr.Info(escape(message), duration=3, title=say("frame.note", language))

"""Words on Gradio's own components, which must change when the reader changes the language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradio as gr

from ui.texts import Language, say


class Labels:
    """Remembers which property of which component shows which text."""

    def __init__(self) -> None:
        self._rows: list[tuple[Any, dict[str, str]]] = []

    def add(self, component: Any, **keys: str) -> Any:
        """Remember that each property of `component` shows the text of the key; return the component."""
        self._rows.append((component, keys))
        return component

    @property
    def components(self) -> Sequence[Any]:
        """The components, in the order of `updates`."""
        return [component for component, _ in self._rows]

    def updates(self, language: Language) -> list[Any]:
        """Return one Gradio update for each component."""
        return [_update({name: say(key, language) for name, key in keys.items()}) for _, keys in self._rows]


def _update(properties: dict[str, Any]) -> Any:
    return gr.update(**properties)

"""The article panel, which every tab opens: the article as printed, the cited sentence marked and in view."""

from __future__ import annotations

from typing import Any

import gradio as gr

from ui import render
from ui.desk import Desk, article_id, language_of, payload, whole
from ui.panels import make_panel
from ui.texts import Language


def make_reader() -> Any:
    """Return the panel."""
    return make_panel("reader", "window.baowen.opened(element)")


def article_panel(desk: Desk, wanted: str, start: int, end: int, language: Language) -> str:
    """Return the panel's HTML for an article id, whether there is such an article or not."""
    article = desk.service.archive.article(wanted) if wanted else None
    if article is None:
        return render.article_html(None, (), language)
    edition = article.edition
    of_day = desk.service.archive.edition_articles(edition.date, edition.paper)
    siblings = [one for one in of_day if one.edition.page == edition.page]
    return render.article_html(article, siblings, language, start=start, end=end)


def wire_reader(desk: Desk, bus: Any, reader: Any, language: Any) -> None:
    """Open the article of a clicked source."""

    def open_article(state: str, event: gr.EventData) -> str:
        data = payload(event)
        return article_panel(
            desk, article_id(data.get("open")), whole(data.get("start")), whole(data.get("end")), language_of(state)
        )

    bus.open(
        open_article,
        inputs=[language],
        outputs=[reader],
        api_name="desk_open_article",
        api_visibility="private",
        show_progress="hidden",
        trigger_mode="multiple",
        concurrency_limit=None,
    )

"""The article panel, which every tab opens: the article as printed, the cited sentence marked and in view."""

from __future__ import annotations

from typing import Any

import gradio as gr

from rag.schema import Article
from ui.desk import Desk, article_id, language_of, payload, plain, whole
from ui.panels import make_panel
from ui.render_article import article_html
from ui.texts import Language

_LONGEST_QUOTE = 2000


def make_reader() -> Any:
    """Return the panel."""
    return make_panel("reader", "window.baowen.opened(element)")


def article_panel(desk: Desk, wanted: str, start: int, end: int, language: Language, quote: str = "") -> str:
    """Return the panel's HTML for an article id, whether there is such an article or not.

    A conversation outlives corrections: when the address no longer holds the sentence it cited (`quote`), the article
    that prints the sentence now is shown, or the article without a mark.
    """
    article = desk.service.archive.article(wanted) if wanted else None
    if quote and (article is None or article.body[start:end] != quote):
        article, start, end = _found_again(desk, article, quote)
    if article is None:
        return article_html(None, (), language)
    edition = article.edition
    of_day = desk.service.archive.edition_articles(edition.date, edition.paper)
    siblings = [one for one in of_day if one.edition.page == edition.page]
    return article_html(article, siblings, language, start=start, end=end)


def _found_again(desk: Desk, article: Article | None, quote: str) -> tuple[Article | None, int, int]:
    for one in (*((article,) if article else ()), *desk.service.archive.mentions(quote)):
        start = one.body.find(quote)
        if start >= 0:
            return one, start, start + len(quote)
    return article, 0, 0


def wire_reader(desk: Desk, bus: Any, reader: Any, language: Any) -> None:
    """Open the article of a clicked source."""

    def open_article(state: str, event: gr.EventData) -> str:
        data = payload(event)
        start, end = whole(data.get("start")), whole(data.get("end"))
        quote = plain(data.get("quote"), _LONGEST_QUOTE)
        return article_panel(desk, article_id(data.get("open")), start, end, language_of(state), quote)

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

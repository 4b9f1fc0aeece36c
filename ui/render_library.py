"""The library as HTML: what is on the shelf, what an edition holds, and what was recognised in pages just received."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rag.schema import Article, EditionSummary, Page
from ui.render import attributes, button, note, text, where_printed
from ui.texts import Language, known, say

State = Literal["waiting", "reading", "indexing", "added", "unchanged", "replaced", "skipped"]
_SURE = 0.6  # below this the program doubts what it recognised


@dataclass(frozen=True)
class Arrival:
    """A file on its way into the archive."""

    name: str
    state: State = "waiting"
    done: int = 0
    total: int = 0
    reason: str = ""
    page: Page | None = None


def doubtful(article: Article) -> bool:
    """Return whether a person should look at the article."""
    return bool(article.doubts) or article.confidence < _SURE


def doubt_text(doubt: str, language: Language) -> str:
    """Return a doubt in the reader's language, or as the program put it."""
    return say(f"doubt.{doubt}", language) if known(f"doubt.{doubt}") else doubt


def shelf_html(editions: Sequence[EditionSummary], chosen: tuple[str, str] | None, language: Language) -> str:
    """Return the editions by month, the newest first; each opens its articles."""
    head = f"<h2>{text(say('library.editions', language))}</h2>"
    if not editions:
        return head + note(say("library.nothing", language), "hint")
    rows, month = [], None
    for one in editions:
        if one.date[:7] != month:
            month = one.date[:7]
            rows.append(f'<li class="month">{text(month or say("library.no_date", language))}</li>')
        here = ' aria-current="true"' if chosen == (one.paper, one.date) else ""
        rows.append(
            f'<li{here}><button type="button" class="edition"{attributes(shelf=one.paper, date=one.date)}>'
            f"<b>{text(one.date or '—')}</b><span>{text(one.paper or say('library.no_paper', language))}</span>"
            f"<small>{text(say('library.count', language, n=one.articles))}</small></button></li>"
        )
    return f'{head}<ul class="shelf">{"".join(rows)}</ul>'


def contents_html(chosen: tuple[str, str] | None, articles: Sequence[Article], language: Language) -> str:
    """Return the articles of an edition by page, each with what is doubtful about it."""
    if chosen is None:
        return note(say("library.choose", language), "hint")
    paper, date = chosen
    parts = [f"<h2>{text(where_printed(paper, date, '', language))}</h2>"]
    for page in dict.fromkeys(article.edition.page for article in articles):
        if page:
            parts.append(f"<h3>{text(where_printed('', ' ', page, language).strip(' ·'))}</h3>")
        rows = "".join(_row(article, language) for article in articles if article.edition.page == page)
        parts.append(f'<ul class="contents">{rows}</ul>')
    return "".join(parts)


def _row(article: Article, language: Language) -> str:
    title = article.title or say("article.untitled", language)
    kicker = f"<small>{text(article.kicker)}</small>" if article.kicker else ""
    tags = [] if article.kind == "news" else [say(f"kind.{article.kind}", language)]
    unsure = ""
    if doubtful(article):
        why = "；".join(doubt_text(doubt, language) for doubt in article.doubts)
        percent = say("library.confidence", language, n=round(article.confidence * 100))
        label = say("library.doubtful", language)
        unsure = f'<span class="doubt" title="{text(why)}">{text(label)} · {text(percent)}</span>'
    tag = f'<span class="tag">{text(" · ".join(tags))}</span>' if tags else ""
    check = button(say("library.check", language), classes="quiet", settle=article.id)
    headline = button(title, classes="headline", open=article.id)
    return f'<li>{kicker}<span class="line">{headline}{tag}{unsure}{check}</span></li>'


def arrivals_html(arrivals: Sequence[Arrival], language: Language) -> str:
    """Return the files just received, each with its state and what was recognised in it."""
    if not arrivals:
        return ""
    rows = "".join(_arrival(one, language) for one in arrivals)
    return f'<h2>{text(say("library.arrivals", language))}</h2><ul class="arrivals">{rows}</ul>'


def _arrival(one: Arrival, language: Language) -> str:
    articles = len(one.page.articles) if one.page else 0
    values = {"done": one.done, "total": one.total, "reason": one.reason, "n": articles}
    state = say(f"library.{one.state}", language, **values)
    busy = " pulse" if one.state in ("reading", "indexing") else ""
    bar = ""
    if one.state == "indexing" and one.total:
        bar = f'<progress max="{one.total}" value="{one.done}" aria-label="{text(one.name)}"></progress>'
    return (
        f'<li class="{one.state}"><b>{text(one.name)}</b>'
        f'<span class="state{busy}" role="status">{text(state)}</span>{bar}'
        f"{_recognised(one.page, language) if one.page and one.state != 'skipped' else ''}</li>"
    )


def _recognised(page: Page, language: Language) -> str:
    edition = page.edition
    facts = []
    for name, value, origin in (
        ("paper", edition.paper, edition.paper_from),
        ("date", edition.date, edition.date_from),
        ("page", edition.page, edition.page_from),
    ):
        shown = f"{value} ({say(f'library.provenance-{origin}', language)})" if value else "—"
        facts.append(f"{say(f'library.{name}', language)} {shown}")
    # A note that names a command is for the terminal; the list below says the same with buttons.
    notes = "".join(note(one) for one in page.notes if "`baowen" not in one)
    rows = "".join(_row(article, language) for article in page.articles)
    unsure = sum(doubtful(article) for article in page.articles)
    doubt = f'<span class="doubt">{text(say("library.unsure", language, n=unsure))}</span>' if unsure else ""
    summary = f"{text(say('library.recognised', language, n=len(page.articles)))}{doubt}"
    return (
        f"{note(' · '.join(facts))}{notes}<details{' open' if unsure else ''}><summary>{summary}</summary>"
        f'<ul class="contents">{rows}</ul></details>'
    )

"""An article as printed, as HTML, the cited characters marked. Every value is escaped by `ui.render`."""

from __future__ import annotations

from collections.abc import Sequence

from rag.schema import Article
from ui.render import attributes, button, note, text, where_printed
from ui.texts import Language, say


def body_html(body: str, start: int, end: int) -> str:
    """Return the body as paragraphs with `body[start:end]` marked; the offsets are exact, across paragraphs too."""
    size = len(body)
    start, end = max(0, min(start, size)), max(0, min(end, size))
    paragraphs, offset = [], 0
    first = True
    for line in body.splitlines(keepends=True):
        stop = offset + len(line)
        low, high = max(start, offset), min(end, stop)
        if low < high:
            marked = line[low - offset : high - offset]
            tail = marked[len(marked.rstrip("\r\n")) :]
            marked = marked.rstrip("\r\n")
            name = ' id="cited"' if first else ""
            first = False
            inner = f"{text(line[: low - offset])}<mark{name}>{text(marked)}</mark>{text(tail + line[high - offset :])}"
        else:
            inner = text(line)
        if line.strip():
            paragraphs.append(f"<p>{inner.rstrip()}</p>")
        offset = stop
    return "".join(paragraphs)


def article_html(
    article: Article | None, siblings: Sequence[Article], language: Language, *, start: int = 0, end: int = 0
) -> str:
    """Return the reader: the article as printed, the cited sentence marked, and its page's other articles."""
    close = button("×", classes="quiet close", title=say("frame.close", language), close="reader")
    if article is None:
        return f"<header>{close}</header>{note(say('article.missing', language), 'hint')}"
    edition = article.edition
    link = {"a": article.id, **({"s": f"{start}-{end}"} if end > start else {})}
    head = [
        f"<header><span>{text(where_printed(edition.paper, edition.date, edition.page, language))}</span>"
        f"{button(say('article.copy_link', language), classes='quiet', link=link)}{close}</header>"
    ]
    if article.kicker:
        head.append(f'<p class="kicker">{text(article.kicker)}</p>')
    head.append(f'<h2 tabindex="-1">{text(article.title or say("article.untitled", language))}</h2>')
    if article.subtitle:
        head.append(f'<p class="subtitle">{text(article.subtitle)}</p>')
    kind = "" if article.kind == "news" else say(f"kind.{article.kind}", language)
    byline = " · ".join(part for part in (kind, article.byline) if part)
    if byline:
        head.append(f'<p class="byline">{text(byline)}</p>')
    return (
        f'<article class="printed"{attributes(article=article.id)}>{"".join(head)}'
        f'<div class="body">{body_html(article.body, start, end)}</div></article>'
        f"{_siblings(article, siblings, language)}"
    )


def _siblings(article: Article, siblings: Sequence[Article], language: Language) -> str:
    others = [one for one in siblings if one.id != article.id]
    if not others:
        return ""
    rows = "".join(
        f"<li>{button(one.title or say('article.untitled', language), classes='link', open=one.id)}</li>"
        for one in others
    )
    return f'<nav class="siblings"><h3>{text(say("article.siblings", language))}</h3><ul>{rows}</ul></nav>'

"""A digest as HTML, from the dict that `rag.contract` makes; numbers run through the whole page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ui.render import Json, Source, button, claim_html, note, sources, text
from ui.texts import Language, say


def digest_html(digest: Json, language: Language, *, state: str = "") -> str:
    """Return the digest as a front page: the day in brief, the stories by section, the ledger."""
    found = sources(list(_claims(digest)), ())
    llm = str(digest["llm"])
    by = say("digest.by_quoting", language) if llm in ("", "none") else say("digest.by_model", language, llm=llm)
    papers = "、".join(digest["papers"])
    going = f'<p class="going{" pulse" if state else ""}" role="status">{text(state)}</p>' if state else ""
    head = (
        f'<header class="folio"><h2>{text(papers or say("tab.digest", language))}</h2>'
        f"<p><span>{text(digest['date'])}</span><span>{text(by)}</span></p>{going}</header>"
    )
    if not digest["items"]:
        return head + "".join(note(str(one)) for one in digest["notes"])
    return (
        f"{head}{_brief(digest, found, language)}{_stories(digest, found, language)}{_ledger(digest, found, language)}"
    )


def _claims(digest: Json) -> list[Json]:
    claims = list(digest["highlights"])
    for item in digest["items"]:
        claims += [*item["sentences"], *(entry["sentence"] for entry in item["thread"])]
    for pair in digest["ledger"]["conflicts"]:
        claims += pair
    return claims


def _brief(digest: Json, found: Sequence[Source], language: Language) -> str:
    told = "".join(f"<li>{claim_html(claim, found, language)}</li>" for claim in digest["highlights"])
    title = text(say("digest.highlights", language))
    return f'<section class="brief"><h3>{title}</h3><ol>{told}</ol></section>' if told else ""


def _stories(digest: Json, found: Sequence[Source], language: Language) -> str:
    parts, section = [], None
    for item in digest["items"]:
        if item["section"] != section:
            section = item["section"]
            parts.append(f'<h3 class="section">{text(section)}</h3>')
        parts.append(_story(item, found, language))
    return f'<section class="stories">{"".join(parts)}</section>'


def _story(item: Json, found: Sequence[Source], language: Language) -> str:
    first = str(item["article_ids"][0]) if item["article_ids"] else ""
    told = "".join(claim_html(claim, found, language) for claim in item["sentences"])
    quotes = [one for claim in item["sentences"] for one in claim["citations"]]
    numbers = {(one.citation["article_id"], one.citation["start"], one.citation["end"]): one.number for one in found}
    rows = "".join(
        f'<li><button type="button" class="source" data-open="{text(one["article_id"])}" '
        f'data-start="{int(one["start"])}" data-end="{int(one["end"])}" data-quote="{text(one["quote"])}">'
        f'<span class="number">{numbers[one["article_id"], one["start"], one["end"]]}</span>'
        f"<q>{text(str(one['quote']).strip())}</q><cite>{text(one['title'])}</cite></button></li>"
        for one in {(one["article_id"], one["start"], one["end"]): one for one in quotes}.values()
    )
    label = text(say("digest.sources", language, n=len(quotes)))
    more = (
        f'<details><summary>{label}</summary><ol class="evidence">{rows}</ol>{_thread(item, found, language)}</details>'
    )
    return f"<article><h4>{button(item['headline'], classes='headline', open=first)}</h4><p>{told}</p>{more}</article>"


def _thread(item: Json, found: Sequence[Source], language: Language) -> str:
    rows = "".join(
        f"<li><time>{text(one['date'])}</time> {button(one['title'], classes='link', open=one['article_id'])}"
        f"<p>{claim_html(one['sentence'], found, language)}</p>{note(str(one.get('change', '')), 'change')}</li>"
        for one in item["thread"]
    )
    return f'<h5>{text(say("digest.thread", language))}</h5><ol class="thread">{rows}</ol>' if rows else ""


def _ledger(digest: Json, found: Sequence[Source], language: Language) -> str:
    ledger: dict[str, Any] = digest["ledger"]
    out = ledger["left_out"]
    counts = {"articles": ledger["articles"], "covered": ledger["covered"], "out": len(out)}
    rows = "".join(
        f"<li>{button(one['title'] or say('article.untitled', language), classes='link', open=one['article_id'])}"
        f"<small>{text(one['reason'])}</small></li>"
        for one in out
    )
    pairs = "".join(
        f"<li>{claim_html(one, found, language)}<br>{claim_html(other, found, language)}</li>"
        for one, other in ledger["conflicts"]
    )
    left = f"<h5>{text(say('digest.left_out', language))}</h5><ul>{rows}</ul>" if rows else ""
    apart = f"<h5>{text(say('digest.conflicts', language))}</h5><ul>{pairs}</ul>" if pairs else ""
    notes = "".join(note(str(one)) for one in digest["notes"])
    return (
        f'<section class="ledger"><h3>{text(say("digest.ledger", language))}</h3>'
        f"<p>{text(say('digest.coverage', language, **counts))}</p>{left}{apart}{notes}</section>"
    )

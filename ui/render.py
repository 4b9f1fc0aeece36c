"""Answers, evidence and conversations as HTML. Pure functions; every value is escaped here and nowhere else.

They take the dicts of `rag.contract`, so that a stored conversation and a running answer look the same. What a click
means is in `data-` attributes that `assets/desk.js` reads; there is no inline script, style, link or image.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from rag.archive import ConversationSummary
from ui.texts import Language, say

Json = Mapping[str, Any]


def text(value: object) -> str:
    """Return `value` as HTML text, safe in content and in quoted attributes."""
    return escape(str(value), quote=True)


def attributes(**values: object) -> str:
    """Return ` data-key="value"` pairs; underscores become hyphens, mappings and sequences become JSON."""
    parts = []
    for key, value in values.items():
        plain = value if isinstance(value, str | int | float) else json.dumps(value, ensure_ascii=False)
        parts.append(f' data-{key.replace("_", "-")}="{text(plain)}"')
    return "".join(parts)


def button(label: str, *, classes: str = "", title: str = "", **data: object) -> str:
    """Return a button; `data` says what it does."""
    hint = f' title="{text(title)}" aria-label="{text(title)}"' if title else ""
    return f'<button type="button" class="{text(classes)}"{hint}{attributes(**data)}>{text(label)}</button>'


_THUMB = (
    '<svg viewBox="0 0 24 24" width="16" height="16" fill="none" stroke="currentColor" stroke-width="1.8" '
    'stroke-linejoin="round" aria-hidden="true"><path d="M7 10v11H3V10zm0 0 4-8c1.9 0 3 1.2 3 3l-.6 4H20a2 2 0 0 1 2 '
    '2.4l-1.6 8A2 2 0 0 1 18.4 21H7"/></svg>'
)


def _thumb(verdict: str, turn: int, language: Language) -> str:
    hint = text(say(f"ask.{verdict}", language))
    data = attributes(verdict=verdict, turn=turn)
    return (
        f'<button type="button" class="quiet thumb {verdict}" aria-pressed="false" title="{hint}" aria-label="{hint}"'
        f"{data}>{_THUMB}</button>"
    )


def note(message: str, kind: str = "note") -> str:
    """Return a quiet line for the reader."""
    return f'<p class="{text(kind)}" role="status">{text(message)}</p>' if message else ""


# Sources


@dataclass(frozen=True)
class Source:
    """A citation with the number that marks it."""

    number: int
    citation: Json
    cited: bool


def _address(citation: Json) -> tuple[str, int, int]:
    return str(citation["article_id"]), int(citation["start"]), int(citation["end"])


def sources(claims: Sequence[Json], evidence: Sequence[Json]) -> tuple[Source, ...]:
    """Number the cited sentences in the order the answer cites them, then the rest of what was found."""
    cited: dict[tuple[str, int, int], Json] = {}
    for claim in claims:
        for citation in claim["citations"]:
            cited.setdefault(_address(citation), citation)
    found = {**cited, **{_address(one): one for one in evidence if _address(one) not in cited}}
    return tuple(
        Source(number, citation, address in cited) for number, (address, citation) in enumerate(found.items(), 1)
    )


def where_printed(paper: str, date: str, page: str, language: Language) -> str:
    """Return paper, date and page as one plain line."""
    printed = page if not page.isdecimal() else say("article.page", language, page=page)
    return " · ".join(part for part in (paper, date or say("article.no_date", language), printed) if part)


def _mark(source: Source, language: Language) -> str:
    citation = source.citation
    article_id, start, end = _address(citation)
    origin = " · ".join(part for part in (str(citation["title"]), str(citation["date"])) if part)
    label = f"{say('ask.source', language)} {source.number}: {origin}"
    data = attributes(open=article_id, start=start, end=end, quote=citation["quote"], origin=origin)
    return f'<button type="button" class="cite" aria-label="{text(label)}"{data}>{source.number}</button>'


# Answers


def claim_html(claim: Json, found: Sequence[Source], language: Language) -> str:
    """Return one sentence with its numbered marks."""
    numbers = {_address(source.citation): source for source in found}
    marks = "".join(
        _mark(numbers[_address(citation)], language) for citation in claim["citations"] if _address(citation) in numbers
    )
    verdict = str(claim["verdict"])
    doubt = "" if verdict == "supported" else f' title="{text(say(f"verdict.{verdict}", language))}"'
    return f'<span class="claim {text(verdict)}"{doubt}>{text(claim["text"])}{marks}</span> '


def plain_answer(answer: Json, language: Language) -> str:
    """Return the answer and its numbered sources as plain text, for the clipboard."""
    found = sources(answer["claims"], answer["evidence"])
    numbers = {_address(source.citation): source.number for source in found}
    body = "".join(
        str(claim["text"]) + "".join(f"[{numbers[_address(one)]}]" for one in claim["citations"])
        for claim in answer["claims"]
    )
    lines = [str(answer["question"]), "", body or str(answer["answer"]), ""]
    for source in found:
        if source.cited:
            one = source.citation
            lines.append(f"[{source.number}] {one['title']} ({one['date']}): {one['quote'].strip()}")
    return "\n".join(lines).strip()


def _withheld(answer: Json, language: Language) -> str:
    held = answer.get("withheld") or ()
    if not held:
        return ""
    rows = "".join(
        f"<li><s>{text(claim['text'])}</s> <span>{text('；'.join(claim['reasons']))}</span></li>" for claim in held
    )
    title = text(say("ask.withheld", language, n=len(held)))
    return f'<details class="withheld"><summary>{title}</summary><ul>{rows}</ul></details>'


def nearest_html(articles: Sequence[Json], language: Language) -> str:
    """Return the articles that come closest, as a list that opens them."""
    if not articles:
        return ""
    rows = "".join(
        f"<li>{button(one['title'] or say('article.untitled', language), classes='link', open=one['article_id'])}"
        f"<small>{text(where_printed(one.get('paper', ''), one['date'], '', language))}</small></li>"
        for one in articles
    )
    return f'<div class="nearest"><h4>{text(say("ask.nearest", language))}</h4><ul>{rows}</ul></div>'


def status_line(answer: Json, language: Language) -> str:
    """Return the quiet line under an answer: the outcome, the model and the time."""
    outcome = str(answer["outcome"])
    seconds = float(answer.get("timings", {}).get("total_ms", 0.0)) / 1000
    model = str(answer["llm"])
    parts = [say("ask.llm_none", language) if model in ("", "none") else model]
    if seconds:
        parts.append(say("ask.seconds", language, n=f"{seconds:.1f}"))
    badge = f'<span class="outcome {text(outcome)}">{text(say(f"outcome.{outcome}", language))}</span>'
    return f'<span class="status">{badge}<span class="meta">{text(" · ".join(parts))}</span></span>'


def _feedback(turn: int, language: Language) -> str:
    reasons = "".join(
        f'<label><input type="radio" name="reason-{turn}" value="{key}"> '
        f"{text(say(f'ask.reason.{key}', language))}</label>"
        for key in ("figure", "source", "off", "missed", "other")
    )
    comment = text(say("ask.comment", language))
    return (
        f'<form class="why" hidden{attributes(feedback=turn)}><fieldset>'
        f"<legend>{text(say('ask.why', language))}</legend>"
        f'{reasons}<input type="text" name="comment" maxlength="500" placeholder="{comment}" aria-label="{comment}">'
        f'<button type="submit" class="quiet">{text(say("ask.send_feedback", language))}</button></fieldset></form>'
        f'<p class="note thanks" role="status" hidden>{text(say("ask.thanks", language))}</p>'
    )


def answer_html(answer: Json, turn: int, language: Language, *, last: bool = False) -> str:
    """Return one finished turn: the question as a headline, the sentences with their marks, status, actions."""
    found = sources(answer["claims"], answer["evidence"])
    body = "".join(claim_html(claim, found, language) for claim in answer["claims"])
    if not answer["claims"]:
        # The program's own sentence names the nearest articles; here they stand below and can be opened.
        unanswered = answer["outcome"] == "not_found" and answer.get("nearest")
        body = text(say("ask.unanswered", language) if unanswered else answer["answer"])
    actions = [
        button(say("ask.copy", language), classes="quiet", copy=plain_answer(answer, language)),
        button(say("ask.evidence", language), classes="quiet wide-only", sources=turn),
    ]
    if last:
        actions.append(button(say("ask.link", language), classes="quiet", here=1))
        actions.append(button(say("ask.retry", language), classes="quiet", ask=str(answer["question"])))
    actions += [_thumb(verdict, turn, language) for verdict in ("good", "bad")]
    notes = "".join(note(str(one)) for one in answer.get("notes") or ())
    inline = evidence_list(found, language)
    inline = (
        f'<details class="narrow-only sources"><summary>{text(say("ask.evidence", language))} {len(found)}</summary>'
        f"{inline}</details>"
        if found
        else ""
    )
    return (
        f'<article class="turn" data-turn-number="{turn}"><h3 class="asked">{text(answer["question"])}</h3>'
        f'<div class="answer">{body}</div>{notes}{nearest_html(answer.get("nearest") or (), language)}'
        f"{_withheld(answer, language)}{inline}"
        f'<footer>{status_line(answer, language)}<span class="actions">{"".join(actions)}</span></footer>'
        f"{_feedback(turn, language)}</article>"
    )


def conversation_html(answers: Sequence[Json], language: Language) -> str:
    """Return all finished turns of a conversation."""
    last = len(answers) - 1
    return "".join(answer_html(answer, turn, language, last=turn == last) for turn, answer in enumerate(answers))


def live_html(
    question: str,
    claims: Sequence[Json],
    evidence: Sequence[Json],
    language: Language,
    *,
    draft: str = "",
    state: str = "",
    retry: bool = False,
) -> str:
    """Return the turn that is being answered: what is verified so far, the draft dimmed, and what is going on."""
    found = sources(claims, evidence)
    body = "".join(claim_html(claim, found, language) for claim in claims)
    dim = (
        f'<p class="draft" aria-hidden="true"><span>{text(say("ask.draft", language))}</span>{text(draft)}</p>'
        if draft
        else ""
    )
    going = f'<p class="going{"" if retry else " pulse"}" role="status">{text(state)}</p>' if state else ""
    again = button(say("ask.retry", language), classes="quiet", ask=question) if retry else ""
    return (
        f'<article class="turn live"><h3 class="asked">{text(question)}</h3>'
        f'<div class="answer" aria-live="polite">{body}</div>{dim}{going}{again}</article>'
    )


def welcome_html(articles: int, examples: Sequence[str], language: Language) -> str:
    """Return what an empty conversation shows: what the archive holds, and questions it can answer."""
    if not articles:
        return f'<div class="welcome"><p class="lead">{text(say("ask.empty", language))}</p></div>'
    chips = "".join(f"<li>{button(one, classes='example', ask=one)}</li>" for one in examples)
    return (
        f'<div class="welcome"><h2>{text(say("ask.welcome", language))}</h2>'
        f'<p class="lead">{text(say("ask.welcome_more", language, articles=articles))}</p><ul>{chips}</ul></div>'
    )


# Evidence


def evidence_list(found: Sequence[Source], language: Language) -> str:
    """Return numbered source sentences; each opens its article at the sentence."""
    cited = [source for source in found if source.cited]
    rest = [source for source in found if not source.cited]
    if not cited:
        return _source_rows(rest, language)
    more = (
        f'<h4 class="rest">{text(say("ask.evidence_more", language))}</h4>{_source_rows(rest, language)}'
        if rest
        else ""
    )
    return _source_rows(cited, language) + more


def _source_rows(found: Sequence[Source], language: Language) -> str:
    rows = []
    for source in found:
        one = source.citation
        article_id, start, end = _address(one)
        origin = where_printed(str(one["title"]), str(one["date"]), "", language)
        rows.append(
            f'<li class="{"cited" if source.cited else "found"}"><button type="button" class="source"'
            f"{attributes(open=article_id, start=start, end=end, quote=one['quote'])}>"
            f'<span class="number">{source.number}</span><q>{text(str(one["quote"]).strip())}</q>'
            f"<cite>{text(origin)}</cite></button></li>"
        )
    return f'<ol class="evidence">{"".join(rows)}</ol>' if rows else ""


def evidence_html(claims: Sequence[Json], evidence: Sequence[Json], language: Language, *, asked: bool = True) -> str:
    """Return the evidence panel: of a question (`asked`), or waiting for one."""
    head = f"<h2>{text(say('ask.evidence', language))}</h2>"
    if not asked:
        return head + note(say("ask.evidence_empty", language), "hint")
    rows = evidence_list(sources(claims, evidence), language)
    return head + (rows or note(say("ask.evidence_none", language), "hint"))


def search_html(language: Language) -> str:
    """Return the evidence panel while the search runs."""
    return f"<h2>{text(say('ask.evidence', language))}</h2>" + note(say("ask.searching", language), "hint pulse")


# Conversations


def history_html(conversations: Sequence[ConversationSummary], current: str, language: Language) -> str:
    """Return the list of conversations, the latest first."""
    head = f"<h2>{text(say('ask.history', language))}</h2>"
    if not conversations:
        return head + note(say("ask.no_history", language), "hint")
    rows = []
    for one in conversations:
        here = ' aria-current="true"' if one.id == current else ""
        rows.append(
            f'<li{here}><button type="button" class="conversation"{attributes(conversation=one.id)}>'
            f"<span>{text(one.first_question)}</span>"
            f"<small>{text(say('ask.turns', language, n=one.turns))} · {text(one.at[:16].replace('T', ' '))}</small>"
            f"</button>{button('×', classes='quiet', title=say('ask.remove', language), forget=one.id)}</li>"
        )
    return f'{head}<ul class="history">{"".join(rows)}</ul>'


def masthead_html(language: Language) -> str:
    """Return the name of the program and its line."""
    return f"<h1>{text(say('frame.title', language))}</h1><p>{text(say('frame.tagline', language))}</p>"

"""Summaries on request: of an article, a topic, a person; every sentence cited."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rag.grounding.bearing import Line, article_lines
from rag.grounding.composing import EXTRACT_LABEL, Archived, Clock, Searcher, claim_texts, not_found_text
from rag.grounding.evidence import evidence_of, tokens
from rag.grounding.extract import trimmed
from rag.grounding.question import Wish
from rag.grounding.terms import Term, content_terms, presence
from rag.schema import Answer, AnswerEvent, AnswerReady, Article, Claim, ClaimReady, EvidenceFound, Filters
from rag.settings import Settings
from rag.text.dates import date_mentions
from rag.text.numbers import flat, quantities

_DEFAULT_SENTENCES = 6
_KNOWN = 0.6


def summary_events(
    question: str,
    wish: Wish,
    *,
    filters: Filters,
    search: Searcher,
    archive: Archived,
    settings: Settings,
    clock: Clock,
    notes: tuple[str, ...],
) -> Iterator[AnswerEvent]:
    """Yield the events of a summary; the first are the chosen sentences."""
    result = search(wish.subject or wish.text, top=settings.top, filters=filters)
    clock.retrieval = clock.now()
    articles = about(wish.subject or wish.text, [hit.article for hit in result.hits])
    if not articles:
        nearest = tuple(hit.article for hit in result.hits[:3])
        clock.evidence = clock.now()
        yield EvidenceFound((), notes)
        text = not_found_text(nearest, archive)
        yield AnswerReady(Answer(question, "not_found", text, nearest=nearest, notes=notes, timings=clock.timings()))
        return
    lines = key_lines(articles, wish.subject, wish.sentences or _DEFAULT_SENTENCES)
    evidence = tuple(evidence_of(line, number) for number, line in enumerate(lines, 1))
    clock.evidence = clock.now()
    yield EvidenceFound(evidence, notes)
    claims = [
        Claim(trimmed(line.text), "supported", (), (one.citation,)) for line, one in zip(lines, evidence, strict=True)
    ]
    for claim in claims:
        yield ClaimReady(claim)
    body = (
        "\n".join(f"{number}. {claim.text}" for number, claim in enumerate(claims, 1))
        if wish.points
        else claim_texts(claims)
    )
    yield AnswerReady(
        Answer(
            question,
            "answered",
            EXTRACT_LABEL + body,
            tuple(claims),
            evidence,
            (),
            notes,
            "none",
            clock.timings(),
        )
    )


def about(subject: str, articles: Sequence[Article]) -> list[Article]:
    """Return the articles that are about `subject`: the one that has it in its headline, or all that speak of it."""
    terms = [term for term in content_terms(subject) if term.weight >= 0.3]
    if not terms:
        return list(articles[:1])
    scored = [(_aboutness(terms, article), -rank, article) for rank, article in enumerate(articles)]
    scored = [one for one in scored if one[0] >= _KNOWN]
    scored.sort(key=lambda one: (-one[0], -one[1]))
    if not scored:
        return []
    best = scored[0][0]
    return [article for score, _, article in scored if score >= 0.9 * best][:3]


def _aboutness(terms: Sequence[Term], article: Article) -> float:
    headline, body = flat(article.headline), flat(article.body)
    total = sum(term.weight for term in terms)
    return sum(term.weight * max(presence(term, headline), 0.8 * presence(term, body)) for term in terms) / total


def key_lines(articles: Sequence[Article], subject: str, count: int) -> list[Line]:
    """Return the sentences that tell most, in print order: figures, named practices, the opening; no two alike."""
    terms = content_terms(subject)
    pool = [(index, line) for index, line in enumerate(line for article in articles for line in article_lines(article))]
    chosen: list[tuple[int, Line]] = []
    seen: set[str] = set()
    while pool and len(chosen) < count:
        best = max(pool, key=lambda pair: _worth(pair[1], terms, seen))
        if _worth(best[1], terms, seen) <= 0.2 and chosen:
            break
        pool.remove(best)
        chosen.append(best)
        seen |= _named(best[1].text)
    return [line for _, line in sorted(chosen)]


def _named(text: str) -> set[str]:
    return set(re.findall(r"[“《]([^”》]{2,20})[”》]", text)) | {one.text for one in quantities(flat(text))}


def _worth(line: Line, terms: Sequence[Term], seen: set[str]) -> float:
    text = flat(line.text)
    dates = [(one.start, one.end) for one in date_mentions(text)]
    figures = [one for one in quantities(text) if not any(a < one.end and one.start < b for a, b in dates)]
    fresh = len(_named(text) - seen)
    about_it = sum(term.weight * presence(term, text) for term in terms) / (sum(term.weight for term in terms) or 1.0)
    length = tokens(text)
    worth = 0.5 * min(4, len(figures)) + 0.4 * min(4, fresh) + 0.8 * about_it
    worth += 0.4 if not line.before else 0.0
    if length > 120:
        worth -= 0.2
    return worth - (0.8 if len(text) < 14 else 0.0)

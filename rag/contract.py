"""The JSON shapes that other programs rely on. They grow by new fields; a field here is never renamed or dropped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, get_args

from rag.errors import InputError
from rag.schema import (
    Answer,
    Article,
    ArticleKind,
    Citation,
    Claim,
    Digest,
    DigestItem,
    Filters,
    IngestReport,
    SearchResult,
    Turn,
)

_KINDS = get_args(ArticleKind)


def citation_json(citation: Citation) -> dict[str, Any]:
    """An address: `article.body[start:end] == quote`."""
    return asdict(citation)


def claim_json(claim: Claim) -> dict[str, Any]:
    """A sentence with its verdict, the reasons for it, and its citations."""
    return {
        "text": claim.text,
        "verdict": claim.verdict,
        "reasons": list(claim.reasons),
        "citations": [citation_json(citation) for citation in claim.citations],
    }


def answer_json(answer: Answer) -> dict[str, Any]:
    """What `ask --json` prints; also what a conversation stores."""
    return {
        "question": answer.question,
        "outcome": answer.outcome,
        "answer": answer.answer,
        "claims": [claim_json(claim) for claim in answer.claims],
        "evidence": [citation_json(item.citation) for item in answer.evidence],
        "llm": answer.llm,
        "timings": asdict(answer.timings),
        "nearest": [_reference(article) for article in answer.nearest],
        "notes": list(answer.notes),
        "withheld": [claim_json(claim) for claim in answer.withheld],
    }


def search_json(result: SearchResult) -> dict[str, Any]:
    """What `search --json` prints, best first."""
    return {
        "question": result.question,
        "hits": [
            {
                "article_id": hit.article.id,
                "external_id": hit.article.external_id,
                "title": hit.article.title,
                "date": hit.article.date,
                "score": round(hit.score, 6),
                "passage": hit.passage.text,
                "start": hit.passage.start,
                "end": hit.passage.end,
                "paper": hit.article.edition.paper,
                "duplicates": list(hit.duplicates),
            }
            for hit in result.hits
        ],
        "notes": list(result.notes),
    }


def article_json(article: Article) -> dict[str, Any]:
    """One article whole, as `article ID --json` prints it."""
    edition = article.edition
    return {
        **_reference(article),
        "page": edition.page,
        "kind": article.kind,
        "kicker": article.kicker,
        "subtitle": article.subtitle,
        "byline": article.byline,
        "reporters": list(article.reporters),
        "correspondents": list(article.correspondents),
        "dateline": article.dateline,
        "subheads": list(article.subheads),
        "body": article.body,
        "position": article.position,
        "confidence": article.confidence,
        "doubts": list(article.doubts),
        "continued_from": article.continued_from,
        "continued_on": article.continued_on,
        "provenance": {"paper": edition.paper_from, "date": edition.date_from, "page": edition.page_from},
        "metadata": dict(article.metadata),
    }


def _reference(article: Article) -> dict[str, Any]:
    return {
        "article_id": article.id,
        "external_id": article.external_id,
        "title": article.title,
        "date": article.date,
        "paper": article.edition.paper,
    }


def digest_json(digest: Digest) -> dict[str, Any]:
    """What `digest --json` prints."""
    ledger = digest.ledger
    return {
        "date": digest.date,
        "papers": list(digest.papers),
        "llm": digest.llm,
        "highlights": [claim_json(claim) for claim in digest.highlights],
        "items": [_item_json(item) for item in digest.items],
        "ledger": {
            "articles": ledger.articles,
            "covered": ledger.covered,
            "left_out": [asdict(left) for left in ledger.left_out],
            "conflicts": [[claim_json(one), claim_json(other)] for one, other in ledger.conflicts],
        },
        "notes": list(digest.notes),
    }


def _item_json(item: DigestItem) -> dict[str, Any]:
    return {
        "headline": item.headline,
        "section": item.section,
        "article_ids": list(item.article_ids),
        "sentences": [claim_json(claim) for claim in item.sentences],
        "thread": [
            {
                "date": entry.date,
                "article_id": entry.article_id,
                "title": entry.title,
                "sentence": claim_json(entry.sentence),
                "change": entry.change,
            }
            for entry in item.thread
        ],
    }


def ingest_json(report: IngestReport) -> dict[str, Any]:
    """What `ingest --json` prints: counts, and everything passed over with its reason."""
    return {
        "pages_added": report.pages_added,
        "pages_unchanged": report.pages_unchanged,
        "pages_replaced": report.pages_replaced,
        "articles": report.articles,
        "passages": report.passages,
        "skipped": [asdict(skip) for skip in report.skipped],
        "notes": list(report.notes),
    }


def read_filters(value: object) -> Filters:
    """Read `filters` of a batch line: paper(s), date or date_from/date_to, page(s), kind(s), article_id(s).

    Raises:
        InputError: a field is unknown or of the wrong kind.
    """
    if value is None:
        return Filters()
    if not isinstance(value, Mapping):
        raise InputError("`filters` must be an object")
    known = {"paper", "papers", "date", "date_from", "date_to", "page", "pages", "kind", "kinds", "article_id"}
    unknown = set(value) - known - {"article_ids"}
    if unknown:
        raise InputError(f"`filters` has an unknown field {sorted(unknown)[0]!r}; known: {', '.join(sorted(known))}")
    wanted = _names(value, "kind", "kinds")
    kinds: tuple[ArticleKind, ...] = tuple(kind for kind in _KINDS if kind in wanted)
    if len(kinds) != len(set(wanted)):
        raise InputError(f"`filters.kind` must be one of {', '.join(_KINDS)}")
    date = value.get("date") or ""
    return Filters(
        papers=_names(value, "paper", "papers"),
        date_from=check_date(str(value.get("date_from") or date)),
        date_to=check_date(str(value.get("date_to") or date)),
        pages=_names(value, "page", "pages"),
        kinds=kinds,
        article_ids=_names(value, "article_id", "article_ids"),
    )


def check_date(text: str) -> str:
    """Return `text` when it is empty or an ISO date.

    Raises:
        InputError: it is neither.
    """
    import datetime

    if text:
        try:
            datetime.date.fromisoformat(text)
        except ValueError:
            raise InputError(f"{text!r} is not a date; write it as 2025-07-11") from None
    return text


def _names(value: Mapping[str, Any], one: str, many: str) -> tuple[str, ...]:
    found = value.get(many, value.get(one))
    if found is None or found == "":
        return ()
    if isinstance(found, str | int):
        return (str(found),)
    if isinstance(found, Sequence) and all(isinstance(item, str | int) for item in found):
        return tuple(str(item) for item in found)
    raise InputError(f"`filters.{many}` must be a string or a list of strings")


def read_history(value: object) -> tuple[Turn, ...]:
    """Read `history` of a batch line: a list of {"role": "user"|"assistant", "content": text}.

    Raises:
        InputError: it is something else.
    """
    if value is None:
        return ()
    if isinstance(value, list):
        turns = tuple(
            Turn(item["role"], str(item.get("content", "")))
            for item in value
            if isinstance(item, Mapping) and item.get("role") in {"user", "assistant"}
        )
        if len(turns) == len(value):
            return turns
    raise InputError('`history` must be a list of {"role": "user" or "assistant", "content": text}')

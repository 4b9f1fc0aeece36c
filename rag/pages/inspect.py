"""A page as it was segmented, for eyes and for scorers."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from rag.schema import Article, Page


def inspection(page: Page) -> dict[str, Any]:
    """Return what `baowen pages inspect FILE --json` prints: the edition with its provenance, and every article."""
    edition = page.edition
    return {
        "id": page.id,
        "source": page.source,
        "paper": edition.paper,
        "date": edition.date,
        "page": edition.page,
        "provenance": {"paper": edition.paper_from, "date": edition.date_from, "page": edition.page_from},
        "notes": list(page.notes),
        "articles": [_article(article) for article in page.articles],
    }


def _article(article: Article) -> dict[str, Any]:
    return {
        "id": article.id,
        "external_id": article.external_id,
        "position": article.position,
        "kind": article.kind,
        "kicker": article.kicker,
        "title": article.title,
        "subtitle": article.subtitle,
        "byline": article.byline,
        "reporters": list(article.reporters),
        "correspondents": list(article.correspondents),
        "dateline": article.dateline,
        "subheads": list(article.subheads),
        "body": article.body,
        "confidence": round(article.confidence, 3),
        "doubts": list(article.doubts),
        "continued_from": article.continued_from,
        "continued_on": article.continued_on,
        "lines": list(article.lines),
        "boxes": [asdict(box) for box in article.boxes],
    }

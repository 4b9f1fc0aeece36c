"""Small pieces of every answer: its outcome in words, the nearest articles, the dates the archive covers."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from rag.protocols import Telling, Told
from rag.schema import Article, Claim, EditionSummary, Filters, SearchResult, Timings

_ENDED = re.compile(r"[。！？.!?…][”’）」』]?$")
EXTRACT_LABEL = "原文摘录："


class Searcher(Protocol):
    """How answers find articles; `rag.retrieval.Retriever.search` is one."""

    def __call__(self, question: str, *, top: int = 10, filters: Filters | None = None) -> SearchResult:
        """Return the articles that bear on `question`, best first."""


class Archived(Protocol):
    """What answers need of the archive; `rag.archive.Archive` is one."""

    def mentions(self, phrase: str, filters: Filters | None = None) -> tuple[Article, ...]:
        """Return the articles that have `phrase`."""

    def editions(self) -> tuple[EditionSummary, ...]:
        """Return what is stored by day and paper, newest first."""

    def edition_articles(self, date: str, paper: str = "") -> tuple[Article, ...]:
        """Return the articles of a day in print order."""


class Clock:
    """Milliseconds since an answer began, noted at each stage."""

    def __init__(self) -> None:
        self._began = time.perf_counter()
        self.retrieval = self.evidence = self.first_token = 0.0
        self.prompt_tokens = self.output_tokens = 0

    def now(self) -> float:
        """Return the milliseconds so far."""
        return round((time.perf_counter() - self._began) * 1000, 1)

    def timings(self) -> Timings:
        """Return the stages as the answer reports them."""
        return Timings(
            self.retrieval, self.evidence, self.first_token, self.now(), self.prompt_tokens, self.output_tokens
        )


@dataclass(frozen=True, slots=True)
class Counted:
    """A model whose tokens are counted on a clock."""

    inner: Telling
    clock: Clock

    def told(self, system: str, user: str, **options: Any) -> Told | None:
        """Return what the model tells (`Telling.told`)."""
        told = self.inner.told(system, user, **options)
        if told is not None:
            self.clock.prompt_tokens += told.prompt_tokens
            self.clock.output_tokens += told.output_tokens
        return told


def short_title(article: Article) -> str:
    """Return the headline by which a reader recognises the article, or the opening of one that has none."""
    title = article.title or article.kicker or article.subtitle
    return title or (article.body[:18].replace("\n", " ") + "……")


def listed(articles: Iterable[Article]) -> str:
    """Return titles with their dates: 《…》（2025-07-11）、《…》."""
    return "、".join(
        f"《{short_title(article)}》" + (f"（{article.date}）" if article.date else "") for article in articles
    )


def coverage(archive: Archived) -> str:
    """Return in words which days the archive holds."""
    editions = archive.editions()
    dates = sorted({edition.date for edition in editions if edition.date})
    count = sum(edition.articles for edition in editions)
    if not count:
        return "档案中还没有报道。"
    if not dates:
        return f"档案共收录{count}篇报道。"
    if len(dates) == 1:
        return f"档案收录{dates[0]}的{count}篇报道。"
    return f"档案收录{dates[0]}至{dates[-1]}共{len(dates)}天的{count}篇报道。"


def not_found_text(nearest: Sequence[Article], archive: Archived, *, missing: str = "") -> str:
    """Return the words of an answer that could not be given."""
    text = f"档案中的报道没有提到{missing}。" if missing else "档案中的报道没有回答这个问题。"
    if nearest:
        text += f"最接近的报道：{listed(nearest)}。"
    return text + coverage(archive)


def claim_texts(claims: Sequence[Claim]) -> str:
    """Return the text of the shown claims, each a sentence."""
    return "".join(claim.text if _ENDED.search(claim.text) else f"{claim.text.rstrip('，；')}。" for claim in claims)

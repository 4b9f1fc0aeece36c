"""Articles that begin on one page and end on another: （下转第2版） joined with （上接第1版）, or marked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from rag.pages.editions import page_number
from rag.pages.lines import CONTINUED_FROM, ends_sentence
from rag.pages.ready import make_page
from rag.schema import Article, Page, Skip
from rag.text.tokens import bigrams

_ON = re.compile(r"\s*[（(【] ?下转 ?第? ?([A-Za-z]?\d{1,3}|[一二三四五六七八九十]{1,3}) ?版[^）)】]{0,12}[）)】]\s*$")
# How alike the halves must be where the pages agree, and where only their matter can tell.
_LEAST_LIKENESS = 0.02
_LIKENESS_ALONE = 0.1


def continued_on(body: str) -> str:
    """Return the page that the mark （下转第2版） at the end of a body names, or an empty string."""
    match = _ON.search(body[-40:])
    return page_number(match[1]) if match else ""


def joined(pages: Iterable[Page | Skip]) -> Iterator[Page | Skip]:
    """Yield the pages, the halves of articles put together at the first; pages without halves come through at once.

    Halves belong together when they are of one edition, name each other's pages (where the pages are known), and speak
    of the same matter. A half that stays alone is marked as one.
    """
    waiting: list[Page] = []
    for page in pages:
        if isinstance(page, Page) and any(article.continued_from or article.continued_on for article in page.articles):
            waiting.append(page)
        else:
            yield page
    yield from _joined(waiting)


def _joined(pages: Sequence[Page]) -> Iterator[Page]:
    articles = {(at, article.position): article for at, page in enumerate(pages) for article in page.articles}
    firsts = [key for key, article in articles.items() if article.continued_on]
    seconds = [key for key, article in articles.items() if article.continued_from]
    choices = sorted(
        (
            (_likeness(articles[first], articles[second]), first, second)
            for first in firsts
            for second in seconds
            if first[0] != second[0]
            and _may_belong(pages[first[0]], articles[first], pages[second[0]], articles[second])
        ),
        reverse=True,
    )
    taken: set[tuple[int, int]] = set()
    for score, first, second in choices:
        known = pages[first[0]].edition.page and pages[second[0]].edition.page
        if first in taken or second in taken or score < (_LEAST_LIKENESS if known else _LIKENESS_ALONE):
            continue
        taken |= {first, second}
        articles[first] = _one(articles[first], articles[second])
        del articles[second]
    for at, page in enumerate(pages):
        kept = [articles[at, old.position] for old in page.articles if (at, old.position) in articles]
        kept = [article if (at, article.position) in taken else _marked(article) for article in kept]
        gone = len(page.articles) - len(kept)
        notes = (
            (*page.notes, f"{gone} continuation(s) joined to their beginning on another page") if gone else page.notes
        )
        if kept:
            yield replace(make_page(kept, page.source, notes), edition=page.edition)


def _may_belong(page: Page, first: Article, other: Page, second: Article) -> bool:
    a, b = page.edition, other.edition
    same_file = page.source.split("#")[0] == other.source.split("#")[0]
    if not same_file and not (a.date and a.paper == b.paper and a.date == b.date):
        return False
    return _agree(first.continued_on, b.page) and _agree(second.continued_from, a.page)


def _agree(named: str, page: str) -> bool:
    return not page or named == page


def _likeness(first: Article, second: Article) -> float:
    one, other = set(bigrams(first.headline + first.body)), set(bigrams(second.headline + second.body))
    return len(one & other) / (min(len(one), len(other)) or 1)


def _one(first: Article, second: Article) -> Article:
    body = _ON.sub("", first.body)
    rest = CONTINUED_FROM.sub("", second.body).lstrip()
    gap = "\n" if ends_sentence(body) else ""
    return replace(
        first,
        body=body + gap + rest,
        subheads=first.subheads + second.subheads,
        confidence=min(first.confidence, second.confidence),
        continued_on=second.edition.page or first.continued_on,
        boxes=first.boxes + second.boxes,
    )


def _marked(article: Article) -> Article:
    if article.continued_from:
        missing = f"the beginning is on page {article.continued_from}, which was not found with this page"
    elif article.continued_on:
        missing = f"the rest is on page {article.continued_on}, which was not found with this page"
    else:
        return article
    return article if missing in article.doubts else replace(article, doubts=(*article.doubts, missing))

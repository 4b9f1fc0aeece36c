"""Story threads: what earlier editions said on a story, and which of its figures have changed since."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rag.archive import Archive
from rag.digest.copy import Line, cut, news_lines
from rag.digest.extract import claim_of
from rag.digest.figures import key_figures
from rag.digest.likeness import Likeness
from rag.digest.planning import Story
from rag.schema import Article, ThreadEntry
from rag.text.dates import date_mentions
from rag.text.numbers import Quantity, same_unit, same_value
from rag.text.tokens import bigrams

_DAYS, _ARTICLES = 60, 1000  # how far back, in editions and in articles
_ENTRIES = 3
_SURE, _LIKELY, _LEAD = 0.24, 0.17, 0.2
_NEAR = 0.92  # cosine of the embedder's vectors; e5 puts any two news texts above 0.75
_SAYS_LITTLE = re.compile(
    r"同比|环比|比上[年月]|增长|下降|增加|减少|提高|上升|下跌|达到?|累计|总计|合计|一共|共|约|超过?|近|逾|突破|实现|完成|分别|其中|截至|目前|已|为|至|的|了|有|由|在|和"
    r"|今年|去年|上半年|下半年|全年|[一二三四]季度|\d+月份?|\d+日|全[国省市县]"
)


@dataclass(frozen=True, slots=True)
class Measured:
    """A figure with the words around it that say what it measures."""

    figure: Quantity
    label: frozenset[str]
    name: str
    line: Line


def earlier_articles(archive: Archive, day: str, paper: str) -> tuple[Article, ...]:
    """Return the articles of the editions before `day`, newest first, as far back as threads go."""
    if not day:
        return ()
    dates = list(dict.fromkeys(one.date for one in archive.editions() if one.date and one.date < day))
    found: list[Article] = []
    for date in dates[:_DAYS]:
        found += [one for one in archive.edition_articles(date, paper) if one.kind not in {"ad", "notice"}]
        if len(found) >= _ARTICLES:
            break
    return tuple(found[:_ARTICLES])


def thread(story: Story, earlier: Sequence[Article], likeness: Likeness, nearness: Nearness) -> tuple[ThreadEntry, ...]:
    """Return what `earlier` articles said on a story, the newest first, at most three, each sentence verified."""
    by_id = {article.id: article for article in earlier}
    scored = [
        (_same_story(story.main, by_id[one], likeness, nearness), by_id[one])
        for one in likeness.neighbours(story.main.id)
        if one in by_id
    ]
    scored.sort(key=lambda pair: (-pair[0], pair[1].id))
    best = [article for score, article in scored[:_ENTRIES] if score > 0]
    now = [one for line in story.lines[0] for one in measured(line)]
    entries = []
    for article in sorted(best, key=lambda one: one.date, reverse=True):
        entry = _entry(article, now, story.main)
        if entry is not None:
            entries.append(entry)
    return tuple(entries)


class Nearness:
    """Cosines of the vectors that the archive already holds; 0 for articles that have none."""

    def __init__(self, archive: Archive, articles: Sequence[Article]) -> None:
        spans = archive.spans([article.id for article in articles])
        first = {article_id: of_article[0][0] for article_id, of_article in spans.items() if of_article}
        found, vectors = archive.vectors(sorted(first.values()))
        rows = {int(number): vectors[index] for index, number in enumerate(found)}
        self._rows = {article_id: rows[number] for article_id, number in first.items() if number in rows}

    def __call__(self, one: str, other: str) -> float:
        """Return the cosine of the openings of two articles (by id)."""
        if one not in self._rows or other not in self._rows:
            return 0.0
        return float(np.dot(self._rows[one], self._rows[other]))


def _same_story(article: Article, earlier: Article, likeness: Likeness, nearness: Nearness) -> float:
    """Return how surely two articles are on one story; 0 when they are not."""
    whole = likeness.whole(article.id, earlier.id)
    if whole < _LIKELY:
        return 0.0
    shared = likeness.rare(article.headline) & likeness.rare(earlier.headline)
    lead = likeness.lead(article.id, earlier.id)
    near = nearness(article.id, earlier.id)
    if whole >= _SURE and (shared or near >= _NEAR):
        return whole + 0.1 * lead
    if lead >= _LEAD and len(shared) >= 2:
        return whole + 0.1 * lead
    return 0.0


def measured(line: Line) -> tuple[Measured, ...]:
    """Return the figures of a line with what they measure, where the words around them say it."""
    text = line.text
    found = []
    for figure in key_figures(text):
        before = re.split(r"[，。；：、！？“”（）()]", text[: figure.start])[-1][-14:]
        after = re.split(r"[，。；：、！？“”（）()\d]", text[figure.end :])[0][:6]
        name = _SAYS_LITTLE.sub("", before + after)
        label = frozenset(bigrams(name))
        if len(label) >= 2:
            found.append(Measured(figure, label, (before + after).strip(), line))
    return tuple(found)


def same_measure(one: Measured, other: Measured) -> bool:
    """Return True when two figures measure the same thing, whatever their values."""
    if not same_unit(one.figure, other.figure):
        return False
    shared = len(one.label & other.label)
    return 2 * shared / (len(one.label) + len(other.label)) >= 0.6


def conflicting(one: Measured, other: Measured) -> bool:
    """Return True when two reports of one day give different values for the same thing at the same time."""
    if not same_measure(one, other) or same_value(one.figure, other.figure):
        return False
    if {one.figure.bound, other.figure.bound} != {"exact"} and _round_off(one.figure, other.figure):
        return False
    return _dates(one) == _dates(other)


def _round_off(one: Quantity, other: Quantity) -> bool:
    """近40家 beside 39家 is no conflict."""
    high, low = max(one.value, other.value), min(one.value, other.value)
    return high == 0 or (high - low) / high <= 0.1


def _dates(item: Measured) -> frozenset[str]:
    return frozenset(mention.iso or mention.text for mention in date_mentions(item.line.text, item.line.article.date))


def _entry(article: Article, now: Sequence[Measured], main: Article) -> ThreadEntry | None:
    """Return what an earlier article said: the figure that the story gives anew, else its news."""
    lines = news_lines(article)
    change = ""
    best: Line | None = None
    for line in lines:
        for then in measured(line):
            match = next(
                (one for one in now if same_measure(one, then) and not same_value(one.figure, then.figure)), None
            )
            if match is not None:
                change = f"{then.figure.text}（{article.date}）→ {match.figure.text}（{main.date}）"
                best = line
                break
        if best is not None:
            break
    if best is None and lines:
        headline = frozenset(bigrams(article.headline))
        best = max(lines[:4], key=lambda line: len(headline & set(bigrams(line.text))) / (8 + line.order))
    claim = claim_of(cut(best)) if best is not None else None
    return ThreadEntry(article.date, article.id, article.title, claim, change) if claim is not None else None

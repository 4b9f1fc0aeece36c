"""What a digest tells: articles ranked as their pages rank them, grouped into stories, the rest accounted for."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rag.archive.twins import runs, share, sketch
from rag.digest.copy import Line
from rag.digest.extract import summary_lines
from rag.digest.figures import key_figures
from rag.digest.likeness import Likeness, connected
from rag.schema import Article, LeftOut

MOST_STORIES = 40
_COPY = 0.7  # the same text: this share of the shorter one is in the other
_SAME_WHOLE, _SAME_LEAD = 0.30, 0.22  # two reports of one event
_TOP = 5
SECTIONS = ("要闻", "综合", "图片", "公告")
_FRONT = re.compile(r"[A-Za-z]?0*1|头版|要闻")


@dataclass(frozen=True, slots=True)
class Story:
    """Reports of one event, the fullest first, with the lines that stand for each; higher `rank` comes first."""

    articles: tuple[Article, ...]
    lines: tuple[tuple[Line, ...], ...]
    rank: float
    section: str

    @property
    def main(self) -> Article:
        """The report the story is told from."""
        return self.articles[0]


@dataclass(frozen=True, slots=True)
class Plan:
    """The stories of a digest, best first, and the articles it leaves out."""

    stories: tuple[Story, ...]
    left_out: tuple[LeftOut, ...]


def plan(articles: Sequence[Article], likeness: Likeness, *, most: int = MOST_STORIES) -> Plan:
    """Return what a digest of `articles` tells and what it leaves out, with a reason for each."""
    left_out: list[LeftOut] = []
    lines: dict[str, tuple[Line, ...]] = {}
    for article in articles:
        reason, found = _told(article)
        if reason:
            left_out.append(LeftOut(article.id, article.title, reason))
        else:
            lines[article.id] = found
    kept = {article.id: article for article in articles if article.id in lines}
    sizes = Counter(article.edition for article in articles)
    worth = {one: newsworthiness(article, sizes[article.edition]) for one, article in kept.items()}
    for copy, original in _copies(list(kept.values()), worth).items():
        left_out.append(LeftOut(copy, kept[copy].title, f"与《{kept[original].title}》重复"))
        del kept[copy]
    ranked = sorted(_stories(kept, lines, worth, likeness), key=lambda story: -story.rank)
    for story in ranked[most:]:
        left_out += [LeftOut(one.id, one.title, f"排在第{most}条以后") for one in story.articles]
    return Plan(_sectioned(ranked[:most]), tuple(left_out))


def newsworthiness(article: Article, neighbours: int) -> float:
    """Return how prominently the paper printed an article among its page's: page, place, headline, length, kind."""
    page = article.edition.page
    number = re.search(r"\d+", page)
    worth = 0.6 if page and _FRONT.fullmatch(page) else -0.08 * min(int(number[0]), 12) if number else 0.0
    worth += 0.3 * (1 - min(article.position / max(neighbours, 1), 1.0))
    worth += 0.25 * bool(article.kicker) + 0.15 * bool(article.subtitle) + 0.15 * bool(key_figures(article.headline))
    worth += 0.6 * min(math.log1p(len(article.body) / 200) / math.log1p(8), 1.0)
    worth += {"photo": -1.0, "notice": -0.8, "continuation": 0.1}.get(article.kind, 0.0)
    return worth


def _told(article: Article) -> tuple[str, tuple[Line, ...]]:
    if article.kind == "ad":
        return "广告", ()
    lines = summary_lines(article)
    if not lines:
        return ("正文太短" if len(article.body) < 40 else "没有可以摘录的句子"), ()
    return "", lines


def _copies(articles: Sequence[Article], worth: Mapping[str, float]) -> dict[str, str]:
    """Return the articles that repeat another's text, each with the one that is kept for it."""
    ordered = sorted(articles, key=lambda one: (-len(one.body) // 200, -worth[one.id]))
    texts = {article.id: runs(article.body) for article in ordered}
    having: dict[int, list[str]] = {}
    found: dict[str, str] = {}
    for article in ordered:
        values = sketch(texts[article.id])
        alike = Counter(other for value in values for other in having.get(value, ()))
        for other, common in alike.most_common():
            if common >= 2 and share(texts[article.id], texts[other]) >= _COPY:
                found[article.id] = other
                break
        else:
            for value in values:
                having.setdefault(value, []).append(article.id)
    return found


def _stories(
    kept: Mapping[str, Article], lines: Mapping[str, tuple[Line, ...]], worth: Mapping[str, float], likeness: Likeness
) -> list[Story]:
    ids = list(kept)
    pairs = [
        (one, other)
        for one in ids
        for other in likeness.neighbours(one)
        if other in kept and likeness.whole(one, other) >= _SAME_WHOLE and likeness.lead(one, other) >= _SAME_LEAD
    ]
    stories = []
    for group in connected(ids, pairs):
        members = sorted((kept[one] for one in group), key=lambda one: -worth[one.id])
        rank = worth[members[0].id] + min(0.4 * (len(members) - 1), 1.0)
        stories.append(Story(tuple(members), tuple(lines[one.id] for one in members), rank, ""))
    return stories


def _sectioned(ranked: Sequence[Story]) -> tuple[Story, ...]:
    """Put each story under a plain heading; the paper's own section name where it is known."""
    named: list[Story] = []
    for index, story in enumerate(ranked):
        own = story.main.metadata.get("section")
        if story.main.kind == "photo":
            section = "图片"
        elif story.main.kind == "notice":
            section = "公告"
        elif isinstance(own, str) and 0 < len(own.strip()) <= 12:
            section = own.strip()
        else:
            section = "要闻" if index < min(_TOP, (len(ranked) + 1) // 2) else "综合"
        named.append(Story(story.articles, story.lines, story.rank, section))
    order = {"图片": 1, "公告": 2}
    return tuple(sorted(named, key=lambda story: order.get(story.section, 0)))

"""Evidence: from the articles that search found, the few sentences that bear on each part of a question.

What is chosen here is all that the reader is shown and the model reads, so every part of the question gets its share of
the token budget before any part gets a second sentence.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.grounding.bearing import Bearing, Line, Part, article_lines, bearing, enumerates
from rag.grounding.fitting import fitted
from rag.schema import Article, Evidence
from rag.text.numbers import flat

# Lines read in full for one part; the rest share too few words with the question to be worth the time.
_MAX_LINES = 48
_PER_PART = 4
_SHORT_OF_BEST = 0.25  # a further sentence is evidence when its chance is at least this share of the best one's


@dataclass(frozen=True, slots=True)
class Support:
    """A part of the question with its lines, best first."""

    part: Part
    bearings: tuple[Bearing, ...]

    @property
    def best(self) -> Bearing | None:
        """The line most likely to answer."""
        return self.bearings[0] if self.bearings else None


def tokens(text: str) -> int:
    """Return about how many tokens a Chinese text costs a model, on the high side."""
    return int(len(text) * 0.75) + 1


def gather(part: Part, articles: Sequence[Article]) -> Support:
    """Return the lines of `articles` (best article first) that bear on `part`, best first."""
    part = fitted(part, articles)
    lines = [line for article in articles for line in article_lines(article)]
    if len(lines) > _MAX_LINES:
        lines = sorted(lines, key=lambda line: -_quick(part, line))[:_MAX_LINES]
    rank = {article.id: index for index, article in enumerate(articles)}
    ids = {id(article): article.id for article in articles}
    found = [bearing(part, line) for line in lines]
    found.sort(key=lambda one: (0.004 * rank[ids[id(one.line.article)]] - _order(part, one), one.line.start))
    return Support(part, tuple(found))


def _order(part: Part, found: Bearing) -> float:
    """Return what lines are sorted by: the chance, and for reasons, places and words said how plainly it is marked."""
    if part.asked.kind in {"reason", "place", "speech", "manner"}:
        return found.chance + 0.25 * found.signals.fit
    if enumerates(part, found.line):
        return found.chance + 0.4
    return found.chance


def _quick(part: Part, line: Line) -> float:
    text, around = flat(line.text), flat(line.article.headline)
    score = 0.0
    for term in (*part.terms, *part.topic):
        if term.text in text:
            score += term.weight
        elif term.text in around:
            score += 0.5 * term.weight
        elif len(term.text) > 2 and (term.text[:2] in text or term.text[-2:] in text):
            score += 0.4 * term.weight
    return score


def select_evidence(supports: Sequence[Support], budget: int) -> tuple[Evidence, ...]:
    """Return the numbered evidence for all parts within about `budget` tokens; the best line of each part comes first."""
    chosen: list[Bearing] = []
    spent = 0
    for place in range(_PER_PART):
        for support in supports:
            if place >= len(support.bearings):
                continue
            candidate = support.bearings[place]
            best = support.bearings[0].chance
            if place and candidate.chance < max(0.08, _SHORT_OF_BEST * best):
                continue
            cost = tokens(candidate.line.text)
            if _held(candidate, chosen) or (chosen and spent + cost > budget):
                continue
            chosen.append(candidate)
            spent += cost
    return tuple(
        Evidence(number, one.line.article, one.line.start, one.line.end, round(one.chance, 4))
        for number, one in enumerate(chosen, 1)
    )


def _held(candidate: Bearing, chosen: Sequence[Bearing]) -> bool:
    """Return True when the same words are there already, from this article or from another that ran them too."""
    bare = re.sub(r"\W", "", candidate.line.text)
    return any(bare == re.sub(r"\W", "", one.line.text) for one in chosen)


def evidence_of(line: Line, number: int = 1, score: float = 0.0) -> Evidence:
    """Return the line as evidence."""
    return Evidence(number, line.article, line.start, line.end, score)

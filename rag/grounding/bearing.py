"""How much a sentence bears on a question, and whether it answers it: signals, and the weights that join them.

A sentence is read where it stands: the headline, the opening and the sentences around it say what it is about. The
signals are general (which words of the question are there, how rare the missing ones are, whether something fits the
hole, how near it stands to the noun that was asked for, whether dates agree); their weights were fitted by logistic
regression on question-and-passage pairs from news and encyclopaedia, with and without the answer.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from rag.grounding.asked import Asked, is_generic, read_asked
from rag.grounding.fillers import Filler, fillers
from rag.grounding.terms import Term, content_terms, presence
from rag.schema import Article
from rag.text.dates import DateMention, agrees, date_mentions
from rag.text.numbers import flat
from rag.text.sentences import sentence_spans

_CLAUSE = re.compile(r"[，；：。！？,;:!?\n…]+|……")
_BARE_YEAR = re.compile(r"(?<![\d.])((?:19|20)\d\d)(?![\d年.%])")


@dataclass(frozen=True, slots=True)
class Part:
    """One thing asked: its text made to stand alone, the hole, the words to find and the nouns next to the hole.

    `topic` are words from the conversation that name what it is about; they help to find it, and need not be repeated.
    """

    text: str
    asked: Asked
    terms: tuple[Term, ...]
    near: tuple[Term, ...]
    topic: tuple[Term, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence of an article with what stands around it."""

    article: Article
    start: int
    end: int
    text: str
    before: tuple[str, ...]
    after: str
    lead: str


@dataclass(frozen=True, slots=True)
class Bearing:
    """How a line bears on a part: `chance` in 0..1 that it answers, the `filler` that would be the answer, the signals."""

    line: Line
    chance: float
    filler: Filler | None
    signals: tuple[float, ...]


SIGNALS = ("here", "around", "missing", "near_here", "fit", "beside", "dates", "head", "shared")


def read_part(text: str, topic: Sequence[Term] = ()) -> Part:
    """Return `text`, one question, read for its hole and its words."""
    asked = read_asked(text)
    terms = tuple(term for term in content_terms(_without_hole(text, asked)) if not is_generic(term.text))
    near = _near(asked, terms)
    own = {term.text for term in terms}
    return Part(text, asked, terms, near, tuple(term for term in topic if term.text not in own))


def _without_hole(text: str, asked: Asked) -> str:
    if asked.unit and asked.after.startswith(asked.unit):
        return f"{asked.before} {asked.after[len(asked.unit) :]}"
    return f"{asked.before} {asked.after}" if asked.after else asked.before or text


def _near(asked: Asked, terms: Sequence[Term]) -> tuple[Term, ...]:
    """Return the words beside the hole: the two before it, the two after it."""
    before = [term for term in terms if term.text in asked.before]
    after = [term for term in terms if term.text in asked.after and term not in before]
    before.sort(key=lambda term: asked.before.rfind(term.text))
    after.sort(key=lambda term: asked.after.find(term.text))
    if asked.kind in {"person", "organisation"} and after:
        return tuple(after[:2])
    return tuple((before[-1:] if after else before[-2:]) + after[:2])


def article_lines(article: Article) -> tuple[Line, ...]:
    """Return the sentences of `article` in order."""
    body = article.body
    spans = sentence_spans(body)
    lead = " ".join(body[start:end] for start, end in spans[:2])
    lines = []
    for index, (start, end) in enumerate(spans):
        before = []
        for back in range(index - 1, max(-1, index - 4), -1):
            before.append(body[spans[back][0] : spans[back][1]])
            if "\n" in body[spans[back][1] : start]:
                break
        after = body[spans[index + 1][0] : spans[index + 1][1]] if index + 1 < len(spans) else ""
        lines.append(Line(article, start, end, body[start:end], tuple(before), after, lead))
    return tuple(lines)


def bearing(part: Part, line: Line) -> Bearing:
    """Return how `line` bears on `part`."""
    article = line.article
    text, headline = flat(line.text), flat(article.headline)
    total = sum(term.weight for term in part.terms) or 1.0
    here = around = head = 0.0
    missing = 0.0
    for term in part.terms:
        found = presence(term, text)
        context = max(found, _context(term, line, headline))
        here += term.weight * found
        around += term.weight * context
        head += term.weight * presence(term, headline)
        if context < 0.5:
            missing = max(missing, term.weight * (1 - context))
    near = _share(part.near, text)
    filler, beside, fit = _best_filler(part, line, text)
    dates = _dates(part.text, line)
    shared = _shared(part.text, text)
    signals = (here / total, around / total, missing, near, fit, beside, dates, head / total, shared)
    return Bearing(line, _chance(part, signals), filler, signals)


def _context(term: Term, line: Line, headline: str) -> float:
    scores = [
        0.9 * presence(term, headline),
        0.75 * presence(term, flat(line.lead)),
        0.55 * presence(term, flat(line.after)),
    ]
    scores += [
        weight * presence(term, flat(text)) for weight, text in zip((0.85, 0.75, 0.65), line.before, strict=False)
    ]
    scores.append(0.4 * presence(term, flat(line.article.body)))
    return max(scores)


def _share(terms: Sequence[Term], text: str) -> float:
    total = sum(term.weight for term in terms)
    return sum(term.weight * presence(term, text) for term in terms) / total if total else 1.0


def clauses(text: str) -> list[tuple[int, int]]:
    """Return the spans of the clauses of a sentence, without the marks that end them."""
    spans: list[tuple[int, int]] = []
    at = 0
    for match in _CLAUSE.finditer(text):
        if (
            match.group() in {",", ":", "."}
            and text[match.start() - 1 : match.start()].isdigit()
            and text[match.end() : match.end() + 1].isdigit()
        ):
            continue
        if match.start() > at:
            spans.append((at, match.start()))
        at = match.end()
    if at < len(text):
        spans.append((at, len(text)))
    return spans


def _best_filler(part: Part, line: Line, text: str) -> tuple[Filler | None, float, float]:
    """Return the filler that sits best beside the words next to the hole, how well it sits, and how well it fits."""
    best: tuple[float, float, Filler | None] = (-1.0, 0.0, None)
    pieces = clauses(text)
    for filler in fillers(part.asked, text, line.article.date):
        if _repeats(part, text[filler.start : filler.end]):
            continue
        index = next((i for i, (start, end) in enumerate(pieces) if start <= filler.start < end), 0)
        start, end = pieces[index] if pieces else (0, len(text))
        own = text[min(start, filler.start) : max(end, filler.end)]
        wide_start = pieces[index - 1][0] if index else start
        wide_end = pieces[index + 1][1] if index + 1 < len(pieces) else end
        wide = text[wide_start : max(wide_end, filler.end)]
        sits = 0.0
        for term in part.near:
            share = max(presence(term, own), 0.6 * presence(term, wide))
            sits += term.weight * (share - 0.004 * _distance(term.text, text, filler))
        weight = sum(term.weight for term in part.near)
        sits = sits / weight if weight else 0.5
        if filler.fit * (0.3 + sits) > best[0]:
            best = (filler.fit * (0.3 + sits), max(0.0, sits), filler)
    return best[2], best[1], best[2].fit if best[2] else 0.0


def _repeats(part: Part, text: str) -> bool:
    """A name or figure that the question itself holds is not what it asks for."""
    return part.asked.kind in {"person", "quantity", "date", "duration"} and text in flat(part.text)


def _distance(word: str, text: str, filler: Filler) -> int:
    places = [match.start() for match in re.finditer(re.escape(word), text)]
    return min((min(abs(at + len(word) - filler.start), abs(at - filler.end)) for at in places), default=12)


@lru_cache(maxsize=4096)
def question_dates(question: str, edition: str) -> tuple[DateMention, ...]:
    """Return the dates a question names; a bare 2022 counts as a year."""
    return date_mentions(_BARE_YEAR.sub(r"\1年", flat(question)), edition)


def _dates(question: str, line: Line) -> float:
    """Return 1 when the line has the question's dates, 0.5 when it has none of its own, 0 when it has others."""
    edition = line.article.date
    asked = question_dates(question, edition)
    if not asked:
        return 0.7
    score = 0.0
    for wanted in asked:
        here = date_mentions(flat(line.text), edition)
        if any(agrees(wanted, one) for one in here):
            score += 1.0
            continue
        around = [
            one
            for text in (*line.before[:2], line.article.headline, line.lead)
            for one in date_mentions(flat(text), edition)
        ]
        if any(agrees(wanted, one) for one in around):
            score += 0.8
        elif wanted.year and any(one.year and one.year != wanted.year and "year" not in one.assumed for one in here):
            score += 0.0
        elif wanted.year and edition.startswith(str(wanted.year)):
            score += 0.7
        else:
            score += 0.35
    return score / len(asked)


@lru_cache(maxsize=4096)
def _bigrams(text: str) -> frozenset[str]:
    letters = re.sub(r"[^\w]", "", text)
    return frozenset(letters[i : i + 2] for i in range(len(letters) - 1))


def _shared(question: str, text: str) -> float:
    """Return the share of the question's bigrams found in the text."""
    wanted = _bigrams(flat(question))
    return len(wanted & _bigrams(text)) / len(wanted) if wanted else 0.0


_WEIGHTS: dict[str, tuple[float, ...]] = {"": (-7.1, -0.68, 3.96, 0.45, 0.78, 1.68, 1.07, 1.14, 1.1, 2.97)}


def _chance(part: Part, signals: tuple[float, ...]) -> float:
    weights = _WEIGHTS.get(part.asked.kind, _WEIGHTS[""])
    value = weights[0] + sum(weight * signal for weight, signal in zip(weights[1:], signals, strict=True))
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, value))))

"""What a question takes for granted, and whether a sentence says the opposite.

为什么满意度降到78% asserts 满意度降到78%. The assertion is read out of the question and judged like any claim: where the
sentence speaks of the same thing and turns it round (another direction or figure, a denial, a plan for a deed), the
question rests on something the report does not say.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.grounding.asked import CONFIRM
from rag.grounding.misnamed import Misnamed, misnamed, names_something
from rag.grounding.names import people
from rag.grounding.placing import Clause, place_by_facts, place_clauses, rank_sources
from rag.grounding.reading import DATE, QUANTITY, Reading, read, squeezed
from rag.grounding.signals import clauses
from rag.grounding.verify import contradictions, verify
from rag.schema import Article, Evidence
from rag.text.numbers import flat, number_value
from rag.text.sentences import sentence_spans

_ASKS_WHY = re.compile(
    r"为什么|为何|为啥|缘何|何以|凭什么|因何|怎么会|(?:怎么|为什么)?反[而倒]|怎么(?=[又就还没不突升降增减涨跌])"
)
_ASKS_CAUSE = re.compile(
    r"(?:的|是)?(?:主要|具体)?(?:原因|缘由|理由)(?:是什么|有哪些|何在|是啥|为何)?$|是(?:因为|由于)(?:什么|啥)(?:原因)?$"
)
_ASKS_WHETHER = re.compile(r"是不是|是否|有没有(?=[^有])")
_ASKS_HOW = re.compile(r"什么时候|什么时间|何时|哪一?[天年]|在(?:哪里|哪儿|何处)|如何|怎么样?|怎样")
_HOLE = re.compile(r"多少|什么|谁|哪|几|何|如何|怎|吗|呢|多[大高长久远重]|是否|有没有|是不是|还是")
_TAIL = re.compile(rf"[，,]?(?:{CONFIRM}|吗|(?<!什)么|嘛|呢)$")
_TAG = re.compile(rf"[，,](?:{CONFIRM})$")
_OPENING = re.compile(r"^(?:请问|请问一下|那么?|我想知道|想问一下|听说)[，,]?")
# A figure the sentence does not have contradicts nothing; and a question asks of plans as if they were facts.
_SILENT = re.compile(r"原文没有“[^”]*”(?:这个时间)?$|原文说的是“")
# Denial and tense are told in many ways (排除了可能性): they contradict only what the sentence says nearly word for word.
_UNSURE = re.compile(r"否定|没有说“|(?:是|不是)“(?:将|拟|计划|已|已经|正在|预计)")
# A bare number in the question (3标段) names a thing; it is not what the sentence counts (26个).
_UNLIKE = re.compile(r"原文是“[^”]*[^\d.,”]”，不是“[\d.,]+”$")
# 2022世界杯 is of 2022年.
_SAME_YEAR = re.compile(r"原文(?:是|的时间是)“((?:19|20)\d\d)年?”，不是“\1年?”$")
# What a figure counts is told in many ways too (办了十年, 成立十年来): it contradicts no statement made in passing.
_COUNTED = re.compile(r"原文的“[^”]*”指的是")
_CLOSE = 0.7
_TELLS = 8  # characters of a clause that may tell something
# Matched tokens side by side, figures apart, that show a sentence to speak of the same thing, so many of them in no name.
_ABOUT, _UNNAMED = 3, 2


@dataclass(frozen=True, slots=True)
class Contradiction:
    """The clause at `body[start:end]` of the evidence's article that turns the premise round, and how, in words."""

    clause: str
    start: int
    end: int
    reasons: tuple[str, ...]


def premise(question: str) -> str:
    """Return what `question` asserts: when it asks why, whether, when or how, or in clauses before the one that asks.

    Empty where it asserts nothing.
    """
    text = _asked(question)
    if told := _told_first(text):
        return _as_printed(told)
    stated = _TAIL.sub("", text)
    for pattern in (_ASKS_WHY, _ASKS_CAUSE, _ASKS_WHETHER, _ASKS_HOW):
        stated = pattern.sub("", stated, count=1)
    return _as_printed(stated.strip("，, ")) if stated != text and len(stated) >= 4 else ""


def _as_printed(spoken: str) -> str:
    """Return how a paper puts 少了5% and 多了30人 (but not 减少了, 最多了)."""
    return _MORE_OR_LESS.sub(lambda match: _DIRECTIONS[match[1]], spoken)


_MORE_OR_LESS = re.compile(r"(?<![减缺增变至最偏])([多少])了(?=\d)")
_DIRECTIONS = {"多": "增加了", "少": "减少了"}


def _asked(question: str) -> str:
    return _OPENING.sub("", squeezed(question).strip("？?。！! "))


def _told_first(text: str) -> str:
    """Return the clauses before the one that asks (大会已经开过了，表彰了多少人), where they tell something."""
    *ahead, asking = text.split("，")
    told = "，".join(ahead)
    if not ahead or not _HOLE.search(asking) or _HOLE.search(told) or len(told) < _TELLS:
        return ""
    return told


def contradicted(question: str, evidence: Evidence) -> Contradiction | None:
    """Return how the evidence sentence contradicts what `question` takes for granted, or None.

    A premise that any sentence of the article bears out is not contradicted by another.
    """
    if other := misnamed(question, evidence):
        return _misnamed(other, evidence)
    stated = premise(question)
    if not stated:
        return None
    sources = rank_sources(stated, [evidence])
    if not sources:
        return None
    claim = read(stated, evidence.article.date)
    told = _told_first(_asked(question))
    reasons: list[str] = []
    touched: set[int] = set()
    for placed in place_clauses(claim, sources):
        clause = place_by_facts(claim, placed, sources)
        codes = sources[0].reading.codes.tolist()
        if _longest_run(clause.pairs, codes) >= _ABOUT and _longest_run(_unnamed(claim, clause), codes) >= _UNNAMED:
            found = [
                reason
                for reason in contradictions(claim, clause, sources)
                if not (_SILENT.match(reason) or _UNLIKE.match(reason) or (told and _COUNTED.match(reason)))
                and not (_of_the_first(reason) or _SAME_YEAR.match(reason) or _in_a_name(reason, question))
            ]
            if clause.share < _CLOSE or not _states_fact(question):
                found = [reason for reason in found if not _UNSURE.search(reason)]
            reasons.extend(found)
            touched.update(j for j in clause.pairs if j >= 0 and found)
    if not reasons or verify(stated, _sentences(evidence.article), question=question).verdict == "supported":
        return None
    reading = sources[0].reading
    clauses = {reading.clauses[j] for j in touched} | _named_clauses(reading, reasons)
    begin, end = _span(evidence.quote, reading, clauses)
    return Contradiction(
        evidence.quote[begin:end], evidence.start + begin, evidence.start + end, tuple(dict.fromkeys(reasons))
    )


def _of_the_first(reason: str) -> bool:
    """Return whether the question is of the first one of a row, and the source of a later one: there was a first."""
    numbers = _NUMBERS.match(reason)
    return numbers is not None and number_value(numbers[1]) == 1


def _in_a_name(reason: str, question: str) -> bool:
    """Return whether the figure that is said to differ is part of a name that the question quotes (“黄金18条”)."""
    figure = _FIGURE_ASKED.search(reason)
    return figure is not None and any(figure[1] in one[0] for one in _NAMED.finditer(question))


_FIGURE_ASKED = re.compile(r"不是“([^”]*\d[^”]*)”$")
_NAMED = re.compile(r"[“《「『][^”》」』]*[”》」』]")
_NUMBERS = re.compile(r"原文是“第\w+?[届期批轮代任]”，不是“第(\w+?)[届期批轮代任]”")


def _misnamed(other: Misnamed, evidence: Evidence) -> Contradiction:
    begin, end = next(
        (one for one in clauses(evidence.quote) if one[0] <= other.start < one[1]), (other.start, other.end)
    )
    reason = f"原文是“{other.said}”，不是“{other.asked}”"
    return Contradiction(evidence.quote[begin:end], evidence.start + begin, evidence.start + end, (reason,))


def takes_for_granted(question: str) -> bool:
    """Return whether `question` asks why or whether it is so, tells something first, or gives somebody an office."""
    text = _asked(question)
    return bool(_ASKS_WHY.search(text) or _TAG.search(text) or _told_first(text)) or names_something(question)


def _states_fact(question: str) -> bool:
    """Return True for 为什么 and 是否, which assert; when and how only name what they ask after."""
    return not _ASKS_HOW.search(question)


def _unnamed(claim: Reading, clause: Clause) -> tuple[int, ...]:
    """Return the source tokens of the clause's words that are in no person's name: that alone tells of nothing."""
    names = [(one.start, one.end) for one in people(claim.text)]
    return tuple(
        j
        for i, j in enumerate(clause.pairs, clause.first)
        if not any(start <= claim.starts[i] < end for start, end in names)
    )


def _longest_run(pairs: tuple[int, ...], codes: list[int]) -> int:
    """Return how many matched tokens, figures apart, stand side by side in the sentence."""
    best = run = 0
    previous = -2
    for j in pairs:
        if j < 0:
            continue
        run = run + 1 if j == previous + 1 else 1
        if codes[j] in {QUANTITY, DATE}:
            run = 0
        best, previous = max(best, run), j
    return best


def _sentences(article: Article) -> list[Evidence]:
    return [Evidence(number, article, *span) for number, span in enumerate(sentence_spans(article.body), 1)]


def _span(quote: str, reading: Reading, numbers: set[int]) -> tuple[int, int]:
    """Return the stretch of `quote` that holds the clauses with these numbers."""
    places = _places(quote, reading.text)
    inside = [k for k in range(len(reading)) if reading.clauses[k] in numbers]
    if not inside or len(places) < len(reading.text):
        return 0, len(quote)
    return places[reading.starts[inside[0]]], places[reading.ends[inside[-1]] - 1] + 1


def _named_clauses(reading: Reading, reasons: Sequence[str]) -> set[int]:
    """Return the clauses that hold the source's words which the reasons name (原文是“增长”)."""
    found: set[int] = set()
    for reason in reasons:
        match = re.match(r"原文(?:是|的[^“]*)“([^”]+)”", reason)
        at = reading.text.find(match[1]) if match else -1
        found.update(reading.clauses[k] for k in range(len(reading)) if reading.starts[k] <= at < reading.ends[k])
    return found


def _places(quote: str, text: str) -> list[int]:
    """Return where each character of the squeezed `text` stands in `quote`; squeezing only takes white space out."""
    places: list[int] = []
    for at, char in enumerate(flat(quote)):
        if len(places) < len(text) and char == text[len(places)]:
            places.append(at)
    return places

"""Whether a sentence answers *this* question: the figure, name or date in it is bound to the thing asked for.

A sentence about the right project with a figure of the right unit is not yet an answer: 日处理2.5万立方米 does not
tell the investment, 年产值250亿元 is no GDP target, a 副市长 is not the 市长. `binds` finds the hole of the
question, the candidates in the sentence that could fill it, and asks whether the words that stand by the hole stand
by the candidate too. It also notices when the sentence contradicts what the question takes for granted.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.grounding.asked import Asked, Kind, is_generic, read_asked
from rag.grounding.names import MODIFIERS, TITLES, Person, people
from rag.grounding.premise import contradicted
from rag.grounding.reading import facts_of, squeezed
from rag.grounding.terms import Term, content_terms, presence
from rag.schema import Evidence
from rag.text.dates import DateMention, date_mentions
from rag.text.numbers import Quantity, flat, quantities, same_unit
from rag.text.wordlist import listed

_MONEY = frozenset(
    listed("""
    元 美元 欧元 日元 英镑 港元 澳元 加元 韩元 卢布 卢比 新元 泰铢 瑞士法郎 法郎
    """)
)
_PEOPLE = frozenset(("人", "人次", "个", "户"))
_SPANS = frozenset(
    listed("""
    年 个月 月 天 小时 分钟 秒 周 季度 个工作日 个季度 年代 世纪
    """)
)
_COUNTS = frozenset(
    listed("""
    个 家 项 件 条 所 座 处 种 类 款 起 人 户 支 次 份 例 篇 部 批 组 股 场 台 辆 套
    """)
)
_CLAUSE = re.compile(r"[^，。；：！？\n]+[，。；：！？]?")
_NEIGHBOUR = 160  # characters before the sentence that a reader still has in mind


@dataclass(frozen=True, slots=True)
class Binding:
    """What a sentence is to a question.

    `answers` says that it fills the question's hole. `value` is what fills it, at `body[start:end]` of the
    evidence's article; `clause` is the clause to quote, at `body[clause_start:clause_end]`. `missing` are the
    question's words that neither the sentence nor what a reader knows with it (headline, the lines before) has.
    `conflict` says in words how the sentence contradicts the question's premise, and is empty when it does not.
    `reasons` explain a refusal. `strength` in 0..1 ranks sentences that answer.
    """

    kind: Kind
    answers: bool
    value: str = ""
    start: int = 0
    end: int = 0
    clause: str = ""
    clause_start: int = 0
    clause_end: int = 0
    strength: float = 0.0
    missing: tuple[str, ...] = ()
    conflict: str = ""
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Candidate:
    """Something in the sentence that could fill the hole, with how well the words by the hole stand by it."""

    text: str
    start: int
    end: int
    bound: float = 0.0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Question:
    """A question taken apart: the hole, the words that stand by it, and the words that say what it is about."""

    text: str
    asked: Asked
    focus: tuple[Term, ...]
    about: tuple[Term, ...]


def binds(question: str, evidence: Evidence) -> Binding:
    """Return whether, and with what, the evidence sentence answers `question`."""
    parsed = _parse(question)
    quote = evidence.quote
    missing = tuple(term.text for term in parsed.about if term.weight >= 0.55 and not _known(term, evidence))
    named = any(not _has_digit(word) for word in missing)
    turned = None if named else contradicted(question, evidence)
    if turned is not None:
        said = f"原文说的是“{turned.clause}”"
        return Binding(
            parsed.asked.kind, False, turned.clause, turned.start, turned.end, turned.clause, turned.start, turned.end,
            conflict=said, reasons=turned.reasons,
        )  # fmt: skip
    candidates = _candidates(parsed, evidence)
    best = max(candidates, key=lambda item: item.bound, default=None)
    if best is None or best.bound <= 0:
        reasons = tuple(dict.fromkeys(item.reason for item in candidates if item.reason)) or (_nothing(parsed.asked),)
        return Binding(parsed.asked.kind, False, missing=missing, reasons=reasons)
    begin, stop = _clause_of(quote, best)
    absent = tuple(f"原文没有提到“{word}”" for word in missing)
    weight = sum(term.weight for term in parsed.about) or 1.0
    known = sum(term.weight * _known(term, evidence) for term in parsed.about) / weight if parsed.about else 1.0
    return Binding(
        kind=parsed.asked.kind,
        answers=not missing,
        value=best.text,
        start=evidence.start + best.start,
        end=evidence.start + best.end,
        clause=quote[begin:stop],
        clause_start=evidence.start + begin,
        clause_end=evidence.start + stop,
        strength=round(min(1.0, 0.5 * best.bound + 0.5 * known), 3),
        missing=missing,
        reasons=absent,
    )


def _parse(question: str) -> _Question:
    text = flat(question).strip().rstrip("？?。！! ")
    asked = read_asked(text)
    terms = content_terms(text)
    focus = tuple(_focus(asked, terms))
    return _Question(text, asked, focus, tuple(term for term in terms if term not in focus))


def _focus(asked: Asked, terms: Sequence[Term]) -> list[Term]:
    """Return the words that stand by the hole: the noun it counts, the verb whose date or doer is asked for."""
    behind = [term for term in terms if term.text in asked.after and not is_generic(term.text)]
    ahead = [term for term in terms if term.text in asked.before and not is_generic(term.text)]
    if asked.kind in {"person", "date", "place", "organisation", "duration"}:
        return behind or ahead[-2:]
    if asked.kind == "quantity":
        return behind[:2] or ahead[-1:]
    return behind or ahead[-1:]


def _context(evidence: Evidence) -> str:
    article = evidence.article
    before = article.body[max(0, evidence.start - _NEIGHBOUR) : evidence.start]
    return f"{article.headline} {article.dateline} {before} {evidence.quote}"


def _known(term: Term, evidence: Evidence) -> float:
    found = presence(term, flat(_context(evidence)))
    if found < 0.5:
        found = max(found, 0.9 * presence(term, flat(evidence.article.body)))
    return found if found >= 0.5 else 0.0


def _candidates(question: _Question, evidence: Evidence) -> list[_Candidate]:
    kind = question.asked.kind
    if kind in {"quantity", "duration"}:
        return _figures(question, evidence)
    if kind == "date":
        return _dates(question, evidence)
    if kind == "person":
        return _persons(question, evidence)
    if kind == "identity":
        return _identity(question, evidence)
    return _clauses(question, evidence)


def _bound(question: _Question, evidence: Evidence, start: int, end: int) -> float:
    """Return how well the words by the hole stand by `quote[start:end]`: in its clause, the one before, or after."""
    quote = flat(evidence.quote)
    if not question.focus:
        return 0.6
    spans = [match.span() for match in _CLAUSE.finditer(quote)]
    here = next((k for k, (a, b) in enumerate(spans) if a <= start < b), 0)
    own = quote[slice(*spans[here])] if spans else quote
    near = quote[spans[max(0, here - 1)][0] : spans[min(len(spans) - 1, here + 1)][1]] if spans else quote
    total = sum(term.weight + 0.2 for term in question.focus)
    score = 0.0
    for term in question.focus:
        found = presence(term, own)
        if found < 0.6:
            found = 0.7 * max(presence(term, near), 0.8 * presence(term, quote))
        score += (term.weight + 0.2) * (found if found >= 0.4 else 0.0)
    closeness = 1.0 / (1.0 + 0.02 * _distance(question, quote, start, end))
    return score / total * (0.7 + 0.3 * closeness) if score / total >= 0.45 else 0.0


def _distance(question: _Question, quote: str, start: int, end: int) -> int:
    gaps = [
        min(abs(start - match.end()), abs(match.start() - end))
        for term in question.focus
        for match in re.finditer(re.escape(term.text), quote)
    ]
    return min(gaps, default=40)


def _fits(question: _Question, figure: Quantity) -> bool:
    """Return True when the figure's unit can be what the question asks for."""
    asked = question.asked
    if asked.kind == "duration":
        return figure.unit in _SPANS or figure.unit == "点"
    if asked.measure == "money":
        return figure.unit in _MONEY
    if asked.measure == "percent":
        return figure.unit in {"%", "百分点", "倍", "‱"}
    if asked.measure == "people":
        return figure.unit in _PEOPLE or not figure.unit
    if asked.measure == "ordinal":
        return figure.ordinal
    if asked.unit:
        wanted = quantities(f"3{asked.unit}")
        if wanted and wanted[0].unit and not same_unit(wanted[0], figure):
            return wanted[0].unit in _COUNTS and figure.unit in _COUNTS and wanted[0].unit == "个"
    return not figure.ordinal


def _figures(question: _Question, evidence: Evidence) -> list[_Candidate]:
    quote = evidence.quote
    found = []
    for figure in facts_of(quote):
        if isinstance(figure, DateMention):
            continue
        if not _fits(question, figure):
            found.append(_Candidate(figure.text, figure.start, figure.end, 0.0, f"“{figure.text}”不是所问的量"))
            continue
        bound = _bound(question, evidence, figure.start, figure.end)
        reason = "" if bound else f"“{figure.text}”说的不是所问的{_named(question)}"
        text = quote[figure.start : figure.end]
        found.append(_Candidate(text, figure.start, figure.end, bound, reason))
    return found


def _dates(question: _Question, evidence: Evidence) -> list[_Candidate]:
    quote = evidence.quote
    found = []
    for mention in date_mentions(quote, evidence.article.date):
        bound = _bound(question, evidence, mention.start, mention.end)
        reason = "" if bound else f"“{mention.text}”不是{_named(question)}的时间"
        found.append(_Candidate(quote[mention.start : mention.end], mention.start, mention.end, bound, reason))
    return found


def _persons(question: _Question, evidence: Evidence) -> list[_Candidate]:
    """Return the people of the sentence; where the question names an office, it must be theirs, modifiers and all."""
    quote = flat(evidence.quote)
    office, modifier = _office(question.text)
    found = []
    for person in people(quote):
        text = quote[person.start : person.end]
        if office:
            fault = _office_fault(person, office, modifier, quote)
            bound = 0.0 if fault else 0.9
            found.append(_Candidate(text, person.start, person.end, bound, fault))
            continue
        bound = _bound(question, evidence, person.start, person.end)
        reason = "" if bound else f"原文没有说{person.name}{_named(question)}"
        found.append(_Candidate(text, person.start, person.end, bound, reason))
    return found


def _office(question: str) -> tuple[str, str]:
    """Return the office a question asks after and its modifier: 哪位副市长 -> (市长, 副)."""
    best = ("", "")
    for title in TITLES:
        at = question.rfind(title)
        if at >= 0 and len(title) > len(best[0]):
            head = question[:at]
            best = (title, next((word for word in MODIFIERS if head.endswith(word)), ""))
    return best


def _office_fault(person: Person, office: str, modifier: str, quote: str) -> str:
    after = quote[person.end : person.end + 12]
    if person.title == office or after.lstrip("是任为担，、").startswith(office):
        if set(person.modifiers) == set(modifier):
            return ""
        return f"{person.name}是{person.modifiers}{person.title}，不是{modifier}{office}"
    if person.title:
        return f"{person.name}是{person.modifiers}{person.title}，不是{modifier}{office}"
    return f"原文没有说{person.name}是{modifier}{office}"


def _identity(question: _Question, evidence: Evidence) -> list[_Candidate]:
    """Return the words before the person's name that say who they are."""
    quote = flat(evidence.quote)
    who = squeezed(question.asked.who)
    name = next((person.name for person in people(who)), who)
    at = quote.find(name)
    if at < 0:
        return []
    head = re.search(r"[^，。；：！？“”（）]*$", quote[:at])
    start = head.start() if head else at
    if quote[start:at].strip():
        return [_Candidate(evidence.quote[start:at], start, at, 0.9)]
    tail = re.match(r"[，是任为担当（(]*([^，。；：！？]{2,40})", quote[at + len(name) :])
    if tail and any(title in tail[1] for title in TITLES):
        begin = at + len(name) + tail.start(1)
        return [_Candidate(tail[1], begin, begin + len(tail[1]), 0.7)]
    return []


def _clauses(question: _Question, evidence: Evidence) -> list[_Candidate]:
    """Where the hole may be filled by any words, the clause that has most of the question's words is the answer."""
    found = []
    quote = flat(evidence.quote)
    terms = (*question.focus, *question.about)
    total = sum(term.weight for term in terms) or 1.0
    for match in _CLAUSE.finditer(quote):
        here = sum(term.weight * presence(term, match[0]) for term in terms) / total
        wide = sum(term.weight * presence(term, quote) for term in terms) / total
        whole = sum(term.weight * _known(term, evidence) for term in terms) / total
        bound = 0.4 * here + 0.4 * wide + 0.2 * whole
        found.append(_Candidate(match[0], match.start(), match.end(), bound if whole >= 0.5 and wide > 0.1 else 0.0))
    return found


def _clause_of(quote: str, candidate: _Candidate) -> tuple[int, int]:
    for match in _CLAUSE.finditer(quote):
        if match.start() <= candidate.start < match.end():
            return match.start(), max(match.end(), candidate.end)
    return 0, len(quote)


def _named(question: _Question) -> str:
    return "“" + "".join(term.text for term in question.focus) + "”" if question.focus else "内容"


def _nothing(asked: Asked) -> str:
    names = {
        "quantity": "数字",
        "duration": "时长",
        "date": "日期",
        "person": "人名",
        "identity": "身份",
        "place": "地点",
    }
    return f"这一句没有可以作答的{names.get(asked.kind, '内容')}"


def _has_digit(word: str) -> bool:
    return any(char.isdigit() for char in word)

"""A person given another office, or an event another number, than the report gives them: 副市长郭小容, 第四届夏令营.

Such a question rests on something that the report does not say, whatever else it asks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from rag.grounding.names import MODIFIERS, people
from rag.grounding.signals import clause_at
from rag.schema import Evidence
from rag.text.numbers import flat, number_value

_NUMBERED = re.compile(r"第([一二三四五六七八九十百\d]{1,4})([届期批轮代任])")
_MARKS = re.compile(r"[“”‘’「」『』《》\"'\s]")
_SAME = 4  # characters after 第五届 that show it to be the same event
# Only offices exclude one another: a 演员 may be a 志愿者.
_OFFICE = re.compile(r"(?:长|书记|主席|常委|总理|总统|经理|总裁|主任|大使)$")
_BEFORE, _AFTER = 40, 20


@dataclass(frozen=True, slots=True)
class Misnamed:
    """What the sentence calls somebody or something at `quote[start:end]`, and what the question calls it."""

    said: str
    asked: str
    start: int
    end: int


def misnamed(question: str, evidence: Evidence) -> Misnamed | None:
    """Return what the evidence sentence calls otherwise than `question` does; None where it calls nothing so."""
    return _other_office(flat(question), evidence) or _other_number(flat(question), evidence)


def names_something(question: str) -> bool:
    """Return whether `question` gives a person an office or an event a number."""
    asked = flat(question)
    return bool(_NUMBERED.search(asked)) or any(_OFFICE.search(one.title) for one in people(asked) if one.title)


def another_of_its_kind(question: str, text: str) -> bool:
    """Return whether `text` tells of another one of a numbered row than `question` asks of (神舟十二号 for 神舟十三号)."""
    asked, said = flat(question), flat(text)
    for match in _IN_A_ROW.finditer(asked):
        named = {number_value(one[1]) for one in re.finditer(rf"{_NUMERAL}{match[3]}", said)}
        kin = re.search(rf"{re.escape(match[1])}第?{_NUMERAL}{match[3]}", said)
        if kin and number_value(match[2]) not in named:
            return True
    return False


def of_another_measure(question: str, text: str, figure: tuple[int, int]) -> bool:
    """Return whether `question` asks of what is grown or sold, earned, spent or built on, and the figure is of another.

    播种面积 is no 产量, 研发开支 no 营收, though the figures stand beside the same nouns. The clause of the figure, which is
    at `text[start:end]`, says what it measures; where no noun does, its unit does.
    """
    asked = _measures(flat(question), _NOUNS)
    if _IN_MONEY.search(question):
        asked -= {"amount"}
    said = clause_at(flat(text), *figure)
    told = _measures(said, _NOUNS) or _measures(said, _UNITS)
    return bool(asked and told) and not asked & told


def _measures(text: str, of: Mapping[str, str]) -> frozenset[str]:
    return frozenset(name for names, words in of.items() if re.search(words, text) for name in names.split())


_IN_MONEY = re.compile(r"元|钱")
_NOUNS = {
    "amount": "产量|销量|交付量|出货量|销售(?!额|收入|总额)|售出|卖出|生产(?!总值)|交付",
    "income": "收入|营收|营业额|销售额|销售总额|进账",
    "profit": "利润|盈利|净利|净赚",
    "cost invested": "开支|支出|成本|费用|花费",
    "area": "面积",
    "output": "产值|生产总值|GDP",
    "invested": "投资|投入|(?<!竣)投了|注资",
    "lent": "贷款|放款|授信",
}
_UNITS = {
    "amount": r"\d[万亿]?(?:吨|公?斤|辆|台|部|件|立方)",
    "income profit cost output invested lent": r"\d[万亿]?[美欧日港]?元",
    "area": r"\d[万亿]?(?:亩|公顷|平方)",
}

_NUMERAL = r"([一二三四五六七八九十百\d]{1,4})"
_IN_A_ROW = re.compile(rf"([\u3400-\u9fffA-Za-z]{{2}})第?{_NUMERAL}([号届期代型])(?![日院门店召])")


def _other_office(question: str, evidence: Evidence) -> Misnamed | None:
    quote, body = flat(evidence.quote), flat(evidence.article.body)
    for asked in people(question):
        if not _OFFICE.search(asked.title):
            continue
        office = f"{asked.modifiers}{asked.title}"
        # In a question a name may run into the verb (李敏提).
        name = next((name for name in (asked.name, asked.name[:2]) if len(name) > 1 and name in body), asked.name)
        around = [
            body[max(0, match.start() - _BEFORE) : match.end() + _AFTER] for match in re.finditer(re.escape(name), body)
        ]
        if any(_holds(asked.modifiers, asked.title, text) for text in around):
            continue
        for one in people(quote):
            # In a question, or before a verb, a name may have lost its last character.
            if one.name.startswith(name) and _OFFICE.search(one.title):
                return Misnamed(f"{one.modifiers}{one.title}", office, one.start, one.end)
    return None


def _holds(modifiers: str, title: str, text: str) -> bool:
    """Return whether `text` has the office with these modifiers and no other."""
    if modifiers:
        return f"{modifiers}{title}" in text
    return any(not text[: match.start()].endswith(MODIFIERS) for match in re.finditer(re.escape(title), text))


def _other_number(question: str, evidence: Evidence) -> Misnamed | None:
    asked, body = _MARKS.sub("", question), _MARKS.sub("", flat(evidence.article.body))
    quote = flat(evidence.quote)
    for match in _NUMBERED.finditer(asked):
        what = asked[match.end() : match.end() + _SAME]
        if len(what) < _SAME or match[0] in body:
            continue
        for other in _NUMBERED.finditer(quote):
            # There was a first one, whatever the report tells of a later one.
            if (
                number_value(match[1]) != 1
                and other[2] == match[2]
                and _MARKS.sub("", quote[other.end() :]).startswith(what)
            ):
                return Misnamed(other[0], match[0], *other.span())
    return None

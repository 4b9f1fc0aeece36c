"""What in a sentence could fill the hole of a question: figures for 多少, dates for 何时, people for 谁.

A filler is a span with the figure's or name's own words; how well it sits beside the words of the question is judged in
`rag.grounding.evidence`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from rag.grounding.asked import Asked
from rag.grounding.names import people
from rag.grounding.reading import tagged
from rag.text.dates import date_mentions
from rag.text.numbers import Quantity, quantities, same_unit

_MONEY_UNIT = re.compile(r"元|币|镑|卢布|法郎|卢比|美金|钱")
_REASON_MARK = re.compile(
    r"因为|由于|因此|因[^此素特]|为了|旨在|导致|致使|使得|造成|引发|缘于|源于|归功|得益|所以|原因|原来|鉴于|出于|以便|从而|受.{1,12}影响|难以|不足|未能|通过|借助|推动"
)
_MANNER_MARK = re.compile(
    r"通过|采取|采用|利用|借助|依托|实施|推行|推动|开展|建立|以.{1,20}(?:为|方式)|运用|创新|打造|构建|组织|要求|加强|设立|安排|用"
)
_PLACE_TAIL = re.compile(
    r"[\u3400-\u9fffA-Za-z0-9]{1,14}?(?:省|市|县|区|州|镇|乡|村|街道|社区|路|街|馆|厅|园|中心|大学|学院|广场|基地|酒店|机场|港|站|湖|江|河|山|岛|桥|宫|厦|塔|城|国|楼|会场|体育场|公司|医院|学校|庄|湾|园区|高新区|开发区)"
)
_PLACE_LEAD = re.compile(r"[在于赴到位至从]")
_ORGANISATION_TAIL = re.compile(
    r"[\u3400-\u9fffA-Za-z0-9·（）()]{2,24}?(?:公司|集团|局|委|部|署|厅|处|院|会|社|银行|大学|学院|中心|协会|组织|联盟|队|党|医院|学校|法院|检察院|办公室|俱乐部|平台|使馆|基金|网|台|报|厂|所|馆|店|站|机构|企业|政府)"
)
_ENUMERATION = re.compile(r"、|[；;].+[；;]|—.+—|\+.+\+|以及|和|及|与")
_SPOKEN = re.compile(r"[“”]|说|表示|指出|强调|认为|介绍|要求|感慨|坦言|称|提出|呼吁|回应|告诉|透露")
_DEFINED = re.compile(r"是|即|指|叫|称|为|作为|名为|担任|任|（|“|：")
_DURATION_UNIT = frozenset(["年", "个月", "月", "周", "天", "个工作日", "小时", "分钟", "秒", "季度", "昼夜", "日", "星期", "周年"])


@dataclass(frozen=True, slots=True)
class Filler:
    """A span that could fill the hole; `fit` in 0..1 is how well its kind and unit fit what was asked."""

    start: int
    end: int
    fit: float


@lru_cache(maxsize=16384)
def fillers(asked: Asked, text: str, edition: str = "") -> tuple[Filler, ...]:
    """Return the spans of `text` (printed on the ISO date `edition`) that could fill the hole, in order."""
    if asked.kind == "quantity":
        return _quantities(asked, text, edition)
    if asked.kind == "duration":
        return tuple(
            Filler(one.start, one.end, 1.0)
            for one in _figures(text, edition)
            if one.written in _DURATION_UNIT or one.unit in _DURATION_UNIT
        )
    if asked.kind == "date":
        return tuple(
            Filler(one.start, one.end, 1.0 if one.iso or one.month or one.day else 0.6)
            for one in date_mentions(text, edition)
        )
    if asked.kind == "person":
        return tuple(Filler(one.start, one.end, 1.0) for one in people(text))
    if asked.kind == "place":
        return _places(text)
    pattern = _PATTERNS.get(asked.kind)
    if pattern is None:
        return (Filler(0, len(text), 0.5),)
    return tuple(Filler(match.start(), match.end(), 1.0) for match in pattern.finditer(text))


_PATTERNS: dict[str, re.Pattern[str]] = {
    "organisation": _ORGANISATION_TAIL,
    "list": _ENUMERATION,
    "reason": _REASON_MARK,
    "manner": _MANNER_MARK,
    "speech": _SPOKEN,
}


def _figures(text: str, edition: str) -> list[Quantity]:
    """Return the quantities of `text` that are no part of a date."""
    taken = [(one.start, one.end) for one in date_mentions(text, edition)]
    return [one for one in quantities(text) if not any(start < one.end and one.start < end for start, end in taken)]


def _quantities(asked: Asked, text: str, edition: str) -> tuple[Filler, ...]:
    found = []
    for figure in _figures(text, edition):
        fit = _unit_fit(asked, figure)
        if fit:
            found.append(Filler(figure.start, figure.end, fit))
    return tuple(found)


def _unit_fit(asked: Asked, figure: Quantity) -> float:
    if asked.measure == "ordinal":
        return 1.0 if figure.ordinal else 0.0
    if figure.ordinal:
        return 0.0
    if asked.measure == "percent":
        return 1.0 if figure.unit in {"%", "百分点", "基点", "倍"} else 0.0
    if asked.measure == "money":
        return 1.0 if _MONEY_UNIT.search(figure.unit) else 0.5 if not figure.unit and figure.value >= 10_000 else 0.0
    if asked.measure == "people":
        if figure.unit in {"人", "人次"}:
            return 1.0
        return 0.7 if figure.unit in {"", "个", "代人"} else 0.0
    if not asked.unit:
        return 0.9 if figure.unit else 0.7
    wanted = quantities(f"3{asked.unit}")
    if not wanted:
        return 0.5
    if figure.unit == wanted[0].unit:
        return 1.0
    if same_unit(wanted[0], figure):
        return 0.85
    return 0.0


def _places(text: str) -> tuple[Filler, ...]:
    found = [Filler(word.start, word.end, 1.0) for word in tagged(text) if word.flag == "ns" and len(word.text) > 1]
    for match in _PLACE_TAIL.finditer(text):
        lead = _PLACE_LEAD.search(text[max(0, match.start() - 2) : match.start() + 4])
        found.append(Filler(match.start(), match.end(), 0.9 if lead else 0.6))
    return tuple(sorted(found, key=lambda one: one.start))

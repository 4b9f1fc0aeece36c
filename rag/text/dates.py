"""Dates in Chinese text, read as the edition prints them.

A newspaper's 昨日 is the day before its edition, its 今年 the edition's year, and its bare `20日` a day of the
edition's month. A `DateMention` holds what is known of a date part by part, so that 昨日, 7月10日 and 2025年7月10日
can be told to be one day, and 2025年7月 to be true of it though less exact.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache

from rag.text.numbers import flat, number_value

_HAN_DIGITS = "零〇○一二三四五六七八九"
_NUMERAL = r"\d{1,2}|[一二三四五六七八九十]{1,3}"
_PART = (
    r"上半年|下半年|前三季度|第?[一二三四1234]季度|前(?:[一二三四五六七八九十]{1,2}|\d{1,2})个?月|上旬|中旬|下旬|年?初(?![步中级期心衷始次冬夏春秋])"
    r"|年?底(?![层部线下气])|年?末(?![端期梢])|年中(?!国)|中(?=至|到)"
)
_MENTION = re.compile(
    r"(?:(?<!\d)(?P<iso>(?:19|20)\d\d[-/.](?:0?[1-9]|1[0-2])[-/.](?:0?[1-9]|[12]\d|3[01]))(?!\d)"
    rf"|(?:(?<!\d)(?P<year>(?:19|20)\d\d|[一二][零〇○九][{_HAN_DIGITS}]{{2}})\s?年(?![级龄代轻])"
    r"|(?P<ryear>今年|本年度|本年|去年|上年|(?<![\d以之年月天日此午目生婚战赛灾疫提])前年(?![产均])|明年|(?<![\d成产工用业毕世婚退之以今此战灾会赛事然随最落立])后年(?![产均销]))|(?P<rmonth>本月|当月|上个?月|下个?月))?"
    rf"(?:(?<![\d.十个])(?P<month>{_NUMERAL})\s?月份?(?![球饼亮台子薪])\s?)?"
    rf"(?:(?<![\d.%十])(?<!第)(?P<day>{_NUMERAL})\s?[日号](?![线楼院门店口台机船文井级内游间])|(?P<part>{_PART}))?"
    r"|(?P<rday>[今昨明][天日晚夜晨早]|[前后]天)"
    r"|(?P<rweek>本周|这周|上周|下周|上星期|下星期)?(?P<weekday>(?:周|星期|礼拜)[一二三四五六日天])(?![期边报岁年游次场节个轮])"
    r"|(?P<week>本|这|上|下)(?P<wday>周[一二三四五六日天])(?![期边报岁年游次场节个轮]))"
)
_OFFSETS = {"今": 0, "本": 0, "当": 0, "这": 0, "昨": -1, "去": -1, "上": -1, "前": -2, "明": 1, "下": 1, "后": 2}
_WEEKDAYS = {char: index for index, char in enumerate("一二三四五六日")} | {"天": 6}
_ORDINALS = {char: index for index, char in enumerate("一二三四", 1)} | {char: int(char) for char in "1234"}
_COUNTING = frozenset("0123456789一二三四五六七八九十百千万两几多余数半")
_PARTS = {
    "上半年": "H1",
    "下半年": "H2",
    "前三季度": "M9",
    "上旬": "early",
    "中旬": "middle",
    "下旬": "late",
    "中": "middle",
}


@dataclass(frozen=True, slots=True)
class DateMention:
    """A date as written at `text[start:end]`; what it does not say is None or empty.

    `part` is a stretch of the year or month: H1, H2, Q1..Q4, M1..M12 (前N个月), early, middle, late, begin, end.
    `assumed` names the parts taken from the edition date and not from the words. `relative` is the word that could not
    be resolved for want of an edition date (今年, 昨日).
    """

    text: str
    start: int
    end: int
    year: int | None = None
    month: int | None = None
    day: int | None = None
    part: str = ""
    weekday: int | None = None
    assumed: frozenset[str] = frozenset()
    relative: str = ""

    @property
    def iso(self) -> str:
        """`2025-07-10`, `2025-07`, `2025`, or an empty string when the year is not known."""
        parts = [f"{self.year:04d}" if self.year else ""]
        parts += [f"{part:02d}" for part in (self.month, self.day) if part]
        return "-".join(parts) if self.year else ""


def date_mentions(text: str, edition: str = "") -> tuple[DateMention, ...]:
    """Return the calendar dates of `text` in order, resolved against the ISO date `edition` where it is given.

    近日 and 日前 are no dates; 3年 and 5天 are quantities (`rag.text.numbers`), not dates.
    """
    return _mentions(text, edition)


def agrees(claim: DateMention, source: DateMention) -> bool:
    """Return True when `claim` is true of `source`: every part it states is equal, or it is less exact."""
    if claim.relative or source.relative:
        return _same_relative(claim, source)
    for field in ("year", "month", "day"):
        stated, known = getattr(claim, field), getattr(source, field)
        if stated is None or stated == known:
            continue
        if field == "year" and known is not None and _other_year(claim, source):
            continue
        if known is None and field in claim.assumed:
            continue
        # A year that neither states: 7月10日 without an edition date.
        if known is None and field == "year" and source.month is not None and not source.assumed:
            continue
        return False
    if claim.part and claim.part != source.part:
        return _covers(claim.part, source)
    if source.part and not claim.part and claim.day is not None:
        return False
    # 2025年 is true of 2025年上半年 as a date, but a figure of half a year is not the year's.
    if source.part and not claim.part and claim.month is None and source.part[0] in "HQM":
        return False
    return claim.weekday is None or source.weekday is None or claim.weekday == source.weekday


def is_compared(text: str, date: DateMention) -> bool:
    """Return whether something in `text` is only compared with what was at `date` (比去年, 与2019年同期相比)."""
    ahead = text[: date.start]
    return bool(_THAN.search(ahead) or (_WITH.search(ahead) and _COMPARED.match(text, date.end)))


_THAN = re.compile(r"(?:(?<![占评环同])比|较|相[比较]于|超[过出]|高于|低于)$")
_WITH = re.compile(r"[同与和跟]$")
_COMPARED = re.compile(r"(?:的?(?:同期|水平|基数))?相?[比较]")


def exact(claim: DateMention, source: DateMention) -> bool:
    """Return True when the two are the same date to the same exactness."""
    return agrees(claim, source) and agrees(source, claim)


def _same_relative(claim: DateMention, source: DateMention) -> bool:
    return (_year_said(claim), claim.month, claim.day, claim.part) == (
        _year_said(source),
        source.month,
        source.day,
        source.part,
    )


def _year_said(date: DateMention) -> str:
    """Return the first character of 今年, 去年 and their like; a bare 上半年 or 7月 is this year's."""
    bare = not date.relative and date.year is None and bool(date.month or date.part)
    return "今" if bare else date.relative[:1]


def _other_year(claim: DateMention, source: DateMention) -> bool:
    """A bare 12月 in a January edition is the month before, whichever year was assumed for it."""
    if source.year is None or claim.year is None:
        return False
    return "year" in source.assumed and "early" in source.assumed and claim.year == source.year - 1


def _covers(part: str, source: DateMention) -> bool:
    if source.part or source.month is None:
        return False
    month = source.month
    if part in {"H1", "H2"}:
        return (month <= 6) == (part == "H1")
    if part[0] == "Q":
        return (month + 2) // 3 == int(part[1])
    if part in {"early", "middle", "late"} and source.day is not None:
        return part == ("early" if source.day <= 10 else "middle" if source.day <= 20 else "late")
    return False


@lru_cache(maxsize=4096)
def _mentions(text: str, edition: str) -> tuple[DateMention, ...]:
    printed = _parse(edition)
    found: list[DateMention] = []
    for match in _MENTION.finditer(flat(text)):
        if match.end() == match.start():
            continue
        mention = _read(match, printed)
        if mention is not None:
            found.append(mention)
    return tuple(found)


def _parse(iso: str) -> date | None:
    try:
        return date.fromisoformat(iso)
    except ValueError:
        return None


def _read(match: re.Match[str], printed: date | None) -> DateMention | None:
    base = DateMention(match.string[match.start() : match.end()], match.start(), match.end())
    if match["iso"]:
        year, month, day = (int(part) for part in re.split(r"[-/.]", match["iso"]))
        return replace(base, year=year, month=month, day=day)
    if match["rday"]:
        return _shifted(base, printed, _OFFSETS[match["rday"][0]], match["rday"])
    if match["weekday"] or match["wday"]:
        return _week(base, match, printed)
    return _calendar(base, match, printed)


def _shifted(base: DateMention, printed: date | None, days: int, word: str) -> DateMention:
    if printed is None:
        return replace(base, relative=word)
    day = printed + timedelta(days=days)
    return replace(base, year=day.year, month=day.month, day=day.day)


def _week(base: DateMention, match: re.Match[str], printed: date | None) -> DateMention:
    weekday = _WEEKDAYS[(match["weekday"] or match["wday"])[-1]]
    which = match["rweek"] or match["week"] or ""
    if printed is None or not which:
        return replace(base, weekday=weekday, relative=which)
    day = printed + timedelta(days=7 * _OFFSETS[which[0]] + weekday - printed.weekday())
    return replace(base, year=day.year, month=day.month, day=day.day, weekday=weekday)


def _calendar(base: DateMention, match: re.Match[str], printed: date | None) -> DateMention | None:
    year = _year(match["year"]) if match["year"] else None
    month, day = _small(match["month"], 12), _small(match["day"], 31)
    if (match["month"] and month is None) or (match["day"] and day is None):
        return None
    part = _part(match["part"] or "")
    if part in {"begin", "end", "early", "middle", "late"} and not _anchored(match):
        return None
    if match[0].startswith("年") and match.string[max(0, match.start() - 1) : match.start()] in _COUNTING:
        return None  # 八年中, 十多年底蕴
    mention = replace(base, year=year, month=month, day=day, part=part)
    if match["ryear"]:
        if printed is None:
            return replace(mention, relative=match["ryear"])
        return replace(mention, year=printed.year + _OFFSETS[match["ryear"][0]])
    if match["rmonth"]:
        return _relative_month(mention, match["rmonth"], printed)
    return _completed(mention, printed)


def _anchored(match: re.Match[str]) -> bool:
    """初, 底 and 中旬 mean a date only after a year or month; 年初 and 年底 stand alone."""
    return bool(match["year"] or match["ryear"] or match["rmonth"] or match["month"] or match["part"].startswith("年"))


def _relative_month(mention: DateMention, word: str, printed: date | None) -> DateMention:
    if printed is None:
        return replace(mention, relative=word)
    months = printed.year * 12 + printed.month - 1 + _OFFSETS[word[0]]
    return replace(mention, year=months // 12, month=months % 12 + 1)


def _completed(mention: DateMention, printed: date | None) -> DateMention:
    """Take the year, and the month of a bare day, from the edition."""
    if printed is None or mention.year is not None:
        return mention
    assumed = {"year"}
    month = mention.month
    if mention.day is not None and month is None:
        month = printed.month
        assumed.add("month")
        if mention.day > printed.day + 20:  # 30日 in an edition of the 2nd is last month's
            month = month - 1 or 12
    if month is not None and month > printed.month + 1:
        assumed.add("early")
    return replace(mention, year=printed.year, month=month, assumed=frozenset(assumed))


def _year(text: str) -> int | None:
    value = number_value(text)
    return int(value) if value is not None else None


def _small(text: str | None, limit: int) -> int | None:
    value = number_value(text) if text else None
    return int(value) if value is not None and 1 <= value <= limit and value == int(value) else None


def _part(text: str) -> str:
    if not text or text in _PARTS:
        return _PARTS.get(text, "")
    if text.endswith("季度"):
        return f"Q{_ORDINALS[text[-3]]}"
    if text.startswith("前"):
        months = _small(text.removeprefix("前").rstrip("个月"), 12)
        return f"M{months}" if months else ""
    if text == "年中":
        return "middle"
    return "begin" if text.endswith("初") else "end"

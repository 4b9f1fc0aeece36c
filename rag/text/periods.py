"""The time a question asks about, as a range of days.

A date word in a question says when something happened, not when it was printed: what happened on the 10th stands in
the edition of the 11th, or in a summing-up a week later. `Period.printed` is therefore wider than the period itself.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta

from rag.text.dates import DateMention, date_mentions
from rag.text.numbers import number_value

_WEEK = re.compile(r"(?P<which>本|这|上|下)(?:一|个)*(?:周|星期|礼拜)(?![一二三四五六日天]|刊(?!登)|报(?!道))")
_LATELY = re.compile(
    r"(?:最近|近|过去|这|前(?=几))(?P<count>\d{1,3}|[一二两三四五六七八九十]{1,3}|几)?(?P<unit>天|日|周|个?星期|个?月)(?!前)"
    r"|最近|近日|近期|近来|日前"
)
_MONTHS = {"H1": (1, 6), "H2": (7, 12), "Q1": (1, 3), "Q2": (4, 6), "Q3": (7, 9), "Q4": (10, 12), "begin": (1, 1)}
_DAYS = {"early": (1, 10), "middle": (11, 20), "late": (21, 31), "begin": (1, 5), "end": (25, 31)}
# Days of 最近 without a number.
_LATE = 7
# How long after a day, month or longer stretch its news is still printed.
_AFTER_DAY, _AFTER_MONTH, _AFTER_LONGER = 3, 20, 45


@dataclass(frozen=True, slots=True)
class Period:
    """The days from `first` to `last` that the words `text` mean; `said` is False where the reader should be told."""

    text: str
    first: date
    last: date
    said: bool = False

    @property
    def label(self) -> str:
        """The period in words: 2025年7月10日, or 2025年7月1日至31日."""
        first = f"{self.first.year}年{self.first.month}月{self.first.day}日"
        if self.first == self.last:
            return first
        last = f"{self.last.month}月{self.last.day}日"
        return f"{first}至{last}" if self.last.year == self.first.year else f"{first}至{self.last.year}年{last}"

    def printed(self, day: date) -> bool:
        """Return whether an edition of `day` may well report on this period."""
        length = (self.last - self.first).days + 1
        after = _AFTER_DAY if length <= 7 else _AFTER_MONTH if length <= 31 else _AFTER_LONGER
        return self.first <= day <= self.last + timedelta(days=after)


def periods(question: str, today: str) -> tuple[Period, ...]:
    """Return the times that `question` asks about.

    Its 今天 is the ISO date `today`; without one only dates in full count.
    """
    found = [_of_mention(mention) for mention in date_mentions(question, today)]
    now = _day(today)
    if now is not None:
        found += [_of_week(match, now) for match in _WEEK.finditer(question)]
        found += [_lately(match, now) for match in _LATELY.finditer(question)]
    return tuple(period for period in found if period is not None)


def _of_mention(mention: DateMention) -> Period | None:
    year, month, day = mention.year, mention.month, mention.day
    said = mention.text.startswith(str(year)) and not mention.assumed
    try:
        if year is None:
            return None
        if day is not None and month is not None:
            first = last = date(year, month, day)
        elif month is not None:
            begin, end = _DAYS.get(mention.part, (1, 31))
            first, last = date(year, month, begin), _month_day(year, month, end)
        else:
            first, last = _of_year(year, mention.part)
    except ValueError:
        return None
    return Period(mention.text, first, last, said)


def _of_year(year: int, part: str) -> tuple[date, date]:
    if part.startswith("M") and part[1:].isdecimal():
        begin, end = 1, min(12, int(part[1:]))
    elif part == "end":
        begin, end = 12, 12
    else:
        begin, end = _MONTHS.get(part, (1, 12))
    return date(year, begin, 1), _month_day(year, end, 31)


def _month_day(year: int, month: int, day: int) -> date:
    return date(year, month, min(day, calendar.monthrange(year, month)[1]))


def _of_week(match: re.Match[str], now: date) -> Period:
    monday = now - timedelta(days=now.weekday()) + timedelta(weeks={"上": -1, "下": 1}.get(match["which"], 0))
    return Period(match[0], monday, monday + timedelta(days=6))


def _lately(match: re.Match[str], now: date) -> Period:
    unit = match["unit"]
    if unit is None:
        return Period(match[0], now - timedelta(days=_LATE - 1), now)
    counted = 3 if match["count"] == "几" else number_value(match["count"].replace("两", "二")) if match["count"] else 1
    each = 1 if unit in {"天", "日"} else 31 if unit.endswith("月") else 7
    days = max(1, int(counted or 1) * each)
    return Period(match[0], now - timedelta(days=days - 1), now)


def _day(iso: str) -> date | None:
    try:
        return date.fromisoformat(iso)
    except ValueError:
        return None

"""The furniture of a page: folio lines that name the paper, the day and the page, and the lines around them.

They are taken out of the text, and what they say becomes the page's edition.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta

from rag.pages.editions import iso_date, merged, page_number
from rag.pages.lines import Line
from rag.schema import Edition

_FULL_DATE = re.compile(r"((?:19|20)\d\d) ?[年./-] ?(\d{1,2}) ?[月./-] ?(\d{1,2}) ?日?")
_WEEKDAY = re.compile(r"星期[一二三四五六日天]|周[一二三四五六日]")
_PAGE = re.compile(
    r"第 ?([A-Za-z]?\d{1,3}|[一二三四五六七八九十]{1,3}) ?版|(?<![\d上下])([A-Za-z]?\d{1,3}) ?版(?![面本])"
)
_PAPER = re.compile(r"[\u4e00-\u9fff]{2,8}?(?:日报|晚报|时报|商报|早报|都市报|晨报|快报|周报|导报|青年报|法治报)")
_LUNAR = re.compile(
    r"农历|[甲乙丙丁戊己庚辛壬癸][子丑寅卯辰巳午未申酉戌亥]年"
    r"|国内统一|邮发代号|CN ?\d\d-\d{4}|总第 ?\d+ ?期|今日 ?\d+ ?版"
)
_STAFF = re.compile(
    r"^(?:(?:本版|责任|值班|执行|首席|视觉|图文|美术|文字)?"
    r"(?:责编|编辑|校对|版式|美编|主编|总监|排版|制图|编审|审读|组版|设计)(?:[：:/／] ?| )"
    r"(?:[\u4e00-\u9fff]{2,4}|[\u4e00-\u9fff] [\u4e00-\u9fff])[ 、]*)+$"
)
_CONTACT = re.compile(
    r"^(?:新闻热线|热线|电话|邮箱|E-?mail|网址|投稿)[\u4e00-\u9fff]{0,4}[：: ]*[\w@.:/ -]{5,}$",
    re.IGNORECASE | re.ASCII,
)
_SENTENCE = re.compile(r"[，。；！？“”]")
_DATELINE_DAY = re.compile(r"(\d{1,2})月(\d{1,2})日电")
_MAX_WIDTH = 42
# How far above or below a folio line its other parts may stand.
_NEAR = 4


def without_folio(lines: Sequence[Line]) -> tuple[list[Line], Edition]:
    """Return the lines that are no furniture, and what the furniture says of paper, day and page."""
    parts = [_parts(line.text) for line in lines]
    sure = {index for index, count in enumerate(parts) if count >= 2}
    furniture = {
        index
        for index, count in enumerate(parts)
        if index in sure or (count == 1 and any(abs(index - other) <= _NEAR for other in sure))
    }
    furniture |= {index for index, line in enumerate(lines) if _is_staff(line.text)}
    edition = merged(*(_said_by(lines[index].text) for index in sorted(furniture)))
    return [line for index, line in enumerate(lines) if index not in furniture], edition


def _parts(text: str) -> int:
    """Return how many of the parts of a folio line the text has, 0 when it has anything else to say."""
    if len(text) > _MAX_WIDTH or _SENTENCE.search(text):
        return 0
    rest = text
    found = 0
    for pattern in (_FULL_DATE, _WEEKDAY, _LUNAR, _PAGE, _PAPER):
        rest, count = pattern.subn(" ", rest)
        found += bool(count)
    # A section's name, an address or a price may stand beside them, a headline may not.
    left = re.sub(r"[\W\d]+", "", rest)
    return found if len(left) <= (8 if found >= 2 else 4) else 0


def _is_staff(text: str) -> bool:
    return len(text) <= _MAX_WIDTH and not _SENTENCE.search(text) and bool(_STAFF.match(text) or _CONTACT.match(text))


def _said_by(text: str) -> Edition:
    day = _FULL_DATE.search(text)
    page = _PAGE.search(text)
    paper = _PAPER.search(text)
    return Edition(
        paper=paper[0] if paper else "",
        date=iso_date(day[1], day[2], day[3]) if day else "",
        page=page_number(page[1] or page[2]) if page else "",
        paper_from="page",
        date_from="page",
        page_from="page",
    )


def inferred_date(texts: Sequence[str]) -> Edition:
    """Return the day after the latest dateline （新华社北京7月10日电）, when the texts also say which year it is."""
    years = [int(match[1]) for text in texts for match in _FULL_DATE.finditer(text)]
    days = [(int(match[1]), int(match[2])) for text in texts for match in _DATELINE_DAY.finditer(text[:60])]
    if not years or not days or max(days)[0] - min(days)[0] > 1:
        return Edition()
    latest = iso_date(str(max(years)), str(max(days)[0]), str(max(days)[1]))
    if not latest:
        return Edition()
    return Edition(date=(date.fromisoformat(latest) + timedelta(days=1)).isoformat(), date_from="inferred")

"""What took place on a day (7月10日举行了哪些会议和活动): one sentence of each report that tells of it, all of them.

A list over several reports is no passage's to give, and no model's: the sentences are the source's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from rag.grounding.archive_questions import DATELINE, Listing
from rag.grounding.bearing import article_lines
from rag.grounding.composing import EXTRACT_LABEL, Archived, Searcher, claim_texts
from rag.grounding.evidence import evidence_of
from rag.grounding.question import Wish
from rag.grounding.signals import Line
from rag.grounding.summary import condensed
from rag.grounding.terms import Term, content_terms, plainly_tagged, presence
from rag.schema import Article, Claim, Filters
from rag.text.dates import DateMention, agrees, date_mentions
from rag.text.numbers import flat

# 3月4日（在某地）举行了哪些会议和活动: nothing else is asked of the day.
_ASKED = re.compile(
    r"(?:上午|下午|晚上?|当天)?(?![以之起至到后前开的])[，,]?(?P<where>[^，。；？！没不未除]{0,14}?)(?:都|共|一共|主要|分别)?(?:举行|召开|举办|开展|有)(?:了|过)?"
    r"(?:哪些|什么)(?:重要|主要|重大|大型)?的?(?P<sort>(?:会议?|活动|仪式)(?:(?:和|与|及|以及|、|或)(?:会议?|活动|仪式))*)[？?]?"
)
_REPORTED = re.compile(r"(?:根据|按照?)?(?:本版|本期|本报|这一?[版期])(?:的)?(?:报道)?[，,]?|根据报道[，,]?")
_HELD = re.compile(
    r"举行|召开|举办|开幕|闭幕|启动|揭牌|签约|会见|会谈|开赛|启用|落成|通车|开工|开业|挂牌|颁奖|亮相|上演|首演|座谈|调研|考察"
)
# The day on which a reporter heard of it is not the day of what is told (记者昨日获悉).
_HEARD = re.compile(r"获悉|从|了解|在?采访")
_CALLED_OFF = re.compile(r"原定|取消|延期|推迟|延至|截止|改期|改至|停办|将于|定于|拟于")
_MEETING = re.compile(r"(?:会议?|论坛)[^，。]{0,20}(?:举行|举办|开幕|闭幕)|召开")
_NARROWS = 0.35
# A paper tells of a day on that day or soon after.
_SOON = 3


def occasions(wish: Wish, *, search: Searcher, archive: Archived, filters: Filters, top: int) -> Listing | None:
    """Return what took place on the day asked about; None where that is not asked, or nothing is told of it."""
    text = _REPORTED.sub("", flat(wish.text))
    newest = next((edition.date for edition in archive.editions()), "")
    days = [one for one in date_mentions(text, newest) if one.day]
    asked = _ASKED.fullmatch(text, days[0].end) if len(days) == 1 and len(wish.parts) == 1 else None
    if asked is None:
        return None
    day = days[0]
    terms = [term for term in content_terms(f"{text[: day.start]} {asked['where']}") if term.weight >= _NARROWS]
    meetings = "活动" not in asked["sort"] and asked["sort"].startswith("会")
    result = search(wish.text, top=top, filters=filters)
    articles = _candidates(day, [hit.article for hit in result.hits], archive, filters)
    lines = (_told_of(day, article, meetings=meetings) for article in articles)
    found = {line.text: line for line in lines if line is not None and _is_of(terms, line, wish.text)}
    if not found:
        return None
    evidence = tuple(evidence_of(line, number) for number, line in enumerate(found.values(), 1))
    claims = tuple(
        Claim(condensed(line), "supported", (), (one.citation,))
        for line, one in zip(found.values(), evidence, strict=True)
    )
    told = claim_texts(claims)
    if len(claims) > 1:
        told = "".join(f"\n{number}. {claim_texts([claim])}" for number, claim in enumerate(claims, 1))
    return Listing("answered", f"{EXTRACT_LABEL}{told}", claims, evidence, notes=result.notes)


def _candidates(day: DateMention, hits: Sequence[Article], archive: Archived, filters: Filters) -> Iterable[Article]:
    """Return the reports that may tell of the day: of the editions soon after it, and what search finds."""
    found: dict[str, Article] = {}
    for edition in archive.editions():
        if _soon_after(day, edition.date):
            for article in archive.edition_articles(edition.date, edition.paper):
                found.setdefault(article.id, article)
    for article in hits:
        found.setdefault(article.id, article)
    return (one for one in found.values() if one.kind not in {"ad", "notice"} and _passes(one, filters))


def _passes(article: Article, filters: Filters) -> bool:
    """Return whether `filters` let the article through."""
    return (
        (not filters.papers or article.edition.paper in filters.papers)
        and (not filters.pages or article.edition.page in filters.pages)
        and (not filters.kinds or article.kind in filters.kinds)
        and (not filters.article_ids or article.id in filters.article_ids)
        and (not filters.date_from or article.date >= filters.date_from)
        and (not filters.date_to or article.date <= filters.date_to)
    )


def _soon_after(day: DateMention, edition: str) -> bool:
    if not (day.year and day.month and day.day):
        return False
    try:
        printed = date.fromisoformat(edition)
        return timedelta() <= printed - date(day.year, day.month, day.day) <= timedelta(days=_SOON)
    except ValueError:
        return False


def _told_of(day: DateMention, article: Article, *, meetings: bool) -> Line | None:
    """Return the first sentence that says what took place on the day, the day of an agency's report (10日电) aside."""
    for line in article_lines(article):
        text = flat(line.text)
        if _CALLED_OFF.search(text) or (meetings and not _MEETING.search(text)):
            continue
        mentions = [one for one in date_mentions(text, article.date) if one.day]
        for one in mentions:
            held = _HELD.search(text, one.end)
            between = any(one.end <= other.start < held.start() for other in mentions) if held else True
            same = one.day == day.day and (agrees(day, one) or not one.month)
            heard = DATELINE.match(text, one.end - 1) or _HEARD.match(text, one.end)
            if same and not between and not heard:
                return line
    return None


def _is_of(terms: Sequence[Term], line: Line, question: str) -> bool:
    """Return whether the line or the headline has the words; where it was, the report may say anywhere."""
    told, body = flat(f"{line.article.headline} {line.text}"), flat(line.article.body)
    return all(presence(term, body if _is_place(term, question) else told) >= 0.5 for term in terms)


def _is_place(term: Term, question: str) -> bool:
    """Return whether `term` is a place by itself, not in the name of a body there."""
    place = any(word.flag == "ns" for word in plainly_tagged(term.text))
    return place and not re.search(rf"{re.escape(term.text)}{_BODY}", question)


_BODY = r"[\u3400-\u9fff]{0,6}?(?:大学|学院|学校|中学|小学|公司|集团|医院|银行|协会|商会|工会|中心|局|委|院|馆|队)"

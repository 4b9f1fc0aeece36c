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

_ASKED = re.compile(
    r"(?:哪些|哪几[个场项次]|什么|几[场项次个])(?:重要|主要|重大|大型)?的?(?P<sort>(?:会议?|活动|大事|事情?|赛事|比赛|仪式)(?:(?:和|与|及|以及|、|或)(?:会议?|活动|赛事|比赛|仪式))*)(?:举行|召开|举办|发生)?[？?]?$"
)
_HELD = re.compile(
    r"举行|召开|举办|开幕|闭幕|启动|揭牌|签约|会见|会谈|开赛|开播|启用|落成|通车|开工|开业|挂牌|颁奖|发布|亮相|上演|首演|宣讲|座谈|调研|考察"
)
_MEETING = re.compile(
    r"(?:[大年例全议峰]会|会议|论坛|座谈会|发布会|[\u3400-\u9fff]会)(?:[^，。]{0,20})(?:举行|召开|举办|开幕|闭幕)|召开"
)
# What only says that something took place, and where reports stand.
_PLAIN = re.compile(
    r"根据|按照|本版|本期|本报|这一?[版期]|报道|报纸|版面|举行|召开|举办|发生|开展|进行|有|了|都|分别|在"
)
_NARROWS = 0.35
# A paper tells of a day on that day or soon after.
_SOON = 3


def occasions(wish: Wish, *, search: Searcher, archive: Archived, filters: Filters, top: int) -> Listing | None:
    """Return what took place on the day asked about; None where that is not asked, or nothing is told of it."""
    asked = _ASKED.search(wish.text)
    newest = next((edition.date for edition in archive.editions()), "")
    day = next((one for one in date_mentions(flat(wish.text), newest) if one.day), None)
    if asked is None or day is None:
        return None
    rest = flat(wish.text)[: day.start] + " " + flat(wish.text)[day.end : asked.start()]
    terms = [term for term in content_terms(_PLAIN.sub(" ", rest)) if term.weight >= _NARROWS]
    meetings = "活动" not in asked["sort"] and asked["sort"].startswith("会")
    found: list[Line] = []
    for article in _candidates(day, wish, search, archive, filters, top):
        line = _told_of(day, article, meetings=meetings)
        if line is not None and _is_of(terms, line, wish.text):
            found.append(line)
    if not found:
        return None
    evidence = tuple(evidence_of(line, number) for number, line in enumerate(found, 1))
    claims = tuple(
        Claim(condensed(line), "supported", (), (one.citation,)) for line, one in zip(found, evidence, strict=True)
    )
    points = "\n".join(f"{number}. {claim_texts([claim])}" for number, claim in enumerate(claims, 1))
    return Listing(
        "answered",
        f"{EXTRACT_LABEL}\n{points}" if len(claims) > 1 else f"{EXTRACT_LABEL}{points[3:]}",
        claims,
        evidence,
    )


def _candidates(
    day: DateMention, wish: Wish, search: Searcher, archive: Archived, filters: Filters, top: int
) -> Iterable[Article]:
    """Return the reports that may tell of the day: of the editions soon after it, and what search finds."""
    found: dict[str, Article] = {}
    for edition in archive.editions():
        if _soon_after(day, edition.date):
            for article in archive.edition_articles(edition.date, edition.paper):
                found.setdefault(article.id, article)
    for hit in search(wish.text, top=top, filters=filters).hits:
        found.setdefault(hit.article.id, hit.article)
    return (
        article
        for article in found.values()
        if article.kind not in {"ad", "notice"} and (not filters.pages or article.edition.page in filters.pages)
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
        told = any(
            one.day == day.day
            and (agrees(day, one) or not one.month)
            and not DATELINE.match(text, one.end - 1)
            and _HELD.search(text, one.end)
            for one in date_mentions(text, article.date)
        )
        if told and (not meetings or _MEETING.search(text)):
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

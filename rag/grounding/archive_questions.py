"""Questions about the archive itself: which reports mention a thing, what an edition holds, who wrote a report.

They are answered from the archive's own lists, complete, each title cited; a model has no part in them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.grounding.composing import EXTRACT_LABEL, Archived, Searcher, coverage, listed, short_title
from rag.grounding.question import Wish
from rag.grounding.terms import content_terms, presence
from rag.schema import Article, Claim, Evidence, Filters, Outcome
from rag.text.dates import DateMention, agrees, date_mentions
from rag.text.numbers import flat, number_value
from rag.text.sentences import sentence_spans

_MAX_LISTED = 30
_ADS = ("ad",)
_TELLING = 0.45  # words less rare than this (举行, 会议, 活动) do not narrow a list of a day's reports


@dataclass(frozen=True, slots=True)
class Listing:
    """A finished answer to a question about the archive."""

    outcome: Outcome
    text: str
    claims: tuple[Claim, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    nearest: tuple[Article, ...] = ()
    notes: tuple[str, ...] = ()


def answer_archive(wish: Wish, *, search: Searcher, archive: Archived, filters: Filters, top: int) -> Listing:
    """Return the answer to a question whose intent is mentions, edition, dates, writer or ad."""
    if wish.intent == "mentions":
        return _mentions(wish, search, archive, filters, top)
    if wish.intent == "writer":
        return _writer(wish, search, archive, filters)
    if wish.intent == "ad":
        return _advertisements(wish, archive)
    if wish.intent == "dates":
        return Listing("answered", coverage(archive))
    return _edition(wish, archive, filters)


def _mentions(wish: Wish, search: Searcher, archive: Archived, filters: Filters, top: int) -> Listing:
    phrase = wish.subject
    day = next((one for one in date_mentions(flat(phrase)) if one.month and one.day and not one.relative), None)
    if day is not None:
        return _of_day(phrase, day, search, archive, filters, top)
    found = [article for article in archive.mentions(phrase, filters) if article.kind not in _ADS] if phrase else []
    if found:
        return _listing(f"共有{len(found)}篇报道提到“{phrase}”：", found, phrase)
    hits = search(wish.text, top=top, filters=filters).hits
    near = [hit.article for hit in hits]
    about = [article for article in near if _is_about(phrase, article)]
    if about:
        return _listing(f"没有报道写有“{phrase}”这几个字，与它有关的报道有{len(about)}篇：", about, "")
    text = (
        f"档案中没有报道提到“{phrase}”。" + (f"最接近的报道：{listed(near[:3])}。" if near else "") + coverage(archive)
    )
    return Listing("not_found", text, nearest=tuple(near[:3]))


# The day on which an agency sent a report is not the day of what it tells.
DATELINE = re.compile(r"日(?:电|讯|报道|消息)")


def _tells_of(day: DateMention, article: Article) -> bool:
    """Return whether the article tells of that day; the day on which an agency sent it (20日电) is not told of."""
    text = flat(article.body)
    return any(
        one.day == day.day and (agrees(day, one) or not one.month) and not DATELINE.match(text, one.end - 1)
        for one in date_mentions(text, article.date)
    )


def _of_day(phrase: str, day: DateMention, search: Searcher, archive: Archived, filters: Filters, top: int) -> Listing:
    """List the reports that name a day, of those the ones that are about what else is asked for."""
    printed = f"{day.month}月{day.day}日"
    rest = flat(phrase)[: day.start] + flat(phrase)[day.end :]
    terms = [term for term in content_terms(rest) if term.weight >= _TELLING]
    found = {article.id: article for article in archive.mentions(printed, filters) if article.kind not in _ADS}
    for hit in search(phrase, top=top, filters=filters).hits:
        if hit.article.kind not in _ADS:
            found.setdefault(hit.article.id, hit.article)
    about = [
        article for article in found.values() if _tells_of(day, article) and (not terms or _is_about(rest, article))
    ]
    if about:
        return _listing(f"共有{len(about)}篇报道写到{printed}：", about, printed)
    return Listing("not_found", f"档案中没有报道写到{printed}{rest.strip('的')}。{coverage(archive)}")


def _is_about(phrase: str, article: Article) -> bool:
    terms = content_terms(phrase)
    total = sum(term.weight for term in terms)
    text = flat(f"{article.headline} {article.body}")
    return bool(total) and sum(term.weight * presence(term, text) for term in terms) / total >= 0.85


def _edition(wish: Wish, archive: Archived, filters: Filters) -> Listing:
    date, page, paper = _edition_asked(wish.text, archive, filters)
    articles = (
        [article for article in archive.edition_articles(date, paper) if article.kind not in _ADS] if date else []
    )
    if page:
        articles = [article for article in articles if article.edition.page.lstrip("0").upper() == page]
    if filters.pages:
        articles = [article for article in articles if article.edition.page in filters.pages]
    if not articles:
        where = f"{date or '这一天'}" + (f"第{page}版" if page else "")
        return Listing("not_found", f"档案中没有{where}的报道。{coverage(archive)}")
    where = f"{articles[0].edition.paper}{date}" + (f"第{page}版" if page else "")
    return _listing(f"{where}共有{len(articles)}篇报道：", articles, "", told=True)


def _edition_asked(text: str, archive: Archived, filters: Filters) -> tuple[str, str, str]:
    """Return the day, page and paper that a question about an edition means; the newest day when it names none."""
    editions = archive.editions()
    newest = editions[0].date if editions else ""
    named = re.search(r"\d{1,2}月\d{1,2}[日号]|(?:19|20)\d\d[-年/.]\d{1,2}[-月/.]\d{1,2}|昨[天日]|前天", text)
    mentions = [one for one in date_mentions(flat(text), newest) if one.day] if named else []
    date = mentions[0].iso if mentions else (filters.date_to or newest)
    match = re.search(r"第?\s*([A-Za-z]?\d{1,2}|[一二三四五六七八九十]{1,3})\s*版", text)
    page = "1" if "头版" in text else ""
    if match:
        value = number_value(match[1])
        page = str(int(value)) if value is not None else match[1].lstrip("0").upper()
    papers = [edition.paper for edition in editions if edition.paper and edition.paper in text]
    return date, page, papers[0] if papers else (filters.papers[0] if len(filters.papers) == 1 else "")


def _writer(wish: Wish, search: Searcher, archive: Archived, filters: Filters) -> Listing:
    question = _OF_WRITING.sub(" ", wish.text)
    hits = search(question, top=5, filters=filters).hits
    terms = [term for term in content_terms(question) if term.weight >= 0.4]
    for hit in hits:
        article = hit.article
        text = flat(f"{article.headline} {article.body}")
        if terms and sum(presence(term, text) for term in terms) / len(terms) < 0.7:
            continue
        signed = article.byline or "、".join((*article.reporters, *article.correspondents)) or _printed(article)
        if signed:
            return _listing(
                f"《{short_title(article)}》的署名是：{signed.strip('（）() ')}。", [article], "", bare=True
            )
    nearest = tuple(hit.article for hit in hits[:3])
    return Listing("not_found", f"报道没有署名。最接近的报道：{listed(nearest)}。{coverage(archive)}", nearest=nearest)


def _advertisements(wish: Wish, archive: Archived) -> Listing:
    """Return what the advertisements say: those that have the question's words, else all of the newest edition with any."""
    editions = (archive.edition_articles(edition.date, edition.paper) for edition in archive.editions())
    pages = ([article for article in articles if article.kind in _ADS] for articles in editions)
    ads = next((found for found in pages if found), [])
    if not ads:
        return Listing("not_found", f"档案中没有广告。{coverage(archive)}")
    terms = [term for term in content_terms(wish.text) if not _OF_ADS.search(term.text)]
    meant = [ad for ad in ads if any(presence(term, flat(f"{ad.headline} {ad.body}")) >= 1.0 for term in terms)] or ads
    shown = meant[:_MAX_ADS]
    evidence = tuple(Evidence(number, ad, 0, len(ad.body)) for number, ad in enumerate(shown, 1))
    claims = tuple(
        Claim(
            f"{'；'.join(line.strip('。；') for line in one.article.body.splitlines() if line.strip())}。",
            "supported",
            (),
            (one.citation,),
        )
        for one in evidence
    )
    notes = (f"只列出前{_MAX_ADS}则。",) if len(meant) > _MAX_ADS else ()
    return Listing("answered", EXTRACT_LABEL + "".join(claim.text for claim in claims), claims, evidence, notes=notes)


_MAX_ADS = 3
_OF_ADS = re.compile(r"广告|公益|宣传|标语|口号|内容|主题|落款|署名|单位|部门|发布|刊登|文字|版")
_OF_WRITING = re.compile(
    r"记者|通讯员|作者|摄影者?|署名|是?谁|写的?|采写|撰写|拍摄?|的?报道|文章|[这那该]一?[张幅组篇条则个](?:新闻|照片|图片?|稿件?|消息)?|照片|图片|稿件?|名字|叫什么|[？?]"
)


def _printed(article: Article) -> str:
    match = re.search(
        r"[（(]((?:见习|特约|实习)?记者[^）)]{2,40}|[^（()）]{0,10}(?:摄|文)[^（()）]{0,10})[）)]", article.body
    )
    return match[1] if match else ""


def _listing(head: str, articles: Sequence[Article], phrase: str, *, bare: bool = False, told: bool = False) -> Listing:
    """Return the titles as claims, each citing the sentence with the phrase, or the opening."""
    shown = articles[:_MAX_LISTED]
    evidence = tuple(_evidence(article, number, phrase) for number, article in enumerate(shown, 1))
    if bare:
        signed: tuple[Claim, ...] = (Claim(head, "supported", (), tuple(one.citation for one in evidence)),)
        return Listing("answered", head, signed, evidence)
    places = {(article.date, article.edition.page) for article in shown}
    claims = tuple(
        Claim(_entry(one.article, dated=not told or len(places) > 1), "supported", (), (one.citation,))
        for one in evidence
    )
    notes = (f"只列出前{_MAX_LISTED}篇。",) if len(articles) > _MAX_LISTED else ()
    return Listing("answered", head + "；".join(claim.text for claim in claims) + "。", claims, evidence, notes=notes)


def _entry(article: Article, *, dated: bool) -> str:
    page = f"第{article.edition.page}版" if article.edition.page else ""
    where = "，".join(part for part in (article.date, page) if part)
    return f"《{short_title(article)}》" + (f"（{where}）" if where and dated else "")


def _evidence(article: Article, number: int, phrase: str) -> Evidence:
    """Return the sentence that has the phrase, or the first one."""
    from rag.text.tokens import fold_phrase

    spans = sentence_spans(article.body) or [(0, len(article.body))]
    needle = fold_phrase(phrase) if phrase else ""
    chosen = next(
        (span for span in spans if needle and needle in fold_phrase(article.body[span[0] : span[1]])), spans[0]
    )
    return Evidence(number, article, *chosen)

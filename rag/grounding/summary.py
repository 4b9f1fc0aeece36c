"""Summaries on request: of an article, a topic, a person; every sentence cited.

A summary is chosen, not written: the sentences that tell most (the opening, named practices, figures), from every part of
the article, shortened to the clauses that carry them. It is the same with and without a model, at once, and nothing in it
can be untrue to its source.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from rag.grounding.bearing import article_lines
from rag.grounding.composing import EXTRACT_LABEL, Archived, Clock, Searcher, claim_texts, not_found_text
from rag.grounding.evidence import evidence_of
from rag.grounding.extract import trimmed
from rag.grounding.question import Wish
from rag.grounding.reading import known_word, tagged
from rag.grounding.signals import Line, clauses
from rag.grounding.terms import Term, content_terms, plainly_tagged, presence, rarity
from rag.grounding.verify import verify
from rag.schema import Answer, AnswerEvent, AnswerReady, Article, Claim, ClaimReady, EvidenceFound, Filters
from rag.text.dates import date_mentions
from rag.text.numbers import flat, quantities

_FEWEST, _MOST = 3, 7
_SENTENCE_END = "。！？；.!?”’）"
_KNOWN = 0.6
# A noun of the subject at least this rare must be in the article.
_TELLING = 0.33
_LONG = 80
_NAMED = re.compile(r"[“《]([^”》，。；]{2,14})[”》]")
_PRACTICE = re.compile(
    r"创新|推行|推出|建立|打造|实施|构建|健全|设立|开展|组织|启动|完成|出台|举行|召开|签订|签约|发布|建成|推动|采用|要求|指出|强调|明确|提出|荣获|获得|实现"
)
# What is begun under a name of its own (创新开展“某某”).
_NAMED_PRACTICE = re.compile(
    r"(?:创新|推行|推出|建立|打造|实施|构建|设立|开展|启动|出台|探索|成立)[^，。；“]{0,6}[“《](?![^”》]{0,14}[，。])"
)
_HOLLOW = re.compile(
    r"^[“‘]|未来，|必将|相信|深有感触|感慨|高兴地|大爷|大妈|热土|新篇章|^[^，：“”]{0,30}(?:说|表示|介绍|坦言|感慨道?)[。：]?$"
)
_FORM_WORDS = frozenset(
    (
        *(
            "主要",
            "做法",
            "成效",
            "措施",
            "内容",
            "情况",
            "观点",
            "要点",
            "经过",
            "背景",
            "意义",
            "特点",
            "亮点",
            "举措",
        ),
        *(
            "成果",
            "数据",
            "数字",
            "影响",
            "结果",
            "核心",
            "信息",
            "概括",
            "总结",
            "介绍",
            "归纳",
            "概述",
            "简述",
            "梳理",
        ),
        *("进展", "要求", "部署", "安排", "现状", "过程", "问题", "分点", "报道", "文章", "新闻", "消息", "一下"),
    )
)


def summary_events(
    question: str,
    wish: Wish,
    *,
    filters: Filters,
    search: Searcher,
    archive: Archived,
    top: int,
    clock: Clock,
    notes: tuple[str, ...],
) -> Iterator[AnswerEvent]:
    """Yield the events of a summary; the first are the chosen sentences."""
    subject = wish.subject or wish.text
    result = search(subject, top=top, filters=filters)
    notes += result.notes
    clock.retrieval = clock.now()
    found = [hit.article for hit in result.hits]
    terms = tuple(term for term in content_terms(subject) if term.text not in _FORM_WORDS)
    # What is done (改进工作) the article may say in other words, not of whom or what.
    done = {word.text for word in tagged(flat(subject)) if word.flag.startswith("v")}
    what = tuple(term for term in terms if term.text not in done)
    articles = about(terms, found) or (about(what, found) if what else [])
    lines = key_lines(articles, terms, wish.sentences)
    evidence = tuple(evidence_of(line, number) for number, line in enumerate(lines, 1))
    clock.evidence = clock.now()
    yield EvidenceFound(evidence, notes)
    if not lines:
        text = not_found_text(found[:3], archive, missing=f"“{subject}”")
        answer = Answer(question, "not_found", text, nearest=tuple(found[:3]), notes=notes, timings=clock.timings())
        yield AnswerReady(answer)
        return
    claims = tuple(
        Claim(condensed(line), "supported", (), (one.citation,)) for line, one in zip(lines, evidence, strict=True)
    )
    for claim in claims:
        yield ClaimReady(claim)
    body = claim_texts(claims)
    if wish.points:
        body = "\n".join(f"{number}. {claim_texts([claim])}" for number, claim in enumerate(claims, 1))
    text = f"{EXTRACT_LABEL}{'' if not wish.points else chr(10)}{body}"
    yield AnswerReady(Answer(question, "answered", text, claims, evidence, notes=notes, timings=clock.timings()))


def about(terms: Sequence[Term], articles: Sequence[Article]) -> list[Article]:
    """Return the articles that are about `terms`: those that have them in the headline, or all that speak of them.

    An article that lacks the words that say what is asked about (荆州机场 where there is no airport) is not about it.
    """
    if not terms:
        return list(articles[:1])
    scored = [(_aboutness(terms, article), -rank, article) for rank, article in enumerate(articles)]
    scored = sorted((one for one in scored if one[0] >= _KNOWN), key=lambda one: (-one[0], -one[1]))
    return [article for score, _, article in scored if score >= 0.95 * scored[0][0]][:3]


def _aboutness(terms: Sequence[Term], article: Article) -> float:
    headline, body = flat(article.headline), flat(article.body)
    total = sum(term.weight for term in terms)
    lacking = [term for term in terms if max(presence(term, headline), presence(term, body)) < 0.5]
    if any(term.weight >= _TELLING for term in lacking) and sum(term.weight for term in lacking) > 0.25 * total:
        return 0.0
    return sum(term.weight * max(presence(term, headline), 0.75 * presence(term, body)) for term in terms) / total


def key_lines(articles: Sequence[Article], terms: Sequence[Term], count: int = 0) -> list[Line]:
    """Return the sentences that tell most, in print order; `count` of them, or as many as the length deserves."""
    pool = [line for article in articles for line in article_lines(article)]
    if articles and terms and not _is_subject(terms, articles[0]):
        pool = [line for line in pool if _speaks_of(terms, line)]
    pool = [line for line in pool if line.text[-1] in _SENTENCE_END]
    count = count or max(_FEWEST, min(_MOST, math.ceil(len(pool) / 1.8)))
    order = {id(line): index for index, line in enumerate(pool)}
    chosen: list[Line] = []
    seen: set[str] = set()
    weights = _recurring(pool)
    total = sum(term.weight for term in terms) or 1.0

    def worth(line: Line) -> float:
        open_terms = [term for term in terms if not any(presence(term, flat(one.text)) >= 0.6 for one in chosen)]
        covers = sum(term.weight for term in open_terms if presence(term, flat(line.text)) >= 0.6) / total
        return _worth(line, terms, seen, chosen) + _CENTRAL * _central(line, weights, chosen) + _COVERS * covers

    while pool and len(chosen) < count:
        best = max(pool, key=worth)
        if chosen and worth(best) <= 0.15:
            break
        pool.remove(best)
        chosen.append(best)
        seen |= _told(best.text)
    return sorted(chosen, key=lambda line: order[id(line)])


def _is_subject(terms: Sequence[Term], article: Article) -> bool:
    """Return True when the headline has most of the words, or the opening nearly all: it is what the article is about."""
    opening = flat(" ".join(line.text for line in article_lines(article)[:_OPENING]))
    return _share(terms, flat(article.headline)) >= 0.45 or _share(terms, opening) >= 0.9


_OPENING = 2


def _share(terms: Sequence[Term], text: str) -> float:
    total = sum(term.weight for term in terms) or 1.0
    return sum(term.weight * presence(term, text) for term in terms) / total


def _speaks_of(terms: Sequence[Term], line: Line) -> bool:
    rarest = max(terms, key=lambda term: term.weight)
    here = presence(rarest, flat(line.text)) >= 0.6
    return here or (bool(line.before) and presence(rarest, flat(line.before[0])) >= 0.6)


_CENTRAL, _COVERS = 0.5, 1.0


def _recurring(lines: Sequence[Line]) -> dict[str, float]:
    """Return the words that more than one of the lines has, by how often and how rare: what they are about.

    As SumBasic (Nenkova and Vanderwende, 2005) weighs words; the most telling one has 1.
    """
    counts = Counter(word for line in lines for word in _words(line))
    found = {word: math.log(count) * rarity(word) for word, count in counts.items() if count > 1}
    most = max(found.values(), default=1.0)
    return {word: value / most for word, value in found.items()}


def _central(line: Line, weights: Mapping[str, float], chosen: Sequence[Line]) -> float:
    """Return in 0..1 how much the line has of what recurs and is not told yet."""
    told = {word for one in chosen for word in _words(one)}
    return min(1.0, sum(weights.get(word, 0.0) for word in _words(line) - told) / _ENOUGH_WORDS)


_ENOUGH_WORDS = 3.0


def _words(line: Line) -> frozenset[str]:
    return frozenset(
        word.text
        for word in plainly_tagged(flat(line.text))
        if len(word.text) > 1 and word.flag[:1] in {"n", "v", "l", "j"}
    )


def _told(text: str) -> set[str]:
    """Return the named things and figures of a sentence."""
    plain = flat(text)
    dates = [(one.start, one.end) for one in date_mentions(plain)]
    figures = {
        one.text for one in quantities(plain) if not any(start < one.end and one.start < end for start, end in dates)
    }
    # A word in quotation marks that every dictionary has (“井喷”) names nothing.
    return {name for name in _NAMED.findall(plain) if not known_word(name)} | figures


def _worth(line: Line, terms: Sequence[Term], seen: set[str], chosen: Sequence[Line]) -> float:
    text = flat(line.text)
    fresh = _told(text) - seen
    figures = sum(any(char.isdigit() for char in one) for one in fresh)
    worth = 0.35 * min(4, figures) + 0.5 * min(3, len(fresh) - figures)
    worth += 0.6 * _share(terms, text)
    worth += 0.8 if _NAMED_PRACTICE.search(text) else 0.4 if _PRACTICE.search(text) else 0.0
    worth += 0.5 if line.lead.startswith(line.text) else 0.3 if line.text in line.lead else 0.0
    worth -= 0.6 if _HOLLOW.search(text) else 0.0
    worth -= 0.8 if len(text) < 14 else 0.0
    return worth - 0.2 * sum(_same_paragraph(line, other) for other in chosen)


def _same_paragraph(line: Line, other: Line) -> bool:
    first, last = min(line.start, other.start), max(line.start, other.start)
    return line.article is other.article and "\n" not in line.article.body[first:last]


def condensed(line: Line) -> str:
    """Return the sentence without its by-line, cut to its opening and to the clauses that tell something."""
    text = trimmed(line.text)
    if len(text) <= _LONG:
        return text
    pieces = _clauses_outside_quotes(text)
    opening = 1 if len(pieces[0]) >= 8 else 2
    kept = [
        piece
        for index, piece in enumerate(pieces)
        if index < opening or _told(piece) or _PRACTICE.search(piece[:8]) or _does(piece)
    ]
    short = "，".join(kept)
    if len(kept) <= opening or len(short) > 0.9 * len(text) or not _balanced(short):
        return text
    return short if verify(short, [evidence_of(line)]).verdict == "supported" else text


def _does(clause: str) -> bool:
    """Return whether a clause begins with what is done (增派人手): one of a row of measures."""
    first = next(iter(tagged(clause)), None)
    return first is not None and first.flag == "v" and len(first.text) > 1


def _clauses_outside_quotes(text: str) -> list[str]:
    pieces: list[str] = []
    begin = -1
    stop = 0
    for start, end in clauses(text):
        begin = start if begin < 0 else begin
        stop = end
        while stop < len(text) and text[stop] in "。！？”’）":
            stop += 1
        if _balanced(text[begin:stop]):
            pieces.append(text[begin:stop].rstrip("。"))
            begin = -1
    return [*pieces, text[begin:stop]] if begin >= 0 else pieces


def _balanced(text: str) -> bool:
    return all(text.count(opener) == text.count(closer) for opener, closer in ("“”", "（）", "《》", "‘’"))

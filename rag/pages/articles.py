"""From matched pieces to articles: names, datelines, kinds, confidence."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rag.pages.continuations import continued_on
from rag.pages.heads import Headline, part_text, read_head
from rag.pages.lines import Line, continued_from
from rag.pages.pairing import Pair
from rag.pages.pieces import Body, Caption, Head, Notice, Paragraph
from rag.pages.rereading import Reading
from rag.schema import Article, ArticleKind, Box, Edition

_OPENING = re.compile(
    r"^(?P<dateline>[\u4e00-\u9fff·]{1,20}?(?:\d{1,2}月\d{1,2}日)?(?:讯|消息|电)) ?"
    r"(?:[（(](?P<names>[^（）()]{2,80})[）)])?"
)
_ROLES = re.compile(
    r"(?:本报|全媒体|融媒体|首席|见习|特约|实习|特派|驻[\u4e00-\u9fff]{2,4})*"
    r"(?P<role>记者|通讯员|实习生|评论员|特约撰稿人)[：: ]?"
)
_PHOTO_MARKS = re.compile(r"(?:摄影报道|文/图|图/文|供图|提供|报道|摄影|摄|文|图|/)+$")
_PHOTO_LENGTH = 260


@dataclass(frozen=True, slots=True)
class Names:
    """Who wrote it."""

    reporters: tuple[str, ...] = ()
    correspondents: tuple[str, ...] = ()


def read_names(text: str) -> Names:
    """Return the reporters and the correspondents of a byline: 记者 梅闻 通讯员 徐梓康 摄."""
    reporters: list[str] = []
    correspondents: list[str] = []
    clean = re.sub(r"[（）()□■▢◇◆●○▲△☐]", " ", text)
    into = reporters
    at = 0
    for match in [*_ROLES.finditer(clean), None]:
        for word in re.split(r"[\s、，,；;/]+", clean[at : match.start() if match else len(clean)]):
            name = _PHOTO_MARKS.sub("", word)
            if re.fullmatch(r"[\u4e00-\u9fff·]{2,12}", name):
                into.append(name)
        if match:
            into = correspondents if match["role"] == "通讯员" else reporters
            at = match.end()
    return Names(tuple(dict.fromkeys(reporters)), tuple(dict.fromkeys(correspondents)))


def make_articles(reading: Reading, edition: Edition) -> list[Article]:
    """Return the articles of a page in the order of their bodies, then what has no body."""
    pieces = reading.pieces
    head_of = {pair.body: pair for pair in reading.pairs}
    used = {pair.head for pair in reading.pairs}
    extras = _extras(reading)
    articles = []
    for index, piece in enumerate(pieces):
        if isinstance(piece, Body):
            pair = head_of.get(index)
            head = pieces[pair.head] if pair else None
            articles.append(
                _article(piece, head if isinstance(head, Head) else None, pair, extras.get(index, []), edition)
            )
        elif isinstance(piece, Notice):
            articles.append(_notice(piece.paragraphs, edition))
        elif isinstance(piece, Head) and index not in used and not _taken(piece, extras):
            articles.append(_lone_head(piece, edition))
        elif isinstance(piece, Caption) and not _taken(piece, extras):
            articles.append(_lone_caption(piece, edition))
    return articles


def _taken(piece: Caption | Head, extras: Mapping[int, Sequence[Caption | Head]]) -> bool:
    return any(piece is one for taken in extras.values() for one in taken)


def _extras(reading: Reading) -> dict[int, list[Caption | Head]]:
    """Return for each body the captions and loose bylines that stand by it or by its head."""
    owner = {pair.head: pair.body for pair in reading.pairs}
    owner.update({index: index for index, piece in enumerate(reading.pieces) if isinstance(piece, Body)})
    extras: dict[int, list[Caption | Head]] = {}
    for index, piece in enumerate(reading.pieces):
        loose = isinstance(piece, Head) and not piece.lines
        if not (loose or isinstance(piece, Caption)):
            continue
        around = [index + 1, index - 1] if loose else [index - 1, index + 1]
        near = [owner[at] for at in [*around, *range(index - 2, -1, -1)] if at in owner]
        if near and isinstance(piece, Caption | Head):
            extras.setdefault(near[0], []).append(piece)
    return extras


def _article(
    body: Body, head: Head | None, pair: Pair | None, extras: Sequence[Caption | Head], edition: Edition
) -> Article:
    headline = read_head(head.lines) if head else Headline("")
    captions = [Paragraph(part_text(extra.lines), extra.lines) for extra in extras if isinstance(extra, Caption)]
    names = [line for extra in extras if isinstance(extra, Head) for line in extra.names]
    names = [*(head.names if head else ()), *names, *body.credit]
    paragraphs = (*body.paragraphs, *captions)
    text = "\n".join(paragraph.text for paragraph in paragraphs)
    opening = _OPENING.match(body.paragraphs[0].text)
    byline = " ".join(part_text([line]) for line in names)
    if not byline and opening and opening["names"]:
        byline = opening["names"]
    who = read_names(byline)
    page = continued_from(body.paragraphs[0].text)
    lines = [*(head.lines if head else ()), *names, *(line for p in paragraphs for line in p.lines)]
    confidence, doubts = _confidence(head, pair)
    return Article(
        title=headline.title or _stand_in(text),
        body=text,
        kind=_kind(body, text, page, bool(opening)),
        kicker=headline.kicker,
        subtitle=headline.subtitle,
        byline=byline,
        reporters=who.reporters,
        correspondents=who.correspondents,
        dateline=opening["dateline"] if opening else "",
        subheads=tuple(paragraph.text for paragraph in body.paragraphs if paragraph.subhead),
        edition=edition,
        confidence=confidence,
        doubts=doubts,
        continued_from=page,
        continued_on=continued_on(body.paragraphs[-1].text),
        lines=_numbers(lines),
        boxes=_boxes(lines),
    )


def _kind(body: Body, text: str, continued: str, dated: bool) -> ArticleKind:
    if continued:
        return "continuation"
    if body.credit and not dated and len(text) <= _PHOTO_LENGTH and "摄" in body.credit[-1].text:
        return "photo"
    return "news"


def _confidence(head: Head | None, pair: Pair | None) -> tuple[float, tuple[str, ...]]:
    if head is None or pair is None:
        return 0.3, ("no headline was found for this text; it is called by its first words",)
    confidence = min(1.0, max(0.2, 0.35 + 0.6 * pair.score + 0.5 * min(0.3, pair.margin)))
    doubts = ("the headline shares little with the text and stands near another",) if confidence < 0.6 else ()
    return round(confidence, 3), doubts


def _stand_in(text: str) -> str:
    first = text.split("\n", 1)[0]
    return first if len(first) <= 30 else first[:29] + "…"


def _notice(paragraphs: Sequence[Paragraph], edition: Edition) -> Article:
    lines = [line for paragraph in paragraphs for line in paragraph.lines]
    text = "\n".join(paragraph.text for paragraph in paragraphs)
    return Article(
        title=paragraphs[0].text, body=text, kind="ad", edition=edition, lines=_numbers(lines), boxes=_boxes(lines)
    )


def _lone_head(head: Head, edition: Edition) -> Article:
    paragraphs = [Paragraph(part_text([line]), (line,)) for line in (*head.lines, *head.names)]
    text = "\n".join(paragraph.text for paragraph in paragraphs)
    lines = [*head.lines, *head.names]
    return Article(
        title=read_head(head.lines).title or text,
        body=text,
        kind="notice",
        edition=edition,
        confidence=0.3,
        doubts=("a headline without a text",),
        lines=_numbers(lines),
        boxes=_boxes(lines),
    )


def _lone_caption(caption: Caption, edition: Edition) -> Article:
    text = part_text(caption.lines)
    return Article(
        title=_stand_in(text),
        body=text,
        kind="photo",
        edition=edition,
        confidence=0.3,
        doubts=("a caption without an article",),
        lines=_numbers(caption.lines),
        boxes=_boxes(caption.lines),
    )


def _numbers(lines: Sequence[Line]) -> tuple[int, ...]:
    return tuple(sorted({number for line in lines for number in line.numbers}))


def _boxes(lines: Sequence[Line]) -> tuple[Box, ...]:
    return tuple(line.box for line in lines if line.box)

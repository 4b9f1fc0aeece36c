"""A reporter's copy made fit to quote: where the news begins, what is no news, where a long sentence may be cut.

What is printed is always a run of the article's own characters between clause borders, so that it can be checked and
cited. Cut away are the dateline, credits and the words that only say how the paper came to know.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rag.digest.figures import key_figures
from rag.grounding.reading import tagged
from rag.schema import Article, Evidence
from rag.text.numbers import Quantity
from rag.text.sentences import sentence_spans

LIMIT = 90  # characters a sentence of a digest may have before it is cut at a clause border
_HEAD = 160  # the dateline stands within so many characters, after at most a caption or a subhead

_DATELINE = re.compile(
    r"(?:\d{1,2}月\d{1,2}日\s?(?:电(?![影力商子视台信动网脑池梯缆费价量器站路源流厂工气线业报竞])|讯|消息(?=[\s（(，,：:]))"
    r"|(?:本报|本网|本台|[报网社台端线刊])\w{0,6}?讯|(?:报|网|社|台|端)(?=[（(]\s?记者))(?![息问号员])"
    r"|【[^】]{2,30}(?:报道|讯|电|消息)[^】]{0,30}】"
)
_AFTER_DATELINE = re.compile(
    r"\s*(?:[（(][^（）()]{0,120}[）)])?\s*"
    r"(?:[^，。：；“]{0,24}?(?:记者|通讯员)[^，。：；“]{2,20}?报道)?\s*"
    r"(?:题[：:][^\n。]{2,60}(?=\n))?(?:综合[^，。；：]{0,8}(?:消息|报道)\s?[：:，,]|[^，。：；]{2,6}消息[：:])?\s*"
)
_CREDIT = re.compile(
    r"\s*(?:[（(](?:[^（）()]{0,40}?(?:记者|通讯员|实习生|作者|编辑|来源|文/|图/)[^（）()]{0,120}|上接[^（）()]{1,24}|紧接[^（）()]{1,24})[）)]|本报讯|本网讯)\s*"
)
# Credits printed without brackets before the news: `某报记者 张三 通讯员 李四 8月2日，`.
_BARE_CREDIT = re.compile(
    r"[^，。：；“（）()\d]{0,12}(?:记者|通讯员|编辑)[\s/／][^，。：；“（）()\d]{2,40}?(?=\d{1,2}月|\d{1,2}日|近日|日前|昨日|今日|昨天|今天|“)"
)
_LOOSE = re.compile(
    r"(?:(?:近日|日前|近期|近来|连日来|最近|近段时间|这段时间|据悉|据了解|据介绍|据称|另据报道|据报道|记者了解到|记者获悉|获悉)[，,：:]?"
    r"|(?:[^，。；“]{0,10}记者)?(?:今日|昨日|今天|昨天|近日|日前|\d{1,2}日)?从[^，。；]{2,90}(?:获悉|了解到|得知)[，,：:]"
    r"|[^，。；“]{0,10}记者(?:今日|昨日|今天|昨天|近日|日前|\d{1,2}日)?(?:获悉|了解到|注意到)[，,：:]"
    r"|(?:据[^，。；：]{2,25}|综合[^，。；：]{0,10})(?:报道|消息|介绍|透露|了解)[，,]"
    r"|(?:报道|消息)称[，,：:]"
    r"|(?:同时|此外|另外|其中|因此|为此|对此|而且|并且|不过|然而|但是|但|而|于是|随后|接着|与此同时|除此之外|不仅如此|值得一提的是|值得注意的是|总之|可以说)[，,])\s*"
)
# What a picture agency's or a photographer's credit leaves at the head of the next sentence.
_PICTURE = re.compile(
    r"(?:[^，。；\n]{0,30}?(?:资料图片?(?:[（(][^（）()]{0,20}[）)])?|供图|视觉中国\s*图|(?:记者|通讯员)\s?\S{2,4}\s?摄)"
    r"|[\u4e00-\u9fff]{2,3}\s+摄|[（(][^（）()]{0,16}(?:视觉|图片?|摄)[）)])\s*(?=[\w“《])"
)
_CAPTION = re.compile(
    r"(?:\S{2,4}\s?摄|供图|资料图片?|图片来源[^。]{0,20}|图为[^。]{2,60})[）)]?。?$|^(?:图为|图[①②③④⑤一二三四五]|上图|下图|资料图)"
)
# A photo's own caption is its news: only what points at the picture, and who took it, is cut away.
_SHOWN = re.compile(r"(?:[上下左右]?图(?:[①②③④⑤一二三四五]|为|片为|中)?(?:[：:，,]|(?<=为)|(?<=中)))\s*")
_TAKEN = re.compile(r"\s*(?:[（(][^（）()]{0,30}摄[^（）()]{0,4}[）)]|(?<=[。！？\s])[^，。；]{0,20}摄(?:影报道)?)。?$")
_CREDIT_LINE = re.compile(
    r"^[□■◆●▲]|^(?:记者|通讯员|文[/／]|图[/／]|编辑|责编|责任编辑|来源|作者|海报|策划|监制|原标题)[：:\s/／]?[^，。]{0,30}$"
)
_UNFINISHED = re.compile(
    r"^.{0,12}作为|^(?:据|综合)[^，。]{0,25}(?:报道|消息|介绍|了解)$"
    r"|(?:提出|指出|强调|认为|透露|介绍|通报|宣布|要求|明确|显示|回应|写道|获悉)$|(?:一道|一起|一同|共同|中|后|时|下|上|前|里|间|之际|以来|的|和|与|及|等|是|为|称|说|表示)$"
)
# The end of an enumeration that commas run through: 某市市长甲、书记乙，某局局长丙等陪同。
_LISTED = re.compile(r"[^，。]{0,40}等(?![待于级到])")
_END = re.compile(r"[\s。；;，,、：:（(]+$|[（(]完[）)]$")
_OPENERS, _CLOSERS = "“「『（(《〈【[", "”」』）)》〉】]"
_STOPS = re.compile(r"[。！？]")
# A sentence that takes back what it begins with is not cut.
_DENIED = re.compile(r"谣言|不实|虚假|辟谣|并非|否认|子虚乌有|纯属|误传|不属实|假消息")
_VERBS = frozenset(("v", "vd", "vg", "vi"))
_BORDER = "，,；;：:"
# A clause that opens so is the first half of something, or says how and why and not what.
_SUBORDINATE = re.compile(
    r"^(?:为了?|通过|随着|针对|对于?|由于|因|如果|若|虽然?|尽管|不仅|不但|除了?|围绕|按照|根据|依托|结合|在|自|从|当|据|以|经|面对|作为|既|无论|不管|只要|只有|一旦|即使|与|同|和|其中)"
)
# A clause that says when, where or in what: the subject comes after it.
_FRAME = re.compile(
    r"^(?:截至|截止|自|从|在|到|据|经|随着|通过|为|目前|当前|如今|现在|今年|去年|明年|当天|当日|同日|当晚|\d{1,4}[年月日])"
    r"|(?:以来|期间|时|后|前|中|上|下|方面|当天|时候)$"
)
_PRONOUN = re.compile(
    r"^(?:他|她|它|其|这|那|此|该|对此|双方|两人|两国|前者|后者|上述|以上|本次|此次|同时|他们|她们|它们|相比之下|而|但|也|还|并|又|且|则|却|就|第[二三四五六]|二是|三是|四是|五是)"
)


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence of an article and the part of it that a digest would print.

    `start:end` is the sentence's address, `begin:stop` the part; `order` counts the sentences of the article from 0.
    """

    article: Article
    start: int
    end: int
    begin: int
    stop: int
    order: int

    @property
    def text(self) -> str:
        """The words of the part, ended as a sentence."""
        return printed(self.article.body[self.begin : self.stop])

    @property
    def figures(self) -> tuple[Quantity, ...]:
        """The key figures of the part."""
        return key_figures(self.text)

    @property
    def evidence(self) -> Evidence:
        """The sentence as evidence."""
        return Evidence(self.order + 1, self.article, self.start, self.end)


def printed(text: str) -> str:
    """Return a part of a body as one line that ends in a full stop, without white space between Chinese characters."""
    line = re.sub(r"(?<![A-Za-z0-9.,])\s+|\s+(?![A-Za-z0-9])", "", text)
    line = _END.sub("", line)
    ended = line.rstrip("”’」』）)")
    return line if not line or ended[-1:] in {"。", "！", "？", "!", "?", "…"} else f"{line}。"


def news_lines(article: Article) -> tuple[Line, ...]:
    """Return the sentences of an article that tell something, uncut save for datelines, credits and loose openings."""
    body = article.body
    opening = _opening(body)
    subheads = set(article.subheads) | {article.title, article.subtitle, article.kicker}
    lines: list[Line] = []
    for order, (start, end) in enumerate(sentence_spans(body)):
        if end <= opening or body[start:end].strip() in subheads:
            continue
        picture = _PICTURE.match(body, start, end)
        if picture and lines and lines[-1].order == order - 1:
            lines.pop()  # the sentence before a picture credit is its caption
        begin = _past_loose(body, max(start, opening, picture.end() if picture else 0), end)
        stop = end
        if article.kind == "photo":
            shown = _SHOWN.match(body, begin, end)
            taken = _TAKEN.search(body, begin, end)
            begin, stop = shown.end() if shown else begin, taken.start() if taken else end
        if _tells(body[begin:stop], ended=body[end - 1] in "。！？!?”…）)"):
            lines.append(Line(article, start, end, begin, stop, order))
    return tuple(lines)


def _opening(body: str) -> int:
    """Return where the news begins: past the dateline and the credits."""
    at = 0
    dateline = _DATELINE.search(body, 0, _HEAD)
    # At most a caption or a subhead stands before a dateline; more is news that mentions a date.
    if dateline and len(_STOPS.findall(body, 0, dateline.start())) <= 1:
        after = _AFTER_DATELINE.match(body, dateline.end())
        at = after.end() if after else dateline.end()
        again = _DATELINE.match(body, at)
        at = again.end() if again else at
    while (credit := _CREDIT.match(body, at) or _BARE_CREDIT.match(body, at)) and credit.end() > at:
        at = credit.end()
    return at


def _past_loose(body: str, at: int, end: int) -> int:
    while True:
        while at < end and (body[at].isspace() or body[at] in "，、；：。,;:"):
            at += 1
        credit, loose = _CREDIT.match(body, at, end), _LOOSE.match(body, at, end)
        found = max((match.end() for match in (credit, loose) if match), default=at)
        if found <= at:
            return at
        at = found


def _tells(text: str, *, ended: bool) -> bool:
    """Tell a sentence from a caption, a credit, a subhead, a cry or a question."""
    words = printed(text)
    if len(words) < 10 or _CAPTION.search(words.rstrip("。")) or _CREDIT_LINE.match(words):
        return False
    if words[-1] in "？?" or (not ended and len(words) < 26):
        return False
    # Tags err on a verb between foreign names: a whole sentence of some length is taken to have one.
    return (ended and len(words) >= 24) or any(word.flag[:1] == "v" for word in tagged(words))


def clause_ends(text: str) -> list[tuple[int, str]]:
    """Return the offsets after each clause of `text` with the mark that ends it; not within quotes or brackets."""
    ends: list[tuple[int, str]] = []
    depth = 0
    for index, char in enumerate(text):
        if char in _OPENERS:
            depth += 1
        elif char in _CLOSERS:
            depth = max(0, depth - 1)
        elif depth == 0 and (char in _BORDER or char in "。！？!?"):
            # 1,200 and 15:18 hold no border.
            if char in ",:" and index and text[index - 1].isdigit() and text[index + 1 : index + 2].isdigit():
                continue
            ends.append((index + 1, char))
    if not ends or ends[-1][0] < len(text):
        ends.append((len(text), ""))
    return ends


def leans(text: str) -> bool:
    """Return True when a sentence opens with a word that needs the sentence before it: 他, 这, 但, 二是."""
    return bool(_PRONOUN.match(text))


def standing(text: str) -> bool:
    """Return True when a clause can open a sentence: it does not lean on what went before, and names its subject."""
    if leans(text):
        return False
    first, comma, rest = text.partition("，")
    if comma and len(first) <= 24 and _FRAME.search(first):
        return standing(rest)
    for word in tagged(text[:20]):
        kind = word.flag[:1]
        if kind in {"n", "j", "l", "i", "s", "t", "f"} or word.flag == "eng":
            return True
        if kind == "v":
            return False
    return False


def cut(line: Line, limit: int = LIMIT, *, keep: int = 0) -> Line:
    """Return `line` shortened to about `limit` characters at clause borders, keeping its first `keep` characters."""
    text = line.article.body[line.begin : line.stop]
    if len(text) <= limit or _DENIED.search(text):
        return line
    best = start = 0
    subject = False
    ends = clause_ends(text)
    for index, (end, mark) in enumerate(ends):
        clause = text[start:end]
        following = text[end : ends[index + 1][0]] if index + 1 < len(ends) else ""
        subject = subject or (not _SUBORDINATE.match(clause) and standing(clause))
        whole = mark not in "：:" and _whole(clause) and (subject or not _SUBORDINATE.match(text))
        whole = whole and not ("、" in clause and _LISTED.match(following))
        start = end
        if whole and (end <= limit or best < keep or not best):
            best = max(best, end)
        if end > limit and best >= keep and best:
            break
    return Line(line.article, line.start, line.end, line.begin, line.begin + best, line.order) if best else line


def _whole(clause: str) -> bool:
    """Return True when a sentence may end after this clause: it says what is done, not how, when or why."""
    words = clause.strip().rstrip(_BORDER + "。")
    if _SUBORDINATE.match(words) or _UNFINISHED.search(words):
        return False
    parts = tagged(words)
    if parts and parts[0].flag[:1] in {"v", "p"} and "的" in words and not _has_verb(words.rpartition("的")[2]):
        return False  # 来自各地的11名代表: a name for somebody, whose doings are still to come
    return any(word.flag in _VERBS for word in parts)


def _has_verb(text: str) -> bool:
    return any(word.flag in _VERBS for word in tagged(text))


def segments(line: Line) -> Iterator[Line]:
    """Yield the parts of a long sentence that could stand alone: those between semicolons, and after an ellipsis."""
    text = line.article.body[line.begin : line.stop]
    start = 0
    for end, mark in clause_ends(text):
        stretch = text[start:end]
        broken = stretch.rfind("……")
        if broken >= 0 and len(stretch) - broken > 8:
            start += broken + 2
        if mark in "；;。！？!?" or end == len(text):
            begin = line.begin + start
            begin = _past_loose(line.article.body, begin, line.begin + end)
            yield Line(line.article, line.start, line.end, begin, line.begin + end, line.order)
            start = end

"""The lines of a page, cleaned, measured, and with what can be read off each of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rag.pages.editions import page_number
from rag.pages.repair import is_letter_spaced, tidy_line
from rag.schema import Box

_TERMINAL = re.compile(r"[。！？!?…][”’」』）)】》]*$|[。！？]$")
_CLOSING_START = "，。、；：！？”’」』）】》〉)!?,.;:%％"
_CLOSERS = "”’」』）】》〉)"
_DATE = r"\d{1,2} ?月 ?\d{1,2} ?日"
_DATELINE = re.compile(
    rf"^(?:(?:本报|[\u4e00-\u9fff]{{1,4}}(?:晨报|日报|晚报|时报|商报|早报|都市报))[\u4e00-\u9fff]{{0,8}}?"
    rf"(?:讯|消息|{_DATE} ?电)"
    rf"|[\u4e00-\u9fff]{{2,4}}讯 ?[（(]"
    rf"|(?:[\u4e00-\u9fff]{{2,8}}[社网台报])[\u4e00-\u9fff·]{{0,14}} ?{_DATE} ?(?:电|讯|消息))"
)
CONTINUED_FROM = re.compile(
    r"^[（(【] ?(?:紧|上)[接转] ?第? ?([A-Za-z]?\d{1,3}|[一二三四五六七八九十]{1,3}) ?版[^）)】]{0,12}[）)】]?"
)
_BYLINE = re.compile(
    r"^(?:[□■▢◇◆●○▲△☐] ?.{2,50}"
    r"|(?:本报|见习|特约|实习|首席|全媒体|融媒体){0,3}(?:记者|通讯员|特约评论员|评论员|实习生)"
    r" ?[\u4e00-\u9fff·、 ]{2,40}(?:文/图|图/文|文|报道|/文)?"
    r"|文/.{2,20}|图/.{2,20}|作者 ?[：:].{2,12})$"
)
_CREDIT = re.compile(r"^[（(][^（）()]{2,60}(?:摄|供图|提供) ?[）)]$")
_CREDIT_OPEN = re.compile(r"[（(](?:本报|见习|特约|实习|通讯员|记者)[^（）()]{2,30}$")
_CAPTION = re.compile(r"^(?:[上下左右本题组①②③]?[图为片][①②③一二三]?[为：:是片]|图为|[上下左右]图)")
_NARROWABLE = re.compile(r"[，。、；：！？“”‘’（）《》〈〉「」『』【】]")
_HALF = re.compile(r"[\x20-\x7e]")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of print. `numbers` are its 1-based lines in a text file; `box`, `size` come from a layout."""

    text: str
    numbers: tuple[int, ...] = ()
    blank_before: bool = False
    indented: bool = False
    stretched: bool = False
    box: Box | None = None
    size: float = 0.0

    @property
    def width(self) -> float:
        """The width in full-width characters, spaces left out."""
        return width(self.text)


def width(text: str) -> float:
    """Return the width of `text` in full-width characters, spaces left out."""
    tight = text.replace(" ", "")
    return len(tight) - 0.5 * len(_HALF.findall(tight))


def least_width(text: str) -> float:
    """Return the width of `text` with its punctuation set as narrow as typesetters set it to fill a line."""
    return width(text) - 0.5 * len(_NARROWABLE.findall(text))


def first_word_width(text: str) -> float:
    """Return the width of what cannot be broken at the start of a line: a Latin word or a figure, with brackets."""
    match = re.match(r"[“‘「『（《〈【(]*[A-Za-z0-9.,%+-]{2,}", text)
    return width(match[0]) if match else 0.0


def ends_sentence(text: str) -> bool:
    """Tell whether a line ends where a sentence does."""
    return bool(_TERMINAL.search(text))


def leaves_open(text: str) -> bool:
    """Tell whether a quotation or bracket is opened in the text and not closed."""
    return any(text.rfind(a) > text.rfind(b) for a, b in ("“”", "《》", "（）", "‘’"))


def is_dateline(text: str) -> bool:
    """Tell whether a line opens an article: 本报讯（…）, 新华社北京7月20日电."""
    return bool(_DATELINE.match(text))


def continued_from(text: str) -> str:
    """Return the page of a continuation mark （上接第1版） at the start of a line, or an empty string."""
    match = CONTINUED_FROM.match(text)
    return page_number(match[1]) if match else ""


def opens_article(text: str) -> bool:
    """Tell whether a line can only be the first of a body."""
    return is_dateline(text) or bool(CONTINUED_FROM.match(text))


def opens_over_two(text: str, following: str) -> bool:
    """Tell whether a line begins what opens an article and the next one ends it: 新华社北京8月 / 1日电."""
    if opens_article(following):
        return False
    for pattern in (_DATELINE, CONTINUED_FROM):
        match = pattern.match(text + following)
        if match and match.end() > len(text):
            return True
    return False


def is_byline(text: str) -> bool:
    """Tell whether a line is nothing but names: □ 记者 …, 本报记者 …."""
    return bool(_BYLINE.match(text)) and not ends_sentence(text)


def is_credit(text: str) -> bool:
    """Tell whether a line is nothing but a photographer's credit: （记者 … 摄）."""
    return bool(_CREDIT.match(text))


def is_caption(text: str) -> bool:
    """Tell whether a line speaks of a picture: 图为…, 上图：…."""
    return bool(_CAPTION.match(text))


def text_lines(text: str) -> list[Line]:
    """Return the lines of an extracted page, blank ones noted on the next, fragments of one line put together."""
    lines: list[Line] = []
    blank = False
    for number, raw in enumerate(text.split("\n"), 1):
        clean = tidy_line(raw)
        if not clean:
            blank = True
            continue
        lines.append(
            Line(
                clean,
                (number,),
                blank_before=blank,
                indented=raw[:1].isspace(),
                stretched=is_letter_spaced(raw),
            )
        )
        blank = False
    return _whole_lines(lines)


def _whole_lines(lines: Sequence[Line]) -> list[Line]:
    """Put together what an extractor broke at narrow punctuation: no line of print starts with 。 or ，."""
    out: list[Line] = []
    for line in lines:
        if out and _continues_fragment(out[-1], line):
            out[-1] = _glued(out[-1], line)
        else:
            out.append(line)
    return closed_credits(out)


def _continues_fragment(before: Line, line: Line) -> bool:
    if line.text[0] not in _CLOSING_START:
        return False
    return line.text[0] in _CLOSERS or not ends_sentence(before.text)


def _glued(before: Line, line: Line) -> Line:
    return replace(before, text=before.text + line.text, numbers=before.numbers + line.numbers)


def closed_credits(lines: Sequence[Line]) -> list[Line]:
    """Put a credit that was wrapped, （记者 梅闻 通讯员 徐梓 / 康 摄）, back on one line."""
    out: list[Line] = []
    for line in lines:
        opened = _CREDIT_OPEN.search(out[-1].text) if out else None
        if opened and is_credit(opened[0] + line.text) and (opened.start() == 0 or is_caption(out[-1].text)):
            out[-1] = _glued(out[-1], line)
        else:
            out.append(line)
    return out

"""Repairs to extracted text. Each is declared here; no other character is added, dropped or changed.

- Lines that a column wrapped are joined; two Latin words that met at a line's end get the space they had.
- Spaces that typesetting put inside Chinese, and between Chinese and digits or letters, are closed. They stay where
  they separate: after a dateline, between the names of a byline, between the two halves of a headline.
- Names that an extractor ran together in a credit （记者贺慧通讯员黎鸣石浩） are set apart, where there is one way to.
- Letter-spaced lines (近 日 ，位 于) are closed; a wider gap in them is kept as a space.
- Radicals and compatibility forms that PDF fonts put for characters (⼀ for 一) become the characters.
- Glyphs that a page prints twice to make them bold (提升应急提升应急意意识识) are taken once.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

from rag.pages.names import name_continues, names_spaced

_SPACES = re.compile(r"[ \t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")
_GAP = re.compile(r"[ \t\u00a0]{2,}|\u3000")
_LATIN = r"A-Za-z0-9\u00c0-\u024f\u0370-\u052f"
# A space between two of these is a word space: Latin words, figures, and the ASCII marks that hug them.
_WORD_SPACE = re.compile(rf"(?<=[{_LATIN}.,;:!?%)\]'&+]) (?=[{_LATIN}(\[$&'+])")
_CREDITS = re.compile(r"[（(](?=[^（）()]{0,60}(?:记者|通讯员|实习生|作者|摄|文/图|图/文|供图))[^（）()]{1,80}[）)]")
_DATELINE_GAP = re.compile(
    r"^((?:[\u4e00-\u9fff]{1,6}(?:讯|消息)|[\u4e00-\u9fff·]{2,20}\d{1,2} ?月 ?\d{1,2} ?日(?:电|讯))) +(?=\S)"
)
_RADICALS = re.compile("[\u2e80-\u2fdf\uf900-\ufaff]")
_OPENERS = "（(“‘「『《〈【["
_OPEN_CREDIT = re.compile(r"[（(][^（）()]*(?:记者|通讯员|实习生)[^（）()]*[\u4e00-\u9fff]{2}$")
_MAX_DOUBLED = 120


def tidy_line(raw: str) -> str:
    """Return a line as it was set: stripped, letter-spacing closed, every other run of white space one space."""
    text = raw.strip()
    if not _SPACES.search(text):
        return text
    gap = _letter_gap(text)
    if gap:
        wide = re.compile(rf"\s{{{gap + 1},}}")
        return " ".join(re.sub(r"\s", "", part) for part in wide.split(text))
    return _SPACES.sub(" ", text)


def is_letter_spaced(raw: str) -> bool:
    """Tell whether the characters of the line are set apart, as in captions and in justified lines."""
    return bool(_letter_gap(raw.strip()))


def _letter_gap(text: str) -> int:
    """Return how many spaces stand between the letters of a letter-spaced line, 0 for any other line."""
    gaps = _SPACES.findall(text)
    if len(gaps) < 3:
        return 0
    pieces = _SPACES.split(text)
    single = sum(len(piece) == 1 for piece in pieces)
    loose = single + sum(len(piece) > 1 and (piece.isascii() or not piece.isalnum()) for piece in pieces)
    if single < 3 or loose * 10 < len(pieces) * 7:
        return 0
    return min(len(gap) for gap in gaps)


def close_spaces(text: str) -> str:
    """Return a paragraph of running text without the spaces of typesetting; those that separate stay."""
    if " " not in text:
        return text
    kept: list[tuple[int, int]] = [match.span() for match in _CREDITS.finditer(text)]
    dateline = _DATELINE_GAP.match(text)
    out: list[str] = []
    for index, char in enumerate(text):
        if char != " ":
            out.append(char)
        elif dateline and index == dateline.end() - 1 and text[index + 1] not in _OPENERS:
            out.append(" ")
        elif any(a < index < b for a, b in kept):
            if _separates_names(text, index):
                out.append(" ")
        elif _WORD_SPACE.match(text, index):
            out.append(" ")
    return "".join(out)


def _separates_names(text: str, index: int) -> bool:
    return text[index - 1] not in "（(、，：" and text[index + 1] not in "）)、，："


def close_head_spaces(text: str) -> str:
    """Return a headline without the spaces around its digits and letters; those between its halves stay."""
    out = re.sub(r"(?<=[0-9]) +(?=[\u4e00-\u9fff])", "", text)
    out = re.sub(r"(?<=[\u4e00-\u9fff”》]) +(?=[0-9][0-9.,%]*[\u4e00-\u9fff])", "", out)
    return re.sub(r" +(?=[”’》〉）】，。：；！？、])|(?<=[“‘《〈（【]) +", "", out)


def join_lines(lines: Sequence[str]) -> str:
    """Return wrapped lines as one: nothing between them, or a space where two Latin words or two names met."""
    out = ""
    for line in lines:
        if out and _words_meet(out, line):
            out += " "
        out += line
    return names_spaced(out)


def _words_meet(before: str, here: str) -> bool:
    if re.search(r"[A-Za-z]$|(?<![0-9])[,.;]$", before):
        return bool(re.match(r"[A-Za-z0-9(]", here))
    if re.search(r"[0-9]$", before):
        return bool(re.match(r"[A-Za-z]{2}", here))
    opened = _OPEN_CREDIT.search(before[-60:])
    return opened is not None and here[0] not in "）)、，" and not name_continues(opened[0], here)


def undoubled(text: str, least: int = 6) -> str | None:
    """Return the text of a line whose every glyph is printed twice (意意识识, 提升提升), or None for any other line.

    A line of fewer than `least` characters is not taken for one: words such as 天天 and 高高兴兴 are written so.
    """
    tight = re.sub(r"\s", "", text)
    size = len(tight)
    if size < least or size % 2 or size > _MAX_DOUBLED or any(count % 2 for count in Counter(tight).values()):
        return None
    # reach[i]: the text of tight[:i] taken once, when it is made of repeated pieces.
    reach: list[str | None] = [None] * (size + 1)
    reach[0] = ""
    for end in range(2, size + 1):
        for half in range(1, end // 2 + 1):
            before = reach[end - 2 * half]
            if before is not None and tight[end - 2 * half : end - half] == tight[end - half : end]:
                reach[end] = before + tight[end - half : end]
                break
    return reach[size]


def modern_forms(text: str) -> str:
    """Return `text` with the radicals that PDF fonts put for characters (⼀ for 一) as those characters."""
    if not _RADICALS.search(text):
        return text
    return _RADICALS.sub(lambda match: unicodedata.normalize("NFKC", match[0]), text)

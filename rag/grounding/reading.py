"""How the verifier reads a sentence: characters to align, figures and dates as single tokens, clauses, tagged words.

Everything is computed once per text and kept, because the sentences of an answer's evidence are read again for every
claim.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from zlib import crc32

import numpy as np
import numpy.typing as npt

from rag.text.dates import DateMention, date_mentions
from rag.text.numbers import Quantity, flat, quantities

QUANTITY, DATE = 1, 2  # token codes that no character has
_CLAUSE_ENDS = frozenset("，。；：！？!?;:,\n…")
_SILENT = frozenset("“”‘’「」『』\"'《》〈〉（）()【】[]、·—-–~～/*#|…`_.")
# Characters that carry little: they weigh less in alignment.
LIGHT = frozenset("的地得了着过在于和与及而且也又还都就则即是为被由对从向至到给把将让以等之所者们上中里内间下时前后")
NAMED = frozenset(("nr", "ns", "nt", "nz"))
_RUN = re.compile(r"[A-Za-z0-9]+(?:\.[A-Za-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Word:
    """A word of jieba's at `text[start:end]` with its part of speech."""

    text: str
    flag: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Reading:
    """A text made ready for alignment.

    `starts`/`ends` are the tokens' offsets into `text`; `codes` what they are (a character, a hash of a Latin word,
    QUANTITY or DATE); `facts[i]` the figure or date of token i; `clauses[i]` the number of its clause.
    """

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    codes: npt.NDArray[np.int64]
    weights: npt.NDArray[np.float64]
    facts: dict[int, Quantity | DateMention]
    clauses: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.starts)


@lru_cache(maxsize=2048)
def squeezed(text: str) -> str:
    """Return `text` half-width and without the white space that layout leaves between Chinese characters."""
    return re.sub(r"(?<![A-Za-z])\s+|\s+(?![A-Za-z])", "", flat(text))


def facts_of(text: str, edition: str = "") -> list[Quantity | DateMention]:
    """Return the dates of `text` and the quantities outside them."""
    dates = date_mentions(text, edition)
    masked = list(flat(text))
    for fact in dates:
        masked[fact.start : fact.end] = "\u0001" * (fact.end - fact.start)
    return [*dates, *quantities("".join(masked))]


@lru_cache(maxsize=2048)
def read(text: str, edition: str = "") -> Reading:
    """Return the reading of a squeezed `text` printed on the ISO date `edition`."""
    opening = {fact.start: fact for fact in facts_of(text, edition)}
    starts: list[int] = []
    ends: list[int] = []
    codes: list[int] = []
    weights: list[float] = []
    held: dict[int, Quantity | DateMention] = {}
    clauses: list[int] = []
    at = clause = 0
    while at < len(text):
        if at in opening:
            fact = opening[at]
            end, code, weight = fact.end, DATE if isinstance(fact, DateMention) else QUANTITY, 0.6
            held[len(starts)] = fact
        elif text[at] in _CLAUSE_ENDS:
            clause, at = clause + 1, at + 1
            continue
        elif text[at] in _SILENT or text[at].isspace():
            at += 1
            continue
        else:
            run = _RUN.match(text, at)
            end = min([run.end(), *(start for start in opening if start > at)]) if run else at + 1
            code = crc32(text[at:end].lower().encode("utf-8", "surrogatepass")) | 1 << 40 if run else ord(text[at])
            weight = 1.5 if run else 0.35 if text[at] in LIGHT else 1.0
        starts.append(at)
        ends.append(end)
        codes.append(code)
        weights.append(weight)
        clauses.append(clause)
        at = end
    return Reading(
        text,
        tuple(starts),
        tuple(ends),
        np.array(codes, dtype=np.int64),
        np.array(weights, dtype=np.float64),
        held,
        tuple(clauses),
    )


@lru_cache(maxsize=1)
def _tagger() -> Any:
    import jieba
    import jieba.posseg

    jieba.setLogLevel(logging.WARNING)
    jieba.initialize()
    return jieba.posseg


@lru_cache(maxsize=4096)
def tagged(text: str) -> tuple[Word, ...]:
    """Return the words of `text` with jieba's parts of speech and their offsets."""
    words: list[Word] = []
    at = 0
    for pair in _tagger().lcut(text):
        words.append(Word(pair.word, pair.flag, at, at + len(pair.word)))
        at += len(pair.word)
    return tuple(words)


@lru_cache(maxsize=4096)
def fine_words(text: str) -> tuple[Word, ...]:
    """Return the words of `text` cut finer than `tagged` does, so that 副 and 大幅 stand by themselves."""
    words: list[Word] = []
    for word in tagged(text):
        parts = _parts(word.text, word.flag)
        at = word.start
        for part in parts:
            words.append(Word(part, word.flag if len(parts) == 1 else _part_flag(part), at, at + len(part)))
            at += len(part)
    return tuple(words)


def _parts(word: str, flag: str) -> list[str]:
    """Cut what jieba leaves whole or runs together (副省长, 价格上涨, 不断扩大) into the words it is made of."""
    if len(word) == 3 and word[0] in "副前原代总" and known_word(word[1:]) and not known_word(word[:2]):
        return [word[0], word[1:]]
    if len(word) == 3 and flag[:2] not in NAMED and not known_word(word):
        if known_word(word[1:]):
            return [word[0], word[1:]]
        if known_word(word[:2]):
            return [word[:2], word[2]]
    if len(word) == 2 and word[1] in "将已拟未" and (word == "部将" or not known_word(word)):
        return [word[0], word[1]]
    if len(word) >= 4:
        for cut in range(2, len(word) - 1):
            if known_word(word[:cut]) and known_word(word[cut:]):
                return [word[:cut], *_parts(word[cut:], flag)]
    return [word]


@lru_cache(maxsize=16384)
def _part_flag(part: str) -> str:
    flag = _tagger().dt.word_tag_tab.get(part, "n")
    return str(flag)


@lru_cache(maxsize=2048)
def reading_words(text: str, edition: str = "") -> tuple[Word, ...]:
    """Return the words of a squeezed text without its marks; figures and dates are one word each, tagged `fact`."""
    reading = read(text, edition)
    words: list[Word] = []
    at = 0
    for fact in sorted(reading.facts.values(), key=lambda item: item.start):
        words.extend(_shifted(text[at : fact.start], at))
        words.append(Word(text[fact.start : fact.end], "fact", fact.start, fact.end))
        at = fact.end
    words.extend(_shifted(text[at:], at))
    return tuple(_taking(words))


def _taking(words: list[Word]) -> list[Word]:
    """Tag 将 as `ba` where it means 把: before a noun, a pronoun or a figure rather than a verb."""
    for index, word in enumerate(words[:-1]):
        following = words[index + 1]
        if word.text == "将" and (
            following.flag[:1] in {"n", "r"} or (following.flag == "fact" and following.text[-1] not in "年月日")
        ):
            words[index] = Word(word.text, "ba", word.start, word.end)
    return words


def _shifted(piece: str, offset: int) -> list[Word]:
    return [
        Word(word.text, word.flag, word.start + offset, word.end + offset)
        for word in fine_words(piece)
        if word.flag not in {"x", "eng"} or any(char.isalnum() for char in word.text)
    ]


@lru_cache(maxsize=16384)
def known_word(text: str, common: bool = False) -> bool:
    """Return True when jieba's dictionary has the word, with `common` only when it is frequent."""
    import jieba

    _tagger()
    frequency = jieba.dt.FREQ.get(text, 0)
    return bool(frequency > (2000 if common else 0))

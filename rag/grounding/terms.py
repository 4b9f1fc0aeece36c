"""The words of a question that an answer must be about, how rare each is, and where a text has them.

A rare word (a name, a programme in quotation marks, a number) says which article is meant; a common one says little.
Rarity is that of the general language, from jieba's dictionary, so that it does not depend on the archive.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

from rag.grounding.lexicon import FUNCTION, synonymous
from rag.grounding.names import MODIFIERS, TITLES, certain_surname, offices
from rag.grounding.reading import NAMED, Word, tagged
from rag.text.dates import date_mentions
from rag.text.numbers import AMOUNT, flat, number_value
from rag.text.thesaurus import same_meaning

_QUOTED = re.compile(r"[“\"「『‘《]([^“”\"「」『』‘’《》]{1,40})[”\"」』’》]")
_LATIN = re.compile(r"[A-Z][\u3400-\u9fff](?![\u3400-\u9fff]?[A-Z])|[A-Za-z0-9][A-Za-z0-9.+\-/&·]*[%‰℃]?")
_DATED = re.compile(r"\d{1,2}[-~]|(?:19|20)\d\d(?:[-/](?:19|20)?\d\d)?|\d{1,2}[·.]\d{1,2}")
# 十四号, 第31任: one word with the number in it, for 十三号 is another thing.
_NUMBERED = re.compile(r"第[一二三四五六七八九十百\d]{1,4}[届任期号代季部版次条批轮集章]|[一二三四五六七八九十]{2,3}号")
# Words of asking, not of what is asked about.
_ASKING = frozenset(
    [
        "什么",
        "多少",
        "谁",
        "哪",
        "哪些",
        "哪里",
        "哪个",
        "哪位",
        "哪家",
        "哪一",
        "哪年",
        "几",
        "几个",
        "怎么",
        "怎样",
        "如何",
        "为什么",
        "为何",
        "何时",
        "何处",
        "请问",
        "请",
        "告诉",
        "我",
        "你",
        "您",
        "知道",
        "一下",
        "是否",
        "有没有",
        "是不是",
        "吗",
        "呢",
        "吧",
        "呀",
        "么",
        "多",
        "大",
        "长",
        "高",
        "久",
        "多大",
        "多长",
        "多高",
        "多久",
        "什么样",
        "何人",
        "哪儿",
        "多远",
        "多重",
        "是从",
        *("这回", "那回", "这次", "那次", "这位", "那位", "这批", "那批", "这家", "那家", "这种", "那种", "今次"),
        "下来",
        "出来",
        "起来",
        "过来",
        "下去",
        "多宽",
        "多深",
        "多厚",
        "到底",
        "究竟",
        "具体",
        "叫",
        "叫做",
        "称为",
        "被称为",
        "指",
        "指的",
        "意思",
        "想",
        "想知道",
        "能",
        "能否",
        "说说",
        "谈谈",
        "讲讲",
        "文中",
        "这话",
        "此话",
        "这句话",
        "文章",
        "报道",
        "新闻",
        "里面",
        "提到",
        "是",
        "有",
        "个",
        "名",
        "位",
        "项",
        "家",
        "次",
        "第",
        "年",
        "月",
        "日",
    ]
)
_LONERS = frozenset(
    "市省县区镇乡村会被由在支队与及年月日中前后内外新老总各全每本该其将再又还也都把让使并作上下来去到于以对向从为给"
)
_PARTICLES = frozenset(
    "的了是在和与及把被对为从到于等们着过也都就还又很最更有不没吗呢吧啊呀谁几多少哪何什么怎这那该其它他她我你您叫做将已共总并且或如由以至向给让使之个"
)
# Tags of single characters that begin or end no name: measures (场), times.
_COUNTING = frozenset(("q", "t", "u", "ul", "uj", "ug", "c", "p", "r", "y", "d"))
# What the answer may say otherwise or not at all: 最初, 一趟, 两市.
_IN_PASSING = re.compile(r"最初|起初|当初|原先|一[趟次回下番阵遍]|[两三四双各][市县区]")
_PASSING = 0.2
_POINTING = frozenset(("r", "c"))
_NOUNS = frozenset("ngjx")
_NAMES_UNKNOWN = frozenset("nzx")
UNKNOWN = 0.95  # the rarity of words that the dictionary does not know, or hardly
_LEADING = frozenset("要能会可想新刚又再没不已里内中占")
_TRAILING = frozenset("后前里中到起进出过去来上下完给开成走住掉得了着的")
_ASKS_HOW_MANY = re.compile(r"第?几|百分之几|哪(?!吒)")
_HAN = re.compile(r"[\u3400-\u9fff]+")
_MARKS = re.compile(r"[\s，。？！、；：,?!;:.…“”\"「」『』‘’《》（）()\-—·]+")
_TOTAL = 60_101_967.0  # the sum of jieba's dictionary frequencies


@dataclass(frozen=True, slots=True)
class Term:
    """A content word of a question.

    `weight` in 0..1 is its rarity, `fixed` says that only its own letters will do, `name` that it names one thing: a
    person, a place, a work.
    """

    text: str
    weight: float
    fixed: bool = False
    name: bool = False


@lru_cache(maxsize=65536)
def rarity(word: str) -> float:
    """Return 0 for the commonest words of the language, 1 for those that the dictionary does not know."""
    tagged("")
    jieba: Any = __import__("jieba")
    frequency = jieba.dt.FREQ.get(word) or 0
    return min(1.0, max(0.0, (math.log(_TOTAL / (frequency + 1)) - 5.0) / 11.0))


@lru_cache(maxsize=2048)
def content_terms(question: str) -> tuple[Term, ...]:
    """Return the content words of `question` in order, each once; dates are left out (see `rag.text.dates`)."""
    text = flat(question)
    found: dict[str, Term] = {}
    for match in _QUOTED.finditer(text):
        inner = match[1].strip()
        found.setdefault(inner, Term(inner, max(0.8, rarity(inner)), fixed=len(inner) <= 4, name=True))
    text = _QUOTED.sub(lambda match: " " * len(match[0]), text)
    masked = list(text)
    for mention in date_mentions(text):
        masked[mention.start : mention.end] = " " * (mention.end - mention.start)
    text = "".join(masked)
    for office in offices(text):
        if office.modifiers:  # 副市长 is one word: 市长 alone is another office
            name = f"{office.modifiers}{office.title}"
            found.setdefault(name, Term(name, 0.6, fixed=True))
            text = f"{text[: office.start]}{' ' * len(name)}{text[office.end :]}"
    for match in _NUMBERED.finditer(text):
        found.setdefault(match[0], Term(match[0], 0.9, fixed=True))
    text = _NUMBERED.sub(lambda match: " " * len(match[0]), text)
    for match in _LATIN.finditer(text):
        if _DATED.fullmatch(match[0]):
            continue  # a year without 年, a season, a day of an event: see `question_dates`
        found.setdefault(match[0], Term(match[0], 0.9 if len(match[0]) > 1 else 0.6, fixed=True))
    text = _LATIN.sub(lambda match: " " * len(match[0]), text)
    for chunk in _MARKS.split(text):
        for word, flag in _merged(chunk):
            if flag in _POINTING:
                continue  # 那段, 那边, 要是
            weight = min(_PASSING, rarity(word)) if _IN_PASSING.fullmatch(word) else rarity(word)
            if len(word) == 1:
                weight = min(0.3, weight)
            elif flag.startswith("nr") or flag in {"ns", "nz", "nt"}:
                weight = max(0.6, weight)
            named = (
                flag.startswith("nr")
                or flag in {"ns", "nz", "nt"}
                or (weight >= UNKNOWN and flag[:1] in _NAMES_UNKNOWN)
            )
            found.setdefault(word, Term(word, max(0.05, weight), name=named))
    return tuple(found.values())


def _joined(chunk: str) -> list[tuple[str, str]]:
    """Return the words of `chunk` with their tags, runs of single characters put together (能/特 -> 能特).

    A run without a noun is no name (要/办): its characters stay apart.
    """
    found: list[tuple[str, str]] = []
    run: list[tuple[str, str]] = []
    for word, later in pairwise((*tagged(chunk), None, None)):
        if word is not None and len(word.text) == 1 and word.text not in _PARTICLES | _LONERS and word.text.strip():
            if word.flag not in _COUNTING and not (word.flag == "f" and word.text in _TRAILING | _LEADING):
                run.append((word.text, word.flag))
            continue
        if len(run) > 1 and any(flag[:1] in _NOUNS for _, flag in run) and not _says(run):
            found.append(("".join(char for char, _ in run), "nz"))
        else:
            found.extend(run)
        run = []
        if word is not None and word.text.strip():
            alone = not found or len(found[-1][0]) > 1
            does = alone and later is not None and later.text in _AFTER_VERB and _is_deed(word.text)
            found.extend([(word.text[0], "n"), (word.text[1], "v")] if does else [_core(word.text, word.flag)])
    return found


def _is_deed(word: str) -> bool:
    """Return whether jieba guessed a word of a noun and a verb (灯/装, 戏/演); with a surname it may be somebody's name."""
    if len(word) != 2 or rarity(word) < UNKNOWN or certain_surname(word):
        return False
    parts = plainly_tagged(word)
    return len(parts) == 2 and parts[0].flag[:1] == "n" and parts[1].flag == "v"


_AFTER_VERB = frozenset(("在", "到", "了", "着", "过", "给", "完", "成"))


def _says(run: Sequence[tuple[str, str]]) -> bool:
    """Return whether a run of two characters is a common noun and the common verb of it (钱/进, 人/讲), no name."""
    (noun, first), (verb, second) = run[0], run[-1]
    return len(run) == 2 and first == "n" and second == "v" and rarity(noun) <= _COMMON and rarity(verb) <= _COMMON


_COMMON, _EVERYWHERE = 0.38, 0.1
# Characters that stand in no name that jieba guesses at: it took them along (村有位, 那阵子, 之口).
_NOT_NAMED = re.compile(r"[的了着得之这那哪有没吗呢么]")


def _core(word: str, flag: str) -> tuple[str, str]:
    """Return a word that jieba guessed at without what only goes with a verb or a noun (完工后, 聚起, 新签, 里演).

    It would count as a rare name that no sentence has.
    """
    if _ASKS_HOW_MANY.match(word):
        return word, "r"
    if rarity(word) >= UNKNOWN and _NOT_NAMED.search(word) and not (flag == "nr" and not _NOT_NAMED.match(word)):
        return max(_NOT_NAMED.split(word), key=len), "n"
    if flag[:2] in NAMED or flag == "eng" or not 1 < len(word) <= 4:
        return word, flag
    core = _sounder(word)
    while len(core) > 1 and core[0] in _LEADING and rarity(core) >= UNKNOWN:
        core = core[1:]
    while len(core) > 1 and core[-1] in _TRAILING and rarity(core) >= UNKNOWN:
        core = core[:-1]
    return (core, "v") if len(core) == 1 else (core, flag)


def _sounder(word: str) -> str:
    """Return what is left of two characters that jieba put together though the first one only leads (先别)."""
    if len(word) != 2 or rarity(word) < UNKNOWN:
        return word
    parts = plainly_tagged(word)
    leads = parts[0].flag in _ONLY_LEADS or (word[0] in "来去" and parts[-1].flag == "v")
    return word[1] if len(parts) == 2 and leads else word


_ONLY_LEADS = frozenset(("d", "p"))


def _merged(chunk: str) -> list[tuple[str, str]]:
    """Return the content words of `chunk` with their tags; characters that jieba left alone join a neighbour.

    A lone character is most often a piece of a name that the dictionary does not know (西/干渠, 马克/龙, 营/收).
    """
    words: list[tuple[str, str, bool]] = []
    for text, flag in _joined(chunk):
        if text in _ASKING or text in FUNCTION or _ASKS_HOW_MANY.match(text) or (len(text) == 1 and text in _LONERS):
            words.append(("", "", False))
            continue
        lone = len(text) == 1
        if words and words[-1][0] and not (lone and flag[:1] == "v"):
            held, kind, loose = words[-1]
            joins = lone and rarity(text) > _EVERYWHERE
            named = rarity(text) >= 0.6 and flag[:1] != "v"
            if (loose and (lone or named)) or (joins and rarity(held) >= 0.6):
                words[-1] = (held + text, kind, loose and lone)
                continue
        words.append((text, flag, lone and flag[:1] != "v"))
    return [(text, flag) for text, flag, lone in words if text and not (lone and flag[:1] not in {"n", "a"})]


def is_guessed(term: Term) -> bool:
    """Return whether `term` is a word that no dictionary knows, and by its looks nobody's name."""
    text = term.text
    han = bool(_HAN.fullmatch(text))
    return han and not term.fixed and rarity(text) >= UNKNOWN and not certain_surname(text)


@lru_cache(maxsize=65536)
def presence(term: Term, text: str) -> float:
    """Return how far `text` has `term`: 1 as it is, less for a synonym or a part of it, 0 not at all."""
    word = term.text
    if _NUMBERED.fullmatch(word) and word[0] != "第":
        return 1.0 if re.search(rf"(?<![一二三四五六七八九十]){word}", text) else 0.0
    if word[0].isascii() and (word[0].isalnum()):
        ends = rf"(?:(?![A-Za-z0-9])|(?<=[A-Za-z])(?={AMOUNT}))"
        return 1.0 if re.search(rf"(?<![A-Za-z0-9.]){re.escape(word)}{ends}", text, re.I) else 0.0
    if word in TITLES:
        return 1.0 if _has_title(word, text) else 0.0
    if word in text:
        return 1.0 if _unqualified(word, text) else 0.3
    if row_of(word, text):
        return 0.85
    if term.fixed:
        return 0.0
    if len(word) == 1:
        return 0.0
    if any(synonymous(word, other) for other in _words(text)):
        return 0.85
    if same_meaning(word, _words(text)):
        return 0.7
    return max(_partly(word, text), _spelt_out(word, text))


_SO_MANY_KINDS = re.compile(r"[两二三四五六七八九十][\u3400-\u9fff]")


def row_of(word: str, text: str) -> tuple[int, int] | None:
    """Return where `text` has the row that `word` counts (愿贷、敢贷、快贷 for 三贷, 亮身份、亮承诺 for 两亮)."""
    count = number_value(word[0].replace("两", "二")) if _SO_MANY_KINDS.fullmatch(word) else None
    if count is None or count < _A_ROW:
        return None
    kind, times = re.escape(word[1]), int(count) - 1
    last, first = rf"[^、，。；“”（]{{1,4}}{kind}", rf"{kind}[^、，。；“”（）]{{1,6}}"
    found = re.search(rf"{last}(?:、{last}){{{times}}}|{first}(?:、{first}){{{times}}}", text)
    return found.span() if found else None


_A_ROW = 2


@lru_cache(maxsize=8192)
def _spelt_out(word: str, text: str) -> float:
    """Return 0.7 where `text` has in full what `word` is short for, a body by its last character (孔院 of 孔子学院)."""
    if not 2 <= len(word) <= 3 or word[-1] not in _OF_BODIES or rarity(word) < UNKNOWN:
        return 0.0
    words = plainly_tagged(text)
    starts, ends = {one.start for one in words}, {one.end for one in words}
    full = re.compile("[\u3400-\u9fff]{0,3}?".join(map(re.escape, word)))
    found = any(
        len(match[0]) > len(word) and match.start() in starts and match.end() in ends for match in full.finditer(text)
    )
    return 0.7 if found else 0.0


_OF_BODIES = frozenset("院会所委局办行司校馆协联社盟")


def _unqualified(word: str, text: str) -> bool:
    """非网民 is no 网民, 进出口 no 出口: the word counts only where nothing before it makes another of it."""
    if word[0] in "非副原不未无":
        return True
    others = {"非", "副", "进"} if word.startswith("出口") else {"非", "副"}
    at = text.find(word)
    while at >= 0:
        if text[at - 1 : at] not in others or at == 0:
            return True
        at = text.find(word, at + 1)
    return False


def _has_title(title: str, text: str) -> bool:
    """A 副市长 is no 市长: the title counts only where no modifier stands before it."""
    return any(not text[: match.start()].endswith(MODIFIERS) for match in re.finditer(re.escape(title), text))


@lru_cache(maxsize=8192)
def plainly_tagged(text: str) -> tuple[Word, ...]:
    """Return the dictionary's words of `text` with their tags; names it does not know fall into characters.

    Fifty times faster than `tagged`, which guesses at unknown names: for looking through many sentences.
    """
    tagged("")
    posseg: Any = __import__("jieba.posseg").posseg
    words: list[Word] = []
    at = 0
    for pair in posseg.lcut(text, HMM=False):
        words.append(Word(pair.word, pair.flag, at, at + len(pair.word)))
        at += len(pair.word)
    return tuple(words)


@lru_cache(maxsize=8192)
def _words(text: str) -> frozenset[str]:
    return frozenset(word.text for word in plainly_tagged(text))


def _partly(word: str, text: str) -> float:
    """Return the share of `word` that its longest run found in `text` makes up, marked down; runs of two or more."""
    for length in range(len(word) - 1, 1, -1):
        for start in range(len(word) - length + 1):
            piece = word[start : start + length]
            if piece in text and _unqualified(piece, text):
                return 0.8 * length / len(word)
    return 0.0

"""Which differences distort: a denial, a plan, a direction, an office, a body, a name, words not in the source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from rag.grounding.differences import Difference
from rag.grounding.lexicon import FUNCTION, synonymous
from rag.grounding.names import TITLES, Person, people
from rag.grounding.polarity import SCOPES, SUPERLATIVES, direction, firm, firmly_done, is_negation, mood, opposed
from rag.grounding.reading import Word, fine_words, known_word
from rag.text.wordlist import listed

_NUMERALS = frozenset("零〇一二两三四五六七八九十百千万亿")
_PROPER = frozenset(("nr", "ns", "nt", "nz", "nrt", "nrfg"))
# What a body is called at the end of its name: another word before it makes it another body.
_BODIES = tuple(
    listed("""
    委员会 公司 集团 银行 法院 检察院 医院 大学 学院 中学 小学 学校 研究院 研究所 研究会 协会 商会 学会 联合会
    基金会 总局 局 厅 委 部门 中心 博物馆 图书馆 纪念馆 电视台 报社 出版社 大使馆 领事馆 政府 议会 俱乐部 车站 机场
    工厂 分局 派出所 支队 总队 大队 联盟 组织 党 合作社 工作室 事务所 办事处 街道 社区
    """)
)
_VOICE = frozenset(("被", "由", "把", "将", "遭", "受", "获"))
_LEVEL = ("至", "到")


@dataclass(slots=True)
class Judged:
    """What differences amount to.

    `hard` turns the statement round, `strange` names what this sentence does not, `soft` says it otherwise, `unknown`
    are words this sentence has not.
    """

    hard: list[str] = field(default_factory=list)
    strange: list[str] = field(default_factory=list)
    soft: list[str] = field(default_factory=list)
    unknown: list[Word] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Setting:
    """What differences are judged against: both texts, their people, and what a reader knows besides the sentence.

    `near` is the headline, the byline and the sentences before; `article` the whole article; `touched` the clauses of
    the sentence that the claim's clause shares words with; `clause` that clause of the claim.
    """

    claim: str
    source: str
    near: str
    article: str
    touched: str = ""
    clause: str = ""

    @property
    def named(self) -> tuple[Person, ...]:
        """The people the claim names."""
        return people(self.claim)

    @property
    def printed(self) -> tuple[Person, ...]:
        """The people the source names."""
        return people(self.source)


def judge(found: Sequence[Difference], setting: Setting) -> Judged:
    """Return what the differences of one clause amount to."""
    result = Judged()
    _negation(found, result)
    _tense(found, setting, result)
    _exchanged(found, setting, result)
    for difference in found:
        _mood(difference, result)
        _titles(difference, result)
        _scope(difference, result)
        _facts(difference, result)
        mine, theirs = difference.swapped
        if mine and theirs and (opposed(mine, theirs) or {mood(mine), mood(theirs)} == {"planned", "done"}):
            result.hard.append(f"原文是“{theirs}”，不是“{mine}”")
        _jump(difference, setting, result)
        for word in difference.said:
            if (
                word.flag == "fact"
                or mood(word.text)
                or is_negation(word.text)
                or (theirs and synonymous(mine, theirs))
            ):
                continue
            against = next((other for other in difference.printed if opposed(word.text, other.text)), None)
            if against is not None:
                result.hard.append(f"原文是“{against.text}”，不是“{word.text}”")
            elif level := _level(word, difference.printed):
                result.hard.append(f"原文是“{level}”，不是“{word.text}”")
            elif word.text not in FUNCTION and not any(
                synonymous(word.text, other.text) for other in difference.printed
            ):
                _content(word, difference, setting, result)
    return result


def _jump(difference: Difference, setting: Setting, result: Judged) -> None:
    """Words of one clause joined with those of the next, over a word of the opposite direction that went missing."""
    if difference.said:
        return
    kept = [word.text for word in fine_words(setting.clause) if direction(word.text)]
    for word in difference.printed:
        if direction(word.text) and word.text not in setting.clause:
            turned = [other for other in kept if opposed(word.text, other)]
            if turned and not any(direction(other) == direction(word.text) for other in kept):
                result.hard.append(f"原文是“{word.text}”，不是“{turned[0]}”")


def _content(word: Word, difference: Difference, setting: Setting, out: Judged) -> None:
    """Judge a content word of the claim that is not where it would be in the source."""
    printed = difference.printed
    if any(_same_but_for_synonym(word.text, other.text) for other in printed):
        return
    proper = (word.flag in _PROPER and len(word.text) > 1) or _within(word, setting.named)
    rivals = [
        other
        for other in printed
        if other.text != word.text
        and ((other.flag in _PROPER and len(other.text) > 1) or _within(other, setting.printed))
    ]
    replaced = [other for other in printed if other.text not in FUNCTION and other.flag[:1] not in {"r", "x"}]
    stem = _stem(word.text)
    if proper and rivals and not any(stem in other.text for other in printed):
        out.strange.append(f"原文是“{_whole(rivals[0], setting.printed)}”，不是“{_whole(word, setting.named)}”")
        return
    if direction(word.text) and (turned := _turned(word.text, setting.source)):
        out.hard.append(f"原文是“{turned}”，不是“{word.text}”")
        return
    body = difference.after is not None and difference.after.text.endswith(_BODIES) and bool(replaced)
    if (stem in setting.source and not body) or (
        not replaced and stem in (setting.article if proper else setting.near)
    ):
        return
    numeral = any(char in _NUMERALS for other in printed for char in other.text)
    if (
        proper
        or any(char.isdigit() for char in word.text)
        or (numeral and any(char in _NUMERALS for char in word.text))
    ):
        out.strange.append(f"原文没有“{word.text}”")
        return
    if body and difference.after is not None:
        out.soft.append(f"原文是“{replaced[0].text}{difference.after.text}”，不是“{word.text}{difference.after.text}”")
        return
    if rivals and len(replaced) <= 3 and len(difference.said) <= 3:
        out.soft.append(f"原文是“{rivals[0].text}”，不是“{word.text}”")
        return
    if _kindred(word, printed):
        return
    out.unknown.append(word)


def _turned(word: str, source: str) -> str:
    """Return the source's word of the opposite direction when it has none of the same."""
    pieces = {source[at : at + 2] for at in range(len(source) - 1)} | {other.text for other in fine_words(source)}
    if any(direction(piece) == direction(word) for piece in pieces):
        return ""
    return next((other.text for other in fine_words(source) if direction(other.text)), "")


def _whole(word: Word, persons: Sequence[Person]) -> str:
    """Return the whole name that the word is a piece of, or the word."""
    return next((one.name for one in persons if one.start <= word.start and word.end <= one.end), word.text)


def _within(word: Word, persons: Sequence[Person]) -> bool:
    return any(person.start <= word.start and word.end <= person.end for person in persons)


def _stem(text: str) -> str:
    """Return a place's name without 市, 省, 县 or 区, which a page prints or leaves out as it likes."""
    return text[:-1] if len(text) > 2 and text[-1] in "市省县区" else text


def _same_but_for_synonym(one: str, other: str) -> bool:
    """外贸公司 and 外贸企业: what is left when the common beginning and end are taken off is a synonym."""
    begin = 0
    while begin < min(len(one), len(other)) and one[begin] == other[begin]:
        begin += 1
    end = 0
    while end < min(len(one), len(other)) - begin and one[-1 - end] == other[-1 - end]:
        end += 1
    if not begin and not end:
        return False
    rest, others = one[begin : len(one) - end], other[begin : len(other) - end]
    if not rest:
        return True
    return (bool(others) and synonymous(rest, others)) or (rest in FUNCTION and not others)


def _kindred(word: Word, printed: Sequence[Word]) -> bool:
    """Return True for two dictionary words that share a character, as Chinese synonyms mostly do."""
    if not known_word(word.text) or word.flag[:1] not in {"v", "a", "d", "n"}:
        return False
    return any(
        set(word.text) & set(other.text) and known_word(other.text) and other.flag[:1] == word.flag[:1]
        for other in printed
        if other.flag not in _PROPER and other.text not in TITLES
    )


def _level(word: Word, printed: Sequence[Word]) -> str:
    """升至 is a level and 上升 a change: return the source's word when one is put for the other."""
    if not direction(word.text):
        return ""
    for other in printed:
        alike = direction(other.text) == direction(word.text)
        if alike and word.text.endswith(_LEVEL) != other.text.endswith(_LEVEL):
            return other.text
    return ""


def _facts(difference: Difference, result: Judged) -> None:
    """A date put for a figure, or the other way round: alignment keeps the two apart, so both stand unmatched."""
    said = [word for word in difference.said if word.flag == "fact"]
    printed = [word for word in difference.printed if word.flag == "fact"]
    others = [word for word in (*difference.said, *difference.printed) if word.flag != "fact"]
    alone = len(said) == len(printed) == 1 and all(word.text in FUNCTION for word in others)
    held = difference.before is not None or difference.after is not None
    if alone and held and said[0].text != printed[0].text and _plain(said[0]) and _plain(printed[0]):
        result.hard.append(f"原文是“{printed[0].text}”，不是“{said[0].text}”")


def _plain(word: Word) -> bool:
    return any(char.isdigit() for char in word.text)


def _negation(found: Sequence[Difference], result: Judged) -> None:
    """A denial put in or left out, over the clause as a whole: 不要 and 不得 may stand in different places."""
    said = [word.text for difference in found for word in difference.said if is_negation(word.text)]
    printed = [
        word.text
        for difference in found
        for index, word in enumerate(difference.printed)
        if is_negation(word.text) and (said or _kept(difference, index))
    ]
    for difference in found:
        turned = difference.before is not None and is_negation(difference.before.text)
        if turned and not difference.said and difference.printed and difference.printed[0].flag[:1] == "v":
            result.hard.append(f"原文否定的是“{difference.printed[0].text}”")
    if len(said) % 2 == len(printed) % 2:
        return
    if len(said) > len(printed):
        result.hard.append(f"原文没有“{said[0]}”这个否定")
    elif printed:
        result.hard.append(f"原文有否定“{printed[0]}”")


def _exchanged(found: Sequence[Difference], setting: Setting, result: Judged) -> None:
    """Two names that changed places (甲会见乙, 乙会见甲), unless they only stand in a list or the voice changed."""
    dropped = {word.text: word for item in found for word in item.printed if word.flag in _PROPER}
    moved = [word for item in found for word in item.said if word.text in dropped]
    kept = [word for item in found for word in (item.before, item.after) if word is not None and word.flag in _PROPER]
    if not moved or any(word.text in _VOICE for item in found for word in item.said):
        return
    for word in moved:
        origin = dropped[word.text]
        for other in kept:
            first, second = sorted((origin, other), key=lambda item: item.start)
            between = setting.source[first.end : second.start]
            at = setting.clause.find(word.text), setting.clause.find(other.text)
            turned = -1 not in at and (at[0] < at[1]) != (origin.start < other.start)
            if turned and other.text != word.text and between.strip("、和与及同“”"):
                result.soft.append(f"原文里“{word.text}”和“{other.text}”的位置相反")
                return


def _tense(found: Sequence[Difference], setting: Setting, result: Judged) -> None:
    """已 said of what the source says is planned or under way, wherever in the clause the two words stand."""
    done = [word.text for item in found for word in item.said if firmly_done(word.text)]
    if not done:
        return
    words = fine_words(setting.touched)
    if any(mood(word.text) == "done" for word in words):
        return
    dropped = {word.text for item in found for word in item.printed if word.flag != "ba" and firm(word.text)}
    if dropped:
        result.hard.append(f"原文是“{min(dropped)}”，不是“{done[0]}”")


def _kept(difference: Difference, index: int) -> bool:
    """Return True when what the word at `index` of the dropped ones governs is kept in the claim."""
    return difference.after is not None and len(difference.printed) - index <= 3


def _mood(difference: Difference, result: Judged) -> None:
    said, printed = _moods(difference.said), _moods(difference.printed)
    mine, theirs = set(said.values()), set(printed.values())
    plan = next((word for word in printed if firm(word)), "")
    done = next((word for word in said if mood(word) == "done"), "")
    if done and plan and "done" not in theirs:
        firmly = done not in {"了", "过", "完成", "实现", "成功", "顺利"}
        if firmly or (printed[plan] == "planned" and _governs(difference)):
            result.hard.append(f"原文是“{plan}”，不是“{done}”")
            return
    added = next((word for word in said if firm(word)), "")
    if added and mood(added) not in {mood(word) for word in printed}:
        if "done" in theirs or (mood(added) == "planned" and said[added] == "planned"):
            result.hard.append(f"原文没有说“{added}”")
        return
    dropped = plan and printed[plan] == "planned" and not mine & {"planned", "doing"}
    if dropped and "把" not in said and _governs(difference):
        result.hard.append(f"原文说的是“{plan}”，还不是已经发生的事")


def _moods(words: Sequence[Word]) -> dict[str, str]:
    """Return the words with their moods; 将 in the sense of 把 has its own, because it tells no time."""
    return {word.text: "taking" if word.flag == "ba" else mood(word.text) for word in words}


def _governs(difference: Difference) -> bool:
    """Return True when the dropped word of plan stands right before words the claim keeps."""
    if difference.after is None:
        return False
    last = next((index for index, word in enumerate(difference.printed) if firm(word.text)), -1)
    behind = difference.printed[last + 1 :]
    return len(behind) <= 2


def _titles(difference: Difference, result: Judged) -> None:
    """An office put for another where no character of the two is shared (see `office_faults` for the rest)."""
    said = [word.text for word in difference.said]
    printed = [word.text for word in difference.printed]
    wrong = [word for word in said if word in TITLES and word not in printed]
    right = [word for word in printed if word in TITLES and word not in said]
    if wrong and right and not synonymous(wrong[0], right[0]):
        result.hard.append(f"原文的职务是“{right[0]}”，不是“{wrong[0]}”")


def _scope(difference: Difference, result: Judged) -> None:
    said = [word.text for word in difference.said]
    printed = [word.text for word in difference.printed]
    for word in said:
        if word in SUPERLATIVES and not any(other in SUPERLATIVES for other in printed):
            result.hard.append(f"原文没有说“{word}”")
        if word in SCOPES and word not in printed:
            other = next((item for item in printed if item in SCOPES), "")
            if other and not synonymous(word, other):
                result.hard.append(f"原文的范围是“{other}”，不是“{word}”")

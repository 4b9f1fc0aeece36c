"""The differences between a claim and the sentence it stands on, and which of them distort it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from rag.grounding.lexicon import FUNCTION, synonymous
from rag.grounding.names import MODIFIERS, TITLES, Person, offices, people
from rag.grounding.polarity import SCOPES, SUPERLATIVES, direction, firm, firmly_done, is_negation, mood, opposed
from rag.grounding.reading import Reading, Word, fine_words, known_word

_NUMERALS = frozenset("零〇一二两三四五六七八九十百千万亿")
_ADDRESS = "|".join(sorted(TITLES | {"先生", "女士", "某", "老", "总", "姓"}, key=len, reverse=True))
_PROPER = frozenset(("nr", "ns", "nt", "nz", "nrt", "nrfg"))
# What a body is called at the end of its name: another word before it makes it another body.
_BODIES = tuple(
    """委员会 公司 集团 银行 法院 检察院 医院 大学 学院 中学 小学 学校 研究院 研究所 研究会 协会 商会 学会 联合会 基金会 总局 局 厅 委 部门 中心 博物馆 图书馆 纪念馆 电视台 报社 出版社 大使馆 领事馆 政府 议会 俱乐部
    车站 机场 工厂 分局 派出所 支队 总队 大队 联盟 组织 党 合作社 工作室 事务所 办事处 街道 社区""".split()
)
_LEVEL = ("至", "到")


@dataclass(frozen=True, slots=True)
class Difference:
    """Words of the claim (`said`) that stand where the source has other words (`printed`); either may be empty.

    `before` and `after` are the source words on each side that both share.
    """

    said: tuple[Word, ...]
    printed: tuple[Word, ...]
    before: Word | None = None
    after: Word | None = None


@dataclass(slots=True)
class Judged:
    """What a difference amounts to: false, made more of than is said, or words the source has not."""

    hard: list[str] = field(default_factory=list)
    soft: list[str] = field(default_factory=list)
    unknown: list[Word] = field(default_factory=list)


def differences(
    claim: Reading, first: int, pairs: Sequence[int], words: Sequence[Word], source: Reading, printed: Sequence[Word]
) -> list[Difference]:
    """Return the differences of a clause of the claim (tokens from `first`, aligned by `pairs`) in order."""
    owner = _owners(source, printed)
    words = [piece for word in words for piece in _pieces(claim, first, pairs, word)]
    spots = [_spot(claim, first, pairs, word, source) for word in words]
    taken = {k for spot in spots if spot for k in range(spot[0], spot[1] + 1)}
    full = {index for index, word in enumerate(printed) if _tokens(source, word) and _tokens(source, word) <= taken}
    found: list[Difference] = []
    said: list[Word] = []
    left = -1
    opened = False
    for word, spot in [*zip(words, spots, strict=True), (None, (len(source), len(source)))]:
        if word is not None and spot is None:
            said.append(word)
            continue
        if spot is None or (word is not None and spot[0] <= left):
            continue
        low, high = left, spot[0] if word is not None else -1
        region = _region(source, low, high, opened, word is not None)
        gap = [index for index in dict.fromkeys(owner[k] for k in region if owner[k] >= 0) if index not in full]
        before = printed[owner[low]] if low >= 0 and owner[low] >= 0 else None
        after = printed[owner[high]] if 0 <= high < len(owner) and owner[high] >= 0 else None
        if said or gap:
            found.append(Difference(tuple(said), tuple(printed[index] for index in gap), before, after))
        said, left, opened = [], spot[1], True
    return found


def _owners(source: Reading, printed: Sequence[Word]) -> list[int]:
    owner = [-1] * len(source)
    at = 0
    for index, word in enumerate(printed):
        while at < len(source) and source.ends[at] <= word.start:
            at += 1
        k = at
        while k < len(source) and source.starts[k] < word.end:
            if owner[k] < 0:
                owner[k] = index
            k += 1
    return owner


def _pieces(claim: Reading, first: int, pairs: Sequence[int], word: Word) -> list[Word]:
    """Cut a word whose characters all matched, but not in one piece (热情高涨 for 热情持续高涨), where the source does."""
    inside = [i for i in range(first, first + len(pairs)) if claim.starts[i] < word.end and claim.ends[i] > word.start]
    places = [pairs[i - first] for i in inside]
    if len(places) < 2 or min(places) < 0:
        return [word]
    cuts = [claim.starts[i] for i, a, b in zip(inside[1:], places, places[1:], strict=False) if b - a != 1]
    edges = [word.start, *cuts, word.end]
    return [Word(claim.text[a:b], word.flag, a, b) for a, b in zip(edges, edges[1:], strict=False)]


def _tokens(source: Reading, word: Word) -> set[int]:
    return {k for k in range(len(source)) if source.starts[k] < word.end and source.ends[k] > word.start}


def _spot(claim: Reading, first: int, pairs: Sequence[int], word: Word, source: Reading) -> tuple[int, int] | None:
    """Return the source tokens a claim word stands for, first and last, when all of it matched in one piece."""
    places = [
        pairs[i - first]
        for i in range(first, first + len(pairs))
        if claim.starts[i] < word.end and claim.ends[i] > word.start
    ]
    if not places or places[0] < 0 or any(b - a != 1 for a, b in zip(places, places[1:], strict=False)):
        return None
    if len(places) == 1 and len(word.text) == 1 and word.text in FUNCTION and places[0] not in source.facts:
        return places[0], places[0]
    return places[0], places[-1]


def _region(source: Reading, low: int, high: int, opened: bool, closed: bool) -> list[int]:
    """Return the source tokens between two matches, no further than the clauses those stand in."""
    if opened and closed:
        between = range(low + 1, high)
        if high - low < 2 or source.clauses[low] == source.clauses[high]:
            return list(between)
        return [k for k in between if source.clauses[k] in {source.clauses[low], source.clauses[high]}]
    if closed:
        return [k for k in range(high) if source.clauses[k] == source.clauses[high]]
    if opened:
        return [k for k in range(low + 1, len(source)) if source.clauses[k] == source.clauses[low]]
    return []


def name_faults(claim: Reading, first: int, pairs: Sequence[int], source: Reading) -> list[str]:
    """Return the names of the source that the claim has only in part or altered (卢艳 for 卢艳丽).

    The surname with an office or form of address (卢副市长, 吴女士) and a part of a foreign name (桑科) are whole.
    """
    faults = []
    matched = {j: i for i, j in zip(range(first, first + len(pairs)), pairs, strict=True) if j >= 0}
    for person in people(source.text):
        inside = [k for k in range(len(source)) if person.start <= source.starts[k] < person.end]
        hit = [k for k in inside if k in matched]
        if not hit or len(hit) == len(inside) or "·" in person.name:
            continue
        after = claim.text[claim.ends[matched[hit[-1]]] :]
        if hit == inside[:1] and re.match(rf"(?:{_ADDRESS})|{'|'.join(MODIFIERS)}", after):
            continue
        if len(hit) == 1 and len(inside) > 1 and hit[0] != inside[0]:
            continue
        if person.name in claim.text or not _touching(hit, matched):
            continue
        faults.append(f"原文的名字是“{person.name}”")
    return faults


def _touching(hit: Sequence[int], matched: dict[int, int]) -> bool:
    """Return True when the matched part of the name is not a chance character: what stands before it matched too."""
    before = hit[0] - 1
    return len(hit) > 1 or (before in matched and matched[before] == matched[hit[0]] - 1)


@dataclass(frozen=True, slots=True)
class Setting:
    """What differences are judged against: both texts, their people, and what a reader knows besides the sentence.

    `near` is the headline, the byline and the sentences before; `article` the whole article; `touched` the clauses of
    the sentence that the claim's clause shares words with.
    """

    claim: str
    source: str
    near: str
    article: str
    touched: str = ""

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
    for difference in found:
        _mood(difference, result)
        _titles(difference, result)
        _scope(difference, result)
        _facts(difference, result)
        after = difference.after
        if after is not None and direction(after.text):
            result.hard += [
                f"原文是“{word.text}”，不是“{after.text}”" for word in difference.printed if opposed(word.text, after.text)
            ]
        for word in difference.said:
            if word.flag == "fact" or mood(word.text) or is_negation(word.text):
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
        out.hard.append(f"原文是“{rivals[0].text}”，不是“{word.text}”")
        return
    if direction(word.text) and (turned := _turned(word.text, setting.source)):
        out.hard.append(f"原文是“{turned}”，不是“{word.text}”")
        return
    body = difference.after is not None and difference.after.text.endswith(_BODIES) and bool(replaced)
    if (stem in setting.source and not body) or (not replaced and stem in (setting.article if proper else setting.near)):
        return
    numeral = any(char in _NUMERALS for other in printed for char in other.text)
    if proper or (numeral and any(char in _NUMERALS for char in word.text)):
        out.hard.append(f"原文没有“{word.text}”")
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
    moves = [other.text for other in fine_words(source) if direction(other.text)]
    if not moves or any(direction(other) == direction(word) for other in moves):
        return ""
    return moves[0]


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
        if direction(other.text) == direction(word.text):
            if word.text.endswith(_LEVEL) != other.text.endswith(_LEVEL):
                return other.text
    return ""


def _facts(difference: Difference, result: Judged) -> None:
    """A date put for a figure, or the other way round: alignment keeps the two apart, so both stand unmatched."""
    said = [word for word in difference.said if word.flag == "fact"]
    printed = [word for word in difference.printed if word.flag == "fact"]
    if len(said) == len(printed) == 1 and said[0].text != printed[0].text and _plain(said[0]) and _plain(printed[0]):
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
    if wrong and right:
        result.hard.append(f"原文的职务是“{right[0]}”，不是“{wrong[0]}”")


def office_faults(claim: Reading, first: int, pairs: Sequence[int], source: Reading) -> list[str]:
    """Return where an office of the claim stands for another office of the source, modifiers (副, 原, 代) included."""
    faults = []
    last = first + len(pairs)
    printed = offices(source.text)
    for office in offices(claim.text):
        title_at = office.end - len(office.title)
        places = [
            pairs[i - first] for i in range(first, last) if claim.starts[i] < office.end and claim.ends[i] > title_at
        ]
        spots = [source.starts[j] for j in places if j >= 0]
        other = next((item for item in printed for at in spots if item.end - len(item.title) <= at < item.end), None)
        if other is None or (other.title, other.modifiers) == (office.title, office.modifiers):
            continue
        faults.append(f"原文是“{other.modifiers}{other.title}”，不是“{office.modifiers}{office.title}”")
    return faults


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

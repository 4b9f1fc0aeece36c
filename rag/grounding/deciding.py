"""Whether a part of the question is answered, and by which line: decided by program.

Without a model half a chance is enough. With one, the likeliest lines are put to it (`rag.grounding.weighing`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rag.grounding.bearing import Bearing, Part
from rag.grounding.binding import binds
from rag.grounding.evidence import Support, evidence_of
from rag.grounding.fillers import Filler, office_asked
from rag.grounding.misnamed import another_of_its_kind, of_another_measure
from rag.grounding.premise import contradicted, takes_for_granted
from rag.grounding.reading import NAMED, tagged
from rag.grounding.signals import clause_at, lacks_name, of_another_place, of_other_time, shared, verbs
from rag.grounding.terms import plainly_tagged, presence
from rag.text.numbers import flat, number_value

# A line answers by itself from this chance on; fitted on answerable and unanswerable questions of the dev sets.
ENOUGH = 0.5
# The two best lines are put to the model though they seem to have little chance (the question may say it in other words),
# with at least this share of the best one's and this much themselves; further ones from that chance on.
_BEST_ASKED, _SHARE, _LEAST = 2, 0.3, 0.004
_ASKED, _MOST_ASKED = 0.1, 4
# Where the model cannot be asked for probabilities, it phrases from this chance on, and may find that nothing answers.
_DOUBTFUL = 0.35
# From this chance on it answers even so.
SURE = 0.75
# Under this chance a line does not correct the question.
_CORRECTING = 0.25
# Lines read for a contradiction of what the question takes for granted, and how much of its words must stand near them.
_LOOKED_AT, _ABOUT_IT = 12, 0.45
_CONSIDERED = 6
_CLOSE = 0.6

_PRECISE = frozenset(("quantity", "duration", "date", "person", "place"))
_NEEDS_FILLER = frozenset(("quantity", "duration", "date", "person"))
# What a clause that asks does not tell (年度吉祥物是什么？), though a figure may stand beside the question.
_TOLD = frozenset(("thing", "topic", "person", "date", "organisation"))
_ASKS_TOO = re.compile(r"[？?]$|(?<![没有为做])什么(?!都)|哪[些个位里年家种]|是谁")
_QUOTED = re.compile(r"[“《「『][^”》」』]*[”》」』]")
# The rarest word of the question is neither in the sentence nor near it: it is about something else.
_STRANGE = 0.85
# Nouns and verbs that only say that a figure is asked for.
_MEASURE_ONLY = frozenset(
    (
        *("次数", "件数", "户数", "升幅", "增幅", "降幅", "涨幅", "跌幅", "例子"),
        *("变化", "成绩", "排名", "数字", "数据", "情况", "结果", "规模", "水平", "幅度", "程度"),
        *("增长", "增加", "下降", "上升", "提高", "减少", "降低", "达到", "比分", "名次", "得分"),
    )
)


@dataclass(frozen=True, slots=True)
class Decision:
    """What the program decided on a part: the lines that answer it, best first; none when it is not answered.

    `conflict` says in words that the source contradicts the question's premise; the line then corrects it. `found` are
    the words of the first line in which the model found the answer.
    """

    part: Part
    lines: tuple[Bearing, ...] = ()
    conflict: str = ""
    reasons: tuple[str, ...] = ()
    found: str = ""

    @property
    def answered(self) -> bool:
        """Return whether there is something to show or to put to the model."""
        return bool(self.lines)

    @property
    def chance(self) -> float:
        """Return the chance of the best line; a correction is certain."""
        return 1.0 if self.conflict else self.lines[0].chance if self.lines else 0.0


def decide(support: Support, *, with_model: bool) -> Decision:
    """Return which lines answer the part of `support`, if any; `with_model`, which lines are to be put to the model."""
    reasons: list[str] = []
    answering: list[Bearing] = []
    corrected = _corrected(support)
    if corrected is not None:
        return corrected
    likely = max(_LEAST, _SHARE * support.bearings[0].chance) if support.bearings else _LEAST
    for found in support.bearings[:_CONSIDERED]:
        enough = ENOUGH if not with_model else _ASKED if len(answering) >= _BEST_ASKED else likely
        if found.chance < min(enough, _CORRECTING):
            break
        bound = binds(support.part.text, evidence_of(found.line))
        if bound.conflict and found.chance >= _CORRECTING:
            return Decision(support.part, (_at(found, bound.start, bound.end),), bound.conflict)
        if found.chance >= enough and not unfit(support.part, found, with_model):
            answering.append(found)
        else:
            reasons.extend(bound.reasons)
    told = tuple(dict.fromkeys(reasons))
    return Decision(support.part, tuple(answering[:_MOST_ASKED]) if with_model else _close(answering), reasons=told)


def _corrected(support: Support) -> Decision | None:
    """Return the decision to correct what the question tells before it asks, by a line near which its words stand."""
    if not takes_for_granted(support.part.text):
        return None
    near = sorted(support.bearings, key=lambda one: -one.signals.nearby)[:_LOOKED_AT]
    turned = [
        (found, other)
        for found in near
        if found.signals.nearby >= _ABOUT_IT
        and (other := contradicted(support.part.text, evidence_of(found.line))) is not None
    ]
    if not turned:
        return None
    # Of several figures of one noun (the members, the strikers) the clause that tells most of what was told is meant.
    found, other = max(turned, key=lambda pair: shared(support.part.text, flat(pair[1].clause)))
    told = f"原文说的是“{other.clause}”"
    return Decision(support.part, (_at(found, other.start, other.end),), told, other.reasons)


def _at(found: Bearing, start: int, end: int) -> Bearing:
    """Return the line with the words at `body[start:end]` as those to quote."""
    return replace(found, taken=(start - found.line.start, end - found.line.start))


def settled(decision: Decision) -> Decision:
    """Return what becomes of a decision made for the model where the model does not weigh the lines."""
    if decision.conflict:
        return decision
    return replace(decision, lines=_close([line for line in decision.lines if line.chance >= _DOUBTFUL]))


def _close(lines: Sequence[Bearing]) -> tuple[Bearing, ...]:
    """Return the lines not much less likely than the first."""
    return tuple(line for line in lines if line.chance >= _CLOSE * lines[0].chance)


def same_line(one: Decision, other: Decision) -> bool:
    """Return True when both parts are answered best by the same sentence."""
    if not one.lines or not other.lines or one.conflict or other.conflict:
        return False
    here, there = one.lines[0].line, other.lines[0].line
    return here.start == there.start and here.article is there.article


def grouped(decisions: Sequence[Decision]) -> list[list[Decision]]:
    """Return the answered decisions, those that rest on one sentence together."""
    groups: list[list[Decision]] = []
    for decision in decisions:
        if not decision.answered:
            continue
        if groups and same_line(groups[-1][0], decision):
            groups[-1].append(decision)
        else:
            groups.append([decision])
    return groups


def unfit(part: Part, found: Bearing, with_model: bool) -> bool:
    """Return True where nothing can fill the hole, or the noun whose figure is asked for is not in the sentence.

    A model that reads the sentence finds names that the program does not know, and figures of a noun said otherwise.
    """
    if part.asked.kind in _NEEDS_FILLER and found.filler is None and not (with_model and _may_hold(part, found)):
        return True
    if found.signals.clash and found.signals.dates < 0.5:
        return True
    if found.filler is not None and (
        of_other_time(part, found.line, found.filler) or of_another_place(part, flat(found.line.text), found.filler)
    ):
        return True
    if another_of_its_kind(part.text, found.line.text):
        return True
    if not with_model and _says_otherwise(part, found):
        return True
    if _head_of_another(part, found) or (not with_model and _lacks_owner_of_name(part, found)):
        return True
    if _of_another_round(part.text, found) or (part.asked.kind in _ROWS and _lists_too_few(part, found)):
        return True
    if not with_model and _BY.search(part.asked.before) and not _by_somebody(found) and _of_other_deed(part, found):
        return True
    if part.asked.kind == "speech" and found.signals.near < 0.75:
        return True
    if (
        part.asked.kind in _PRECISE
        and found.signals.missing >= _STRANGE
        and lacks_name(part, found.line, certain=with_model)
    ):
        return True
    if part.asked.kind == "date" and not with_model and found.chance < _NEARLY_SURE and _of_other_deed(part, found):
        return True
    if (
        part.asked.kind == "quantity"
        and found.chance < _NEARLY_SURE
        and _does_something_else(part, found, least=_PROPER_NOUN if with_model else 0.0)
    ):
        return True
    if part.asked.kind != "quantity" or with_model:
        return False
    # A verb of one character (跑了多少趟) is said in many ways.
    doing = {term.text for term in verbs(part) if len(term.text) == 1}
    ahead = [term for term in part.terms if term.text in part.asked.before and term.text not in doing]
    if not ahead or any(term.text in part.asked.after for term in part.terms):
        return False
    noun = max(ahead, key=lambda term: part.asked.before.rfind(term.text))
    return noun.text not in _MEASURE_ONLY and presence(noun, flat(found.line.text)) < 0.5


def _says_otherwise(part: Part, found: Bearing) -> bool:
    """Return whether the clause of the filler measures another thing than the one asked for, or asks itself."""
    text = flat(found.line.text)
    span = (found.filler.start, found.filler.end) if found.filler is not None else (0, len(text))
    if part.asked.kind == "quantity" and found.filler is not None and of_another_measure(part.text, text, span):
        return True
    clause = clause_at(text, *span)
    ends = text.find(clause) + len(clause)
    return part.asked.kind in _TOLD and bool(_ASKS_TOO.search(_QUOTED.sub("", f"{clause}{text[ends : ends + 1]}")))


def _lacks_owner_of_name(part: Part, found: Bearing) -> bool:
    """Return whether a name is asked for of what neither the line nor the headline speaks of (X的爸爸叫什么名字)."""
    asked = _NAME_ASKED.search(part.text)
    if asked is not None and part.asked.kind == "person" and found.filler is not None:
        return _is_of_somebody_else(part.text[: asked.start()], flat(found.line.text), found.filler)
    if part.asked.kind != "thing" or asked is None:
        return False
    told = flat(f"{found.line.article.headline}。{found.line.text}")
    owner = [term for term in part.terms if part.text[: asked.start()].rstrip("的").endswith(term.text)]
    return any(presence(term, told) < 0.5 for term in owner)


def _is_of_somebody_else(owner: str, text: str, filler: Filler) -> bool:
    """Return whether the name stands far from the common noun whose name is asked for (该女子, not the president she watched)."""
    noun = next(iter(reversed(plainly_tagged(owner.rstrip("的")))), None)
    if noun is None or not _SOMEBODY.search(noun.text) or noun.flag[:2] in NAMED:
        return False
    near = text[max(0, filler.start - _BESIDE_NAME) : filler.end + _BESIDE_NAME]
    return noun.text not in near and not _CALLED.search(text[: filler.start])


# Who has no office by which the name would be known.
_SOMEBODY = re.compile(
    r"(?:[男女][子孩童婴]?|孩子?|姑娘|小伙子?|老[人汉太]|[客工民童婴者]|嫌疑人|司机|学生|妻子|丈夫)$"
)
_BESIDE_NAME = 6
_CALLED = re.compile(r"(?:名叫|叫|名为|姓名[是为：:]?|化名)$")


def _head_of_another(part: Part, found: Bearing) -> bool:
    """Return whether the head of a place or body is asked for that the line is not of (东湖市……局局长): others have heads."""
    if part.asked.kind != "person" or not office_asked(part.asked):
        return False
    line = found.line
    opening = "" if line.text in line.lead else line.lead
    told = flat("。".join((line.article.headline, opening, *line.before, line.text)))
    return any(
        term.name and term.weight >= _PROPER and _RULED.search(term.text) and presence(term, told) < 0.5
        for term in part.terms
    )


_PROPER = 0.6
_RULED = re.compile(r"[省市县区州镇乡村局委厅院]$")
_NAME_ASKED = re.compile(r"(?:的?名[字称]?(?:是|叫)(?:什么|啥)|叫做?(?:什么|啥)(?:名字|名称)?)[？?]?$")


def _of_another_round(question: str, found: Bearing) -> bool:
    """Return whether the next or last one of a row is asked for (下一届论坛), and the line does not speak of it."""
    asked = _ROUND.search(question)
    told = flat("".join((found.line.article.headline, *found.line.before[:2], found.line.text)))
    return asked is not None and not re.search(rf"{asked[1]}一?{asked[2]}", told)


_ROUND = re.compile(r"([上下])一?([届次期场轮任])(?![来去])")


def _lists_too_few(part: Part, found: Bearing) -> bool:
    """Return whether so many are asked for (哪五个部门) that no row in the line has as many, or places and there is none."""
    sort = _PLACES_ASKED.search(part.asked.after) if part.asked.kind == "list" else None
    if sort and not re.search(rf"[\u3400-\u9fff]{{2,5}}{sort[1]}(?=[、，。；）和与及等的在])", flat(found.line.text)):
        return True
    asked = _SO_MANY.search(part.text) or _EACH_NAMED.search(part.text)
    count = number_value(asked[1].replace("两", "二")) if asked else None
    if count is None or _ITEMISED.search(found.line.text):
        return False
    text = flat(found.line.text)
    if _BODIES_ASKED.search(part.asked.after):
        joined = re.search(rf"[由被][^，。；]*?(?:[、和与及][^，。；]+){{{int(count) - 1}}}", text)
        return joined is None and len(_BODY.findall(text)) < count
    rows = max(len(_JOINED.findall(sentence)) for sentence in re.split("[。！？]", text))
    clauses = Counter(clause[0] for clause in re.split("[，；。]", text) if clause)
    return max(rows + 1, text.count("“"), text.count("《"), max(clauses.values(), default=0)) < count


_BODIES_ASKED = re.compile(r"^.?(?:部门|单位|机构|公司|企业|高校|医院|银行|协会)")
_BODY = re.compile(
    r"(?:部|局|委|办|厅|院|会|署|行|社|中心|公司|集团|大学|学院|银行|[馆厂校团所])(?=[、，。；）)和与及以联共等主承协举的]|$)"
)
_PLACES_ASKED = re.compile(r"^[个座]?([省市县区镇乡村])(?:有|是|被|入选|获|参|$)")
_SO_MANY = re.compile(r"哪([两二三四五六七八九十\d]{1,3})[个家项大种类名位条点所座场方步]")
# 5项成果分别叫什么名称: five names.
_EACH_NAMED = re.compile(
    r"([两二三四五六七八九十\d]{1,3})[个家项大种类名位条点所座场方步][^，。？]{1,14}(?:分别|各|都)(?:是|叫|有|为)?(?:什么|哪|谁)"
)
_ROWS = frozenset(("list", "thing", "person", "organisation", "place"))
_JOINED = re.compile(r"[、；+]|以及|[和与及](?=[\u3400-\u9fff“《])")
_ITEMISED = re.compile(r"一是|其一|首先|第一[，、是]|[①1１][.．、）)]|——")


def _does_something_else(part: Part, found: Bearing, *, least: float) -> bool:
    """Return whether the line says nothing of what those who are counted did (多少家企业获得了贷款: neither 获得 nor 贷款).

    So it is where the rarest of those words is at least as rare as `least`, and the sentence before, if the line goes on
    about it (这些企业), has none of them either.
    """
    words = tagged(part.asked.after)
    verb = next((word for word in words if word.flag[:1] == "v" and word.start > 1), None)
    if verb is None or not any(word.flag[:1] == "n" for word in words if word.start < verb.start):
        return False
    told = flat(found.line.text)
    if _GOES_ON.search(told):
        told = flat("".join((found.line.article.headline, *found.line.before[:1]))) + told
    asked = [term for term in part.terms if term.text in part.asked.after[verb.start :]]
    rarest = max((term.weight for term in asked), default=0.0)
    return bool(asked) and rarest >= least and all(presence(term, told) < 0.5 for term in asked)


_PROPER_NOUN = 0.9
_GOES_ON = re.compile(r"这些|这样|这类|其中|上述|共有|总共|一共|均")
_BY = re.compile(r"[由被]$")


def _by_somebody(found: Bearing) -> bool:
    """Return whether the line says by whom something was done, whatever it was (由某公司施工)."""
    return found.filler is not None and flat(found.line.text)[: found.filler.start].endswith(("由", "被"))


def _of_other_deed(part: Part, found: Bearing) -> bool:
    """Return whether the line says nothing of what is asked to have been done (浇筑 where 哪年通车 is asked).

    Common verbs (开始, 举行) are said in too many ways.
    """
    doing = {term.text for term in verbs(part)}
    near = [term for term in part.near if len(term.text) > 1 and term.weight >= _TELLING]
    asked = [term for term in near if term.text in part.asked.after] or [term for term in near if term.text in doing]
    told = flat(f"{found.line.article.headline}。{found.line.text}")
    # 访华 may be 对中国进行访问: its verb alone will do.
    done = "".join(word.text for word in plainly_tagged(told) if word.flag.startswith("v"))
    return bool(asked) and all(presence(term, told) < 0.5 and term.text[0] not in done for term in asked)


_TELLING, _NEARLY_SURE = 0.35, 0.8
_NUMERAL = re.compile(r"[\d〇一二两三四五六七八九十百千万亿]")


def _may_hold(part: Part, found: Bearing) -> bool:
    """Return whether the line may yet hold what is asked for: for a figure or date, a numeral; a person always.

    Other nouns count a thing (2500处 of 多少家), but no other counts money or a share.
    """
    if part.asked.measure in _COUNTED_ALONE:
        return bool(_COUNTED_ALONE[part.asked.measure].search(flat(found.line.text)))
    return part.asked.kind == "person" or bool(_NUMERAL.search(flat(found.line.text)))


_COUNTED_ALONE = {
    "money": re.compile(r"[元币镑钱]|美金|[万亿]"),
    "percent": re.compile(r"[%％倍半]|[一二两三四五六七八九十\d]成|百分|之一"),
}

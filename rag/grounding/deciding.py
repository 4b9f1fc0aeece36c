"""Whether a part of the question is answered, and by which line: decided by program, the same with and without a model."""

from __future__ import annotations

from dataclasses import dataclass

from rag.grounding.bearing import Bearing, Part
from rag.grounding.binding import binds
from rag.grounding.evidence import Support, evidence_of
from rag.grounding.terms import presence
from rag.text.numbers import flat

# A line answers when its chance is at least this; fitted on answerable and unanswerable questions of the dev sets.
ENOUGH = 0.5
_CONSIDERED = 6


@dataclass(frozen=True, slots=True)
class Decision:
    """What the program decided on a part: the lines that answer it, best first; none when it is not answered.

    `conflict` says in words that the source contradicts the question's premise; the line then corrects it.
    """

    part: Part
    lines: tuple[Bearing, ...] = ()
    conflict: str = ""
    reasons: tuple[str, ...] = ()

    @property
    def answered(self) -> bool:
        """Return whether something can be shown."""
        return bool(self.lines)


_NEEDS_FILLER = frozenset(("quantity", "duration", "date", "person"))


# Nouns and verbs that only say that a figure is asked for.
_MEASURE_ONLY = frozenset(
    "变化 成绩 排名 数字 数据 情况 结果 规模 水平 幅度 程度 增长 增加 下降 上升 提高 减少 降低 达到 比分 名次 得分".split()
)


def _unfit(part: Part, found: Bearing) -> bool:
    """Return True where nothing can fill the hole, or the noun whose figure is asked for is not in the sentence."""
    if part.asked.kind in _NEEDS_FILLER and found.filler is None:
        return True
    if part.asked.kind != "quantity":
        return False
    ahead = [term for term in part.terms if term.text in part.asked.before]
    if not ahead or any(term.text in part.asked.after for term in part.terms):
        return False
    noun = max(ahead, key=lambda term: part.asked.before.rfind(term.text))
    return noun.text not in _MEASURE_ONLY and presence(noun, flat(found.line.text)) < 0.5


def decide(support: Support) -> Decision:
    """Return which lines answer the part of `support`, if any."""
    reasons: list[str] = []
    answering: list[Bearing] = []
    for found in support.bearings[:_CONSIDERED]:
        if found.chance < ENOUGH * 0.5:
            break
        bound = binds(support.part.text, evidence_of(found.line))
        if bound.conflict:
            return Decision(support.part, (found,), bound.conflict)
        if _unfit(support.part, found):
            reasons.extend(bound.reasons)
        elif found.chance >= ENOUGH:
            answering.append(found)
        else:
            reasons.extend(bound.reasons)
    if answering:
        best = answering[0].chance
        return Decision(support.part, tuple(one for one in answering if one.chance >= 0.6 * best))
    return Decision(support.part, reasons=tuple(dict.fromkeys(reasons)))

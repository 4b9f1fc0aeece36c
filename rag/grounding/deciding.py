"""Whether a part of the question is answered, and by which line: decided by program, the same with and without a model."""

from __future__ import annotations

from dataclasses import dataclass

from rag.grounding.bearing import Bearing, Part
from rag.grounding.binding import binds
from rag.grounding.evidence import Support, evidence_of

# A line answers when its chance is at least this; fitted on answerable and unanswerable questions of the dev sets.
ENOUGH = 0.4
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
        if support.part.asked.kind in _NEEDS_FILLER and found.filler is None:
            reasons.extend(bound.reasons)
        elif found.chance >= ENOUGH:
            answering.append(found)
        else:
            reasons.extend(bound.reasons)
    if answering:
        best = answering[0].chance
        return Decision(support.part, tuple(one for one in answering if one.chance >= 0.6 * best))
    return Decision(support.part, reasons=tuple(dict.fromkeys(reasons)))

"""Figures and dates of a claim against those of the sentence it stands on: value, unit, and what they count."""

from __future__ import annotations

from rag.grounding.alignment import context_match
from rag.grounding.reading import Reading
from rag.text.dates import DateMention, agrees
from rag.text.numbers import Quantity, same_unit, same_value

_NEAR = 4
_OVER = frozenset(("over", "least"))
_CLOSE = frozenset(("under", "about"))


def figure_fault(claim: Quantity, source: Quantity) -> str:
    """Return what is wrong with a claim's figure against the source's, in words; empty when it is true to it."""
    if not same_value(claim, source):
        if claim.high is None and source.high is not None and claim.value in {source.value, source.high}:
            return f"原文是一个范围“{source.text}”，不是“{claim.text}”"
        return f"原文是“{source.text}”，不是“{claim.text}”"
    if not same_unit(claim, source):
        return f"原文的单位是“{source.written or '无'}”，不是“{claim.written or '无'}”（“{source.text}”）"
    if claim.vague != source.vague:
        return f"原文是“{source.text}”，不是“{claim.text}”"
    return ""


def bound_fault(claim: Quantity, source: Quantity) -> str:
    """Return what is wrong with how the figure is qualified (余, 近, 约, 以上); empty when the claim says no more."""
    if claim.bound == source.bound or {claim.bound, source.bound} in (_OVER, _CLOSE):
        return ""
    if source.bound == "exact" and claim.bound == "about":
        return ""
    if claim.bound == "exact":
        return f"原文是“{source.text}”，不能说成确数“{claim.text}”"
    return f"原文是“{source.text}”，不是“{claim.text}”"


def date_fault(claim: DateMention, source: DateMention) -> str:
    """Return what is wrong with a claim's date against the source's; empty when it is true of it."""
    if agrees(claim, source):
        return ""
    return f"原文的时间是“{source.text}”，不是“{claim.text}”"


def counted(source: Reading, index: int) -> str:
    """Return the noun that the figure at token `index` counts, as far as the words around it tell."""
    clause = source.clauses[index]
    after: list[str] = []
    for j in range(index + 1, len(source)):
        if source.clauses[j] != clause or j in source.facts or len(after) >= 6:
            break
        after.append(source.text[source.starts[j] : source.ends[j]])
    before: list[str] = []
    for j in range(index - 1, -1, -1):
        if source.clauses[j] != clause or j in source.facts or len(before) >= 6:
            break
        before.append(source.text[source.starts[j] : source.ends[j]])
    return "".join(after) or "".join(reversed(before))


def rescue(claim: Reading, i: int, source: Reading, j: int) -> int:
    """Return another figure of the source that fits claim token `i` at least as well as `j` and is equal, or -1.

    Alignment chooses one path through the sentence; a paraphrase may have put its words in another order
    (建成26个墩柱 for 建成墩柱26个).
    """
    fact = claim.facts[i]
    equal = [k for k, other in source.facts.items() if k != j and equal_facts(fact, other)]
    if not equal:
        return -1
    chosen = context_match(claim, i, source, j) if j >= 0 else 0.5
    best = max(equal, key=lambda k: context_match(claim, i, source, k))
    if context_match(claim, i, source, best) >= chosen:
        return best
    if j >= 0:
        return -1
    near = {
        k: max(_shared(claim, i, source, k, side) for side in (0, -1, 1))
        for k, other in source.facts.items()
        if type(other) is type(fact)
    }
    best = max(equal, key=lambda k: near.get(k, 0.0))
    return best if near.get(best, 0.0) >= max(0.6, *near.values()) else -1


def rival_figure(claim: Reading, i: int, source: Reading) -> Quantity | None:
    """Return the figure of the source, in the unit of claim token `i`, that counts the same noun, or None."""
    fact = claim.facts[i]
    if not isinstance(fact, Quantity):
        return None
    near = {
        k: max(_shared(claim, i, source, k, side) for side in (0, -1, 1))
        for k, other in source.facts.items()
        if isinstance(other, Quantity) and same_unit(fact, other) and not same_value(fact, other)
    }
    best = max(near, key=lambda k: near[k], default=-1)
    found = source.facts.get(best)
    return found if isinstance(found, Quantity) and near[best] >= 0.6 else None


def _shared(claim: Reading, i: int, source: Reading, k: int, side: int) -> float:
    """Return the share of the words around claim token `i` that stand around source token `k`, figures apart.

    `side` 1 looks only at the few words after it, which name what is counted, -1 at those before it, 0 at all.
    """
    mine, theirs = _around(claim, i), {int(source.codes[b]) for b in _around(source, k)}
    if side:
        mine = [a for a in mine if 0 < (a - i) * side <= _NEAR]
        if len(mine) < 2:
            return 0.0
    total = sum(float(claim.weights[a]) for a in mine)
    found = sum(float(claim.weights[a]) for a in mine if int(claim.codes[a]) in theirs)
    return found / total if total else 0.0


def _around(reading: Reading, index: int) -> list[int]:
    """Return the tokens of the figure's clause between the figures before and after it."""
    tokens: list[int] = []
    for side in (-1, 1):
        at = index + side
        while 0 <= at < len(reading) and reading.clauses[at] == reading.clauses[index] and at not in reading.facts:
            tokens.append(at)
            at += side
    return tokens


def equal_facts(one: Quantity | DateMention, other: Quantity | DateMention) -> bool:
    """Return True when a claim's figure or date is true of a source's, its qualification left aside."""
    if isinstance(one, Quantity) and isinstance(other, Quantity):
        return not figure_fault(one, other)
    if isinstance(one, DateMention) and isinstance(other, DateMention):
        return agrees(one, other)
    return False

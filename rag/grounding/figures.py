"""The figures and dates of a clause against those of the sentence it stands on."""

from __future__ import annotations

from collections.abc import Sequence

from rag.grounding.alignment import Placed, context_match
from rag.grounding.placing import Source
from rag.grounding.quantities import bound_fault, counted, date_fault, equal_facts, figure_fault, rescue, rival_figure
from rag.grounding.reading import Reading, read, squeezed
from rag.text.dates import DateMention
from rag.text.numbers import Quantity

_SAME_PLACE = 1.0  # a date with less in common around it than this stands for no particular date of the sentence


def fact_faults(placed: Placed, source: Source, sources: Sequence[Source]) -> tuple[list[str], list[str]]:
    """Return what is wrong with the figures and dates of a clause: the false ones, and the ones qualified otherwise."""
    hard: list[str] = []
    soft: list[str] = []
    claim, reading = placed.claim, placed.source
    for i, fact in claim.facts.items():
        if i not in placed.tokens:
            continue
        j = placed.place(i)
        other = reading.facts.get(j)
        if other is None or not equal_facts(fact, other):
            k = rescue(claim, i, reading, j)
            if k >= 0:
                j, other = k, reading.facts[k]
        if isinstance(fact, DateMention):
            strange = isinstance(other, DateMention) and context_match(claim, i, reading, j) < _SAME_PLACE
            if strange and other is not None and not equal_facts(fact, other):
                other = None
            hard += _date(fact, other, source, sources)
        elif not isinstance(other, Quantity):
            rival = rival_figure(claim, i, reading)
            hard.append(_elsewhere(fact, reading) or (figure_fault(fact, rival) if rival else f"原文没有“{fact.text}”"))
        elif fault := figure_fault(fact, other):
            hard.append(_elsewhere(fact, reading) or fault)
        elif fault := bound_fault(fact, other):
            soft.append(fault)
    return hard, soft


def _elsewhere(fact: Quantity, source: Reading) -> str:
    """Say what the figure counts in the source, when it is there but counts something else."""
    for k, other in source.facts.items():
        if isinstance(other, Quantity) and equal_facts(fact, other):
            return f"原文的“{other.text}”指的是“{counted(source, k)}”"
    return ""


def _date(
    fact: DateMention, other: Quantity | DateMention | None, source: Source, sources: Sequence[Source]
) -> list[str]:
    """Return what is wrong with a date: against the one it stands for, or what else places the sentence in time.

    A claim may name the day that the sentence leaves to what stands before it or to the edition.
    """
    if isinstance(other, DateMention):
        fault = date_fault(fact, other)
        return [fault] if fault else []
    own = [item for item in source.reading.facts.values() if isinstance(item, DateMention)]
    if any(equal_facts(fact, item) for item in own):
        return []
    rival = next((item for item in own if _as_exact(item, fact)), None)
    if rival is not None:
        return [date_fault(fact, rival)]
    article, start = source.evidence.article, source.evidence.start
    if fact.iso and article.date.startswith(fact.iso) and not fact.part:
        return []
    before = f"{article.headline}。{article.body[:80]}。{article.body[max(0, start - 150) : start]}"
    around = read(squeezed(before), article.date)
    known = [*around.facts.values(), *(item for other in sources[:3] for item in other.reading.facts.values())]
    if any(equal_facts(fact, item) and (not fact.part or fact.part == getattr(item, "part", "")) for item in known):
        return []
    return [f"原文没有“{fact.text}”这个时间"]


def _as_exact(item: DateMention, fact: DateMention) -> bool:
    """Return True when `item` states every part of a date that `fact` states, so that the two can be compared."""
    stated = [field for field in ("year", "month", "day") if getattr(fact, field) and field not in fact.assumed]
    return all(getattr(item, field) for field in stated) and (not fact.part or bool(item.part))

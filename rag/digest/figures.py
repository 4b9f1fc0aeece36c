"""The key figures of a text: the numbers that count something, told apart from dates, ordinals and turns of phrase."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from rag.text.dates import date_mentions
from rag.text.numbers import Quantity, flat, quantities, same_unit, same_value

# Ages, clock times, versions and lines name things; a reader of a digest does not miss them.
_NAMING = frozenset(("点", "分", "岁", "号", "版", "线", "级", "届", "年代", "世纪", "门", "字", "室", "环"))


@lru_cache(maxsize=4096)
def key_figures(text: str) -> tuple[Quantity, ...]:
    """Return the distinct key figures of `text`, in order, with their offsets in it."""
    masked = list(flat(text))
    for mention in date_mentions(text):
        masked[mention.start : mention.end] = "\u0001" * (mention.end - mention.start)
    found: list[Quantity] = []
    for figure in quantities("".join(masked)):
        if figure.ordinal or figure.vague or not figure.unit or figure.unit in _NAMING or _idle(figure):
            continue
        if not has_figure(figure, found):
            found.append(figure)
    return tuple(found)


def has_figure(figure: Quantity, others: Sequence[Quantity]) -> bool:
    """Return True when one of `others` says the same number of the same thing."""
    return any(same_value(figure, other) and same_unit(figure, other) for other in others)


def _idle(figure: Quantity) -> bool:
    """A number in Chinese characters below ten is mostly a way of speaking: 两国, 一次, 三方面."""
    return figure.high is None and figure.value < 10 and not any(char.isdigit() for char in figure.text)

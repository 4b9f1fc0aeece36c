"""Whether the people of a claim are the source's: their names whole, their offices with every modifier.

An office is compared where it stands (副市长 for 市长), and once more by the person it belongs to, wherever in the
evidence that person is named.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.grounding.alignment import Placed
from rag.grounding.lexicon import synonymous
from rag.grounding.names import MODIFIERS, TITLES, Office, Person, offices, people
from rag.grounding.reading import tagged

_ADDRESS = "|".join(sorted(TITLES | {"先生", "女士", "某", "老", "总", "姓"}, key=len, reverse=True))


def name_faults(placed: Placed) -> list[str]:
    """Return the names of the source that the claim has only in part or altered (卢艳 for 卢艳丽).

    The surname with an office or form of address (卢副市长, 吴女士) and a part of a foreign name (桑科) are whole.
    """
    faults = []
    claim, source = placed.claim, placed.source
    matched = {j: i for i, j in zip(placed.tokens, placed.pairs, strict=True) if j >= 0}
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
        if _without_sort(person.name) in claim.text or not _touching(hit, matched):
            continue
        faults.append(f"原文的名字是“{person.name}”")
    return faults


def _without_sort(name: str) -> str:
    """Return a place that looks like a person without its sort (彭泽县): it is named with or without."""
    return _SORT.sub("", name) if {word.flag for word in tagged(name)} == {"ns"} else name


_SORT = re.compile(r"(?<=..)[省市县区镇乡村]$")


def _touching(hit: Sequence[int], matched: dict[int, int]) -> bool:
    """Return True when the matched part of the name is not a chance character: what stands before it matched too."""
    before = hit[0] - 1
    return len(hit) > 1 or (before in matched and matched[before] == matched[hit[0]] - 1)


def office_faults(placed: Placed) -> list[str]:
    """Return where an office of the claim stands for another office of the source, modifiers (副, 原, 代) included."""
    faults = []
    claim, source = placed.claim, placed.source
    printed = offices(source.text)
    for office in offices(claim.text):
        title_at = office.end - len(office.title)
        places = [placed.place(i) for i in placed.tokens if claim.starts[i] < office.end and claim.ends[i] > title_at]
        spots = [source.starts[j] for j in places if j >= 0]
        other = next((item for item in printed for at in spots if item.end - len(item.title) <= at < item.end), None)
        if other is None or _same_office(office, other):
            continue
        faults.append(f"原文是“{other.modifiers}{other.title}”，不是“{office.modifiers}{office.title}”")
    return faults


def title_faults(claim: str, sources: Sequence[str]) -> list[str]:
    """Return the offices that the claim gives a person and no source does, where some source gives them one."""
    faults = []
    printed: dict[str, list[Office]] = {}
    for source in sources:
        for person, held in _held(source):
            printed.setdefault(person.name, []).extend(held)
    for person, held in _held(claim):
        theirs = printed.get(person.name)
        for office in held:
            if theirs and not any(_same_office(office, other) for other in theirs):
                other = theirs[-1]
                faults.append(
                    f"原文中{person.name}是“{other.modifiers}{other.title}”，不是“{office.modifiers}{office.title}”"
                )
    return faults


def _held(text: str) -> list[tuple[Person, list[Office]]]:
    """Return each person with the offices printed right before the name (县委副书记、县长胡金云)."""
    found = []
    named = people(text)
    held = offices(text)
    for index, person in enumerate(named):
        begin = max(
            (match.end() for match in re.finditer("[，。；：！？“”]", text[: person.start])),
            default=0,
        )
        if index:
            begin = max(begin, named[index - 1].end)
        mine = [office for office in held if begin <= office.start and office.end <= person.start]
        if mine and mine[-1].end == person.start:
            found.append((person, mine))
    return found


def _same_office(one: Office, other: Office) -> bool:
    """书记 and 县委书记 are one office, 副书记 is another."""
    if one.modifiers != other.modifiers:
        return False
    alike = one.title.endswith(other.title) or other.title.endswith(one.title)
    return alike or synonymous(one.title, other.title)

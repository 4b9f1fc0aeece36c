"""The answer in the source's own words: the clause that answers, cut out of its sentence with the noun it counts."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.grounding.bearing import Bearing, Part, clauses
from rag.grounding.terms import presence
from rag.text.numbers import flat

_WHOLE = 46  # sentences up to this length are shown whole
_LONGEST = 110
_OPENING = re.compile(
    r"^(?:（上接[^）]{1,12}）)?(?:本报讯|.{0,12}电)?\s*[（(](?:记者|通讯员|见习记者|特约记者|实习)[^）)]{0,40}[）)]\s*|^（上接[^）]{1,12}）"
    r"|^本报讯\s*|^(?:同时|此外|另外|目前|其中|据悉|据了解|而且|并且|不仅如此|与此同时)[，,]"
)
_PRECISE = frozenset(("quantity", "duration", "date", "person", "organisation", "place"))


def excerpt_span(part: Part, found: Bearing, *, tight: bool = False) -> tuple[int, int]:
    """Return where in the line's text the words that answer `part` stand: whole clauses, without the by-line."""
    text = found.line.text
    opening = _OPENING.match(text)
    begin = opening.end() if opening else 0
    pieces = [piece for piece in clauses(text) if piece[1] > begin] or [(begin, len(text))]
    first, last = _core(part, found, text, pieces)
    if len(text) - begin <= _WHOLE and not _beside_the_point(part, found, text, [*pieces[:first], *pieces[last + 1 :]]):
        return begin, len(text)
    if tight or part.asked.kind == "yesno" or _stands_alone(part, found):
        if not _names_subject(part, text[pieces[first][0] : pieces[last][1]]):
            first = _with_subject(part, text, pieces, first, last)
    elif part.asked.kind in _PRECISE:
        first, last = _around(part, text, pieces, first, last)
    else:
        first, last = _widened(text, pieces, first, last)
    quoted = text[pieces[first][0] : pieces[last][1]]
    if last + 1 < len(pieces) and (_LEADS_ON.search(quoted) or _goes_on(part, quoted, text[slice(*pieces[last + 1])])):
        last += 1
    return max(begin, pieces[first][0]), pieces[last][1]


# No quotation ends on these (受理2895件，其中).
_LEADS_ON = re.compile(r"(?:^|[，；])(?:其中|同时|此外|另外|目前|据悉|而且|并且|因此|此后|随后|如今)$")


def _goes_on(part: Part, quoted: str, following: str) -> bool:
    """Return True where a span of time is quoted up to its beginning only (从1月7日开始，到2月15日结束)."""
    return (
        part.asked.kind in {"date", "duration"}
        and bool(re.search(r"[从自].*(?:开始|起)|(?:开始|起)$", quoted))
        and bool(re.match(r"[到至]|直[到至]|持续|为期", following))
    )


def _stands_alone(part: Part, found: Bearing) -> bool:
    """Return True where the filler is a figure or date and the nouns asked for stand right by it."""
    return part.asked.kind in {"quantity", "duration", "date"} and found.signals.beside >= 0.7


def _beside_the_point(part: Part, found: Bearing, text: str, others: Sequence[tuple[int, int]]) -> bool:
    """Return True where a figure or date stands with its noun, and the other clauses have no word of the question."""
    if not others or not _stands_alone(part, found):
        return False
    return all(presence(term, flat(text[slice(*piece)])) < 0.5 for term in part.terms for piece in others)


def _around(part: Part, text: str, pieces: Sequence[tuple[int, int]], first: int, last: int) -> tuple[int, int]:
    """Take in the clauses that have words of the question, as far as the length limit goes."""
    telling = [
        index
        for index, (start, end) in enumerate(pieces)
        if any(term.weight >= 0.3 and presence(term, flat(text[start:end])) >= 0.6 for term in part.terms)
    ]
    for index in telling:
        low, high = min(first, index), max(last, index)
        if pieces[high][1] - pieces[low][0] <= _LONGEST:
            first, last = low, high
    if last + 1 < len(pieces) and pieces[last + 1][1] - pieces[first][0] <= _LONGEST // 2:
        last += 1  # names go on past a comma that was taken for an end
    return first, last


def excerpt(*asked: tuple[Part, Bearing], tight: bool = False) -> str:
    """Return the words of one line that answer the parts, as one run of clauses where they stand near one another.

    Each part comes with how the line bears on it. `tight` keeps to the clause that has most of the question's words, also
    for explanations and lists.
    """
    text = asked[0][1].line.text
    spans = sorted(excerpt_span(part, found, tight=tight) for part, found in asked)
    merged = [spans[0]]
    for start, end in spans[1:]:
        if start - merged[-1][1] <= 12:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return "；".join(_closed(text, start, end) for start, end in merged)


def _core(part: Part, found: Bearing, text: str, pieces: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """Return the clauses that hold the filler, and the nouns next to the hole when they stand in the next clause."""
    span = found.taken
    if span is None and found.filler is not None and part.asked.kind in _PRECISE:
        span = found.filler.start, found.filler.end
    if span is not None:
        at, stop = span
        first = next((index for index, (_, end) in enumerate(pieces) if at < end), len(pieces) - 1)
        last = next((index for index, (_, end) in enumerate(pieces) if stop <= end), len(pieces) - 1)
        last = max(first, last)
        own = flat(text[pieces[first][0] : pieces[last][1]])
        lacking = [term for term in part.near if presence(term, own) < 0.5]
        if (
            lacking
            and first > 0
            and any(presence(term, flat(text[slice(*pieces[first - 1])])) >= 0.5 for term in lacking)
        ):
            return first - 1, last
        if lacking and last + 1 < len(pieces):
            after = flat(text[slice(*pieces[last + 1])])
            if any(presence(term, after) >= 0.5 for term in lacking):
                return first, last + 1
        return first, last
    scored = [
        (sum(term.weight * presence(term, flat(text[start:end])) for term in part.terms), -index)
        for index, (start, end) in enumerate(pieces)
    ]
    best = -max(scored)[1]
    return best, best


def _widened(text: str, pieces: Sequence[tuple[int, int]], first: int, last: int) -> tuple[int, int]:
    """Take in the clauses around the core up to the length limit; explanations and lists need their surroundings."""
    if len(text) <= _LONGEST:
        return 0, len(pieces) - 1
    while True:
        grew = False
        if last + 1 < len(pieces) and pieces[last + 1][1] - pieces[first][0] <= _LONGEST:
            last, grew = last + 1, True
        if first > 0 and pieces[last][1] - pieces[first - 1][0] <= _LONGEST:
            first, grew = first - 1, True
        if not grew:
            return first, last


def _names_subject(part: Part, text: str) -> bool:
    rare = [term for term in part.terms if term.weight >= 0.6]
    return not rare or any(presence(term, flat(text)) >= 0.6 for term in rare)


def _with_subject(part: Part, text: str, pieces: Sequence[tuple[int, int]], first: int, last: int) -> int:
    """Go back to the clause that names the subject, when it is near."""
    for index in range(first - 1, max(-1, first - 3), -1):
        if pieces[last][1] - pieces[index][0] > _LONGEST:
            break
        if _names_subject(part, text[slice(*pieces[index])]):
            return index
    return first


def _closed(text: str, start: int, end: int) -> str:
    """Return `text[start:end]` with the closing mark that belongs to it and no half of a pair of quotation marks."""
    while end < len(text) and text[end] in "”’」』）)》":
        end += 1
    piece = text[start:end]
    for opener, closer in ("“”", "（）", "《》", "「」"):
        opened, closed = piece.count(opener), piece.count(closer)
        if opened > closed:
            stop = text.find(closer, end)
            if 0 <= stop - end <= 60:
                end = stop + 1
        elif closed > opened:
            begin = text.rfind(opener, 0, start)
            if begin >= 0 and start - begin <= 60:
                start = begin
        piece = text[start:end]
    return piece.strip("，；、：, ")


def trimmed(text: str) -> str:
    """Return a sentence without its by-line and opening connective, for a summary."""
    opening = _OPENING.match(text)
    return text[opening.end() :].strip() if opening else text.strip()

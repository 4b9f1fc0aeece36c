"""What each line of a text page is: body, subhead, headline, names or a notice, told without typography.

A first-order model read by the Viterbi algorithm: every line has one of the `Role`s below; `_fit` says how well a line
suits a role on its own, `_step` how well a role follows another between two given lines. The weights are in natural-log
units, set by hand from what holds for Chinese newspapers at large: a paragraph fills its column and ends in 。; a
headline does neither; a word broken at a line's end goes on in the next.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import pairwise

from rag.pages.columns import column_tolerances, column_widths
from rag.pages.lines import (
    Line,
    ends_sentence,
    first_word_width,
    is_byline,
    is_caption,
    is_credit,
    least_width,
    leaves_open,
    opens_article,
    opens_over_two,
)
from rag.text.tokens import cut


class Role(IntEnum):
    """What a line is on the page."""

    LEAD = 0  # the first line of a body
    PARAGRAPH = 1  # the first line of a further paragraph
    MORE = 2  # a paragraph goes on
    SUBHEAD = 3
    HEAD = 4  # the first line of a block of headlines
    HEAD_MORE = 5
    NAMES = 6  # a byline or a credit
    CAPTION = 7


_BODY = frozenset({Role.LEAD, Role.PARAGRAPH, Role.MORE})
_ANY = frozenset(Role)
# What each role may follow.
_BEFORE: dict[Role, frozenset[Role]] = {
    Role.LEAD: _ANY,
    Role.PARAGRAPH: _ANY,
    Role.MORE: _BODY,
    Role.SUBHEAD: _BODY,
    Role.HEAD: _ANY - {Role.HEAD, Role.HEAD_MORE, Role.SUBHEAD},
    Role.HEAD_MORE: frozenset({Role.HEAD, Role.HEAD_MORE}),
    Role.NAMES: _ANY - {Role.SUBHEAD},
    Role.CAPTION: _ANY - {Role.SUBHEAD},
}
_TIME_LEAD = re.compile(
    r"^(?:\d{4}年|\d{1,2} ?[月日]|近日|日前|近期|连日来|昨日|今日|昨天|今天|当地时间|据|记者|随着|今年|去年|眼下|时下"
    r"|入[春夏秋冬]|[春夏秋冬][日季])"
)
# Words that take up what was said before.
_TAKES_UP = re.compile(
    r"^(?:此外|同时|与此同时|在此|对此|为此|其中|据了解|据悉|据介绍|记者了解到|记者看到|这|该|他|她|它|随后|目前|下一步|接下来|不仅|而且"
    r"|但|然而|不过|因此|所以|另外|另|截至目前|如今|除此|其次|再次|最后|首先|第[一二三四五]，)"
)
_BREAKS = re.compile(r"[，、；]$")
# Words that no paragraph or headline begins with, and words that none ends with.
_MID = frozenset("和与及的等之了或地着")
_UNFINISHED = re.compile(r"[，、和与及的在对将把被向从以于是由]$")
_IMPOSSIBLE = -30.0
# How much nearer to the column's width than an indent a line is that has none.
_FLUSH = 0.9


@dataclass(frozen=True, slots=True)
class _Seen:
    """A line with everything the model looks at."""

    text: str
    width: float
    lack: float
    full: bool
    flush: bool
    first: bool
    over: bool
    ends: bool
    opens: bool
    names: bool
    credit: bool
    caption: bool
    inner_stop: bool
    blank: float
    indented: bool
    stretched: bool
    caption_start: bool
    column: float
    goes_on: bool
    mid: bool


def label(lines: Sequence[Line]) -> list[Role]:
    """Return the role of every line."""
    seen = _observed(lines)
    if not seen:
        return []
    scores = {role: _fit(seen[0], role) + _opening(role) for role in Role}
    back: list[dict[Role, Role]] = []
    for before, here in pairwise(seen):
        scores, came_from = _advanced(scores, before, here)
        back.append(came_from)
    at = max(scores, key=lambda role: scores[role] + _closing(seen[-1], role))
    path = [at]
    for came_from in reversed(back):
        at = came_from[at]
        path.append(at)
    return path[::-1]


def _advanced(scores: dict[Role, float], before: _Seen, here: _Seen) -> tuple[dict[Role, float], dict[Role, Role]]:
    """Return the best score of a reading that ends in each role here, and the role before it in that reading."""
    broken = word_runs_on(before.text, here.text)
    hopeless = max(scores.values()) + _IMPOSSIBLE
    living = [last for last, score in scores.items() if score > hopeless]
    new: dict[Role, float] = {}
    came_from: dict[Role, Role] = {}
    for role in Role:
        fit = _fit(here, role)
        if fit <= _IMPOSSIBLE:
            continue
        options = {
            last: scores[last] + _step(before, here, last, role, broken) for last in living if last in _BEFORE[role]
        }
        if options:
            best = max(options, key=options.__getitem__)
            new[role], came_from[role] = options[best] + fit, best
    return new, came_from


def _observed(lines: Sequence[Line]) -> list[_Seen]:
    widths = [line.width for line in lines]
    columns = column_widths(widths)
    tolerances = column_tolerances(lines, columns)
    blanks = [line.blank_before for line in lines]
    seen = []
    for index, line in enumerate(lines):
        near = blanks[max(0, index - 8) : index + 9]
        rate = sum(near) / len(near)
        known = [column for column in columns[index] if column]
        least = least_width(line.text)
        lack = min((max(0.0, column - widths[index]) for column in known if least <= column + 1.55), default=9.0)
        full = lack <= tolerances[index]
        over = bool(known) and least > max(known) + 1.05
        if line.stretched and not ends_sentence(line.text):
            full, lack = True, 0.0
        if not known and index + 1 < len(lines):
            # Few lines, no known column: a line is full when the next one is not much longer.
            lack = min(lack, max(0.0, widths[index + 1] - widths[index]))
        if index + 1 < len(lines) and known and not full:
            # What could not be broken went to the next line whole: a long word or figure.
            lack = max(0.0, lack - first_word_width(lines[index + 1].text))
            full = lack <= tolerances[index]
        seen.append(
            _Seen(
                text=line.text,
                width=widths[index],
                lack=max(0.0, lack - tolerances[index]),
                full=full,
                flush=any(abs(column - widths[index]) < _FLUSH for column in known),
                first=any(column - 3.6 <= widths[index] <= column - 1.2 for column in known),
                over=over and not full,
                ends=ends_sentence(line.text) and not (full and line.text.endswith("…")),
                opens=opens_article(line.text)
                or (index + 1 < len(lines) and opens_over_two(line.text, lines[index + 1].text)),
                names=is_byline(line.text),
                credit=is_credit(line.text),
                caption=is_caption(line.text),
                inner_stop=bool(re.search("[。；]", line.text[:-1])),
                blank=(1.0 - rate if rate < 0.4 else 0.15) * (1 if line.blank_before else 0)
                - (0.35 if not line.blank_before and 0.02 < rate < 0.4 else 0),
                indented=line.indented,
                stretched=line.stretched,
                caption_start=_starts_spaced_block(lines, index),
                column=max(known, default=0.0),
                goes_on=bool(_UNFINISHED.search(line.text)) or leaves_open(line.text),
                mid=line.text[0] in _MID and cut(line.text[:4])[0] in _MID,
            )
        )
    return seen


def _starts_spaced_block(lines: Sequence[Line], index: int) -> bool:
    """Tell whether three letter-spaced lines, or all that is left, begin here: a caption set apart from the rest."""
    block = [line.stretched for line in lines[index : index + 3]]
    return len(block) >= 2 and all(block) and not (index and lines[index - 1].stretched)


def _opening(role: Role) -> float:
    if role in {Role.LEAD, Role.HEAD}:
        return 0.0
    return -2.0 if role == Role.NAMES else -6.0


def _closing(line: _Seen, role: Role) -> float:
    if role in _BODY:
        return 0.0 if line.ends else -7.0
    return -4.0 if role == Role.SUBHEAD else 0.0


def _fit(line: _Seen, role: Role) -> float:
    if role in _BODY:
        return _fit_body(line, role)
    if role == Role.NAMES:
        return 3.0 if line.names or line.credit else _IMPOSSIBLE
    if role == Role.CAPTION:
        return 2.0 if line.caption else (0.5 if line.credit else _IMPOSSIBLE)
    return _fit_head(line, role)


def _fit_body(line: _Seen, role: Role) -> float:
    score = 0.0
    if line.opens != (role == Role.LEAD):
        score -= 8.0 if line.opens else 0.0
    if line.names:
        score -= 4.0
    if line.credit:
        score -= 2.0
    if line.over:
        score -= 2.5
    if role == Role.MORE:
        return score
    if role == Role.LEAD:
        score += 3.0 if line.opens else (0.3 if _TIME_LEAD.match(line.text) else -1.5)
    if line.text[0] in "，。、；：！？”’）》":
        score -= 6.0
    if line.mid:
        score -= 6.0
    if not (line.full or line.ends or line.first):
        score -= 2.0 if line.column else 0.7
    return score


def _fit_head(line: _Seen, role: Role) -> float:
    score = 0.0
    if line.opens or line.names or line.credit:
        score -= 8.0
    if line.caption:
        score -= 3.0
    if re.search(r"。[”’]?$", line.text):
        score -= 9.0
    elif line.ends:
        score -= 0.5
    if line.inner_stop:
        score -= 5.0
    if line.text[0] in "，。、；：！？”’）》":
        score -= 4.0
    if _BREAKS.search(line.text):
        score -= 1.5
    if line.stretched:
        score -= 1.5
    score -= 0.4 * line.text.count("，")
    if role == Role.SUBHEAD:
        if line.over or line.width > 16 or line.width < 3:
            score -= 4.0
        score -= (2.5 if "，" in line.text else 0.0) + (1.5 if _TIME_LEAD.match(line.text) else 0.0)
        return score - (2.5 if line.full or line.first else 0.0)
    if line.over:
        return score + 3.0
    return score - (2.0 if line.full else 0.8 if line.first else -0.3)


def _step(before: _Seen, here: _Seen, last: Role, role: Role, broken: bool) -> float:
    if role == Role.MORE:
        return _step_on(before, here, last, broken)
    if role == Role.HEAD_MORE:
        return -0.4 + (1.5 if broken else 0.0) - (2.0 if here.mid else 0.0)
    if broken and not before.ends and last in (_BODY | {Role.HEAD, Role.HEAD_MORE}):
        return -2.5 + _step_new(before, here, last, role)
    return _step_new(before, here, last, role)


def _step_on(before: _Seen, here: _Seen, last: Role, broken: bool) -> float:
    """Score a paragraph going on from `before` to `here`."""
    score = 1.5 if broken else 0.0
    score -= 1.3 * here.blank + (2.5 if here.caption_start else 0.0)
    if here.indented:
        score -= 2.5
    if before.ends:
        return score - (1.5 if before.full else 5.0)
    if not (before.full or (before.first and last != Role.MORE)):
        score -= min(6.0, 1.0 + 1.5 * before.lack)
    return score + (1.0 if before.goes_on else 0.0) + (2.0 if here.mid else 0.0)


def _step_new(before: _Seen, here: _Seen, last: Role, role: Role) -> float:
    """Score a new piece starting at `here`."""
    score = 1.2 * here.blank + (1.0 if here.caption_start else 0.0)
    after_body = last in _BODY
    if after_body and not before.ends:
        score -= 7.0 + (1.5 if before.goes_on else 0.0)
    if here.indented and role in {Role.LEAD, Role.PARAGRAPH}:
        score += 1.0
    if last == Role.SUBHEAD and role != Role.PARAGRAPH:
        return score - 8.0
    if role == Role.PARAGRAPH:
        # The first line of a paragraph falls short by its indent.
        score -= 1.5 if here.flush and not here.indented else 0.0
        if last in {Role.HEAD, Role.HEAD_MORE, Role.NAMES}:
            return score - 3.0
        return score - 0.5
    if role == Role.LEAD:
        if after_body:
            return score - (1.0 if here.opens else 4.0)
        # One short line before running text is a subhead rather than a headline, unless a dateline follows.
        return score - (1.0 if last == Role.HEAD and not (here.opens or before.over) else 0.0)
    if role == Role.SUBHEAD:
        return score - 0.7
    if role == Role.HEAD:
        return score - (1.7 if last == Role.NAMES and before.names else 0.7)
    return score


def word_runs_on(before: str, here: str) -> bool:
    """Tell whether a word is cut by the line's end: of the ways to cut the text around it, the likeliest crosses it."""
    tail = re.search(r"[\u4e00-\u9fff]{1,4}$", before)
    front = re.match(r"[\u4e00-\u9fff]{1,4}", here)
    if not tail or not front:
        return False
    position = 0
    for word in cut(tail[0] + front[0]):
        if position < len(tail[0]) < position + len(word):
            return True
        position += len(word)
    return False


def begins_like_a_lead(text: str) -> bool:
    """Tell whether a paragraph begins as first paragraphs do: with a day, a source, or a dateline."""
    return opens_article(text) or (bool(_TIME_LEAD.match(text)) and not takes_up(text))


def takes_up(text: str) -> bool:
    """Tell whether a paragraph begins by taking up what was said before it."""
    return bool(_TAKES_UP.match(text))

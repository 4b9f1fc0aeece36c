"""Whether a line answers, the model asked: it takes the answer out of the line, or says that there is none.

As in SQuAD 2.0 (Rajpurkar et al., ACL 2018), where a reader scores a span against no answer at all. Here the score is the
log-odds that the model, shown made-up examples, does not begin with "none"; the signals err on other questions than it
does. What it took out of the best line is put to it once more: is that what was asked?
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

from rag.grounding.bearing import Bearing, Part, enumerates, says_who
from rag.grounding.deciding import ENOUGH, Decision, settled, unfit
from rag.grounding.fillers import fillers, strict_sort
from rag.grounding.misnamed import of_another_measure
from rag.grounding.prompt import (
    CHECKING_SHOTS,
    CHECKING_SYSTEM,
    FINDING_SHOTS,
    FINDING_SYSTEM,
    NOTHING,
    RIGHT,
    WRONG,
    checking_prompt,
    finding_prompt,
)
from rag.grounding.signals import clause_at, clauses, question_dates
from rag.grounding.terms import presence
from rag.grounding.things import BESIDE as NAMED_BESIDE
from rag.protocols import Cancelled, Telling, Told
from rag.text.dates import DateMention, date_mentions
from rag.text.numbers import flat, quantities, same_unit
from rag.text.tokens import fold

# What somebody said is quoted; yes and no stand in no source; a reason is told in a clause, in which a small model that
# is to be brief finds nothing (2 of 6 that the signals have right were lost to it, none that they have wrong was stopped).
_NOT_TAKEN = frozenset(("speech", "yesno", "reason"))
_MAX_TOKENS = 40
# Characters over which the items of an answer may be spread for all to be quoted together.
_LONGEST = 110
# What need not be read: see `_is_plain`.
_FIGURES = frozenset(("quantity", "duration", "date"))
_CERTAIN, _BESIDE = 0.9, 0.9
_CERTAIN_OF_THINGS = 0.95
_NAMED, _ABOUT_IT = 0.6, 0.8
# A line this likely by its signals is read again, with its headline, where by this little nothing is found in it.
_LIKELY_LINE, _UNDECIDED = 0.5, -1.0
# And so, where it is long and by a little more nothing is found in it, are the two clauses that have most of the words by the hole.
_LONG, _PUZZLED = 70, -1.5
_NAMES = frozenset(("person", "place", "organisation"))
# Of 1,450 questions and parts (RGB, CMRC, qa_articles, newspaper pages; half of them unanswerable) 198 have a line that is
# plain, and 190 of those lines answer. A small model finds nothing in some of them, mostly wrongly.
_PLAIN = _FIGURES | _NAMES | {"thing", "list"}
# What a question itself names is not what it asks for.
_NAMED_ANEW = _NAMES | {"thing", "list"}
_JOINED = re.compile(r"[、，,；;]|以及|[和及与]")
_NOT_SAID = re.compile(r"[^\w.%]+|(?<=[\d十百千万亿])[余多](?=[\u3400-\u9fff])")
# Logistic regressions: a line by signals, finding and how much of what was found stands in the line; then the best line
# by its checking too. `python -m eval run --dataset weighing` fits them on questions in the words of their source
# (qa_articles, cmrc), where the signals tell most. Readers ask in their own words: on newspaper pages the model then found
# words in 32 lines of 36 that answer and in 4 of 33 that do not, and the signals refused a third of the right ones. So
# the signals weigh less here than is fitted there: of those 69 lines and 54 of RGB, 38 right ones are accepted, and 4
# wrong ones. At -0.75 more wrong ones are: of 15 unanswerable questions of RGB 4 were answered.
_FOUND = (-1.0, 0.3, 0.4, 0.9)
_CHECKED = (-0.9, 0.2, 0.25, 0.92, 0.56)
_MOST_FOUND, _MOST_CHECKED = 8.0, 4.0
# What was found is checked at once from these odds on, and from these on it need not be.
_LIKELY, _SURE = 0.5, 2.0
# How often another reading takes the place of one that did not stand the check, and is checked itself.
_CHECKS = 2
# Where something was found, lines with less than this share of its line's chance are not read.
_FAR = 0.5
# From these odds on, all told, the lines after it are not read.
_GOOD = 1.4
# Lines whose odds are at least this near to the best one's stand beside it.
_NEAR = 1.0


@dataclass(frozen=True, slots=True)
class Reading:
    """A line as the model read it: the words it took (none: empty), its log-odds for them, their share in the line."""

    bearing: Bearing
    words: str
    found: float
    verbatim: float
    checked: float | None = None

    @property
    def signals(self) -> float:
        """The log-odds of the signals alone."""
        chance = min(max(self.bearing.chance, 0.01), 0.99)
        return math.log(chance / (1 - chance))

    @property
    def odds(self) -> float:
        """The log-odds that the line answers, by checking too once it was checked."""
        values = (self.signals, self.found, self.verbatim)
        return _sum(_FOUND, *values) if self.checked is None else _sum(_CHECKED, *values, self.checked)

    @property
    def chance(self) -> float:
        """The chance that the line answers."""
        return 1 / (1 + math.exp(-self.odds))


def weigh(decision: Decision, llm: Telling, cancelled: Cancelled | None = None) -> Decision:
    """Return `decision` with the lines in which the model finds the answer, the likeliest first; none when in none.

    Where the model cannot be asked, the signals decide.

    Raises:
        LLMError: as for `Telling.told`.
    """
    if decision.conflict or decision.part.asked.kind in _NOT_TAKEN:
        return settled(decision)
    if decision.lines and _is_plain(decision.part, decision.lines[0]):
        return settled(decision)
    readings: list[Reading] = []
    standing: Bearing | None = None
    for line in decision.lines:
        if any(one.odds > 0 and line.chance < _FAR * one.bearing.chance for one in readings):
            break
        one = read(decision.part, line, llm, cancelled)
        if one is not None and one.words and _LIKELY <= one.odds < _SURE:
            one = check(decision.part, one, llm, cancelled)
        if one is None:
            return settled(decision)
        if not one.words and line is decision.lines[0] and _stands(decision.part, one):
            standing = line
        if one.words:
            readings.append(one)
            if one.odds >= _GOOD and (one.checked is not None or one.odds >= _SURE):
                break
    if not readings:
        return replace(decision, lines=(standing,) if standing is not None else ())
    best, *others = sorted(readings, key=lambda one: -one.odds)
    for _ in range(_CHECKS):
        if best.checked is not None or best.odds >= _SURE:
            break
        checked = check(decision.part, best, llm, cancelled)
        if checked is None:
            return settled(decision)
        best, *others = sorted((checked, *others), key=lambda one: -one.odds)
    if best.chance < ENOUGH or (best.checked is None and best.odds < _SURE):
        return replace(decision, lines=())
    shown = (best, *(one for one in others if one.odds >= best.odds - _NEAR))
    lines = tuple(replace(one.bearing, chance=best.chance, taken=_place(one)) for one in shown)
    return replace(decision, lines=lines, found=best.words if best.verbatim == 1.0 else "")


def _stands(part: Part, none: Reading) -> bool:
    """Return whether a line answers by its signals though the model, of two minds, finds nothing in it.

    Of things and rows only: on newspaper pages a small model overlooked three of them so, and of the 100 unanswerable
    questions of RGB none has such a line.
    """
    signals = none.bearing.signals
    return (
        part.asked.kind in _OVERLOOKED
        and none.found >= _PUZZLED
        and none.bearing.chance >= _CERTAIN_ENOUGH
        and min(signals.near, signals.nearby) >= _BESIDE
        and not unfit(part, none.bearing, with_model=False)
        and not _is_qualified(part, none.bearing)
    )


_CERTAIN_ENOUGH = 0.7
_OVERLOOKED = frozenset(("thing", "list", "manner"))


def prepare(llm: Telling, cancelled: Cancelled | None = None) -> None:
    """Have the model read the examples now: what it keeps of them saves the first question some seconds.

    Raises:
        LLMError: as for `Telling.told`.
    """
    llm.told(FINDING_SYSTEM, "", shots=FINDING_SHOTS, cancelled=cancelled)
    llm.told(CHECKING_SYSTEM, "", shots=CHECKING_SHOTS, cancelled=cancelled)


def read(part: Part, line: Bearing, llm: Telling, cancelled: Cancelled | None = None) -> Reading | None:
    """Return what the model takes out of `line`; None where it tells no probabilities.

    Raises:
        LLMError: as for `Telling.told`.
    """
    source, alone = _source(part, line), line.line.text
    found = _read(part, line, source, llm, cancelled)
    if found is None or found.verbatim == 1.0:
        return found
    if holds(source.removesuffix(alone), found.words):
        # It read the sentence before, which was to say only what this one is about.
        return _read(part, line, alone, llm, cancelled)
    if not found.words and found.found >= _PUZZLED and line.chance >= _LIKELY_LINE and len(alone) >= _LONG:
        narrower = _read(part, line, _most_telling(part, alone), llm, cancelled)
        if narrower is None or narrower.words:
            return narrower
    if not found.words and found.found >= _UNDECIDED and line.chance >= _LIKELY_LINE:
        # The signals are for it, and the model is of two minds: perhaps it does not see what the line is about.
        wider = "".join((f"{line.line.article.headline}。", *line.line.before[:1], alone))
        return _read(part, line, wider, llm, cancelled) or found
    return found


def _most_telling(part: Part, text: str) -> str:
    """Return the two clauses of a long sentence that have most of the words by the hole: a small model loses its way in it."""
    spans = clauses(text)
    runs = [text[one[0] : other[1]] for one, other in pairwise(spans)] or [text]
    by_hole = part.near or part.terms
    return max(runs, key=lambda run: sum(term.weight * presence(term, flat(run)) for term in by_hole))


def _read(part: Part, line: Bearing, source: str, llm: Telling, cancelled: Cancelled | None) -> Reading | None:
    text = flat(line.line.text)
    told = llm.told(
        FINDING_SYSTEM,
        finding_prompt(source, part.text),
        shots=FINDING_SHOTS,
        max_tokens=_MAX_TOKENS,
        stop=("\n",),
        cancelled=cancelled,
    )
    if told is None:
        return None
    words = told.text.strip().rstrip("。")
    if part.asked.kind in _FIGURES:
        words = _as_printed(words, text)
    share, at = _share(words, line.line.text), text.find(words)
    if (
        words == NOTHING
        or (part.asked.kind in _NAMED_ANEW and len(words) > 1 and words in part.text)
        or (words.startswith(NOTHING) and share < 1.0)
        or not _of_kind(part, words, line.line.article.date)
        or (at >= 0 and part.asked.kind == "quantity" and of_another_measure(part.text, text, (at, at + len(words))))
    ):
        words = ""
    elif part.asked.kind == "list":
        words = _with_its_kin(words, text)
    return Reading(line, words, _within(told.lean_from(NOTHING), _MOST_FOUND), share if words else 0.0)


def check(part: Part, reading: Reading, llm: Telling, cancelled: Cancelled | None = None) -> Reading | None:
    """Return `reading` with what the model thinks of it, seen again; None where it tells no probabilities.

    Raises:
        LLMError: as for `Telling.told`.
    """
    prompt = checking_prompt(_source(part, reading.bearing), part.text, reading.words)
    told: Told | None = llm.told(CHECKING_SYSTEM, prompt, shots=CHECKING_SHOTS, cancelled=cancelled)
    return None if told is None else replace(reading, checked=_within(told.lean(RIGHT, WRONG), _MOST_CHECKED))


def holds(text: str, words: str) -> bool:
    """Return whether `text` has all of `words`, a list item by item."""
    return _share(words, text) == 1.0


def _source(part: Part, line: Bearing) -> str:
    """Return the line, after the sentence before it where words or the date of the question are missing in it."""
    before = "" if line.signals.here >= _BESIDE else "".join(line.line.before[:1])
    text = before + line.line.text
    return _dating(part, line, text) + text


def _dating(part: Part, line: Bearing, text: str) -> str:
    """Return the sentence before that says the date asked for, or that of the edition, where `text` does not say it.

    The model reads nothing else: 昨日 is no 7月10日 to it, and what follows a dated sentence is of no year.
    """
    edition = line.line.article.date
    wanted = question_dates(part.text, edition)
    if all(_says(text, one) for one in wanted):
        return ""
    for other in line.line.before[:2]:
        if other not in text and all(_says(other, one) for one in wanted):
            return other
    try:
        printed = date.fromisoformat(edition)
    except ValueError:
        return ""
    of_that_year = any(one.year == printed.year for one in wanted)
    return f"（{printed.year}年{printed.month}月{printed.day}日报道）" if of_that_year else ""


def _says(text: str, wanted: DateMention) -> bool:
    """Return whether `text` writes out what `wanted` states."""
    stated = (("year", "年"), ("month", "月"), ("day", "日"))
    parts = [
        (value, name) for field, name in stated if field not in wanted.assumed and (value := getattr(wanted, field))
    ]
    return all(re.search(rf"(?<!\d){value}(?:{name}|(?<=\d{{4}})(?!\d))", flat(text)) for value, name in parts)


def _is_plain(part: Part, line: Bearing) -> bool:
    """Return True for what stands by the nouns asked for, where all words of the question are near.

    And for somebody whose office stands by the name, where it is asked who that is; for a list that begins right after
    the noun asked for: a small model overlooks what is no single thing; and for a quoted name with that noun
    (实施“某某”工程), which it overlooks in a long sentence.
    """
    signals = line.signals
    if enumerates(part, line.line):
        return line.chance >= _LIKELY_LINE and signals.near >= _BESIDE
    if part.asked.kind == "identity":
        return line.chance >= _LIKELY_LINE and says_who(part.asked.who, flat(line.line.text))
    if part.asked.kind not in _PLAIN or signals.asking or unfit(part, line, with_model=False):
        return False
    if part.asked.kind not in _FIGURES and not _is_said_plainly(part, line):
        return False
    if part.asked.kind == "thing" and _is_named_beside(line):
        return line.chance >= _NAMED and signals.nearby >= _ABOUT_IT
    certain = _CERTAIN if part.asked.kind in _FIGURES | _NAMES else _CERTAIN_OF_THINGS
    return (
        line.chance >= certain
        and signals.fit >= _BESIDE
        and min(signals.nearby, signals.beside, signals.dates if signals.dated else 1.0) >= _BESIDE
    )


def _is_named_beside(line: Bearing) -> bool:
    """Return whether what would be the answer is a quoted name that stands with the noun asked for."""
    filler = line.filler
    return filler is not None and filler.fit >= NAMED_BESIDE and flat(line.line.text)[filler.start] in "“《「"


def _is_said_plainly(part: Part, line: Bearing) -> bool:
    """Return whether the line denies nothing, speaks of no other time than the question, and names only one that fits."""
    if _is_qualified(part, line):
        return False
    if part.asked.kind == "list" or line.filler is None:
        return True
    text = flat(line.line.text)
    fitting = {text[one.start : one.end] for one in fillers(part.asked, text) if one.fit >= line.filler.fit}
    return len({name for name in fitting if name not in part.text}) <= 1


def _is_qualified(part: Part, line: Bearing) -> bool:
    """Return whether the clauses of the answer, quoted words aside, deny or plan something that the question does not."""
    text = flat(line.line.text)
    told = _most_telling(part, text) if line.filler is None else clause_at(text, line.filler.start, line.filler.end)
    return any(mark not in part.text for mark in _QUALIFIED.findall(_QUOTED.sub("", told)))


_QUOTED = re.compile(r"“[^”]*”|《[^》]*》")
# Denied, refused, planned, over: what is so marked a model may judge.
_QUALIFIED = re.compile(
    r"没有?|未(?!来)能?|不(?!仅|断|但|同|少|久)|拒绝|差点|险些|原(?=[任位局院厅部校长主董总副书])|前任|前身|去年|曾|拟|有意|尚|无缘|取消|推迟|延期|否认|并非|退出|退赛|辞去|卸任|计划|力争|预计"
)


def _of_kind(part: Part, words: str, edition: str) -> bool:
    """Return False for a date where a person, place or body is asked for, and where no figure is though one is asked for."""
    kind = part.asked.kind
    if kind in _FIGURES:
        # A figure may have been taken without its unit.
        return any(map(str.isdecimal, flat(words))) or bool(fillers(part.asked, flat(words), edition))
    if kind == "place" and (sort := strict_sort(part.asked)) and sort not in words:
        return False
    return kind not in _NAMES or not date_mentions(flat(words), edition)


def _as_printed(words: str, text: str) -> str:
    """Return a figure as the text has it: 15 (of what?) is taken for wrong on second thought, and 20个 may be printed 20处."""
    if _BARE_NUMBER.fullmatch(words):
        same = re.compile(rf"{re.escape(words)}(?![\d.])")
        return next((one.text for one in quantities(text) if one.unit and same.match(one.text)), words)
    told = quantities(words)
    if words in text or len(told) != 1 or told[0].text != words:
        return words
    figures = (one for one in quantities(text) if one.value == told[0].value and same_unit(one, told[0]))
    return next((one.text for one in figures), words)


_BARE_NUMBER = re.compile(r"[\d.]+[万亿]?")


def _with_its_kin(words: str, text: str) -> str:
    """Return `words` with the items that the text names after them in one row (“甲”“乙”, 丙、丁和戊)."""
    at = text.find(words)
    if at < 0:
        return words
    end = at + len(words)
    if text[end : end + 1] in {"”", "》"} and text[at - 1 : at] in {"“", "《"}:
        at, end = at - 1, end + 1
    row = _ROW.match(text, end)
    return text[at : row.end()] if row else words


_ROW = re.compile(
    r"(?:[、和及与]?(?:“[^”]{1,16}”|《[^》]{1,30}》))+|(?:、[\w·]{1,16}?(?=[、，。；！？和及与等]|$)(?:[和及与][\w·]{1,12}(?=[，。；！？等]|$))?)+"
)


def _place(reading: Reading) -> tuple[int, int] | None:
    """Return where the items that were taken stand in the line, from the first to the end of the last."""
    text = flat(reading.bearing.line.text)
    spans = [(text.find(item), len(item)) for item in _JOINED.split(flat(reading.words).strip("。.")) if item]
    found = [(start, start + length) for start, length in spans if start >= 0]
    if not found or max(end for _, end in found) - min(found)[0] > _LONGEST:
        return None
    return min(found)[0], max(end for _, end in found)


def _share(words: str, text: str) -> float:
    """Return how many of the items of `words` stand in `text`, 0 to 1."""
    whole = _bare(text)
    items = [item for item in map(_bare, _JOINED.split(words)) if item]
    return sum(1.0 if item in whole else _nearly(item, whole) for item in items) / len(items) if items else 0.0


def _nearly(item: str, text: str) -> float:
    """Return how far `text` has `item` where it has a few characters more in one place (首都大厦, 首都的一栋大厦)."""
    if not _LEAST_LONG <= len(item) <= _MAX_TOKENS or any(map(str.isdecimal, item)):
        return 0.0
    halves = ((item[:cut], item[cut:]) for cut in range(2, len(item) - 1))
    apart = any(re.search(rf"{re.escape(head)}\w{{1,4}}{re.escape(rest)}", text) for head, rest in halves)
    return _ALMOST if apart else 0.0


_LEAST_LONG, _ALMOST = 4, 0.7


def _bare(text: str) -> str:
    return _NOT_SAID.sub("", fold(text))


def _within(value: float, most: float) -> float:
    return max(-most, min(most, value))


def _sum(weights: tuple[float, ...], *values: float) -> float:
    return weights[0] + sum(weight * value for weight, value in zip(weights[1:], values, strict=True))

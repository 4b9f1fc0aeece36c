"""The signals by which a sentence is weighed against a question; what each one says is in `Signals`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from functools import lru_cache

from rag.grounding.asked import Asked
from rag.grounding.fillers import Filler, fillers
from rag.grounding.reading import tagged
from rag.grounding.terms import Term, is_guessed, plainly_tagged, presence
from rag.schema import Article
from rag.text.dates import DateMention, agrees, date_mentions, is_compared
from rag.text.numbers import flat

KINDS = (
    "person", "quantity", "duration", "date", "place", "organisation", "list", "reason", "manner", "identity", "thing",
    "yesno", "speech", "topic",
)  # fmt: skip
_CLAUSE = re.compile(r"[，；：。！？,;:!?\n…]+|……")
_BARE_YEAR = re.compile(r"(?<![\d.])((?:19|20)\d\d)(?![\d年.%])")
# A sentence that asks, teases or trails off does not tell.
_ASKING = re.compile(r"[？?]|什么(?!都)|哪[些个位里年家种]|有多少|是谁|怎么样|如何看|想要?知道|\.\.\.|…$")
_REPEATABLE = frozenset(("person", "quantity", "date", "duration", "place", "organisation"))
_OF_A_YEAR = frozenset(("person", "quantity", "duration"))
_WITH = re.compile(r"[同与和跟超]$")
_BASIS = re.compile(r"同期|的?基础上|的?基数|的?水平")
# How much less a filler counts where another year or month was named last before it.
_OF_OTHER_TIME = 0.4


@dataclass(frozen=True, slots=True)
class Part:
    """One thing asked: its text made to stand alone, the hole, the words to find and the nouns next to the hole.

    `topic` are words from the conversation that name what it is about; they help to find it, and need not be repeated.
    """

    text: str
    asked: Asked
    terms: tuple[Term, ...]
    near: tuple[Term, ...]
    topic: tuple[Term, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence of an article with what stands around it.

    That is up to eight sentences before it in its paragraph (nearest first), the one after it, and the opening of the
    article.
    """

    article: Article
    start: int
    end: int
    text: str
    before: tuple[str, ...]
    after: str
    lead: str


@dataclass(frozen=True, slots=True)
class Signals:
    """What is measured. Shares are of the question's words, weighted by their rarity.

    `here` in the sentence, `around` with its surroundings, `nearby` without the rest of the article, `headline` in the
    headline, `clause` in the clause of the filler; `missing` and `absent` are the weight of the rarest word that is
    neither around nor here; `near` and `lacking` the same for the words next to the hole; `verbs` for its verbs.
    `fit` how well the best filler fits the hole, `beside` and `close` how near it stands to the words next to it.
    `dated` whether the question names a date, `dates` how well it agrees, `clash` whether the sentence names another
    one. `shared` the bigrams in common, `asking` a question or a teaser, `strangers` the names in the filler's clause
    that the question does not have, `order` a doer before the verb, `kind` the hole's.
    """

    here: float
    around: float
    nearby: float
    headline: float
    clause: float
    missing: float
    absent: float
    near: float
    lacking: float
    verbs: float
    fit: float
    beside: float
    close: float
    dated: float
    dates: float
    clash: float
    shared: float
    asking: float
    strangers: float
    order: float
    kind: float

    def vector(self) -> tuple[float, ...]:
        """Return the signals in order."""
        return astuple(self)


def measure(part: Part, line: Line) -> tuple[Signals, Filler | None]:
    """Return the signals of `line` for `part`, and the filler that sits best."""
    text, headline = flat(line.text), flat(line.article.headline)
    total = sum(term.weight for term in part.terms) or 1.0
    found = [
        (term, max(presence(term, text), _here(term, text, line)), presence(term, headline), _before_after(term, line))
        for term in part.terms
    ]
    nearby = [(term, max(here, 0.9 * head, around)) for term, here, head, around in found]
    known = [(term, max(value, 0.4 * presence(term, flat(line.article.body)))) for term, value in nearby]
    filler, beside = _best_filler(part, line, text)
    clause = _clause_of(text, filler)
    dated, dates, clash = _dates(part.text, line)
    signals = Signals(
        here=sum(term.weight * here for term, here, _, _ in found) / total,
        around=sum(term.weight * value for term, value in known) / total,
        nearby=sum(term.weight * value for term, value in nearby) / total,
        headline=sum(term.weight * head for term, _, head, _ in found) / total,
        clause=sum(term.weight * max(presence(term, clause), _here(term, clause, line)) for term in part.terms) / total,
        missing=max((term.weight * (1 - value) for term, value in nearby if value < 0.5), default=0.0),
        absent=max((term.weight * (1 - here) for term, here, _, _ in found), default=0.0),
        near=_share(part.near, text),
        lacking=max((term.weight * (1 - presence(term, text)) for term in part.near), default=0.0),
        verbs=_share(verbs(part), clause),
        fit=filler.fit if filler else 0.0,
        beside=beside,
        close=_closeness(part, text, filler),
        dated=dated,
        dates=dates,
        clash=clash,
        shared=shared(part.text, text, [term for term, here, _, _ in found if here >= _SAME]),
        asking=1.0 if _ASKING.search(text) else 0.0,
        strangers=_strangers(part, clause, filler, text),
        order=_order(part, text, filler),
        kind=float(KINDS.index(part.asked.kind)),
    )
    return signals, filler


def _here(term: Term, text: str, line: Line) -> float:
    """Return 0.85 where the sentence says 全市 or 我省, and the report names no other place as often as the one asked about."""
    if not term.name or not (match := _OURS.search(text)) or not _is_place(term.text):
        return 0.0
    sort = _sort_of_place(term.text)
    if sort and sort != match[1]:
        return 0.0
    places = _places_of(flat(f"{line.article.headline}。{line.article.body}"))
    return 0.85 if places and places[0] == _bare_place(term.text) else 0.0


@lru_cache(maxsize=1024)
def _is_place(word: str) -> bool:
    words = plainly_tagged(word)
    return len(words) == 1 and words[0].flag == "ns" and not word.endswith("国")


@lru_cache(maxsize=512)
def _places_of(text: str) -> tuple[str, ...]:
    """Return the places a text names, the most frequent first, without the word for their sort."""
    counts = Counter(_bare_place(word.text) for word in plainly_tagged(text) if word.flag == "ns")
    return tuple(place for place, _ in counts.most_common())


def _bare_place(place: str) -> str:
    return place.removesuffix(_sort_of_place(place))


_OURS = re.compile(r"(?:全|我|本)([省市县区州])(?!区域)")


def lacks_name(part: Part, line: Line, *, certain: bool = False) -> bool:
    """Return True when a rare name of the question stands neither in the line nor near it.

    `certain` leaves out what is a name only in that the dictionary does not know it: it may be said otherwise (养鱼场);
    and what the article names elsewhere.
    """
    headline = flat(line.article.headline)
    body = flat(line.article.body) if certain else ""
    return any(
        (term.fixed or (term.name and not (certain and is_guessed(term))))
        and term.weight >= 0.6
        and max(presence(term, flat(line.text)), presence(term, headline), _before_after(term, line)) < 0.5
        and not (certain and term.text in body)
        for term in part.terms
    )


def _before_after(term: Term, line: Line) -> float:
    scores = [0.75 * presence(term, flat(line.lead)), 0.55 * presence(term, flat(line.after))]
    scores += [
        weight * presence(term, flat(text)) for weight, text in zip((0.85, 0.75, 0.65), line.before, strict=False)
    ]
    scores += [0.65 * presence(term, flat(text)) for text in line.before[3:]]
    return max(scores)


def _share(terms: Sequence[Term], text: str) -> float:
    total = sum(term.weight for term in terms)
    return sum(term.weight * presence(term, text) for term in terms) / total if total else 1.0


@lru_cache(maxsize=1024)
def verbs(part: Part) -> tuple[Term, ...]:
    """Return the words of the question that are verbs."""
    verbs = {word.text for word in tagged(flat(part.text)) if word.flag.startswith("v")}
    return tuple(term for term in part.terms if term.text in verbs)


@lru_cache(maxsize=8192)
def clauses(text: str) -> tuple[tuple[int, int], ...]:
    """Return the spans of the clauses of a sentence, without the marks that end them."""
    spans: list[tuple[int, int]] = []
    at = 0
    for match in _CLAUSE.finditer(text):
        inside = text[match.start() - 1 : match.start()].isdigit() and text[match.end() : match.end() + 1].isdigit()
        if match.group() in {",", ":", "："} and inside:
            continue
        if match.start() > at:
            spans.append((at, match.start()))
        at = match.end()
    if at < len(text):
        spans.append((at, len(text)))
    return tuple(spans)


def clause_at(text: str, begin: int, stop: int) -> str:
    """Return the clauses of a sentence that hold `text[begin:stop]`."""
    first = next((start for start, end in clauses(text) if start <= begin < end), 0)
    last = next((end for start, end in clauses(text) if stop <= end and end > begin), len(text))
    return text[first:last]


def _clause_of(text: str, filler: Filler | None) -> str:
    return text if filler is None else clause_at(text, filler.start, filler.end)


def _best_filler(part: Part, line: Line, text: str) -> tuple[Filler | None, float]:
    """Return the filler that sits best beside the words next to the hole, and how well it sits."""
    best: tuple[float, float, Filler | None] = (-1.0, 0.0, None)
    pieces = clauses(text)
    weight = sum(term.weight for term in part.near)
    # What is said before a figure holds for it too (配额10万个，其中新能源7万个), not what is said after it.
    onward = part.asked.kind == "quantity"
    for filler in fillers(part.asked, text, line.article.date):
        if part.asked.kind in _REPEATABLE and text[filler.start : filler.end] in flat(part.text):
            continue  # a name or figure that the question itself holds is not what it asks for
        index = next((i for i, (start, end) in enumerate(pieces) if start <= filler.start < end), 0)
        start, end = pieces[index] if pieces else (0, len(text))
        own = text[min(start, filler.start) : max(end, filler.end)]
        after = pieces[index + 1][1] if index + 1 < len(pieces) else end
        wide = text[pieces[index - 1][0] if index else start : max(after, filler.end)]
        sits = 0.0
        for term in part.near:
            said = 0.9 * presence(term, text[:start]) if onward else 0.0
            share = max(presence(term, own), said, 0.6 * presence(term, wide))
            sits += term.weight * (share - 0.004 * _distance(term.text, text, filler))
        sits = sits / weight if weight else 0.5
        value = filler.fit * (0.3 + sits)
        if onward:
            value *= 0.2 + 0.8 * _share(part.terms, text[: max(end, filler.end)])
        if of_other_time(part, line, filler) or of_another_place(part, text, filler):
            value *= _OF_OTHER_TIME
        if value > best[0]:
            best = (value, max(0.0, sits), filler)
    return best[2], best[1]


def _closeness(part: Part, text: str, filler: Filler | None) -> float:
    if filler is None or not part.near:
        return 0.0
    return 1.0 / (1.0 + 0.15 * min(_distance(term.text, text, filler) for term in part.near))


def _distance(word: str, text: str, filler: Filler) -> int:
    places = [match.start() for match in re.finditer(re.escape(word), text)]
    return min((min(abs(at + len(word) - filler.start), abs(at - filler.end)) for at in places), default=20)


def _strangers(part: Part, clause: str, filler: Filler | None, text: str) -> float:
    """Return how many names the filler's clause has that neither the question nor the filler has (at most 3)."""
    filled = text[filler.start : filler.end] if filler else ""
    names = [
        word.text
        for word in plainly_tagged(clause)
        if word.flag in {"ns", "nr", "nt", "nz", "nrt", "nrfg"} and len(word.text) > 1
    ]
    return float(min(3, sum(name not in part.text and name not in filled for name in names)))


def _order(part: Part, text: str, filler: Filler | None) -> float:
    """Return 1 where a person stands before the verb that 谁 stood before, 0 where after it, 0.5 where it does not matter."""
    if filler is None or part.asked.kind != "person" or not part.asked.after:
        return 0.5
    verb = next((term.text for term in verbs(part) if term.text in part.asked.after), "")
    at = text.find(verb) if verb else -1
    if at < 0:
        return 0.5
    return 1.0 if filler.start < at else 0.0


@lru_cache(maxsize=4096)
def question_dates(question: str, edition: str) -> tuple[DateMention, ...]:
    """Return the dates a question names, a bare 2022 among them; with which others are compared (比去年涨了多少) is none."""
    text = _BARE_YEAR.sub(r"\1年", flat(question))
    return tuple(one for one in date_mentions(text, edition) if not is_compared(text, one))


def _dates(question: str, line: Line) -> tuple[float, float, float]:
    """Return whether the question names dates, how well the line agrees with them, and whether it names another year."""
    edition = line.article.date
    asked = question_dates(question, edition)
    if not asked:
        return 0.0, 0.7, 0.0
    here = date_mentions(_BARE_YEAR.sub(r"\1年", flat(line.text)), edition)
    near = [
        one
        for text in (*line.before[:2], line.article.headline, line.lead)
        for one in date_mentions(flat(text), edition)
    ]
    score = clash = 0.0
    for wanted in asked:
        other = _another_time(wanted, here)
        # A date that does not say its year, beside one that says another, is not of the year asked for.
        if any(agrees(wanted, one) and (one.year or not other) for one in here):
            score += 1.0
            continue
        if other:
            clash = 1.0
        if any(agrees(wanted, one) for one in near):
            score += 0.8
        elif not other and wanted.year and edition.startswith(str(wanted.year)):
            score += 0.7
        elif not other:
            score += 0.35
    return 1.0, score / len(asked), clash


def _another_time(wanted: DateMention, here: Sequence[DateMention]) -> bool:
    """Return whether the sentence speaks of another year, or of another part of the year (上半年 for 前三季度).

    6月 in an edition of 2025 is not 2024年6月, though it does not say its year.
    """
    return any(
        (
            one.year != wanted.year
            and ("year" not in one.assumed or (one.month == wanted.month and one.month is not None))
        )
        or (one.year == wanted.year and wanted.part and one.part and one.part != wanted.part)
        for one in here
        if one.year and wanted.year
    )


def of_other_time(part: Part, line: Line, filler: Filler) -> bool:
    """Return True where the year or month last named before the filler is not one that the question names.

    A time that is only compared with (较2021年) is passed over.
    """
    edition = line.article.date
    asked = question_dates(part.text, edition)
    years = {one.year for one in asked if one.year and "year" not in one.assumed}
    months = {one.month for one in asked if one.month}
    if not (years or months) or part.asked.kind not in _OF_A_YEAR:
        return False
    ahead = _BARE_YEAR.sub(r"\1年", flat(line.text)[: filler.start])
    named = [
        one
        for one in date_mentions(ahead, edition)
        if not (is_compared(ahead, one) or _WITH.search(ahead[: one.start]) or _BASIS.match(ahead, one.end))
    ]
    said = [one.year for one in named if one.year and "year" not in one.assumed]
    if years and said and said[-1] not in years:
        return True
    last = named[-1].month if named else None
    return bool(months and last) and last not in months


def of_another_place(part: Part, text: str, filler: Filler) -> bool:
    """Return True where the clause of a figure begins with another place than is asked for, which the sentence also ranks.

    上海以上半年GDP21390.17亿元居首，武汉位居第9 does not tell the GDP of 武汉; but a county may tell of its province.
    """
    if part.asked.kind not in _OF_A_YEAR:
        return False
    asked = {word.text for word in plainly_tagged(flat(part.text)) if word.flag == "ns"}
    words = plainly_tagged(_LEADS_ON.sub("", clause_at(text, filler.start, filler.end)))
    first = words[0] if words else None
    if not asked or first is None or first.flag != "ns" or len(first.text) < 2:
        return False
    clause = "".join(word.text for word in words)
    if any(place[:2] in clause or first.text[:2] in place for place in asked):
        return False
    peers = [place for place in asked if _sort_of_place(place) == _sort_of_place(first.text)]
    others = [_LEADS_ON.sub("", text[start:end]) for start, end in clauses(text)]
    return any(
        other.startswith(place[:2]) and re.search(r"[\d一二三四五六七八九十]", other)
        for other in others
        for place in peers
    )


def _sort_of_place(place: str) -> str:
    return place[-1] if place[-1] in "省市县区州镇乡村国" and len(place) > 2 else ""


_LEADS_ON = re.compile(r"^(?:其中|而|但|同时|此外)")


@lru_cache(maxsize=8192)
def _bigrams(text: str) -> frozenset[str]:
    letters = re.sub(r"[^\w]", "", text)
    return frozenset(letters[i : i + 2] for i in range(len(letters) - 1))


_SAME = 0.7


def shared(question: str, text: str, told: Sequence[Term] = ()) -> float:
    """Return the share of the question's bigrams found in the text, or in the words `told` that it says otherwise."""
    wanted = _bigrams(flat(question))
    said = _bigrams(text).union(*(_bigrams(term.text) for term in told))
    return len(wanted & said) / len(wanted) if wanted else 0.0

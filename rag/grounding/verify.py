"""Whether a sentence is borne out by the sentences it could stand on; a program decides, not a model.

A claim is aligned with the evidence clause by clause, and every difference is judged: a figure, unit or date that
is not the source's, a name or office that is another, a denial, direction or plan that is missing or added, words
the source does not have. Light paraphrase (synonyms, order, dropped adverbs, another way of writing a figure) is
let through; the rest is a reason, in words for the reader.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from rag.grounding.alignment import Placed, align, align_within, context_match
from rag.grounding.differences import differences
from rag.grounding.judging import Setting, judge
from rag.grounding.lexicon import FUNCTION
from rag.grounding.persons import name_faults, office_faults, title_faults
from rag.grounding.quantities import bound_fault, counted, date_fault, equal_facts, figure_fault, rescue
from rag.grounding.reading import DATE, LIGHT, QUANTITY, Reading, Word, read, reading_words, squeezed
from rag.schema import Claim, Evidence, Verdict
from rag.text.dates import DateMention
from rag.text.numbers import Quantity
from rag.text.tokens import bigrams

# A small model says first where it has it from; that is no part of what it claims.
_LEAD_IN = re.compile(
    r"^(?:据(?:报道|了解|介绍|悉|统计|原文|材料|文中)|根据(?:报道|原文|资料|材料|文章)(?:内容)?|(?:报道|原文|文章|文中|资料|材料)(?:中)?(?:称|指出|说|提到|显示|介绍)"
    r"|记者(?:了解到|获悉)|答案?(?:是)?|回答)[，,：:]"
)
_MAX_CITATIONS = 3
_MAX_ALIGNED = 4  # sentences aligned in full; the rest of the evidence is too unlike the claim
_WHOLE = 0.75  # a clause matched to this share where the whole claim was aligned stays there
_JUMPY = 0.1  # more than this off for matches that lie apart: look for a closer place
_NO_BASIS = 0.45  # less of a clause than this found anywhere: it has no basis


@dataclass(frozen=True, slots=True)
class _Source:
    """An evidence sentence with its reading."""

    evidence: Evidence
    reading: Reading

    @property
    def words(self) -> tuple[Word, ...]:
        """The words of the sentence; only the sentences a claim stands on are cut into words, because that is slow."""
        return reading_words(self.reading.text, self.evidence.article.date)


@dataclass(slots=True)
class _Clause:
    """A clause of the claim: its tokens, the sentence it stands on, and where."""

    first: int
    last: int
    source: int = -1
    pairs: list[int] = field(default_factory=list)
    ratio: float = 0.0


def verify(text: str, evidence: Sequence[Evidence], *, question: str = "") -> Claim:
    """Return `text` as a claim with a verdict, the reasons against it and the addresses it stands on.

    `citations` are the fewest evidence sentences the clauses of the claim stand on, best first, at most three.
    `question` supplies the subject of an answer that leaves it out. Any string is accepted; nothing is raised.
    """
    claim_text = _LEAD_IN.sub("", squeezed(text))
    reading = read(claim_text)
    if not len(reading):
        return Claim(text, "unsupported", ("没有可以核对的内容",))
    ranked = _ranked(claim_text, evidence)
    if not ranked:
        return Claim(text, "unsupported", ("没有可以依据的原文",))
    best = ranked[0]
    reading = read(claim_text, best.evidence.article.date)
    clauses = _placed(reading, ranked)
    verdict, reasons = _judged(claim_text, reading, clauses, ranked, question)
    cited = _cited(clauses, ranked)
    return Claim(text, verdict, tuple(dict.fromkeys(reasons)), tuple(ranked[k].evidence.citation for k in cited))


def _ranked(text: str, evidence: Sequence[Evidence]) -> list[_Source]:
    """Return the evidence sentences most like the claim, best first, ready for alignment."""
    wanted = set(bigrams(text))
    scored: list[tuple[float, int, str]] = []
    for index, item in enumerate(evidence):
        quote = squeezed(item.quote)
        if quote:
            shared = len(wanted & _bigram_set(quote)) / (len(wanted) or 1)
            scored.append((-shared, index, quote))
    scored.sort()
    sources = []
    for _, index, quote in scored[:_MAX_ALIGNED]:
        date = evidence[index].article.date
        sources.append(_Source(evidence[index], read(quote, date)))
    return sources


def _bigram_set(text: str) -> set[str]:
    return set(bigrams(text))


def _placed(claim: Reading, sources: Sequence[_Source]) -> list[_Clause]:
    """Place each clause of the claim on the sentence it fits best.

    The sentence that fits the whole claim best comes first; once a clause stands on another sentence, the clauses after
    it lean to that one, because a claim that joins two sentences follows each in turn.
    """
    clauses = _clauses(claim)
    wholes = [align(claim, source.reading) for source in sources]
    shares = [_share(claim, 0, pairs) for pairs in wholes]
    main = max(range(len(sources)), key=lambda k: (round(shares[k], 3), -k))
    current = main
    for clause in clauses:
        options = {main: wholes[main][clause.first : clause.last]}
        if current != main:
            options[current] = align(claim, sources[current].reading, clause.first, clause.last)
        best = max(options, key=lambda k: _quality(claim, clause, options[k]) + 0.05 * (k == current))
        clause.source, clause.pairs = best, options[best]
        clause.ratio = _share(claim, clause.first, clause.pairs)
        if _scatter(clause.pairs) > _JUMPY:
            within = align_within(claim, sources[best].reading, clause.first, clause.last)
            clause.pairs = max([clause.pairs, *within], key=lambda pairs: _quality(claim, clause, pairs))
            clause.ratio = _share(claim, clause.first, clause.pairs)
        if clause.ratio < _WHOLE or _mistaken(claim, clause, sources[best]):
            _replaced(claim, clause, sources, current)
        current = clause.source
    return clauses


def _mistaken(claim: Reading, clause: _Clause, source: _Source) -> bool:
    """Return True for a clause of little but figures and dates that stands on another one: it belongs elsewhere."""
    inside = [i for i in range(clause.first, clause.last) if i in claim.facts]
    if not inside or len(inside) < clause.last - clause.first - 1:
        return False
    facts = source.reading.facts
    return any(
        (j := clause.pairs[i - clause.first]) in facts and not equal_facts(claim.facts[i], facts[j]) for i in inside
    )


def _replaced(claim: Reading, clause: _Clause, sources: Sequence[_Source], current: int) -> None:
    """Move a clause that fits its place badly to where it fits clearly better: its own place in some sentence."""
    quality = _quality(claim, clause, clause.pairs)
    if _mistaken(claim, clause, sources[clause.source]):
        quality -= 0.5
    for k in [current, *(k for k in range(len(sources)) if k != current)]:
        pairs = align(claim, sources[k].reading, clause.first, clause.last)
        better = _quality(claim, clause, pairs)
        if _mistaken(claim, _Clause(clause.first, clause.last, k, pairs), sources[k]):
            better -= 0.5
        if better > quality + (0.05 if k == current else 0.12):
            clause.source, clause.pairs, quality = k, pairs, better
            clause.ratio = _share(claim, clause.first, pairs)


def _quality(claim: Reading, clause: _Clause, pairs: Sequence[int]) -> float:
    return _share(claim, clause.first, pairs) - _scatter(pairs)


def _scatter(pairs: Sequence[int]) -> float:
    """Return the mark-down for a clause whose matches lie in pieces, far apart."""
    found = [j for j in pairs if j >= 0]
    breaks = sum(b - a != 1 for a, b in pairwise(found))
    spread = found[-1] - found[0] + 1 - len(found) if found else 0
    return 0.03 * breaks + 0.01 * min(spread, 20)


def _clauses(claim: Reading) -> list[_Clause]:
    """Cut the claim into clauses; one that only says when (7月10日，) goes with the next."""
    clauses: list[_Clause] = []
    for i, number in enumerate(claim.clauses):
        if not i or (number != claim.clauses[i - 1] and not _only_date(claim, clauses[-1])):
            clauses.append(_Clause(i, i))
        clauses[-1].last = i + 1
    return clauses


def _only_date(claim: Reading, clause: _Clause) -> bool:
    inside = range(clause.first, clause.last)
    return len(inside) <= 4 and any(claim.codes[i] == DATE for i in inside)


def _share(claim: Reading, first: int, pairs: Sequence[int]) -> float:
    """Return the weight of the matched tokens over the weight of all."""
    weights = claim.weights[first : first + len(pairs)]
    total = float(weights.sum())
    found = sum(float(weight) for weight, j in zip(weights, pairs, strict=True) if j >= 0)
    return found / total if total else 1.0


def _judged(
    text: str, claim: Reading, clauses: Sequence[_Clause], sources: Sequence[_Source], question: str
) -> tuple[Verdict, list[str]]:
    words = reading_words(text, sources[0].evidence.article.date)
    hard: list[str] = []
    soft: list[str] = []
    unknown: list[Word] = []
    content = 0
    for clause in clauses:
        source = sources[clause.source]
        placed = Placed(claim, clause.first, clause.pairs, source.reading)
        hard += office_faults(placed)
        hard += name_faults(placed)
        facts_hard, facts_soft = _figures(claim, clause, source, sources)
        hard += facts_hard
        soft += facts_soft
        mine = [w for w in words if w.start < claim.ends[clause.last - 1] and w.end > claim.starts[clause.first]]
        content += sum(len(word.text) for word in mine if word.text not in FUNCTION)
        near, article = _known(source, sources, question)
        found = differences(placed, mine, source.words)
        touched = _touched(clause, source.reading)
        judged = judge(found, Setting(text, source.reading.text, near, article, touched, _said(claim, clause)))
        hard += judged.hard
        soft += judged.soft
        unknown += judged.unknown
    hard += title_faults(text, [source.reading.text for source in sources])
    missing = sum(len(word.text) for word in unknown)
    if unknown and (missing / max(content, 1) > 0.2 or any(_weighty(word) for word in unknown)):
        soft.append("原文没有“" + "”“".join(dict.fromkeys(word.text for word in unknown)) + "”的说法")
    if missing / max(content, 1) > 0.5:
        hard.append("原文没有支持这句话的内容")
    return ("unsupported" if hard else "partial" if soft else "supported"), hard + soft


def _weighty(word: Word) -> bool:
    """Return True for an unknown word that alone makes a claim doubtful: a noun, a Latin word, a stray character."""
    return word.flag[:1] in {"n", "i", "l"} or word.flag == "eng" or (len(word.text) == 1 and word.text not in LIGHT)


def _said(claim: Reading, clause: _Clause) -> str:
    return claim.text[claim.starts[clause.first] : claim.ends[clause.last - 1]]


def _touched(clause: _Clause, source: Reading) -> str:
    """Return the clauses of the source that the clause of the claim has matched words in."""
    numbers = {source.clauses[j] for j in clause.pairs if j >= 0}
    inside = [k for k in range(len(source)) if source.clauses[k] in numbers]
    return "".join(source.text[source.starts[k] : source.ends[k]] for k in inside)


def _known(source: _Source, sources: Sequence[_Source], question: str) -> tuple[str, str]:
    """Return what a reader of the sentence has in mind (headline, lines before, question), and the whole article."""
    article = source.evidence.article
    head = f"{article.headline}|{article.byline}|{article.dateline}|"
    before = article.body[max(0, source.evidence.start - 200) : source.evidence.start]
    others = "".join(other.reading.text for other in sources if other.evidence.article is article)
    near = squeezed(f"{head}{before}|{question}|") + others
    return near, squeezed(f"{head}{question}|") + squeezed(article.body)


def _figures(
    claim: Reading, clause: _Clause, source: _Source, sources: Sequence[_Source]
) -> tuple[list[str], list[str]]:
    """Return what is wrong with the figures and dates of a clause: the false ones, and the ones qualified otherwise."""
    hard: list[str] = []
    soft: list[str] = []
    for i, fact in claim.facts.items():
        if not clause.first <= i < clause.last:
            continue
        j = clause.pairs[i - clause.first]
        other = source.reading.facts.get(j)
        if other is None or not equal_facts(fact, other):
            k = rescue(claim, i, source.reading, j)
            if k >= 0:
                j, other = k, source.reading.facts[k]
        if isinstance(fact, DateMention):
            if isinstance(other, DateMention) and context_match(claim, i, source.reading, j) < 1.0:
                other = other if equal_facts(fact, other) else None
            hard += _date(fact, other, source, sources)
        elif isinstance(other, Quantity):
            fault = figure_fault(fact, other)
            if fault:
                hard.append(_elsewhere(fact, source.reading) or fault)
            elif fault := bound_fault(fact, other):
                soft.append(fault)
        else:
            hard.append(_elsewhere(fact, source.reading) or f"原文没有“{fact.text}”")
    return hard, soft


def _elsewhere(fact: Quantity, source: Reading) -> str:
    """Say what the figure counts in the source, when it is there but counts something else."""
    for k, other in source.facts.items():
        if isinstance(other, Quantity) and equal_facts(fact, other) and source.codes[k] == QUANTITY:
            return f"原文的“{other.text}”指的是“{counted(source, k)}”"
    return ""


def _date(
    fact: DateMention, other: Quantity | DateMention | None, source: _Source, sources: Sequence[_Source]
) -> list[str]:
    """Return what is wrong with a date: against the one it stands for, or what else places the sentence in time.

    A claim may name the day that the sentence leaves to what stands before it or to the edition.
    """
    if isinstance(other, DateMention):
        fault = date_fault(fact, other)
        return [fault] if fault else []
    article, start = source.evidence.article, source.evidence.start
    own = [item for item in source.reading.facts.values() if isinstance(item, DateMention)]
    if any(equal_facts(fact, item) for item in own):
        return []
    rival = next((item for item in own if _as_exact(item, fact)), None)
    if rival is not None:
        return [date_fault(fact, rival)]
    before = f"{article.headline}。{article.body[:80]}。{article.body[max(0, start - 150) : start]}"
    around = read(squeezed(before), article.date)
    known = [*around.facts.values(), *(item for other in sources[:3] for item in other.reading.facts.values())]
    if fact.iso and article.date.startswith(fact.iso) and not fact.part:
        return []
    if any(equal_facts(fact, item) and (not fact.part or fact.part == getattr(item, "part", "")) for item in known):
        return []
    return [f"原文没有“{fact.text}”这个时间"]


def _as_exact(item: DateMention, fact: DateMention) -> bool:
    """Return True when `item` states every part of a date that `fact` states, so that the two can be compared."""
    stated = [field for field in ("year", "month", "day") if getattr(fact, field) and field not in fact.assumed]
    return all(getattr(item, field) for field in stated) and (not fact.part or bool(item.part))


def _cited(clauses: Sequence[_Clause], sources: Sequence[_Source]) -> list[int]:
    """Return the sentences the clauses stand on, the one that carries most first."""
    carried: dict[int, float] = {}
    for clause in clauses:
        if clause.ratio >= _NO_BASIS or len(clauses) == 1:
            carried[clause.source] = carried.get(clause.source, 0.0) + clause.ratio * (clause.last - clause.first)
    order = sorted(carried, key=lambda k: -carried[k])[:_MAX_CITATIONS]
    return order if order or not sources else [0]

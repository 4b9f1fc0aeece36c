"""On which evidence sentence each clause of a claim stands, and word by word where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from rag.grounding.alignment import Placed, align, align_within
from rag.grounding.quantities import equal_facts
from rag.grounding.reading import DATE, Reading, Word, read, reading_words, squeezed
from rag.schema import Evidence
from rag.text.tokens import bigrams

_MAX_ALIGNED = 4  # sentences aligned in full; the rest of the evidence is too unlike the claim
_WHOLE = 0.75  # a clause matched to this share where the whole claim was aligned stays there
_CERTAIN = 0.9  # more than this of the claim in one sentence: no need to look at those less like it
_JUMPY = 0.1  # more than this off for matches that lie apart: look for a closer place


@dataclass(frozen=True, slots=True)
class Source:
    """An evidence sentence with its reading."""

    evidence: Evidence
    reading: Reading

    @property
    def words(self) -> tuple[Word, ...]:
        """The words of the sentence; only the sentences a claim stands on are cut into words, because that is slow."""
        return reading_words(self.reading.text, self.evidence.article.date)


@dataclass(frozen=True, slots=True)
class Clause:
    """Tokens `first` to `last` of the claim on sentence number `source`: token `first + k` is its token `pairs[k]`.

    `share` is how much of the clause, by weight, the sentence has.
    """

    first: int
    last: int
    source: int = 0
    pairs: tuple[int, ...] = ()
    share: float = 0.0

    def placed(self, claim: Reading, sources: Sequence[Source]) -> Placed:
        """Return the clause as the judges read it."""
        return Placed(claim, self.first, self.pairs, sources[self.source].reading)

    def says(self, claim: Reading) -> str:
        """Return the clause's text."""
        return claim.text[claim.starts[self.first] : claim.ends[self.last - 1]]


def rank_sources(text: str, evidence: Sequence[Evidence]) -> list[Source]:
    """Return the evidence sentences most like the claim `text`, best first, ready for alignment."""
    wanted = set(bigrams(text))
    scored: list[tuple[float, int, str]] = []
    for index, item in enumerate(evidence):
        quote = squeezed(item.quote)
        if quote:
            scored.append((-len(wanted.intersection(bigrams(quote))), index, quote))
    return [
        Source(evidence[index], read(quote, evidence[index].article.date))
        for _, index, quote in sorted(scored)[:_MAX_ALIGNED]
    ]


def place_clauses(claim: Reading, sources: Sequence[Source]) -> list[Clause]:
    """Place each clause of the claim on the sentence it fits best.

    The sentence that fits the whole claim best comes first; once a clause stands on another sentence, the clauses
    after it lean to that one, because a claim that joins two sentences follows each in turn.
    """
    main, whole = _main(claim, sources)
    current = main
    placed: list[Clause] = []
    for bare in _clauses(claim):
        options = [_on(claim, bare, main, whole[bare.first : bare.last])]
        if current != main:
            options.append(place_on(claim, bare, sources, current))
        clause = max(options, key=lambda option: _quality(option) + 0.05 * (option.source == current))
        if _scatter(clause.pairs) > _JUMPY:
            within = align_within(claim, sources[clause.source].reading, clause.first, clause.last)
            clause = max([clause, *(_on(claim, clause, clause.source, pairs) for pairs in within)], key=_quality)
        if clause.share < _WHOLE or _mistaken(claim, clause, sources):
            clause = _moved(claim, clause, sources, current)
        placed.append(clause)
        current = clause.source
    return placed


def _main(claim: Reading, sources: Sequence[Source]) -> tuple[int, list[int]]:
    """Return the sentence that fits the whole claim best, and the alignment."""
    best, share, whole = 0, -1.0, []
    for k, source in enumerate(sources):
        pairs = align(claim, source.reading)
        found = _share(claim, 0, pairs)
        if found > share + 0.001:
            best, share, whole = k, found, pairs
        if share >= _CERTAIN:
            break
    return best, whole


def place_on(claim: Reading, clause: Clause, sources: Sequence[Source], number: int) -> Clause:
    """Return the clause on sentence `number`, aligned by itself."""
    return _on(claim, clause, number, align(claim, sources[number].reading, clause.first, clause.last))


def place_by_facts(claim: Reading, clause: Clause, sources: Sequence[Source]) -> Clause:
    """Return the clause where its sentence has its figures, though other words fit better elsewhere in it.

    行政处罚案件上升28.15% fits 不予处罚案件上升53.87% best, but is about 行政处罚案件下降28.15%.
    """
    facts = [i for i in range(clause.first, clause.last) if i in claim.facts]
    theirs = sources[clause.source].reading.facts

    def equal(option: Clause) -> int:
        places = [option.pairs[i - option.first] for i in facts]
        return sum(j in theirs and equal_facts(claim.facts[i], theirs[j]) for i, j in zip(facts, places, strict=True))

    if equal(clause) == len(facts):
        return clause
    within = align_within(claim, sources[clause.source].reading, clause.first, clause.last)
    options = [_on(claim, clause, clause.source, pairs) for pairs in within]
    likely = [option for option in options if option.share >= 0.5 and equal(option) > equal(clause)]
    return max(likely, key=lambda option: (equal(option), _quality(option)), default=clause)


def _on(claim: Reading, clause: Clause, source: int, pairs: Sequence[int]) -> Clause:
    return replace(clause, source=source, pairs=tuple(pairs), share=_share(claim, clause.first, pairs))


def _moved(claim: Reading, clause: Clause, sources: Sequence[Source], current: int) -> Clause:
    """Return a clause that fits its place badly where it fits clearly better: its own place in some sentence."""
    best, quality = clause, _quality(clause) - 0.5 * _mistaken(claim, clause, sources)
    for k in [current, *(k for k in range(len(sources)) if k != current)]:
        option = place_on(claim, clause, sources, k)
        better = _quality(option) - 0.5 * _mistaken(claim, option, sources)
        if better > quality + (0.05 if k == current else 0.12):
            best, quality = option, better
    return best


def _mistaken(claim: Reading, clause: Clause, sources: Sequence[Source]) -> bool:
    """Return True for a clause of little but figures and dates that stands on another one: it belongs elsewhere."""
    inside = [i for i in range(clause.first, clause.last) if i in claim.facts]
    if not inside or len(inside) < clause.last - clause.first - 1:
        return False
    facts = sources[clause.source].reading.facts
    return any(
        (j := clause.pairs[i - clause.first]) in facts and not equal_facts(claim.facts[i], facts[j]) for i in inside
    )


def _quality(clause: Clause) -> float:
    return clause.share - _scatter(clause.pairs)


def _scatter(pairs: Sequence[int]) -> float:
    """Return the mark-down for a clause whose matches lie in pieces, far apart."""
    found = [j for j in pairs if j >= 0]
    breaks = sum(b - a != 1 for a, b in pairwise(found))
    spread = found[-1] - found[0] + 1 - len(found) if found else 0
    return 0.03 * breaks + 0.01 * min(spread, 20)


def _clauses(claim: Reading) -> list[Clause]:
    """Cut the claim into clauses; one that only says when (7月10日，) goes with the next."""
    starts = [0]
    for i in range(1, len(claim)):
        if claim.clauses[i] != claim.clauses[i - 1] and not _only_date(claim, range(starts[-1], i)):
            starts.append(i)
    return [Clause(first, last) for first, last in pairwise([*starts, len(claim)])]


def _only_date(claim: Reading, inside: range) -> bool:
    return len(inside) <= 4 and any(claim.codes[i] == DATE for i in inside)


def _share(claim: Reading, first: int, pairs: Sequence[int]) -> float:
    """Return the weight of the matched tokens over the weight of all."""
    weights = claim.weights[first : first + len(pairs)]
    total = float(weights.sum())
    found = sum(float(weight) for weight, j in zip(weights, pairs, strict=True) if j >= 0)
    return found / total if total else 1.0

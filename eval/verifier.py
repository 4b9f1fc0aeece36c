"""How often the verifier lets a falsehood through, and how often it turns a true sentence away.

`build` makes cases from any articles (`eval.falsify`); `score` runs `rag.grounding.verify` over them. A
falsification is caught when its verdict is not `supported`; a true sentence is rejected when its verdict is not
`supported`.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from eval import falsify
from rag.grounding.verify import verify
from rag.schema import Article, Edition, Evidence
from rag.text.sentences import sentence_spans

_SHOWN = 6  # evidence sentences a claim is checked against


@dataclass(frozen=True, slots=True)
class Case:
    """A claim, whether it is true, how it was made, and the evidence it is checked against."""

    kind: str
    true: bool
    original: str
    claim: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Miss:
    """A case the verifier got wrong, with its verdict and reasons."""

    case: Case
    verdict: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class VerifierReport:
    """Cases and right verdicts by kind, the two headline shares, the median of milliseconds a claim, and the misses."""

    kinds: dict[str, tuple[int, int]]
    caught: float
    rejected: float
    median_ms: float
    misses: tuple[Miss, ...]


def load_articles(path: Path) -> list[Article]:
    """Read articles from JSON Lines with the fields title, body and date."""
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
    return [Article(row["title"], row["body"], edition=Edition(date=row.get("date", ""))) for row in rows]


def build(articles: Sequence[Article], *, per_kind: int = 300, seed: int = 7) -> list[Case]:
    """Return up to `per_kind` cases of each kind, in an order that depends on `seed` alone."""
    rng = random.Random(seed)  # noqa: S311  reproducible cases, no secret
    known = falsify.pools([article.body for article in articles])
    places = [(article, k) for article in articles for k in range(len(sentence_spans(article.body)))]
    rng.shuffle(places)
    made: dict[str, list[Case]] = {}
    for article, index in places:
        spans = sentence_spans(article.body)
        text = article.body[slice(*spans[index])]
        if not 10 <= len(text) <= 160 or "\n" in text:
            continue
        following = article.body[slice(*spans[index + 1])] if index + 1 < len(spans) else ""
        for kind, true, claim in _variants(text, article, following, known, rng):
            group = made.setdefault(kind, [])
            if claim and (claim != text or kind == "verbatim") and len(group) < per_kind:
                group.append(Case(kind, true, text, claim, _shown(article, spans, index, rng)))
    return [case for kind in sorted(made) for case in made[kind]]


def _variants(
    text: str, article: Article, following: str, known: falsify.Pools, rng: random.Random
) -> Iterator[tuple[str, bool, str]]:
    true_makers: dict[str, falsify.Maker] = {
        "synonym": falsify.synonym,
        "two synonyms": falsify.two_synonyms,
        "dropped adverb": falsify.dropped_adverb,
        "reordered": falsify.reordered,
        "half": falsify.half,
        "led in": falsify.led_in,
        "unquoted": falsify.unquoted,
        "refigured": falsify.refigured,
    }
    if article.date:
        true_makers["redated"] = falsify.redated(article.date)
    false_makers: dict[str, falsify.Maker] = {
        "digit": falsify.digit,
        "unit": falsify.unit,
        "swapped figures": falsify.swapped,
        "borrowed figure": falsify.borrowed(article.body),
        "name": falsify.renamed(known),
        "title": falsify.retitled,
        "date": falsify.misdated,
        "direction": falsify.turned,
        "negation": falsify.denied,
        "planned or done": falsify.replanned,
        "place": falsify.displaced(known),
        "organisation": falsify.reorganised(known),
    }
    yield "verbatim", True, text
    for kind, maker in true_makers.items():
        yield kind, True, maker(text, rng)
    if following:
        yield "merged", True, _merged(text, following, rng)
    for kind, maker in false_makers.items():
        yield kind, False, maker(text, rng)
    part = falsify.half(text, rng)
    for kind, maker in false_makers.items():
        if part:
            claim = maker(part, rng)
            yield f"{kind}, half", False, claim


def _merged(text: str, following: str, rng: random.Random) -> str:
    """Join a half of the sentence and a half of the next."""
    one, other = falsify.clauses_of(text), falsify.clauses_of(following)
    if len(one) < 2 or len(other) < 2 or any(mark in text + following for mark in "“”\n"):
        return ""
    cut = rng.randrange(1, len(one) + 1)
    return "，".join(one[:cut] + other[: rng.randrange(1, len(other) + 1)]) + "。"


def _shown(article: Article, spans: Sequence[tuple[int, int]], index: int, rng: random.Random) -> tuple[Evidence, ...]:
    """Return the sentence with its neighbours and others of the article, as evidence selection would show them."""
    near = [k for k in (index - 1, index, index + 1) if 0 <= k < len(spans)]
    rest = [k for k in range(len(spans)) if k not in near]
    chosen = sorted(near + rng.sample(rest, min(len(rest), _SHOWN - len(near))))
    return tuple(Evidence(number, article, *spans[k]) for number, k in enumerate(chosen, 1))


def score(cases: Sequence[Case]) -> VerifierReport:
    """Verify every case and count."""
    kinds: dict[str, list[int]] = {}
    misses: list[Miss] = []
    times: list[float] = []
    for case in cases:
        begun = time.perf_counter()
        claim = verify(case.claim, case.evidence)
        times.append((time.perf_counter() - begun) * 1000)
        right = (claim.verdict == "supported") == case.true
        label = f"{'true' if case.true else 'false'}: {case.kind.removesuffix(', half')}"
        counts = kinds.setdefault(label, [0, 0])
        counts[0] += 1
        counts[1] += right
        if not right:
            misses.append(Miss(case, claim.verdict, claim.reasons))
    false = [case for case in cases if not case.true]
    true = [case for case in cases if case.true]
    let_through = sum(not miss.case.true for miss in misses)
    return VerifierReport(
        kinds={kind: (counts[0], counts[1]) for kind, counts in sorted(kinds.items())},
        caught=1 - let_through / len(false) if false else 1.0,
        rejected=(len(misses) - let_through) / len(true) if true else 0.0,
        median_ms=sorted(times)[len(times) // 2] if times else 0.0,
        misses=tuple(misses),
    )

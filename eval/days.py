"""Digests of many days against reference summaries, beside the first three sentences of each article."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import Any

from eval import digest as scores
from eval.archives import opened
from eval.datasets import Dataset, read_rows
from eval.recipes import Request, Result, Sheet
from eval.statistics import paired
from eval.systems import Bench
from rag.schema import Article, Digest


@dataclass(frozen=True, slots=True)
class Told:
    """What one system said of one article, scored against its summary; `figures` None where there are none."""

    article_id: str
    rouge: float
    figures: float | None
    length: int


@dataclass(frozen=True, slots=True)
class Day:
    """One digest with what became of its articles."""

    date: str
    digest: Digest
    seconds: float
    told: tuple[Told, ...]


def measure_digests(request: Request) -> Result:
    """Digest each day (the first `limit`, or all) with and without the language model, and score what is said.

    A system and lead-3 are compared over the articles that the system tells; what it leaves out shows as coverage.
    """
    rows = read_rows(request.data / "articles" / "articles.jsonl")
    dates = sorted({row["date"] for row in rows})[: request.limit or None]
    rows = [row for row in rows if row["date"] in dates]
    summaries = {row["id"]: row["summary"] for row in rows}
    articles = tuple({key: row[key] for key in ("id", "title", "date", "body")} for row in rows)
    with opened(Dataset("digest", (), articles=articles), request.settings, request.runs / ".vectors.sqlite") as bench:
        references = {article_id: summaries[name] for name, article_id in bench.ids.items()}
        names = ["none"] if bench.service.llm is None else ["none", request.settings.llm]
        days = {name: _days(bench, dates, references, name != "none", request) for name in names}
        leads = _leads(bench, references)
        unaccounted = _unaccounted(bench, days)
    return _result(days, leads, unaccounted)


def _days(
    bench: Bench, dates: Sequence[str], references: Mapping[str, str], use_llm: bool, request: Request
) -> list[Day]:
    found: list[Day] = []
    for number, date in enumerate(dates):
        request.progress(f"digest {'with' if use_llm else 'without'} LLM", number, len(dates))
        started = time.perf_counter()
        digest = bench.service.digest(date, use_llm=use_llm)
        seconds = time.perf_counter() - started
        articles = bench.service.archive.edition_articles(date)
        told = [
            _scored(article, text, references[article.id])
            for article in articles
            if article.id in references and (text := scores.told(digest, article.id))
        ]
        found.append(Day(date, digest, seconds, tuple(told)))
    request.progress(f"digest {'with' if use_llm else 'without'} LLM", len(dates), len(dates))
    return found


def _leads(bench: Bench, references: Mapping[str, str]) -> dict[str, Told]:
    articles = bench.service.archive.articles(references)
    return {key: _scored(one, scores.lead_3(one), references[key]) for key, one in articles.items()}


def _scored(article: Article, text: str, reference: str) -> Told:
    count = scores.figure_count(text, reference, f"{article.headline}\n{article.body}")
    figures = count.recall if count.wanted else None
    return Told(article.id, scores.rouge_l(text, reference).f1, figures, len(text))


def _unaccounted(bench: Bench, days: Mapping[str, Sequence[Day]]) -> int:
    """Count the articles that a digest neither tells nor names as left out."""
    return sum(
        len(scores.accounted(day.digest, [one.id for one in bench.service.archive.edition_articles(day.date)]))
        for several in days.values()
        for day in several
    )


def _result(days: Mapping[str, Sequence[Day]], leads: Mapping[str, Told], unaccounted: int) -> Result:
    figures: dict[str, dict[str, float]] = {}
    rows: list[tuple[str, ...]] = []
    for name, several in days.items():
        told = [one for day in several for one in day.told]
        lead = [leads[one.article_id] for one in told]
        ours, theirs = _means(told), _means(lead)
        ours["verified"] = scores.verified_rate(day.digest for day in several)
        ours["coverage"] = fmean(scores.coverage(day.digest) for day in several)
        ours["seconds"] = median(day.seconds for day in several)
        figures[name], figures[f"lead-3 (articles told by {name})"] = ours, theirs
        rows += [_row(name, ours), _row(f"lead-3, the same {len(told)} articles", theirs)]
        rows.append(
            (
                "  difference",
                _paired(told, lead, lambda one: one.rouge),
                _paired(told, lead, lambda one: one.figures),
                *[""] * 4,
            )
        )
    header = ("system", "ROUGE-L", "key figures", "characters", "verified", "coverage", "median s a day")
    by_day = tuple(
        (day.date, name, str(day.digest.ledger.articles), str(day.digest.ledger.covered), f"{day.seconds:.1f}")
        for name, several in days.items()
        for day in several
    )
    sheets = (
        Sheet("digest against the reference summaries", header, tuple(rows)),
        Sheet("coverage by day", ("date", "system", "articles", "covered", "seconds"), by_day),
    )
    notes = () if not unaccounted else (f"{unaccounted} articles are neither told nor named as left out",)
    return Result(figures, sheets, notes)


def _means(told: Sequence[Told]) -> dict[str, float]:
    with_figures = [one.figures for one in told if one.figures is not None]
    return {
        "rouge_l": fmean(one.rouge for one in told) if told else 0.0,
        "key_figures": fmean(with_figures) if with_figures else 0.0,
        "characters": fmean(one.length for one in told) if told else 0.0,
    }


def _row(name: str, values: Mapping[str, float]) -> tuple[str, ...]:
    def share(key: str) -> str:
        return f"{100 * values[key]:.1f}%" if key in values else ""

    seconds = f"{values['seconds']:.1f}" if "seconds" in values else ""
    return (
        name,
        f"{values['rouge_l']:.3f}",
        share("key_figures"),
        f"{values['characters']:.0f}",
        share("verified"),
        share("coverage"),
        seconds,
    )


def _paired(ours: Sequence[Told], theirs: Sequence[Told], of: Callable[[Told], Any]) -> str:
    pairs = [(of(one), of(other)) for one, other in zip(theirs, ours, strict=True) if of(one) is not None]
    if not pairs:
        return "–"
    test = paired([one for one, _ in pairs], [other for _, other in pairs])
    return f"{test.difference.mean:+.3f} (p {test.p_value:.3f})"

"""Floors that cannot sink in silence: `eval/baseline.json`, and the measures that are held against it.

The fast part asks the seed questions without a language model, checks what search finds, and lets a model that writes
false figures try to get them past the verification. The slow part asks eight seed questions with the real model.

A floor may be raised by `--update`. To lower one, edit the file: put the new `floor` and a `reason` beside `highest`,
which stays. A floor under its `highest` without a reason fails the gate.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from eval import metrics
from eval.archives import gold_articles, opened
from eval.datasets import ROOT, Dataset
from eval.records import Record, write_whole
from eval.runner import RUNS, run
from eval.scoring import score, summarise
from eval.systems import Bench
from rag.errors import InputError
from rag.protocols import Cancelled, Delta, Embedder, Progress, no_progress
from rag.settings import Settings

BASELINE = ROOT / "eval" / "baseline.json"
FAST, SLOW = "without LLM", "with LLM"
_DEPTH = 10
# A figure may be this much under its floor: it is rounded in the file.
_ROUNDING = 0.0006
# With the language model a floor leaves room for one of the eight questions.
_ROOM = {FAST: 0.0, SLOW: 0.125}
_SHARES = ("accuracy", "refusal_recall", "cited", "sentence_precision", "sentence_recall", "article_precision")
_PROGRAM = ("numbers", "supported", "addressed")

Figures = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Floor:
    """What a figure must not fall under; `highest` is the best it ever was, `reason` why the floor is lower now."""

    floor: float
    highest: float
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Baseline:
    """The floors by part and figure, for one state of the dataset; `questions` are those put to the language model."""

    dataset_sha256: str
    questions: tuple[str, ...]
    floors: Mapping[str, Mapping[str, Floor]]


def read_baseline(path: Path = BASELINE) -> Baseline:
    """Return the floors.

    Raises:
        InputError: the file cannot be read, or a floor was lowered without a reason; the message names it.
    """
    try:
        row = json.loads(path.read_text("utf-8"))
        floors = {
            part: {name: Floor(one["floor"], one["highest"], one.get("reason", "")) for name, one in group.items()}
            for part, group in row["floors"].items()
        }
        found = Baseline(row["dataset_sha256"], tuple(row["questions"]), floors)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path} cannot be read as a baseline: {error}") from None
    for part, group in floors.items():
        for name, one in group.items():
            if one.floor < one.highest - _ROUNDING and not one.reason.strip():
                raise InputError(
                    f"{path.name}: the floor of {name} ({part}) was lowered from {one.highest} to {one.floor} without "
                    "a `reason`. Write one beside it, or put the floor back."
                )
    return found


def write_baseline(baseline: Baseline, path: Path = BASELINE) -> None:
    """Write the floors."""
    row = {
        "dataset_sha256": baseline.dataset_sha256,
        "questions": list(baseline.questions),
        "floors": {
            part: {
                name: {"floor": one.floor, "highest": one.highest, **({"reason": one.reason} if one.reason else {})}
                for name, one in group.items()
            }
            for part, group in baseline.floors.items()
        },
    }
    write_whole(path, json.dumps(row, ensure_ascii=False, indent=1) + "\n")


def faults(part: str, figures: Figures, baseline: Baseline) -> list[str]:
    """Return a sentence for every floor that `figures` fall under, and for every floor that was not measured."""
    found = []
    for name, one in baseline.floors.get(part, {}).items():
        value = figures.get(name)
        if value is None:
            found.append(f"{name} ({part}) was not measured; its floor is {one.floor:.3f}")
        elif value < one.floor - _ROUNDING:
            found.append(f"{name} ({part}) is {value:.3f}; its floor is {one.floor:.3f}")
    return found


def raised(part: str, figures: Figures, baseline: Baseline) -> Baseline:
    """Return the baseline with the floors of `part` raised to `figures`, less the room it leaves; none is lowered."""
    old = baseline.floors.get(part, {})
    group = dict(old)
    for name, value in figures.items():
        floor = round(max(value - _ROOM[part], 0.0), 3)
        before = old.get(name)
        if before is None:
            group[name] = Floor(floor, floor)
        elif floor > before.floor:
            highest = max(before.highest, floor)
            group[name] = Floor(floor, highest, before.reason if floor < highest else "")
    return replace(baseline, floors={**baseline.floors, part: group})


def check_dataset(dataset: Dataset, baseline: Baseline) -> list[str]:
    """Return a sentence when the dataset is not the one that the floors were measured on."""
    if dataset.sha256 == baseline.dataset_sha256:
        return []
    return ["the seed page or its questions have changed since the floors were set: look at the figures, then --update"]


def measure_fast(
    settings: Settings,
    dataset: Dataset,
    *,
    runs: Path = RUNS,
    progress: Progress = no_progress,
    embedder: Embedder | None = None,
) -> tuple[dict[str, float], tuple[Record, ...]]:
    """Return the figures that need no language model, and the records behind them."""
    quiet = settings.model_copy(update={"llm": "none"})
    done = run(dataset, ["baowen"], quiet, runs=runs, progress=progress, embedder=embedder, fresh=True)
    figures = shares(done.records, (*_SHARES, *_PROGRAM))
    with opened(dataset, quiet, runs / ".vectors.sqlite", no_progress, embedder) as bench:
        figures |= _search_figures(dataset, bench)
        figures["false figures kept out"] = _kept_out(dataset, bench)
    return figures, done.records


def measure_slow(
    settings: Settings,
    dataset: Dataset,
    questions: Sequence[str],
    *,
    runs: Path = RUNS,
    progress: Progress = no_progress,
) -> tuple[dict[str, float], tuple[Record, ...]]:
    """Return the figures with the language model, over the named questions, and the records behind them."""
    chosen = replace(dataset, questions=tuple(one for one in dataset.questions if one.id in questions))
    done = run(chosen, ["baowen"], settings, runs=runs, progress=progress, fresh=True)
    return shares(done.records, ("accuracy", "refusal_recall", "cited", *_PROGRAM)), done.records


def llm_ready(settings: Settings) -> bool:
    """Whether the language model that the settings name can be asked."""
    from rag.llm_servers import embedded_path

    return settings.llm == "openai" or (settings.llm == "embedded" and embedded_path(settings).is_file())


def shares(records: Sequence[Record], names: Sequence[str]) -> dict[str, float]:
    """Return the named averages over `records` that there are, rounded as they stand in the file."""
    summary = summarise("baowen", records)
    values = {name: getattr(summary, name) for name in names}
    return {name: round(value, 3) for name, value in values.items() if value is not None}


def _search_figures(dataset: Dataset, bench: Bench) -> dict[str, float]:
    """Return MRR of the right article, the share of right articles found, and how much of what is asked for comes."""
    gold = gold_articles(dataset.questions, bench)
    ranks: list[float] = []
    found: list[float] = []
    depths: list[float] = []
    whole = min(_DEPTH, sum(1 for one in bench.service.archive.iter_articles() if one.kind != "ad"))
    for question in dataset.questions:
        # A follow-up cannot be found by its own words.
        if not gold[question.id] or question.history:
            continue
        hits = bench.service.search(question.text, top=_DEPTH).hits
        ranked = [hit.article.id for hit in hits]
        ranks.append(metrics.reciprocal_rank(ranked, gold[question.id], _DEPTH))
        found.append(sum(one in ranked for one in gold[question.id]) / len(gold[question.id]))
        depths.append(len(ranked) / whole)
    count = len(ranks)
    return {
        "search MRR": round(sum(ranks) / count, 3),
        "search recall": round(sum(found) / count, 3),
        "search depth": round(sum(depths) / count, 3),
    }


class FalseFigures:
    """A model that repeats the evidence it is given with every figure changed."""

    name = "false-figures"

    def stream(
        self,
        system: str,
        user: str,
        *,
        max_tokens: int = 256,
        stop: Sequence[str] = (),
        cancelled: Cancelled | None = None,
    ) -> Iterator[Delta]:
        """Yield the first two sentences of the prompt that have a figure, each digit one higher."""
        del system, max_tokens, stop, cancelled
        lines = [re.sub(r"^\W*\d+\W+", "", line) for line in user.split("\n")]
        told = [line for line in lines if re.search(r"\d", line) and not line.rstrip().endswith("？")]
        yield Delta("\n".join(re.sub(r"\d", lambda match: str((int(match[0]) + 1) % 10), line) for line in told[:2]))

    def close(self) -> None:
        """Nothing is held."""


def _kept_out(dataset: Dataset, bench: Bench) -> float:
    """Return the share of answers in which every figure stands in what is cited, though the model changes them all."""
    from eval.systems import open_system

    lying = replace(bench, service=replace(bench.service, llm=FalseFigures()))
    ask = open_system("baowen", lying)
    kept: list[float] = []
    for question in dataset.questions:
        value = score(Record("", "baowen", question, ask(question))).get("numbers")
        # An answer about the archive itself counts articles: its figures are nobody's words.
        if value is not None and question.type != "multi-article":
            kept.append(float(value == 1.0))
    return round(sum(kept) / len(kept), 3)

"""Put every question to every system, keep the answers, and go on where a broken-off run stopped."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from eval.archives import addressed, documents_of, gold_articles, opened
from eval.datasets import ROOT, Dataset
from eval.questions import Question
from eval.records import AnswerStore, Record, code_version, record_key, relevant_settings, versions, write_run
from eval.systems import AnswerJSON, System, open_system
from rag.errors import BaowenError, InputError
from rag.protocols import Embedder, Progress, no_progress
from rag.settings import Settings

RUNS = ROOT / "runs"
_EMPTY: AnswerJSON = {"outcome": "not_found", "answer": "", "claims": [], "evidence": [], "timings": {}}


@dataclass(frozen=True, slots=True)
class Run:
    """A finished run: its folder, what was run, its records."""

    folder: Path
    about: Mapping[str, Any]
    records: tuple[Record, ...]


def run(
    dataset: Dataset,
    systems: Sequence[str],
    settings: Settings,
    *,
    folder: Path | None = None,
    runs: Path = RUNS,
    progress: Progress = no_progress,
    embedder: Embedder | None = None,
    fresh: bool = False,
) -> Run:
    """Ask all questions of `dataset` and write the run folder (named after what is run, unless `folder` is given).

    What is in the store of answers is not asked again, unless `fresh`. `progress` is called as (stage, done, total).

    Raises:
        InputError: there is nothing to ask, or no system of that name.
    """
    if not dataset.questions:
        raise InputError(f"the dataset {dataset.name} has no questions left to ask.")
    context = _context(settings)
    store = AnswerStore(runs / ".answers")
    keys = {
        (question.id, name): record_key(question, name, {**context, "documents": documents})
        for question, documents in zip(dataset.questions, documents_of(dataset, settings), strict=True)
        for name in systems
    }
    known = {} if fresh else {pair: found for pair, key in keys.items() if (found := store.get(key)) is not None}
    missing = [
        (question, name) for name in systems for question in dataset.questions if (question.id, name) not in known
    ]
    about = _about(dataset, systems, context)
    where = folder or runs / f"{dataset.name}-{settings.llm}-{about['id']}"
    if missing:
        with opened(dataset, settings, runs / ".vectors.sqlite", progress, embedder) as bench:
            gold = gold_articles(dataset.questions, bench)
            asked: dict[str, System] = {}
            for done, (question, name) in enumerate(missing):
                progress(f"ask {name}", done, len(missing))
                if name not in asked:
                    asked[name] = open_system(name, bench)
                    _warm(bench.service.llm)
                record = _asked(asked[name], question, name, keys[question.id, name], gold[question.id])
                record = replace(record, addressed=addressed(record.answer, bench))
                store.put(record)
                known[question.id, name] = record
            progress("ask", len(missing), len(missing))
    records = tuple(known[question.id, name] for name in systems for question in dataset.questions)
    write_run(where, about, records)
    return Run(where, about, records)


def _asked(system: System, question: Question, name: str, key: str, gold: tuple[str, ...]) -> Record:
    started = time.perf_counter()
    error = ""
    answer = _EMPTY
    try:
        answer = system(question)
    except BaowenError as fault:
        error = str(fault)
    seconds = round(time.perf_counter() - started, 4)
    return Record(key, name, question, answer, gold, seconds, error)


def _warm(llm: object) -> None:
    """Load the model before the first question is timed; a model that need not be loaded has no `warm`."""
    warm = getattr(llm, "warm", None)
    if callable(warm):
        warm()


def _context(settings: Settings) -> dict[str, Any]:
    from eval.models import model_identity

    return {
        "settings": relevant_settings(settings),
        "code": code_version(),
        "models": model_identity(settings),
    }


def _about(dataset: Dataset, systems: Sequence[str], context: Mapping[str, Any]) -> dict[str, Any]:
    names = [question.id for question in dataset.questions]
    return {
        "id": record_key(Question("run", dataset.sha256), "+".join(systems), context)[:8],
        "dataset": dataset.name,
        "dataset_sha256": dataset.sha256,
        "questions": len(names),
        "systems": list(systems),
        **context,
        "versions": versions(),
        "started": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "load": round(os.getloadavg()[0], 2),
    }


@contextmanager
def shown_progress() -> Iterator[Progress]:
    """Yield a `Progress` that draws one bar a stage in the terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bars(*columns, console=Console(stderr=True), transient=False) as bars:
        tasks: dict[str, TaskID] = {}

        def report(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=total or None)
            bars.update(tasks[stage], completed=done, total=total or None)

        yield report

"""Datasets that are not questions and answers: retrieval, the verifier, the digest, the weights. Each has its own measures.

A recipe returns tables and figures; `run_recipe` writes them to a run folder beside the settings and versions.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from eval.models import model_identity
from eval.records import code_version, relevant_settings, versions, write_whole
from eval.runner import RUNS
from rag.errors import InputError
from rag.protocols import Progress, no_progress
from rag.settings import Settings


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table as text."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Result:
    """What a recipe found: figures by system and name, tables for people, notes with the worst cases."""

    figures: Mapping[str, Mapping[str, float]]
    sheets: tuple[Sheet, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Request:
    """What a recipe is given: the folder of public sets, the settings, and how much of the set is wanted (0: all)."""

    data: Path
    settings: Settings
    limit: int = 0
    sample: int = 0
    seed: int = 0
    runs: Path = RUNS
    progress: Progress = field(default=no_progress)


def run_recipe(name: str, request: Request, folder: Path | None = None) -> tuple[Path, Result]:
    """Run a recipe, write its folder, and return both.

    Raises:
        InputError: a file of the dataset is missing.
    """
    began = time.strftime("%Y-%m-%dT%H-%M-%S")
    result = RECIPES[name](request)
    about: dict[str, Any] = {
        "dataset": name,
        "limit": request.limit,
        "sample": request.sample,
        "started": began,
        "settings": relevant_settings(request.settings),
        "models": model_identity(request.settings),
        "code": code_version(),
        "versions": versions(),
    }
    where = folder or request.runs / f"{name}-{request.settings.llm}-{began}"
    write_whole(where / "run.json", json.dumps(about, ensure_ascii=False, indent=1) + "\n")
    write_whole(where / "result.json", json.dumps(asdict(result), ensure_ascii=False, indent=1) + "\n")
    return where, result


def _verifier(request: Request) -> Result:
    from eval.verifier import build, load_articles, score

    path = request.data / "articles" / "articles.jsonl"
    if not path.is_file():
        raise InputError(f"{path} is not there: give the folder that holds articles/ as --data DIR.")
    articles = load_articles(path)
    cases = build(articles[: request.limit or None], per_kind=request.sample or 300, seed=request.seed or 7)
    request.progress("verify", 0, len(cases))
    found = score(cases)
    request.progress("verify", len(cases), len(cases))
    rows = [(kind, str(count), f"{100 * right / count:.1f}%") for kind, (count, right) in found.kinds.items()]
    rows += [
        ("all falsifications caught", "", f"{100 * found.caught:.2f}%"),
        ("true sentences rejected", "", f"{100 * found.rejected:.2f}%"),
    ]
    notes = tuple(
        f"{miss.case.kind}: {miss.case.claim}  ({miss.verdict}: {'; '.join(miss.reasons)})  from: {miss.case.original}"
        for miss in found.misses[:40]
    )
    figures = {"verifier": {"caught": found.caught, "rejected": found.rejected, "median_ms": found.median_ms}}
    return Result(figures, (Sheet("verifier", ("kind", "cases", "right"), tuple(rows)),), notes)


def _digest(request: Request) -> Result:
    from eval.days import measure_digests

    return measure_digests(request)


def _retrieval(request: Request) -> Result:
    from eval.retrieval import measure_retrieval

    return measure_retrieval(request)


def _weighing(request: Request) -> Result:
    from eval.weighing import measure_weighing

    return measure_weighing(request)


RECIPES: dict[str, Callable[[Request], Result]] = {
    "verifier": _verifier,
    "digest": _digest,
    "retrieval": _retrieval,
    "weighing": _weighing,
}

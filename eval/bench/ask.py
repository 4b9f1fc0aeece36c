"""Answering as the archive grows, and beside LlamaIndex's CitationQueryEngine with the same models."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from statistics import median

from eval.archives import RememberedEmbedder
from eval.bench.made_up import made_up_articles, write_jsonl
from eval.bench.outcome import Outcome, Plot, Ratio
from eval.datasets import ROOT, load_dataset
from eval.peers import PEERS
from eval.questions import Question
from eval.runner import RUNS
from eval.scoring import is_right, quantile
from eval.systems import AnswerJSON, Bench, System, open_system
from rag.embedding import open_embedder
from rag.protocols import Progress, no_progress
from rag.service import open_service
from rag.settings import Settings

_SIZES = (0, 300, 1000)
_SENTENCES = 4
_FAST, _SLOW = 20, 5


def measure_ask(settings: Settings, limit: int = 0, progress: Progress = no_progress) -> Outcome:
    """Ask seed questions of the seed page among 0, 300 and 1,000 other articles; `limit` questions with the model."""
    questions = [one for one in load_dataset("seed").selected(sample=_FAST).questions if not one.history]
    rows: list[tuple[str, ...]] = []
    ratios: list[Ratio] = []
    evidence: list[tuple[float, float]] = []
    whole: list[tuple[float, float]] = []
    for others in _SIZES:
        with tempfile.TemporaryDirectory(prefix="baowen-ask-") as folder:
            bench = _bench(settings, Path(folder), others)
            row, timings = _asked("baowen, no LLM", open_system("baowen-none", bench), questions, others, progress)
            rows.append(row)
            evidence.append((others + 11, timings["evidence_ms"]))
            whole.append((others + 11, timings["total_ms"]))
            if others == _SIZES[-1]:
                ratios.append(Ratio("answer without LLM, warm", timings["total_ms"], 1000.0, "the limit of 1 s", "ms"))
                if bench.service.llm is not None:
                    few = questions[: limit or _SLOW]
                    more, with_model = _with_model(bench, few, others, progress)
                    rows += more
                    ratios += with_model
            bench.service.close()
    ratios.append(
        Ratio(
            "growth of an answer",
            whole[-1][1] / whole[0][1],
            whole[-1][0] / whole[0][0],
            "growth in proportion",
            "times",
        )
    )
    header = ("system", "archive", "n", "right", "evidence ms", "first token ms", "complete ms (p90)", "tokens read")
    plot = Plot("answers without LLM", "articles", "ms", {"evidence shown": evidence, "complete": whole})
    return Outcome("ask", header, tuple(rows), tuple(ratios), (plot,))


def _bench(settings: Settings, folder: Path, others: int) -> Bench:
    own = settings.model_copy(update={"home": folder / "archive", "database": "", "index": "local"})
    service = open_service(own, embedder=RememberedEmbedder(open_embedder(own), RUNS / ".vectors.sqlite"))
    paths = [ROOT / "seeds"]
    if others:
        paths.append(write_jsonl(made_up_articles(others, sentences=_SENTENCES), folder / "others.jsonl"))
    service.ingest(paths)
    return Bench(service, {})


def _with_model(
    bench: Bench, questions: list[Question], others: int, progress: Progress
) -> tuple[list[tuple[str, ...]], list[Ratio]]:
    warm = getattr(bench.service.llm, "warm", None)
    if callable(warm):
        warm()
    ours, mine = _asked("baowen", open_system("baowen", bench), questions, others, progress)
    theirs, its = _asked("CitationQueryEngine", PEERS["citation-engine"](bench), questions, others, progress)
    ratios = [
        Ratio("complete answer", mine["total_ms"], its["total_ms"], "CitationQueryEngine", "ms"),
        Ratio("tokens read", mine["prompt_tokens"], its["prompt_tokens"], "CitationQueryEngine", "tokens"),
    ]
    return [ours, theirs], ratios


def _asked(
    name: str, system: System, questions: list[Question], others: int, progress: Progress
) -> tuple[tuple[str, ...], dict[str, float]]:
    answers: list[AnswerJSON] = []
    totals: list[float] = []
    system(questions[0])
    for done, question in enumerate(questions):
        progress(f"{name}, {others:,} other articles", done, len(questions))
        started = time.perf_counter()
        answers.append(system(question))
        totals.append(1000 * (time.perf_counter() - started))
    progress(f"{name}, {others:,} other articles", len(questions), len(questions))
    keys = ("evidence_ms", "first_token_ms", "prompt_tokens")
    found = {key: median(float(answer["timings"].get(key) or 0) for answer in answers) for key in keys}
    found["total_ms"] = median(totals)
    right = sum(is_right(question, answer) for question, answer in zip(questions, answers, strict=True))
    row = (
        name,
        f"seed page + {others}",
        str(len(questions)),
        str(right),
        f"{found['evidence_ms']:.0f}",
        f"{found['first_token_ms']:.0f}",
        f"{found['total_ms']:.0f} ({quantile(sorted(totals), 0.9):.0f})",
        f"{found['prompt_tokens']:.0f}",
    )
    return row, found

"""A language model's opinion of answers, by LlamaIndex's own evaluators. It is an opinion: nothing is gated on it.

`CorrectnessEvaluator` marks an answer from 1 to 5 against the reference; `FaithfulnessEvaluator` says whether what is
cited supports it. Both depend on the model that judges; a small one is a poor judge, and the report says which it was.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

from eval.records import Record, read_run, write_whole
from eval.scoring import refused, shown_citations
from rag.errors import LLMError
from rag.protocols import Progress, no_progress
from rag.settings import Settings

if TYPE_CHECKING:
    from llama_index.core.llms import LLM

FILE = "judge.jsonl"


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a judge thought of one answer: a mark from 1 to 5, and whether it is faithful; None for no word."""

    key: str
    system: str
    judge: str
    mark: float | None
    faithful: bool | None


def judge_run(folder: Path, settings: Settings, limit: int = 0, progress: Progress = no_progress) -> list[Opinion]:
    """Judge the answers of a run that claim something (the first `limit`) and keep the opinions in its folder.

    Raises:
        InputError: the folder is not a run.
        LLMError: there is no language model to judge with, or it fails.
    """
    from rag.llm import open_llm

    model = open_llm(settings)
    if model is None:
        raise LLMError("a judge is a language model: set BAOWEN_LLM, or give --llm embedded or openai.")
    _, records = read_run(folder)
    chosen = [one for one in records if not refused(one.answer) and not one.error][: limit or None]
    try:
        judged = judge(chosen, model.llama_index_llm(), model.name, progress)
    finally:
        model.close()
    write_whole(folder / FILE, "".join(json.dumps(asdict(one), ensure_ascii=False) + "\n" for one in judged))
    return judged


def judge(records: Sequence[Record], llm: LLM, name: str, progress: Progress = no_progress) -> list[Opinion]:
    """Return an opinion on every record.

    Raises:
        LLMError: the model cannot be reached.
    """
    from llama_index.core.evaluation import CorrectnessEvaluator, FaithfulnessEvaluator

    correctness, faithfulness = CorrectnessEvaluator(llm=llm), FaithfulnessEvaluator(llm=llm)
    found: list[Opinion] = []
    for done, record in enumerate(records):
        progress("judge", done, len(records))
        question, text = record.question, record.answer.get("answer", "")
        reference = " / ".join(question.answers) or "；".join(one[0] for one in question.must_include)
        quotes = [one["quote"] for one in shown_citations(record.answer)]
        mark = _asked(correctness, query=question.text, response=text, reference=reference or "原文没有提到")
        faithful = _asked(faithfulness, query=question.text, response=text, contexts=quotes) if quotes else None
        found.append(
            Opinion(record.key, record.system, name, getattr(mark, "score", None), getattr(faithful, "passing", None))
        )
    progress("judge", len(records), len(records))
    return found


def _asked(evaluator: Any, **what: Any) -> Any:
    """Return the evaluator's result; None when the model's words could not be read as one."""
    import httpx
    import openai

    try:
        return evaluator.evaluate(**what)
    except (openai.OpenAIError, httpx.HTTPError) as error:
        raise LLMError(f"the judge cannot be reached: {error}") from error
    except (ValueError, IndexError, TypeError, AttributeError):
        return None


def read_opinions(folder: Path) -> list[Opinion]:
    """Return the opinions kept in the folder of a run; none when it was not judged."""
    try:
        lines = (folder / FILE).read_text("utf-8").split("\n")
    except FileNotFoundError:
        return []
    return [Opinion(**json.loads(line)) for line in lines if line.strip()]


def opinion_rows(opinions: Sequence[Opinion]) -> list[tuple[str, ...]]:
    """Return a row for each system: the judge, its number of answers, mean mark and share of faithful ones."""
    groups: dict[tuple[str, str], list[Opinion]] = {}
    for one in opinions:
        groups.setdefault((one.system, one.judge), []).append(one)
    rows: list[tuple[str, ...]] = []
    for (system, name), several in groups.items():
        marks = [one.mark for one in several if one.mark is not None]
        faithful = [float(one.faithful) for one in several if one.faithful is not None]
        mean = f"{fmean(marks):.2f} of 5 ({len(marks)})" if marks else "–"
        rows.append((system, name, str(len(several)), mean, f"{100 * fmean(faithful):.0f}%" if faithful else "–"))
    return rows

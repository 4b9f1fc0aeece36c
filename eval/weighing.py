"""What the weights in `rag.grounding.weighing` are fitted on, and how well they tell answers from near misses.

Questions of `cmrc/` and `qa_articles/` are asked twice of their own article: as it is, and with every sentence taken out
that holds a reference answer. Each likely line is read and checked by the model as `ask` does it; a line is right when it
holds a reference answer. Two logistic regressions: before and after checking. RGB is not used.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from eval import metrics
from eval.archives import opened
from eval.datasets import Dataset, load_dataset
from eval.questions import UNANSWERABLE, Question
from eval.recipes import Request, Result, Sheet
from rag.errors import InputError, LLMError
from rag.grounding.deciding import decide
from rag.grounding.evidence import gather
from rag.grounding.question import read_question
from rag.grounding.weighing import Reading, check, read
from rag.protocols import Telling
from rag.schema import Article
from rag.text.sentences import sentence_spans

if TYPE_CHECKING:
    from sklearn.linear_model import LogisticRegression

_SETS = ("qa_articles", "cmrc")
_TYPES = ("given", "span")
_SAMPLE = 40
_PENALTY = 0.5


@dataclass(frozen=True, slots=True)
class Labelled:
    """A line read and checked, whose question it is, and whether it answers."""

    group: str
    reading: Reading
    right: bool

    def values(self, *, checked: bool) -> tuple[float, ...]:
        """Return what the regression sees."""
        one = self.reading
        before = (one.signals, one.found, one.verbatim)
        return (*before, one.checked or 0.0) if checked else before


def without_answers(dataset: Dataset) -> Dataset:
    """Return the questions of `dataset` made unanswerable: every sentence with a reference answer is taken out."""
    rows = {row["id"]: row for row in dataset.articles}
    questions, articles = [], []
    for one in dataset.questions:
        row = rows[one.within[0]]
        sentences = [row["body"][start:end] for start, end in sentence_spans(row["body"])]
        kept = [text for text in sentences if not _holds(text, one)]
        if kept:
            name = f"{row['id']}/{one.id}"
            articles.append({**row, "id": name, "body": "\n".join(kept)})
            questions.append(replace(one, type=UNANSWERABLE, answers=(), articles=(), within=(name,)))
    return replace(dataset, questions=tuple(questions), articles=tuple(articles))


def measure_weighing(request: Request) -> Result:
    """Read the lines of `sample` questions of each set (40), fit, and test each set with the weights of the other.

    Raises:
        LLMError: there is no model, or it tells no probabilities.
        InputError: a set is not there, or too small.
    """
    found = {name: _labelled(name, request) for name in _SETS}
    rows: list[tuple[str, ...]] = []
    figures: dict[str, dict[str, float]] = {}
    for name, mine in found.items():
        others = [one for other, lines in found.items() if other != name for one in lines]
        for checked in (False, True):
            area = _area(_fitted(others, checked=checked), mine, checked=checked)
            figures.setdefault(name, {})["after checking" if checked else "before checking"] = area
            rows.append((name, "after" if checked else "before", str(len(mine)), f"{area:.3f}"))
    weights = []
    for checked in (False, True):
        model = _fitted([one for lines in found.values() for one in lines], checked=checked)
        weights.append(("_CHECKED" if checked else "_FOUND", ", ".join(f"{value:.2f}" for value in _weights(model))))
    sheets = (
        Sheet("lines that answer against those that do not, weights of the other set", _HEADER, tuple(rows)),
        Sheet("weights fitted on both: constant, signals, found, verbatim, checked", ("", ""), tuple(weights)),
    )
    return Result(figures, sheets)


_HEADER = ("set", "checking", "lines", "area under the curve")


def _labelled(name: str, request: Request) -> list[Labelled]:
    whole = load_dataset(name, request.data)
    whole = replace(whole, questions=tuple(one for one in whole.questions if one.type in _TYPES))
    chosen = whole.selected(sample=request.sample or _SAMPLE, seed=request.seed or 5)
    cut = without_answers(chosen)
    dataset = replace(chosen, articles=(*chosen.articles, *cut.articles))
    lines: list[Labelled] = []
    with opened(dataset, request.settings, request.runs / ".vectors.sqlite", request.progress) as bench:
        llm = bench.service.llm
        if not isinstance(llm, Telling):
            raise LLMError("weighing needs a language model: run with --llm embedded or openai.")
        questions = (*chosen.questions, *cut.questions)
        for number, question in enumerate(questions):
            request.progress(f"read {name}", number, len(questions))
            articles = list(bench.service.archive.articles(bench.filters(question).article_ids).values())
            lines += _read(question, articles, llm)
        request.progress(f"read {name}", len(questions), len(questions))
    return lines


def _read(question: Question, articles: Sequence[Article], llm: Telling) -> list[Labelled]:
    found = []
    for part in read_question(question.text).parts:
        for line in decide(gather(part, articles), with_model=True).lines:
            one = read(part, line, llm)
            if one is not None and one.words:
                one = check(part, one, llm)
            if one is None:
                raise LLMError("this server tells no probabilities: there is nothing to weigh.")
            found.append(Labelled(question.id, one, _holds(line.line.text, question)))
    return found


def _holds(text: str, question: Question) -> bool:
    return any(metrics.contains(text, answer) for answer in question.answers)


def _fitted(lines: Sequence[Labelled], *, checked: bool) -> LogisticRegression:
    from sklearn.linear_model import LogisticRegression

    # What the model found nothing in is never checked.
    used = [one for one in lines if one.reading.words or not checked]
    if len({one.right for one in used}) < 2:
        raise InputError("too few lines to tell those that answer from those that do not: raise --sample.")
    model = LogisticRegression(C=_PENALTY)
    return model.fit([one.values(checked=checked) for one in used], [one.right for one in used])


def _weights(model: LogisticRegression) -> tuple[float, ...]:
    return (float(model.intercept_[0]), *map(float, model.coef_[0]))


def _area(model: LogisticRegression, lines: Sequence[Labelled], *, checked: bool) -> float:
    from sklearn.metrics import roc_auc_score

    used = [one for one in lines if one.reading.words or not checked]
    scores = model.decision_function([one.values(checked=checked) for one in used])
    return float(roc_auc_score([one.right for one in used], scores))

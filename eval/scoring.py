"""From a record to its scores, and from many to the averages of a table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import Any

from eval import metrics
from eval.questions import Question
from eval.records import Record

Scores = dict[str, float | None]


def refused(answer: Mapping[str, Any]) -> bool:
    """Whether the answer says that the archive does not hold it, and shows nothing as fact."""
    return answer.get("outcome") == "not_found" and not answer.get("claims")


def shown_citations(answer: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the citations of the shown claims, each address once."""
    found = {
        (one["article_id"], one["start"], one["end"]): one
        for claim in answer.get("claims", ())
        for one in claim["citations"]
    }
    return list(found.values())


def is_right(question: Question, answer: Mapping[str, Any]) -> bool:
    """Whether the answer is right: it holds a reference answer or all the required pieces; refused when none exists."""
    if not question.answerable:
        return refused(answer)
    text = answer.get("answer", "")
    if refused(answer):
        return False
    return metrics.answer_contains(text, question.answers) or metrics.includes_all(text, question.must_include)


def score(record: Record) -> Scores:
    """Return every score of one record; None where a metric has nothing to measure."""
    question, answer = record.question, record.answer
    timings = answer.get("timings") or {}
    verdicts = [claim["verdict"] for claim in answer.get("claims", ())]
    scores: Scores = {
        "right": float(is_right(question, answer) and not record.error),
        "refused": float(refused(answer)),
        "supported": metrics.precision([one == "supported" for one in verdicts if one != "unchecked"]),
        "addressed": record.addressed,
        "seconds": record.seconds,
        "length": float(len(answer.get("answer", ""))),
    }
    for name in ("retrieval_ms", "evidence_ms", "first_token_ms", "total_ms", "prompt_tokens", "output_tokens"):
        scores[name] = float(timings.get(name) or 0)
    if question.answerable:
        scores |= _answer_scores(question, answer)
    if not refused(answer):
        scores |= _citation_scores(question, answer, set(record.gold))
    return scores


def _answer_scores(question: Question, answer: Mapping[str, Any]) -> Scores:
    text = "" if refused(answer) else answer.get("answer", "")
    return {
        "exact": metrics.exact_match(text, question.answers),
        "contains": float(metrics.answer_contains(text, question.answers)) if question.answers else None,
        "must_include": metrics.included_share(text, question.must_include),
        "character_f1": metrics.character_f1(text, question.answers),
        "cmrc_f1": metrics.cmrc_f1(text, question.answers),
        "rouge_l": metrics.best_rouge_l(text, question.answers),
    }


def _citation_scores(question: Question, answer: Mapping[str, Any], gold: set[str]) -> Scores:
    cited = shown_citations(answer)
    quotes = [one["quote"] for one in cited]
    sources = quotes or [one["quote"] for one in answer.get("evidence", ())]
    scores: Scores = {"numbers": metrics.number_faithfulness(answer.get("answer", ""), sources)}
    articles = {one["article_id"] for one in cited}
    if gold:
        scores["article_precision"] = metrics.precision([one in gold for one in articles])
        scores["article_recall"] = metrics.precision([one in articles for one in gold])
    if question.evidence:
        hits = [any(metrics.same_place(quote, want) for want in question.evidence) for quote in quotes]
        scores["sentence_precision"] = metrics.precision(hits)
        scores["sentence_recall"] = metrics.precision(
            [any(metrics.same_place(quote, want) for quote in quotes) for want in question.evidence]
        )
        scores["cited"] = float(any(hits))
    elif gold:
        scores["cited"] = float(bool(articles & gold))
    return scores


@dataclass(frozen=True, slots=True)
class Summary:
    """The averages over some records of one system. None where there was nothing to measure."""

    system: str
    questions: int
    errors: int
    accuracy: float | None
    refusal_recall: float | None
    refusal_precision: float | None
    cited: float | None
    sentence_precision: float | None
    sentence_recall: float | None
    article_precision: float | None
    article_recall: float | None
    numbers: float | None
    supported: float | None
    addressed: float | None
    character_f1: float | None
    rouge_l: float | None
    exact: float | None
    cmrc_f1: float | None
    must_include: float | None
    median_seconds: float
    p90_seconds: float
    prompt_tokens: float
    output_tokens: float


def summarise(system: str, records: Sequence[Record]) -> Summary:
    """Return the averages over `records`; `accuracy` is over the answerable ones, refusals are told apart from it."""
    rows = [(record, score(record)) for record in records]
    answerable = [scores for record, scores in rows if record.question.answerable]
    given_up = [record.question for record, scores in rows if scores["refused"]]
    unanswerable = [scores for record, scores in rows if not record.question.answerable]
    seconds = sorted(record.seconds for record in records)

    everything = [scores for _, scores in rows]

    def average(name: str, among: Sequence[Scores] = everything) -> float | None:
        values = [value for scores in among if (value := scores.get(name)) is not None]
        return fmean(values) if values else None

    return Summary(
        system=system,
        questions=len(records),
        errors=sum(bool(record.error) for record in records),
        accuracy=average("right", answerable),
        refusal_recall=average("right", unanswerable),
        refusal_precision=metrics.precision([not question.answerable for question in given_up]),
        cited=average("cited", answerable),
        sentence_precision=average("sentence_precision"),
        sentence_recall=average("sentence_recall"),
        article_precision=average("article_precision"),
        article_recall=average("article_recall"),
        numbers=average("numbers"),
        supported=average("supported"),
        addressed=average("addressed"),
        character_f1=average("character_f1"),
        rouge_l=average("rouge_l"),
        exact=average("exact"),
        cmrc_f1=average("cmrc_f1"),
        must_include=average("must_include"),
        median_seconds=median(seconds) if seconds else 0.0,
        p90_seconds=quantile(seconds, 0.9),
        prompt_tokens=average("prompt_tokens") or 0.0,
        output_tokens=average("output_tokens") or 0.0,
    )


def quantile(ordered: Sequence[float], share: float) -> float:
    """Return the value below which `share` of the ordered values lie (nearest rank)."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def grouped(records: Iterable[Record], by: Callable[[Record], str]) -> dict[str, list[Record]]:
    """Return `records` by group, in the order in which the groups first appear."""
    groups: dict[str, list[Record]] = {}
    for record in records:
        groups.setdefault(by(record), []).append(record)
    return groups

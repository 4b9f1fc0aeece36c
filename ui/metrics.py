"""Figures of one process for Prometheus: how many, how long, how well; never what was asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4 as CONTENT_TYPE

from rag.errors import BaowenError
from rag.protocols import Watched

if TYPE_CHECKING:
    from rag.schema import Answer, IngestReport
    from rag.service import Service

__all__ = ["CONTENT_TYPE", "Metrics"]
# From source sentences on a fast machine to a long answer of the embedded model on a slow one.
_SECONDS: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 40.0, 80.0, 160.0)
_OUTCOMES: Final = ("answered", "partial", "not_found", "failed")
_STAGES: Final = ("retrieval", "evidence", "first_token", "total")
_PAGES: Final = ("added", "unchanged", "replaced", "skipped")


class Metrics:
    """Counts what a service does, as an observer of it."""

    def __init__(self, service: Service) -> None:
        self._registry = registry = CollectorRegistry()
        self._questions = Counter("baowen_questions", "Questions by how they ended.", ["outcome"], registry=registry)
        self._seconds = Histogram(
            "baowen_answer_seconds",
            "Seconds from the question to the end of each stage.",
            ["stage"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._pages = Counter("baowen_ingested_pages", "Pages read by this process.", ["result"], registry=registry)
        self._articles = Counter("baowen_ingested_articles", "Articles stored by this process.", registry=registry)
        self._passages = Counter("baowen_ingested_passages", "Passages stored by this process.", registry=registry)
        # A series that begins at its first event hides that event from a rate.
        for name in _OUTCOMES:
            self._questions.labels(name)
        for name in _STAGES:
            self._seconds.labels(name)
        for name in _PAGES:
            self._pages.labels(name)
        ProcessCollector(registry=registry)
        registry.register(_Now(service))
        service.observers.append(self)

    def answered(self, answer: Answer) -> None:
        """Count an answer and how long each stage took."""
        self._questions.labels(answer.outcome).inc()
        for stage in _STAGES:
            milliseconds = getattr(answer.timings, f"{stage}_ms")
            if milliseconds:  # without a model there is no first token
                self._seconds.labels(stage).observe(milliseconds / 1000)

    def failed(self) -> None:
        """Count a question that ended in an error."""
        self._questions.labels("failed").inc()

    def ingested(self, report: IngestReport) -> None:
        """Count what an ingest did."""
        for name in ("added", "unchanged", "replaced"):
            self._pages.labels(name).inc(getattr(report, f"pages_{name}"))
        self._pages.labels("skipped").inc(len(report.skipped))
        self._articles.inc(report.articles)
        self._passages.inc(report.passages)

    def text(self) -> bytes:
        """Return everything in Prometheus' text format."""
        return generate_latest(self._registry)


class _Now:
    """What is looked up whenever somebody asks."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def describe(self) -> Iterator[Metric]:
        """Nothing: so that registering it does not ask the archive."""
        yield from ()

    def collect(self) -> Iterator[Metric]:
        """Yield the archive's size and the language model's state."""
        try:
            held = self._service.archive.count()
        except BaowenError:
            pass  # /ready says so; the other figures are still worth having
        else:
            yield GaugeMetricFamily("baowen_archive_articles", "Articles in the archive.", held)
        model = self._service.llm
        if not isinstance(model, Watched):
            return
        state = model.state()
        yield CounterMetricFamily("baowen_llm_calls", "Requests sent to the language model.", state.calls)
        yield CounterMetricFamily("baowen_llm_faults", "Faults of the language model.", state.faults)
        tokens = CounterMetricFamily("baowen_llm_tokens", "Tokens that it read and wrote.", labels=["kind"])
        tokens.add_metric(["prompt"], state.prompt_tokens)
        tokens.add_metric(["output"], state.output_tokens)
        yield tokens
        yield GaugeMetricFamily("baowen_llm_paused", "1 while it is left alone after faults.", int(state.paused))

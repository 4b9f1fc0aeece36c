"""The digest of a day as the day grows, without the language model; and of the seed page with it."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from itertools import islice
from pathlib import Path

from eval.archives import RememberedEmbedder
from eval.bench.made_up import MadeUpEmbedder, made_up_articles, write_jsonl
from eval.bench.outcome import Outcome, Plot, Ratio, timed
from eval.datasets import ROOT
from eval.runner import RUNS
from rag.embedding import open_embedder
from rag.protocols import Progress, no_progress
from rag.schema import Article
from rag.service import Service, open_service
from rag.settings import Settings
from rag.text.tokens import words

_SIZES = (10, 40, 160, 320)


def measure_digest(settings: Settings, limit: int = 0, progress: Progress = no_progress) -> Outcome:
    """Digest days of 10 to 320 articles (the first `limit` sizes), then the seed edition."""
    rows: list[tuple[str, ...]] = []
    first: list[tuple[float, float]] = []
    again: list[tuple[float, float]] = []
    # The dictionary of Chinese words is read once a process: the start suite times that.
    words("预热")
    sizes = _SIZES[: limit or None]
    for done, size in enumerate(sizes):
        progress("days of articles", done, len(sizes))
        with tempfile.TemporaryDirectory(prefix="baowen-digest-") as folder:
            quiet = _own(settings, folder).model_copy(update={"llm": "none"})
            service = open_service(quiet, embedder=MadeUpEmbedder(), llm=None)
            file = write_jsonl(
                (_same_day(one) for one in islice(made_up_articles(size), size)), Path(folder) / "day.jsonl"
            )
            service.ingest([file])
            first.append((size, timed(lambda: service.digest(use_llm=False))))  # noqa: B023
            again.append((size, timed(lambda: service.digest(use_llm=False))))  # noqa: B023
            service.close()
            rows.append((f"{size} articles, no LLM", f"{first[-1][1]:.2f}", f"{again[-1][1]:.2f}"))
    progress("days of articles", len(sizes), len(sizes))
    with tempfile.TemporaryDirectory(prefix="baowen-digest-") as folder:
        own = _own(settings, folder)
        service = open_service(own, embedder=RememberedEmbedder(open_embedder(own), RUNS / ".vectors.sqlite"))
        service.ingest([ROOT / "seeds"])
        more, ratios = _seed_page(service)
        service.close()
    ratios.append(
        Ratio(
            "growth of a digest",
            first[-1][1] / first[0][1],
            first[-1][0] / first[0][0],
            "growth in proportion",
            "times",
        )
    )
    plot = Plot("digest without LLM", "articles that day", "s", {"first": first, "again": again})
    return Outcome("digest", ("what", "first s", "again s"), (*rows, *more), tuple(ratios), (plot,))


def _seed_page(service: Service) -> tuple[list[tuple[str, ...]], list[Ratio]]:
    plain, plain_again = (timed(lambda: service.digest(use_llm=False)) for _ in range(2))
    rows: list[tuple[str, ...]] = [("seed page, no LLM", f"{plain:.2f}", f"{plain_again:.2f}")]
    ratios = [Ratio("seed page without LLM", plain, 1.0, "the limit of 1 s", "s")]
    if service.llm is not None:
        warm = getattr(service.llm, "warm", None)
        if callable(warm):
            warm()
        told, told_again = (timed(service.digest) for _ in range(2))
        rows.append((f"seed page, {service.llm.name}", f"{told:.1f}", f"{told_again:.2f}"))
        ratios += [
            Ratio("seed page with LLM", told, 100.0, "the limit of 100 s", "s"),
            Ratio("the second time", told_again, 1.0, "the limit of 1 s", "s"),
        ]
    return rows, ratios


def _own(settings: Settings, folder: str) -> Settings:
    return settings.model_copy(update={"home": Path(folder) / "archive", "database": "", "index": "local"})


def _same_day(article: Article) -> Article:
    return replace(article, edition=replace(article.edition, date="2025-07-11"))

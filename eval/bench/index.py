"""The search index as it grows: speed, agreement with exact search, opening, memory, adding and removing.

`scale` is the same up to a million passages. Vectors and texts are made up: what is measured is number, not sense.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from eval.bench.made_up import MadeUpEmbedder, made_up_articles
from eval.bench.outcome import Outcome, Plot, Ratio, folder_mb, memory_mb, timed
from eval.scoring import quantile
from rag.archive import Archive, open_archive
from rag.index import SearchIndex
from rag.index.local import open_index
from rag.ingest import embed_articles
from rag.pages.ready import make_page
from rag.protocols import Progress, no_progress
from rag.retrieval import Retriever
from rag.schema import Article, Filters
from rag.settings import Settings

_SIZES = (1_000, 10_000, 100_000)
_MILLION = 1_000_000
_A_PAGE = 40
_QUERIES = 40
_CHANGED = 1_000


@dataclass(frozen=True, slots=True)
class Measured:
    """One size: milliseconds of a search, of the vector half alone and of exact search, and the rest."""

    passages: int
    search_p50: float
    search_p95: float
    exact_ms: float
    recall: float
    open_s: float
    memory: float
    disk: float
    add_s: float
    remove_s: float


def measure_index(settings: Settings, limit: int = 0, progress: Progress = no_progress) -> Outcome:
    """Measure the first `limit` of the sizes (all: a thousand to a hundred thousand)."""
    return _outcome("index", [_measured(size, settings, progress) for size in _SIZES[: limit or None]])


def measure_scale(settings: Settings, limit: int = 0, progress: Progress = no_progress) -> Outcome:
    """Measure up to a million passages (the first `limit` sizes)."""
    return _outcome("scale", [_measured(size, settings, progress) for size in (*_SIZES, _MILLION)[: limit or None]])


def _measured(size: int, settings: Settings, progress: Progress) -> Measured:
    embedder = MadeUpEmbedder()
    with tempfile.TemporaryDirectory(prefix="baowen-index-") as name:
        folder = Path(name)
        archive = open_archive(folder, embedder)
        articles = made_up_articles(size + _CHANGED, sentences=2)
        _fill(archive, islice(articles, size), embedder, size, progress)
        open_index(folder / "index", archive).close()
        before = memory_mb()
        started = time.perf_counter()
        index = open_index(folder / "index", archive)
        index.candidates("", embedder.query("甲")[None, :], top=1, filters=Filters())
        open_s, memory = time.perf_counter() - started, memory_mb() - before
        retriever = Retriever(archive, index, embedder, settings)
        questions = [one.body[:14] for one in made_up_articles(_QUERIES, seed=9)]
        times = sorted(1000 * timed(lambda: retriever.search(text)) for text in questions)  # noqa: B023
        recall, exact_ms = _recall(archive, index)
        disk = folder_mb(folder)
        rest = list(articles)
        add_s = timed(lambda: _added(archive, rest, embedder, index))
        remove_s = timed(lambda: _removed(archive, rest, index))
        index.close()
        archive.close()
    return Measured(
        size,
        quantile(times, 0.5),
        quantile(times, 0.95),
        exact_ms,
        recall,
        open_s,
        max(memory, 0.0),
        disk,
        add_s,
        remove_s,
    )


def _fill(
    archive: Archive,
    articles: Iterator[Article],
    embedder: MadeUpEmbedder,
    size: int,
    progress: Progress = no_progress,
) -> None:
    done = 0
    while batch := list(islice(articles, _A_PAGE)):
        page = make_page(batch, f"made-up/{batch[0].date}")
        passages, vectors = embed_articles(page.articles, embedder)
        archive.add_page(page, passages, vectors, embedder)
        done += len(batch)
        progress(f"{size:,} passages", done, size)


def _added(archive: Archive, articles: Sequence[Article], embedder: MadeUpEmbedder, index: SearchIndex) -> None:
    _fill(archive, iter(articles), embedder, len(articles))
    index.refresh()


def _removed(archive: Archive, articles: Sequence[Article], index: SearchIndex) -> None:
    archive.remove(article_ids=[one.id for one in articles])
    index.refresh()


def _recall(archive: Archive, index: SearchIndex) -> tuple[float, float]:
    """Return how many of the ten nearest passages the index finds, and how long comparing with all of them takes."""
    stored, rows = archive.vectors(archive.passage_numbers().tolist())
    owners = archive.passages(stored.tolist())
    rng = np.random.default_rng(5)
    found: list[float] = []
    times: list[float] = []
    for at in rng.choice(len(rows), size=min(_QUERIES, len(rows)), replace=False):
        noise = rng.standard_normal(rows.shape[1], dtype=np.float32)
        query = rows[at] + 0.3 * noise / float(np.sqrt(rows.shape[1]))
        query /= np.linalg.norm(query)
        started = time.perf_counter()
        nearest = np.argpartition(-(rows @ query), 10)[:10]
        times.append(1000 * (time.perf_counter() - started))
        wanted = {owners[int(stored[number])].article_id for number in nearest}
        given = index.candidates("", query[None, :], top=10, filters=Filters())
        found.append(len(wanted & {one.article_id for one in given}) / len(wanted))
    return float(np.mean(found)), float(np.median(times))


def _row(one: Measured) -> tuple[str, ...]:
    times = (f"{value:.1f}" for value in (one.search_p50, one.search_p95, one.exact_ms))
    seconds = (f"{value:.2f}" for value in (one.add_s, one.remove_s))
    return (
        f"{one.passages:,}",
        *times,
        f"{one.recall:.3f}",
        f"{one.open_s:.2f}",
        f"{one.memory:.0f}",
        f"{one.disk:.0f}",
        *seconds,
    )


def _outcome(name: str, measured: list[Measured]) -> Outcome:
    header = (
        "passages",
        "search p50 ms",
        "p95 ms",
        "exact numpy ms",
        "recall@10",
        "open s",
        "MiB held",
        "MiB on disk",
        "add 1,000 s",
        "remove 1,000 s",
    )
    rows = tuple(_row(one) for one in measured)
    last, first = measured[-1], measured[0]
    ratios = (
        Ratio(
            "recall@10 against exact search",
            min(one.recall for one in measured),
            0.98,
            "the limit of 0.98",
            "",
            less_is_better=False,
        ),
        Ratio(
            "growth of a search",
            last.search_p50 / first.search_p50,
            last.passages / first.passages,
            "growth in proportion",
            "times",
        ),
        Ratio(
            "growth of adding 1,000",
            last.add_s / first.add_s,
            last.passages / first.passages,
            "growth in proportion",
            "times",
        ),
        Ratio(
            "growth of opening",
            last.open_s / first.open_s,
            last.passages / first.passages,
            "growth in proportion",
            "times",
        ),
    )
    plots = (
        Plot("search", "passages", "ms", {
            "search p50": [(one.passages, one.search_p50) for one in measured],
            "search p95": [(one.passages, one.search_p95) for one in measured],
            "exact numpy, vectors only": [(one.passages, one.exact_ms) for one in measured],
        }),
        Plot("open and change", "passages", "s", {
            "open": [(one.passages, one.open_s) for one in measured],
            "add 1,000": [(one.passages, one.add_s) for one in measured],
            "remove 1,000": [(one.passages, one.remove_s) for one in measured],
        }),
        Plot("space", "passages", "MiB", {
            "on disk": [(one.passages, one.disk) for one in measured],
            "in memory": [(one.passages, max(one.memory, 0.1)) for one in measured],
        }),
    )  # fmt: skip
    return Outcome(name, header, rows, ratios, plots)

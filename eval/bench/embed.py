"""The embedder's fast form beside the same weights under sentence-transformers (torch, float32)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from eval.bench.made_up import made_up_articles
from eval.bench.outcome import Outcome, Plot, Ratio, timed
from rag.embedding import open_embedder
from rag.protocols import Embedder, Progress, Vectors, no_progress
from rag.settings import Settings

_PASSAGES = 96
_QUERIES = 30


def measure_embed(settings: Settings, limit: int = 0, progress: Progress = no_progress) -> Outcome:
    """Embed passages of 60 to 540 characters and short questions with both; compare speed and direction."""
    count = limit or _PASSAGES
    engines: dict[str, Embedder] = {
        "ours": open_embedder(settings),
        "torch float32": open_embedder(settings.model_copy(update={"embedding_backend": "torch"})),
    }
    by_length = {
        sentences: [one.body for one in made_up_articles(count // 4, sentences=sentences)]
        for sentences in (2, 5, 9, 16)
    }
    questions = [one.title for one in made_up_articles(_QUERIES, seed=1)]
    rates: dict[str, list[tuple[float, float]]] = {}
    query_ms: dict[str, float] = {}
    vectors: dict[str, Vectors] = {}
    for name, engine in engines.items():
        engine.query("预热")
        rates[name] = []
        for done, texts in enumerate(by_length.values(), 1):
            seconds = timed(partial(engine.passages, texts))
            rates[name].append((float(np.mean([len(text) for text in texts])), len(texts) / seconds))
            progress(name, done, len(by_length))
        query_ms[name] = 1000 * timed(partial(_query_all, engine, questions)) / len(questions)
        vectors[name] = np.concatenate([engine.passages(texts) for texts in by_length.values()])
    cosines = (vectors["ours"] * vectors["torch float32"]).sum(axis=1)
    rows = tuple(
        (f"{length:.0f} characters", *(f"{rates[name][at][1]:.1f}" for name in engines))
        for at, (length, _) in enumerate(rates["ours"])
    )
    rows += (
        ("one question, ms", *(f"{query_ms[name]:.1f}" for name in engines)),
        ("cosine to torch, mean (least)", f"{cosines.mean():.4f} ({cosines.min():.4f})", "1"),
    )
    at = len(rates["ours"]) // 2
    ratios = (
        Ratio(
            "passages a second",
            rates["ours"][at][1],
            rates["torch float32"][at][1],
            "torch float32",
            "/s",
            less_is_better=False,
        ),
        Ratio("one question", query_ms["ours"], query_ms["torch float32"], "torch float32", "ms"),
        Ratio("cosine", float(cosines.mean()), 0.99, "the limit of 0.99", "", less_is_better=False),
    )
    plot = Plot("embedding", "characters a passage", "passages a second", rates, log=False)
    return Outcome("embed", ("passages a second", *engines), rows, ratios, (plot,))


def _query_all(engine: Embedder, questions: Sequence[str]) -> None:
    for question in questions:
        engine.query(question)

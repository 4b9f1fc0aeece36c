"""Articles made of the seed page's words in random order: as many as are wanted, no two alike, no third-party text."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from eval.datasets import ROOT
from rag.protocols import Progress, Vectors, no_progress
from rag.schema import Article, Edition

_SENTENCES = 9
_A_DAY = 40


@lru_cache(maxsize=1)
def _words() -> tuple[str, ...]:
    from rag.text.tokens import words

    texts = [file.read_text("utf-8", "replace") for file in sorted((ROOT / "seeds").glob("*.txt"))]
    return tuple(sorted({word for text in texts for word in words(text) if len(word) > 1}))


def made_up_articles(count: int, *, seed: int = 0, sentences: int = _SENTENCES) -> Iterator[Article]:
    """Yield `count` articles of about 300 characters, forty a day, always the same for one `seed`."""
    rng = random.Random(seed)  # noqa: S311 - reproducible filling, no secret
    known = _words()
    for number in range(count):
        day = number // _A_DAY
        edition = Edition("样报", f"{2000 + day // 336:04}-{1 + day // 28 % 12:02}-{1 + day % 28:02}", "1")
        body = "".join(_sentence(rng, known, number) for _ in range(sentences))
        yield Article("".join(rng.choices(known, k=4)), body, edition=edition, position=number % _A_DAY)


def _sentence(rng: random.Random, known: Sequence[str], number: int) -> str:
    return (
        "".join(rng.choices(known, k=6))
        + f"{rng.randrange(10, 10**6) + number}"
        + "".join(rng.choices(known, k=6))
        + "。"
    )


def write_jsonl(articles: Iterator[Article], path: Path) -> Path:
    """Write articles as ready articles, one a line."""
    import json

    with path.open("w", encoding="utf-8") as file:
        for one in articles:
            row = {"title": one.title, "body": one.body, "date": one.date, "paper": one.edition.paper, "page": "1"}
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    return path


class MadeUpEmbedder:
    """Vectors with clusters, as a real model's have, at no cost: for what grows with their number, not their sense."""

    name = "made-up"
    dimension = 384
    fingerprint = "made-up-384"

    def __init__(self, clusters: int = 256) -> None:
        self._centres = np.random.default_rng(1).standard_normal((clusters, self.dimension)).astype(np.float32)

    def passages(self, texts: Sequence[str], progress: Progress = no_progress) -> Vectors:
        """Return an array of shape (len(texts), 384), rows of length 1, the same for the same text."""
        from zlib import crc32

        if not texts:
            return np.empty((0, self.dimension), dtype=np.float32)
        rng = np.random.default_rng(crc32("".join(texts).encode()))
        rows = self._centres[[crc32(text.encode()) % len(self._centres) for text in texts]]
        rows = rows + 0.7 * rng.standard_normal(rows.shape).astype(np.float32)
        progress("embed", len(texts), len(texts))
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)

    def query(self, text: str) -> Vectors:
        """Return an array of shape (384,), of length 1."""
        return np.asarray(self.passages([text])[0], dtype=np.float32)

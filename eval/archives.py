"""The archive a run asks: the user's own, or a throw-away one with the dataset's documents."""

from __future__ import annotations

import json
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Literal

import numpy as np

from eval.datasets import Dataset
from eval.metrics import folded, precision
from eval.questions import Question
from eval.scoring import shown_citations
from eval.systems import AnswerJSON, Bench
from rag.errors import InputError
from rag.protocols import Embedder, Progress, Vectors, no_progress
from rag.service import Service, open_service
from rag.settings import Settings


class RememberedEmbedder:
    """An embedder that keeps passage vectors between runs, by text and model. Questions are always embedded anew."""

    def __init__(self, inner: Embedder, file: Path) -> None:
        self._inner = inner
        self._file = file

    @property
    def name(self) -> str:
        """The model's name."""
        return self._inner.name

    @property
    def dimension(self) -> int:
        """The length of every vector."""
        return self._inner.dimension

    @property
    def fingerprint(self) -> str:
        """The model's own fingerprint."""
        return self._inner.fingerprint

    def query(self, text: str) -> Vectors:
        """Embed a question."""
        return self._inner.query(text)

    def passages(self, texts: Sequence[str], progress: Progress = no_progress) -> Vectors:
        """Embed passages; shape (len(texts), dimension). Only texts never seen before go through the model."""
        stamp = self.fingerprint
        keys = [sha256(f"{stamp}\0{text}".encode("utf-8", "surrogatepass")).hexdigest() for text in texts]
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(self._file, timeout=60)) as store:
            store.execute("CREATE TABLE IF NOT EXISTS vectors (key TEXT PRIMARY KEY, vector BLOB) WITHOUT ROWID")
            found = {key: row[0] for key in dict.fromkeys(keys) if (row := _row(store, key)) is not None}
            missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in found}
            if missing:
                made = self._inner.passages(list(missing.values()), progress)
                fresh = {key: vector.tobytes() for key, vector in zip(missing, made, strict=True)}
                store.executemany("INSERT OR IGNORE INTO vectors VALUES (?, ?)", fresh.items())
                store.commit()
                found |= fresh
        rows = [np.frombuffer(found[key], dtype=np.float32) for key in keys]
        return np.stack(rows) if rows else np.empty((0, self.dimension), dtype=np.float32)


def _row(store: sqlite3.Connection, key: str) -> tuple[bytes] | None:
    row: tuple[bytes] | None = store.execute("SELECT vector FROM vectors WHERE key = ?", (key,)).fetchone()
    return row


@contextmanager
def opened(
    dataset: Dataset,
    settings: Settings,
    vectors: Path,
    progress: Progress = no_progress,
    embedder: Embedder | None = None,
    index: Literal["local", "milvus"] = "local",
) -> Iterator[Bench]:
    """Open the archive that `dataset` is asked of and yield it with its ids; a throw-away one is removed afterwards.

    A throw-away archive is searched by `index`: local files, or Milvus Lite, whatever the settings say.

    Raises:
        InputError: a document of the dataset could not be read.
    """
    if dataset.own_archive:
        service = open_service(settings, progress=progress, embedder=embedder)
        try:
            yield _bench(service)
        finally:
            service.close()
        return
    with tempfile.TemporaryDirectory(prefix="baowen-eval-") as folder:
        home = Path(folder)
        # Whatever database the user has set is theirs: a throw-away archive is a folder of its own.
        own = settings.model_copy(update={"home": home / "archive", "database": "", "index": index, "milvus_uri": ""})
        service = open_service(own, embedder=RememberedEmbedder(embedder or _embedder(own), vectors))
        try:
            report = service.ingest(_documents(dataset, home), progress)
            if report.skipped:
                first = report.skipped[0]
                raise InputError(
                    f"{len(report.skipped)} documents could not be read; the first, {first.source}: {first.reason}"
                )
            yield _bench(service)
        finally:
            service.close()


def _embedder(settings: Settings) -> Embedder:
    from rag.embedding import open_embedder

    return open_embedder(settings)


def _documents(dataset: Dataset, home: Path) -> list[Path]:
    if not dataset.articles:
        return list(dataset.pages)
    file = home / "articles.jsonl"
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in dataset.articles), "utf-8")
    return [*dataset.pages, file]


def _bench(service: Service) -> Bench:
    ids = {one.external_id: one.id for one in service.archive.iter_articles() if one.external_id}
    return Bench(service, ids)


def addressed(answer: AnswerJSON, bench: Bench) -> float | None:
    """Return the share of the shown citations whose quote stands in the archive at the address they give."""
    cited = shown_citations(answer)
    articles = bench.service.archive.articles({one["article_id"] for one in cited})
    return precision(
        [
            one["article_id"] in articles
            and articles[one["article_id"]].body[one["start"] : one["end"]] == one["quote"]
            for one in cited
        ]
    )


def documents_of(dataset: Dataset, settings: Settings) -> list[str]:
    """Return, question by question, the hash of the documents that an answer to it can come from.

    Raises:
        ArchiveError: the user's own archive cannot be opened.
    """
    if dataset.own_archive:
        from rag.archive import open_archive

        archive = open_archive(settings.database or settings.home)
        try:
            names = sorted(article.id for article in archive.iter_articles())
        finally:
            archive.close()
        return [sha256("\0".join(names).encode()).hexdigest()] * len(dataset.questions)
    everything = dataset.documents_sha256
    rows = {row["id"]: row for row in dataset.articles}
    return [
        Dataset("", (), articles=tuple(rows[name] for name in question.within)).documents_sha256
        if question.within
        else everything
        for question in dataset.questions
    ]


def gold_articles(questions: Sequence[Question], bench: Bench) -> Mapping[str, tuple[str, ...]]:
    """Return the archive's ids of the right articles, by question id.

    An article is known by its external id, or by the reference sentences it holds; a name that stands alone beside such
    sentences in one question is known in all.
    """
    bodies: dict[str, str] = {}
    if any(question.evidence for question in questions):
        bodies = {one.id: folded(one.body) for one in bench.service.archive.iter_articles()}
    named = dict(bench.ids)
    by_evidence: dict[str, set[str]] = {}
    for question in questions:
        quotes = [folded(quote) for quote in question.evidence]
        found = {key for key, body in bodies.items() if any(quote in body for quote in quotes)}
        by_evidence[question.id] = found
        if len(question.articles) == 1 and len(found) == 1:
            named.setdefault(question.articles[0], next(iter(found)))
    return {
        question.id: tuple(
            sorted(by_evidence[question.id] | {named[name] for name in question.articles if name in named})
        )
        for question in questions
    }

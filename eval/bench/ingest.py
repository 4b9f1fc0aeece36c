"""Ingest as it grows, beside the embedding alone (what cannot be saved) and LlamaIndex's own indexing."""

from __future__ import annotations

import tempfile
from pathlib import Path

from eval.bench.made_up import MadeUpEmbedder, made_up_articles, write_jsonl
from eval.bench.outcome import Outcome, Plot, Ratio, folder_mb, timed
from eval.peers import llama_index_embedding
from eval.systems import Bench
from rag.protocols import Embedder, Progress, no_progress
from rag.service import Service, open_service
from rag.settings import Settings
from rag.text.passages import cut_passages, embedding_text

_SIZES = (250, 500, 1000, 2000, 4000)
_REAL = 60


def measure_ingest(settings: Settings, limit: int = 0, progress: Progress = no_progress) -> Outcome:
    """Ingest growing archives with vectors that cost nothing, and a small one with the real one beside its peers."""
    rows: list[tuple[str, ...]] = []
    rate: list[tuple[float, float]] = []
    again: list[tuple[float, float]] = []
    sizes = _SIZES[: limit or None]
    for done, size in enumerate(sizes):
        progress("growing archives", done, len(sizes))
        with tempfile.TemporaryDirectory(prefix="baowen-ingest-") as folder:
            file = write_jsonl(made_up_articles(size), Path(folder) / "articles.jsonl")
            service = _open(settings, Path(folder) / "archive", MadeUpEmbedder())
            first, second = timed(lambda: service.ingest([file])), timed(lambda: service.ingest([file]))  # noqa: B023
            service.close()
            rate.append((size, size / first))
            again.append((size, size / second))
            disk = folder_mb(Path(folder) / "archive")
            rows.append(
                (f"{size} articles", f"{size / first:.0f}", f"{size / second:.0f}", f"{1024 * disk / size:.1f}")
            )
    progress("growing archives", len(sizes), len(sizes))
    ratios = (
        *_real(settings),
        Ratio("slowdown over the sizes", rate[0][1], rate[-1][1], "the largest archive", "articles/s"),
    )
    plot = Plot("ingest without embedding", "articles", "articles a second", {"new": rate, "unchanged": again})
    return Outcome(
        "ingest", ("size", "articles/s", "unchanged articles/s", "KiB an article"), tuple(rows), ratios, (plot,)
    )


def _real(settings: Settings) -> tuple[Ratio, ...]:
    from rag.embedding import open_embedder

    embedder = open_embedder(settings)
    embedder.query("预热")
    articles = list(made_up_articles(_REAL, seed=2))
    with tempfile.TemporaryDirectory(prefix="baowen-ingest-") as folder:
        file = write_jsonl(iter(articles), Path(folder) / "articles.jsonl")
        service = _open(settings, Path(folder) / "archive", embedder)
        ours = timed(lambda: service.ingest([file]))
        texts = [embedding_text(one, passage) for one in articles for passage in cut_passages(one)]
        alone = timed(lambda: embedder.passages(sorted(texts, key=len)))
        theirs = timed(lambda: _llama_index(Bench(service, {})))
        seeds = _open(settings, Path(folder) / "seeds", embedder)
        page = timed(lambda: seeds.ingest([Path(__file__).resolve().parents[2] / "seeds"]))
        service.close()
        seeds.close()
    return (
        Ratio(f"{_REAL} articles, embedded", ours, alone, "embedding alone", "s"),
        Ratio(f"{_REAL} articles, embedded", ours, theirs, "LlamaIndex's VectorStoreIndex over FAISS", "s"),
        Ratio("the seed page", page, 60.0, "the limit of a minute a page", "s"),
    )


def _open(settings: Settings, home: Path, embedder: Embedder) -> Service:
    own = settings.model_copy(update={"home": home, "database": "", "index": "local", "llm": "none"})
    return open_service(own, embedder=embedder, llm=None)


def _llama_index(bench: Bench) -> None:
    import faiss
    from llama_index.core import Document, StorageContext, VectorStoreIndex
    from llama_index.vector_stores.faiss import FaissVectorStore

    documents = [Document(text=f"{one.title}\n{one.body}") for one in bench.service.archive.iter_articles()]
    store = FaissVectorStore(faiss_index=faiss.IndexFlatIP(bench.service.embedder.dimension))
    VectorStoreIndex.from_documents(
        documents,
        storage_context=StorageContext.from_defaults(vector_store=store),
        embed_model=llama_index_embedding(bench),
    )

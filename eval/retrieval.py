"""Retrieval over a pool of documents with graded judgements, beside plain BM25 and LlamaIndex's fusion.

`queries.jsonl` (qid, type, query), `corpus.jsonl` (doc_id, title, date, text), `qrels.jsonl` (qid, doc_id, grade).
Strict counts the source article alone (grade 2), any also its near-duplicates (grade 1). Every system sees the title
and the text.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean, median

import numpy as np

from eval import metrics
from eval.archives import opened
from eval.bm25 import BM25
from eval.datasets import Dataset, read_rows
from eval.peers import llama_index_embedding
from eval.recipes import Request, Result, Sheet
from eval.statistics import paired
from eval.systems import Bench
from rag.ingest import embed_articles
from rag.protocols import Vectors
from rag.text.passages import embedding_text
from rag.text.tokens import bigrams, search_words

_DEPTH = 10
_FUSED = 50
_TIE = 0.0005
Ranker = Callable[[str], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Query:
    """A query with its judged documents: the grades by document id."""

    id: str
    type: str
    text: str
    grades: Mapping[str, int]

    def relevant(self, least: int) -> set[str]:
        """Return the documents of at least that grade."""
        return {name for name, grade in self.grades.items() if grade >= least}


@dataclass(frozen=True, slots=True)
class Found:
    """What one system found for one query, and how long it took."""

    query: Query
    ranked: tuple[str, ...]
    seconds: float

    @property
    def strict(self) -> float:
        """The reciprocal rank of the source article."""
        return metrics.reciprocal_rank(self.ranked, self.query.relevant(2), _DEPTH)


def read_pool(folder: Path) -> tuple[list[Query], list[Mapping[str, str]]]:
    """Return the queries with their judgements, and the documents as rows of id, title, date and body.

    Raises:
        InputError: a file is not there or is not JSON Lines.
    """
    grades: dict[str, dict[str, int]] = {}
    for row in read_rows(folder / "qrels.jsonl"):
        grades.setdefault(row["qid"], {})[row["doc_id"]] = row["grade"]
    queries = [
        Query(row["qid"], row["type"], row["query"], grades[row["qid"]])
        for row in read_rows(folder / "queries.jsonl")
        if row["qid"] in grades
    ]
    documents: list[Mapping[str, str]] = [
        {"id": row["doc_id"], "title": row["title"] or "", "date": row["date"] or "", "body": row["text"]}
        for row in read_rows(folder / "corpus.jsonl")
    ]
    return queries, documents


def measure_retrieval(request: Request) -> Result:
    """Rank the pool for every query (the first `limit`) by every system, and score the rankings."""
    queries, documents = read_pool(request.data / "retrieval")
    queries = queries[: request.limit or None]
    dataset = Dataset("retrieval", (), articles=tuple(documents))
    quiet = request.settings.model_copy(update={"llm": "none"})
    vectors = request.runs / ".vectors.sqlite"
    found: dict[str, list[Found]] = {}

    def rank_all(name: str, ranker: Ranker) -> None:
        found[name] = []
        for number, query in enumerate(queries):
            request.progress(name, number, len(queries))
            started = time.perf_counter()
            ranked = tuple(ranker(query.text))
            found[name].append(Found(query, ranked, time.perf_counter() - started))
        request.progress(name, len(queries), len(queries))

    with opened(dataset, quiet, vectors, request.progress) as bench:
        for name, make in _SYSTEMS.items():
            rank_all(name, make(bench, documents))
        here = [_scored(bench, query) for query in queries]
    if request.settings.index == "local":
        return summarised(found)
    with opened(dataset, quiet, vectors, request.progress, index="milvus") as bench:
        rank_all("hybrid on Milvus", _hybrid(bench, documents))
        there = [_scored(bench, query) for query in queries]
    return with_agreement(summarised(found), here, there)


def _scored(bench: Bench, query: Query) -> dict[str, float]:
    return {hit.article.external_id: hit.score for hit in bench.service.search(query.text, top=_DEPTH).hits}


def with_agreement(result: Result, here: Sequence[Mapping[str, float]], there: Sequence[Mapping[str, float]]) -> Result:
    """Add how often both indexes find the same ten articles; `here` and `there` are their scores, query by query.

    Up to ties: what only one of them has scores within half a thousandth of that index's last.
    """
    pairs = list(zip(here, there, strict=True))
    figures = {
        "the same ten": fmean(set(one) == set(other) for one, other in pairs),
        "up to ties": fmean(_tied(one, other) and _tied(other, one) for one, other in pairs),
        "the same first": fmean(list(one)[:1] == list(other)[:1] for one, other in pairs),
    }
    row = tuple(f"{100 * share:.1f}%" for share in figures.values())
    sheet = Sheet(f"Milvus Lite against the local index, {len(pairs)} queries", tuple(figures), (row,))
    return replace(result, figures={**result.figures, "agreement": figures}, sheets=(*result.sheets, sheet))


def _tied(one: Mapping[str, float], other: Mapping[str, float]) -> bool:
    return all(score - min(one.values()) <= _TIE for name, score in one.items() if name not in other)


def summarised(found: Mapping[str, Sequence[Found]]) -> Result:
    """Return the tables by type of query, each system against `hybrid`, and the queries that hybrid ranks worst."""
    sheets: list[Sheet] = []
    figures: dict[str, dict[str, float]] = {}
    header = (
        "system",
        "strict@1",
        "@5",
        "@10",
        "MRR@10",
        "any@1",
        "any@10",
        "any nDCG@10",
        "median ms",
        "hybrid is better by",
    )
    for kind in dict.fromkeys(one.query.type for rows in found.values() for one in rows):
        table: list[tuple[str, ...]] = []
        ours = [one for one in found["hybrid"] if one.query.type == kind]
        for name, rows in found.items():
            mine = [one for one in rows if one.query.type == kind]
            values = _values(mine)
            figures[f"{name}, {kind}"] = values
            cells = [f"{values[key]:.3f}" for key in list(values)[:-1]]
            table.append((name, *cells, f"{values['median ms']:.1f}", _margin(mine, ours) if name != "hybrid" else ""))
        sheets.append(Sheet(f"{kind}, {len(ours)} queries", header, tuple(table)))
    worst = sorted(found["hybrid"], key=lambda one: one.strict)[:15]
    notes = tuple(f"{one.query.id} MRR {one.strict:.2f}: {one.query.text[:120]}" for one in worst if one.strict < 1.0)
    return Result(figures, tuple(sheets), notes)


def _values(rows: Sequence[Found]) -> dict[str, float]:
    def mean(value: Callable[[Found], float]) -> float:
        return fmean(value(one) for one in rows)

    return {
        "strict@1": mean(lambda one: metrics.success_at(one.ranked, one.query.relevant(2), 1)),
        "strict@5": mean(lambda one: metrics.success_at(one.ranked, one.query.relevant(2), 5)),
        "strict@10": mean(lambda one: metrics.success_at(one.ranked, one.query.relevant(2), _DEPTH)),
        "MRR@10": mean(lambda one: one.strict),
        "any@1": mean(lambda one: metrics.success_at(one.ranked, one.query.relevant(1), 1)),
        "any@10": mean(lambda one: metrics.success_at(one.ranked, one.query.relevant(1), _DEPTH)),
        "nDCG@10": mean(lambda one: metrics.ndcg(one.ranked, one.query.grades, _DEPTH)),
        "median ms": 1000 * median(one.seconds for one in rows),
    }


def _margin(rows: Sequence[Found], ours: Sequence[Found]) -> str:
    test = paired([one.strict for one in rows], [one.strict for one in ours])
    return f"{100 * test.difference.mean:+.1f} points (p {test.p_value:.3f})"


def _texts(documents: Sequence[Mapping[str, str]]) -> list[str]:
    return [f"{row['title']}\n{row['body']}" for row in documents]


def _bigram_bm25(_bench: Bench, documents: Sequence[Mapping[str, str]]) -> Ranker:
    index = BM25(_texts(documents), bigrams)
    return lambda text: [documents[at]["id"] for at in index.ranked(text, _DEPTH)]


def _word_bm25(_bench: Bench, documents: Sequence[Mapping[str, str]]) -> Ranker:
    index = BM25(_texts(documents), search_words)
    return lambda text: [documents[at]["id"] for at in index.ranked(text, _DEPTH)]


def _passages(bench: Bench) -> tuple[list[str], list[str], Vectors]:
    """Return the archive's passages as they are embedded, whose they are, and their vectors."""
    articles = {one.id: one for one in bench.service.archive.iter_articles()}
    passages, vectors = embed_articles(articles.values(), bench.service.embedder)
    texts = [embedding_text(articles[one.article_id], one) for one in passages]
    return texts, [articles[one.article_id].external_id for one in passages], vectors


def _dense(bench: Bench, _documents: Sequence[Mapping[str, str]]) -> Ranker:
    """The passages' own vectors, searched exactly; a document is as near as its nearest passage."""
    _, owners, vectors = _passages(bench)

    def rank(text: str) -> Sequence[str]:
        order = np.argsort(-(vectors @ bench.service.embedder.query(text)), kind="stable")
        return list(dict.fromkeys(owners[at] for at in order[: 20 * _DEPTH]))[:_DEPTH]

    return rank


def _hybrid(bench: Bench, _documents: Sequence[Mapping[str, str]]) -> Ranker:
    def rank(text: str) -> Sequence[str]:
        return [hit.article.external_id for hit in bench.service.search(text, top=_DEPTH).hits]

    return rank


def _fusion(bench: Bench, _documents: Sequence[Mapping[str, str]]) -> Ranker:
    """LlamaIndex's QueryFusionRetriever (relative scores, no query rewriting) over BM25Retriever and FAISS.

    BM25Retriever's tokeniser knows words by their spaces: it is given jieba's words, in texts and in queries.
    """
    import faiss
    from llama_index.core import QueryBundle, StorageContext, VectorStoreIndex
    from llama_index.core.llms import MockLLM
    from llama_index.core.retrievers import BaseRetriever, QueryFusionRetriever
    from llama_index.core.retrievers.fusion_retriever import FUSION_MODES
    from llama_index.core.schema import BaseNode, NodeWithScore, TextNode
    from llama_index.retrievers.bm25 import BM25Retriever
    from llama_index.vector_stores.faiss import FaissVectorStore

    texts, owners, _ = _passages(bench)
    whose = {str(number): owner for number, owner in enumerate(owners)}
    nodes = [TextNode(text=text, id_=str(number)) for number, text in enumerate(texts)]
    storage = StorageContext.from_defaults(
        vector_store=FaissVectorStore(faiss_index=faiss.IndexFlatIP(bench.service.embedder.dimension))
    )
    index = VectorStoreIndex(nodes, storage_context=storage, embed_model=llama_index_embedding(bench))
    spaced: list[BaseNode] = [TextNode(text=_spaced(one.text), id_=one.node_id) for one in nodes]
    words = r"\S+"
    lexical = BM25Retriever.from_defaults(
        nodes=spaced, similarity_top_k=_FUSED, skip_stemming=True, token_pattern=words
    )

    class Words(BaseRetriever):
        def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
            # Fusion knows a node by the hash of its text: the node itself is handed on, not its spaced double.
            found = lexical.retrieve(_spaced(query_bundle.query_str))
            return [NodeWithScore(node=nodes[int(one.node.node_id)], score=one.score) for one in found]

    fusion = QueryFusionRetriever(
        [Words(), index.as_retriever(similarity_top_k=_FUSED)],
        llm=MockLLM(),
        similarity_top_k=2 * _FUSED,
        num_queries=1,
        mode=FUSION_MODES.RELATIVE_SCORE,
        use_async=False,
    )

    def rank(text: str) -> Sequence[str]:
        return list(dict.fromkeys(whose[one.node.node_id] for one in fusion.retrieve(text)))[:_DEPTH]

    return rank


def _spaced(text: str) -> str:
    return " ".join(search_words(text))


_SYSTEMS: dict[str, Callable[[Bench, Sequence[Mapping[str, str]]], Ranker]] = {
    "BM25, bigrams": _bigram_bm25,
    "BM25, jieba": _word_bm25,
    "dense": _dense,
    "LlamaIndex fusion": _fusion,
    "hybrid": _hybrid,
}

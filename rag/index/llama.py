"""An archive as LlamaIndex sees one: a vector store to add to, delete from and query, and a retriever.

LlamaIndex's own types stay in this module. A node becomes an article with one passage: its text is the body, its
metadata says title, paper, date, page and kind. Nothing is lost that LlamaIndex's FAISS store loses: nodes are deleted,
filtered and kept in SQL like any page.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import numpy as np
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.schema import BaseNode, MetadataMode, NodeWithScore, QueryBundle, TextNode
from llama_index.core.vector_stores.types import (
    BasePydanticVectorStore,
    FilterCondition,
    FilterOperator,
    MetadataFilter,
    MetadataFilters,
    VectorStoreQuery,
    VectorStoreQueryMode,
    VectorStoreQueryResult,
)

from rag.archive import Archive
from rag.errors import InputError
from rag.index import SearchIndex
from rag.protocols import Embedder
from rag.retrieval import Retriever
from rag.schema import Article, Edition, Filters, Page, Passage, content_id

_LISTS = {"paper": "papers", "page": "pages", "kind": "kinds", "article_id": "article_ids"}


class ArchiveVectorStore(BasePydanticVectorStore):
    """The passages of an archive as a LlamaIndex vector store."""

    stores_text: bool = True
    is_embedding_query: bool = True
    flat_metadata: bool = True

    _archive: Archive = PrivateAttr()
    _index: SearchIndex = PrivateAttr()
    _embedder: Embedder = PrivateAttr()

    def __init__(self, archive: Archive, index: SearchIndex, embedder: Embedder) -> None:
        super().__init__(stores_text=True)
        self._archive = archive
        self._index = index
        self._embedder = embedder

    @property
    def client(self) -> Any:
        """The archive."""
        return self._archive

    def add(self, nodes: Sequence[BaseNode], **add_kwargs: Any) -> list[str]:  # noqa: ARG002
        """Store nodes with their embeddings, each a page of its own; a node with a known id replaces the former one.

        Raises:
            ArchiveError: the embeddings are not of the archive's model.
        """
        for node in nodes:
            article = _article(node)
            vector = np.asarray(node.get_embedding(), dtype=np.float32)[None, :]
            vector /= np.linalg.norm(vector) or 1.0
            page = Page(content_id(_source(node), node.node_id, article.id), _source(node), Edition(), (article,))
            passage = Passage(article.id, 0, len(article.body), article.body)
            self._archive.add_page(page, (passage,), vector, self._embedder)
        return [node.node_id for node in nodes]

    def delete(self, ref_doc_id: str, **delete_kwargs: Any) -> None:  # noqa: ARG002
        """Delete the nodes of a document."""
        self._archive.remove(source=ref_doc_id)

    async def adelete(self, ref_doc_id: str, **delete_kwargs: Any) -> None:
        """Delete the nodes of a document."""
        await asyncio.to_thread(self.delete, ref_doc_id, **delete_kwargs)

    def query(self, query: VectorStoreQuery, **kwargs: Any) -> VectorStoreQueryResult:  # noqa: ARG002
        """Return the passages nearest to the query's embedding, best first, with their cosines.

        Raises:
            InputError: the query's mode or filters are not supported.
        """
        if query.mode != VectorStoreQueryMode.DEFAULT or query.query_embedding is None:
            raise InputError("this vector store answers embedding queries only; use ArchiveRetriever for hybrid search")
        vector = np.asarray(query.query_embedding, dtype=np.float32)
        vector /= np.linalg.norm(vector) or 1.0
        filters = _filters(query.filters)
        found = self._index.nearest(vector, top=query.similarity_top_k, filters=filters)
        passages = self._archive.passages([number for number, _ in found])
        articles = self._archive.articles([passage.article_id for passage in passages.values()])
        kept = [(passages[number], score) for number, score in found if number in passages]
        nodes = [_node(articles[passage.article_id], passage) for passage, _ in kept]
        return VectorStoreQueryResult(
            nodes=nodes, similarities=[score for _, score in kept], ids=[node.node_id for node in nodes]
        )


class ArchiveRetriever(BaseRetriever):
    """Baowen's own search as a LlamaIndex retriever: words, vectors, dates and near-duplicates."""

    def __init__(self, retriever: Retriever, *, top: int = 10, filters: Filters | None = None) -> None:
        super().__init__()
        self._retriever = retriever
        self._top = top
        self._filters = filters

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        found = self._retriever.search(query_bundle.query_str, top=self._top, filters=self._filters)
        return [NodeWithScore(node=_node(hit.article, hit.passage), score=hit.score) for hit in found.hits]


def _source(node: BaseNode) -> str:
    return f"{node.ref_doc_id or node.node_id}#{node.node_id}"


def _article(node: BaseNode) -> Article:
    known = {key: str(node.metadata.get(key) or "") for key in ("title", "paper", "date", "page", "kind")}
    rest = {key: value for key, value in node.metadata.items() if key not in known}
    return Article(
        title=known["title"],
        body=node.get_content(metadata_mode=MetadataMode.NONE),
        kind=known["kind"] or "news",  # type: ignore[arg-type]
        edition=Edition(known["paper"], known["date"], known["page"]),
        external_id=node.node_id,
        metadata=rest,
    )


def _node(article: Article, passage: Passage) -> TextNode:
    metadata = {
        **article.metadata,
        "title": article.headline,
        "paper": article.edition.paper,
        "date": article.date,
        "page": article.edition.page,
        "kind": article.kind,
        "article_id": article.id,
        "start": passage.start,
        "end": passage.end,
    }
    return TextNode(id_=article.external_id or passage.id, text=passage.text, metadata=metadata)


def _filters(given: MetadataFilters | None) -> Filters:
    if given is None or not given.filters:
        return Filters()
    if given.condition not in {None, FilterCondition.AND}:
        raise InputError("filters can only be joined by AND")
    values: dict[str, Any] = {}
    for one in given.filters:
        if not isinstance(one, MetadataFilter):
            raise InputError("filters cannot be nested")
        values.update(_filter(one))
    return Filters(**values)


def _filter(one: MetadataFilter) -> dict[str, Any]:
    if one.key in _LISTS and one.operator == FilterOperator.EQ:
        return {_LISTS[one.key]: (str(one.value),)}
    if one.key in _LISTS and one.operator == FilterOperator.IN and isinstance(one.value, list):
        return {_LISTS[one.key]: tuple(str(value) for value in one.value)}
    bounds = {
        FilterOperator.EQ: ("date_from", "date_to"),
        FilterOperator.GTE: ("date_from",),
        FilterOperator.LTE: ("date_to",),
    }
    if one.key == "date" and one.operator in bounds:
        return dict.fromkeys(bounds[one.operator], str(one.value))
    raise InputError(f"the filter {one.key} {one.operator.value} is not supported; use paper, date, page or kind")

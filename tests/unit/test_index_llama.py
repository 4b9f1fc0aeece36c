import numpy as np
import pytest
from llama_index.core.schema import NodeRelationship, RelatedNodeInfo, TextNode
from llama_index.core.vector_stores.types import (
    FilterCondition,
    FilterOperator,
    MetadataFilter,
    MetadataFilters,
    VectorStoreQuery,
    VectorStoreQueryMode,
)

from rag.archive import open_archive
from rag.archive.maintenance import verify_archive
from rag.errors import InputError
from rag.fakes import HashEmbedder
from rag.index.llama import ArchiveRetriever, ArchiveVectorStore
from rag.ingest import ingest_pages
from rag.retrieval import Retriever
from rag.settings import read_settings
from tests.unit.engines import ENGINES, OPENERS
from tests.unit.newspapers import BACK, FRONT, HARBOUR, RICE

EMBEDDER = HashEmbedder()


def node(name, text, document="", **metadata):
    one = TextNode(id_=name, text=text, metadata=metadata, embedding=EMBEDDER.query(text).tolist())
    if document:
        one.relationships[NodeRelationship.SOURCE] = RelatedNodeInfo(node_id=document)
    return one


@pytest.fixture(params=ENGINES)
def parts(tmp_path, request):
    archive = open_archive(tmp_path)
    index = OPENERS[request.param](tmp_path / "index", archive)
    yield archive, index
    index.close()
    archive.close()


@pytest.fixture
def store(parts):
    made = ArchiveVectorStore(*parts, EMBEDDER)
    made.add(
        [
            node("a", "港口客流增长百分之十五", "doc1", title="港口", paper="晚报", date="2025-07-11", page="A1"),
            node("b", "三所新学校九月开学", "doc1", title="学校", paper="晚报", date="2025-07-10", page="A2"),
            node("c", "早稻昨日开镰收割", "doc2", title="早稻", paper="日报", date="2025-07-09", note="x"),
        ]
    )
    return made


def ask(store, text, top=3, filters=None, **more):
    query = VectorStoreQuery(EMBEDDER.query(text).tolist(), top, filters=filters, **more)
    return store.query(query)


def only(key, value, operator=FilterOperator.EQ):
    return MetadataFilters(filters=[MetadataFilter(key=key, value=value, operator=operator)])


def test_nodes_come_back_best_first(store):
    found = ask(store, "三所新学校九月开学")
    assert found.ids[0] == "b"
    assert len(found.ids) == 3
    assert found.similarities[0] == pytest.approx(1.0, abs=2e-3)
    assert found.similarities == sorted(found.similarities, reverse=True)
    assert found.nodes[0].get_content() == "三所新学校九月开学"
    assert found.nodes[0].metadata["title"] == "学校"
    assert {one.metadata.get("note") for one in found.nodes} == {None, "x"}


def test_documents_are_deleted(store, parts):
    store.delete("doc1")
    assert ask(store, "港口").ids == ["c"]
    assert verify_archive(*parts) == ()


def test_a_node_added_again_replaces_itself(store, parts):
    store.add([node("a", "港口客流增长百分之二十", "doc1", title="港口")])
    assert parts[0].count() == 3
    assert ask(store, "港口客流增长百分之二十").nodes[0].get_content() == "港口客流增长百分之二十"


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (only("paper", "晚报"), {"a", "b"}),
        (only("page", ["A2", "A3"], FilterOperator.IN), {"b"}),
        (only("date", "2025-07-10", FilterOperator.GTE), {"a", "b"}),
        (only("date", "2025-07-10", FilterOperator.LTE), {"b", "c"}),
        (only("date", "2025-07-10"), {"b"}),
        (MetadataFilters(filters=[]), {"a", "b", "c"}),
    ],
)
def test_filters(store, filters, expected):
    assert set(ask(store, "新闻", filters=filters).ids) == expected


@pytest.mark.parametrize(
    "filters",
    [
        only("title", "港口"),
        only("paper", "晚", FilterOperator.CONTAINS),
        MetadataFilters(filters=only("paper", "晚报").filters, condition=FilterCondition.OR),
        MetadataFilters(filters=[only("paper", "晚报")]),
    ],
)
def test_filters_that_cannot_be_kept_are_refused(store, filters):
    with pytest.raises(InputError):
        ask(store, "新闻", filters=filters)


def test_other_modes_are_refused(store):
    with pytest.raises(InputError, match="ArchiveRetriever"):
        ask(store, "新闻", mode=VectorStoreQueryMode.HYBRID)


def test_an_empty_store_answers_nothing(parts):
    assert ask(ArchiveVectorStore(*parts, EMBEDDER), "新闻").ids == []


def test_the_retriever_is_baowens_own_search(parts, tmp_path):
    ingest_pages([FRONT, BACK], *parts, EMBEDDER)
    retriever = ArchiveRetriever(Retriever(*parts, EMBEDDER, read_settings(home=tmp_path)), top=2)
    found = retriever.retrieve("中山港口岸上半年出入境旅客有多少")
    assert len(found) == 2
    assert found[0].node.metadata["article_id"] == HARBOUR.id
    assert np.isfinite(found[0].score)
    assert retriever.retrieve("早稻开镰")[0].node.metadata["title"] == RICE.title

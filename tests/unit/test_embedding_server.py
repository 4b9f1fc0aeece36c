from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from rag.embedding import open_embedder
from rag.embedding_server import ServerEmbedder
from rag.errors import ArchiveError, ModelError
from rag.service import open_service
from rag.settings import Settings
from tests.newsroom import SEEDS
from tests.unit.faulty import KEY, MODEL, FaultyServer, faulty_server, hashed


@pytest.fixture
def server() -> Iterator[FaultyServer]:
    with faulty_server() as running:
        yield running


@pytest.fixture
def settings(server: FaultyServer, tmp_path: Path) -> Callable[..., Settings]:
    def make(**changed: object) -> Settings:
        given = {"embedding_base_url": server.url, "embedding_model": MODEL, "embedding_api_key": KEY}
        return Settings(**given | {"embedding_retries": 0, "home": tmp_path, "llm": "none"} | changed)

    return make


def unit(row: list[float]) -> np.ndarray:
    return np.asarray(row, np.float32) / np.linalg.norm(row)


@pytest.mark.parametrize("mode", ["good", "floats"])
def test_rows_are_unit_vectors_in_the_order_of_the_texts(
    server: FaultyServer, settings: Callable[..., Settings], mode: str
):
    server.modes = [mode]
    embedder = open_embedder(settings(embedding_batch=2))
    assert isinstance(embedder, ServerEmbedder)
    seen: list[tuple[str, int, int]] = []
    rows = embedder.passages(["洪湖", "荆州", "武汉"], lambda *step: seen.append(step))
    assert rows.dtype == np.float32
    assert np.allclose(rows, [unit(hashed(f"passage: {text}", 4)) for text in ("洪湖", "荆州", "武汉")], atol=1e-6)
    assert [len(one["input"]) for one in server.asked] == [2, 1]
    assert seen == [("embed", 2, 3), ("embed", 3, 3)]
    assert np.allclose(embedder.query("洪湖"), unit(hashed("query: 洪湖", 4)), atol=1e-6)
    assert (embedder.dimension, embedder.name) == (4, MODEL)


def test_no_text_and_an_empty_text_are_not_sent_as_such(server: FaultyServer, settings: Callable[..., Settings]):
    embedder = ServerEmbedder(settings(embedding_query_prefix="", embedding_passage_prefix=""))
    assert embedder.query("").shape == (4,)
    assert embedder.passages([""]).shape == (1, 4)
    assert embedder.passages([]).shape == (0, 4)
    assert all(all(one["input"]) for one in server.asked)


def test_the_fingerprint_is_that_of_model_dimension_and_prefixes(settings: Callable[..., Settings]):
    prints = {
        ServerEmbedder(settings(**changed)).fingerprint
        for changed in (
            {},
            {"embedding_timeout": 5.0},
            {"embedding_model": "other"},
            {"embedding_dimension": 8},
            {"embedding_query_prefix": ""},
            {"embedding_passage_prefix": "query: "},
        )
    }
    assert len(prints) == 5


def test_nothing_is_asked_before_the_first_text(server: FaultyServer, settings: Callable[..., Settings]):
    embedder = open_embedder(settings(embedding_dimension=4))
    assert embedder.fingerprint
    assert embedder.dimension == 4
    assert server.asked == []
    embedder.query("洪湖")
    assert len(server.asked) == 1


@pytest.mark.parametrize("fault", ["429", "500", "cut"])
def test_a_server_that_was_busy_is_asked_again(server: FaultyServer, settings: Callable[..., Settings], fault: str):
    server.modes = [fault, "good"]
    assert open_embedder(settings(embedding_retries=1)).query("洪湖").shape == (4,)
    assert len(server.asked) == 2


def test_the_retries_are_as_many_as_were_set(server: FaultyServer, settings: Callable[..., Settings]):
    server.modes = ["500"]
    with pytest.raises(ModelError, match="refused: 500"):
        open_embedder(settings(embedding_retries=2)).query("洪湖")
    assert len(server.asked) == 3


@pytest.mark.parametrize(
    ("mode", "changed", "said"),
    [
        ("key", {"embedding_api_key": "wrong"}, "BAOWEN_EMBEDDING_API_KEY"),
        ("model", {"embedding_model": "other"}, "knows no model 'other'"),
        ("400", {}, "refused: 400"),
        ("429", {}, "refused: 429"),
        ("cut", {}, "broke off"),
        ("slow", {"embedding_timeout": 0.2}, "gave no answer for 0.2 s"),
        ("malformed", {}, "not embeddings"),
        ("shapeless", {}, "not embeddings"),
        ("fewer", {}, "not embeddings"),
        ("zeros", {}, "without a direction"),
        ("ragged", {}, "not embeddings"),
        ("longer", {"embedding_dimension": 4}, "5 numbers; 4 were expected"),
        ("good", {"embedding_base_url": "http://127.0.0.1:1/v1"}, "cannot be reached"),
    ],
)
def test_a_fault_is_one_clear_sentence(
    server: FaultyServer, settings: Callable[..., Settings], mode: str, changed: dict[str, object], said: str
):
    server.modes, server.silence = [mode], 2.0
    with pytest.raises(ModelError, match=said):
        open_embedder(settings(**changed)).passages(["洪湖", "荆州"])


def test_another_length_than_before_is_refused(server: FaultyServer, settings: Callable[..., Settings]):
    server.modes = ["good", "longer"]
    embedder = open_embedder(settings())
    embedder.query("洪湖")
    with pytest.raises(ModelError, match="another model than before"):
        embedder.query("洪湖")


def test_incomplete_settings_say_what_is_missing(settings: Callable[..., Settings]):
    with pytest.raises(ModelError, match="BAOWEN_EMBEDDING_MODEL"):
        open_embedder(settings(embedding_model=""))


def test_the_key_is_never_printed(settings: Callable[..., Settings]):
    assert KEY not in repr(settings())


def test_an_archive_is_made_and_searched_with_a_server_and_keeps_to_its_model(settings: Callable[..., Settings]):
    service = open_service(settings())
    service.ingest([SEEDS])
    assert "120人次" in service.ask("“莲心办”服务累计下沉干部多少人次？").answer
    service.close()
    with pytest.raises(ArchiveError):
        open_service(settings(embedding_model="other"))

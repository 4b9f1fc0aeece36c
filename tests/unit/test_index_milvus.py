"""What is Milvus's own in the search index: servers, tokens, faults, and changes that are broken off."""

import itertools
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple

import numpy as np
import pytest

from rag.archive import open_archive
from rag.doctor import examine
from rag.errors import ArchiveError
from rag.fakes import HashEmbedder
from rag.index import bm25, local, milvus
from rag.index.milvus_client import Milvus, analyzer
from rag.index.pool import Pool, PooledArticle, PooledPassage
from rag.ingest import embed_articles, ingest_pages
from rag.schema import Filters, Passage
from rag.service import open_service
from rag.settings import read_settings
from tests.unit import postgres
from tests.unit.engines import needs_milvus
from tests.unit.newspapers import ADVERT, BACK, FRONT, HARBOUR, RICE, SCHOOL, article, page

EMBEDDER = HashEmbedder()
EVERYTHING = {HARBOUR.id, SCHOOL.id, RICE.id, ADVERT.id}


class Server:
    """Milvus Lite behind a port of its own, as a Milvus server would be; it can want a token."""

    def __init__(self, folder, token="", port=0):
        import base64

        import grpc
        from milvus_lite.adapter.grpc.servicer import MilvusServicer
        from milvus_lite.db import MilvusLite
        from pymilvus.grpc_gen.milvus_pb2_grpc import add_MilvusServiceServicer_to_server

        class Guard(grpc.ServerInterceptor):
            def intercept_service(self, proceed, call):
                given = dict(call.invocation_metadata).get("authorization", "")
                if base64.b64decode(given).decode() == token:
                    return proceed(call)

                def refuse(_request, context):
                    context.abort(grpc.StatusCode.UNAUTHENTICATED, "auth check failure, please check your token")

                return grpc.unary_unary_rpc_method_handler(refuse)

        self.database = MilvusLite(str(folder))
        self.server = grpc.server(ThreadPoolExecutor(4), interceptors=[Guard()])
        add_MilvusServiceServicer_to_server(MilvusServicer(self.database), self.server)
        self.port = self.server.add_insecure_port(f"127.0.0.1:{port}")
        self.uri = f"http://127.0.0.1:{self.port}"
        self.server.start()

    def stop(self):
        self.server.stop(grace=None).wait()
        self.database.close()


@pytest.fixture
def server(tmp_path):
    started = Server(tmp_path / "server.db")
    yield started
    started.stop()


@pytest.fixture
def archive(tmp_path):
    opened = open_archive(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def filled(archive, tmp_path):
    index = milvus.open_index(tmp_path / "index", archive)
    ingest_pages([FRONT, BACK], archive, index, EMBEDDER)
    yield index
    index.close()


def find(index, question, *, top=50, filters=Filters()):
    asked = EMBEDDER.query(question)[None, :]
    return {one.article_id: one for one in index.candidates(question, asked, top=top, filters=filters)}


@needs_milvus
@pytest.mark.parametrize("question", ["中山港口岸上半年出入境旅客有多少", "新学位3600个", "早稻开镰，节约用水", "站"])
def test_every_score_is_the_local_index_s(filled, archive, tmp_path, question):
    other = local.open_index(tmp_path / "local", archive)
    expected, found = find(other, question), find(filled, question)
    other.close()
    assert found.keys() == expected.keys() == EVERYTHING
    for key, one in found.items():
        assert astuple(one)[:3] == astuple(expected[key])[:3]
        assert astuple(one)[3:] == pytest.approx(astuple(expected[key])[3:], abs=1e-5)


def test_counts_are_scaled_by_the_rarest_word_at_hand():
    def pooled(number, text, words):
        return PooledArticle("", "", (PooledPassage(number, words, text),), words.count(" ") + 1, len(text) - 1, 0)

    articles = [pooled(1, "港口客流增长", "港口 客流 增长"), pooled(2, "客流与港口", "客流 与 港口")]
    pool = Pool(articles, "港口客流", {"港口": 10, "客流": 40}, 100)
    assert pool.count("words", "客流") == 40
    assert pool.count_pair("港口", "客流", 1) == 5
    assert pool.count("grams", "口客") == 5
    assert pool.count("grams", "港口") == 10
    assert bm25.score(pool, pool.collection, "港口客流", bm25.Whole(100, 3, 5, 3)).phrases.argmax() == 0


@needs_milvus
def test_passages_of_an_archive_are_found_by_vector(filled):
    found = filled.nearest(EMBEDDER.query("早稻开镰"), top=2, filters=Filters(pages=("A2",)))
    assert len(found) == 2
    assert found[0][1] > found[1][1]


@needs_milvus
@pytest.mark.parametrize("paper", ['晚"报', "晚\\报", "晚'报", "晚\n报", '晚报" or paper != "'])
def test_any_name_of_a_paper_can_be_asked_for(filled, archive, paper):
    odd = article("无题", paper=paper)
    archive.add_page(page(odd, source="odd"), *embed_articles([odd], EMBEDDER), EMBEDDER)
    assert find(filled, "无题", filters=Filters(papers=(paper,))).keys() == {odd.id}


@needs_milvus
def test_a_text_longer_than_milvus_stores_is_indexed_as_far_as_it_fits(filled, archive):
    long = article("长文", "港口客流增长。" * 9000 + "最后一句。", page="A9")
    whole = (Passage(long.id, 0, len(long.body), long.body),)
    archive.add_page(page(long, source="long"), whole, EMBEDDER.query(long.body)[None, :], EMBEDDER)
    assert find(filled, "港口客流增长")[long.id].words > 0
    assert find(filled, "最后一句")[long.id].words == 0
    assert filled.verify() == ()


def broken_at(monkeypatch, step, *, after):
    """Let every change of Milvus but the one numbered `step` happen; that one breaks off, before or `after` it is made."""
    steps, call = itertools.count(), Milvus._call

    def breaking(self, method, *arguments, **named):
        counted = method in {"upsert", "delete", "create_collection", "drop_collection"} and next(steps) == step
        if counted and not after:
            raise KeyboardInterrupt
        result = call(self, method, *arguments, **named)
        if counted:
            raise KeyboardInterrupt
        return result

    monkeypatch.setattr(Milvus, "_call", breaking)


@needs_milvus
@pytest.mark.parametrize("after", [False, True])
def test_a_change_that_is_broken_off_anywhere_is_made_good(tmp_path, monkeypatch, after):
    late = article("早稻再开镰", "沙溪镇的晚稻也开镰了。\n", page="A9")
    for step in itertools.count():
        home = tmp_path / str(step)
        archive = open_archive(home)
        for one in (FRONT, BACK):
            archive.add_page(one, *embed_articles(one.articles, EMBEDDER), EMBEDDER)
        with monkeypatch.context() as patch:
            broken_at(patch, step, after=after)
            whole, index = False, None
            try:
                index = milvus.open_index(home / "index", archive)
                archive.add_page(page(late, source="late"), *embed_articles([late], EMBEDDER), EMBEDDER)
                archive.remove(article_ids=[HARBOUR.id, RICE.id])
                index.refresh()
                whole = True
            except KeyboardInterrupt:
                pass
            if index is not None:
                index.close()
        again = milvus.open_index(home / "index", archive)
        expected = {late.id, SCHOOL.id, ADVERT.id} if archive.count() == 3 else EVERYTHING
        assert find(again, "早稻开镰").keys() == expected
        assert again.verify() == ()
        again.close()
        archive.close()
        if whole:
            assert step > 10
            return


@needs_milvus
def test_many_are_removed_an_article_at_a_time(filled, archive, monkeypatch):
    monkeypatch.setattr("rag.index.milvus._REMOVED", 2)
    long = article("长文", "".join(f"第{n}条新闻，港口客流又增长了，记者到场看了。" for n in range(120)), page="A9")
    archive.add_page(page(long, source="long"), *embed_articles([long], EMBEDDER), EMBEDDER)
    assert filled.verify() == ()
    archive.remove(article_ids=[long.id, HARBOUR.id, RICE.id])
    assert find(filled, "港口客流").keys() == {SCHOOL.id, ADVERT.id}
    assert filled.verify() == ()


@needs_milvus
def test_what_others_drop_is_made_anew(filled):
    before = find(filled, "新学校")
    filled._milvus.drop()
    assert find(filled, "新学校") == before
    assert filled.verify() == ()


@needs_milvus
def test_what_others_change_is_told(filled):
    number = filled.nearest(EMBEDDER.query("早稻开镰"), top=1, filters=Filters())[0][0]
    row = filled._milvus.rows([number], ("*",))[0]
    row.pop("bm25", None)
    filled._milvus.put([row | {"vector": np.ones(64, dtype=np.float32).tolist(), "words": "别的 词"}])
    assert [problem.partition(";")[0] for problem in filled.verify()] == [
        "the collections in Milvus do not hold the archive's vectors",
        "the words counted in Milvus are not those of its passages",
    ]
    filled._milvus.delete([number])
    assert "passages" in filled.verify()[0]
    filled.rebuild()
    assert filled.verify() == ()


@needs_milvus
def test_two_programs_share_a_server(server, archive, tmp_path):
    one, two = (milvus.open_index(tmp_path / "index", archive, uri=server.uri) for _ in range(2))
    ingest_pages([FRONT], archive, one, EMBEDDER)
    assert find(two, "早稻").keys() == {HARBOUR.id, SCHOOL.id}
    archive.add_page(BACK, *embed_articles(BACK.articles, EMBEDDER), EMBEDDER)
    with ThreadPoolExecutor(2) as threads:
        found = list(threads.map(lambda index: find(index, "早稻").keys(), (one, two)))
    assert found == [EVERYTHING, EVERYTHING]
    assert one.verify() == two.verify() == ()
    one.close()
    two.close()


@needs_milvus
@pytest.mark.skipif(postgres.programs() is None, reason="needs PostgreSQL and psycopg")
def test_programs_on_several_machines_take_turns(server, tmp_path):
    with postgres.server() as database:
        url = database.new_database()
        archives = [open_archive(url) for _ in range(3)]
        for one in (FRONT, BACK):
            archives[0].add_page(one, *embed_articles(one.articles, EMBEDDER), EMBEDDER)
        # Folders of their own: only the database is between them.
        parts = [(tmp_path / str(number), one) for number, one in enumerate(archives)]
        with ThreadPoolExecutor(3) as threads:
            indexes = list(threads.map(lambda part: milvus.open_index(*part, uri=server.uri), parts))
        archives[1].remove(article_ids=[RICE.id])
        with ThreadPoolExecutor(3) as threads:
            found = list(threads.map(lambda index: find(index, "早稻").keys(), indexes))
        assert found == 3 * [EVERYTHING - {RICE.id}]
        assert [index.verify() for index in indexes] == [(), (), ()]
        for opened in (*indexes, *archives):
            opened.close()


@needs_milvus
def test_archives_have_collections_of_their_own(server, archive, tmp_path):
    other = open_archive(tmp_path / "other")
    one = milvus.open_index(tmp_path / "index", archive, uri=server.uri)
    two = milvus.open_index(tmp_path / "index", other, uri=server.uri, collection="other")
    ingest_pages([FRONT], archive, one, EMBEDDER)
    ingest_pages([BACK], other, two, EMBEDDER)
    assert find(one, "早稻").keys() == {HARBOUR.id, SCHOOL.id}
    assert find(two, "早稻").keys() == {RICE.id, ADVERT.id}
    for opened in (one, two, other):
        opened.close()


@needs_milvus
def test_a_wrong_token_is_told_and_never_shown(archive, tmp_path):
    server = Server(tmp_path / "server.db", token="root:sesame")
    milvus.open_index(tmp_path / "index", archive, uri=server.uri, token="root:sesame").close()
    for uri in (server.uri, server.uri.replace("//", "//root:simsim@")):
        with pytest.raises(ArchiveError, match="BAOWEN_MILVUS_TOKEN") as told:
            milvus.open_index(tmp_path / "index", archive, uri=uri)
        assert str(server.port) in str(told.value)
        assert "simsim" not in str(told.value)
    server.stop()


@needs_milvus
def test_nobody_at_the_address_is_told(tmp_path):
    settings = read_settings(home=tmp_path, llm="none", index="milvus", milvus_uri="http://127.0.0.1:9")
    with pytest.raises(ArchiveError, match=r"http://127\.0\.0\.1:9 .*BAOWEN_MILVUS_URI"):
        open_service(settings, embedder=EMBEDDER)


@needs_milvus
def test_a_server_that_goes_away_is_told_and_may_come_back(archive, tmp_path, monkeypatch):
    monkeypatch.setattr("rag.index.milvus_client._ANSWER", 1.0)
    server = Server(tmp_path / "server.db")
    index = milvus.open_index(tmp_path / "index", archive, uri=server.uri)
    ingest_pages([FRONT], archive, index, EMBEDDER)
    server.stop()
    with pytest.raises(ArchiveError, match="BAOWEN_INDEX=local"):
        find(index, "早稻")
    server = Server(tmp_path / "server.db", port=server.port)
    monkeypatch.setattr("rag.index.milvus_client._ANSWER", 30.0)
    assert find(index, "早稻").keys() == {HARBOUR.id, SCHOOL.id}
    index.close()
    server.stop()


@needs_milvus
def test_a_folder_in_use_is_told(filled, archive, tmp_path):
    with pytest.raises(ArchiveError, match="another program"):
        milvus.open_index(tmp_path / "index", archive)


@needs_milvus
def test_files_that_are_none_of_milvus_are_told(archive, tmp_path):
    (tmp_path / "index").mkdir()
    (tmp_path / "index" / "milvus.db").write_text("junk")
    with pytest.raises(ArchiveError, match="delete it"):
        milvus.open_index(tmp_path / "index", archive)


def test_a_missing_package_is_told(archive, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pymilvus", None)
    with pytest.raises(ArchiveError, match=r"baowen\[milvus\]"):
        milvus.open_index(tmp_path / "index", archive)


def test_each_kind_of_server_has_its_analyzer():
    assert analyzer("milvus_lite-3.2.2") == {"tokenizer": "jieba"}
    assert analyzer("v2.6.4") == {"type": "chinese"}


@needs_milvus
def test_the_settings_choose_the_engine(tmp_path):
    settings = read_settings(home=tmp_path, llm="none", index="milvus", milvus_collection="city")
    service = open_service(settings, embedder=EMBEDDER)
    service.add([FRONT, BACK])
    assert service.rebuild_index() == ()
    assert service.search("早稻开镰").hits[0].article.id == RICE.id
    service.remove([RICE.id])
    assert RICE.id not in [hit.article.id for hit in service.search("早稻开镰").hits]
    service.close()
    assert (tmp_path / "index" / "milvus.db").is_dir()
    assert not (tmp_path / "index" / "words.db").exists()
    shutil.rmtree(tmp_path / "index")
    again = open_service(settings, embedder=EMBEDDER)
    assert again.search("新学校").hits[0].article.id == SCHOOL.id
    again.close()


@needs_milvus
def test_the_doctor_knows_of_milvus(tmp_path, monkeypatch):
    monkeypatch.setattr("rag.embedding.open_embedder", lambda _: EMBEDDER)
    settings = read_settings(home=tmp_path, llm="none", index="milvus")
    found = {one.subject: one for one in examine(settings)}
    assert found["index"].state.startswith("milvus, in step")
    assert not found["pymilvus"].remedy
    down = {one.subject: one for one in examine(settings.model_copy(update={"milvus_uri": "http://127.0.0.1:9"}))}
    assert "127.0.0.1:9" in down["index"].state
    assert down["index"].remedy

import math
import shutil
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from rag.archive import open_archive
from rag.archive.maintenance import rebuild_archive, verify_archive
from rag.fakes import HashEmbedder
from rag.index import bm25, vectors
from rag.ingest import embed_articles, ingest_pages
from rag.schema import Filters
from rag.text.passages import cut_passages
from rag.text.tokens import bigrams, words
from tests.unit.engines import ENGINES, OPENERS, needs_milvus
from tests.unit.newspapers import ADVERT, BACK, FRONT, HARBOUR, RICE, SCHOOL, article, page

EMBEDDER = HashEmbedder()


class OtherEmbedder(HashEmbedder):
    name = "other"
    fingerprint = "other-64"

    def query(self, text):
        return -super().query(text)


@pytest.fixture
def archive(tmp_path):
    opened = open_archive(tmp_path)
    yield opened
    opened.close()


@pytest.fixture(params=ENGINES)
def open_index(request):
    return OPENERS[request.param]


@pytest.fixture
def filled(archive, tmp_path, open_index):
    index = open_index(tmp_path / "index", archive)
    assert ingest_pages([FRONT, BACK], archive, index, EMBEDDER).notes == ()
    yield index
    index.close()


def find(index, question, *, top=50, filters=Filters()):
    asked = EMBEDDER.query(question)[None, :]
    return {one.article_id: one for one in index.candidates(question, asked, top=top, filters=filters)}


def test_every_page_is_found_at_once(filled):
    assert filled.notes == ()
    found = find(filled, "中山港口岸上半年出入境旅客有多少")
    assert found.keys() == {HARBOUR.id, SCHOOL.id, RICE.id, ADVERT.id}
    assert max(found.values(), key=lambda one: one.words).article_id == HARBOUR.id


def test_a_search_sees_what_another_program_wrote(filled, archive):
    late = article("蓝天保卫战", "空气质量优良天数达到三百天。\n", page="A7")
    archive.add_page(page(late, source="late"), *embed_articles([late], EMBEDDER), EMBEDDER)
    assert late.id in find(filled, "空气质量")
    archive.remove(article_ids=[late.id, HARBOUR.id])
    assert find(filled, "空气质量").keys() == {SCHOOL.id, RICE.id, ADVERT.id}


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(pages=("A2",)), {RICE.id, ADVERT.id}),
        (Filters(kinds=("ad",)), {ADVERT.id}),
        (Filters(kinds=("news",), pages=("A1", "A2")), {HARBOUR.id, SCHOOL.id, RICE.id}),
        (Filters(date_from="2025-07-12"), set()),
        (Filters(date_from="2025-07-11", date_to="2025-07-11", papers=("晚报",)), None),
        (Filters(article_ids=(RICE.id,)), {RICE.id}),
        (Filters(papers=("日报",)), set()),
    ],
)
def test_filters_hold_for_words_and_vectors(filled, filters, expected):
    everything = {HARBOUR.id, SCHOOL.id, RICE.id, ADVERT.id}
    assert find(filled, "早稻开镰节约用水", filters=filters).keys() == (everything if expected is None else expected)


def test_an_undated_article_is_outside_every_range(filled, archive):
    undated = article("无日期", date="", page="")
    archive.add_page(page(undated), *embed_articles([undated], EMBEDDER), EMBEDDER)
    assert undated.id in find(filled, "无日期")
    assert undated.id not in find(filled, "无日期", filters=Filters(date_to="2030-01-01"))
    assert undated.id not in find(filled, "无日期", filters=Filters(date_from="1900-01-01"))


def test_closing_keeps_the_index(filled, archive, tmp_path, open_index):
    before = find(filled, "新学校")
    filled.close()
    again = open_index(tmp_path / "index", archive)
    assert again.notes == ()
    assert find(again, "新学校") == before
    assert verify_archive(archive, again) == ()
    again.close()


@pytest.mark.parametrize("name", ["vectors.faiss", "vectors.faiss.seal", "words.db"])
@pytest.mark.parametrize("damage", ["missing", "flipped", "cut", "empty", "junk"])
@pytest.mark.parametrize("open_index", ["local"], indirect=True)
def test_a_damaged_index_is_made_anew_and_said(filled, archive, tmp_path, name, damage, open_index):
    before = find(filled, "新学校")
    filled.close()
    path = tmp_path / "index" / name
    data = bytearray(path.read_bytes())
    if damage == "missing":
        path.unlink()
    elif damage == "flipped":
        data[len(data) // 2] ^= 0x10
        path.write_bytes(data)
    elif damage == "cut":
        path.write_bytes(data[: len(data) // 2])
    elif damage == "empty":
        path.write_bytes(b"")
    else:
        path.write_bytes(b"junk" * 5000)
    again = open_index(tmp_path / "index", archive)
    assert find(again, "新学校") == before
    again.close()


def test_an_index_of_another_archive_is_made_anew(filled, tmp_path, open_index):
    filled.close()
    other = open_archive(tmp_path / "other")
    ingest_pages([FRONT], other, open_index(tmp_path / "unused", other), EMBEDDER)
    shutil.copytree(tmp_path / "index", tmp_path / "other" / "index")
    index = open_index(tmp_path / "other" / "index", other)
    assert index.notes
    assert all("another archive" in note for note in index.notes)
    assert find(index, "早稻").keys() == {HARBOUR.id, SCHOOL.id}
    assert verify_archive(other, index) == ()
    index.close()
    other.close()


def test_a_rebuilt_archive_has_a_new_index(filled, archive, tmp_path, open_index):
    filled.close()
    rebuild_archive(archive, tmp_path / "index", OtherEmbedder())
    index = open_index(tmp_path / "index", archive)
    assert verify_archive(archive, index) == ()
    nearest = index.candidates("", OtherEmbedder().query("早稻开镰")[None, :], top=1, filters=Filters())
    assert [one.article_id for one in nearest] == [RICE.id]
    index.close()


def test_an_open_index_follows_a_rebuild(filled, archive, tmp_path):
    rebuild_archive(archive, tmp_path / "elsewhere", OtherEmbedder())
    nearest = filled.candidates("", OtherEmbedder().query("早稻开镰")[None, :], top=1, filters=Filters())
    assert [one.article_id for one in nearest] == [RICE.id]


def test_words_with_signs_are_found(filled, archive):
    odd = article("C++与F-35", "他用C++写了“F-35”的程序，得分3.5%，地址a_b@c.cn，表情😀。\n", page="A9")
    archive.add_page(page(odd, source="odd"), *embed_articles([odd], EMBEDDER), EMBEDDER)
    for question in ("F-35", "C++", "3.5%", "a_b@c.cn", "程序"):
        assert find(filled, question)[odd.id].words > 0
    archive.remove(article_ids=[odd.id])
    assert odd.id not in find(filled, "F-35")
    assert filled.verify() == ()


def test_an_empty_archive_answers_nothing(archive, tmp_path, open_index):
    index = open_index(tmp_path / "index", archive)
    assert find(index, "什么") == {}
    index.close()


def synthetic(size, dimension=32, seed=0):
    """Unit vectors in clusters, as texts are, and their numbers."""
    chance = np.random.default_rng(seed)
    centres = chance.normal(size=(40, dimension))
    rows = centres[chance.integers(40, size=size)] + 0.7 * chance.normal(size=(size, dimension))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return np.arange(1, size + 1, dtype=np.int64) * 3, rows.astype(np.float32)


def in_batches(numbers, rows):
    for begin in range(0, len(numbers), 500):
        yield numbers[begin : begin + 500], rows[begin : begin + 500]


@pytest.fixture
def large(tmp_path, monkeypatch):
    """4,000 vectors in a base, 200 beside it, 300 gone of both; with the numbers and rows that remain."""
    monkeypatch.setattr(vectors, "EXACT", 1000)
    numbers, rows = (part[:4200] for part in synthetic(4250))
    index = vectors.VectorIndex(32)
    index.add(numbers[:4000], rows[:4000])
    assert index.is_stale()
    index.make_base(tmp_path, {"of": "me"}, in_batches(numbers[:4000], rows[:4000]), rows[:4000:2])
    assert not index.is_stale()
    index.add(numbers[4000:], rows[4000:])
    gone = np.random.default_rng(1).choice(4200, 300, replace=False)
    index.remove(numbers[gone])
    kept = np.setdiff1d(np.arange(4200), gone)
    return index, numbers[kept], rows[kept]


def test_a_large_index_finds_nearly_what_an_exact_search_finds(large):
    index, numbers, rows = large
    assert np.array_equal(index.numbers(), numbers)
    queries = synthetic(4250)[1][4200:]
    truth = numbers[np.argsort(-(queries @ rows.T), axis=1)[:, :10]]
    found = index.search(queries, 10)
    assert sum(len(np.intersect1d(one, other)) for one, other in zip(found, truth, strict=True)) >= 0.98 * truth.size
    assert np.isin(found, numbers).all()


def test_filters_are_exact_in_a_large_index(large):
    index, numbers, rows = large
    queries = synthetic(4250)[1][4200:4220]
    allowed = np.sort(np.random.default_rng(4).choice(len(numbers), 60, replace=False))
    truth = numbers[allowed][np.argsort(-(queries @ rows[allowed].T), axis=1)[:, :10]]
    assert np.array_equal(index.search(queries, 10, numbers[allowed]), truth)
    assert index.search(queries, 10, np.empty(0, dtype=np.int64)).shape == (20, 0)


def test_a_large_index_comes_back_from_its_files(large, tmp_path):
    index, numbers, _ = large
    index.save(tmp_path, {"of": "me"})
    loaded, problem = vectors.VectorIndex.load(tmp_path, 32, lambda note: note == {"of": "me"})
    assert problem == ""
    # Which of the base are gone is not in the files; whoever loads them removes what the archive has no more.
    loaded.remove(np.setdiff1d(loaded.numbers(), numbers))
    assert np.array_equal(loaded.numbers(), numbers)
    queries = synthetic(4250)[1][4200:]
    assert np.array_equal(loaded.search(queries, 10), index.search(queries, 10))
    strange, problem = vectors.VectorIndex.load(tmp_path, 32, lambda note: False)
    assert problem == "was made from another archive"
    assert len(strange.numbers()) == 0


def test_a_base_that_has_lost_everything_is_empty_and_takes_in_what_comes(monkeypatch, tmp_path):
    monkeypatch.setattr(vectors, "EXACT", 3)
    rows = synthetic(40)[1]
    index = vectors.VectorIndex(32)
    index.add(np.arange(20), rows[:20])
    index.make_base(tmp_path, {}, iter([(np.arange(20), rows[:20])]), rows[:20])
    index.remove(np.arange(20))
    assert not index.is_stale()
    assert (index.search(rows[:1], 5) == -1).all()
    index.add(np.arange(20, 24), rows[20:24])
    assert index.is_stale()
    assert set(index.search(rows[20:21], 5)[0].tolist()) == {-1, 20, 21, 22, 23}


def naive_bm25(texts, asked):
    """BM25 of every text, each text a list of tokens, in plain Python."""
    mean = sum(map(len, texts.values())) / max(1, len(texts))
    counts = {key: Counter(tokens) for key, tokens in texts.items()}
    scores, most = dict.fromkeys(texts, 0.0), 0.0
    for token, times in asked.items():
        having = sum(token in count for count in counts.values())
        if not having:
            continue
        weight = math.sqrt(times) * math.log(1 + (len(texts) - having + 0.5) / (having + 0.5))
        most += weight * (bm25.K1 + 1)
        for key, count in counts.items():
            norm = bm25.K1 * (1 - bm25.B + bm25.B * len(texts[key]) / (mean or 1))
            scores[key] += weight * (bm25.K1 + 1) * count[token] / (count[token] + norm)
    return {key: score / (most or 1) for key, score in scores.items()}


PHRASES = ["港口客流增长", "新学校九月开学", "早稻开镰", "节约用水", "F-35", "台风登陆", "3600个学位", "边检站说"]
TITLES = st.lists(st.sampled_from(PHRASES), min_size=1, max_size=2).map("".join)
BODIES = st.lists(st.sampled_from(PHRASES), max_size=60).map(lambda parts: "".join(part + "。" for part in parts))


class IndexMachine(RuleBasedStateMachine):
    """The index does what a dictionary and plain arithmetic do."""

    exact = vectors.EXACT
    engine = "local"

    def open(self):
        return OPENERS[self.engine](self.home / "index", self.archive)

    @initialize()
    def start(self):
        import tempfile
        from pathlib import Path

        self.home = Path(tempfile.mkdtemp())
        self.archive = open_archive(self.home)
        self.index = self.open()
        self.pages = {}
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(vectors, "EXACT", self.exact)

    @rule(source=st.sampled_from("甲乙丙"), parts=st.lists(st.tuples(TITLES, BODIES), min_size=1, max_size=3))
    def put_page(self, source, parts):
        new = [article(title, body, page=source, position=at) for at, (title, body) in enumerate(parts)]
        one = page(*{each.id: each for each in new}.values(), source=source)
        ingest_pages([one], self.archive, self.index, EMBEDDER)
        self.pages[source] = list(one.articles)

    @rule(data=st.data())
    def remove_article(self, data):
        alive = [one for many in self.pages.values() for one in many]
        if alive:
            gone = data.draw(st.sampled_from(alive))
            assert self.archive.remove(article_ids=[gone.id]) == 1
            self.pages = {key: [one for one in many if one.id != gone.id] for key, many in self.pages.items()}

    @rule(source=st.sampled_from("甲乙丙"))
    def remove_page(self, source):
        assert self.archive.remove(page=source) == len(self.pages.pop(source, []))

    @rule(title=TITLES, data=st.data())
    def correct(self, title, data):
        alive = [(key, at) for key, many in self.pages.items() for at in range(len(many))]
        if alive:
            key, at = data.draw(st.sampled_from(alive))
            old = self.pages[key][at]
            new = replace(old, title=title)
            if new.id not in {one.id for one in self.pages[key]}:
                self.archive.update_article(old.id, new, *embed_articles([new], EMBEDDER))
                self.pages[key][at] = new

    @rule()
    def reopen(self):
        self.index.close()
        self.index = self.open()
        assert self.index.notes == ()

    @rule(name=st.sampled_from(["vectors.faiss", "vectors.faiss.seal", "base.faiss", "words.db", "milvus.db"]))
    def lose_a_file(self, name):
        self.index.close()
        path = self.home / "index" / name
        if path.is_dir():
            shutil.rmtree(path)
        path.unlink(missing_ok=True)
        self.index = self.open()

    @rule(question=st.lists(st.sampled_from(PHRASES), min_size=1, max_size=2).map("？".join))
    def search(self, question):
        alive = {one.id: one for many in self.pages.values() for one in many}
        found = find(self.index, question, top=1000)
        assert found.keys() == alive.keys()
        tokens = bm25.question_tokens(question)
        cut = {key: words(one.headline) * bm25.HEADLINE + words_of_body(one) for key, one in alive.items()}
        by_words = naive_bm25(cut, tokens.words)
        cut = {key: [*bigrams(one.headline)] * bm25.HEADLINE + [*bigrams(one.body)] for key, one in alive.items()}
        by_grams = naive_bm25(cut, tokens.grams)
        cosines = dense(alive, question)
        for key, one in found.items():
            assert one.words == pytest.approx(by_words[key], abs=1e-6)
            assert one.grams == pytest.approx(by_grams[key], abs=1e-6)
            assert one.dense == pytest.approx(cosines[key], abs=0.05)

    @invariant()
    def nothing_is_wrong(self):
        if hasattr(self, "index"):
            assert verify_archive(self.archive, self.index) == ()

    def teardown(self):
        if hasattr(self, "index"):
            self.index.close()
            self.archive.close()
            self.patch.undo()
            shutil.rmtree(self.home)


def words_of_body(one):
    return [word for part in cut_passages(one) for word in words(part.text)]


def dense(alive, question):
    """The cosines of each article's first and best passage in standard deviations above the mean, by plain numpy."""
    passages, rows = embed_articles(alive.values(), EMBEDDER)
    if not passages:
        return {}
    cosines = rows.astype(np.float16).astype(np.float32) @ EMBEDDER.query(question)
    scaled = (cosines - cosines.mean()) / max(float(cosines.std()), 1e-3)
    found = {}
    for one, value in zip(passages, scaled.tolist(), strict=True):
        found.setdefault(one.article_id, []).append(value)
    return {key: (values[0] + max(values)) / 2 for key, values in found.items()}


class LargeIndexMachine(IndexMachine):
    """The same with most vectors in a base."""

    exact = 3


class MilvusMachine(IndexMachine):
    """The same in Milvus."""

    engine = "milvus"


TestLargeIndexMachine = LargeIndexMachine.TestCase
TestIndexMachine = IndexMachine.TestCase
TestMilvusMachine = needs_milvus(MilvusMachine.TestCase)
TestIndexMachine.settings = TestLargeIndexMachine.settings = settings(
    max_examples=20, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
)
TestMilvusMachine.settings = settings(TestIndexMachine.settings, max_examples=8)

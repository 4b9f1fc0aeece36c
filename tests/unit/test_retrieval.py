import pytest

from rag.archive import open_archive
from rag.fakes import HashEmbedder
from rag.ingest import ingest_pages
from rag.retrieval import Retriever
from rag.schema import Filters
from rag.settings import read_settings
from rag.text.periods import periods
from tests.unit.engines import ENGINES, OPENERS
from tests.unit.newspapers import ADVERT, BACK, FRONT, HARBOUR, RICE, SCHOOL, article, page

EMBEDDER = HashEmbedder()
WIRE = (
    "".join(f"第{n}号堤段的防汛抢险救援队伍已经就位，{n * 13}名队员昼夜巡查，物资储备充足。" for n in range(12)) + "\n"
)


@pytest.fixture(params=ENGINES)
def parts(tmp_path, request):
    archive = open_archive(tmp_path)
    index = OPENERS[request.param](tmp_path / "index", archive)
    ingest_pages([FRONT, BACK], archive, index, EMBEDDER)
    yield archive, index, Retriever(archive, index, EMBEDDER, read_settings(home=tmp_path))
    index.close()
    archive.close()


def ids(result):
    return [hit.article.id for hit in result.hits]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("中山港口岸上半年有多少旅客出入境？", HARBOUR),
        ("市里哪三所新学校投入使用？新增多少学位？", SCHOOL),
        ("哪个镇的早稻开镰了？", RICE),
    ],
)
def test_the_right_article_comes_first(parts, question, expected):
    result = parts[2].search(question)
    assert ids(result)[0] == expected.id
    assert result.question == question
    hit = result.hits[0]
    assert hit.passage.text == expected.body[hit.passage.start : hit.passage.end]
    scores = [hit.score for hit in result.hits]
    assert scores == sorted(scores, reverse=True)
    assert len(set(ids(result))) == len(result.hits)


def test_top_limits_the_hits(parts):
    assert len(parts[2].search("中山早稻学校", top=2).hits) == 2
    assert parts[2].search("中山早稻学校", top=0).hits == ()


@pytest.mark.parametrize("question", ["", "  \n"])
def test_an_empty_question_finds_nothing(parts, question):
    assert parts[2].search(question).hits == ()


@pytest.mark.parametrize("question", ["？？？", "！！", "\x00", "😀", "多少", "a" * 2000, '"OR" AND (x) NOT *'])
def test_odd_questions_do_no_harm(parts, question):
    assert len(parts[2].search(question).hits) <= 3


def test_advertisements_only_when_asked_for(parts):
    assert ADVERT.id not in ids(parts[2].search("节约用水"))
    assert ids(parts[2].search("节约用水", filters=Filters(kinds=("ad",)))) == [ADVERT.id]


def test_filters_are_hard(parts):
    assert ids(parts[2].search("中山港口旅客", filters=Filters(pages=("A2",)))) == [RICE.id]
    assert parts[2].search("中山港口旅客", filters=Filters(date_to="2025-07-10")).hits == ()
    assert ids(parts[2].search("中山港口旅客", filters=Filters(article_ids=(ADVERT.id,)))) == [ADVERT.id]


def test_wire_copy_is_one_hit(parts):
    archive, index, retriever = parts
    ours = article("防汛队伍就位", WIRE, page="A5")
    theirs = article("抢险队伍全部就位", WIRE + "另有补充。\n", paper="日报", page="B1")
    ingest_pages([page(ours, source="ours"), page(theirs, source="theirs")], archive, index, EMBEDDER)
    result = retriever.search("防汛抢险队伍在哪些堤段就位")
    assert {result.hits[0].article.id, *result.hits[0].duplicates} == {ours.id, theirs.id}
    assert len(result.hits[0].duplicates) == 1
    assert result.hits[0].duplicates[0] not in ids(result)


def test_what_was_removed_is_never_found(parts):
    archive, _, retriever = parts
    archive.remove(article_ids=[HARBOUR.id])
    assert HARBOUR.id not in ids(retriever.search("中山港口岸旅客"))


def test_date_words_nudge_and_are_told(parts):
    archive, index, retriever = parts
    body = "全市气温升高，气象台发布高温预警。\n"
    old = article("高温预警", body, date="2025-06-20", page="A1")
    new = article("高温预警发布", body, date="2025-07-11", page="A8")
    ingest_pages([page(old, source="old"), page(new, source="new")], archive, index, EMBEDDER)
    june = retriever.search("6月20日的高温预警说了什么")
    assert ids(june)[0] == old.id
    assert june.notes == ("“6月20日”按2025年6月20日理解（以2025-07-11为今天）。",)
    yesterday = retriever.search("昨天的高温预警说了什么")
    assert ids(yesterday)[0] == new.id
    assert {old.id, new.id} <= set(ids(yesterday)) | set(yesterday.hits[0].duplicates)
    assert "2025年7月10日" in yesterday.notes[0]
    assert retriever.search("昨天的高温预警", today="2025-06-21").notes[0].startswith("“昨天”按2025年6月20日")


def test_today_may_be_the_clock(parts, tmp_path):
    archive, index, _ = parts
    clocked = Retriever(archive, index, EMBEDDER, read_settings(home=tmp_path, today="clock"))
    assert "以2025-07-11为今天" not in clocked.search("昨天有什么新闻").notes[0]


def test_the_reranker_has_the_last_word(parts, tmp_path):
    archive, index, _ = parts
    settings = read_settings(home=tmp_path, reranker="a model")
    retriever = Retriever(archive, index, EMBEDDER, settings)

    class Backwards:
        def predict(self, pairs, show_progress_bar):
            return [-1.0 if "港口" in text else 1.0 if "早稻" in text else 0.0 for _, text in pairs]

    retriever.__dict__["_reranker"] = Backwards()
    assert ids(retriever.search("中山港口岸旅客")) == [RICE.id, SCHOOL.id, HARBOUR.id]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("昨天发生了什么", ["2025年7月10日"]),
        ("上周五的会议", ["2025年7月4日"]),
        ("今年上半年的出口额", ["2025年1月1日至6月30日"]),
        ("上周有哪些台风新闻", ["2025年6月30日至7月6日"]),
        ("最近三天的天气", ["2025年7月9日至7月11日"]),
        ("近一周的新闻", ["2025年7月5日至7月11日"]),
        ("最近有什么活动", ["2025年7月5日至7月11日"]),
        ("上个月的客流", ["2025年6月1日至6月30日"]),
        ("前7个月的外贸", ["2025年1月1日至7月31日"]),
        ("去年底的报告", ["2024年12月1日至12月31日"]),
        ("7月10日到12日", ["2025年7月10日", "2025年7月12日"]),
        ("中山港有多少旅客", []),
        ("2月30日", []),
        ("上周刊登了什么", ["2025年6月30日至7月6日"]),
    ],
)
def test_periods(question, expected):
    assert [period.label for period in periods(question, "2025-07-11")] == expected


def test_without_today_only_full_dates_count():
    assert [period.label for period in periods("2025年7月1日和昨天", "")] == ["2025年7月1日"]
    assert periods("上周的新闻", "not a date") == ()

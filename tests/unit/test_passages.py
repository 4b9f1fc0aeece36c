from hypothesis import given
from hypothesis import strategies as st

from rag.schema import Article
from rag.text.passages import LONGEST, TARGET, cut_passages, embedding_text
from tests.unit.newspapers import HARBOUR

TEXT = st.text(alphabet="春夏秋冬。！？“”\n 　a1，", max_size=2000)


@given(TEXT)
def test_passages_are_addresses_and_hold_all_text(body):
    article = Article("题", body)
    passages = cut_passages(article)
    at = 0
    for passage in passages:
        assert passage.article_id == article.id
        assert passage.text == body[passage.start : passage.end]
        assert not body[at : passage.start].strip()
        at = passage.end
        assert len(passage.text.strip()) == len(passage.text)
    assert not body[at:].strip()
    assert len({passage.id for passage in passages}) == len(passages)


@given(st.lists(st.integers(5, 80), min_size=1, max_size=80))
def test_passages_are_of_even_length(lengths):
    body = "".join("字" * length + "。" for length in lengths)
    passages = cut_passages(Article("题", body))
    assert all(len(passage.text) <= TARGET + 200 for passage in passages)
    if len(body) > 2 * TARGET:
        assert all(len(passage.text) >= TARGET / 2 - 90 for passage in passages)


def test_an_endless_sentence_is_divided():
    passages = cut_passages(Article("题", "字" * 2000))
    assert all(len(passage.text) <= LONGEST for passage in passages)
    assert "".join(passage.text for passage in passages) == "字" * 2000


def test_a_headline_alone_has_one_empty_passage():
    assert [(one.start, one.end, one.text) for one in cut_passages(Article("图片新闻", ""))] == [(0, 0, "")]
    assert [one.text for one in cut_passages(Article("图片新闻", " \n"))] == [""]
    assert cut_passages(Article("", "")) == ()


def test_headline_and_date_are_embedded():
    passage = cut_passages(HARBOUR)[0]
    assert embedding_text(HARBOUR, passage) == f"{HARBOUR.title}\n2025-07-11\n{passage.text}"

import json

import pytest

from rag.contract import answer_json, article_json, check_date, read_filters, read_history, search_json
from rag.errors import InputError
from rag.schema import (
    Answer,
    Article,
    Claim,
    Edition,
    Evidence,
    Filters,
    Hit,
    Passage,
    SearchResult,
    Timings,
    Turn,
)

ARTICLE = Article(
    title="标题",
    body="下沉干部120人次。",
    external_id="n-1",
    edition=Edition(paper="某日报", date="2025-07-11", page="2"),
)


def test_an_answer_has_every_field_of_the_contract():
    evidence = Evidence(1, ARTICLE, 0, 10)
    claim = Claim("下沉干部120人次。", "supported", (), (evidence.citation,))
    answer = Answer(
        "问", "answered", "下沉干部120人次。", (claim,), (evidence,), llm="none", timings=Timings(1, 2, 3, 4, 5, 6)
    )
    found = json.loads(json.dumps(answer_json(answer), ensure_ascii=False))
    assert {"question", "outcome", "answer", "claims", "evidence", "llm", "timings"} <= set(found)
    assert set(found["claims"][0]) == {"text", "verdict", "reasons", "citations"}
    citation = found["claims"][0]["citations"][0]
    assert list(citation) == ["article_id", "external_id", "title", "date", "start", "end", "quote"]
    assert ARTICLE.body[citation["start"] : citation["end"]] == citation["quote"]
    assert found["evidence"][0] == citation
    assert found["timings"] == {
        "retrieval_ms": 1,
        "evidence_ms": 2,
        "first_token_ms": 3,
        "total_ms": 4,
        "prompt_tokens": 5,
        "output_tokens": 6,
    }


def test_a_hit_has_every_field_of_the_contract():
    hit = Hit(ARTICLE, Passage(ARTICLE.id, 0, 10, ARTICLE.body), 0.5)
    found = search_json(SearchResult("问", (hit,)))
    assert found["question"] == "问"
    wanted = {"article_id", "external_id", "title", "date", "score", "passage", "start", "end"}
    assert wanted <= set(found["hits"][0])
    assert (found["hits"][0]["article_id"], found["hits"][0]["external_id"]) == (ARTICLE.id, "n-1")


def test_an_article_tells_where_it_was_printed():
    found = article_json(ARTICLE)
    assert (found["paper"], found["date"], found["page"], found["body"]) == ("某日报", "2025-07-11", "2", ARTICLE.body)


def test_filters_take_one_or_many():
    assert read_filters({"paper": "甲报", "date": "2025-07-11", "page": 2}) == Filters(
        papers=("甲报",), date_from="2025-07-11", date_to="2025-07-11", pages=("2",)
    )
    assert read_filters({"papers": ["甲报", "乙报"], "kind": "photo"}) == Filters(
        papers=("甲报", "乙报"), kinds=("photo",)
    )
    assert read_filters(None) == read_filters({}) == Filters()


@pytest.mark.parametrize(
    "bad", ["x", {"colour": "red"}, {"date": "yesterday"}, {"kind": "poem"}, {"paper": {"a": 1}}, {"papers": [None]}]
)
def test_a_bad_filter_is_named(bad: object):
    with pytest.raises(InputError):
        read_filters(bad)


def test_history_is_read_or_refused():
    assert read_history([{"role": "user", "content": "问"}]) == (Turn("user", "问"),)
    assert read_history(None) == ()
    for bad in ("x", [{"role": "system", "content": "x"}], ["x"]):
        with pytest.raises(InputError, match="history"):
            read_history(bad)


def test_dates_are_iso_or_refused():
    assert check_date("2025-07-11") == "2025-07-11"
    assert check_date("") == ""
    with pytest.raises(InputError, match="2025-07-11"):
        check_date("11.7.2025")

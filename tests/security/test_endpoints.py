"""The endpoints for programs: what they answer, and what they do with what nobody should send."""

from __future__ import annotations

from typing import Any

import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError

from rag.service import Service

QUESTION = "“莲心办”服务累计下沉干部多少人次？"


@pytest.fixture(scope="module")
def program(address: str) -> Client:
    return Client(address, verbose=False, analytics_enabled=False, download_files=False)


def test_a_program_asks_and_every_citation_is_exact(program: Client, service: Service):
    answer = program.predict(question=QUESTION, api_name="/ask")
    assert answer["outcome"] == "answered"
    assert "120人次" in answer["answer"]
    for claim in answer["claims"]:
        for one in claim["citations"]:
            article = service.archive.article(one["article_id"])
            assert article is not None
            assert article.body[one["start"] : one["end"]] == one["quote"]


def test_a_program_searches_with_filters(program: Client):
    found = program.predict(question="营商环境", top=3, paper="荆州日报", date_from="2025-07-11", api_name="/search")
    assert 0 < len(found["hits"]) <= 3
    assert program.predict(question="营商环境", date_from="2026-01-01", api_name="/search")["hits"] == []


def test_a_program_reads_editions_days_and_articles(program: Client):
    editions = program.predict(api_name="/articles")["editions"]
    assert [(one["paper"], one["date"]) for one in editions] == [("荆州日报", "2025-07-11")]
    listed = program.predict(date="2025-07-11", api_name="/articles")["articles"]
    assert len(listed) == editions[0]["articles"]
    assert "body" not in listed[0]
    whole = program.predict(article=listed[1]["article_id"], api_name="/articles")["articles"][0]
    assert whole["title"] == listed[1]["title"]
    assert whole["body"]


def test_a_program_gets_a_digest(program: Client):
    digest = program.predict(api_name="/digest")
    assert digest["date"] == "2025-07-11"
    assert digest["ledger"]["covered"] == sum(len(item["article_ids"]) for item in digest["items"])


@pytest.mark.parametrize(
    ("name", "values", "word"),
    [
        ("/ask", {"question": "  "}, "question"),
        ("/ask", {"question": "问" * 501}, "501"),
        ("/ask", {"question": QUESTION, "date_from": "yesterday"}, "date"),
        ("/search", {"question": "问" * 100_000}, "100000"),
        ("/digest", {"date": "2025-13-45"}, "date"),
        ("/articles", {"article": "../../etc/passwd"}, "article"),
        ("/articles", {"date": "1 OR 1=1"}, "date"),
    ],
)
def test_what_cannot_be_answered_is_refused_in_a_sentence(program: Client, name: str, values: Any, word: str):
    with pytest.raises(AppError, match=word) as caught:
        program.predict(**values, api_name=name)
    assert "Traceback" not in str(caught.value)


@pytest.mark.parametrize(
    "values",
    [
        {"question": None},
        {"question": ["a", "b"]},
        {"question": {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}},
        {"question": 12},
        {"question": QUESTION, "paper": {"a": 1}},
    ],
)
def test_values_of_the_wrong_kind_are_refused_and_tell_nothing(program: Client, values: Any):
    with pytest.raises((AppError, ValueError)) as caught:
        program.predict(**values, api_name="/ask")
    assert "root:" not in str(caught.value)


def test_the_handlers_of_the_desk_are_not_for_programs(program: Client):
    for name in ("/desk_ask", "/desk_remove", "/desk_upload", "/desk_save"):
        with pytest.raises(ValueError, match=name):
            program.predict(api_name=name)


def test_injection_into_the_search_finds_nothing_and_breaks_nothing(program: Client):
    for question in ("' OR 1=1 --", '"; DROP TABLE articles; --', 'NEAR("a" "b")', "*", "a AND NOT b", "%_\\"):
        program.predict(question=question, api_name="/search")
    assert program.predict(question=QUESTION, api_name="/search")["hits"]

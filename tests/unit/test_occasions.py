"""What took place on a day: a sentence of every report that tells of it, each cited."""

from __future__ import annotations

import json

import pytest

from tests.newsroom import seed_service

REPORTS = (
    ("全市防汛工作会议召开", "3月4日，全市防汛工作会议召开，部署汛前检查。会议由市长主持。"),
    ("农业大学成果推介", "3月4日，东湖县科技成果推介活动举行，农业大学专家参加活动。"),
    ("渡口通车", "新华社武汉3月4日电 东湖渡口大桥3月2日通车。"),
    ("春耕", "3月4日下了小雨，农户忙着整地。"),
)


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    folder = tmp_path_factory.mktemp("occasions")
    rows = [
        {"id": str(at), "title": title, "date": "2025-03-05", "body": body} for at, (title, body) in enumerate(REPORTS)
    ]
    file = folder / "pages.jsonl"
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    opened = seed_service(folder / "home", seeds=False)
    opened.ingest([file])
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("question", "told", "untold"),
    [
        ("3月4日举行了哪些会议和活动？", ["防汛工作会议", "成果推介活动"], ["大桥", "小雨"]),
        ("根据本版报道，3月4日召开了哪些会议？", ["防汛工作会议"], ["成果推介", "大桥"]),
        ("农业大学3月4日举行了什么活动？", ["成果推介活动"], ["防汛"]),
        ("3月2日有哪些大事？", ["大桥"], ["防汛", "成果推介"]),
    ],
)
def test_every_report_that_tells_of_the_day_is_in_the_answer(service, question, told, untold):
    answer = service.ask(question)
    assert answer.outcome == "answered"
    assert all(words in answer.answer for words in told)
    assert not any(words in answer.answer for words in untold)
    for claim in answer.claims:
        (cited,) = claim.citations
        article = service.archive.articles([cited.article_id])[cited.article_id]
        assert article.body[cited.start : cited.end] == cited.quote


def test_a_day_of_which_nothing_is_told_has_no_occasions(service):
    assert service.ask("3月7日举行了哪些会议？").outcome == "not_found"

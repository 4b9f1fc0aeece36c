"""What took place on a day: a sentence of every report that tells of it, each cited."""

from __future__ import annotations

import json

import pytest

from rag.schema import Filters
from tests.newsroom import seed_service

REPORTS = (
    ("全市防汛工作会议召开", "3月4日，全市防汛工作会议召开，部署汛前检查。会议由市长主持。"),
    ("农业大学成果推介", "3月4日，东湖县科技成果推介活动举行，农业大学专家参加活动。"),
    ("渡口通车", "新华社武汉3月4日电 东湖渡口大桥3月2日通车。"),
    ("春耕", "3月4日下了小雨，农户忙着整地。"),
    ("广场舞", "原定3月4日举行的广场舞大赛延期至3月10日举行。"),
    ("报名", "东湖马拉松报名3月4日开始，比赛将在4月20日举行。"),
    ("热线升级", "记者昨日获悉，县热线打造接听加座谈模式，热线启动新机制。"),
    ("车展", "东湖国际车展3月6日开幕，期间举办试驾、抽奖等活动。"),
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
        (
            "3月4日举行了哪些会议和活动？",
            ["防汛工作会议", "成果推介活动"],
            ["大桥", "小雨", "广场舞", "马拉松", "热线"],
        ),
        ("根据本版报道，3月4日召开了哪些会议？", ["防汛工作会议"], ["成果推介", "大桥"]),
        ("农业大学3月4日举行了什么活动？", ["成果推介活动"], ["防汛"]),
        ("3月6日开幕的车展期间举办哪些活动？", ["试驾、抽奖"], ["防汛"]),
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


def test_only_reports_that_the_filters_let_through_are_listed(service):
    (wanted,) = (one.id for one in service.archive.edition_articles("2025-03-05") if one.external_id == "1")
    told = service.ask("3月4日举行了哪些会议和活动？", filters=Filters(article_ids=(wanted,))).answer
    assert "成果推介" in told
    assert "防汛" not in told


@pytest.mark.parametrize(
    "question", ["3月4日没有举行哪些活动？", "3月4日以后举行了什么活动？", "3月4日至6日召开了哪些会议？"]
)
def test_what_is_not_asked_of_one_day_alone_is_no_list_of_that_day(service, question):
    assert not service.ask(question).answer.startswith("原文摘录：\n1.")


def test_a_day_of_which_nothing_is_told_has_no_occasions(service):
    assert service.ask("3月7日举行了哪些会议？").outcome == "not_found"

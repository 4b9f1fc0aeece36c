from __future__ import annotations

from pathlib import Path

import pytest

from tests.newsroom import seed_service
from ui.examples import ask_for_figure, example_questions


@pytest.mark.parametrize(
    ("clause", "question"),
    [
        ("“莲心办”服务累计下沉干部120人次", "“莲心办”服务累计下沉干部多少人次？"),
        ("全县累计下沉干部服务群众120人次", "全县累计下沉干部服务群众多少人次？"),
        ("全县企业类市场主体入库总数达5.4万家", "全县企业类市场主体入库总数多少家？"),
        ("目前已经建设完成墩柱26个", "目前已经建设完成墩柱多少个？"),
        ("会议将于2025年7月召开", ""),
        ("博物馆等宣传系统的11名业务骨干", ""),
        ("“开口的引号和26个没有合上", ""),
        ("共有26个", ""),
        ("小麦12万亩玉米3万亩已经收割完成", ""),
        ("同比增长速度达到百分之二十", ""),
    ],
)
def test_a_figure_is_taken_out_and_asked_for(clause: str, question: str):
    assert ask_for_figure(clause) == question


def test_the_examples_come_from_different_articles_and_can_be_answered(tmp_path: Path):
    service = seed_service(tmp_path)
    try:
        questions = example_questions(service.archive)
        assert 3 <= len(questions) <= 5
        assert len(set(questions)) == len(questions)
        for question in questions:
            assert service.ask(question, use_llm=False).outcome != "not_found", question
    finally:
        service.close()


def test_an_empty_archive_has_no_examples(tmp_path: Path):
    service = seed_service(tmp_path, seeds=False)
    try:
        assert example_questions(service.archive) == ()
    finally:
        service.close()

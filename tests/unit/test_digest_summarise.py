"""The model's sentences: verified, kept, cached, interrupted."""

from __future__ import annotations

import threading
from pathlib import Path

from rag.archive import Archive
from rag.digest.daily import digest_events
from rag.digest.summarise import INSTRUCTION, merged, told_by_model
from rag.fakes import ScriptedModel
from rag.schema import Article, Claim, Digest, Edition
from rag.settings import Settings
from tests.unit.test_digest import fill, page

DAY = Edition("甲报", "2025-07-11", "1")
WATER = Article(
    "甲市水厂扩建完工",
    "本报讯 7月10日，甲市第一水厂扩建工程完工。工程总投资3.2亿元，日供水能力由20万吨提高到35万吨，惠及城区60万居民。",
    edition=DAY,
)
RACE = Article("乙县举办龙舟赛", "6月11日，乙县举办龙舟赛，32支队伍参赛，观众超过2万人。", edition=DAY, position=1)
TRUE = {
    "水厂": "甲市第一水厂扩建工程完工，总投资3.2亿元，日供水能力由20万吨提高到35万吨，惠及60万居民。",
    "龙舟": "6月11日，乙县举办龙舟赛，32支队伍参赛，观众超2万人。",
}


def said(user: str) -> str:
    return next(text for word, text in TRUE.items() if word in user)


def run(archive: Archive, home: Path, model: ScriptedModel, cancelled: threading.Event | None = None) -> list[Digest]:
    return list(digest_events(archive, llm=model, settings=Settings(home=home), cancelled=cancelled))


def told(digest: Digest) -> str:
    return "".join(claim.text for item in digest.items for claim in item.sentences)


def test_extractive_first_then_sentence_by_sentence(tmp_path: Path) -> None:
    model = ScriptedModel(said)
    steps = run(fill(tmp_path, [page(WATER, RACE)]), tmp_path, model)
    assert steps[0].llm == "none"
    assert steps[-1].llm == "scripted"
    assert TRUE["水厂"] in told(steps[-1])
    assert len(steps) == 4
    assert {system for system, _ in model.seen} == {INSTRUCTION}


def test_second_run_asks_the_model_nothing(tmp_path: Path) -> None:
    archive = fill(tmp_path, [page(WATER, RACE)])
    first = run(archive, tmp_path, ScriptedModel(said))[-1]
    model = ScriptedModel(said)
    assert run(archive, tmp_path, model)[-1] == first
    assert model.seen == []


def test_a_false_sentence_is_replaced_by_the_source(tmp_path: Path) -> None:
    model = ScriptedModel("甲市第一水厂扩建工程总投资5.6亿元。")
    last = run(fill(tmp_path, [page(WATER)]), tmp_path, model)[-1]
    assert "5.6亿元" not in told(last)
    assert "3.2亿元" in told(last)
    assert all(claim.verdict == "supported" for item in last.items for claim in item.sentences)


def test_a_sentence_that_did_not_end_is_dropped() -> None:
    claims = told_by_model("甲市第一水厂扩建工程完工。工程总投资3.2亿元，日供水能力由20万吨", WATER)
    assert [claim.text for claim in claims] == ["甲市第一水厂扩建工程完工。"]


def test_labels_and_repeats_are_dropped() -> None:
    claims = told_by_model("摘要：甲市第一水厂扩建工程完工。甲市第一水厂扩建工程完工。", WATER)
    assert [claim.text for claim in claims] == ["甲市第一水厂扩建工程完工。"]


def test_the_models_words_stand_for_the_sources_only_where_they_say_as_much() -> None:
    own = told_by_model("甲市第一水厂扩建工程完工。工程总投资3.2亿元，惠及城区60万居民。", WATER)
    shorter = told_by_model("第一水厂扩建完工。工程总投资3.2亿元。", WATER)
    assert shorter
    assert merged(shorter, own) == own
    same = told_by_model("甲市第一水厂扩建工程完工，总投资3.2亿元，惠及60万居民。", WATER)
    assert merged(same, own) == same
    other = told_by_model("乙县举办龙舟赛，32支队伍参赛。", RACE)
    assert merged((*same, *other), (*own, *other)) == (*same, *other)
    bare = Claim("无出处的一句。", "supported")
    assert merged(same, (bare, *own)) == (bare, *same)


def test_stop_keeps_what_was_written(tmp_path: Path) -> None:
    archive = fill(tmp_path, [page(WATER, RACE)])
    stop = threading.Event()

    def once(user: str) -> str:
        if len(model.seen) == 2:
            stop.set()
        return said(user)

    model = ScriptedModel(once)
    last = run(archive, tmp_path, model, stop)[-1]
    assert "已停止" in last.notes[0]
    assert last.items
    again = ScriptedModel(said)
    run(archive, tmp_path, again)
    assert len(again.seen) == 1


def test_a_model_that_breaks_leaves_the_source_sentences(tmp_path: Path) -> None:
    last = run(fill(tmp_path, [page(WATER, RACE)]), tmp_path, ScriptedModel(said, breaks_after=4))[-1]
    assert last.llm == "none"
    assert "broke off" in last.notes[0]
    assert "3.2亿元" in told(last)


def test_quotation_marks_around_the_whole_are_dropped_and_others_kept() -> None:
    named = Article("便民服务", "“莲心办”服务累计下沉干部120人次，办理事项1200余件。", edition=DAY)
    (claim,) = told_by_model("“莲心办”服务累计下沉干部120人次。", named)
    assert claim.text == "“莲心办”服务累计下沉干部120人次。"
    (claim,) = told_by_model("“工程总投资3.2亿元。”", WATER)
    assert claim.text == "工程总投资3.2亿元。"


def test_a_sentence_that_only_says_the_headline_again_is_dropped() -> None:
    assert told_by_model("乙县举办龙舟赛。", RACE) == ()
    assert told_by_model("乙县举办龙舟赛，32支队伍参赛。", RACE)

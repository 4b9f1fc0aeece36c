"""Denials, plans and directions: what counts as one and what only looks like one."""

import pytest

from rag.grounding.polarity import direction, firm, is_negation, mood, opposed


@pytest.mark.parametrize("word", ["不", "未", "没有", "尚未", "无法", "不具备"])
def test_denies(word):
    assert is_negation(word)


@pytest.mark.parametrize("word", ["不断", "未来", "非常", "无人机", "不仅", "不动产", "能否"])
def test_denies_nothing(word):
    assert not is_negation(word)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("上升", "下降"),
        ("升至", "降至"),
        ("增长", "减少"),
        ("流入", "流出"),
        ("支持者", "反对者"),
        ("上午", "下午"),
        ("批准", "否决"),
    ],
)
def test_opposed_both_ways(one, other):
    assert opposed(one, other)
    assert opposed(other, one)


@pytest.mark.parametrize(("one", "other"), [("增长", "上升"), ("举行", "召开"), ("上海", "下午"), ("提高", "提升")])
def test_not_opposed(one, other):
    assert not opposed(one, other)


def test_moods():
    assert (mood("将"), mood("拟"), mood("已"), mood("正在"), mood("举行")) == (
        "planned",
        "planned",
        "done",
        "doing",
        "",
    )
    assert firm("计划")
    assert not firm("要")
    assert direction("升至") == 1
    assert direction("回落") == -1

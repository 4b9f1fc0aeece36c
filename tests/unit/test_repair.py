"""Repairs to extracted text, and the names in it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.pages.names import names_spaced
from rag.pages.repair import close_head_spaces, close_spaces, join_lines, modern_forms, tidy_line, undoubled

PRINTED = st.text(alphabet="市区镇记者通讯员摄荆州7月10日A%b，。、（）“” \u3000", max_size=60)


@pytest.mark.parametrize(
    ("printed", "meant"),
    [
        ("近 日 ，位 于 荆 州 高 新 区", "近日，位于荆州高新区"),
        ("的 二 广 高 速 荆 州 绕 城 段 3 标", "的二广高速荆州绕城段3标"),
        ("（ 记 者   梅 闻   通 讯 员   徐 梓", "（记者 梅闻 通讯员 徐梓"),
        ("收 取 ， 降 幅 达 30% ； 北 交 所 在", "收取，降幅达30%；北交所在"),
        ("□ 记者 黄思明 孙颖", "□ 记者 黄思明 孙颖"),
        ("抢工期　保进度", "抢工期 保进度"),
        ("  靶向发力  解决共性难题 ", "靶向发力 解决共性难题"),
    ],
)
def test_a_line_is_read_as_it_was_set(printed: str, meant: str):
    assert tidy_line(printed) == meant


@pytest.mark.parametrize(
    ("printed", "meant"),
    [
        ("7 月 10 日，近 40家企业与 AI 小助手", "7月10日，近40家企业与AI小助手"),
        ("本报讯 近日，西干渠完工", "本报讯 近日，西干渠完工"),
        ("新华社北京7月10日电 近日，", "新华社北京7月10日电 近日，"),
        ("本报讯（记者王一） 近日，", "本报讯（记者王一）近日，"),
        ("（记者 梅闻 通讯员 徐梓康 摄 ）", "（记者 梅闻 通讯员 徐梓康 摄）"),
        ("“ 驼峰”和‘ 李小龙’", "“驼峰”和‘李小龙’"),
        ("说（ Eli Cohen ）和 SEIU Local 721 主席", "说（Eli Cohen）和SEIU Local 721主席"),
    ],
)
def test_spaces_of_typesetting_are_closed_and_those_that_separate_stay(printed: str, meant: str):
    assert close_spaces(printed) == meant


def test_a_headline_keeps_its_halves_apart():
    assert close_head_spaces("靶向发力 解决共性难题 40 余个") == "靶向发力 解决共性难题40余个"


@pytest.mark.parametrize(
    ("lines", "meant"),
    [
        (["荆州市科技产业“融", "合惠转”行动"], "荆州市科技产业“融合惠转”行动"),
        (["由Joris", "Witstok主持"], "由Joris Witstok主持"),
        (["high-level government", "building"], "high-level government building"),
        (["本报讯（记者 甲文 乙武", "通讯员 丙斌）昨日"], "本报讯（记者 甲文 乙武 通讯员 丙斌）昨日"),
        (["本报讯（记者王大玲 通讯员谭", "艳 刘利杰）记者"], "本报讯（记者王大玲 通讯员谭艳 刘利杰）记者"),
        (["本报讯（记者王大玲 通讯", "员谭艳）记者"], "本报讯（记者王大玲 通讯员谭艳）记者"),
        (["本报讯（记者 王大玲 通讯员", "谭艳）记者"], "本报讯（记者 王大玲 通讯员 谭艳）记者"),
    ],
)
def test_wrapped_lines_are_joined(lines: list[str], meant: str):
    assert join_lines(lines) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("（记者贺慧通讯员黎鸣石浩）", "（记者贺慧 通讯员黎鸣 石浩）"),
        ("（记者马骁 特约记者李友华）", "（记者马骁 特约记者李友华）"),
        ("（见习记者张晶晶 通讯员李甘）", "（见习记者张晶晶 通讯员李甘）"),
        ("（以下简称“记者之家”）", "（以下简称“记者之家”）"),
    ],
)
def test_names_run_together_are_set_apart(text: str, meant: str):
    assert names_spaced(text) == meant


@pytest.mark.parametrize(
    ("text", "once"),
    [
        ("提升应急提升应急意意识识", "提升应急意识"),
        ("荆州市应急荆州市应急管理局管理局", "荆州市应急管理局"),
        ("高高兴兴", None),
        ("高质量发展", None),
        ("提升应急意识提升", None),
    ],
)
def test_glyphs_printed_twice_are_taken_once(text: str, once: str | None):
    assert undoubled(text) == once


def test_radicals_become_characters():
    assert modern_forms("⼀家⼈ 一家人") == "一家人 一家人"


@given(st.text(alphabet="ABC甲乙丙", min_size=3, max_size=20))
def test_what_is_doubled_comes_back(text: str):
    assert undoubled(text * 2) is not None


@given(st.lists(PRINTED, max_size=6))
def test_no_repair_loses_or_invents_a_character(lines: list[str]):
    tidy = [tidy_line(line) for line in lines]
    joined = join_lines([line for line in tidy if line])
    for result in (joined, close_spaces(joined), close_head_spaces(joined)):
        assert re.sub(r"\s", "", result) == re.sub(r"\s", "", "".join(lines))


@given(PRINTED)
def test_repairing_twice_changes_nothing(text: str):
    once = close_spaces(tidy_line(text))
    assert close_spaces(once) == once

"""Quantities: values in base units, what they count, how they are qualified, and what is no number."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.text.numbers import flat, number_value, quantities, same_unit, same_value


@pytest.mark.parametrize(
    ("text", "value", "unit", "bound"),
    [
        ("120人次", 120, "人次", "exact"),
        ("4500余人次", 4500, "人次", "over"),
        ("GDP21390.17亿元", 2139017000000, "元", "exact"),
        ("CPI2.1%", "2.1", "%", "exact"),
        ("近40家", 40, "家", "under"),
        ("约30吨", 30000, "公斤", "about"),
        ("1.22亿元", 122000000, "元", "exact"),
        ("12200万元", 122000000, "元", "exact"),
        ("5500多亿元", 550000000000, "元", "over"),
        ("1亿多元", 100000000, "元", "over"),
        ("一百二十人次", 120, "人次", "exact"),
        ("百余项", 100, "项", "over"),
        ("百分之三十六点八", "36.8", "%", "exact"),
        ("36.8%", "36.8", "%", "exact"),
        ("七成", 70, "%", "exact"),
        ("1.5个百分点", "1.5", "百分点", "exact"),
        ("70%以上", 70, "%", "least"),
        ("不超过5天", 5, "天", "most"),
        ("1,200件", 1200, "件", "exact"),
        ("２３个", 23, "个", "exact"),
        ("三分之一", "33.33", "%", "exact"),
        ("两台", 2, "台", "exact"),
        ("Ⅳ级", 4, "级", "exact"),
        ("IV级", 4, "级", "exact"),
        ("II期", 2, "期", "exact"),
        ("5公里", 5000, "米", "exact"),
    ],
)
def test_value_unit_and_bound(text, value, unit, bound):
    (found,) = quantities(text)
    assert (found.value, found.unit, found.bound) == (Decimal(value), unit, bound)


def test_range_has_both_ends():
    (found,) = quantities("3至5年")
    assert (found.value, found.high, found.unit) == (3, 5, "年")


def test_figures_joined_by_a_list_mark_are_two():
    assert [found.value for found in quantities("5、8个县")] == [5, 8]


def test_ordinal_is_no_count():
    (found,) = quantities("第八届")
    (other,) = quantities("8届")
    assert found.ordinal
    assert not same_value(found, other)


@pytest.mark.parametrize(
    "text",
    [
        "统一部署",
        "一起出发",
        "十分重要",
        "进一步",
        "第一时间赶到",
        "千方百计",
        "一支支队伍",
        "PM2.5",
        "八一建军节",
        "MIX44",
        "C919",
    ],
)
def test_words_that_hold_numerals_are_no_quantities(text):
    assert not [found for found in quantities(text) if found.unit not in {"", "季"} or found.value > 10]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("40个", "40家", True),
        ("11名", "11人", True),
        ("19场", "19场次", True),
        ("120人", "120人次", False),
        ("5元", "5美元", False),
        ("3%", "3个百分点", False),
        ("8亩", "8公顷", False),
    ],
)
def test_exchangeable_units(one, other, same):
    assert same_unit(quantities(one)[0], quantities(other)[0]) is same


@given(st.integers(1, 99999), st.sampled_from(["万元", "亿元", "吨", "个", "人次", "%"]))
def test_addresses_are_exact(number, unit):
    text = f"目前共有{number}{unit}。"
    (found,) = quantities(text)
    assert text[found.start : found.end] == found.text == f"{number}{unit}"


@given(st.integers(1, 99))
def test_chinese_and_arabic_figures_agree(number):
    digits = "零一二三四五六七八九"
    tens, ones = divmod(number, 10)
    written = (digits[tens] if tens > 1 else "") + ("十" if tens else "") + (digits[ones] if ones else "")
    assert number_value(written) == number


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=60))
def test_any_text_is_read(text):
    assert len(flat(text)) == len(text)
    for found in quantities(text):
        assert 0 <= found.start < found.end <= len(text)

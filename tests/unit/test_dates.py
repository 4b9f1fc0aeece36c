"""Dates: 昨日 and 今年 by the edition, parts of the year, and when one date is true of another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.text.dates import agrees, date_mentions, exact

EDITION = "2025-07-11"


def mention(text):
    (found,) = date_mentions(text, EDITION)
    return found


@pytest.mark.parametrize(
    ("text", "iso", "part"),
    [
        ("昨日", "2025-07-10", ""),
        ("7月10日", "2025-07-10", ""),
        ("2025年7月10日", "2025-07-10", ""),
        ("２０２５年７月１０日", "2025-07-10", ""),
        ("二〇二五年七月", "2025-07", ""),
        ("10日", "2025-07-10", ""),
        ("今年上半年", "2025", "H1"),
        ("去年", "2024", ""),
        ("8月中旬", "2025-08", "middle"),
        ("前7个月", "2025", "M7"),
        ("一季度", "2025", "Q1"),
        ("上周五", "2025-07-04", ""),
        ("2025-07-10", "2025-07-10", ""),
        ("年底", "2025", "end"),
        ("上月20日", "2025-06-20", ""),
    ],
)
def test_resolved_by_the_edition(text, iso, part):
    found = mention(text)
    assert (found.iso, found.part) == (iso, part)


@pytest.mark.parametrize("text", ["近日", "3年", "20号楼", "八年中", "生日", "每周三次", "一日内", "2020年代"])
def test_no_dates(text):
    assert date_mentions(text, EDITION) == ()


@pytest.mark.parametrize(
    ("claim", "source", "true"),
    [
        ("昨日", "7月10日", True),
        ("2025年7月", "7月10日", True),
        ("7月10日", "2025年7月", False),
        ("7月9日", "7月10日", False),
        ("今年上半年", "2025年上半年", True),
        ("2025年", "2025年上半年", False),
        ("下半年", "上半年", False),
        ("2024年7月10日", "7月10日", False),
        ("二季度", "5月", True),
    ],
)
def test_true_of(claim, source, true):
    assert agrees(mention(claim), mention(source)) is true


def test_without_an_edition_a_bare_half_year_is_this_years():
    (bare,), (said,), (last,) = (date_mentions(text, "") for text in ("上半年", "今年上半年", "去年上半年"))
    assert agrees(bare, said)
    assert agrees(said, bare)
    assert not agrees(bare, last)


def test_relative_words_stay_words_without_an_edition():
    (found,) = date_mentions("今年", "")
    assert (found.relative, found.iso) == ("今年", "")
    assert agrees(found, found)


@given(st.dates(min_value=__import__("datetime").date(1990, 1, 1), max_value=__import__("datetime").date(2099, 12, 31)))
def test_a_written_date_reads_back(day):
    (found,) = date_mentions(f"{day.year}年{day.month}月{day.day}日，会议召开。", EDITION)
    assert found.iso == day.isoformat()
    assert exact(found, found)


@given(st.text(max_size=60), st.sampled_from(["", EDITION, "2024-02-30", "x"]))
def test_any_text_is_read(text, edition):
    for found in date_mentions(text, edition):
        assert text[found.start : found.end] or found.text

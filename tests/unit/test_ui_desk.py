"""What a browser sends is never believed."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.errors import InputError
from ui.desk import article_id, conversation_id, new_conversation, payload, plain, read_filters, span, whole

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(ANYTHING)
def test_anything_can_be_sent(value: Any):
    assert isinstance(plain(value, 10), str)
    assert len(plain(value, 10)) <= 10
    assert 0 <= whole(value) <= 1_000_000_000
    assert len(article_id(value)) in (0, 20)
    assert len(conversation_id(value)) in (0, 32)
    assert span(value)[0] >= 0
    assert isinstance(payload(SimpleNamespace(_data=value)), dict)


def test_a_conversation_has_an_address_nobody_can_guess():
    assert conversation_id(new_conversation())
    assert new_conversation() != new_conversation()


@pytest.mark.parametrize("wrong", ["", "A" * 32, "0" * 31, "../" + "0" * 29, "0" * 32 + "\n"])
def test_what_is_no_address_is_refused(wrong: str):
    assert conversation_id(wrong) == ""


@pytest.mark.parametrize(("text", "numbers"), [("12-34", (12, 34)), ("", (0, 0)), ("a-b", (0, 0)), ("-5-9", (0, 0))])
def test_the_span_of_an_address(text: str, numbers: tuple[int, int]):
    assert span(text) == numbers


def test_filters_are_read():
    filters = read_filters(["荆州日报", 3, ""], " 2025-07-01 ", "", ["1"])
    assert (filters.papers, filters.date_from, filters.pages) == (("荆州日报",), "2025-07-01", ("1",))


@pytest.mark.parametrize("values", [([], "yesterday", "", []), ("荆州日报", "", "", []), ({}, "", "", [])])
def test_filters_that_are_none_are_refused(values: tuple[Any, ...]):
    with pytest.raises(InputError):
        read_filters(*values)

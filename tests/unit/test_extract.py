"""The source's own words: whole spans, and each part with its own figure."""

from __future__ import annotations

import pytest

from rag.grounding.bearing import article_lines, bearing, read_part
from rag.grounding.extract import excerpt
from rag.schema import Article

LONG = "记者从铁路部门获悉，今年运输期间将加开列车四百余列，运输时间从1月7日开始，到2月15日结束，共计40天，各站已经做好准备。"


@pytest.mark.parametrize("question", ["今年运输时间从什么时候开始？", "今年的运输时间是什么时候？"])
def test_a_span_of_time_is_quoted_to_its_end(question):
    line = article_lines(Article("铁路运输准备就绪", LONG))[0]
    part = read_part(question)
    assert "2月15日" in excerpt((part, bearing(part, line)))


def test_no_quotation_ends_where_the_sentence_goes_on():
    text = "6月，市民中心窗口受理申请2895件，其中，选择邮寄到家的达2300件，为历年同期最多，窗口因此延长了服务时间。"
    line = article_lines(Article("窗口服务延时", text))[0]
    part = read_part("6月窗口受理了多少件申请？")
    assert not excerpt((part, bearing(part, line))).endswith("其中")


def test_each_part_is_quoted_with_its_own_figure():
    text = "截至目前，服务队累计下沉干部120人次，接待咨询4500余人次，为群众代办各类事项1200余件，解决企业难题80余个，受到好评。"
    line = article_lines(Article("服务队架起连心桥", text))[0]
    parts = [read_part("服务队接待了多少咨询？"), read_part("服务队解决了多少难题？")]
    quoted = excerpt(*((part, bearing(part, line)) for part in parts))
    assert "4500余人次" in quoted
    assert "80余个" in quoted

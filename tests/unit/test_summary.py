"""Summaries are chosen: what tells most, no bare attribution, measures kept."""

from __future__ import annotations

from rag.grounding.bearing import article_lines
from rag.grounding.summary import condensed, key_lines
from rag.grounding.terms import content_terms
from rag.schema import Article

ARTICLE = Article(
    "东湖县推进渡口改造",
    "3月4日，东湖县渡口改造工作推进会召开。目前全县改造渡口15处，投入资金2.3亿元，惠及群众40余万人。"
    "大家都说好。“以后过河方便了！”船工队队长陈大勇说。会议强调，渡口改造是一项民心工程。"
    "县交通局创新开展“一渡一策”行动，派出工作队。天气很好。河水很清。两岸的柳树绿了。",
)


def texts(subject: str, count: int = 0) -> list[str]:
    return [line.text for line in key_lines([ARTICLE], content_terms(subject), count)]


def test_figures_and_named_practices_come_before_what_says_little():
    chosen = "".join(texts("渡口改造", 3))
    assert "2.3亿元" in chosen
    assert "一渡一策" in chosen
    assert "柳树" not in chosen


def test_who_spoke_without_what_was_said_is_no_summary():
    assert not any(text.endswith("陈大勇说。") for text in texts("渡口改造"))


def test_the_whole_report_is_meant_where_its_opening_names_the_subject():
    renamed = Article("民心工程", ARTICLE.body)
    chosen = [line.text for line in key_lines([renamed], content_terms("东湖县渡口改造工作推进会"), 4)]
    assert any("一渡一策" in text for text in chosen)


def test_a_sentence_cut_short_keeps_its_measures():
    body = (
        "连日来，县交通局统筹协调，面对汛期的到来和往来两岸的旅客日益增多的新情况，抽调工作人员，加强现场引导，"
        "在风里雨里一直坚守到深夜的码头上，推进“网上购票、刷脸上船”一站式服务。"
    )
    (line,) = article_lines(Article("渡口", body))
    short = condensed(line)
    assert "抽调工作人员，加强现场引导" in short
    assert len(short) < len(body)

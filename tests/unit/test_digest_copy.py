"""Where the news begins, what is no news, and how a long sentence is cut."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.digest.copy import cut, leans, news_lines, segments, standing
from rag.digest.extract import claim_of, summary_lines
from rag.digest.figures import key_figures
from rag.schema import Article, Edition
from rag.text.sentences import sentence_spans


def article(body: str, title: str = "甲市水厂扩建完工") -> Article:
    return Article(title, body, edition=Edition("甲报", "2025-07-11", "1"))


NEWS = "甲市第一水厂扩建工程7月10日完工，日供水能力提高到35万吨。"


@pytest.mark.parametrize(
    "opening",
    [
        "本报讯（记者张三 通讯员李四）",
        "本报讯 ",
        "本报讯（记者张三）近日，",
        "新华社某市7月10日电（记者 张三、李四）",
        "某网7月10日电 (张三)",
        "甲省日报讯（记者张三、通讯员李四）记者从市水务局获悉，",
        "某报记者 张三 通讯员 李四 日前，",
        "（记者张三）据悉，",
        "（上接第1版）",
    ],
)
def test_news_begins_after_dateline_credits_and_loose_words(opening: str) -> None:
    assert news_lines(article(opening + NEWS))[0].text == NEWS


def test_dates_of_the_event_are_kept() -> None:
    assert news_lines(article("本报讯 7月10日，甲市第一水厂扩建工程完工。"))[0].text.startswith("7月10日，")


def test_a_date_before_a_word_with_dian_is_no_dateline() -> None:
    body = "甲市第九届国际影像展开幕式在文化宫举行，7月10日电影节将同时开幕，共展映影片120部。"
    assert news_lines(article(body))[0].text == body


def test_a_denial_stays_with_what_it_denies() -> None:
    told = "网传甲市自来水受到污染，多个小区已经停水，超市里的瓶装水被抢购一空，市民纷纷储水，" * 2
    body = f"{told}甲市水务局表示该消息不实。"
    assert cut(news_lines(article(body))[0]).text == body


@pytest.mark.parametrize(
    "line",
    ["图为工程现场，工人正在施工。", "工程现场。张三 摄", "□记者 张三", "编辑：张三", "谁来付钱？", "水务局供图"],
)
def test_captions_credits_and_questions_are_no_news(line: str) -> None:
    assert [one.text for one in news_lines(article(f"{NEWS}\n{line}"))] == [NEWS]


@pytest.mark.parametrize(
    "caption",
    [
        "图为7月10日，工人在甲市水厂施工现场安装设备。",
        "7月10日，工人在甲市水厂施工现场安装设备。张三 摄",
        "7月10日，工人在甲市水厂施工现场安装设备。（记者 张三 摄）",
        "近日，7月10日，工人在甲市水厂施工现场安装设备（本报记者张三摄）",
    ],
)
def test_a_photo_tells_its_caption_without_the_credit(caption: str) -> None:
    made = Article("水厂施工忙", caption, kind="photo", edition=Edition("甲报", "2025-07-11", "1"))
    assert [line.text for line in news_lines(made)] == ["7月10日，工人在甲市水厂施工现场安装设备。"]
    assert all(claim_of(line) for line in summary_lines(made))


def test_a_line_prints_a_run_of_its_own_sentence() -> None:
    body = f"本报讯（记者张三）{NEWS}据介绍，工程总投资3.2亿元，历时18个月，惠及城区60万居民。"
    for line in news_lines(article(body)):
        assert (line.start, line.end) in sentence_spans(body)
        assert line.start <= line.begin < line.stop <= line.end


def test_a_long_sentence_is_cut_at_a_whole_clause() -> None:
    body = (
        "为进一步改善城区供水条件，满足人民群众用水需要，甲市第一水厂扩建工程7月10日完工，"
        "工程新建取水泵房一座、净水车间两座，铺设输水管道46公里，惠及城区和周边乡镇的居民，"
        "为城市今后的发展打下了坚实的基础，也为周边地区提供了可以借鉴的经验和做法，受到各方好评。"
    )
    short = cut(news_lines(article(body))[0])
    assert "完工" in short.text
    assert len(short.text) < len(body)
    assert body[short.stop - 1] in "，。"
    assert claim_of(short) is not None


def test_purpose_alone_is_not_a_sentence() -> None:
    body = (
        "为切实提高防汛能力，全面维护社会稳定和健康发展，"
        + "甲市水务局和应急管理局联合在城区开展演练，" * 4
        + "取得成效。"
    )
    assert "演练" in cut(news_lines(article(body))[0]).text


def test_segments_between_semicolons_stand_alone() -> None:
    body = "水厂方面，扩建工程投资3.2亿元；管网方面，新铺管道46公里；管理方面，新建调度中心1座。"
    assert [part.text for part in segments(news_lines(article(body))[0])] == [
        "水厂方面，扩建工程投资3.2亿元。",
        "管网方面，新铺管道46公里。",
        "管理方面，新建调度中心1座。",
    ]


def test_what_leans_and_what_stands() -> None:
    assert leans("他表示，工程已完工。")
    assert leans("这些举措受到好评。")
    assert standing("截至目前，全市水厂达到12座。")
    assert not standing("推动水厂扩建。")


def test_figures_are_told_from_dates_and_turns_of_phrase() -> None:
    found = [
        one.text for one in key_figures("7月10日，第八届大会举行，两国一次签下98个项目，引资1589.38亿元，增长36.8%。")
    ]
    assert found == ["98个", "1589.38亿元", "36.8%"]


def test_the_sentence_with_figures_is_chosen_and_the_news_is_first() -> None:
    body = (
        f"本报讯（记者张三）{NEWS}市领导出席活动并讲话。会议要求各部门提高认识。大家纷纷表示要再接再厉。"
        "工程总投资3.2亿元，铺设管道46公里，惠及城区60万居民。"
    )
    texts = [line.text for line in summary_lines(article(body))]
    assert texts[0] == NEWS
    assert "工程总投资3.2亿元，铺设管道46公里，惠及城区60万居民。" in texts


@given(st.text(alphabet="甲市水厂完工投资3亿元，。；：“”（）讯电7月0日\n摄记者他 ", max_size=300))
@settings(max_examples=80, deadline=None)
def test_any_body_gives_lines_that_lie_in_it(body: str) -> None:
    made = article(body)
    for line in summary_lines(made):
        assert 0 <= line.start <= line.begin < line.stop <= line.end <= len(body)
        assert line.text

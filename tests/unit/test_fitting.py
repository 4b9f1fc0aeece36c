"""Words that jieba guesses at in a question are cut to the word that an article has. The sentences are made up."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rag.grounding.bearing import read_part
from rag.grounding.fitting import fitted
from rag.grounding.terms import Term
from rag.schema import Article

ARTICLE = Article("东湖大桥抓紧施工", "目前大桥已建成墩柱40个，计划5月进入盖梁施工。公司董事长李建国到场。")


@pytest.mark.parametrize(
    ("question", "cut", "word"),
    [("大桥打算什么时候开始干盖梁？", "干盖梁", "盖梁"), ("大桥到见报时墩柱做好多少个？", "时墩柱", "墩柱")],
)
def test_a_guessed_word_is_cut_to_the_one_in_the_article(question, cut, word):
    part = read_part(question)
    assert cut in [term.text for term in part.terms]
    found = fitted(part, [ARTICLE])
    assert word in [term.text for term in found.terms]
    assert cut not in [term.text for term in (*found.terms, *found.near)]


def test_a_character_that_jieba_took_along_is_given_back_to_the_name():
    article = Article("西漳渠湿地完工", "为改善水质，2024年9月，东湖县启动西漳渠湿地项目。")
    part = read_part("东湖县什么时候开始搞西漳渠湿地项目？")
    split = replace(
        part, terms=tuple(Term(text, 1.0) for text in ("东湖县", "搞西", "漳渠", "湿地")), near=(Term("搞西", 1.0),)
    )
    found = fitted(split, [article])
    assert [term.text for term in found.terms] == ["东湖县", "西漳渠", "湿地"]
    assert [term.text for term in found.near] == ["西漳渠"]


def test_a_word_that_is_two_in_the_article_is_both():
    article = Article("银行倒闭", "截至3月底，东湖银行总资产约为1.39亿元，存款约为1.3亿元。")
    part = replace(read_part("东湖银行存款约为多少？"), terms=(Term("银行存款", 1.0),), near=(Term("银行存款", 1.0),))
    assert [term.text for term in fitted(part, [article]).terms] == ["银行", "存款"]


def test_a_name_that_the_article_quotes_is_one_word():
    article = Article("大赛落幕", "第十三届“创青春”大赛金奖4个。")
    found = fitted(read_part("拿了创青春金奖的有几个项目？"), [article])
    assert "创青春" in [term.text for term in found.terms]
    assert not {"创", "青春"} & {term.text for term in (*found.terms, *found.near)}


def test_no_name_is_made_of_a_piece_of_another():
    part = replace(
        read_part("天目湖景区接待多少游客？"), terms=(Term("天目湖", 1.0, name=True), Term("景区", 0.6)), near=()
    )
    assert fitted(part, [Article("西湖", "西湖景区接待游客3000名。")]) is part


@pytest.mark.parametrize("question", ["大桥什么时候通车？", "东湖大桥的墩柱有多少个？"])
def test_known_words_and_those_of_the_article_stay(question):
    part = read_part(question)
    assert fitted(part, [ARTICLE]) is part


def test_a_person_is_not_cut_to_another_of_the_same_given_name():
    part = read_part("王建国是哪里人？")
    assert [term.text for term in fitted(part, [ARTICLE]).terms] == [term.text for term in part.terms]

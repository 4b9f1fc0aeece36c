from hypothesis import given
from hypothesis import strategies as st

from rag.text.tokens import bigrams, fold, fold_phrase, search_words, words


def test_words_of_a_headline():
    assert words("中山市上半年出口增长１５％，“大桥”通车") == [
        "中山市",
        "上半年",
        "出口",
        "增长",
        "15%",
        "大桥",
        "通车",
    ]


def test_search_words_have_the_words_inside_words():
    found = search_words("中华人民共和国")
    assert {"中华", "人民", "共和国", "中华人民共和国"} <= set(found)


def test_bigrams_cross_word_borders_but_not_punctuation():
    assert list(bigrams("开通了，Ｆ-35号3.5%。路")) == ["开通", "通了", "f", "35", "号", "3.5%", "路"]


def test_width_and_case_fold_away():
    assert fold("ＡＢc１２３％") == "abc123%"


def test_quotes_and_spaces_fold_away_in_phrases():
    assert fold_phrase("他 说：「百年\n大计」") == fold_phrase("他说：“百年大计”") == '他说:"百年大计"'


@given(st.text())
def test_any_text_can_be_cut(text):
    for token in (*words(text), *bigrams(text)):
        assert token
        assert not token.isspace()


@given(st.text(alphabet="中山港口新学校说的是，。 \n"))
def test_words_keep_every_character(text):
    assert "".join(words(text)) == "".join(char for char in text if char.isalnum())

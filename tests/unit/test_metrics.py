import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval import metrics

TEXT = st.text(alphabet="荆州日报12三 ，。Ａa", max_size=20)


@pytest.mark.parametrize(
    ("text", "piece", "there"),
    [
        ("共下沉干部120人次。", "120人次", True),
        ("共下沉干部１２０ 人次。", "120人次", True),
        ("目前已建成26个", "26", True),
        ("目前已建成126个", "26", False),
        ("目前已建成2.26个", "26", False),
        ("共1,260个", "260", False),
        ("满意度98%，", "98%", True),
        ("“三亮”", "「三亮」", True),
        ("任何文字", "", False),
    ],
)
def test_contains(text, piece, there):
    assert metrics.contains(text, piece) is there


def test_parts_of_an_answer_are_wanted_in_any_order():
    assert metrics.answer_contains("乙报道和甲报道", ["甲报道；乙报道"])
    assert not metrics.answer_contains("甲报道", ["甲报道；乙报道"])
    assert metrics.answer_contains("甲报道", ["丙", "甲报道"])


def test_required_pieces_may_have_alternatives():
    pieces = [("573.09万吨", "573.1万吨"), ("597.7万吨",)]
    assert metrics.includes_all("分别为597.7万吨和573.1万吨", pieces)
    assert not metrics.includes_all("分别为597.7万吨和573万吨", pieces)
    assert metrics.included_share("573.1万吨", pieces) == 0.5
    assert metrics.included_share("", []) is None
    assert not metrics.includes_all("什么都有", [])


def test_overlap_scores_by_hand():
    assert metrics.exact_match("二十六个。", ["二十六个"]) == 1.0
    assert metrics.character_f1("二十六个墩柱", ["二十六个"]) == pytest.approx(0.8)
    assert metrics.rouge_l("甲乙丙丁", "甲丙戊丁") == pytest.approx(0.75)
    assert metrics.cmrc_f1("甲乙丙丁", ["乙丙"]) == pytest.approx(2 * 2 / 6)
    assert metrics.character_f1("甲", []) is None


@given(TEXT, TEXT)
def test_overlap_scores_are_shares_and_symmetric(one, other):
    for score in (metrics.rouge_l, lambda a, b: metrics.character_f1(a, [b]), lambda a, b: metrics.cmrc_f1(a, [b])):
        value = score(one, other)
        assert 0.0 <= value <= 1.0
        assert value == score(other, one)


@given(TEXT.filter(lambda text: any(char.isalnum() for char in text)))
def test_a_text_agrees_wholly_with_itself(text):
    assert metrics.rouge_l(text, text) == 1.0
    assert metrics.exact_match(text, [text]) == 1.0
    assert metrics.same_place(text, text)


def test_ranking_scores_by_hand():
    ranked = ["a", "b", "c"]
    assert metrics.success_at(ranked, {"b"}, 1) == 0.0
    assert metrics.success_at(ranked, {"b"}, 2) == 1.0
    assert metrics.reciprocal_rank(ranked, {"c"}, 10) == pytest.approx(1 / 3)
    assert metrics.reciprocal_rank(ranked, {"c"}, 2) == 0.0
    assert metrics.ndcg(ranked, {"a": 2, "c": 1}, 10) == pytest.approx((3 + 1 / 2) / (3 + 1 / 1.5849625))
    assert metrics.ndcg(ranked, {}, 10) == 0.0


def test_same_place_wants_more_than_a_few_shared_characters():
    sentence = "二广高速荆州绕城段3标段目前已建设完成墩柱26个，计划8月中旬进入盖梁施工。"
    assert metrics.same_place(sentence, "已建设完成墩柱26个")
    assert metrics.same_place("墩柱26个，计划8月中旬进入盖梁", sentence)
    assert not metrics.same_place(sentence, "二广高速荆州绕城段已经通车三年")
    assert not metrics.same_place("", sentence)


def test_figures_of_an_answer_are_looked_up_in_what_it_cites():
    source = "累计授信13.05亿元，放款11.76亿元。"
    assert metrics.number_faithfulness("授信13.05亿元。", [source]) == 1.0
    assert metrics.number_faithfulness("授信130500万元，放款12亿元。", [source]) == 0.5
    assert metrics.number_faithfulness("没有数字。", [source]) is None

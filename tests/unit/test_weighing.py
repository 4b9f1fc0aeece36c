"""What the model takes out of the lines decides which of them answers, and whether any does."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.fakes import ScriptedModel
from rag.grounding.bearing import article_lines, bearing, read_part
from rag.grounding.deciding import Decision, decide
from rag.grounding.evidence import gather
from rag.grounding.extract import excerpt
from rag.grounding.prompt import CHECKING_SHOTS, FINDING_SHOTS
from rag.grounding.weighing import holds, read, weigh
from rag.protocols import Told
from rag.schema import Article, Edition

QUESTION = "大桥全长多少米？"
BODY = "清河大桥昨日建成通车。大桥全长860米，设双向六车道。工程历时三年，参建工人2300名。\n"
YES, NO = Told("对", {"对": -0.1, "错": -4.0}), Told("错", {"错": -0.1, "对": -4.0})
NONE = Told("无", {"无": -0.1, "8": -5.0})


def taken(words: str, odds: float = 5.0) -> Told:
    return Told(words, {words[0]: -0.1, "无": -0.1 - odds})


def decided(*lines: tuple[str, float], question: str = QUESTION) -> Decision:
    part = read_part(question)
    found = {line.text: line for line in article_lines(Article("清河大桥通车", BODY))}
    pairs = [(next(line for text, line in found.items() if part_of in text), chance) for part_of, chance in lines]
    return Decision(part, tuple(replace(bearing(part, line), chance=chance) for line, chance in pairs))


def reader(answers: dict[str, Told], check: Told = YES) -> ScriptedModel:
    """A model that takes `answers` out of the lines that hold their keys, nothing out of others."""

    def reads(user: str) -> Told:
        if user.endswith("吗？"):
            return check
        source = user.splitlines()[0]
        return next((told for key, told in answers.items() if source.endswith(key)), NONE)

    return ScriptedModel("", reads=reads)


def texts(decision: Decision) -> list[str]:
    return [line.line.text for line in decision.lines]


def test_the_line_in_which_the_model_finds_the_answer_goes_first():
    model = reader({"设双向六车道。": taken("860米")})
    weighed = weigh(decided(("历时三年", 0.7), ("860", 0.4)), model)
    assert texts(weighed) == ["大桥全长860米，设双向六车道。"]
    assert weighed.found == "860米"
    assert weighed.chance > 0.5
    assert len(model.weighed) == 3
    assert "昨日" not in model.weighed[1][1]


def test_the_sentence_before_is_read_too_where_it_says_what_the_line_is_about():
    model = reader({"设双向六车道。": taken("860米", 8.0)})
    assert weigh(decided(("860", 0.7), question="清河大桥全长多少米？"), model).found == "860米"
    assert "清河大桥昨日建成通车。大桥全长860米" in model.weighed[0][1]


@pytest.mark.parametrize(
    ("question", "body", "date", "source"),
    [
        (
            "2023年公开赛男单冠军是谁？",
            "2023年公开赛决赛昨晚打响。张明以三比二战胜对手，夺得公开赛男单冠军。",
            "",
            "2023年公开赛决赛昨晚打响。张明",
        ),
        ("7月10日谁夺得公开赛男单冠军？", "张明昨日夺得公开赛男单冠军。", "2025-07-11", "（2025年7月11日报道）张明"),
        ("7月1日谁夺得公开赛男单冠军？", "7月11日，张明夺得公开赛男单冠军。", "2025-07-12", "（2025年7月12日报道）7月"),
        ("2025年谁夺得公开赛男单冠军？", "张明昨日夺得公开赛男单冠军。", "2025-07", "原文：张明"),
        ("2025年谁夺得公开赛男单冠军？", "张明在2025年夺得公开赛男单冠军。", "2025-07-11", "原文：张明"),
        ("谁夺得公开赛男单冠军？", "张明昨日夺得公开赛男单冠军。", "2025-07-11", "原文：张明"),
        ("2024年谁夺得公开赛男单冠军？", "张明昨日夺得公开赛男单冠军。", "2025-07-11", "原文：张明"),
    ],
)
def test_the_model_is_told_the_date_that_the_question_names(question, body, date, source):
    article = Article("公开赛落幕", body, edition=Edition("", date))
    line = next(line for line in article_lines(article) if "张明" in line.text)
    part = read_part(question)
    model = reader({"。": taken("张明")})
    read(part, bearing(part, line), model)
    assert source in model.weighed[0][1]


def test_what_it_takes_out_of_the_sentence_before_is_asked_of_the_line_alone():
    def reads(user: str) -> Told:
        return NONE if "清河大桥昨日" not in user else taken("昨日")

    model = ScriptedModel("", reads=reads)
    assert not weigh(decided(("860", 0.7), question="清河大桥何时开工？"), model).answered
    assert ["昨日" in user for _, user in model.weighed] == [True, False]


def test_a_figure_that_stands_by_its_noun_in_a_line_with_all_words_is_not_read():
    model = reader({})
    assert weigh(decided(("860", 0.97)), model).chance == 0.97
    assert model.weighed == []
    assert not weigh(decided(("860", 0.87)), model).answered


def test_where_it_finds_nothing_nothing_answers():
    model = reader({})
    assert not weigh(decided(("历时三年", 0.87), ("860", 0.6)), model).answered
    assert len(model.weighed) == 2


def test_a_line_that_answers_plainly_is_the_last_that_is_read_and_not_checked():
    model = reader({"设双向六车道。": taken("860米", 8.0), "2300名。": taken("2300", 8.0)})
    weighed = weigh(decided(("860", 0.87), ("历时三年", 0.8)), model)
    assert (texts(weighed), len(model.weighed)) == (["大桥全长860米，设双向六车道。"], 1)


def test_what_it_takes_for_wrong_on_second_thought_does_not_answer():
    assert not weigh(decided(("860", 0.3)), reader({"设双向六车道。": taken("860米", 1.0)}, check=NO)).answered


def test_words_that_do_not_stand_in_the_line_are_not_insisted_on():
    weighed = weigh(decided(("860", 0.87)), reader({"设双向六车道。": taken("860米（约）", 8.0)}))
    assert weighed.answered
    assert weighed.found == ""


def test_nothing_is_nothing_also_where_the_word_stands_in_the_line():
    part = read_part("大桥由谁设计？")
    [line] = article_lines(Article("大桥", "大桥无桥墩，由专家设计。"))
    model = ScriptedModel("", reads=NONE)
    assert not weigh(Decision(part, (replace(bearing(part, line), chance=0.6),)), model).answered
    assert len(model.weighed) == 1


def test_a_likely_line_of_which_the_model_is_in_two_minds_is_read_again_with_its_headline():
    def reads(user: str) -> Told:
        return (
            YES
            if user.endswith("吗？")
            else taken("860米")
            if "清河大桥通车。" in user
            else Told("无", {"无": -0.6, "8": -0.9})
        )

    model = ScriptedModel("", reads=reads)
    assert weigh(decided(("860", 0.51)), model).found == "860米"
    assert not weigh(decided(("860", 0.49)), model).answered


@pytest.mark.parametrize(
    ("question", "words", "answered"),
    [
        ("大桥在哪里通车？", "2025年7月10日", False),
        ("大桥在哪里通车？", "清河", True),
        ("大桥全长多少米？", "双向车道", False),
        ("大桥全长多少米？", "860", True),
    ],
)
def test_what_is_taken_is_of_the_kind_that_was_asked_for(question: str, words: str, answered: bool):
    part = read_part(question)
    [line] = article_lines(Article("清河", "2025年7月10日，清河大桥全长860米，双向车道，通车。"))
    model = reader({"通车。": taken(words, 8.0)})
    assert weigh(Decision(part, (replace(bearing(part, line), chance=0.8),)), model).answered is answered


def test_the_quotation_holds_what_was_taken_wherever_it_stands():
    body = (
        "市场监管局综合考虑这家公司违法行为的性质、程度、持续时间和消除违法行为后果的情况等因素，日前依法作出行政处罚决定，"
        "责令公司停止违法行为，并处以其去年境内销售额17.52亿元5%的罚款，计8760万元，公司表示接受处罚，将全面整改。"
    )
    part = read_part("这家公司违法被罚多少钱？")
    [line] = article_lines(Article("处罚", body))
    model = reader({"全面整改。": taken("8760万元", 8.0)})
    weighed = weigh(Decision(part, (replace(bearing(part, line), chance=0.6, filler=None),)), model)
    assert weighed.found == "8760万元"
    assert "8760万元" in excerpt((part, weighed.lines[0]))
    assert len(excerpt((part, weighed.lines[0]))) < len(body)


def test_a_name_that_begins_like_nothing_is_a_name():
    part = read_part("峰会在哪里举行？")
    [line] = article_lines(Article("峰会", "峰会在无锡举行。"))
    model = ScriptedModel(
        "", reads=lambda user: YES if user.endswith("吗？") else Told("无锡", {"无锡": -0.1, "无": -6.0})
    )
    assert weigh(Decision(part, (replace(bearing(part, line), chance=0.6),)), model).found == "无锡"


def test_a_model_that_tells_no_probabilities_leaves_it_to_the_signals():
    decision = decided(("860", 0.6), ("历时三年", 0.5), ("昨日", 0.2))
    weighed = weigh(decision, ScriptedModel(""))
    assert texts(weighed) == texts(decision)[:2]
    assert not weigh(decided(("860", 0.3)), ScriptedModel("")).answered


@pytest.mark.parametrize("question", ["大桥全长是不是860米？", "工程师说了什么？", "大桥为什么修了三年？"])
def test_what_stands_in_no_source_is_not_looked_for(question: str):
    model = reader({})
    assert weigh(decided(("860", 0.87), question=question), model).answered
    assert model.weighed == []


def test_a_correction_is_not_weighed():
    model = reader({})
    decision = replace(decided(("860", 0.87)), conflict="不是86米")
    assert weigh(decision, model) == decision
    assert model.weighed == []


@given(st.lists(st.text("甲乙丙丁12.%", min_size=1, max_size=6), min_size=1, max_size=4), st.sampled_from("、，；和"))
def test_a_list_is_held_by_a_text_that_has_every_item(items: list[str], mark: str):
    assert holds("。".join(items), mark.join(items))
    assert not holds("。".join(items), mark.join([*items, "戊"]))


@pytest.mark.parametrize(("shots", "answers"), [(FINDING_SHOTS, 10), (CHECKING_SHOTS, 10)])
def test_the_examples_are_whole(shots: tuple[tuple[str, str], ...], answers: int):
    assert len(shots) == answers
    assert all(answer and question for question, answer in shots)


@pytest.mark.parametrize(
    ("sentence", "first", "all_of_it"),
    [
        ("大桥设有“晨光”“夕照”两座观景台。", "晨光", "“晨光”“夕照”"),
        ("大桥连接城东、城南和新区，设双向六车道。", "城东", "城东、城南和新区"),
        ("大桥连接城东，设双向六车道。", "城东", "城东"),
    ],
)
def test_of_a_list_the_items_after_the_one_taken_are_taken_too(sentence, first, all_of_it):
    part = read_part("大桥有哪些地方？")
    line = article_lines(Article("清河大桥通车", sentence))[0]
    weighed = weigh(Decision(part, (replace(bearing(part, line), chance=0.7),)), reader({sentence: taken(first)}))
    assert weighed.found == all_of_it


@pytest.mark.parametrize(
    ("words", "whole"),
    [("15", "15家"), ("1.22", "1.22亿元"), ("15家", "15家"), ("15个", "15家"), ("8", "8"), ("12200万元", "1.22亿元")],
)
def test_a_figure_is_taken_as_it_is_printed(words, whole):
    sentence = "大桥两岸有企业150余家，其中15家昨日签约，合同金额1.22亿元。"
    part = read_part("大桥两岸签约的企业有多少？")
    line = article_lines(Article("清河大桥通车", sentence))[0]
    reading = read(part, bearing(part, line), reader({sentence: taken(words)}))
    assert reading is not None
    assert reading.words == whole


def test_what_leaves_a_few_characters_out_is_nearly_in_the_text():
    assert holds("她被转移到首都的一栋高级大厦。", "首都高级大厦") is False
    sentence = "张明被转移到首都的一栋高级大厦。"
    part = read_part("张明被转移到了什么地方？")
    line = article_lines(Article("张明", sentence))[0]
    near = read(part, bearing(part, line), reader({sentence: taken("首都高级大厦")}))
    far = read(part, bearing(part, line), reader({sentence: taken("清河高级大厦")}))
    assert near is not None
    assert far is not None
    assert 1.0 > near.verbatim > far.verbatim == 0.0


def test_a_list_that_begins_after_its_noun_is_not_read():
    sentence = "9个分行是：甲市分行、乙市分行、丙市分行。"
    part = read_part("总行的9个分行有哪些？")
    weighed = weigh(decide(gather(part, [Article("总行撤销9个分行", sentence)]), with_model=True), reader({}))
    assert weighed.answered


@pytest.mark.parametrize(
    ("question", "body", "asks"),
    [
        ("谁参加了东湖论坛？", "王强因病没有参加东湖论坛。", True),
        ("谁打破了全国纪录？", "王强差点打破全国纪录。", True),
        ("东湖县实施了什么工程？", "东湖县尚未实施“雪亮”工程。", True),
        ("谁参加了东湖论坛？", "王强参加了东湖论坛。", False),
        ("王小强是什么身份？", "“这座城市很好。”县文化馆副馆长王小强说。", False),
        ("东湖县实施了什么工程？", "东湖县实施“雪亮”工程。", False),
        ("东湖县为管好渡口出台了什么文件？", "为管好渡口，东湖县出台《东湖县渡口管理办法》。", False),
    ],
)
def test_what_is_said_plainly_is_not_put_to_the_model(question, body, asks):
    model = ScriptedModel("", reads=lambda user: NONE)
    found = decide(gather(read_part(question), [Article("消息", body)]), with_model=True)
    assert weigh(found, model).answered is not asks
    assert bool(model.weighed) is asks


def test_the_questions_own_name_is_no_answer():
    part = read_part("“大练兵”路演围绕哪些主题？")
    (line,) = article_lines(Article("路演", "“大练兵”路演昨日举行，围绕新风貌展开。"))
    told = read(part, bearing(part, line), ScriptedModel("", reads=lambda user: taken("大练兵")))
    assert told is not None
    assert told.words == ""


def test_a_row_that_the_signals_are_sure_of_stands_where_the_model_is_of_two_minds():
    body = "市司法局局长王建国表示，要亮出护航新举措，大力推行审慎监管，严格落实“首违不罚”“轻微免罚”清单。"
    question = "市司法局大力推行审慎监管，严格落实哪些清单？"
    found = decide(gather(read_part(question), [Article("司法", body)]), with_model=True)
    doubtful = ScriptedModel("", reads=lambda user: Told("无", {"无": -0.7, "首": -0.8}))
    certain = ScriptedModel("", reads=lambda user: Told("无", {"无": -0.1, "首": -6.0}))
    assert weigh(found, doubtful).answered
    assert not weigh(found, certain).answered

"""Whether a sentence answers the question asked, and whether it turns the question's premise round."""

import pytest

from rag.grounding.binding import binds
from rag.grounding.premise import premise
from rag.schema import Article, Edition, Evidence
from rag.text.sentences import sentence_spans

LINES = {
    "office": "截至目前，“莲心办”服务累计下沉干部120人次，接待咨询4500余人次，办理事项1200余件，解决企业难题80余个。",
    "mayor": "副市长卢艳丽出席活动并致辞。",
    "plant": "新产业园二期将在今年10月建成投产，未来3至5年建成年产值250亿元的全球最大冰箱生产基地。",
    "water": "项目建成后，日处理西干渠上游来水2.5万立方米。",
    "cases": "今年上半年，全市不予处罚案件同比上升53.87%，行政处罚案件同比下降28.15%。",
    "hotline": "推动群众满意度升至98%。",
    "who": "长江艺术工程职业学院、湖北十八匠文化产业有限公司董事长许小兰动情地说，企业的成长离不开荆州沃土的滋养。",
    "road": "在确保安全的前提下抢抓工期，目前已建设完成墩柱26个，计划8月中旬进入盖梁施工环节。",
    "deal": "活动现场，15家企业与长江大学相关专家团队签订合作协议。",
}


def line(name, title="荆州新闻"):
    body = LINES[name]
    article = Article(title, body, edition=Edition(date="2025-07-11"))
    return Evidence(1, article, *sentence_spans(body)[0])


@pytest.mark.parametrize(
    ("question", "name", "value"),
    [
        ("“莲心办”累计下沉干部多少人次？", "office", "120人次"),
        ("“莲心办”解决了多少个企业难题？", "office", "80余个"),
        ("新产业园二期什么时候建成投产？", "plant", "今年10月"),
        ("年产值是多少？", "plant", "250亿元"),
        ("哪位副市长出席活动？", "mayor", "卢艳丽"),
        ("西干渠日处理上游来水多少？", "water", "2.5万立方米"),
        ("群众满意度升至多少？", "hotline", "98%"),
        ("许小兰是什么身份？", "who", "长江艺术工程职业学院、湖北十八匠文化产业有限公司董事长"),
    ],
)
def test_the_thing_asked_for_is_bound(question, name, value):
    shown = line(name)
    bound = binds(question, shown)
    assert bound.answers, bound.reasons
    assert bound.value == value
    assert shown.article.body[bound.start : bound.end] == value
    assert value in bound.clause or bound.kind == "identity"
    assert shown.article.body[bound.clause_start : bound.clause_end] == bound.clause


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("荆州市市长是谁？", "mayor"),
        ("西干渠项目总投资多少？", "water"),
        ("荆州市的GDP目标是多少？", "plant"),
        ("“莲心办”办理事项多少天？", "office"),
        ("谁获得了冠军？", "deal"),
    ],
)
def test_something_else_does_not_answer(question, name):
    bound = binds(question, line(name))
    assert not bound.answers
    assert bound.reasons


def test_a_deputy_is_named_as_the_reason():
    assert "副市长" in "".join(binds("荆州市市长是谁？", line("mayor")).reasons)


@pytest.mark.parametrize(
    ("question", "asserted"),
    [
        ("群众满意度为什么降到了78%？", "群众满意度降到了78%"),
        ("满意度下降的原因是什么？", "满意度下降"),
        ("是不是有16家企业签约？", "有16家企业签约"),
        ("累计下沉干部多少人次？", ""),
        ("市长是谁？", ""),
    ],
)
def test_what_a_question_takes_for_granted(question, asserted):
    assert premise(question) == asserted


@pytest.mark.parametrize(
    ("question", "name", "clause"),
    [
        ("群众满意度为什么降到了78%？", "hotline", "推动群众满意度升至98%"),
        ("行政处罚案件为什么同比上升28.15%？", "cases", "行政处罚案件同比下降28.15%"),
        ("新产业园二期为什么已经建成投产？", "plant", "新产业园二期将在今年10月建成投产"),
        ("市长卢艳丽为什么出席活动？", "mayor", "副市长卢艳丽出席活动并致辞"),
        ("是不是有16家企业与长江大学专家团队签约？", "deal", "15家企业与长江大学相关专家团队签订合作协议"),
    ],
)
def test_a_false_premise_is_contradicted_by_the_clause(question, name, clause):
    shown = line(name)
    bound = binds(question, shown)
    assert bound.conflict
    assert not bound.answers
    assert bound.clause == clause == shown.article.body[bound.start : bound.end]


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("群众满意度为什么升至98%？", "hotline"),
        ("行政处罚案件为什么下降？", "cases"),
        ("新产业园二期什么时候建成投产？", "plant"),
        ("不予处罚案件为什么上升53.87%？", "cases"),
        ("为什么干部要下沉？", "office"),
        ("二广高速3标段计划什么时候进入盖梁施工？", "road"),
    ],
)
def test_a_true_premise_is_left_alone(question, name):
    assert not binds(question, line(name)).conflict

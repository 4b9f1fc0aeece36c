"""The verifier on the sample page's own sentences: what is borne out, what is bent, and that nothing breaks it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.grounding.verify import verify
from rag.schema import Article, Edition, Evidence
from rag.text.sentences import sentence_spans

BODIES = {
    "office": (
        "洪湖“莲心办”架起“连心桥”",
        "截至目前，“莲心办”服务累计下沉干部120人次，接待咨询4500余人次，办理事项1200余件，解决企业难题80余个。"
        "该市政务服务中心负责人杨文洁表示：“群众满意是最高标准。”\n",
    ),
    "transfer": (
        "荆州15项科技成果“落地生金”",
        "7月10日，荆州市科技产业“融合惠转”行动暨长江大学科技成果推介活动举行，长江大学相关专家及近40家荆州企业代表参加活动。"
        "副市长卢艳丽出席活动并致辞。\n活动现场，15家企业与长江大学相关专家团队签订合作协议，涉及石油机械、生物医药等多个合作领域。\n",
    ),
    "loans": (
        "我市推进中小企业商业价值信用贷款",
        "记者获悉，截至目前，全市企业类市场主体入库总数达5.4万家，居全省前列，累计授信13.05亿元，放款11.76亿元。\n",
    ),
    "voices": (
        "携手奋斗，共谱发展新篇",
        "2025年上半年，亿卓实业完成销售收入1.22亿元，同比增长23%，设备更新投入890万元。\n今年上半年，全市不予处罚案件同比上升53.87%，"
        "行政处罚案件同比下降28.15%。\n湖北美的电冰箱有限公司相关负责人说，新产业园二期将在今年10月建成投产，未来3至5年建成年产值250亿元的"
        "全球最大冰箱生产基地。\n长江艺术工程职业学院、湖北十八匠文化产业有限公司董事长许小兰动情地说，企业的成长离不开荆州沃土的滋养。\n",
    ),
    "hotline": ("市12345热线“领导接听日”创新升级", "推动群众满意度升至98%。\n"),
    "road": ("抢工期 保进度", "目前已建设完成墩柱26个，计划8月中旬进入盖梁施工环节。\n"),
}


def evidence(name):
    title, body = BODIES[name]
    article = Article(title, body, edition=Edition(date="2025-07-11"))
    return [Evidence(number, article, *span) for number, span in enumerate(sentence_spans(body), 1)]


TRUE = [
    ("office", "“莲心办”累计下沉干部120人次。"),
    ("office", "洪湖“莲心办”解决企业难题超过80个。"),
    ("office", "洪湖市政务服务中心负责人是杨文洁。"),
    ("office", "据报道，“莲心办”累计下沉干部一百二十人次。"),
    ("transfer", "副市长卢艳丽出席了活动。"),
    ("transfer", "昨日，近40家荆州企业代表参加活动。"),
    ("transfer", "2025年7月10日，近40家荆州企业代表参加了活动。"),
    ("transfer", "15家企业与长江大学专家团队签约。"),
    ("loans", "截至目前，累计授信13.05亿元，放款11.76亿元。"),
    ("loans", "放款11.76亿元，累计授信13.05亿元。"),
    ("loans", "中小企业商业价值信用贷款累计授信130500万元。"),
    ("voices", "亿卓实业上半年完成销售收入12200万元，同比增长23%。"),
    ("voices", "行政处罚案件同比下降28.15%，不予处罚案件同比上升53.87%。"),
    ("voices", "新产业园二期将于2025年10月建成投产。"),
    ("voices", "亿卓实业2025年上半年同比增长23%。"),
    ("voices", "湖北美的电冰箱有限公司的新产业园二期建成后年产值是250亿元。"),
    ("office", "莲心办解决了80余个难题。"),
    ("transfer", "副市长卢艳丽出席了长江大学科技成果推介活动。"),
    ("hotline", "群众满意度达98%。"),
    ("road", "目前已建成26个墩柱。"),
    ("road", "拟于8月中旬进入盖梁施工环节。"),
]
FALSE = [
    ("office", "累计下沉干部80人次。", "120人次"),
    ("office", "解决企业难题120余个。", "80余个"),
    ("office", "解决企业难题80个。", "确数"),
    ("office", "接待咨询1200余人次，办理事项4500余件。", "4500余人次"),
    ("office", "累计下沉干部120人。", "单位"),
    ("transfer", "市长卢艳丽出席了活动。", "副市长"),
    ("transfer", "副市长卢艳出席了活动。", "卢艳丽"),
    ("transfer", "副市长王丽出席活动并致辞。", "卢艳丽"),
    ("transfer", "副市长卢艳丽未出席活动。", "未"),
    ("transfer", "7月9日，近40家荆州企业代表参加活动。", "7月10日"),
    ("transfer", "40家荆州企业代表参加活动。", "近40家"),
    ("transfer", "市长卢艳丽出席了长江大学科技成果推介活动。", "副市长"),
    ("office", "莲心办解决了1200余个难题。", "办理事项"),
    ("loans", "累计授信11.76亿元，放款13.05亿元。", "放款"),
    ("loans", "累计授信13.05万元。", "13.05亿元"),
    ("loans", "入库总数达5.4万家，居全国前列。", "全省"),
    ("voices", "行政处罚案件同比上升28.15%。", "下降"),
    ("voices", "行政处罚案件同比下降28.15个百分点。", "单位"),
    ("voices", "新产业园二期已在今年10月建成投产。", "将"),
    ("voices", "新产业园二期今年10月建成投产。", "将"),
    ("voices", "副市长卢艳丽说，企业的成长离不开荆州沃土的滋养。", ""),
    ("voices", "荆州市2025年的GDP目标是250亿元。", ""),
    ("hotline", "群众满意度降至98%。", "升至"),
    ("hotline", "群众满意度上升98%。", "升至"),
    ("road", "8月中旬已进入盖梁施工环节。", "计划"),
]


@pytest.mark.parametrize(("name", "text"), TRUE)
def test_supported_and_cited(name, text):
    claim = verify(text, evidence(name))
    assert claim.verdict == "supported", claim.reasons
    assert 1 <= len(claim.citations) <= 3
    body = BODIES[name][1]
    assert all(body[cited.start : cited.end] == cited.quote for cited in claim.citations)


@pytest.mark.parametrize(("name", "text", "word"), FALSE)
def test_not_supported_and_says_why(name, text, word):
    claim = verify(text, evidence(name))
    assert claim.verdict != "supported"
    assert word in "".join(claim.reasons)


@pytest.mark.parametrize("name", BODIES)
def test_every_sentence_bears_itself_out(name):
    shown = evidence(name)
    for item in shown:
        claim = verify(item.quote, shown)
        assert claim.verdict == "supported", (item.quote, claim.reasons)
        assert claim.citations == (item.citation,)


def test_a_claim_of_two_sentences_cites_both():
    claim = verify("副市长卢艳丽出席活动并致辞，15家企业与长江大学相关专家团队签订合作协议。", evidence("transfer"))
    assert claim.verdict == "supported"
    assert len(claim.citations) == 2


def test_without_evidence_nothing_is_supported():
    assert verify("副市长卢艳丽出席了活动。", []).verdict == "unsupported"
    assert verify("", evidence("office")).verdict == "unsupported"
    assert verify("……！", evidence("office")).verdict == "unsupported"


def test_the_same_date_words_mean_other_days_in_other_editions():
    title, body = BODIES["transfer"]
    article = Article(title, body, edition=Edition(date="2025-07-13"))
    shown = [Evidence(1, article, *sentence_spans(body)[0])]
    assert verify("昨日，近40家荆州企业代表参加活动。", shown).verdict == "unsupported"


PIECES = st.sampled_from(
    [
        "120人次",
        "80余个",
        "副市长",
        "卢艳丽",
        "今年10月",
        "将",
        "已",
        "不",
        "下降",
        "28.15%",
        "“莲心办”",
        "，",
        "。",
        "[1]",
        "<b>",
        "\u200b",
        "第",
        "百分之",
        "亿",
    ]
)


@settings(max_examples=2000, deadline=None)
@given(st.one_of(st.text(max_size=80), st.lists(PIECES, max_size=20).map("".join)))
def test_no_output_of_a_model_breaks_it(text):
    claim = verify(text, evidence("voices"))
    assert claim.text == text
    assert claim.verdict in {"supported", "partial", "unsupported"}
    assert claim.verdict == "supported" or claim.reasons

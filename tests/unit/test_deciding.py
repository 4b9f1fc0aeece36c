"""Which lines answer by program: a figure of another year does not."""

from __future__ import annotations

import pytest

from rag.grounding.asked import read_asked
from rag.grounding.bearing import read_part
from rag.grounding.deciding import Decision, decide
from rag.grounding.evidence import gather
from rag.grounding.signals import question_dates
from rag.schema import Article, Edition


def decided(question: str, body: str, date: str = "", *, with_model: bool = False) -> Decision:
    article = Article("市旅游业发展情况", body, edition=Edition("", date))
    return decide(gather(read_part(question), [article]), with_model=with_model)


def fillers(decision: Decision) -> list[str]:
    return [line.line.text[line.filler.start : line.filler.end] for line in decision.lines if line.filler]


@pytest.mark.parametrize("date", ["", "2024-01-20"])
@pytest.mark.parametrize("with_model", [False, True])
def test_a_figure_of_another_year_does_not_answer(date, with_model):
    body = "据1月18日发布的报告，2023年全市旅游收入为67.5亿元，同比增长11.8%。"
    assert not decided("2022年全市旅游收入是多少？", body, date, with_model=with_model).answered
    assert fillers(decided("2023年全市旅游收入是多少？", body, date, with_model=with_model)) == ["67.5亿元"]


@pytest.mark.parametrize(
    ("body", "figure"),
    [
        ("2023年全市旅游收入67.5亿元，2022年全市旅游收入60.4亿元。", "60.4亿元"),
        ("2022年全市旅游收入60.4亿元，2023年全市旅游收入67.5亿元。", "60.4亿元"),
        ("2022年，全市旅游收入较2021年明显增加，达到60.4亿元。", "60.4亿元"),
        ("2022年，全市旅游收入在2021年的基础上又有增加，达到60.4亿元。", "60.4亿元"),
    ],
)
def test_of_two_years_the_figure_of_the_one_asked_for_is_taken(body, figure):
    assert fillers(decided("2022年全市旅游收入是多少？", body)) == [figure]


def test_what_is_said_first_holds_for_the_figures_after_it():
    body = "2023年，全市小客车指标10万个，其中普通小客车3万个，新能源车7万个。"
    assert fillers(decided("2023年全市小客车指标有多少个？", body)) == ["10万个"]
    assert fillers(decided("2023年全市新能源小客车指标有多少个？", body)) == ["7万个"]


@pytest.mark.parametrize(
    ("question", "body", "answered"),
    [
        ("东湖三号飞船的航天员是谁？", "东湖二号飞船的航天员是张明。", False),
        ("东湖三号飞船的航天员是谁？", "东湖3号飞船的航天员是张明。", True),
        ("东湖三号飞船的航天员是谁？", "东湖二号、东湖三号飞船的航天员是张明。", True),
        ("地铁2号线的站长是谁？", "地铁1号线、2号线的站长是张明。", True),
        ("全市小客车指标有多少个？", "全市小客车指标查询：1、官网；2、电话。", False),
        ("全市小客车指标有多少个？", "全市小客车指标查询 2006", False),
        ("净化水质的湿地建在哪个村子里？", "净化水质的湿地建在东湖镇平安村。", True),
        ("张明什么时候访问法国？", "张明将是继2020年之后首位访问法国的市长。", False),
        ("张明什么时候访问法国？", "张明2020年5月访问法国。", True),
        ("全省棉花产量是多少？", "全省棉花播种面积4500万亩。", False),
        ("全省棉花产量是多少？", "全省棉花播种面积4500万亩，产量598万吨。", True),
        ("东湖汽车销量是多少？", "东湖汽车营业收入1051亿元。", False),
        ("东湖汽车销量是多少？", "东湖汽车1051亿元。", False),
        ("东湖汽车营收是多少？", "东湖汽车研发开支由46亿元增加至49亿元。", False),
        ("东湖汽车营收是多少？", "东湖汽车研发开支49亿元，占收入的10.5%。", False),
        ("双十一全网销售了多少亿元？", "双十一全网销售额达到1.4万亿元。", True),
        ("东湖灯会的吉祥物是什么？", "东湖灯会的吉祥物是什么？", False),
        ("谁救了落水儿童？", "救了落水儿童的李明说：“没什么大不了的。”", True),
        ("新规什么时候施行？", "新规将于7月1日起施行，将带来哪些变化？", True),
        ("暑运从哪天开始？", "暑运自7月1日拉开帷幕。", True),
        ("东湖县启动了几级响应？", "东湖县31日18时紧急启动Ⅳ级响应。", True),
        ("地铁12号线哪年通车？", "7月31日，地铁12号线东湖站最后一幅墙浇筑完成。", False),
        ("东湖灯会由哪两家单位主办？", "东湖灯会由县文化馆、县图书馆主办。", True),
        ("东湖灯会由哪两家单位主办？", "东湖灯会和庙会3月4日在县城开幕。", False),
        ("东湖水厂由哪家公司建设？", "东湖水厂项目建设正酣，西山公司员工前来参观。", False),
        ("《长河》是由哪两个公司合作开发的？", "《长河》是由东光和西岸开发的作品。", True),
        ("东湖条例的五部门是哪五个部门？", "东湖条例要求服务园区、企业、集群、学校、医院。", False),
        ("东湖“六大工程”具体是哪六项工程？", "东湖县实施“六大工程”，推动县、乡发展。", False),
        ("下一届东湖论坛在哪里举行？", "2023东湖论坛在云南昆明举行。", False),
        ("谁被免去武汉市副市长职务？", "免去王清华的武汉市副市长职务。", True),
        ("被警方抓获的女子叫什么名字？", "警方在张建国访问时抓获了一名女子。", False),
        ("东湖公司的董事长是谁？", "作为东湖公司的董事长，他接受了县长王强的聘书。", False),
        ("全县有多少家企业获得了星火贷款？", "全县企业入库总数达5.4万家。", False),
        ("东湖县有多少家企业停产？", "受洪水影响，东湖县部分企业停产。这些企业共有35家。", True),
        ("东湖局提出了几个要求？", "东湖局坚持“七个摆进去”。", False),
        ("该市采取怎样的办法治理污染？", "该市通过关停小厂、铺设管网治理污染。", True),
        ("哪些城市入选文明城市？", "文明城市评选标准一是环境好，二是服务好。", False),
        ("大桥最初预算是多少？", "大桥最终预算是20亿元，最初预算12亿元。", True),
        ("司法局的领导叫什么名字？", "司法局党委书记、局长王建国表示，执法更有温度。", True),
        ("首批商业“领跑县”有哪些县？", "首批商业“领跑县”将建设一批县级配送中心、乡镇商贸中心。", False),
        ("首批商业“领跑县”有哪些县？", "首批商业“领跑县”是东湖县、西山县。", True),
        ("贷款工作要推动银行做到哪“三贷”？", "贷款工作要推动银行愿贷、敢贷、快贷。", True),
        ("大学的5项成果分别叫什么名称？", "大学的5项有前瞻性和潜力的成果进行路演。", False),
        ("徐慧是第几届志愿者？", "2013届志愿者徐慧说，工作很繁琐。", True),
        ("会议讨论了什么计划？", "会议讨论了《东湖日报》改版。", False),
        ("东湖灯会的主题歌在第几集？", "近日，东湖灯会的主题歌受到喜爱。", False),
        ("谁参加了东湖大学生运动会？", "东湖大学生夏季运动会开幕。", False),
        ("东湖项目的负责人是谁？", "作为东湖项目的负责人，县医院副院长王建国院士介绍了进展。", True),
        ("处罚案件的变化幅度是多少？", "今年上半年，处罚案件同比上升53.8%。", True),
        ("“黄金条例”从哪几个方面破除瓶颈？", "“黄金条例”破除瓶颈：土地方面，降低成本；金融方面，设立基金。", True),
    ],
)
def test_another_of_a_numbered_row_a_mark_of_a_list_and_a_date_compared_with_do_not_answer(question, body, answered):
    assert decided(question, body).answered == answered


@pytest.mark.parametrize(
    ("question", "body", "found"),
    [
        ("李记面馆最初是从什么起步的？", "经理说，李记面馆从一家早点铺起步，现有分店三家。", ["一家早点铺"]),
        (
            "交易经手费从多少调到了多少？",
            "交易经手费从成交金额的0.48%下调为0.34%，降幅达30%。",
            ["0.48%下调为0.34%"],
        ),
        ("十年来森林覆盖率从多少提高到多少？", "十年来，森林覆盖率从35.2%提高到48.6%。", ["35.2%提高到48.6%"]),
        ("工地上的工人在干什么？", "东湖大桥工地上，工人正在进行清表、桩基等施工作业。", ["进行清表、桩基等施工作业"]),
    ],
)
def test_what_stands_in_the_frame_of_the_question_fills_it(question, body, found):
    assert fillers(decided(question, body)) == found


def test_a_report_that_says_the_whole_city_means_its_own():
    body = "荆州市交通局开会。会上说，全市渡口改造完成15处。"
    assert fillers(decided("荆州市渡口改造完成多少处？", body)) == ["15处"]
    visited = "荆州市改造渡口，荆州市交通局说，全市渡口改造完成15处。代表曾赴杭州学习。"
    told = gather(read_part("荆州渡口改造完成多少处？"), [Article("", visited)]).bearings[0].signals.here
    other = gather(read_part("杭州渡口改造完成多少处？"), [Article("", visited)]).bearings[0].signals.here
    assert told > other


def test_a_paragraph_that_goes_on_is_read_with_the_one_before():
    body = "“快艇救援”演练中，队员驾艇靠近落水者。\n此时，艇身倾斜，整个施救过程用时10秒钟。"
    assert fillers(decided("“快艇救援”演练的整个施救过程用时多久？", body)) == ["10秒钟"]


def test_a_list_is_taken_from_where_it_begins():
    body = "1998年底，总行撤销省级分行、市级分行，设立9个分行。9个分行是：甲市分行、乙市分行、丙市分行。"
    assert decided("总行1998年底设立的9个分行有哪些？", body).lines[0].line.text.startswith("9个分行是")


def test_a_list_is_taken_from_its_label():
    body = "高碘食物分为三个等级。一级：海带、紫菜、苔条等。二级：虾皮、黑鱼等。建议避免进食高碘食物。"
    assert decided("一级高碘食物包括什么？", body).lines[0].line.text.startswith("一级：")


def test_a_body_is_named_without_what_leads_to_its_name():
    body = "倒闭的东湖银行由清河市的梦想银行接手，东湖银行家协会表示欢迎。"
    assert fillers(decided("倒闭的东湖银行由哪家银行接手？", body)) == ["梦想银行"]
    assert fillers(decided("中标东湖大桥的是哪家公司？", "中标东湖大桥的是清河公司")) == ["清河公司"]
    assert fillers(decided("哪家医院收治了患者？", "第一人民医院收治患者30名。")) == ["第一人民医院"]
    told = "（记者李明 通讯员张平）清河银行获得金牌。"
    assert fillers(decided("哪家银行获得金牌？", told)) == ["清河银行"]


def test_what_the_question_compares_with_is_not_the_time_it_asks_of():
    body = "2023年上半年，全市服务贸易进出口总额67.5亿元，同比增长8.5%。"
    found = decided("全市服务贸易进出口比去年涨了多少？", body, "2023-08-18", with_model=True)
    assert fillers(found) == ["8.5%"]


@pytest.mark.parametrize(
    ("question", "times"),
    [
        ("比去年同期涨了多少", []),
        ("与去年相比涨了多少", []),
        ("和2019年比涨了多少", []),
        ("中超2022赛季冠军是谁", ["2022年"]),
        ("2022年同期旅游收入是多少", ["2022年"]),
        ("新能源车占比2023年是多少", ["2023年"]),
    ],
)
def test_only_what_is_compared_with_is_no_time_asked_of(question, times):
    assert [one.text for one in question_dates(question, "2023-08-18")] == times


@pytest.mark.parametrize(
    ("question", "measure"),
    [("汽油价格每吨下调多少元", "money"), ("汽油价格下调多少", "percent"), ("水位降了多少米", "")],
)
def test_a_unit_that_is_asked_for_says_the_measure(question, measure):
    assert read_asked(question).measure == measure


def test_a_date_or_span_goes_before_what_it_is_of():
    opened = "昨日，清河大桥建成通车，预计8月1日起收费。"
    assert fillers(decided("清河大桥什么时候通车？", opened, "2025-07-11")) == ["昨日"]


def test_of_one_person_other_things_may_be_told():
    body = "2022年感动交通人物名单公布，东湖县驾驶员李明舟入选。2012年，李明舟成为司机。"
    found = decided("2012年李明舟开始跑车时，东湖县有多少条线路？", body, "2023-08-18")
    assert not found.conflict


def test_last_year_is_the_year_before_the_edition():
    body = "去年全市旅游收入60.4亿元。"
    assert fillers(decided("2022年全市旅游收入是多少？", body, "2023-01-20")) == ["60.4亿元"]
    assert not decided("2022年全市旅游收入是多少？", body, "2024-01-20").answered


def test_another_part_of_the_year_or_month_of_another_year_does_not_answer():
    half = "2023年上半年，全市旅游收入67.5亿元。"
    assert decided("2023年上半年全市旅游收入是多少？", half, "2023-08-18").answered
    assert not decided("2023年前三季度全市旅游收入是多少？", half, "2023-08-18").answered
    june = "数据显示，6月，旅游服务窗口受理咨询2895件。"
    assert decided("2025年6月，旅游服务窗口受理了多少件咨询？", june, "2025-07-11").answered
    assert not decided("2024年6月，旅游服务窗口受理了多少件咨询？", june, "2025-07-11").answered


@pytest.mark.parametrize(
    ("question", "body"),
    [
        ("谁获得了赛马节冠军？", "花商苏西获得了赛马节冠军。"),
        ("清河大桥的工人总量有多少？", "清河大桥有工人200余名。"),
    ],
)
def test_a_model_reads_lines_whose_noun_or_name_the_program_does_not_find(question, body):
    assert not decided(question, body).answered
    assert decided(question, body, with_model=True).answered


def test_a_false_premise_is_corrected_by_a_line_that_would_not_answer():
    body = "东湖公园日均接待游客2.5万人次。园内樱花盛开。"
    decision = decided("东湖公园日均接待游客25万人次，请问占全市的几成？", body)
    assert decision.conflict == "原文说的是“东湖公园日均接待游客2.5万人次”"


def test_of_several_figures_the_one_of_what_was_told_corrects():
    body = "东湖市工会有9.5万名环卫工人会员，准备抗议。东湖市1.1万名环卫工人将于8日一起举行罢工。"
    decision = decided("东湖市5万名环卫工人要一起罢工，准备去哪里抗议？", body)
    assert "1.1万名" in decision.conflict


def test_a_model_reads_the_best_lines_however_the_question_says_it():
    body = "东湖市已有大约2500处水产养殖场被迫关闭。园内樱花盛开。"
    question = "东湖市关停了多少家养鱼的场子？"
    assert not decided(question, body).answered
    assert "2500处" in decided(question, body, with_model=True).lines[0].line.text


def test_a_model_reads_a_line_that_measures_two_things():
    body = "东湖公司的工厂占地面积500亩，年产汽车20万辆。"
    assert decided("东湖公司年生产多少辆汽车？", body, with_model=True).answered


def test_a_figure_of_another_month_does_not_answer():
    body = "数据显示，6月，旅游服务窗口受理咨询2895件，办结2300件，8月将增设窗口。"
    assert not decided("7月份旅游服务窗口受理咨询多少件？", body).answered
    assert fillers(decided("6月份旅游服务窗口受理咨询多少件？", body)) == ["2895件"]


@pytest.mark.parametrize(
    ("question", "read"),
    [("东湖大桥总投资多少？", False), ("东湖大桥的墩子做了多少根？", True), ("东湖大桥占比多少？", False)],
)
def test_a_model_reads_no_line_for_money_or_a_share_that_has_neither(question, read):
    assert decided(question, "东湖大桥建成墩柱26个。", with_model=True).answered is read


@pytest.mark.parametrize(
    ("question", "body", "told"),
    [
        ("企业座谈会多久开一次？", "今年起，市里每月召开一次企业座谈会，每次三个小时。", ["每月"]),
        ("小象头一回站起来是几点？", "8月3日，小象首次站起来是在晚上7点30分。", ["7点30分"]),
        ("共性问题由谁牵头治理？", "对共性问题，由主管部门牵头治理。", ["主管部门"]),
        ("风险补偿资金由哪个部门保障？", "财政部门保障风险补偿资金。", ["财政部门"]),
        ("谁拿下了公开赛冠军？", "阿尔卡拉斯以6比4取胜，拿下了公开赛冠军。", ["阿尔卡拉斯"]),
        ("谁调查了公开赛？", "审计署调查了公开赛。", ["审计署"]),
    ],
)
def test_what_fills_the_hole(question, body, told):
    assert fillers(decided(question, body)) == told


def test_another_measure_of_money_does_not_answer():
    assert not decided("东湖产业园二期投了多少钱？", "东湖产业园二期将建成年产值250亿元的基地。").answered
    assert decided("东湖产业园二期投了多少钱？", "东湖产业园二期投资250亿元。").answered


def test_a_name_is_told_only_of_what_is_spoken_of():
    body = "长颈鹿妈妈叫欢欢，去年七月生下了长颈鹿“十一”。"
    assert decided("长颈鹿“十一”的妈妈叫什么名字？", body).answered
    assert not decided("长颈鹿“十一”的爸爸叫什么名字？", body).answered


def test_a_figure_in_a_quoted_name_is_not_corrected():
    body = "三项举措破除了要素瓶颈，土地、金融、人才方面各有办法。"
    assert not decided("“惠企20条”破除了要素瓶颈，是从哪几方面下手的？", body).conflict


def test_of_several_lines_the_one_that_says_who_somebody_is_comes_first():
    body = "邓晓舟服务乡亲的事迹感人。三农客运公司驾驶员邓晓舟入选。"
    assert decided("邓晓舟是什么人？", body).lines[0].line.text == "三农客运公司驾驶员邓晓舟入选。"


def test_the_head_of_another_place_or_body_does_not_answer():
    body = "市数据局党组书记、局长张明表示，要打造智慧政务。黄石市政务服务管理局推出了新举措。"
    assert not decided("黄石市政务服务管理局局长叫什么名字？", body).answered
    assert decided("黄石市政务服务管理局局长叫什么名字？", f"黄石市政务服务管理局局长张明表示，{body}").answered


def test_a_figure_of_another_place_does_not_answer():
    body = "上海以上半年生产总值21390.17亿元居首，武汉位居第九。"
    body += "武汉市上半年生产总值9503.33亿元，同比增长5.0%，增速加快0.5个百分点。"
    assert fillers(decided("武汉上半年生产总值是多少？", body)) == ["9503.33亿元"]
    assert fillers(decided("武汉上半年生产总值的增速是多少？", body)) == ["5.0%"]


def test_exports_are_not_foreign_trade():
    body = "上半年，我国服务进出口总额31358.4亿元，同比增长8.5%。"
    assert not decided("上半年我国服务出口额是多少？", body).answered


def test_where_a_thing_is_goes_before_where_something_of_it_was_done():
    body = "为改善水质，江陵县启动东湖湿地项目。东湖湿地项目位于资市镇平渊村，采用多级生态塘工艺，净化水质。"
    assert decided("东湖湿地项目在哪？", body).lines[0].line.text.startswith("东湖湿地项目位于")
    village = "在偏远的瞿家湾镇月池村，民政干部冒雨上门，为老人办补贴。"
    assert fillers(decided("民政干部冒雨上门给老人办补贴是在哪个村？", village)) == ["月池村"]


def test_a_county_may_tell_of_its_province():
    assert fillers(decided("日本地震造成多少人死亡？", "日本发生7.6级地震，石川县共有241人死亡。")) == ["241人"]


def test_where_somebody_was_taken_is_not_who_did_it():
    assert not decided("谁救了落水儿童？", "落水儿童被送往东湖医院救治。").answered

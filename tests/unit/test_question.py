"""What a question wants: its kind, its parts, its listing, and what a pronoun in it stands for. All made up."""

from __future__ import annotations

import pytest

from rag.grounding.asked import read_asked
from rag.grounding.misnamed import misnamed
from rag.grounding.premise import contradicted, premise, takes_for_granted
from rag.grounding.question import read_question, reread
from rag.grounding.terms import content_terms, presence
from rag.schema import Article, Evidence, Turn


def evidence(text: str, body: str = "", date: str = "") -> Evidence:
    from rag.schema import Edition

    body = body or text
    start = body.index(text)
    return Evidence(1, Article("东湖公园二期建成", body, edition=Edition("", date)), start, start + len(text))


@pytest.mark.parametrize(
    ("question", "kind", "measure"),
    [
        ("表彰大会几号开的，上午还是下午？", "date", ""),
        ("现在坐几号线去机场？", "quantity", ""),
        ("文中举了哪几个例子？", "list", ""),
        ("大赛设了哪4个专项赛？", "list", ""),
        ("废水占来水的几成？", "quantity", "percent"),
        ("余额占总资产的百分之几？", "quantity", "percent"),
        ("它是本市的第几代渡轮？", "quantity", "ordinal"),
        ("李敏的职务怎么写？", "identity", ""),
        ("剧里演的是谁？", "person", ""),
        ("代表团团长叫什么名字？", "person", ""),
        ("水利部发言人又叫什么？", "person", ""),
        ("吉祥物叫什么？", "thing", ""),
        ("业务量怎么反而下滑了？", "reason", ""),
        ("区长是哪几天在乡下调研的？", "date", ""),
        ("座谈会多久一次？", "duration", "frequency"),
        ("渡轮检修几个月搞一次？", "duration", "frequency"),
        ("李四是张明的什么人？", "identity", ""),
        ("市档案局的领导叫什么？", "person", ""),
        ("协议管哪几年？", "date", ""),
        ("成果登在哪本刊物上？", "thing", ""),
        ("他在哪家公司上班？", "organisation", ""),
        ("谁要是拖欠工钱，会怎么处理？", "manner", ""),
        ("谁想收购这家俱乐部？", "person", ""),
        ("哪些年轻人获奖？", "person", ""),
        ("哪些天津企业获奖？", "list", ""),
        ("基站使用的频率是多少？", "quantity", ""),
        ("书店在哪条街？", "place", ""),
        ("渡轮的钟有多重？", "quantity", ""),
        ("桥墩已经浇好几根了？", "quantity", ""),
        ("新药的有效率有多高？", "quantity", "percent"),
        ("那座塔有多高？", "quantity", ""),
        ("他们在找哪两样东西？", "list", ""),
        ("渡轮的铃装在什么位置？", "place", ""),
        ("靠岸一共用了几秒？", "duration", ""),
        ("船上的修理工叫什么名字？", "person", ""),
        ("送餐机器人叫什么名字？", "thing", ""),
        ("汤圆四川人叫什么？", "thing", ""),
        ("张明在球队踢什么位置？", "thing", ""),
        ("大厅的AI数字人叫什么名字？", "thing", ""),
    ],
)
def test_the_kind_asked_for(question, kind, measure):
    asked = read_asked(question)
    assert (asked.kind, asked.measure) == (kind, measure)


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("一年要办多少场讲座", ["一年", "要", "办", "讲座"]),
        ("完工后水质怎样", ["完工", "水质"]),
        ("聚起了多少游客", ["聚", "游客"]),
        ("那座李明铜像有多高", ["李明", "铜像"]),
        ("余额占央行总资产的百分之几", ["余额", "占", "央行", "总资产"]),
        ("哪个镇有位盲人老师", ["盲人", "老师"]),
        ("钱进了谁的卡", ["钱", "进", "卡"]),
        ("血压多少就先别运动", ["血压", "别", "运动"]),
        ("前海有多少家企业", ["前海", "企业"]),
        ("给湖北病人讲课的医生", ["湖北", "病人", "讲课", "医生"]),
        ("灯装在哪里", ["灯", "装"]),
        ("戏演了几场", ["戏", "演"]),
        ("奖发给了谁", ["奖", "发给"]),
        ("王安在哪里", ["王安"]),
        ("站设在哪条街", ["站", "设在", "街"]),
        ("哪吒2的票房", ["2", "哪吒", "票房"]),
    ],
)
def test_what_jieba_runs_together_is_no_rare_name(question, words):
    assert [term.text for term in content_terms(question)] == words


@pytest.mark.parametrize(
    ("question", "unit"),
    [
        ("队员上门一共跑了多少趟？", "趟"),
        ("连续墙一共有多少幅？", "幅"),
        ("船长今年多大年纪？", "岁"),
        ("船长的年龄是多大？", "岁"),
        ("公园有多大？", ""),
        ("今年有多少企业参展？", ""),
        ("收到多少线索？", ""),
        ("来了多少环卫工人？", ""),
    ],
)
def test_the_unit_asked_for(question, unit):
    assert read_asked(question).unit == unit


@pytest.mark.parametrize(
    ("question", "text", "there"),
    [
        ("出口总额是多少", "出口67.5亿元", True),
        ("出口总额是多少", "进出口67.5亿元", False),
        ("GDP是多少", "上半年GDP67.5亿元", True),
        ("MIX的屏幕多大", "MIX4的屏幕", False),
    ],
)
def test_a_word_is_there_only_where_nothing_makes_another_of_it(question, text, there):
    term = content_terms(question)[0]
    assert (presence(term, text) == 1.0) == there


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("想核对一下，渡轮是谁修的？谢谢", "渡轮是谁修的"),
        ("请核实：渡轮是张明修的？", "渡轮是张明修的？"),
        ("票价啥时候涨的，请告知", "票价什么时候涨的"),
        ("谁对他说了谢谢", "谁对他说了谢谢"),
        ("村里六十岁的有几多", "村里六十岁的有多少"),
        ("新规咋治欠薪", "新规怎么治欠薪"),
        ("主题歌在哪一集里", "主题歌在第几集里"),
        ("他在哪一集团工作", "他在哪一集团工作"),
        ("1到6月进口了多少辆", "1-6月进口了多少辆"),
        ("说说渡口项目：在哪、谁管、能过多少车", "渡口项目在哪，渡口项目谁管，渡口项目能过多少车"),
        ("通报说：渡口关了", "通报说：渡口关了"),
        ("哪些人或多或少受到影响", "哪些人或多或少受到影响"),
        ("停电给居民带来哪些麻烦", "停电给居民带来哪些麻烦"),
        ("谁把这些遗址列举出来？", "谁把这些遗址列举出来？"),
        ("《几多风雨》的房价为何令人咋舌", "《几多风雨》的房价为何令人咋舌"),
        ("把渡口推出的几种便民举措全部列出来。", "渡口推出的便民举措有哪些"),
        ("上半年的案子涨了还是跌了，幅度多大？", "上半年的案子的变化幅度是多少？"),
    ],
)
def test_what_is_typed_is_read_as_it_is_written(typed, read):
    assert read_question(typed).text == read


@pytest.mark.parametrize(
    ("question", "subject"),
    [
        ("总结武汉市采取了哪些措施治理湖泊污染", "武汉市治理湖泊污染"),
        ("概括这次会议的要点，分点列出", "这次会议"),
    ],
)
def test_a_summary_is_of_what_it_is_to_tell(question, subject):
    wish = read_question(question)
    assert (wish.intent, wish.subject) == ("summary", subject)


def test_a_question_that_names_nobody_goes_on_about_the_last():
    history = [
        Turn("user", "平安商会搭了什么平台？"),
        Turn("assistant", "平安商会搭建了“商友之家”平台。"),
    ]
    assert "平安商会" in read_question("一共聚拢了多少人才？", history).text
    assert read_question("张明聚拢了多少人才？", history).text == "张明聚拢了多少人才？"


def test_an_hour_by_another_name():
    (part,) = read_question("单程要走几个钟头？").parts
    assert part.asked.kind == "duration"


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        (
            "农业大学校友见面活动和宣传系统“大比武”展演活动，各是哪位市领导出席的？",
            ["农业大学校友见面活动是哪位市领导出席的", "宣传系统“大比武”展演活动是哪位市领导出席的"],
        ),
        ("下沉干部和解决难题分别有多少？", ["下沉干部有多少", "解决难题有多少"]),
        ("全年进出口总额及同比增幅", ["全年进出口总额", "全年进出口同比增幅"]),
        ("东湖和西湖的人口分别是多少？", ["东湖的人口是多少", "西湖的人口是多少"]),
        ("水稻和玉米种植面积各是多少亩？", ["水稻种植面积是多少亩", "玉米种植面积是多少亩"]),
        (
            "华为和小米今年手机销量分别是多少？",
            ["华为今年手机销量是多少", "小米今年手机销量是多少"],
        ),
        ("ABC和XYZ的发布时间", ["ABC的发布时间", "XYZ的发布时间"]),
        ("东湖市青联副主席是谁？伊拉克发言人又叫什么？", ["东湖市青联副主席是谁", "伊拉克发言人又叫什么"]),
        ("收入与支出分别是多少？", ["收入是多少", "支出是多少"]),
        ("冠军跟亚军是谁？", ["冠军是谁", "亚军是谁"]),
        ("案子里丈夫和妻子各多大年纪？", ["案子里丈夫多大年纪", "案子里妻子多大年纪"]),
        ("被控跟李明串通的东湖庄园经理是谁？", ["被控跟李明串通的东湖庄园经理是谁"]),
        ("动画片在法国和美国的上映时间分别是哪天？", ["动画片在法国的上映时间是哪天", "动画片在美国的上映时间是哪天"]),
        ("2022赛季欧冠和欧联杯冠军分别是谁？", ["2022赛季欧冠冠军是谁", "2022赛季欧联杯冠军是谁"]),
        ("项目投资额和占地面积分别是多少？", ["项目投资额是多少", "项目占地面积是多少"]),
        ("全市接待游客多少人次，旅游收入多少亿元？", ["全市接待游客多少人次", "全市旅游收入多少亿元"]),
        ("甲公司和乙集团前三季度营收分别是多少？", ["甲公司前三季度营收是多少", "乙集团前三季度营收是多少"]),
        (
            "2024年6月不合格率是多少？比去年同期下降多少？",
            ["2024年6月不合格率是多少", "2024年6月不合格率比去年同期下降多少"],
        ),
        (
            "2024年东湖县下雨多少毫米，7月11日下雨多少毫米？",
            ["2024年东湖县下雨多少毫米", "2024年东湖县7月11日下雨多少毫米"],
        ),
        (
            "东湖县的常住人口数和西湖县的常住人口数分别是多少？",
            ["东湖县的常住人口数是多少", "西湖县的常住人口数是多少"],
        ),
        ("百度和腾讯2022年营收分别是多少？", ["百度2022年营收是多少", "腾讯2022年营收是多少"]),
        ("李宁和安踏体育2022年营收分别是多少？", ["李宁2022年营收是多少", "安踏体育2022年营收是多少"]),
        ("手机以及3D打印设备的产量各是多少？", ["手机的产量是多少", "3D打印设备的产量是多少"]),
        (
            "东湖县的公交线路条数和每年运送的乘客数分别是多少？",
            ["东湖县的公交线路条数是多少", "东湖县的每年运送的乘客数是多少"],
        ),
        (
            "西山的李家坪村一共有多少居民，六十岁以上的老人有多少？",
            ["西山的李家坪村一共有多少居民", "西山的李家坪村六十岁以上的老人有多少"],
        ),
        (
            "东湖县2022年的投资有多大，2025年能到多少？",
            ["东湖县2022年的投资有多大", "东湖县2025年能到多少"],
        ),
        ("大会的主题和举办地点分别是什么？", ["大会的主题是什么", "大会举办地点是什么"]),
        (
            "东湖机械2022年前两季度营收分别是多少？",
            ["东湖机械2022年第一季度营收是多少", "东湖机械2022年第二季度营收是多少"],
        ),
        ("12家企业和农业大学签约，合同总额是多少？", ["12家企业和农业大学签约，合同总额是多少"]),
        ("“要为家乡的繁荣与进步出力”，这话是谁讲的？", ["“要为家乡的繁荣与进步出力”，这话是谁讲的"]),
        (
            "服务队到现在一共接待了多少咨询、办了多少件事项？",
            ["服务队到现在一共接待了多少咨询", "服务队到现在办了多少件事项"],
        ),
        ("不合格率是多少？比去年同期下降多少？", ["不合格率是多少", "不合格率比去年同期下降多少"]),
        ("哪一年、在哪里建成了研发基地？", ["哪一年建成了研发基地", "在哪里建成了研发基地"]),
        ("东湖小院现在盖好了多少套？其中多少套有人住？", ["东湖小院现在盖好了多少套", "东湖小院现在多少套有人住"]),
        (
            "东湖机械上半年卖了多少钱？换设备又花了多少？",
            ["东湖机械上半年卖了多少钱", "东湖机械上半年换设备又花了多少"],
        ),
        ("每年培训多少家民企 公益体检又是多少场", ["每年培训多少家民企", "公益体检又是多少场"]),
        ("新来的小象多高多重", ["新来的小象多高", "新来的小象多重"]),
        ("徐慧是第几届志愿者？现在担任什么职务？", ["徐慧是第几届志愿者", "徐慧现在担任什么职务"]),
        ("邹家有几人被转移？是几时转移的？", ["邹家有几人被转移", "邹家是什么时候转移的"]),
        ("档案局的领导叫什么、是什么职务", ["档案局的领导叫什么"]),
        ("市文化和旅游局局长是谁", ["市文化和旅游局局长是谁"]),
        ("武汉和宜昌市委书记是谁", ["武汉市委书记是谁", "宜昌市委书记是谁"]),
        ("东湖和西湖财政局的预算各是多少", ["东湖财政局的预算是多少", "西湖财政局的预算是多少"]),
    ],
)
def test_a_double_question_is_taken_apart(question, parts):
    assert [part.text for part in read_question(question).parts] == parts


def test_what_the_reports_have_as_one_name_is_not_taken_apart():
    question = "东湖县早期筛查与综合干预项目的负责人是谁？"
    wish = read_question(question)
    printed = Article("筛查", "早期筛查与综合干预项目启动。")
    assert [part.text for part in reread(wish, [printed]).parts] == [question.rstrip("？")]
    assert reread(wish, [Article("别的", "别的事情。")]) == wish
    two = read_question("教育计划和医疗计划的投资是多少？")
    assert reread(two, [Article("计划", "教育计划和医疗计划的投资不断加大。")]) == two


@pytest.mark.parametrize("question", ["本版公益广告的宣传标语是什么？", "公益广告落款是哪家单位", "广告里写了什么"])
def test_what_an_advertisement_says_is_asked_of_the_archive(question):
    assert read_question(question).intent == "ad"
    assert read_question("东湖公司的广告收入是多少？").intent == "facts"


@pytest.mark.parametrize("question", ["报道推进会的见习记者和通讯员分别是谁？", "推进会这篇报道的记者都有谁？"])
def test_who_wrote_is_asked_of_the_archive(question):
    assert read_question(question).intent == "writer"


@pytest.mark.parametrize(
    ("question", "subject"),
    [
        ("“先行区”这个提法，哪几篇报道用到了？", "先行区"),
        ("把写到主题教育的稿件找出来", "主题教育"),
        ("3月5日举行的会议，版面上有哪些报道？", "3月5日举行的会议"),
        ("这一版哪几条是新华社3月5日从北京发的电讯稿？", "新华社"),
        ("哪些报道提到农业大学？", "农业大学"),
        ("有哪些稿子里出现过“先行区”？", "先行区"),
        ("帮我查一下，这一版上哪些报道写到了主题教育？", "主题教育"),
        ("这个版面上有哪几篇稿子提到东湖？", "东湖"),
        ("找一下这版里跟东湖有关的报道，有哪几篇？", "东湖"),
        ("东湖出现在哪几篇报道里？", "东湖"),
    ],
)
def test_a_listing_is_recognised(question, subject):
    wish = read_question(question)
    assert (wish.intent, wish.subject) == ("mentions", subject)


def test_what_the_reader_is_at_is_not_asked_about():
    assert read_question("我想写一篇东湖治水的稿子，请问湿地建在哪个村？").text == "湿地建在哪个村？"


def test_a_reporter_who_heard_something_is_not_asked_for():
    assert read_question("改造完成的消息，记者是哪天得知的？").intent == "facts"
    assert read_question("今天的报纸有哪些报道？").intent == "edition"


@pytest.mark.parametrize(
    ("last", "answer", "question", "alone"),
    [
        (
            "周平是哪个公司的？",
            "周平是东湖机械股份有限公司副总经理。",
            "这家企业在申报什么资金？",
            "东湖机械股份有限公司在申报什么资金？",
        ),
        (
            "学员坐的是哪艘船？",
            "他们乘坐并参观了“东湖06号”消防船。",
            "它是第几代消防船？",
            "“东湖06号”消防船是第几代消防船？",
        ),
        ("哪位演员发文致谢？", "演员周平，他的儿子被送医。", "他毕业于哪所学校？", "周平毕业于哪所学校？"),
        ("甲亢患者要少吃什么？", "", "得了这个病，炒菜该选哪种盐？", "得了甲亢患者，炒菜该选哪种盐？"),
        (
            "东湖治水项目的启动与培训会是谁主办的？",
            "这次会议由东湖医院主办。",
            "有多少人参加了这次会？",
            "有多少人参加了东湖治水项目的启动与培训会？",
        ),
        (
            "东湖公园有什么新项目？",
            "东湖公园的游船码头二期将在10月建成。",
            "它建成后有多少泊位？",
            "东湖公园的游船码头二期建成后有多少泊位？",
        ),
    ],
)
def test_a_pronoun_stands_for_what_it_can_mean(last, answer, question, alone):
    assert read_question(question, (Turn("user", last), Turn("assistant", answer))).text == alone


def test_a_year_without_its_word_is_that_year():
    told = evidence("李明不参加2022清河杯直接原因是大腿受伤。")
    assert contradicted("李明为什么不参加2022年清河杯？", told) is None
    assert contradicted("李明为什么不参加2023年清河杯？", told) is not None


def test_more_told_first_is_a_rise():
    question = "上半年进口汽车同比多了24%，原因是什么？"
    assert contradicted(question, evidence("上半年进口汽车34.6万辆，同比下降24%。"))


def test_whether_something_told_is_so_is_checked():
    assert takes_for_granted("志愿服务队是张明2008年组建的，对吗？")
    assert not takes_for_granted("志愿服务队是张明组建的吗？")


def test_less_is_the_opposite_of_a_rise():
    risen = evidence("今年上半年，全市不予处罚案件同比上升53.87%。", date="2025-07-11")
    assert contradicted("今年上半年全市不予处罚案件为什么少了53.87%？", risen) is not None
    assert contradicted("今年上半年全市不予处罚案件为什么多了53.87%？", risen) is None


def test_the_first_one_of_a_row_is_not_denied_by_a_later_one():
    told = evidence("市长在东湖召开的第二届清河峰会上说。")
    assert contradicted("第一届清河峰会在哪里开的？", told) is None
    assert contradicted("第三届清河峰会在哪里开的？", told) is not None


def test_what_is_told_before_the_question_is_a_premise():
    question = "东湖市医师协会的医师节庆祝大会已经开过了，表彰了多少名医生？"
    assert premise(question) == "东湖市医师协会的医师节庆祝大会已经开过了"
    turned = contradicted(question, evidence("东湖市医师协会将于8月19日举办医师节庆祝大会。"))
    assert turned is not None
    assert "将" in turned.reasons[0]
    assert contradicted("东湖大会开了，表彰了多少名医生？", evidence("东湖大会开了三天，表彰医生40名。")) is None


@pytest.mark.parametrize(
    ("question", "body", "said"),
    [
        ("副市长李敏提了什么要求？", "市委常委、宣传部部长李敏出席活动并讲话。", "部长"),
        ("宣传部部长李敏提了什么要求？", "市委常委、宣传部部长李敏出席活动并讲话。", ""),
        ("市长李敏提了什么要求？", "副市长李敏出席活动。", "副市长"),
        ("演员李敏提了什么要求？", "副市长李敏出席活动。", ""),
        ("出席活动的是副市长郭小容？", "市委常委、宣传部部长郭小容出席活动。", "部长"),
        ("第四届东湖夏令营有多少人？", "第五届“东湖夏令营”开营，50人参加。", "第五届"),
        ("第五届东湖夏令营有多少人？", "第五届“东湖夏令营”开营，50人参加。", ""),
        ("第一届东湖夏令营有多少人？", "第五届“东湖夏令营”开营，50人参加。", ""),
        ("东湖夏令营第一期是哪年办的？", "第三期东湖夏令营开营。", ""),
    ],
)
def test_another_office_or_number_than_the_report_gives(question, body, said):
    other = misnamed(question, evidence(body))
    assert (other.said if other else "") == said
    if said:
        assert takes_for_granted(question)
        turned = contradicted(question, evidence(body))
        assert turned is not None
        assert turned.clause in body

"""What a question asks for: a person, a figure and its unit, a date, a place, a reason, or any other thing.

A question is a statement with a hole. `read_asked` finds the hole (谁, 多少人次, 什么时候), the kind of thing that fills it,
and the nouns next to it that the answer must be bound to: in 总投资多少 a figure answers only where 投资 stands by it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from rag.grounding.names import TITLES
from rag.grounding.reading import tagged
from rag.text.numbers import quantities

Kind = Literal[
    "person", "quantity", "duration", "date", "place", "organisation", "list", "reason", "manner", "identity", "thing",
    "yesno", "speech", "topic",
]  # fmt: skip

# 谁要是拖欠工钱 asks of nobody.
WHO = r"谁(?!要是|若|如果)"
# What asks to have something confirmed that was told.
CONFIRM = r"对不对|对不|对吗|对吧|是吗|是吧|是不是|真的吗|没(?:记|弄|搞|说|看)?错吧|属实吗?"
_YES_NO = re.compile(
    rf"(?:吗|么|嘛)[？?]?$|是不是|是否|有没有|有无|能否|可否|能不能|会不会|可不可以|(?:{CONFIRM})[？?]?$"
)
_REASON = re.compile(
    r"为什么|为何|为啥|何以|缘何|怎么(?:会|反而|反倒|又|还|就|突然|没)|因为什么|因何|什么原因|出于什么|的?原因(?:是什么|是|有哪些|何在)?[？?]?$|怎么(?=[^样么]{0,12}(?:升|降|增|减|涨|跌))"
)
_DURATION = re.compile(
    r"多久(?!.{0,2}[一1两几]次)|多长时间(?!.{0,2}一次)|(?<!哪)几(?:个?小时|天|个?月|年|周|个?星期|分钟|秒)|多少(?:个?小时|天|个?月|年(?![级度龄])|周|分钟|秒)|(?:时长|时限|期限|任期|工期|片长)(?:是|为)?(?:多少|多长|多久)?[？?]?$"
)
_FREQUENCY = re.compile(
    r"(?:多久|多长时间|隔多久|(?<![这那前近后头上下哪])几(?:天|周|年|个?月|个?星期)(?!前|后|内|之)).{0,4}?[一1][次回趟届期](?!.*(?:哪|谁|什么|多少|吗))"
)
_DATE = re.compile(
    r"什么时候|什么时间|什么日子|何时|何日|哪[一几]?天|哪(?:[一几]?年|些年(?![轻货级画龄夜俗糕度长]))|哪几?个?月|哪[一几]?日|几月|几号|几日|几点|哪个(?:时间|年份|月份|日期|季度|时期)|什么时期"
    r"|(?:时间|日期|年份|时候)(?:是|为|在|定在)?(?:什么|何时|哪天|多少)?(?:时候)?[？?]?$"
)
_COUNTERS = (
    "个名家项件位条次所座种类支届人场只台辆级份部艘集版层号"
    "根株棵颗块张本册篇首枚片栋幢间户款宗起例单笔封节桶箱袋瓶杯盏套双对趟遍批排队组吨斤亩米岁度元"
)
_QUANTITY = re.compile(
    rf"第几(?P<ordinal>[个届名次位条批期轮号代任]?)|百分之几|(?<!哪)几(?P<few>[{_COUNTERS}成倍万]+)"
    r"|多[大高长重远宽深快厚强]|占比|(?P<much>多少)"
)
_UNIT_AFTER = re.compile(
    r"(?:亿|万|千|百)*(人次|架次|车次|场次|件次|户次|批次|平方公里|平方米|立方米|公里|千米|公顷|百分点|个百分点|吉瓦时|千瓦时|美元|欧元|万元|亿元|元|吨|公斤|米|亩|岁|倍|度|级"
    r"|个|名|位|家|项|件|场|次|所|座|处|条|张|只|头|匹|辆|架|艘|台|套|部|本|册|篇|首|支|枚|株|棵|颗|块|片|层|栋|幢|间|户|届|期|轮|批|类|种|款|宗|起|例|单|笔|份|封|门|节|人|票|集|号|版)"
)
_PLACE = re.compile(
    r"哪里|哪儿|何处|何地|(?:什么|啥)(?:地方|地点|部位|方位)|(?<!踢)(?<!打)(?<!司职)(?<!排在)(?<!处于)(?:什么|啥)位置|(?:位于|[在去到])哪(?![“\"])(?!一?(?:[本篇份期种款家所支档集章回版页卷](?![团镇])|条(?![路街河江巷道线])))|哪个?(?:国家?|城市|省份?|市|县|区|地区|州|村|镇|乡|街道|地方|社区|省市|会场|球场|体育馆)|哪座城市|哪一个?(?:国家|城市|省|市|县)"
    r"|(?:地点|地址|举办地|主办地|举办国|产地|首都|总部)(?:是|在|为)?(?:什么|哪里|哪)?[？?]?$"
)
_PERSON = re.compile(rf"{WHO}|哪一?位(?!置)|哪几位|何人|哪些人|哪个人|什么人|哪名|哪几名|哪[些两三四]?名")
_ROLE = re.compile(
    r"(?:主演|导演|编剧|作者|冠军|亚军|季军|得主|主教练|教练|指令长|航天员|宇航员|成员|嘉宾|主持人|队长|总统|总理|首相|主席|市长|省长|县长|区长|书记|部长|局长|处长|主任|校长|院长"
    r"|董事长|总经理|负责人|发言人|创始人|法人|男主角|女主角|演员|主角|记者|通讯员|领导|一把手|带头人|当家人|掌门人|老总)(?:都?有|是)?(?:什么|谁|哪些|哪几位)?[？?]?$"
)
_LIST = re.compile(
    r"哪些|哪几|哪[“\"]?[两三四五六七八九十\d]|有什么(?!样|用|区别|意义)|(?:包括|包含|涵盖|涉及|分为)(?:什么|几)|都?有啥"
)
_MANNER = re.compile(
    r"如何|怎么(?!样)|(?:怎样|怎么样)(?!的(?!方式|办法|方法|途径|手段|措施|形式))|通过什么|以什么|用什么(?:方式|办法|方法|手段|措施)|采取(?:了)?什么|靠什么|什么(?:方式|办法|方法|途径|手段)"
)
_IDENTITY = re.compile(
    r"^(?P<who>.{2,16}?)(?:是谁|是何人|是什么人|是(?:干|做)什么的|(?:的|担任|任|是|有)?(?:什么)?(?:身份|职务|职位|头衔|官职)(?:是什么|是|(?:该)?怎么(?:写|称呼|表述))?)[？?]?$"
)
# 他是李小龙的什么人: whose.
_KIN_OF = re.compile(
    r"^(?P<who>[^，。的]{2,10})(?:是(?P<of>[^，。的是]{2,10})的(?:什么人|何人|什么亲戚|什么亲属)|[和跟与](?P<other>[^，。的是]{2,10})(?:之间)?是什么关系)$"
)
_SPEECH = re.compile(
    r"^(?P<who>.{2,30}?)(?:在.{1,30}?[上中里])?(?:对此?(?P<about>.{0,24}?))?"
    r"(?:是?(?:怎么|如何|怎样)(?:说|看待|看|评价|表示|回应|介绍|解释|认为|形容)(?P<topic>.{0,24}?)的?"
    r"|(?:说|讲|谈|提|表示|指出|强调|介绍|提到|认为|谈到|讲到|回应|要求|提出|坦言|呼吁)了?(?:些|过|的是)?什么(?:内容|观点|看法|要求|意见|希望)?"
    r"|有(?:什么|何|哪些)(?:看法|观点|表态|评价|感受|感想|说法|建议))的?[？?]?$"
)
_ORGANISATION = re.compile(
    r"(?:哪|什么)(?:一?个|一?家|些|几[个家])?(?:公司|企业|机构|单位|部门|组织|集团|银行|高校|大学|学校|医院|法院|检察院|协会|媒体|平台|球队|队伍?|俱乐部|政党|党|航空公司|使馆|党派)"
)
_AGE = re.compile(r"年纪|岁数|年龄")
_AGE_OF = re.compile(r"(?:年[龄纪]|岁数|现年)(?:都?是|有)?$")
_UNIT_OF = dict.fromkeys(("多高", "多宽", "多深", "多厚", "多远"), "米") | {"多重": "公斤"}
_HOLE = re.compile(
    rf"第几[个届名次位条批期轮号代任]?|百分之几|几成|几[{_COUNTERS}年月天日点]|多少|多[大高长重远宽深快久]|什么(?:时候|时间|地方|样)?|何时|何处|何地|何人|哪一?[个家位名种类项件年月天日所座部本支款届场里儿样]|哪些|哪[几两三四五六七八九十][个家位名项种样大类方条]?|哪"
    r"|谁|为什么|为何|为啥|如何|怎么样|怎么|怎样|吗|呢"
)
_MONEY = re.compile(
    r"投资|投入|收入|营收|产值|票房|奖金|金额|总额|售价|起售价|单价|价格|票价|费用|经费|资金|贷款|授信|放款|罚款|罚了|利润|总值|成本|预算|补贴|补助|工资|薪资|薪酬|市值|GDP|出口额|进口额|交易额|成交额|销售额|签约额|造价|身价|债务|融资|营业额|税收|花费|生产总值|花了|赔偿"
)
_PERCENT = re.compile(
    r"比例|占比|比重|百分之几|增长率|增速|增幅|降幅|涨幅|跌幅|幅度|满意度|满意率|(?<!频)率$|同比|环比|百分比|(?:增长|下降|上升|提高|降低|上涨|增加|减少|变化)了?$"
)
_CHANGED = re.compile(r"(?:[涨跌升降]|压低|调低|调高|下调|上调|上浮|下浮|回落|削减)了?$")
_SHARES = frozenset(("", "百分点", "个百分点", "倍"))
_PEOPLE = re.compile(r"人数|人口|网民|伤亡|死亡|参赛者|观众|考生|游客")

_GENERIC = frozenset(
    [
        "时间",
        "日期",
        "地点",
        "地方",
        "时候",
        "名字",
        "名称",
        "情况",
        "原因",
        "内容",
        "人数",
        "年龄",
        "年纪",
        "岁数",
        "数量",
        "数",
        "多少",
        "方式",
        "方法",
        "措施",
        "办法",
        "结果",
        "目的",
        "作用",
        "主要",
        "具体",
        "有关",
        "相关",
        "人",
        "个",
        "事",
        "东西",
        "类型",
        "全称",
        "简称",
        "人员",
        "人物",
        "单位",
        "机构",
        "部门",
        "公司",
        "国家",
        "城市",
        "年份",
        "身份",
        "职务",
        *("同一", "时期", "同期"),
        "规模",
        "幅度",
        "变化",
        "干",
        "活",
        "总数",
        "总共",
        "一共",
        "目前",
        "现在",
        "今年",
        "金额",
        "数字",
        "数据",
        "比例",
        "年",
        "月",
        "日",
        "新",
        "总",
        "主角",
        "平台",
        "型号",
        "颜色",
        "特点",
        "问题",
        "领域",
        "方面",
        "活动",
        "项目",
        "产品",
        "村子",
        "村庄",
        "镇子",
        "报道",
        "文章",
        "消息",
        "新闻",
        "报纸",
    ]
)


@dataclass(frozen=True, slots=True)
class Asked:
    """The hole in a question: what kind of thing fills it, in which unit, and `before` and `after`, the words around it.

    `measure` narrows a quantity (money, percent, people, ordinal or empty) and a duration (frequency: how often). `who`
    is the person an identity or speech question is about.
    """

    kind: Kind
    unit: str = ""
    measure: str = ""
    before: str = ""
    after: str = ""
    who: str = ""
    question: str = ""

    @property
    def counted(self) -> str:
        """What stands after the hole, the unit taken off: 乘客 of 多少万名乘客."""
        unit = re.match(rf"[亿万千百十]*{re.escape(self.unit)}", self.after) if self.unit else None
        return self.after[unit.end() :] if unit else self.after


def read_asked(question: str) -> Asked:
    """Return what `question` asks for; a bare keyword or an order to tell about something is a `topic`."""
    text = question.strip().rstrip("？?。！!. ")
    before, after = _around(text)
    if match := _SPEECH.match(text):
        return Asked("speech", before=before, after=after, who=_trim_who(match["who"]), question=text)
    match = _KIN_OF.match(text) or _IDENTITY.match(text)
    if (
        match
        and not match["who"].endswith("的")
        and not _ROLE.search(match["who"] + "谁")
        and not re.search(r"[多少几]", match["who"])
    ):
        return Asked("identity", before=before, after=after, who=_trim_who(match["who"]), question=text)
    if _FREQUENCY.search(text):
        return Asked("duration", "", "frequency", before, after, question=text)
    kind = _kind(text)
    if kind == "quantity":
        unit, measure = _unit(text, before, after)
        return Asked(kind, unit, measure, before, after, question=text)
    return Asked(kind, before=before, after=after, question=text)


def whose(asked: Asked) -> str:
    """Return whose kin or colleague somebody is asked to be (李小龙 of 他是李小龙的什么人); else nothing."""
    match = _KIN_OF.match(asked.question)
    return (match["of"] or match["other"]) if match else ""


def is_generic(word: str) -> bool:
    """Return True for a noun that only names the kind of answer (时间, 人数): the answer need not repeat it."""
    if word in _GENERIC:
        return True
    return any(word[:cut] in _GENERIC and word[cut:] in _GENERIC for cut in range(2, len(word) - 1))


def _kind(text: str) -> Kind:
    if _REASON.search(text):
        return "reason"
    called = _CALLED.sub("", text)
    if called != text and (_ROLE.search(called) or called.endswith(tuple(TITLES)) or _somebody(text, called)):
        return "person"
    if _YES_NO.search(text) and not re.search(r"什么|谁|多少|哪|几个|怎么", text):
        return "yesno"
    for kind, pattern in _ORDER:
        if pattern.search(text):
            return "person" if kind == "list" and _PEOPLE_LISTED.search(text) else kind
    if re.search(r"什么|怎么?样的|哪一?[个种部本支款类项件届场所]|啥|何", text):
        return "thing"
    if _MONEY.search(text[-6:]) or _PERCENT.search(text[-8:]) or _PEOPLE.search(text[-4:]) or _MEASURED.search(text):
        return "quantity"
    return "topic"


_CALLED = re.compile(r"(?:叫|是)?什么名字$|又?叫什么$|叫啥(?:名字)?$")


def _somebody(text: str, called: str) -> bool:
    """Return whether a name is asked for, and by its last character the noun is somebody (修理工, 男孩)."""
    return "名字" in text and bool(_SOMEBODY.search(called))


_SOMEBODY = re.compile(
    r"(?:[工员师者匠犯孩]|(?<!助)手|(?<![播博])客|(?<![器字拟能真主法本雪])人|[男女孩]子|姑娘|小伙)$"
)
_MEASURED = re.compile(
    r"(?:产量|销量|成绩|比分|总数|数量|面积|长度|高度|重量|里程|规模|名次|排名|得分|病例数|[^多少]数|库存|产能|总量|学分|分数线?)$"
)
_PEOPLE_LISTED = re.compile(
    r"(?:主演|导演|编剧|演员|成员|选手|球员|运动员|航天员|嘉宾|得主|代表|委员|领导|负责人|主创|歌手|作者|人员)(?:名单)?(?:都|主要|分别|目前)?(?:有|是|包括)哪些|哪[些几][^，？]{0,10}"
    r"(?:演员|选手|球员|运动员|航天员|嘉宾|领导|负责人|专家|企业家|作家|歌手|导演|(?<!工)人)(?=[被获参出在为担]|$)"
)
_DAY = re.compile(r"几月|(?<!第)几[号日点](?![线楼馆院店船台机车井])")
_ORDER: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("duration", _DURATION),
    ("date", _DAY),
    ("quantity", _QUANTITY),
    ("date", _DATE),
    ("place", _PLACE),
    ("person", _PERSON),
    ("organisation", _ORGANISATION),
    ("list", _LIST),
    ("manner", _MANNER),
    ("person", _ROLE),
)


def _around(text: str) -> tuple[str, str]:
    match = _HOLE.search(text)
    if match is None:
        return text, ""
    return text[: match.start()], text[match.end() :]


def _unit(text: str, before: str, after: str) -> tuple[str, str]:
    match = _QUANTITY.search(text)
    if match and match.group().startswith("第几"):
        return match["ordinal"] or "", "ordinal"
    unit = ""
    if match and match["few"]:
        unit = "" if match["few"] == "成" else match["few"][0] if match["few"] != "个人" else "人"
    elif found := _UNIT_AFTER.match(after):
        unit = found[1]
    elif _AGE.match(after) or (match and match.group() == "多大" and _AGE_OF.search(before)):
        unit = "岁"
    elif match and match["much"]:
        unit = _counter(after)
    ahead = before.removesuffix("是").removesuffix("为").removesuffix("有")
    share = unit in _SHARES and bool(_PERCENT.search(ahead) or _CHANGED.search(ahead))
    if match and not unit and match.group() in _UNIT_OF and not share:
        return _UNIT_OF[match.group()], ""
    if (
        after.startswith(("比例", "百分"))
        or (match and match.group() in {"百分之几", "几成"})
        or "大比例" in text
        or share
    ):
        return unit or "%", "percent"
    if after.startswith("钱") or unit.endswith("元") or (not unit and _MONEY.search(before[-8:] + after[:4])):
        return unit, "money"
    if unit in {"人", "名", "位"} or (not unit and _PEOPLE.search(before[-4:])):
        return unit or "人", "people"
    return unit, ""


def _counter(after: str) -> str:
    """Return the measure word that `after` begins with, where it is a word by itself (趟, not 班主任)."""
    first = next((word.text for word in tagged(after)), "")
    return first if len(first) == 1 and any(one.written == first for one in quantities(f"3{first}")) else ""


def _trim_who(who: str) -> str:
    return re.sub(r"^(?:请问|那么?|关于)|(?:的|对此|曾经?|是|都|具体)$", "", who).strip("“”\"' ，,")

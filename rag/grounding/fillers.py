"""What in a sentence could fill the hole of a question: figures for 多少, dates for 何时, people for 谁.

A filler is a span with the figure's or name's own words; how well it sits beside the words of the question is judged in
`rag.grounding.evidence`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from rag.grounding.asked import Asked
from rag.grounding.names import MODIFIERS, Person, offices, people
from rag.grounding.reading import Word, known_word, tagged
from rag.grounding.terms import plainly_tagged
from rag.grounding.things import things
from rag.text.dates import date_mentions, is_compared
from rag.text.numbers import Quantity, quantities, same_unit

_SCALED = re.compile(r"[万亿]|千(?!米|克|瓦)")
_MONEY_UNIT = re.compile(r"元|币|镑|卢布|法郎|卢比|美金|钱")
_REASON_MARK = re.compile(
    r"因为|由于|因此|因[^此素特]|为了|旨在|导致|致使|使得|造成|引发|缘于|源于|归功|得益|所以|原因|原来|鉴于|出于|以便|从而|受.{1,12}影响|难以|不足|未能|通过|借助|推动"
)
_MANNER_MARK = re.compile(
    r"通过|采取|采用|利用|借助|依托|实施|推行|推动|开展|建立|以.{1,20}(?:为|方式)|运用|创新|打造|构建|组织|要求|加强|设立|安排|用"
)
_PLACE_TAIL = re.compile(
    r"[\u3400-\u9fffA-Za-z0-9]{1,14}?(?:省|市|县|区|州|镇|乡|村|街道|社区|路|街|馆|厅|园|中心|大学|学院|广场|基地|酒店|机场|港|站|湖|江|河|山|岛|桥|宫|厦|塔|城|国|楼|会场|体育场|公司|医院|学校|庄|湾|园区|高新区|开发区)"
    r"(?![镇村县州]|乡(?!村)|街道|社区|大桥|小区)"
)
_SORT_ASKED = re.compile(r"哪一?个?(省|市|县|区|州|镇|乡|村|街道|社区|国)")
_PLACE_LEAD = re.compile(r"位于|地处|坐落于?|[在于赴到至从]")
_BODY = re.compile(
    r"(?:部门|公司|集团|局|委|部|署|厅|处|院|会|社|银行|大学|学院|中心|协会|组织|联盟|队|党|医院|学校|法院|检察院|办公室|俱乐部|平台|使馆|基金|网|台|报|厂|所|馆|店|站|机构|企业|政府)"
)
_BEFORE_BODY = re.compile(r"(?:[\u3400-\u9fffA-Za-z0-9·]|[（(][^（）()]*[）)]){2,24}$")
_ENUMERATION = re.compile(
    r"、|[；;].+[；;]|—.+—|\+.+\+|以及|(?<![温柔缓祥饱随总暖])和(?![平谐解睦气好缓])|(?<![涉波])及(?!以[上下内外]|[其时格])|(?<![参给])与(?![会此时否])"
)
_SPOKEN = re.compile(r"[“”]|说|表示|指出|强调|认为|介绍|要求|感慨|坦言|称|提出|呼吁|回应|告诉|透露")
_DEFINED = re.compile(r"是|即|指|叫|称|为|作为|名为|担任|任|（|“|：")
_DURATION_UNIT = frozenset(
    ["年", "个月", "月", "周", "天", "个工作日", "小时", "分钟", "秒", "季度", "昼夜", "日", "星期", "周年"]
)


_HOW_OFTEN = re.compile(
    r"每(?:隔|逢)?(?:[一二两三四五六七八九十\d]{1,3}个?)?(?:工作日|天|日|周|星期|月|季度?|半?年|学期|小时|分钟|晚|晨|早)|[逐按][日周月季年]"
    r"|(?<!\d)(?:[一二两三四五六七八九十\d]{1,3}|半)个?(?:[年月周天日季]度?|星期|小时)[\u3400-\u9fff]{0,4}?[一两三二1-3][度次届回](?!性)"
)


@dataclass(frozen=True, slots=True)
class Filler:
    """A span that could fill the hole; `fit` in 0..1 is how well its kind and unit fit what was asked."""

    start: int
    end: int
    fit: float


@lru_cache(maxsize=16384)
def fillers(asked: Asked, text: str, edition: str = "") -> tuple[Filler, ...]:
    """Return the spans of `text` (printed on the ISO date `edition`) that could fill the hole, in order."""
    if asked.kind == "quantity":
        return _quantities(asked, text, edition)
    if asked.measure == "frequency":
        return tuple(Filler(match.start(), match.end(), 1.0) for match in _HOW_OFTEN.finditer(text))
    if asked.kind == "duration":
        return tuple(
            Filler(one.start, one.end, 1.0)
            for one in _figures(text, edition)
            if one.written in _DURATION_UNIT or one.unit in _DURATION_UNIT
        )
    if asked.kind == "date":
        return _dates(asked, text, edition)
    if asked.kind == "person":
        return _persons(asked, text)
    if asked.kind == "place":
        return _places(asked, text)
    if asked.kind == "organisation":
        return _organisations(asked, text)
    if asked.kind in {"thing", "topic"}:
        return tuple(Filler(*one) for one in things(asked, text))
    pattern = _PATTERNS.get(asked.kind)
    if pattern is None:
        return (Filler(0, len(text), 0.5),)
    return tuple(Filler(match.start(), match.end(), 1.0) for match in pattern.finditer(text))


def _dates(asked: Asked, text: str, edition: str) -> tuple[Filler, ...]:
    """Return the dates; where a year or a month is asked for, only those that say one."""
    if _HOUR_ASKED.search(asked.question):
        return tuple(Filler(match.start(), match.end(), 1.0) for match in _HOURS.finditer(text))
    found = []
    wanted = next((part for part in ("年", "月") if re.search(rf"哪一?个?{part}|几{part}", asked.question)), "")
    for one in date_mentions(text, edition):
        said = (wanted == "年" and bool(one.year)) or (wanted == "月" and bool(one.month))
        if wanted and not said:
            continue
        reported = _REPORTED.match(text, one.end) or _AGENCY.search(text[: one.start])
        if (
            _PERIOD.match(text, one.end)
            or is_compared(text, one)
            or text[: one.start].endswith("继")
            or (reported and not _TOLD_WHEN.search(asked.question))
        ):
            continue
        fit = 1.0 if one.day or wanted else 0.9 if one.month else 0.75 if one.year and not one.relative else 0.5
        if not one.day and not one.relative and _DAY_ASKED.search(asked.question):
            fit *= 0.4
        found.append(Filler(one.start, one.end, fit))
    return tuple(found)


_TOLD_WHEN = re.compile(r"得知|获悉|报道|发布|公布|宣布|电讯?")
_HOUR_ASKED = re.compile(
    r"(?<!第)几点(?!建议|意见|要求|希望|看法|启示|感受|体会|思考|原因|措施|做法|共识|想法|理由|说明)"
)
_NUMBER = r"(?:\d{1,2}|[一二三四五六七八九十]{1,3}|两)"
_HOURS = re.compile(rf"{_NUMBER}(?:[时点](?!间|代|[看建意要])(?:{_NUMBER}分|半|整|许|钟)?|[:：]\d\d)")
_DAY_ASKED = re.compile(r"哪一?[天日]|几[号日]")
# The day of the report is not the day of what it tells: 新华社北京4月3日电, 韩联社6日称.
_REPORTED = re.compile(r"(?:电|讯|称|报道|消息|发布|表示|从|获悉|晚间?报道|晚?在.{0,10}例行)")
_AGENCY = re.compile(r"(?:社|报|网|讯|记者|发言人[\u3400-\u9fff]{2,4})[\u3400-\u9fff]{0,4}$")
_PERIOD = re.compile(r"以来|来，|内，")


def _persons(asked: Asked, text: str) -> tuple[Filler, ...]:
    """Return the people; those who wrote or photographed the report only where a writer is asked for.

    Where the question names an office, the person must hold that very office: a 副市长 does not answer for 市长.
    """
    writers = re.search(r"记者|通讯员|作者|摄影", asked.question)
    wanted = office_asked(asked)
    found = []
    named = list(people(text))
    # A part of a quoted phrase (“融合惠转”行动) is nobody's name.
    phrases = [match.span() for match in re.finditer(r"[“《][^”》]{3,10}[”》]", text)]
    if re.search(
        r"谁(?:曾|还|也)?(?:说|表示|认为|指出|介绍|称|讲|提出|强调)|谁(?:说|讲)的|哪位.{0,6}(?:说|表示|认为|指出)",
        asked.question,
    ):
        named += [
            Person(match[1], match.start(1), match.end(1))
            for match in _SPEAKER.finditer(text)
            if not any(one.start < match.end(1) and match.start(1) < one.end for one in named)
        ]
    by_a_body = bool(_BODY_DOES.search(asked.question))
    bodies = _organisations(asked, text) if by_a_body else ()
    for one in named:
        if any(start < one.start and one.end < end for start, end in phrases):
            continue
        if not writers and (one.title in _WRITERS or _BYLINE.search(text[: one.start])):
            continue
        fit = 1.0 if len(one.name) > 1 else 0.5
        if wanted:
            fit *= _holds(wanted, text, one.start, one.end, bool(one.title))
        if fit:
            found.append(Filler(one.start, one.end, fit))
    if not wanted:
        found += [
            Filler(match.start(), match.end(), 0.8)
            for match in _FOREIGN.finditer(text)
            if not known_word(match[0])
            and not any(one.start < match.end() and match.start() < one.end for one in named)
        ]
        if not (found or bodies) and _ONE_ASKED.search(asked.question):
            bodies = tuple(one for one in _organisations(asked, text) if one.fit == 1.0 and _does(asked, text, one))
    found += [Filler(one.start, one.end, (0.9 if by_a_body else 0.5) * one.fit) for one in bodies]
    return tuple(sorted(found, key=lambda one: one.start))


# A name put into Chinese by its sound (阿尔卡拉斯), where no place goes on.
_SOUNDS = (
    "阿埃艾安昂奥巴拜班邦鲍贝本比彼宾波伯博布查昌达戴丹道德邓迪蒂丁杜多厄恩尔法凡范菲费芬冯弗福夫盖甘冈戈格葛根贡古瓜圭哈海汉豪赫亨霍基吉加贾"
    "简杰金津卡凯坎康考科克肯库奎昆拉莱兰朗劳勒雷里利莉丽连列林琳隆卢鲁伦罗洛马玛迈曼芒毛茂梅蒙米密敏莫默姆穆纳娜奈内尼涅宁纽努诺欧多帕潘庞佩彭皮"
    "珀蒲普齐奇契恰乔切琴丘让茹萨塞赛桑瑟森沙申舍什施史舒斯丝苏绥索塔泰坦汤唐陶特滕提廷图托陀瓦旺威韦维魏温翁沃乌武西希锡夏谢辛休逊雅亚扬耶伊依"
    "因尤约泽扎詹珍兹佐"
)
_FOREIGN = re.compile(rf"(?<![{_SOUNDS}·])[{_SOUNDS}]{{3,8}}(?![{_SOUNDS}·党军队社省市州镇县岛国河湖山港区村大城])")
_ONE_ASKED = re.compile(r"(?<!有)(?<!些)谁(?!和谁|们)")
# 由谁牵头: more often a body than a person.
_BODY_DOES = re.compile(
    r"谁(?:来|去|在)?(?:牵头|负责|主管|主办|承办|协办|举办|组织|监管|承担|出资|出钱|买单|承建|建设|开发|运营|提供|发布|颁发|颁布|审批|管|制定|签署|签的)"
)


def _does(asked: Asked, text: str, body: Filler) -> bool:
    """Return whether the body begins a clause in which it does what was asked for after 谁 (调查 of 谁正在调查)."""
    deed = next((word.text for word in tagged(asked.after) if word.flag.startswith("v")), "")
    begins = not body.start or text[body.start - 1] in "，。；：、”"
    return begins and bool(deed) and deed in text[body.end :]


def office_asked(asked: Asked) -> str:
    """Return the office whose holder is asked for, with its modifiers: 副市长 of 哪位副市长."""
    before = re.sub(r"(?:的|是|为|有|都|叫|现任|，)+$", "", asked.before)
    for office in offices(before):
        if office.end == len(before):
            return f"{office.modifiers}{office.title}"
    for office in offices(asked.after[:10]):
        if office.start == 0:
            return f"{office.modifiers}{office.title}"
    return ""


def _holds(wanted: str, text: str, start: int, end: int, titled: bool) -> float:
    """Return 1 where the person at `text[start:end]` is said to hold the office, 0.4 where it only stands near, 0 where not."""
    lead = re.search(r"[^。；！？，：]{0,40}$", text[:start])
    if lead and _unmodified(wanted, lead[0]):
        return 1.0
    # 作为项目的负责人，某院院长某某
    named = re.search(rf"(?:作为|身为)[^，。；！？]{{0,30}}{re.escape(wanted)}，([^，。；！？]{{0,24}})$", text[:start])
    if named and not any(word.flag[:1] in "vprdu" for word in tagged(named[1])):
        return 1.0
    tail = re.match(r"[^。；！？]{0,24}", text[end:])
    if tail and re.search(r"任|是|为|当选|出任|担任|执教|成为|[，、（(]", tail[0]) and _unmodified(wanted, tail[0]):
        return 0.9
    if titled:
        return 0.0
    return 0.4 if _unmodified(wanted, text) else 0.0


def _unmodified(office: str, text: str) -> bool:
    return any(not text[: match.start()].endswith(MODIFIERS) for match in re.finditer(re.escape(office), text))


# Who speaks, where the name is none that the program knows (悉尼花商苏西说).
_SPEAKER = re.compile(r"(?<![\u3400-\u9fff])([\u3400-\u9fffA-Za-z·]{2,16}?)(?:说|表示|认为|指出|介绍说|坦言)[，：:]")
_WRITERS = frozenset(("记者", "通讯员", "编辑", "主编", "摄影"))
_BYLINE = re.compile(
    r"[（(][^）)]{0,40}(?:记者|通讯员|摄|文/|图/|编辑)[^）)]{0,30}$|(?:记者|通讯员|责编|编辑|来源)[:：]?\s?[^，。；]{0,12}$"
)


_PATTERNS: dict[str, re.Pattern[str]] = {
    "list": _ENUMERATION,
    "reason": _REASON_MARK,
    "manner": _MANNER_MARK,
    "speech": _SPOKEN,
}


def _figures(text: str, edition: str) -> list[Quantity]:
    """Return the quantities of `text` that are no part of a date, no bare year and no mark of a list (1、官网)."""
    taken = [(one.start, one.end) for one in date_mentions(text, edition)]
    return [
        one
        for one in quantities(text)
        if not any(start < one.end and one.start < end for start, end in taken)
        and (one.unit or not (_is_year(text, one) or _is_mark(text, one)))
    ]


_YEAR = re.compile(r"(?:19|20)\d\d")
_TOLD_BEFORE = re.compile(r"[：:数为达共有是约近超]$")
_BEFORE_MARK = re.compile(r"(?:^|[\s。；：:;！？])[（(]?$")
_AFTER_MARK = re.compile(r"[)）]?[、.．)）](?!\d)")


def _is_year(text: str, one: Quantity) -> bool:
    return bool(_YEAR.fullmatch(one.text)) and not _TOLD_BEFORE.search(text[: one.start])


def _is_mark(text: str, one: Quantity) -> bool:
    return bool(_BEFORE_MARK.search(text[: one.start]) and _AFTER_MARK.match(text, one.end))


def _quantities(asked: Asked, text: str, edition: str) -> tuple[Filler, ...]:
    found = []
    for figure in _figures(text, edition):
        fit = _unit_fit(asked, figure)
        if fit and not _in_quoted_name(figure, text):
            found.append(Filler(figure.start, figure.end, fit))
    if _FROM_TO_ASKED.search(asked.question):
        found = [
            Filler(first.start, last.end, 1.0)
            for first, last in pairwise(found)
            if _FROM.search(text[max(0, first.start - _REACH) : first.start])
            and _TO.fullmatch(text[first.end : last.start])
        ] or found
    return tuple(found)


def _in_quoted_name(figure: Quantity, text: str) -> bool:
    """Return whether the figure is part of a short quoted name (“七个摆进去”), which counts nothing."""
    return any(
        match.start() < figure.start and figure.end < match.end() and match[1] != figure.text
        for match in _SHORT_QUOTE.finditer(text)
    )


_SHORT_QUOTE = re.compile(r"[“《]([^“”《》，。；]{2,10})[”》]")
# 从多少调到了多少: both figures of 从……降至…….
_FROM_TO_ASKED = re.compile(r"[从由](?:多少|几)[^，。]{0,10}?[到至为成]了?(?:多少|几)")
_REACH = 16
_FROM = re.compile(r"[从由][^，。；\d]*$")
_TO = re.compile(r"[^。；\d]{0,24}[到至为成][^。；\d]{0,14}")
_BY_HOW_MUCH = re.compile(r"提高|提升|上升|下降|降低|增加|减少|变化|扩大|缩小|[涨跌升降]了|比(?!例|重)|较")


def _unit_fit(asked: Asked, figure: Quantity) -> float:
    if asked.measure == "ordinal":
        return 1.0 if figure.ordinal or (figure.unit == asked.unit == "届") else 0.0  # 2013届毕业生
    if figure.ordinal:
        return 0.0
    if asked.measure == "percent":
        if figure.unit in {"百分点", "基点"} and not (asked.unit != "%" or _BY_HOW_MUCH.search(asked.question)):
            return 0.6  # by how much it changed, where how high it is was asked for
        if figure.unit in {"%", "百分点", "基点", "倍"}:
            return 1.0
        return 0.7 if figure.unit and "幅度" in asked.question else 0.0
    if asked.measure == "money":
        return (
            1.0 if _MONEY_UNIT.search(figure.unit) else 0.5 if not figure.unit and _SCALED.search(figure.text) else 0.0
        )
    if asked.measure == "people":
        if figure.unit in {"人", "人次"}:
            return 1.0
        if figure.unit in {"个", "代人"}:
            return 0.7
        return 0.7 if not figure.unit and _SCALED.search(figure.text) else 0.0
    if not asked.unit:
        return 0.9 if figure.unit else 0.6 if len(figure.text) < 5 or _SCALED.search(figure.text) else 0.0
    wanted = quantities(f"3{asked.unit}")
    if not wanted:
        return 0.0 if figure.unit else 0.5
    if figure.unit == wanted[0].unit:
        return 1.0
    if same_unit(wanted[0], figure):
        return 0.85
    return 0.0


def _places(asked: Asked, text: str) -> tuple[Filler, ...]:
    """Return the places, those said to be where something is (位于, 在) before those that only occur.

    Where the question names the sort (哪个村), the others fit less.
    """
    sort = _SORT_ASKED.search(asked.question)
    found = [
        Filler(word.start, word.end, max(0.5, _led(text, word.start)))
        for word in plainly_tagged(text)
        if word.flag == "ns" and len(word.text) > 1
    ]
    for match in _PLACE_TAIL.finditer(text):
        start = match.start()
        lead = _PLACE_LEAD.search(match[0][:6])
        if lead and lead.end() < len(match[0]):
            start += lead.end()
        found.append(Filler(start, match.end(), max(0.4, _led(text, start))))
    if sort:
        of_sort = [(one, _of_sort(text[one.start : one.end], sort[1], one.fit)) for one in found]
        found = [Filler(one.start, one.end, fit) for one, fit in of_sort if fit]
    return tuple(sorted(found, key=lambda one: one.start))


def _of_sort(place: str, sort: str, fit: float) -> float:
    """Return how well a place fits where its sort is asked for; a province or city is often printed without it."""
    if place.endswith(sort):
        return max(fit, 0.9)
    return 0.0 if sort in _PRINTED_WITH else fit


_PRINTED_WITH = frozenset(("县", "镇", "乡", "村", "街道", "社区"))


def strict_sort(asked: Asked) -> str:
    """Return the sort of place asked for where such places are always printed with it (哪个村); else nothing."""
    sort = _SORT_ASKED.search(asked.question)
    return sort[1] if sort and sort[1] in _PRINTED_WITH else ""


def _organisations(asked: Asked, text: str) -> tuple[Filler, ...]:
    """Return the bodies; one that is only called by its sort (送往医院) is not named."""
    found = []
    sort = next((noun for noun in _SORTS if noun in asked.question), "")
    inside = {at for word in plainly_tagged(text) for at in range(word.start + 1, word.end)}
    begin = 0
    for tail in _BODY.finditer(text):
        head = _BEFORE_BODY.search(text[begin : tail.start()])
        if head is None or tail.end() in inside:
            continue  # 银行家, 大学生, 社区
        aside = _ASIDE.match(head[0])
        before = begin + head.start() + (aside.end() if aside else 0)
        words = _name_of(tagged(text[before : tail.end()]))
        named = (len(words) > 1 and words[-2].flag[:1] in _NAMING) or len(words) == 1
        kin = not sort or bool(re.search(_SORTS[sort], text[before : tail.end()]))
        found.append(Filler(before + words[0].start, tail.end(), (1.0 if named else 0.4) * (1.0 if kin else 0.6)))
        begin = tail.end()
    return tuple(found)


def _name_of(words: Sequence[Word]) -> Sequence[Word]:
    """Return the words of a body's name without what leads to it (已与堪萨斯州的, 由, 负责监管, 四家)."""
    first = max((index + 1 for index, word in enumerate(words[:-1]) if word.flag in _LEADS_TO), default=0)
    while first < len(words) - 1 and (
        _is_verb(words[first]) or words[first + 1].flag == "q" or words[first].flag == "q"
    ):
        first += 1
    return words[first:]


def _is_verb(word: Word) -> bool:
    return word.flag == "v" and (len(word.text) > 1 or word.text in "是有")


_ASIDE = re.compile(r"[（(][^（）()]*[）)]")
_LEADS_TO = frozenset(("p", "c", "uj", "ul", "uz", "r", "d"))
# Tags that a word right before 公司 or 医院 has where it is part of its name.
_NAMING = frozenset("nabjzxmsf")
_SORTS = {
    "部门": "部门|局|委|办|厅|署|部|处|科|中心|院|会",
    "公司": "公司|集团",
    "企业": "公司|集团|厂",
    "医院": "医院|卫生院",
    "大学": "大学|学院",
    "高校": "大学|学院",
    "学校": "大学|学院|中学|小学|学校",
    "银行": "银行|信用社",
}


def _led(text: str, start: int) -> float:
    lead = text[max(0, start - 4) : start]
    if re.search(r"(?:位于|地处|坐落在?|坐落于|落户|设在|建在|地点[在为是：]|举办地[在为是：])$", lead):
        return 1.0
    return 0.85 if re.search(r"[在于赴到至从由]$", lead) else 0.0

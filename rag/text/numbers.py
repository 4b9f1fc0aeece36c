"""Quantities in Chinese text: what number, counted in what unit, exact or about.

`5500多亿元`, `一百二十人次`, `近40家`, `百分之三十六点八`, `3至5年` and `第八届` each become a `Quantity` whose
value is in the base unit (`1.22亿元` and `12200万元` are equal), with the address of the words that say it.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Literal

from rag.text.wordlist import listed, paired

Bound = Literal["exact", "over", "under", "about", "least", "most"]

_DIGITS = {char: index for index, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "○": 0, "两": 2}
_SMALL = {"十": 10, "百": 100, "千": 1000}
_LARGE = {"万": 10**4, "亿": 10**8}

_CURRENCY = "元|人民币|美元|欧元|日元|英镑|港元|港币|澳元|加元|韩元|卢布|卢比|新元|泰铢|瑞士法郎|法郎|美金|块钱|角|美分"
_MEASURE = (
    "平方公里|平方千米|平方米|平方厘米|平方英尺|立方米|立方厘米|立方|平米|公顷|公里|千米|厘米|毫米|纳米|微米|海里|英里|英尺|英寸|光年|米"
    "|千克|公斤|毫克|微克|公吨|吨|斤|克|两"
    "|毫升|升|桶|千瓦时|兆瓦时|千瓦|兆瓦|吉瓦|瓦|度电|摄氏度|℃|度|伏|安|赫兹|兆|字节"
    "|亩|世纪|年代|周岁|周年|年|个月|个季度|季度|周|个星期|星期|天|个工作日|工作日|日|昼夜|小时|个小时|分钟|秒钟|秒|时|点|分|岁|刻钟"
    "|百分点|个百分点|个基点|基点|倍|成|番|折|级|分贝|卡路里|标箱|标准箱|TEU|马力|公升|加仑|盎司|克拉|像素"
)
# Longer ones first wherever one is the start of another: the pattern takes the first that fits.
_CLASSIFIER = (
    "人次|架次|车次|班次|场次|件次|户次|台次|艘次|例次|批次|趟次|项次|频次|代人|万人|个人|户人家|人"
    "|名|位|个|家|项|件|场|次|所|座|处|条|张|只|头|匹|辆|架|艘|台|套|部|本|册|篇|首|幅|支|枚|枝|株|棵|颗|粒|块|片|段|层"
    "|栋|幢|间|户|届|期|轮|批|类|种|款|宗|起|例|单|笔|份|封|句|字|门|节|堂|回|遍|趟|番|号|版|线|环|室|厅|口|根|把|面|道|盏|顶|双|对|副|组|队|班|股|成员"
    "|村|镇|县|市|区|省|国|州|乡|街道|社区|国家|地区|城市|省份|省区市|企业|强|尾|羽|朵|杯|瓶|袋|箱|盒|盘|碗|包|桶|罐|幕|集|季|期次|局|盘|米长|站|车道"
)
_UNITS = f"{_CURRENCY}|{_MEASURE}|{_CLASSIFIER}"
_UNIT_LIST = sorted({unit for unit in _UNITS.split("|") if unit}, key=len, reverse=True)
_UNIT = "|".join(_UNIT_LIST)

# A figure may stand right after what it measures (GDP21390.17亿元, CPI2.1%), where no model's number does (MIX4, C919).
AMOUNT = r"\d[\d,.]*(?:[万亿%‰元]|个?百分点)"
_ARABIC = rf"(?:(?<![A-Za-z\d.])|(?<=[A-Z]{{2}})(?={AMOUNT}))(?:\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?|\d+(?:\.\d+)?)"
_HAN_NUMBER = r"[零〇○一二两三四五六七八九十百千万亿]+(?:点[零〇一二两三四五六七八九]+)?"
# A class printed in Roman figures (Ⅳ级响应, II期临床), as one character or as letters.
_ROMANS = {
    letters: index
    for index, pair in enumerate(
        zip("ⅠⅡⅢⅣⅤⅥⅦⅧⅨⅩ", ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X"], strict=True), 1
    )
    for letters in pair
}
_ROMAN = rf"(?<![A-Za-z])(?!X)(?:{'|'.join(sorted(_ROMANS, key=len, reverse=True))})(?=[级类期])"
_BEFORE = (
    "不少于|不低于|不多于|不超过|不超(?!过)|不高于|至少|至多|最少|最多|最高|不足|不到|不满|将近|接近|少于|低于|小于|超过|大于|多于|高于|突破|大约|约为|大概"
    "|估计|超|逾|近|约"
)
_AFTER = "以上|以下|以内|之内|之多|左右|上下"
_QUANTITY = re.compile(
    rf"(?P<before>{_BEFORE})?(?P<currency>人民币|¥|￥|\$|US\$)?(?P<ordinal>第)?"
    rf"(?:(?P<percent>百分之|千分之|万分之)|(?P<fraction>(?:{_HAN_NUMBER}|\d+)分之))?"
    rf"(?P<vague>[数几上](?=[十百千万亿])|成(?=[百千]))?"
    rf"(?P<number>{_ARABIC}|{_HAN_NUMBER}|{_ROMAN})(?P<scale>[十百千万亿]{{0,3}})"
    rf"(?:(?P<sep>-|—|–|~|～|至|到|、)(?P<high>{_ARABIC}|{_HAN_NUMBER})(?P<hscale>[十百千万亿]{{0,3}})(?=%|个百分点|{_UNIT}))?"
    rf"(?P<more>余|多|(?<=[十百千万])来(?=[个名人家年天次岁位])|几)?(?P<tail>[十百千万亿]{{0,2}})(?P<more2>余|多)?"
    rf"(?P<unit>%|‰|{_UNIT})?(?P<note>\(?人民币\)?)?(?P<more3>多|余)?(?P<after>{_AFTER})?"
)
_BOUNDS: dict[str, Bound] = {
    **dict.fromkeys(("不少于", "不低于", "至少", "最少", "以上"), "least"),
    **dict.fromkeys(("不多于", "不超过", "不超", "不高于", "至多", "最多", "最高", "以内", "之内", "以下"), "most"),
    **dict.fromkeys(("不足", "不到", "不满", "将近", "接近", "少于", "低于", "小于", "近"), "under"),
    **dict.fromkeys(("超过", "大于", "多于", "高于", "突破", "超", "逾", "过", "余", "多"), "over"),
    **dict.fromkeys(("大约", "约为", "大概", "估计", "约", "左右", "上下", "来", "几"), "about"),
}
# Factor to the base unit, and the base unit.
_BASE: dict[str, tuple[str, str]] = {
    "公里": ("1000", "米"),
    "千米": ("1000", "米"),
    "厘米": ("0.01", "米"),
    "毫米": ("0.001", "米"),
    "平方公里": ("1000000", "平方米"),
    "平方千米": ("1000000", "平方米"),
    "平米": ("1", "平方米"),
    "公顷": ("10000", "平方米"),
    "立方": ("1", "立方米"),
    "千克": ("1", "公斤"),
    "吨": ("1000", "公斤"),
    "公吨": ("1000", "公斤"),
    "斤": ("0.5", "公斤"),
    "克": ("0.001", "公斤"),
    "毫克": ("0.000001", "公斤"),
    "公升": ("1", "升"),
    "毫升": ("0.001", "升"),
    "度电": ("1", "千瓦时"),
    "兆瓦": ("1000", "千瓦"),
    "摄氏度": ("1", "度"),
    "℃": ("1", "度"),
    "‰": ("0.1", "%"),
    "成": ("10", "%"),
    "个百分点": ("1", "百分点"),
    "个基点": ("1", "基点"),
    "个小时": ("1", "小时"),
    "个星期": ("1", "周"),
    "星期": ("1", "周"),
    "日": ("1", "天"),
    "个季度": ("1", "季度"),
    "工作日": ("1", "个工作日"),
    "时": ("1", "点"),
    "秒钟": ("1", "秒"),
    "周岁": ("1", "岁"),
    "港币": ("1", "港元"),
    "美金": ("1", "美元"),
    "人民币": ("1", "元"),
    "块钱": ("1", "元"),
    "标箱": ("1", "标准箱"),
    "TEU": ("1", "标准箱"),
    "个人": ("1", "人"),
    "名": ("1", "人"),
    "位": ("1", "人"),
    "场": ("1", "次"),
    "场次": ("1", "次"),
    "回": ("1", "次"),
    "趟": ("1", "次"),
    "幢": ("1", "栋"),
    "宗": ("1", "起"),
    "户人家": ("1", "户"),
}
# Counting words that a writer may exchange without a change of meaning; `个` stands for any of them.
_LOOSE = frozenset(
    listed("""
    个 家 项 件 条 所 座 处 种 类 款 起 人 户 支 次 份 宗 例 篇 部 批 组 股 国家 地区 国 城市 企业
    """)
)
_SINGLE = frozenset(unit for unit in _CLASSIFIER.split("|") if len(unit) == 1 and unit not in "版号强季集")
# What turns a counting word into the beginning of another word: 3人 counts, 3人民 does not.
_CONTINUED = dict(
    paired("""
    时/间期代候刻 天/气然空津 人/民员才口类士物工大 家/庭长属乡具电 市/场民 国/际内务 区/域 条/件 口/岸
    面/积向对临 道/路 场/馆地景 处/理于 部/门队分署 层/面 成/功立果为员 点/击燃 分/别析布 度/假 级/别 门/店口
    线/上下 件/事 单/位 例/如 期/间待望 代/表 批/发准 起/来 名/单 位/于置 项/目 种/植子 类/似
    """)
)
_KINDRED = (
    frozenset(("项", "条", "件", "个")),
    frozenset(("家", "户", "个", "所")),
    frozenset(("种", "类", "款", "个")),
    frozenset(("起", "件", "例", "个")),
)
_NOT_NUMBERS = re.compile(
    r"一[些样体定起线流直般旦边共贯面致同向再切律系批路带道把场时举系度下番心手]|统一|唯一|万一|第一时间|十分|千万别|十足|百姓|万物|万象|"
    r"一方面|进一步|一步步|一系列|一体化|一次性|一站式|亿万|千万千万|三农|四上|百分百|七夕|五一|十一假期|一二线|九三学社|八一|一一|两岸|两会|两国|两地"
    r"|万达|万科|百度|千金|百年|千年|万年|百货|百科|万里|千里|百里|三军|五官|四川|九江|六安|八里|三亚|三峡|三明|百家争鸣|千家万户|千方百计|四季|四面|两[手侧边翼者端栖]"
)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number as written at `text[start:end]`.

    `value` is in the base of `unit` (亿元 -> 元, 公里 -> 米); `high` is the upper end of a range; `bound` says how
    the number is qualified (余 over, 近 under, 约 about, 以上 least, 以内 most). `written` is the unit as printed.
    `ordinal` marks 第八届.
    """

    text: str
    start: int
    end: int
    value: Decimal
    unit: str = ""
    bound: Bound = "exact"
    high: Decimal | None = None
    ordinal: bool = False
    written: str = ""
    vague: bool = False


def number_value(text: str) -> Decimal | None:
    """Return the value of a number in Arabic, Chinese or Roman figures (`1,200`, `5.4万`, `三十五`, `二〇二五`, `Ⅳ`), or None."""
    text = flat(text).replace(",", "")
    if text in _ROMANS:
        return Decimal(_ROMANS[text])
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([十百千万亿]*)", text)
    if match:
        return _scaled(Decimal(match[1]), match[2])
    if not re.fullmatch(_HAN_NUMBER, text):
        return None
    whole, _, decimals = text.partition("点")
    value = _han_value(whole)
    if decimals:
        value += Decimal("0." + "".join(str(_DIGITS[char]) for char in decimals))
    return value


def quantities(text: str) -> tuple[Quantity, ...]:
    """Return the quantities of `text`, in order. Calendar dates should be taken out first (`rag.text.dates`)."""
    return _quantities(text)


def same_unit(one: Quantity, other: Quantity) -> bool:
    """Return True when both count the same kind of thing: equal units, exchangeable counting words, or one unsaid."""
    if one.unit == other.unit:
        return True
    if one.ordinal != other.ordinal:
        return False
    if not one.unit or not other.unit:
        return (one.unit or other.unit) in _LOOSE
    if "个" in {one.unit, other.unit}:
        return {one.unit, other.unit} <= _LOOSE | _SINGLE
    return any(one.unit in group and other.unit in group for group in _KINDRED)


def same_value(one: Quantity, other: Quantity) -> bool:
    """Return True when the figures are equal in their base units, ranges end by end."""
    return one.value == other.value and one.high == other.high and one.ordinal == other.ordinal


@lru_cache(maxsize=4096)
def _quantities(text: str) -> tuple[Quantity, ...]:
    folded = flat(text)
    found: list[Quantity] = []
    at = 0
    while match := _QUANTITY.search(folded, at):
        quantity = _read(match, folded)
        if quantity is None:
            at = max(match.start("number") + 1, at + 1)
            continue
        found.append(quantity)
        at = quantity.end
    return tuple(found)


def _read(match: re.Match[str], text: str) -> Quantity | None:
    number, unit = match["number"], match["unit"] or ""
    following = text[match.end("unit") : match.end("unit") + 1] if unit else ""
    if following and following in _CONTINUED.get(unit, ""):
        unit = ""
    if not (number[0].isdigit() or number in _ROMANS) and not _counts(match, text, unit):
        return None
    value = number_value(number)
    if value is None:
        return None
    value = _scaled(value, match["scale"] + match["tail"])
    high = None
    if match["high"]:
        high = number_value(match["high"])
        if match["sep"] == "、":
            return _first_of_two(match, text, value)
        if high is None:
            return None
        high = _scaled(high, match["hscale"] + match["tail"])
        if match["hscale"] and not match["scale"]:
            value = _scaled(value, match["hscale"])
    if match["percent"]:
        unit = {"百分之": "%", "千分之": "‰", "万分之": "‱"}[match["percent"]]
    if match["fraction"]:
        divisor = number_value(match["fraction"].removesuffix("分之"))
        if not divisor:
            return None
        value, unit = (value / divisor * 100).quantize(Decimal("0.01")).normalize(), "%"
    if match["currency"] and not unit:
        unit = "美元" if "$" in match["currency"] else "元"
    return _quantity(match, text, value, high, unit)


def _first_of_two(match: re.Match[str], text: str, value: Decimal) -> Quantity:
    """Read `5、8个` as two figures: only the first is taken here, without the unit unless 百分之 gave one."""
    end = match.start("sep")
    unit = "%" if match["percent"] == "百分之" else ""
    return Quantity(text[match.start() : end], match.start(), end, value.normalize(), unit=unit, written=unit)


def _quantity(match: re.Match[str], text: str, value: Decimal, high: Decimal | None, unit: str) -> Quantity:
    factor, base = _BASE.get(unit, ("1", unit))
    marks = [match[name] for name in ("after", "before", "more", "more2", "more3") if match[name]]
    bound: Bound = _BOUNDS.get(marks[0], "exact") if marks else "exact"
    scale = Decimal(factor)
    end = match.end() if unit or not match["unit"] else match.start("unit")
    return Quantity(
        text=text[match.start() : end],
        start=match.start(),
        end=end,
        value=(value * scale).normalize(),
        unit=base,
        bound=bound,
        high=None if high is None else (high * scale).normalize(),
        ordinal=bool(match["ordinal"]),
        written=unit,
        vague=bool(match["vague"]),
    )


def _counts(match: re.Match[str], text: str, unit: str) -> bool:
    """Tell a Chinese numeral that counts from one inside a word (统一, 十分, 一起)."""
    number, start = match["number"], match.start("number")
    if match["percent"] or match["fraction"] or match["vague"]:
        return True
    if match["ordinal"]:
        return bool(unit) or len(number) > 1 or text[match.end() : match.end() + 1] in {"代", "任"}
    for word in _NOT_NUMBERS.finditer(text, max(0, start - 3), start + len(number) + 3):
        if word.start() < match.end("number") and word.end() > start:
            return False
    qualified = bool(match["more"] or match["more2"])
    if len(number) == 1:
        if number == "一" or not unit:
            return qualified and number in "十百千万亿"
        return number not in {"万", "亿"} or qualified or bool(match["before"])
    return "点" in number or bool(unit) or any(char in number for char in "十百千万亿")


def _scaled(value: Decimal, scale: str) -> Decimal:
    for char in scale:
        value *= _SMALL.get(char) or _LARGE[char]
    return value


def _han_value(text: str) -> Decimal:
    if not any(char in text for char in "十百千万亿"):
        return Decimal("".join(str(_DIGITS[char]) for char in text) or "0")
    total = section = digit = 0
    for char in text:
        if char in _DIGITS:
            digit = _DIGITS[char]
        elif char in _SMALL:
            section += (digit or 1) * _SMALL[char]
            digit = 0
        else:
            # 一万亿: the larger mark takes everything before it.
            if char == "亿":
                total = (total + section + digit or 1) * _LARGE[char]
            else:
                total += (section + digit or 1) * _LARGE[char]
            section = digit = 0
    return Decimal(total + section + digit)


@lru_cache(maxsize=4096)
def flat(text: str) -> str:
    """Return `text` with full-width letters, digits and signs made half-width, one character for one.

    Unlike `rag.text.tokens.fold` it keeps lengths, so offsets stay true; case is kept, and Chinese punctuation too.
    """
    return "".join(_flat_char(char) for char in text)


def _flat_char(char: str) -> str:
    if char < "\u0080" or "\u3400" <= char <= "\u9fff" or char in "，。！？：；、“”‘’":
        return char
    try:
        folded = unicodedata.normalize("NFKC", char)
    except (ValueError, InvalidOperation):
        return char
    if len(folded) != 1:
        return char
    return folded

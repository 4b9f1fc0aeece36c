"""True sentences, light paraphrases of them, and falsifications by one edit, made from any archive of articles.

The edits know nothing of the verifier: they have their own small tables and take names, places and figures from the
articles themselves. Every maker takes a sentence and a `random.Random` and returns the new sentence, or an empty
string where the sentence gives it nothing to work on.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from rag.text.wordlist import listed, paired

Maker = Callable[[str, random.Random], str]

_FIGURE = re.compile(r"(?<![\dA-Za-z.])\d+(?:\.\d+)?(?![\d.A-Za-z])")
_COUNTED = re.compile(
    r"(?<![\dA-Za-z.第])(\d+(?:\.\d+)?)((?:[余多])?[万亿]?(?:元|人次|人|名|家|个|项|次|公里|米|吨|亩|%|件|场|所|户|台|辆|艘|座|天|小时|岁|年))(?![\d月])"
)
_DAY = re.compile(r"(?:(\d{4})年)?(?:(\d{1,2})月)?(\d{1,2})日")
_UNITS = paired("""
    亿元/万元 万元/亿元 万元/元 亿美元/亿元 万人/人 亿/万 人次/人 公里/米 平方公里/平方米 吨/公斤 亩/公顷 小时/天
    天/小时 个百分点/% %/个百分点 米/公里 分钟/小时 个月/年 户/人 倍/% 毫米/厘米 人/万人 名/万名
    """)
_DIRECTIONS = paired("""
    上升/下降 增长/下降 提高/降低 增加/减少 上涨/下跌 升至/降至 提升/降低 扩大/缩小 下降/上升 减少/增加 降低/提高
    下跌/上涨 下滑/上升 回落/回升 高于/低于 超过/低于 加强/削弱 加快/放缓 缩小/扩大 流入/流出 进口/出口 出口/进口
    支持/反对
    """)
_PLANS = paired("""
    将/已 已经/计划 已/将 计划/已经 拟/已 预计/已经 力争/已 有望/已经 正在/已经 即将/已经 将于/已于 建成/计划建成
    完成/计划完成 启动/拟启动 举行/将举行
    """)
_TITLES = listed("""
    主席 主任 书记 部长 局长 厅长 院长 校长 会长 董事长 总经理 经理 发言人 市长 省长 县长 所长 总裁 秘书长 总统 总理
    教授 研究员 队长 处长 理事长 副教授 大使
    """)
_NAMED = re.compile(
    r"(?:主席|主任|书记|部长|局长|厅长|院长|校长|会长|董事长|经理|发言人|市长|省长|教授|研究员|专家|记者|通讯员|负责人|代表|老师|医生)"
    r"([王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤][\u4e00-\u9fff]{1,2}?)"
    r"(?=[表说介指认在，、。）)：出坦率强告透向主到]|$)"
)
_ORGANISATION = re.compile(
    r"(?<![\u4e00-\u9fff])[\u4e00-\u9fff]{2,8}?(?:大学|学院|公司|集团|银行|医院|研究院|委员会|协会|总局|管理局|商务厅|公安局|博物馆|法院|财政部|外交部|商务部|教育部|应急管理部)"
)
_NEGATABLE = listed("""
    完成 实现 举行 参加 出席 表示 提供 建立 获得 批准 同意 通过 发布 进入 采取 发生 造成 超过 达到 支持 参与 开展
    影响 接受 出现 带来 包括 推出 签署 恢复 启动
    """)
_SYNONYMS = paired("""
    表示/说 表示/称 说/表示 介绍/说 指出/表示 举行/举办 举办/举行 召开/举行 目前/当前 目前/截至目前 近日/日前
    日前/近日 帮助/协助 重要/关键 超过/超 增长/上升 增加/增长 提高/提升 提升/提高 下降/降低 减少/下降 开展/进行
    推动/促进 促进/推动 加强/强化 公布/发布 发布/公布 完成/做完 参加/参与 参与/参加 获得/取得 企业/公司 群众/百姓
    孩子/儿童 问题/难题 措施/举措 进一步/更加 以及/和 但是/但 同时/此外 因此/所以 由于/因为 共同/一起 非常/十分
    成为/成了 位于/地处 大约/约 其中/里面 认为/觉得 需要/须 通过/借助 根据/按照 希望/期望 使用/采用 迅速/快速
    开始/启动 继续/持续 显著/明显 来自/出自 逐步/逐渐 立即/马上 工作人员/职员 遇难/死亡 今后/未来
    """)
_ADVERBS = listed("""
    进一步 积极 不断 切实 全面 持续 深入 大力 非常 十分 还 也 均 都 共同 充分 有效 逐步 迅速 特别 更加 同时 此外
    据了解， 据介绍， 据悉， 目前 目前， 其中， 因此， 当前，
    """)
_LEADS = ("据报道，", "报道称，", "据了解，", "文中提到，", "报道指出，")


@dataclass(frozen=True, slots=True)
class Pools:
    """Names and places that the articles mention, to put one for another."""

    people: tuple[str, ...]
    places: tuple[str, ...]
    organisations: tuple[str, ...]


def pools(texts: Sequence[str]) -> Pools:
    """Collect the people, places and organisations of `texts` by jieba's tags and by form."""
    import jieba.posseg

    people: dict[str, None] = {}
    places: dict[str, None] = {}
    organisations: dict[str, None] = {}
    for text in texts:
        for pair in jieba.posseg.lcut(text):
            if pair.flag == "ns" and 2 <= len(pair.word) <= 4:
                places[pair.word] = None
        for match in _NAMED.finditer(text):
            people[match[1]] = None
        for match in _ORGANISATION.finditer(text):
            organisations[match[0]] = None
    return Pools(tuple(people), tuple(places), tuple(organisations))


def clauses_of(text: str) -> list[str]:
    """Return the clauses of a sentence, cut at ， and ；, without the final mark."""
    return [part for part in re.split(r"[，；]", text.rstrip("。！？!?")) if part]


# True: the sentence says the same, or less.


def synonym(text: str, rng: random.Random) -> str:
    """Exchange one word for a near synonym."""
    options = [(a, b) for a, b in _SYNONYMS if a in text and not (a == "说" and not re.search("[，：。]", text))]
    if not options:
        return ""
    one, other = rng.choice(options)
    return text.replace(one, other, 1).replace("公司家", "企业家")


def two_synonyms(text: str, rng: random.Random) -> str:
    """Exchange two words for near synonyms."""
    once = synonym(text, rng)
    twice = synonym(once, rng) if once else ""
    return twice if twice and twice != text else ""


def dropped_adverb(text: str, rng: random.Random) -> str:
    """Leave out an adverb or a lead-in that says nothing about the facts."""
    options = [word for word in _ADVERBS if word in text.replace("成都", "").replace("首都", "")]
    return text.replace(rng.choice(options), "", 1) if options else ""


def reordered(text: str, rng: random.Random) -> str:
    """Put the first clause last."""
    parts = clauses_of(text)
    if not 2 <= len(parts) <= 5 or any(mark in text for mark in "“”：（"):
        return ""
    shift = rng.randrange(1, len(parts))
    return "，".join(parts[shift:] + parts[:shift]) + "。"


def half(text: str, rng: random.Random) -> str:
    """Keep a run of clauses."""
    parts = clauses_of(text)
    if len(parts) < 3 or any(mark in text for mark in "“”"):
        return ""
    start = rng.randrange(0, len(parts) - 1)
    return "，".join(parts[start : start + rng.randrange(1, 3)]) + "。"


def led_in(text: str, rng: random.Random) -> str:
    """Say first that a report says so."""
    return rng.choice(_LEADS) + text


def unquoted(text: str, rng: random.Random) -> str:
    """Leave the quotation marks out."""
    del rng
    return re.sub(r"[“”]", "", text) if "“" in text else ""


def refigured(text: str, rng: random.Random) -> str:
    """Write a figure another way: 亿 as 万, with a comma, in Chinese figures, 百分之."""
    options: list[str] = []
    for match in _COUNTED.finditer(text):
        number, unit = match[1], match[2]
        head, tail = text[: match.start()], text[match.end() :]
        if (unit == "年" and len(number) == 4) or head.endswith(("—", "-", "至", "~")):
            continue
        if unit.startswith("亿"):
            options.append(f"{head}{Decimal(number) * 10000:f}万{unit[1:]}{tail}")
        elif unit == "%":
            options.append(f"{head}百分之{number}{tail}")
        elif unit[0] not in "余多万" and "." not in number:
            if len(number) > 3:
                options.append(f"{head}{int(number):,}{unit}{tail}")
            elif 2 < int(number) < 100 and not head.endswith(("年", "约")):
                options.append(head + _in_chinese(int(number)) + unit + tail)
            if number.endswith("0000"):
                options.append(f"{head}{number[:-4]}万{unit}{tail}")
    return rng.choice(options) if options else ""


def _in_chinese(number: int) -> str:
    digits = "零一二三四五六七八九"
    tens, ones = divmod(number, 10)
    if not tens:
        return digits[ones]
    return (digits[tens] if tens > 1 else "") + "十" + (digits[ones] if ones else "")


def redated(edition: str) -> Maker:
    """Return a maker that writes a date of an edition another way: with its year, or as the day it is."""
    year, month, _ = (int(part) for part in edition.split("-"))

    def make(text: str, rng: random.Random) -> str:
        options = [
            f"{text[: match.start()]}{year}年{match[0]}{text[match.end() :]}"
            for match in re.finditer(r"(?<!\d)(?<!年)(\d{1,2})月(\d{1,2})日", text)
        ]
        options += [
            f"{text[: match.start()]}{month}月{match[0]}{text[match.end() :]}"
            for match in re.finditer(r"(?<![\d月])(\d{1,2})日(?=[，在上下电召举发])", text)
            if int(match[1]) <= int(edition[-2:])
        ]
        if "今年" in text:
            options.append(text.replace("今年", f"{year}年", 1))
        if "去年" in text:
            options.append(text.replace("去年", f"{year - 1}年", 1))
        return rng.choice(options) if options else ""

    return make


# False: one edit that changes a fact.


def digit(text: str, rng: random.Random) -> str:
    """Change one digit of a figure."""
    options = [
        match for match in _FIGURE.finditer(text) if text[match.end() : match.end() + 1] not in {"年", "月", "日", "时"}
    ]
    if not options:
        return ""
    match = rng.choice(options)
    places = [i for i, char in enumerate(match[0]) if char.isdigit()]
    at = rng.choice(places)
    new = rng.choice([d for d in "123456789" if d != match[0][at]])
    return text[: match.start()] + match[0][:at] + new + match[0][at + 1 :] + text[match.end() :]


def unit(text: str, rng: random.Random) -> str:
    """Count in another unit."""
    after = r"(?![\u4e00-\u9fff]?次|民|大|员|口|均|工|才|\w?元)"
    options = [
        text[: match.start()] + match[1] + other + text[match.end() :]
        for one, other in _UNITS
        for match in re.finditer(rf"(?<=\d)([余多]?){re.escape(one)}{after}", text)
    ]
    return rng.choice(options) if options else ""


def swapped(text: str, rng: random.Random) -> str:
    """Exchange two figures of the sentence that are counted in the same unit, or any two percentages or counts."""
    figures = list(_COUNTED.finditer(text))
    pairs = [
        (a, b)
        for i, a in enumerate(figures)
        for b in figures[i + 1 :]
        if a[1] != b[1] and (a[2] == b[2] or a[2][-1:] == b[2][-1:])
    ]
    if not pairs:
        return ""
    one, other = rng.choice(pairs)
    return text[: one.start()] + other[0] + text[one.end() : other.start()] + one[0] + text[other.end() :]


def borrowed(article: str) -> Maker:
    """Return a maker that puts another figure of the same article, in the same unit, for one of the sentence's."""

    def make(text: str, rng: random.Random) -> str:
        theirs = [(match[1], match[2]) for match in _COUNTED.finditer(article)]
        options = [
            text[: match.start()] + number + match[2] + text[match.end() :]
            for match in _COUNTED.finditer(text)
            for number, counted in theirs
            if counted == match[2] and number != match[1] and number + counted not in text
        ]
        return rng.choice(options) if options else ""

    return make


def renamed(known: Pools) -> Maker:
    """Return a maker that puts another person for one of the sentence's, or changes a character of the name."""

    def make(text: str, rng: random.Random) -> str:
        names = [name for name in known.people if name in text]
        if not names:
            return ""
        name = rng.choice(names)
        others = [item for item in known.people if item != name and item not in text]
        if not others:
            return ""
        other = rng.choice(others)
        if len(name) == 3 and rng.random() < 0.5:
            other = name[:2] + rng.choice([char for char in "伟芳敏强磊军洋勇艳杰娟涛明超霞平刚" if char != name[2]])
        return text.replace(name, other)

    return make


def retitled(text: str, rng: random.Random) -> str:
    """Put another office for one of the sentence's, or add or leave out 副."""
    options = []
    for title in _TITLES:
        for match in re.finditer(title, text):
            head, tail = text[: match.start()], text[match.end() :]
            if head.endswith("副"):
                options.append(head[:-1] + title + tail)
            elif not head.endswith(("原", "前", "总", "常务")) and not any(
                len(t) > len(title) and t.endswith(title) and head.endswith(t[: -len(title)]) for t in _TITLES
            ):
                options.append(head + "副" + title + tail)
                options.append(head + rng.choice([t for t in _TITLES if title not in t and t not in title]) + tail)
    return rng.choice(options) if options else ""


def misdated(text: str, rng: random.Random) -> str:
    """Change a day, a month or a year."""
    options = []
    for match in _DAY.finditer(text):
        day = int(match[3])
        new = rng.choice([d for d in range(1, 29) if d != day])
        options.append(text[: match.start(3)] + str(new) + text[match.end(3) :])
        if match[2]:
            options.append(text[: match.start(2)] + str(int(match[2]) % 12 + 1) + text[match.end(2) :])
    options += [
        text[: match.start(1)] + str(int(match[1]) + rng.choice((-1, 1, -2))) + text[match.end(1) :]
        for match in re.finditer(r"(?<!\d)(20\d\d)年", text)
    ]
    for one, other in (
        ("今年", "去年"),
        ("去年", "前年"),
        ("上半年", "下半年"),
        ("上午", "下午"),
        ("昨日", "今日"),
        ("昨天", "前天"),
        ("一季度", "二季度"),
        ("明年", "今年"),
        ("上个月", "本月"),
    ):
        if one in text:
            options.append(text.replace(one, other, 1))
    return rng.choice(options) if options else ""


def turned(text: str, rng: random.Random) -> str:
    """Turn a direction round."""
    options = [(a, b) for a, b in _DIRECTIONS if a in text]
    if not options:
        return ""
    one, other = rng.choice(options)
    return text.replace(one, other, 1)


def denied(text: str, rng: random.Random) -> str:
    """Add a denial before a verb, or leave one out."""
    options = []
    for verb in _NEGATABLE:
        at = text.find(verb)
        if at > 0 and text[at - 1] not in "不未没无的" and text[at + len(verb) : at + len(verb) + 1] != "的":
            options.append(text[:at] + rng.choice(("未", "没有", "并未")) + text[at:])
    for word in ("没有", "并未", "尚未", "未能", "无法", "不会", "不能", "未"):
        at = text.find(word)
        if (
            at >= 0
            and text[at : at + 3] not in {"未来", "未成", "未知"}
            and not text.startswith(("未来", "未成年"), at)
        ):
            options.append(
                text[:at]
                + {"无法": "可以", "不会": "会", "不能": "能", "未能": "能"}.get(word, "")
                + text[at + len(word) :]
            )
    return rng.choice(options) if options else ""


def replanned(text: str, rng: random.Random) -> str:
    """Say that what is planned is done, or that what is done is planned."""
    options = []
    for one, other in _PLANS:
        for match in re.finditer(one, text):
            after, before = text[match.end() : match.end() + 2], text[: match.start()]
            if one in {"将", "已", "拟"} and (
                after[:1] in "军领近其这该于有经" or before.endswith(("即", "必", "计", "模", "虚"))
            ):
                continue
            if one == "将" and re.match(r"[^，。]{2,14}(?:作为|纳入|列为|转化|送|进行|打造成|变)", text[match.end() :]):
                continue  # 将 in the sense of 把
            if one in {"建成", "完成", "启动", "举行"} and (
                before[-1:] in "将拟划已未的后前" or after[:1] in "后的前度率情"
            ):
                continue
            if one == "计划" and (before[-1:] not in "，。还也已都" and len(before) > 0):
                continue
            options.append(text[: match.start()] + other + text[match.end() :])
    return rng.choice(options) if options else ""


def displaced(known: Pools) -> Maker:
    """Return a maker that puts another place for one of the sentence's."""

    def make(text: str, rng: random.Random) -> str:
        places = [place for place in known.places if place in text]
        if not places:
            return ""
        place = rng.choice(places)
        others = [item for item in known.places if item not in text and place not in item and item not in place]
        return text.replace(place, rng.choice(others)) if others else ""

    return make


def reorganised(known: Pools) -> Maker:
    """Return a maker that puts another organisation for one of the sentence's."""

    def make(text: str, rng: random.Random) -> str:
        names = [match[0] for match in _ORGANISATION.finditer(text)]
        if not names:
            return ""
        name = rng.choice(names)
        others = [
            item for item in known.organisations if item not in text and name not in item and item[-2:] == name[-2:]
        ]
        others = others or [item for item in known.organisations if item not in text]
        return text.replace(name, rng.choice(others), 1) if others else ""

    return make

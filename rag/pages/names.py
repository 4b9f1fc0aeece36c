"""The names in a byline, and the spaces between them that extraction loses."""

from __future__ import annotations

import re

# The surnames of nineteen in twenty Chinese people, and the compound ones still met with.
_SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许邓冯韩曹曾彭萧肖蔡潘田董袁于余叶蒋杜苏魏程吕丁沈任姚卢傅钟姜崔谭廖范汪陆金石戴贾韦夏"
    "邱方侯邹熊孟秦白江阎闫薛尹段雷黎史龙陶贺顾毛郝龚邵万钱严覃武莫孔向常汤康温乔葛赖施樊殷翁牛洪兰倪季安邢章梅阮左俞柳聂齐易伍颜路焦庄耿"
    "关翟符欧岳游包柯麦詹辛管申房辜毕卓甘冷祝涂车单丘滕宁费阳纪舒饶佘蓝童简裴屈凌霍卞古项盛鲁桂甄应靳查凤景付楼储屠解艾臧窦娄宫谷苗芦尚"
    "米邬匡冉桑国闵鞠冼仇卫敖苟褚占瞿时文晏成喻商牟占骆党全迟隋栗边蒲戚由扈揭晋尤虞奚宗巩权明华丛战封束井伏米"
)
_COMPOUND = frozenset(
    {"欧阳", "司马", "上官", "诸葛", "司徒", "东方", "独孤", "令狐", "皇甫", "慕容", "尉迟", "公孙", "夏侯"}
)
_HAN = r"\u4e00-\u9fff"
_ROLE = (
    r"(?:本报|全媒体|融媒体|首席|见习|特约|实习|特派|驻[\u4e00-\u9fff]{2,4})*(?:记者|通讯员|实习生|评论员|撰稿人|作者)"
)
_CREDITS = re.compile(rf"[（(](?={_ROLE}|通讯员|[^（）()]{{2,40}}摄[）)])[^（）()]{{2,80}}[）)]")
_LOST_BEFORE_ROLE = re.compile(
    rf"(?<=[{_HAN}])(?<!本报)(?<!见习)(?<!特约)(?<!实习)(?<!首席)(?<!媒体)(?=(?:特约|见习|实习)?(?:通讯员|记者))"
)
_NAME_RUN = re.compile(rf"(?<=记者|讯员|习生|论员)( ?)([{_HAN}]{{4,9}})(?=[ ）)、，]|$)")


def names_spaced(text: str) -> str:
    """Return `text` with the spaces put back in credits such as （记者甲乙通讯员丙丁）, where there is one way to."""
    if "（" not in text and "(" not in text:
        return text
    return _CREDITS.sub(lambda match: _spaced(match[0]), text)


def _spaced(credit: str) -> str:
    credit = _LOST_BEFORE_ROLE.sub(" ", credit)
    return _NAME_RUN.sub(lambda match: match[1] + _split_names(match[2]), credit)


def _split_names(run: str) -> str:
    tail = "摄" if run.endswith("摄") and len(run) > 4 else ""
    ways = _ways(run.removesuffix(tail)) if tail else _ways(run)
    if len(ways) != 1:
        return run
    return " ".join([*ways[0], tail] if tail else ways[0])


def _ways(run: str) -> list[tuple[str, ...]]:
    """Return the ways to cut a run of characters into names of two or three characters, each with a surname first."""
    if not run:
        return [()]
    if is_name(run) and len(run) == 4:
        return [(run,)]
    return [
        (run[:size], *rest) for size in (2, 3) if is_name(run[:size]) and len(run) >= size for rest in _ways(run[size:])
    ]


def is_name(text: str) -> bool:
    """Tell whether a few characters can be a Chinese name."""
    return (2 <= len(text) <= 3 and text[0] in _SURNAMES) or (3 <= len(text) <= 4 and text[:2] in _COMPOUND)


def name_continues(before: str, here: str) -> bool:
    """Tell whether a name, cut by the end of a line inside a credit, goes on in the next line."""
    broken = re.search(r"(?:通讯?|记|见习?|特约?|实习?|本)$", before)
    if broken and re.match(_ROLE, broken[0] + here):
        return True
    if re.search(rf"{_ROLE}$", before):
        # After the role a credit has a space throughout or not at all.
        return not re.search(r"(?:记者|通讯员) ", before)
    tail = re.search(rf"[{_HAN}]+$", before)
    front = re.match(rf"[{_HAN}]+", here)
    if not front or not tail:
        return False
    if re.match(_ROLE, here) or here.startswith("摄"):
        return False
    last = re.sub(rf"^.*{_ROLE}", "", tail[0])
    whole = last + front[0].removesuffix("摄")
    return len(whole) <= 3 or len(last) == 1 or len(front[0].removesuffix("摄")) == 1 or whole[:2] in _COMPOUND

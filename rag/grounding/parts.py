"""A double question taken apart into single ones, each made to stand alone.

`A和B分别……` asks of two things, `……多少、……多少` two figures of one; 谁……，在哪里 goes on about the same.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.grounding.asked import WHO, is_generic, read_asked
from rag.grounding.reading import NAMED, tagged
from rag.grounding.terms import content_terms
from rag.text.dates import date_mentions, is_compared

_MAX_PARTS = 4
PRONOUN = re.compile(
    r"(?:这|那|该|此)[次场届]会(?=[的上在有由是，？?]|$)|它们?|他们?(?!们?国|人|乡)|她们?|(?<![尤极])其(?!他|它|中|余|实|次|间)|(?:该|这|此|那|上述)(?:一)?(?:个|家|位|次|项|名|场|座|条|篇|部|款|届|份)?"
    r"(?:勋章|奖项|船|桥|展览|比赛|论文|节目|电影|书|学院|大学|项目|公司|企业|活动|会议|工程|办法|措施|政策|机构|单位|平台|品牌|机制|系统|制度|基地|产品|事件|大会|论坛|热线|园区|产业园|医院|学校|城市|地区|国家|人|行动|计划|方案|报告|研究|技术|服务)"
)
ELLIPSIS = re.compile(r"^(?:那么?|还有|另外|然后|再|接着|具体|其中)[，,]?|呢[？?]?$")
DATE_WORD = re.compile(
    r"(?:(?:19|20)\d\d年|今年|去年|前年|明年)(?:[一二三四五六七八九十\d]{1,2}月|上半年|下半年|前三季度|第[一二三四]季度)?|[一二三四五六七八九十\d]{1,2}月|上半年|下半年|前三季度|第[一二三四]季度|上个月|上月"
)
ASKS = re.compile(
    rf"多少|什么|{WHO}|哪|第几|几[个名家项件位次号日点天场条时人户]|百分之几|何时|为何|如何|怎么|怎样|多[大高长久重]"
)


def split_parts(text: str, printed: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the single questions in `text`, each made to stand alone; at most four.

    What a text of `printed` has as one name (筛查与干预项目) stays one.
    """
    pieces = [piece.strip(" ，,；;") for piece in re.split(r"[？?；;]+", text) if piece.strip(" ，,；;。")]
    questions: list[str] = []
    for piece in pieces:
        for one in _by_comma(piece):
            questions.extend(_distributed(_inherits(one, questions), printed))
    unique = list(dict.fromkeys(question for question in questions if question))
    return tuple(unique[:_MAX_PARTS]) or (text,)


def _by_comma(piece: str) -> list[str]:
    """Divide at the commas (and 、 or 和 between two holes) where each side asks something."""
    sides = re.split(
        r"[，,、]|(?<=[\u3400-\u9fff”])\s+(?=[“\u3400-\u9fff])|(?<=多少)(?:和|与|以及)|(?<=多[高大长重宽深厚])(?=又?多[高大长重宽深厚])|(?:以及|并且|还有)(?=[^，]*(?:多少|什么|谁|哪|何时))",
        piece,
    )
    asking = [side for side in sides if side and ASKS.search(side)]
    if len(asking) < 2:
        return [piece]
    sides = _with_verbs(sides)
    merged: list[str] = []
    held = ""
    for side in sides:
        if not side:
            continue
        held = f"{held}，{side}" if held else side
        if ASKS.search(side):
            merged.append(held)
            held = ""
    if held and merged:
        merged[-1] += f"，{held}"
    first = merged[0]
    if read_asked(first).kind == "person":  # who holds the office is told with it
        merged = [first, *(one for one in merged[1:] if not _OFFICE_TOO.fullmatch(one))]
    return [first] + [_with_subject(first, one) for one in merged[1:]]


def _with_verbs(sides: Sequence[str]) -> list[str]:
    """Give a bare 哪一年 what the next side says is done (哪一年、在哪里建成了基地)."""
    given: list[str] = []
    for side, later in zip(sides, [*sides[1:], ""], strict=True):
        hole = _ASKED_ALONE.fullmatch(side or "")
        verb = _ASKED_FIRST.match(later or "")
        given.append(side + later[verb.end() :] if hole and verb else side)
    return given


_OFFICE_TOO = re.compile(r"(?:他|她)?(?:现)?(?:担任|任|是|有)?(?:个|的是)?(?:什么|何|啥)(?:职务|身份|职位|头衔|官职)")
_IN = r"(?:在|于|从|由)?"
_ASKED_ALONE = re.compile(
    rf"{_IN}(?:何时|何地|谁|什么时候|哪(?:一?[年天月]|里|儿|个|些|位|家|一?个?[^，]{{1,3}})|几[月号日点])"
)
_ASKED_FIRST = re.compile(
    rf"{_IN}(?:何时|何地|谁|什么时候|什么地方|哪(?:一?[年天月]|里|儿|些|位|家|个?[国省市县区地村]))"
)


def _inherits(question: str, earlier: Sequence[str]) -> str:
    return _with_subject(earlier[0], question) if earlier else question


def _with_subject(first: str, later: str) -> str:
    """Give a later question the subject of the first, unless it names one itself."""
    later = ELLIPSIS.sub("", later).strip("，, ") or later
    subject = _subject_of(first)
    if _COMPARES.match(later):
        subject = _asked_of(first)
    if subject and later.startswith(subject):
        return later
    else:
        subject = _without_dates(subject, later)
    rare = [
        term for term in content_terms(later) if term.weight >= 0.9 and len(term.text) > 1 and term.text not in first
    ]
    named = any(word.flag[:2] in NAMED and len(word.text) > 1 for word in tagged(later))
    if PRONOUN.match(later):
        later = later[PRONOUN.match(later).end() :]  # type: ignore[union-attr]
    elif named or (rare and len(later) > 12):
        return later
    return later if not subject or subject in later else f"{subject}{later}"


def _without_dates(subject: str, later: str) -> str:
    """Return `subject` without the dates in whose place `later` has its own: a month of its own leaves the year."""
    own = [one for one in date_mentions(later) if not is_compared(later, one)]
    if not own:
        return subject
    other_year = any(one.year or one.relative for one in own)
    for one in reversed(date_mentions(subject)):
        year = None if other_year else _YEAR.match(one.text)
        subject = subject[: one.start] + (year[0] if year else "") + subject[one.end :]
    return subject


_YEAR = re.compile(r"(?:19|20)\d\d年|[今去前明]年")


# A question that begins so is of the very figure that was asked for before (不合格率是多少？比去年同期下降多少？).
_COMPARES = re.compile(
    r"(?:比|较|同比|环比|与|和)(?:去年|上年|前年|上月|上期|上季度|往年|.{0,6}同期)|[同环]比|又?(?:上升|下降|增长|提高|减少|增加)了?多少"
)


def _asked_of(question: str) -> str:
    """Return what the question says before its hole, the noun asked for with it."""
    hole = ASKS.search(question)
    return _LINKING.sub("", question[: hole.start()]) if hole else question


def _subject_of(question: str) -> str:
    """Return what the question says of what it is about: 亿卓实业2025年上半年 of 亿卓实业2025年上半年销售收入是多少."""
    hole = ASKS.search(question)
    if hole is None:
        return question
    if hole[0] == "谁" and question[: hole.start()].endswith("是"):
        return question[: hole.start() - 1]  # what is asked next is asked of that person
    head = _LINKING.sub("", question[: hole.start()])
    terms = [term for term in content_terms(head) if term.text in head]
    if len(terms) < 2:
        return head if terms and terms[0].weight >= 0.55 else ""
    # What is counted may stand after the hole (一共有多少居民); else it is the last noun before it.
    counted = hole[0][0] in "多几" and bool(content_terms(read_asked(question).counted))
    lead = head if counted else head[: head.rfind(terms[-1].text)]
    lead = _LINKING.sub("", _without_verb(_LINKING.sub("", lead)))
    return lead if len(lead) >= 2 else head


_LINKING = re.compile(r"(?:累计|一共|总共|共计|共|总|达到|(?<!现)在|[是为有达了的由和与])+$")


def _without_verb(text: str) -> str:
    """Return `text` without the verb that ends it (小院眼下盖): what is asked next is done otherwise."""
    for word in reversed(tagged(text)):
        if word.flag not in _VERBAL:
            return text[: word.end]
    return text


_VERBAL = frozenset(("v", "vd", "d", "p", "u", "ul", "uz", "y"))


_BOTH = re.compile(r"以及|和|与|及|跟|、")
_QUARTERS = re.compile(r"前([两二三])个?季度")
_FIRST = {"两": "一二", "二": "一二", "三": "一二三"}
_EACH = re.compile(r"分别|各自|[，,]?各(?=有|是|为|达|由|在|多|几|占)")
_QUOTED = re.compile(r"[“《「『][^”》」』]*[”》」』]")


def _distributed(question: str, printed: Sequence[str] = ()) -> list[str]:
    """Take `A和B分别……` apart, and `A和B` before a bare noun asked for; other questions stay whole."""
    if re.search(r"男女(?:子|单|双)", question) and "混" not in question:
        return [question.replace("男女", "男", 1), question.replace("男女", "女", 1)]
    each = _EACH.search(question)
    quoted = [match.span() for match in _QUOTED.finditer(question)]
    joins = _BOTH.finditer(question[: each.start()] if each else question)
    joined = next(
        (
            one
            for one in joins
            if not any(start < one.start() < end for start, end in quoted)
            and not _with_whom(question, one)
            and not _in_body(question, one)
            and not _is_one_name(question, one, printed)
        ),
        None,
    )
    if joined is None and each and (quarters := _QUARTERS.search(question)):
        asked = _EACH.sub("", question)
        return [asked.replace(quarters[0], f"第{number}季度", 1) for number in _FIRST[quarters[1]]]
    if joined is None or not (each or _coordinate(question, joined.start())):
        return [question]
    right_end = _right_conjunct(question, joined.start(), joined.end(), each.start() if each else 0)
    left_start = _left_conjunct(question, joined.start(), question[joined.end() : right_end])
    left, right = question[left_start : joined.start()], question[joined.end() : right_end]
    frame = _EACH.sub("", question)
    whole = question[left_start:right_end]
    if not left or not right or whole not in frame:
        return [question]
    return [frame.replace(whole, left, 1), frame.replace(whole, right, 1)]


def _with_whom(question: str, join: re.Match[str]) -> bool:
    """Return True where 跟 or 与 says with whom something is done (跟某人串通的经理)."""
    if join[0] not in {"跟", "与"} or _EACH.search(question):
        return False
    flags = [word.flag for word in tagged(question[join.end() :])[:3]]
    return flags[1:] == ["v", "uj"]


def _in_body(question: str, join: re.Match[str]) -> bool:
    """Return True where 和 stands in the name of one body (文化和旅游局, 政务服务和大数据管理局)."""
    if _EACH.search(question):
        return False
    left, right = question[: join.start()], _BODY.match(question, join.end())
    return right is not None and not _OF_A_BODY.search(left) and tagged(left)[-1].flag[:2] not in {"nr", "ns"}


def _is_one_name(question: str, join: re.Match[str], printed: Sequence[str]) -> bool:
    """Return True where a text has the words around 和 up to the next 的 as they are in the question."""
    following = _UP_TO_OF.match(question, join.end())
    if following is None or _EACH.search(question) or not _OF_DEEDS.search(following[0]):
        return False
    if following[0][-_HEAD:] == question[max(0, join.start() - _HEAD) : join.start()]:
        return False  # 教育计划和医疗计划 are two
    name = question[max(0, join.start() - 2) : following.end()]
    return any(name in text for text in printed)


_HEAD = 2
_UP_TO_OF = re.compile(r"[\u3400-\u9fff]{4,16}(?=的)")
# What has one name of two words: a project, a body, a meeting.
_OF_DEEDS = re.compile(
    r"(?:项目|工程|行动|活动|计划|规划|方案|办法|条例|规定|意见|大会|会议|论坛|会|赛|节|展|中心|机制|平台|系统|基地|专项|课题|学科|专业|制度|委员会|协会)$"
)
_BODY = re.compile(
    r"(?:[\u3400-\u9fff](?<![和与的、，在是有])){2,8}?(?:委员会|办公室|[局委部厅署院所](?![分属长员]|会))"
)
_OF_A_BODY = re.compile(
    r"(?:[局委部厅署院所会办处科队社市县区省州镇乡村]|公司|集团|中心|大学|银行|企业|学校|[长任员席记])$"
)
_LONG = 8  # a right conjunct this long that ends as the left one does is one of two full names


def _coordinate(question: str, at: int) -> bool:
    """Return True when one attribute is asked of two things (布林肯和耶伦访华时间), the hole standing after them."""
    asked = read_asked(question)
    hole = ASKS.search(question)
    if asked.kind not in {"date", "quantity", "person", "place", "thing"} or len(question) > 40:
        return False
    if hole is not None and "，" in question[at : hole.start()]:
        return False  # the second clause asks, and not of the two
    return hole is None or (at < hole.start() and len(question) - hole.end() <= 3) or hole.start() <= 8


def _right_conjunct(question: str, left_end: int, start: int, each: int) -> int:
    """Return where the right conjunct ends: its quotation or date, a word that ends as the left one does, or one word.

    Without such a word it ends before 分别, at `each` where that is not 0.
    """
    rest = question[start:]
    quoted = re.match(r"[^“《「]{0,10}?[“《「][^”》」]+[”》」]", rest)
    if not each and quoted and (question[left_end - 1] in "”》」" or rest[0] in "“《「"):
        return start + quoted.end()
    if dated := DATE_WORD.match(rest) or re.match(r"(?:19|20)\d\d年?", rest):
        return start + dated.end()
    ends = [word.end for word in tagged(rest)]
    kin = next((end for end in ends if end <= 24 and rest[end - 1] == question[left_end - 1]), 0)
    if not kin and _shares_attribute(question[:left_end], question[start : each or len(question)]):
        return start + _name_end(question[start : each or len(question)])
    if not kin and ends and _bare(question, start):
        return len(question)
    if not kin and each > start:
        return start + len(question[start:each].rstrip("，, "))
    return start + (kin or (ends[0] if ends else 0))


def _shares_attribute(left: str, right: str) -> bool:
    """Return True where only the right one of two names what is asked of both (网易和腾讯2022年营收, 考研和高考报名人数)."""
    if len(tagged(right)) < 2 or _ATTRIBUTE.search(left) or ("的" in left and "的" not in right):
        return False
    return read_asked(left).kind == "topic" and read_asked(right).kind in _ATTRIBUTES


_ATTRIBUTES = frozenset(("quantity", "date", "person", "place"))
_ATTRIBUTE = re.compile(r"(?:[量额率数值价费长重]|[长宽高深厚速温湿浓密强]度)$")


def _name_end(text: str) -> int:
    """Return where the name ends that `text` begins with: before its last 的, or after its first word.

    What one character adds is part of it (欧联杯), a date is not (腾讯2022年的营收).
    """
    first, *others = tagged(text)
    if dated := DATE_WORD.search(text, first.end):
        return dated.start()
    if (owned := text.rfind("的")) > 0:
        return owned
    if others and len(others[0].text) == 1 and others[0].flag.startswith("n"):
        return others[0].end
    return first.end


def _owner_end(text: str) -> int:
    """Return where the name ends that has both (东湖县的线路数和每年运送的乘客数), 0 where `text` begins with none."""
    owner, of, _ = text.partition("的")
    return len(owner) + 1 if of and any(word.flag[:2] in NAMED for word in tagged(owner)) else 0


def _bare(question: str, start: int) -> bool:
    """Return True where two nouns, no names, end a question without a hole (总额及同比增幅)."""
    words = tagged(question[start:])
    return ASKS.search(question) is None and bool(words) and words[0].flag[:2] not in NAMED


def _left_conjunct(question: str, end: int, right: str) -> int:
    """Return where the left conjunct begins: where it begins as the right one does, by words and their kinds."""
    left = question[:end]
    if left[-1:] in "”》」":
        opened = max(left.rfind(mark) for mark in "“《「")
        lead = re.search(r"[^，：的在]*$", left[:opened])
        return lead.start() if lead and right[0] not in "“《「" else opened
    dated = re.search(rf"(?:{DATE_WORD.pattern}|(?:19|20)\d\d年?)$", left)
    if dated and (DATE_WORD.match(right) or right[:2] in {"19", "20"}):
        return dated.start()
    words, other = tagged(left), tagged(right)
    if not words or not other:
        return 0
    if len(other) == 2 and len(other[1].text) == 1 and left[-1] != right[-1]:
        other = other[:1]
    if question.endswith(right) and _bare(question, len(question) - len(right)):
        return words[-1].start
    said = max((one.end for one in date_mentions(left)), default=0)
    words = tuple(word for word in words if word.start >= said) or words
    if len(right) >= _LONG and right[-1] == left[-1]:
        clause = max(left.rfind("，"), left.rfind("：")) + 1
        return clause + (0 if _owner_end(right) else _owner_end(left[clause:]))
    for word in reversed(words):
        if word.text == other[0].text:
            return word.start
    count = len(other)
    for index in range(len(words) - count, -1, -1):
        if words[index].flag == other[0].flag and end - words[index].start <= 2 * len(right) + 2:
            named = index and words[index - 1].flag.startswith("nr") and words[index].flag.startswith("nr")
            return words[index - named].start
    index = max(0, len(words) - count)
    while (
        index
        and len(words[index - 1].text) == 1
        and words[index - 1].flag[:1] in {"n", "v", "a", "m", "z", "x", "j"}
        and words[index - 1].text not in "的在是有"
    ):
        index -= 1
    if is_generic(words[-1].text) and len(words) > count:
        index -= 1
    return words[index].start

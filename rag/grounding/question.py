"""What a reader wants: a follow-up made to stand alone, a double question taken apart, the archive asked about itself.

All of it is done by program, with the words of the conversation, so that the same question always means the same thing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rag.grounding.asked import is_generic, read_asked
from rag.grounding.bearing import Part, read_part
from rag.grounding.reading import tagged
from rag.grounding.terms import Term, content_terms
from rag.schema import Turn

Intent = Literal["facts", "summary", "mentions", "edition", "dates", "writer"]

_MAX_PARTS = 4
_PRONOUN = re.compile(
    r"它们?|他们?(?!们?国|人|乡)|她们?|(?<![尤极])其(?!他|它|中|余|实|次|间)|(?:该|这|此|那|上述)(?:一)?(?:个|家|位|次|项|名|场|座|条|篇|部|款|届|份)?"
    r"(?:项目|公司|企业|活动|会议|工程|办法|措施|政策|机构|单位|平台|品牌|机制|系统|制度|基地|产品|事件|大会|论坛|热线|园区|产业园|医院|学校|城市|地区|国家|人|行动|计划|方案|报告|研究|技术|服务)"
)
_ELLIPSIS = re.compile(r"^(?:那么?|还有|另外|然后|再|接着|具体|其中)[，,]?|呢[？?]?$")
_ORDER_OUT = re.compile(
    r"^(?:请|麻烦|帮我|给我|能否|能不能|可以|你|再)*(?:用.{1,8}?(?:句话?|个?字|点|段)?(?:以内|之内)?)?(?:简要|简单|大致|详细)?(?:地|的)?(?:概括|总结|归纳|概述|简述|梳理|综述|介绍|说说|讲讲|谈谈|整理|摘要|提炼)(?:一下|下)?"
)
_SUMMARY = re.compile(
    r"概括|总结|归纳|概述|简述|梳理|综述|摘要|要点|大意|主要内容|中心思想|(?:讲|说|报道|写)了(?:些)?什么(?!时)|^(?:请|麻烦|帮我|给我|你)*(?:简要|简单|详细)?(?:地)?介绍(?!了|会|称)|说说|讲讲|谈谈|是怎么回事|怎么回事|summari[sz]e|summary",
    re.I,
)
_SENTENCES = re.compile(r"(?:用|以|分)?\s*([一二两三四五六七八九十\d]{1,2})\s*(?:句话?|点|条|段)")
_POINTS = re.compile(r"分点|分条|逐条|列点|要点|列出|[一二三四五六七八九\d]\s*[点条]")
_REPORTS = r"(?:报道|文章|新闻|稿件?|消息|通讯)"
_WHICH = r"(?:哪些|哪几?篇|哪几?[则条]|什么|多少篇?|几篇)"
_TELLS = r"(?:提到|提及|涉及|谈到|说到|写到|讲到|谈及|介绍|报道|说|讲|写)(?:过|了)?"
_ABOUT = r"(?:关于|有关|涉及|提到|提及|谈到|报道)"
_MENTIONS = re.compile(
    rf"{_WHICH}(?:篇|则|条|的)?{_REPORTS}(?:里|中|都|曾|是)*(?:{_TELLS}|关于|有关|[与和跟](?=.+(?:有关|相关)))(?P<told>.{{1,60}})"
    rf"|(?:有没有|有无|是否有|有哪些|有多少篇?|有几篇|有什么|找(?:一下|出)?|列出|列举|搜索?(?:一下)?|查找?(?:一下)?)[^，]{{0,6}}?{_ABOUT}(?P<sought>.{{1,40}}?)(?:有关|相关)?的?(?:所有|全部|相关)?{_REPORTS}"
    rf"|^{_ABOUT}(?P<named>.{{1,40}}?)的?(?:相关)?{_REPORTS}(?:都?有|是)?(?:{_WHICH}|吗)?"
    rf"|^(?P<shown>.{{1,40}}?)(?:在|被|出现在|都?在)?{_WHICH}(?:篇|则|条)?{_REPORTS}(?:里|中|上)?(?:出现|提到|提及|报道|被提)"
    rf"|^(?:有没有|是否有)(?P<any>.{{1,30}}?)的(?:相关)?{_REPORTS}"
)
_HOLDS = r"(?:上|里|中|都|一共|总共|共|主要)*(?:有|登了?|刊登了?|刊发了?|报道了?|讲了?|说了?)(?:些)?(?:哪些|哪几|什么|多少|几)"
_EDITION = re.compile(
    rf"(?:这一?|本|当|上一?|最新(?:的)?一?|该)(?:期|份报纸?)(?:的)?(?:报纸|报|内容|版面|头版)?{_HOLDS}"
    rf"|(?:今天|昨天|前天|当天|这一?天|那天|\d{{1,2}}[日号])(?:的)?(?:报纸|报|日报|晚报|头版|第?[一二三四五六七八九十\d]+版|版面|新闻|报道){_HOLDS}"
    rf"|(?:报纸|报上|版面|本报|日报|晚报|早报|头版|第?[一二三四五六七八九十\d]+版){_HOLDS}"
    rf"|(?:今天|昨天|当天|这一?天|这一?期|本期|\d{{1,2}}[日号]){_HOLDS}{_REPORTS}[？?]?$|^(?:都|一共|总共|共)?有(?:哪些|什么|多少篇?|几篇){_REPORTS}[？?]?$"
)
_DATES = re.compile(
    r"(?:档案|库|报纸|你|系统|资料).{0,8}(?:有|收录|覆盖|包含|涵盖)(?:了)?(?:哪[些几]|什么|多少)(?:天|日期|日子|期|时间|报纸?)"
)
_WRITER = re.compile(
    r"(?:记者|通讯员|作者|摄影者?|撰稿人?)(?:是|有|叫)?(?:谁|哪[几些]?位?|什么名字|哪些人?)|(?:谁|哪位(?:记者)?)(?:写|撰写|采写|报道|拍摄?|摄)(?:的|了)|是谁(?:写|采写|撰写|报道|拍摄?)的|(?:署名|作者)[？?]?$"
)
_ENGLISH = re.compile(r"[A-Za-z]{2,}")
_HAN = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class Wish:
    """A question read: what is wanted, in parts, and in which form.

    `text` stands alone (pronouns resolved); `subject` is what a summary or a listing is about; `sentences` and `points`
    the form asked of a summary; `rewritten` says that `text` differs from what the reader typed.
    """

    text: str
    intent: Intent
    parts: tuple[Part, ...]
    subject: str = ""
    sentences: int = 0
    points: bool = False
    english: bool = False
    rewritten: bool = False


def read_question(question: str, history: Sequence[Turn] = ()) -> Wish:
    """Return what `question` wants, given the conversation before it."""
    text = re.sub(r"\s+", " ", question).strip()
    text = re.sub(r"^(?:请问|你好[，,]?|想问一?下|我想知道|请告诉我)[，,：:]?", "", text)
    alone, topic = stand_alone(text, history)
    intent = _intent(alone)
    english = len(_ENGLISH.findall(alone)) > len(_HAN.findall(alone))
    sentences, points = _form(alone) if intent == "summary" else (0, False)
    parts = (
        tuple(read_part(part, topic) for part in split_parts(alone))
        if intent == "facts"
        else (read_part(alone, topic),)
    )
    return Wish(alone, intent, parts, _subject(alone, intent), sentences, points, english, alone != text)


def _intent(text: str) -> Intent:
    if _DATES.search(text):
        return "dates"
    if _WRITER.search(text) and re.search(r"报道|文章|新闻|消息|照片|图片|稿|通讯|这篇|一文|写|拍", text):
        return "writer"
    if _EDITION.search(text) and len(text) <= 40 and not re.search(_ABOUT, text):
        return "edition"
    if _MENTIONS.search(text):
        return "mentions"
    return "summary" if _SUMMARY.search(text) else "facts"


def _form(text: str) -> tuple[int, bool]:
    from rag.text.numbers import number_value

    match = _SENTENCES.search(text)
    value = number_value(match[1].replace("两", "二")) if match else None
    return (min(10, int(value)) if value else 0), bool(_POINTS.search(text))


def _subject(text: str, intent: Intent) -> str:
    """Return what a summary or listing is about, the words of the order taken off."""
    if intent == "mentions":
        return _listed(text)
    cut = text.rstrip("？?。！! ")
    cut = _FORM_TAIL.sub("", cut)
    cut = _ORDER_OUT.sub("", cut)
    return _EDGES.sub("", cut).strip(" ")


_FORM_TAIL = re.compile(
    r"[，,]?(?:请)?(?:用|以|分)?(?:成)?\s*[一二两三四五六七八九十\d]{1,3}\s*(?:句话?|点|条|段|个?字)(?:以内|之内|左右)?(?:来)?(?:概括|总结|归纳|说明|介绍|回答|列出)?(?:一下)?$|[，,](?:请)?分[点条](?:列出|说明|回答)?$"
)
_EDGES = re.compile(
    r"^(?:一下|关于|有关|这篇|那篇|报道|的|：|:|，)+|(?:的)?(?:这篇|那篇|相关)?(?:报道|文章|新闻|消息)?(?:的)?(?:主要内容|主要做法和成效|主要做法|主要举措|要点|大意|内容|主要(?:讲|说)了?什么|都?(?:讲|说|写|报道)了(?:些)?什么|是怎么回事|怎么回事)?$"
)


def _listed(text: str) -> str:
    match = _MENTIONS.search(text)
    told = next((value for value in match.groupdict().values() if value), "") if match else ""
    quoted = re.search(r"[“\"「『《]([^”\"」』》]+)[”\"」』》]", told or text)
    if quoted:
        return quoted[1]
    told = re.sub(r"(?:有关|相关|的(?:事情?|内容|情况|消息))?[？?。！! ]*$", "", told)
    return re.sub(r"^(?:过|了|关于|有关|到|到了)", "", told).strip()


# Follow-ups


def stand_alone(question: str, history: Sequence[Turn]) -> tuple[str, tuple[Term, ...]]:
    """Return the question with its pronoun or gap filled from the conversation, and the words of that topic."""
    if not history:
        return question, ()
    asked = [turn.content for turn in history if turn.role == "user"]
    told = [turn.content for turn in history if turn.role == "assistant"]
    if not asked:
        return question, ()
    last = asked[-1]
    if len(asked) > 1 and _dependent(last):
        last, _ = stand_alone(last, list(history[: _last_user(history)]))
    pronoun = _PRONOUN.search(question)
    if not pronoun and not _dependent(question):
        return question, ()
    topic = conversation_topic(last, told[-1] if told else "")
    if not topic:
        return question, ()
    terms = tuple(content_terms(topic))
    if pronoun:
        ending = "的" if pronoun[0].startswith("其") else ""
        return question[: pronoun.start()] + topic + ending + question[pronoun.end() :], terms
    rest = _ELLIPSIS.sub("", question).strip("，, ")
    return _carried(last, rest) or f"{topic}{rest}", terms


def _last_user(history: Sequence[Turn]) -> int:
    return max(index for index, turn in enumerate(history) if turn.role == "user")


def _dependent(question: str) -> bool:
    """Return True for a question that names nothing by itself: a pronoun, 那……呢, or no rare word."""
    if _PRONOUN.search(question) or _ELLIPSIS.search(question):
        return True
    terms = content_terms(question)
    return len(question) <= 14 and not any(term.weight >= 0.58 for term in terms)


def conversation_topic(question: str, answer: str) -> str:
    """Return the words that name what a question and its answer were about: the subject of the question."""
    head = re.split(r"[，。？！；?]", question)[0]
    start = end = -1
    for begin, stop, noun, glue in _units(head):
        if noun:
            start = begin if start < 0 else start
            end = stop
        elif start >= 0 and not glue:
            if any(term.weight >= 0.55 for term in content_terms(head[start:end])):
                break
            start = end = -1
    subject = head[start:end] if start >= 0 else ""
    return _fuller_name(subject, answer) or subject


def _units(text: str) -> list[tuple[int, int, bool, bool]]:
    """Return spans of `text` with whether each is part of a name, and whether it may stand inside one (的)."""
    found: list[tuple[int, int, bool, bool]] = []
    at = 0
    for quoted in [*re.finditer(r"[“《「][^”》」]{1,40}[”》」]", text), None]:
        stop = quoted.start() if quoted else len(text)
        for word in tagged(text[at:stop]):
            noun = (word.flag[:1] in {"n", "j", "l", "i", "z"} or word.flag in _NAME_FLAGS) and not _ASKS.match(
                word.text
            )
            found.append((at + word.start, at + word.end, noun, word.text in {"的", "·"}))
        if quoted:
            found.append((quoted.start(), quoted.end(), True, False))
            at = quoted.end()
    return found


_NAME_FLAGS = frozenset(("eng", "m", "x", "b", "s", "f", "vn", "a", "an", "g", "k", "h", "q"))


def _fuller_name(subject: str, answer: str) -> str:
    """Return the subject as the answer has it, with the noun it went on to speak of (……有限公司的新产业园二期)."""
    if len(subject) < 2:
        return ""
    at = answer.find(subject)
    if at < 0:
        return ""
    match = re.match(
        r"[^，。；：！？、]{0,30}?(?=将|于|在|已|是|为|预计|计划|目前|累计|共|，|。|；|！|？|、|$|完成|举行|建成)",
        answer[at:],
    )
    return match[0].strip("的") if match and len(match[0]) <= 32 else ""


def _carried(last: str, rest: str) -> str:
    """Return the last question with what 那X呢 names in its place: another date, another subject, another noun."""
    asked = read_asked(last)
    if not rest or read_asked(rest).kind != "topic" or asked.kind == "topic":
        return ""
    dated = _DATE_WORD.match(rest)
    if dated and dated.end() == len(rest):
        return rest + _DATE_WORD.sub("", last, count=1)
    hole = _ASKS.search(last)
    words = tagged(rest)
    if words and all(word.flag.startswith(("ns", "nr", "nt", "nz", "n")) or word.flag == "x" for word in words):
        subject = conversation_topic(last, "")
        kin = words[-1].flag.startswith(("ns", "nr", "nt", "nz")) or "“" in rest or rest[-1:] == subject[-1:]
        if subject and kin:
            return last.replace(subject, rest, 1)
    if hole is None:
        return ""
    return f"{conversation_topic(last, '')}{rest}{last[hole.start() : hole.end()]}"


_DATE_WORD = re.compile(
    r"(?:(?:19|20)\d\d年|今年|去年|前年|明年)(?:[一二三四五六七八九十\d]{1,2}月|上半年|下半年|第[一二三四]季度)?|[一二三四五六七八九十\d]{1,2}月|上半年|下半年|第[一二三四]季度|上个月|上月"
)


# Double questions


def split_parts(text: str) -> tuple[str, ...]:
    """Return the single questions in `text`, each made to stand alone; at most four."""
    pieces = [piece.strip(" ，,；;") for piece in re.split(r"[？?；;]+", text) if piece.strip(" ，,；;。")]
    questions: list[str] = []
    for piece in pieces:
        for one in _by_comma(piece):
            questions.extend(_distributed(_inherits(one, questions)))
    unique = list(dict.fromkeys(question for question in questions if question))
    return tuple(unique[:_MAX_PARTS]) or (text,)


_ASKS = re.compile(r"多少|什么|谁|哪|几[个名家项件位次]|何时|为何|如何|怎么|怎样|多[大高长久重]")


def _by_comma(piece: str) -> list[str]:
    """Divide at the commas (and 、 or 和 between two holes) where each side asks something."""
    sides = re.split(r"[，,、]|(?<=多少)(?:和|与|以及)|(?:以及|并且|还有)(?=[^，]*(?:多少|什么|谁|哪|何时))", piece)
    asking = [side for side in sides if side and _ASKS.search(side)]
    if len(asking) < 2:
        return [piece]
    merged: list[str] = []
    held = ""
    for side in sides:
        if not side:
            continue
        held = f"{held}，{side}" if held else side
        if _ASKS.search(side):
            merged.append(held)
            held = ""
    if held and merged:
        merged[-1] += f"，{held}"
    first = merged[0]
    return [first] + [_with_subject(first, one) for one in merged[1:]]


def _inherits(question: str, earlier: Sequence[str]) -> str:
    return _with_subject(earlier[0], question) if earlier else question


def _with_subject(first: str, later: str) -> str:
    """Give a later question the subject of the first, unless it names one itself."""
    later = _ELLIPSIS.sub("", later).strip("，, ") or later
    rare = [
        term for term in content_terms(later) if term.weight >= 0.9 and len(term.text) > 1 and term.text not in first
    ]
    named = any(word.flag in {"nr", "ns", "nt", "nz"} for word in tagged(later))
    if _PRONOUN.match(later):
        later = later[_PRONOUN.match(later).end() :]  # type: ignore[union-attr]
    elif named or (rare and len(later) > 12):
        return later
    subject = _subject_of(first)
    return later if not subject or subject in later else f"{subject}{later}"


def _subject_of(question: str) -> str:
    """Return what the question says before the noun asked for: 亿卓实业2025年上半年 of 亿卓实业2025年上半年销售收入是多少."""
    hole = _ASKS.search(question)
    if hole is None:
        return question
    head = re.sub(r"(?:是|为|有|达|达到|了|的|在|共|由)+$", "", question[: hole.start()])
    terms = [term for term in content_terms(head) if term.text in head]
    if len(terms) < 2:
        return head if terms and terms[0].weight >= 0.55 else ""
    last = terms[-1].text
    at = head.rfind(last)
    lead = re.sub(r"(?:的|和|与|累计|共|总)+$", "", head[:at])
    return lead if len(lead) >= 2 else head


_BOTH = re.compile(r"以及|和|与|及|跟|、")


def _distributed(question: str) -> list[str]:
    """Take `A和B分别……` apart, and `A和B` before a bare noun asked for; other questions stay whole."""
    if re.search(r"男女(?:子|单|双)", question) and "混" not in question:
        return [question.replace("男女", "男", 1), question.replace("男女", "女", 1)]
    each = re.search(r"分别|各自|各(?=有|是|为|达)", question)
    joined = _BOTH.search(question[: each.start()] if each else question)
    if joined is None or not (each or _coordinate(question, joined.start())):
        return [question]
    right_end = _right_conjunct(question, joined.start(), joined.end())
    left_start = _left_conjunct(question, joined.start(), question[joined.end() : right_end])
    left, right = question[left_start : joined.start()], question[joined.end() : right_end]
    frame = re.sub(r"分别|各自", "", question)
    whole = question[left_start:right_end]
    if not left or not right or whole not in frame:
        return [question]
    return [frame.replace(whole, left, 1), frame.replace(whole, right, 1)]


def _coordinate(question: str, at: int) -> bool:
    """Return True when one attribute is asked of two things (布林肯和耶伦访华时间), the hole standing after them."""
    asked = read_asked(question)
    hole = _ASKS.search(question)
    if asked.kind not in {"date", "quantity", "person", "place", "thing"} or len(question) > 40:
        return False
    return hole is None or (at < hole.start() and len(question) - hole.end() <= 3) or hole.start() <= 8


def _right_conjunct(question: str, left_end: int, start: int) -> int:
    """Return where the right conjunct ends: its quotation or date, a word that ends as the left one does, or one word."""
    rest = question[start:]
    quoted = re.match(r"[^“《「]{0,10}?[“《「][^”》」]+[”》」]", rest)
    if quoted and (question[left_end - 1] in "”》」" or rest[0] in "“《「"):
        return start + quoted.end()
    if dated := _DATE_WORD.match(rest) or re.match(r"(?:19|20)\d\d年?", rest):
        return start + dated.end()
    ends = [word.end for word in tagged(rest)]
    kin = next((end for end in ends if end <= 14 and rest[end - 1] == question[left_end - 1]), 0)
    return start + (kin or (ends[0] if ends else 0))


def _left_conjunct(question: str, end: int, right: str) -> int:
    """Return where the left conjunct begins: where it begins as the right one does, by words and their kinds."""
    left = question[:end]
    if left[-1:] in "”》」":
        opened = max(left.rfind(mark) for mark in "“《「")
        lead = re.search(r"[^，：的在]*$", left[:opened])
        return lead.start() if lead and right[0] not in "“《「" else opened
    dated = re.search(rf"(?:{_DATE_WORD.pattern}|(?:19|20)\d\d年?)$", left)
    if dated and (_DATE_WORD.match(right) or right[:2] in {"19", "20"}):
        return dated.start()
    words, other = tagged(left), tagged(right)
    if not words or not other:
        return 0
    for word in reversed(words):
        if word.text == other[0].text:
            return word.start
    count = len(other)
    for index in range(len(words) - count, -1, -1):
        if words[index].flag == other[0].flag and end - words[index].start <= 2 * len(right) + 2:
            return words[index].start
    index = max(0, len(words) - count)
    while (
        index
        and len(words[index - 1].text) == 1
        and words[index - 1].flag[:1] in {"n", "v", "a", "m", "z", "x"}
        and words[index - 1].text not in "的在是有"
    ):
        index -= 1
    if is_generic(words[-1].text) and len(words) > count:
        index -= 1
    return words[index].start

"""What a reader wants: a follow-up made to stand alone, a double question taken apart, the archive asked about itself.

All of it is done by program, with the words of the conversation, so that the same question always means the same thing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from rag.grounding.bearing import Part, read_part
from rag.grounding.followups import stand_alone
from rag.grounding.parts import split_parts
from rag.grounding.spoken import written
from rag.schema import Article, Turn
from rag.text.numbers import flat

Intent = Literal["facts", "summary", "mentions", "edition", "dates", "writer", "ad"]

_ORDER_OUT = re.compile(
    r"^(?:请|麻烦|帮我|给我|能否|能不能|可以|你|再)*(?:用.{1,8}?(?:句话?|个?字|点|段)?(?:以内|之内)?)?(?:简要|简单|大致|详细)?(?:地|的)?(?:概括|总结|归纳|概述|简述|梳理|综述|介绍|说说|讲讲|谈谈|整理|摘要|提炼)(?:一下|下)?"
)
_SUMMARY = re.compile(
    r"概括|总结|归纳|概述|简述|梳理|综述|摘要|要点|大意|主要内容|中心思想|(?:讲|说|报道|写)了(?:些)?什么(?!时)|^(?:请|麻烦|帮我|给我|你)*(?:简要|简单|详细)?(?:地)?介绍(?!了|会|称)|说说|讲讲|谈谈|是怎么回事|怎么回事|summari[sz]e|summary",
    re.I,
)
_SENTENCES = re.compile(r"(?:用|以|分)?\s*([一二两三四五六七八九十\d]{1,2})\s*(?:句话?|点|条|段)")
_POINTS = re.compile(r"分点|分条|逐条|列点|要点|列出|[一二三四五六七八九\d]\s*[点条]")
_REPORTS = r"(?:报道|文章|新闻|稿[件子]?|消息|通讯)"
_WHICH = r"(?:哪些|哪几?篇|哪几?[则条]|什么|多少篇?|几篇)"
_TELLS = r"(?:提到|提及|涉及|谈到|说到|写到|讲到|谈及|介绍|报道|出现|说|讲|写)(?:过|了)?"
_ABOUT = r"(?:关于|有关|涉及|提到|提及|谈到|报道)"
_ABOUT_SOMETHING = re.compile(r"关于|有关|相关|涉及|提到|提及|谈到|谈及|说到|写到|写了|讲到|讲的|出现")
_THERE_ARE = r"(?:都|还|共|一共|总共)?有(?:哪|多少|几|什么|没有)"
_MENTIONS = re.compile(
    rf"{_WHICH}(?:篇|则|条|的)?{_REPORTS}(?:里|中|都|曾|是)*(?:{_TELLS}|关于|有关|[与和跟](?=.+(?:有关|相关)))(?P<told>.{{1,60}})"
    rf"|(?:有没有|有无|是否有|有哪些|有多少篇?|有几篇|有什么|找(?:一下|出)?|列出|列举|搜索?(?:一下)?|查找?(?:一下)?)[^，]{{0,6}}?{_ABOUT}(?P<sought>(?!的).{{1,40}}?)(?:有关|相关)?的?(?:所有|全部|相关)?{_REPORTS}"
    rf"|^{_ABOUT}(?P<named>.{{1,40}}?)的?(?:相关)?{_REPORTS}(?:都?有|是)?(?:{_WHICH}|吗)?"
    rf"|^(?!{_THERE_ARE})(?P<shown>.{{1,40}}?)(?:在|被|出现在|都?在)?{_WHICH}(?:篇|则|条)?{_REPORTS}(?:里|中|上)?(?:出现|提到|提及|报道|被提)"
    rf"|^(?P<seen>.{{1,40}}?)(?:出现|写|登)在(?:了)?{_WHICH}(?:篇|则|条)?{_REPORTS}(?:里|中|上)?[？?]?$"
    rf"|^(?:有没有|是否有)(?P<any>.{{1,30}}?)的(?:相关)?{_REPORTS}"
    rf"|^(?!{_THERE_ARE})(?P<used>.{{2,60}}?)(?:这一?(?:个|句|种)?)?(?:提法|说法|表述|字样|字眼|词语?|话|内容|话题)?[，,]?(?:在|被)?{_WHICH}(?:篇|则|条)?{_REPORTS}"
    r"(?:里|中|上)?(?:都|曾|曾经)?(?:用|写|提|出现|讲|说|涉及|谈|报道)"
    rf"|(?:^|[找查列看搜下出里中上，])[与和跟同](?P<kin>.{{1,30}}?)(?:有关|相关)的?(?:所有|全部)?{_REPORTS}"
    rf"|(?:把|将)(?:所有|全部)?(?:{_TELLS}|{_ABOUT})(?P<fetched>.{{1,40}}?)(?:有关|相关)?的?(?:所有|全部)?{_REPORTS}(?:都|全|统统)?(?:找|列|挑|搜|查|调)"
    rf"|{_WHICH}(?:篇|则|条)?(?:{_REPORTS})?(?:都)?(?:是|来自|出自|转自|采用)(?P<source>[^，\d的]{{1,8}}?[社网])(?=.*(?:电讯|电稿|专电|稿|报道|消息|的))"
    rf"|^(?P<held>.{{5,40}}?)[，,](?:版面上|报上|报纸上|这一?[期版]|本[期版])?有{_WHICH}{_REPORTS}[？?]?$"
)
_HOLDS = r"(?:上|里|中|都|一共|总共|共|主要)*(?:有|登了?|刊登了?|刊发了?|报道了?|讲了?|说了?)(?:些)?(?:哪些|哪几|什么|多少|几)"
_EDITION = re.compile(
    rf"(?:这一?|本|当|上一?|最新(?:的)?一?|该)(?:期|份报纸?)(?:的)?(?:报纸|报|内容|版面|头版)?{_HOLDS}"
    rf"|(?:今天|昨天|前天|当天|这一?天|那天|\d{{1,2}}[日号])(?:的)?(?:报纸|报|日报|晚报|头版|第?[一二三四五六七八九十\d]+版|版面|新闻|报道){_HOLDS}"
    rf"|(?:报纸|报上|版面|本报|日报|晚报|早报|头版|第?[一二三四五六七八九十\d]+版){_HOLDS}"
    rf"|(?:今天|昨天|当天|这一?天|这一?期|本期|\d{{1,2}}[日号]){_HOLDS}{_REPORTS}[？?]?$|^(?:都|一共|总共|共)?有(?:哪些|什么|多少篇?|几篇){_REPORTS}[？?]?$"
)
_DATES = re.compile(
    r"(?:档案|库|报纸|你|系统|资料).{0,8}(?:有|收录|覆盖|包含|涵盖)(?:了)?(?:哪[些几]|什么|多少)(?:天|日期|日子|期|时间|报(?!道))"
)
_WRITER = re.compile(
    r"(?:记者|通讯员|作者|摄影者?|撰稿人?)(?:都|分别|各|具体)?(?:是|有|叫)?(?:谁|哪[几些]?位|什么名字|哪些人?)|(?:谁|哪位(?:记者)?)(?:写|撰写|采写|报道|拍摄?|摄)(?:的|了)|是谁(?:写|采写|撰写|报道|拍摄?)的|(?:署名|作者)[？?]?$"
)
# What an advertisement of the paper says, and whose it is.
_AD = re.compile(
    r"广告(?:上|里|中|的|版)*(?:宣传|主要)?(?:标语|口号|用语|语|内容|主题|文字|落款|署名|写|说|印|登)(?:的|了|着)?(?:都|各)?(?:是|有)?(?:什么|哪|谁)"
    r"|广告(?:的)?(?:是)?(?:由)?(?:谁|哪[家个](?:单位|部门|公司|机构)?)(?:发布|刊登|登|做|出)?的?[？?]?$"
)
_ENGLISH = re.compile(r"[A-Za-z]{2,}")
_HAN = re.compile(r"[\u3400-\u9fff]")


# Where the reports stand that are asked for; it is said of none of them.
_ON_THE_PAGE = re.compile(
    r"^(?:在?(?:这|本)(?:一?[期版张份]|个?版面)(?:报纸?)?|报纸?|版面?(?=上))(?:上面?|里面?|中)?[，,]?(?=(?:都|共)?(?:有|哪))"
)


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
    text = written(text)
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


def reread(wish: Wish, articles: Sequence[Article]) -> Wish:
    """Return `wish` with the parts that come of one name put together again: the articles found have it as one."""
    if len(wish.parts) < 2:
        return wish
    printed = [flat(f"{article.headline}。{article.body}") for article in articles]
    texts = split_parts(wish.text, printed)
    if texts == tuple(part.text for part in wish.parts):
        return wish
    return replace(wish, parts=tuple(read_part(text, wish.parts[0].topic) for text in texts))


def _intent(text: str) -> Intent:
    if _DATES.search(text):
        return "dates"
    if _AD.search(text):
        return "ad"
    if _WRITER.search(text) and re.search(r"报道|文章|新闻|消息|照片|图片|稿|通讯|这篇|一文|写|拍", text):
        return "writer"
    listed = _MENTIONS.search(_ON_THE_PAGE.sub("", text))
    if listed and listed["held"]:
        return "mentions"
    if _EDITION.search(text) and len(text) <= 40 and not _ABOUT_SOMETHING.search(text):
        return "edition"
    if listed:
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
    cut = _ASKED_OF_IT.sub("", _FORM_TAIL.sub("", cut))
    cut = _ORDER_OUT.sub("", cut)
    return _EDGES.sub("", cut).strip(" ")


_FORM_TAIL = re.compile(
    r"[，,]?(?:请)?(?:用|以|分)?(?:成)?\s*[一二两三四五六七八九十\d]{1,3}\s*(?:句话?|点|条|段|个?字)(?:以内|之内|左右)?(?:来)?(?:概括|总结|归纳|说明|介绍|回答|列出)?(?:一下)?$|[，,](?:请)?分[点条](?:列出|说明|回答)?$"
)
# What a summary is to tell of its subject (从哪几个方面改进，取得什么成效): the article is looked for without it.
_ASKED_OF_IT = re.compile(
    r"(?<=..)[，,]?(?:都|主要|分别|具体)?(?:从|在|有|做了?|采取了?|取得了?|包括)?(?:哪[几些一二两三四五六七八九十]|什么)(?:个|大)?"
    r"(?:方面|环节|举措|措施|做法|成效|成果|成绩|进展|动作|变化|内容|亮点)"
)
_EDGES = re.compile(
    r"^(?:一下|关于|有关|这篇|那篇|报道|的|：|:|，)+|(?:的)?(?:这篇|那篇|相关)?(?:报道|文章|新闻|消息)?(?:的)?(?:主要内容|主要做法和成效|主要做法|主要举措|要点|大意|内容|主要(?:讲|说)了?什么|都?(?:讲|说|写|报道)了(?:些)?什么|是怎么回事|怎么回事)?$"
)


def _listed(text: str) -> str:
    match = _MENTIONS.search(_ON_THE_PAGE.sub("", text))
    told = next((value for value in match.groupdict().values() if value), "") if match else ""
    quoted = re.search(r"[“\"「『《]([^”\"」』》]+)[”\"」』》]", told or text)
    if quoted:
        return quoted[1]
    told = re.sub(r"(?:有关|相关|的(?:事情?|内容|情况|消息)?)?[？?。！! ]*$", "", told)
    return re.sub(r"^(?:过|了|关于|有关|到了?|的是|的)", "", told).strip()

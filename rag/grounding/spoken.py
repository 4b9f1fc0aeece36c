"""A question as it is typed or said, put as it is written: without what only asks nicely, in written words.

The rest of the program reads the written form (啥 is 什么, 咋 is 怎么, 列出来 asks 有哪些).
"""

from __future__ import annotations

import re

from rag.grounding.parts import ASKS


def written(question: str) -> str:
    """Return `question` without greetings and thanks, its spoken words put as a paper would; what it quotes stays."""
    text = _THANKS.sub("", _OPENING.sub("", question))
    quotes = _QUOTED.findall(text)
    text = _QUOTED.sub(_MASK, text)
    for spoken, said in _SPOKEN:
        text = spoken.sub(said, text)
    if not (ASKS.search(text) or _SUMMED_UP.search(text)):
        text = _ORDER.sub(_which_there_are, text)
    for quote in quotes:
        text = text.replace(_MASK, quote, 1)
    return _after_colon(text)


def _which_there_are(order: re.Match[str]) -> str:
    return f"{order[1]}{'的' + order[2] if order[2] else ''}有哪些"


def _after_colon(text: str) -> str:
    """Return the questions that stand after a colon, each asked of what stands before it (说说渡口：在哪、谁管)."""
    match = _COLON.fullmatch(text)
    if match is None:
        return text
    asked = [piece for piece in re.split(r"[、，,；;]|(?:以及|还有|和)(?=[^、，,；;]*$)", match["asked"]) if piece]
    if len(asked) < 2 or not all(ASKS.search(piece) for piece in asked):
        return text
    return "，".join(f"{match['what']}{piece}" for piece in asked)


_COLON = re.compile(
    r"(?:(?:用|以).{1,6}?(?:句话?|段话?|话))?(?:简单|简要|大致)?(?:说说|讲讲|谈谈|介绍一?下?|概括一?下?)?(?P<what>[^：:，。]{2,24})[：:](?P<asked>[^：:]{6,60}?)[。？?]?"
)
_OPENING = re.compile(
    r"^(?:我.{0,6}(?:写|做|查|找|看|编|核)[^？?]{0,30}[，,](?=(?:请问|想问|问一?下|麻烦))|请问|你好|想问一?下|我想知道|请告诉我|麻烦|请|帮(?:我|忙)|替我|(?:核实|核对|确认)(?=[：:，,])|(?:我?想|我?要)?(?:核|核对|核实|查|查查|确认|看|打听)一下)+[，,：:]?(?=..)(?!列|概|总|归|简|用|介|梳|整)"
)
# What only asks nicely, or once more, after the question.
_THANKS = re.compile(
    r"(?<=..)(?:[，,。！!？?；; ]*(?<![了声句说道过要想示致])(?:(?:非常|十分|万分)?(?:谢谢|谢了|多谢)(?:你们?|您|各位)?[啦了啊]?"
    r"|感谢(?:你们?|您|各位)|辛苦(?:你们?|您|啦|了)+|拜托了?|麻烦(?:你们?|您)了?)"
    r"|[，,。！!？?；; ]+(?:非常|十分|万分)?感谢"
    r"|(?:[，,。！!？?；; ]+(?:还?请|麻烦|求|盼)?都?|请|麻烦|都)(?:告知|告诉我|回复)(?:一下|下)?)[。！!~ ]*$"
)
_SPOKEN = (
    (re.compile(r"((?:几|多少)个?)钟头"), r"\1小时"),
    (re.compile(r"啥(?!叫)"), "什么"),
    (re.compile(r"咋(?:样|么样)"), "怎么样"),
    (re.compile(r"咋(?![舌呼])(?:个|么)?"), "怎么"),
    (re.compile(r"几多"), "多少"),
    (re.compile(r"(?<![十\d])几时"), "什么时候"),
    (re.compile(r"多会儿|什么会儿"), "什么时候"),
    (re.compile(r"姓甚名谁|姓什么名什么|姓什么叫什么"), "叫什么名字"),
    (re.compile(r"干嘛用"), "做什么用"),
    (re.compile(r"(?<=[在于是到])哪一([集届章页季轮])(?![团镇市节船面程馆地次度])"), r"第几\1"),
    (re.compile(r"(?<!\d)(\d{1,2})月?[到至](\d{1,2})月"), r"\1-\2月"),
    # Up or down, and by how much, is one question.
    (
        re.compile(
            r"的?是?(?:涨|上升|上涨|增长|增加|提高|提升|[升增多])了?呢?[，,]?还是(?:跌|下降|下跌|减少|降低|回落|[减少降])了?"
            r"(?:[，,、]?(?:幅度|[升降涨跌]幅)(?:是|有)?(?:多大|多少))?(?=[呢？?]*$)"
        ),
        "的变化幅度是多少",
    ),
)
# An order to list is a question of which there are.
_ORDER = re.compile(
    r"^(?:把|将)?(.{4,}?)(?:的那?几[种个项条类样家名位]([^几]{0,8}?))?[，,]?(?:给我)?(?:全部|全都|都|一一|逐一|逐个|完整)?地?"
    r"(?:列(?:出来?|举(?:出来|一下)?|一下|全|个清单)|说(?:全|齐)|数一?数)(?:一下)?[。！!？?]?$"
)
_SUMMED_UP = re.compile(r"概括|总结|归纳|概述|梳理|要点|分点|逐条|[一二两三四五六七八九\d几][点句段]")
_QUOTED = re.compile(r"[“《「『][^”》」』]*[”》」』]")
_MASK = "\x00"

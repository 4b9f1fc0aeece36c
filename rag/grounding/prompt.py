"""What the model reads: a short constant instruction, the evidence, the question last.

The instruction never changes, so the server keeps it in its cache; every other token costs time, so sentences are cut to
the clauses that bear on the question. Text of an article is data: control and zero-width characters, role markers and
whatever looks like a citation of ours are taken out of the copy that the model sees.
"""

from __future__ import annotations

import re
import unicodedata

ANSWER_SYSTEM = (
    "你根据报纸原文回答读者的问题。只用原文中的词语，用一句简短完整的中文作答，数字、单位、人名、职务照抄原文；"
    "原文没有答案时只答“未提到”。"
)
ENGLISH_SYSTEM = (
    "Answer the reader's question from the Chinese newspaper text in one short English sentence. Copy figures and keep "
    "Chinese names as they are. If the text does not say, answer only: 未提到"
)
FINDING_SYSTEM = (
    "从报纸原文里摘出问题的答案，照抄原文的词语，越短越好。"
    "原文没有说到问题所问的，或说的是别的人、别的事、别的时间，就写“无”。"
)
NOTHING = "无"
CHECKING_SYSTEM = (
    "你核对答案。原文确实这样说、而且正好是问题所问的，答“对”；"
    "答非所问，或原文说的是别的人、别的事、别的时间，答“错”。只答一个字。"
)
RIGHT, WRONG = ("对",), ("错", "不")
SUMMARY_SYSTEM = (
    "你是报纸编辑。把给出的原文改写成一句通顺简短的中文，保留数字、单位、名称和引号，不加任何内容，只输出这一句。"
)

_ROLE = re.compile(
    r"<\|[^|>]{0,40}\|>|</?(?:system|user|assistant|s|im_start|im_end)>|\[/?INST\]|(?:^|\n)\s*(?:system|user|assistant|系统|用户|助手)\s*[:：]",
    re.I,
)
_MARK = re.compile(r"\[\^?\d{1,3}\]|【\d{1,3}】|\[\[.{0,40}?\]\]|\[来源[^\]]{0,20}\]")
_LINK = re.compile(r"!?\[([^\]\n]{0,80})\]\([^)\n]{0,300}\)|https?://[^\s，。；、）)”\"]+|data:[a-z]+/[^\s，。]+")
_TAG = re.compile(r"<[a-zA-Z/!][^>\n]{0,200}>")


def inert(text: str) -> str:
    """Return `text` as plain words: no control or zero-width characters, role markers, citation marks, links or tags."""
    kept = "".join(
        " " if char in "\n\t\r" else char
        for char in text
        if unicodedata.category(char) not in {"Cc", "Cf", "Co", "Cs"} or char in "\n\t\r"
    )
    kept = _ROLE.sub("", kept)
    kept = _LINK.sub(lambda match: match[1] or "", kept)
    kept = _TAG.sub("", kept)
    return _MARK.sub("", kept).strip()


def answer_prompt(question: str, sentences: list[str], headline: str = "") -> str:
    """Return the user message for one part of a question."""
    lines = [f"标题：{inert(headline)}"] if headline else []
    lines += [f"原文：{inert(sentence)}" for sentence in sentences]
    return "\n".join([*lines, f"问题：{inert(question)}"])


def finding_prompt(source: str, question: str) -> str:
    """Return the user message that asks for the words of `source` that answer `question`."""
    return f"原文：{inert(source)}\n问题：{inert(question)}\n答案："


def checking_prompt(source: str, question: str, found: str) -> str:
    """Return the user message that asks whether `found` is what `source` says to `question`."""
    return f"原文：{inert(source)}\n问题：{inert(question)}\n答案：{inert(found)}\n这个答案对吗？"


# Source, question, what answers it, and what a hasty reader would take for the answer where nothing does. Made up: each
# kind of near miss once (another rank, year, person or step; a question or an announcement instead of an answer).
_EXAMPLES = (
    ("市图书馆新馆昨日开馆，首日接待读者1.2万人次。", "新馆首日接待读者多少人次？", "1.2万人次", ""),
    ("市图书馆新馆昨日开馆，首日接待读者1.2万人次。", "图书馆新馆总投资多少？", NOTHING, "1.2万人次"),
    ("副县长李敏带队检查防汛工作，要求各镇做好准备。", "县长是谁？", NOTHING, "李敏"),
    ("本届车展将于5月12日在会展中心开幕，预计展出300辆新车。", "车展什么时候举行", "5月12日", ""),
    ("省女排以3比1战胜对手，晋级半决赛。", "谁获得了省女排联赛冠军？", NOTHING, "省女排"),
    ("因连日暴雨，山区三条公交线路停运。", "公交线路停运的原因", "连日暴雨", ""),
    ("2021年，全市旅游收入达80亿元，同比增长6%。", "2022年全市旅游收入是多少？", NOTHING, "80亿元"),
    ("昨天上午，歌手大赛评委见面会举行，三位评委亮相。", "歌手大赛的评委有谁", NOTHING, "三位评委"),
    ("陈涛离任后，周明宇接任市篮球队主教练。", "市篮球队现任主教练", "周明宇", ""),
    ("东湖灯会的吉祥物是什么？市民纷纷猜测。", "东湖灯会吉祥物是什么？", NOTHING, ""),
)
FINDING_SHOTS = tuple((finding_prompt(source, question), answer) for source, question, answer, _ in _EXAMPLES)
CHECKING_SHOTS = tuple(
    (checking_prompt(source, question, hasty or answer), "错" if hasty else "对")
    for source, question, answer, hasty in (
        *_EXAMPLES[:-1],
        ("西山隧道将于明年通车，东山隧道开工。", "东山隧道何时通车？", NOTHING, "明年"),
    )
)

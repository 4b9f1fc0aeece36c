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
LEANING_SYSTEM = "你核对报纸原文能不能回答问题。只答“能”或“否”。"
LEANING_YES = ("能", "是", "有")
LEANING_NO = ("否", "不", "没", "无", "未")
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


def leaning_prompt(source: str, question: str) -> str:
    """Return the user message that asks whether `source` answers `question`, for one word (see `LEANING_YES`)."""
    return f"原文：{inert(source)}\n问题：{inert(question)}\n原文里有这个问题的答案吗？答“能”或“否”："

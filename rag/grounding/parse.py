"""The model's words made into sentences that can be checked: chatter, marks and markup taken off."""

from __future__ import annotations

import re

from rag.grounding.prompt import inert
from rag.text.sentences import sentence_spans

_LEAD = re.compile(
    r"^(?:答案?|回答|答复|Answer)\s*[:：]\s*"
    r"|^(?:根据|依据|从|按照)(?:原文|报道|材料|上文|文中|以上)[^，,]{0,12}[，,]\s*"
    r"|^(?:原文|报道|文中)(?:中)?(?:提到|指出|显示|说|称)[，,：:]?\s*"
)
_REFUSAL = re.compile(
    r"未提到|没有提到|未提及|没有提及|未说明|没有说明|未明确|无法(?:回答|确定|得知)|不知道|信息不足|没有(?:相关|答案)"
    r"|not (?:mention|state|say)|does not|no information",
    re.I,
)
_MARKUP = re.compile(r"[*_`#>|]+")


def answer_sentences(text: str) -> tuple[str, ...]:
    """Return the sentences of a model's answer as plain text, without lead-ins, bullets and marks."""
    clean = _MARKUP.sub("", inert(text.replace("\n", "。") if "。" not in text else text))
    found: list[str] = []
    for start, end in sentence_spans(clean):
        sentence = _LEAD.sub("", clean[start:end].strip())
        sentence = re.sub(r"^(?:[-•·]|\d{1,2}[.、)）])\s*", "", sentence).strip()
        if len(re.sub(r"\W", "", sentence)) >= 1:
            found.append(sentence)
    return tuple(dict.fromkeys(found))


def is_refusal(text: str) -> bool:
    """Return True when the model says that the text does not tell."""
    return bool(_REFUSAL.search(text))

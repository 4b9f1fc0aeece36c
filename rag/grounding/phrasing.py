"""An answer, or a part of one, put into words: by the model and checked, or in the source's own words."""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence
from dataclasses import dataclass

from rag.errors import LLMError
from rag.grounding.bearing import Bearing, article_lines
from rag.grounding.composing import Clock
from rag.grounding.deciding import ENOUGH, SURE, Decision
from rag.grounding.evidence import evidence_of
from rag.grounding.extract import excerpt, trimmed
from rag.grounding.fillers import fillers
from rag.grounding.names import people
from rag.grounding.parse import answer_sentences, is_refusal
from rag.grounding.prompt import (
    ANSWER_SYSTEM,
    ENGLISH_SYSTEM,
    answer_prompt,
)
from rag.grounding.signals import Line
from rag.grounding.terms import presence
from rag.grounding.verify import verify
from rag.grounding.weighing import holds
from rag.protocols import Cancelled, LanguageModel
from rag.schema import AnswerEvent, Claim, Drafting
from rag.text.numbers import flat

_MAX_TOKENS = 80
_STOP = ("\n", "问题：", "原文：")
_MAX_LINES = 3
# A line this likely is read alone; others beside it would only cost time.
_ALONE = 0.85
# Characters of a sentence that holds a figure or a name and no more.
_BARE = 8
# 6 of what?
_NUMBER_ALONE = re.compile(r"[\d.,]+[。.]?")
_RARE = 0.9
_PLACE_FIRST = re.compile(r"([\u3400-\u9fff]{2,3}?)[省市县区州镇乡村]")
_CORRECTION = "报道的说法与问题不同："
# What somebody said is quoted, not retold.
_QUOTED_KINDS = frozenset(("speech",))
_FILLED = frozenset(("quantity", "date", "person", "duration"))


@dataclass(frozen=True, slots=True)
class Phrased:
    """The claims for some parts, those that were held back, and how it went.

    `by_model` says that the shown words are the model's, `silent` that it found no answer in the evidence.
    """

    claims: tuple[Claim, ...]
    withheld: tuple[Claim, ...] = ()
    by_model: bool = False
    silent: bool = False
    fault: str = ""


def source_claims(group: Sequence[Decision]) -> tuple[Claim, ...]:
    """Return the source's own words as claims; where they correct the question's premise, or confirm it, they say so."""
    first = group[0]
    best = first.lines[0]
    text = excerpt(*((decision.part, decision.lines[0]) for decision in group), tight=bool(first.conflict))
    one = evidence_of(best.line)
    if first.conflict:
        return (Claim(f"{_CORRECTION}{text}", "supported", (first.conflict,), (one.citation,)),)
    if first.part.asked.kind == "yesno" and verify(statement(first.part.text), [one]).verdict == "supported":
        return (Claim(f"是的，{text}", "supported", (), (one.citation,)),)
    claims = [Claim(text, "supported", (), (one.citation,))]
    if len(group) == 1 and best.chance < _ALONE:
        claims += [
            Claim(excerpt((first.part, line)), "supported", (), (evidence_of(line.line).citation,))
            for line in first.lines[1:2]
        ]
    if first.part.asked.kind == "speech":
        claims += [Claim(trimmed(line.text), "supported", (), (evidence_of(line).citation,)) for line in _went_on(best)]
    return tuple(claims)


def _went_on(best: Bearing) -> list[Line]:
    """Return the sentences of the same paragraph in which the same speaker goes on."""
    lines = [line for line in article_lines(best.line.article) if line.start >= best.line.end][:_MAX_LINES]
    found: list[Line] = []
    end = best.line.end
    for line in lines:
        if "\n" in best.line.article.body[end : line.start] or any(person.title for person in people(line.text)):
            break
        found.append(line)
        end = line.end
    return found


def statement(question: str) -> str:
    """Return a yes-or-no question as the statement it asks about."""
    text = re.sub(r"(?:是不是|是否)(?=是)|有没有|会不会|对不对|对吗|是吗|吗|么|嘛|[？?]", "", question)
    return re.sub(r"是不是|是否", "", text).strip("，, ")


def phrase(
    question: str,
    group: Sequence[Decision],
    llm: LanguageModel,
    cancelled: Cancelled | None,
    clock: Clock,
    *,
    english: bool = False,
    alone: bool = True,
) -> Generator[AnswerEvent, None, Phrased]:
    """Return the verified sentences for parts that rest on one sentence, yielding the model's draft as it grows.

    The model's words are shown only when the evidence bears them out and they fill the hole; else the source's are. Where
    the answer has other parts too (not `alone`), a bare 80余个 would not say of what: the source's words do, as for a 6.
    """
    quoted = source_claims(group)
    if (group[0].conflict or group[0].part.asked.kind in _QUOTED_KINDS) and not english:
        return Phrased(quoted)
    lines = _lines(group)
    sentences = [
        excerpt(*((decision.part, decision.lines[0]) for decision in group)),
        *(excerpt((group[0].part, line)) for line in lines[1:]),
    ]
    prompt = answer_prompt(question, list(dict.fromkeys(sentences)), lines[0].line.article.title)
    chance = max(decision.chance for decision in group)
    own = quoted if chance >= ENOUGH else ()
    words = ""
    try:
        system = ENGLISH_SYSTEM if english else ANSWER_SYSTEM
        for delta in llm.stream(system, prompt, max_tokens=_MAX_TOKENS, stop=_STOP, cancelled=cancelled):
            clock.prompt_tokens += delta.prompt_tokens
            clock.output_tokens += delta.output_tokens
            if delta.text:
                clock.first_token = clock.first_token or clock.now()
                words += delta.text
                yield Drafting(words)
    except LLMError as error:
        return Phrased(own, fault=str(error))
    if cancelled is not None and cancelled.is_set():
        return Phrased(own)
    phrased = _checked(words, group, lines, quoted)
    bare = phrased.by_model and any(len(claim.text) <= _BARE for claim in phrased.claims)
    counts_nothing = phrased.by_model and any(_NUMBER_ALONE.fullmatch(claim.text) for claim in phrased.claims)
    return Phrased(quoted, phrased.withheld) if counts_nothing or (bare and not alone) else phrased


def _lines(group: Sequence[Decision]) -> tuple[Bearing, ...]:
    lines = group[0].lines[:_MAX_LINES]
    return lines[:1] if lines[0].chance >= _ALONE or len(group) > 1 else lines


def _checked(words: str, group: Sequence[Decision], lines: Sequence[Bearing], quoted: tuple[Claim, ...]) -> Phrased:
    """Keep the model's sentences that the evidence bears out and that answer; else the source's words, or nothing."""
    sure = any(decision.found or decision.chance >= SURE for decision in group)
    if not words.strip() or is_refusal(words):
        return Phrased(quoted if sure else (), silent=True)
    own = [evidence_of(line.line, number, line.chance) for number, line in enumerate(lines, 1)]
    question = "；".join(decision.part.text for decision in group)
    kept: list[Claim] = []
    withheld: list[Claim] = []
    for sentence in answer_sentences(words):
        claim = verify(sentence, own, question=question)
        borne_out = claim.verdict == "supported" and bool(claim.citations) and not _echoes(claim.text, group, lines)
        (kept if borne_out else withheld).append(claim)
    if kept and all(_fills(decision, kept) for decision in group):
        return Phrased(tuple(kept), tuple(withheld), by_model=True)
    likely = max(decision.chance for decision in group) >= ENOUGH
    echoed = likely and any(_echoes(claim.text, group, lines) for claim in withheld)
    grounded = bool(kept) or echoed or any(claim.verdict == "partial" for claim in withheld)
    if sure or grounded:
        return Phrased(quoted, tuple(withheld))
    return Phrased((), tuple(withheld), silent=True)


def _echoes(text: str, group: Sequence[Decision], lines: Sequence[Bearing]) -> bool:
    """Return whether `text` repeats a place or a rare word of the question that the report does not have."""
    told = flat("".join(f"{line.line.article.headline}{line.line.article.body}" for line in lines))
    place = _PLACE_FIRST.match(text)
    if place and place[1] not in told and any(place[0] in decision.part.text for decision in group):
        return True
    return any(
        term.weight >= _RARE and term.text in text and presence(term, told) < 0.5
        for decision in group
        for term in decision.part.terms
    )


def _fills(decision: Decision, claims: Sequence[Claim]) -> bool:
    """Return True when the claims hold something of the kind that was asked for, out of the lines that answer."""
    text = "".join(claim.text for claim in claims)
    if decision.found:
        return holds(text, decision.found)
    if decision.part.asked.kind not in _FILLED:
        return True
    date = decision.lines[0].line.article.date
    return any(one.fit > 0.2 for one in fillers(decision.part.asked, text, date)) or any(
        line.filler is not None and line.line.text[line.filler.start : line.filler.end] in text
        for line in decision.lines
    )

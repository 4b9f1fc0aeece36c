"""One part of an answer put into words: by the model and checked, or in the source's own words."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

from rag.errors import LLMError
from rag.grounding.composing import Clock
from rag.grounding.deciding import Decision
from rag.grounding.evidence import evidence_of
from rag.grounding.extract import excerpt
from rag.grounding.fillers import fillers
from rag.grounding.parse import answer_sentences, is_refusal
from rag.grounding.prompt import ANSWER_SYSTEM, ENGLISH_SYSTEM, answer_prompt
from rag.grounding.verify import verify
from rag.protocols import Cancelled, LanguageModel
from rag.schema import AnswerEvent, Claim, Drafting, Evidence
from rag.settings import Settings

_MAX_TOKENS = 80
_STOP = ("\n", "问题：", "原文：")


@dataclass(frozen=True, slots=True)
class Phrased:
    """The claims for one part, those that were held back, and how it went."""

    claims: tuple[Claim, ...]
    withheld: tuple[Claim, ...] = ()
    notes: tuple[str, ...] = ()
    by_model: bool = False
    model_failed: bool = False


def phrase_part(
    decision: Decision,
    evidence: Sequence[Evidence],
    shown: Sequence[Claim],
    llm: LanguageModel | None,
    settings: Settings,
    cancelled: Cancelled | None,
    clock: Clock,
    english: bool = False,
) -> Generator[AnswerEvent, None, Phrased]:
    """Return the verified sentences for an answered part, yielding the model's draft as it grows."""
    best = decision.lines[0]
    quoted = source_claim(decision)
    if decision.conflict:
        text = f"报道与问题的说法不同：{quoted.text}"
        return Phrased((Claim(text, "supported", (decision.conflict,), quoted.citations),))
    if llm is None or (cancelled is not None and cancelled.is_set()):
        return Phrased((quoted,))
    sentences = [excerpt(decision.part, line) for line in decision.lines[:3]]
    prompt = answer_prompt(decision.part.text, list(dict.fromkeys(sentences)), best.line.article.headline)
    system = ENGLISH_SYSTEM if english else ANSWER_SYSTEM
    try:
        words = yield from _written(llm, system, prompt, cancelled, clock)
    except LLMError as error:
        return Phrased((quoted,), notes=(f"语言模型中断（{error}），改用原文作答。",), model_failed=True)
    return _checked(words, decision, quoted, evidence)


def _written(
    llm: LanguageModel, system: str, prompt: str, cancelled: Cancelled | None, clock: Clock
) -> Generator[AnswerEvent, None, str]:
    words = ""
    for delta in llm.stream(system, prompt, max_tokens=_MAX_TOKENS, stop=_STOP, cancelled=cancelled):
        clock.prompt_tokens += delta.prompt_tokens
        clock.output_tokens += delta.output_tokens
        if delta.text:
            if not clock.first_token:
                clock.first_token = clock.now()
            words += delta.text
            yield Drafting(words)
    return words


def source_claim(decision: Decision) -> Claim:
    """Return the source's own words as a claim."""
    best = decision.lines[0]
    return Claim(excerpt(decision.part, best), "supported", (), (evidence_of(best.line).citation,))


def _checked(words: str, decision: Decision, quoted: Claim, evidence: Sequence[Evidence]) -> Phrased:
    """Keep the model's sentences that the evidence bears out and that answer; else show the source's words."""
    own = [evidence_of(line.line) for line in decision.lines[:3]]
    if not words.strip() or is_refusal(words):
        return Phrased((quoted,))
    kept: list[Claim] = []
    withheld: list[Claim] = []
    for sentence in answer_sentences(words):
        claim = verify(sentence, own or evidence, question=decision.part.text)
        (kept if claim.verdict == "supported" else withheld).append(claim)
    if not kept or not _fills(decision, kept):
        return Phrased((quoted,), tuple(withheld), by_model=False)
    return Phrased(tuple(kept), tuple(withheld), by_model=True)


def _fills(decision: Decision, claims: Sequence[Claim]) -> bool:
    """Return True when the claims hold something that fills the hole: the very span, or one of its kind."""
    best = decision.lines[0]
    text = "".join(claim.text for claim in claims)
    if best.filler is not None and decision.part.asked.kind in {"quantity", "date", "person", "duration"}:
        return bool(fillers(decision.part.asked, text, best.line.article.date))
    return True

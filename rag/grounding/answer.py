"""From a question to an answer whose every sentence was checked.

The program chooses the sentences and decides whether they answer; the model, when there is one, only phrases, one part of
the question at a time; the program verifies what it wrote against the sentences, and shows the source's own words where
the model's do not hold. Without a model the source's words are the answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from rag.errors import LLMError
from rag.grounding.archive_questions import Listing, answer_archive
from rag.grounding.composing import (
    EXTRACT_LABEL,
    Archived,
    Clock,
    Counted,
    Searcher,
    claim_texts,
    not_found_text,
)
from rag.grounding.deciding import ENOUGH, Decision, decide, grouped, settled
from rag.grounding.evidence import gather, select_evidence
from rag.grounding.occasions import occasions
from rag.grounding.phrasing import Phrased, phrase, source_claims
from rag.grounding.question import Wish, read_question, reread
from rag.grounding.summary import summary_events
from rag.grounding.weighing import weigh
from rag.protocols import Cancelled, LanguageModel, Telling
from rag.schema import (
    Answer,
    AnswerEvent,
    AnswerReady,
    Article,
    Claim,
    ClaimReady,
    Evidence,
    EvidenceFound,
    Filters,
    Outcome,
    Turn,
)
from rag.settings import Settings

_NEAREST = 3
_FAILED = "语言模型没有答完，改用原文作答：{}"


def answer_events(
    question: str,
    *,
    history: Sequence[Turn] = (),
    filters: Filters = Filters(),
    search: Searcher,
    archive: Archived,
    llm: LanguageModel | None,
    settings: Settings,
    cancelled: Cancelled | None = None,
) -> Iterator[AnswerEvent]:
    """Yield `EvidenceFound`, then drafts and verified sentences as they come, and `AnswerReady` last.

    A model that fails half-way is replaced by the source's own words, with a note; no model error reaches the caller.
    """
    clock = Clock()
    wish = read_question(question, history)
    notes = (f"问题按“{wish.text}”理解。",) if wish.rewritten else ()
    if wish.intent in {"mentions", "edition", "dates", "writer", "ad"}:
        listing = answer_archive(wish, search=search, archive=archive, filters=filters, top=settings.top)
        clock.retrieval = clock.evidence = clock.now()
        yield from _listing_events(question, listing, notes, clock)
        return
    held = occasions(wish, search=search, archive=archive, filters=filters, top=settings.top)
    if held is not None:
        clock.retrieval = clock.evidence = clock.now()
        yield from _listing_events(question, held, notes, clock)
        return
    if wish.intent == "summary":
        yield from summary_events(
            question,
            wish,
            filters=filters,
            search=search,
            archive=archive,
            top=settings.top,
            clock=clock,
            notes=notes,
        )
        return
    yield from _fact_events(
        question,
        wish,
        filters=filters,
        search=search,
        archive=archive,
        llm=llm,
        settings=settings,
        cancelled=cancelled,
        clock=clock,
        notes=notes,
    )


def _listing_events(question: str, listing: Listing, notes: tuple[str, ...], clock: Clock) -> Iterator[AnswerEvent]:
    yield EvidenceFound(listing.evidence, notes)
    for claim in listing.claims:
        yield ClaimReady(claim)
    yield AnswerReady(
        Answer(
            question,
            listing.outcome,
            listing.text,
            listing.claims,
            listing.evidence,
            listing.nearest,
            (*notes, *listing.notes),
            "none",
            clock.timings(),
        )
    )


def find_articles(wish: Wish, search: Searcher, filters: Filters, top: int) -> tuple[list[Article], tuple[str, ...]]:
    """Return the articles that search finds for the whole question and for each of its parts, and search's notes."""
    questions = [wish.text] if len(wish.parts) < 2 else [wish.text, *(part.text for part in wish.parts)]
    found: dict[str, tuple[int, Article]] = {}
    notes: list[str] = []
    for question in questions:
        result = search(question, top=top, filters=filters)
        notes += [note for note in result.notes if note not in notes]
        for rank, hit in enumerate(result.hits):
            known = found.get(hit.article.id)
            if known is None or rank < known[0]:
                found[hit.article.id] = (rank, hit.article)
    ranked = sorted(found.values(), key=lambda pair: pair[0])
    return [article for _, article in ranked], tuple(notes)


@dataclass(slots=True)
class _Draft:
    """An answer in the making."""

    claims: list[Claim] = field(default_factory=list)
    withheld: list[Claim] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    unanswered: list[Decision] = field(default_factory=list)
    by_model: bool = False


def _fact_events(
    question: str,
    wish: Wish,
    *,
    filters: Filters,
    search: Searcher,
    archive: Archived,
    llm: LanguageModel | None,
    settings: Settings,
    cancelled: Cancelled | None,
    clock: Clock,
    notes: Sequence[str],
) -> Iterator[AnswerEvent]:
    articles, found_notes = find_articles(wish, search, filters, settings.top)
    wish = reread(wish, articles)
    clock.retrieval = clock.now()
    draft = _Draft(notes=[*notes, *found_notes])
    supports = [gather(part, articles) for part in wish.parts]
    decisions = [decide(support, with_model=llm is not None) for support in supports]
    evidence = select_evidence(supports, settings.evidence_tokens)
    clock.evidence = clock.now()
    yield EvidenceFound(evidence, tuple(draft.notes))

    model = llm
    if llm is not None:
        try:
            # A question in English is put to the model as it is: the examples it is shown are Chinese.
            teller = Counted(llm, clock) if isinstance(llm, Telling) and not wish.english else None
            decisions = [settled(one) if teller is None else weigh(one, teller, cancelled) for one in decisions]
        except LLMError as error:
            draft.notes.append(_FAILED.format(error))
            decisions, model = [decide(support, with_model=False) for support in supports], None
    draft.unanswered = [decision for decision in decisions if not decision.answered]
    groups = grouped(decisions)
    for group in groups:
        asked = wish.text if len(groups) == 1 and not draft.unanswered else _asked(group)
        if model is None or (cancelled is not None and cancelled.is_set()):
            phrased = Phrased(source_claims(group) if llm is None or group[0].chance >= ENOUGH else ())
        else:
            phrased = yield from phrase(
                asked, group, model, cancelled, clock, english=wish.english, alone=len(groups) == 1
            )
        if phrased.fault:
            draft.notes.append(_FAILED.format(phrased.fault))
            model = None
        draft.withheld += phrased.withheld
        draft.by_model = draft.by_model or phrased.by_model
        if not phrased.claims:
            draft.unanswered += group
        for claim in phrased.claims:
            if not any(claim.text == shown.text for shown in draft.claims):
                draft.claims.append(claim)
                yield ClaimReady(claim)
    yield AnswerReady(_assembled(question, draft, evidence, articles, archive, llm, clock, decisions))


def _asked(group: Sequence[Decision]) -> str:
    return "".join(f"{decision.part.text.rstrip('？?')}？" for decision in group)


def _assembled(
    question: str,
    draft: _Draft,
    evidence: tuple[Evidence, ...],
    articles: Sequence[Article],
    archive: Archived,
    llm: LanguageModel | None,
    clock: Clock,
    decisions: Sequence[Decision],
) -> Answer:
    nearest = tuple(articles[:_NEAREST])
    outcome: Outcome = "not_found" if not draft.claims else "partial" if draft.unanswered else "answered"
    if outcome == "not_found":
        draft.notes += list(dict.fromkeys(reason for decision in decisions for reason in decision.reasons))[:2]
        text = not_found_text(nearest, archive)
    else:
        text = ("" if draft.by_model else EXTRACT_LABEL) + claim_texts(draft.claims)
        text += "".join(f"关于“{one.part.text}”，档案中的报道没有提到。" for one in draft.unanswered)
    if draft.withheld and outcome != "not_found":
        draft.notes.append("语言模型的说法中有原文不支持的，没有显示。")
    return Answer(
        question,
        outcome,
        text,
        tuple(draft.claims),
        evidence,
        () if outcome == "answered" else nearest,
        tuple(draft.notes),
        llm.name if llm is not None else "none",
        clock.timings(),
        tuple(draft.withheld),
    )

"""From a question to an answer whose every sentence was checked.

The program chooses the sentences and decides whether they answer; the model, when there is one, only phrases, one part of
the question at a time; the program verifies what it wrote against the sentences, and shows the source's own words where
the model's do not hold. Without a model the source's words are the answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rag.grounding.archive_questions import Listing, answer_archive
from rag.grounding.composing import (
    EXTRACT_LABEL,
    Archived,
    Clock,
    Searcher,
    claim_texts,
    not_found_text,
)
from rag.grounding.deciding import Decision, decide
from rag.grounding.evidence import gather, select_evidence
from rag.grounding.phrasing import Phrased, phrase_part
from rag.grounding.question import Wish, read_question
from rag.grounding.summary import summary_events
from rag.protocols import Cancelled, LanguageModel
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
    if wish.intent in {"mentions", "edition", "dates", "writer"}:
        listing = answer_archive(wish, search=search, archive=archive, filters=filters, top=settings.top)
        clock.retrieval = clock.evidence = clock.now()
        yield from _listing_events(question, listing, notes, clock)
        return
    if wish.intent == "summary":
        yield from summary_events(
            question, wish, filters=filters, search=search, archive=archive, llm=llm, settings=settings,
            cancelled=cancelled, clock=clock, notes=notes,
        )  # fmt: skip
        return
    yield from _fact_events(question, wish, filters, search, archive, llm, settings, cancelled, clock, notes)


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


def _fact_events(
    question: str,
    wish: Wish,
    filters: Filters,
    search: Searcher,
    archive: Archived,
    llm: LanguageModel | None,
    settings: Settings,
    cancelled: Cancelled | None,
    clock: Clock,
    notes: tuple[str, ...],
) -> Iterator[AnswerEvent]:
    articles, found_notes = find_articles(wish, search, filters, settings.top)
    notes += found_notes
    clock.retrieval = clock.now()
    supports = [gather(part, articles) for part in wish.parts]
    decisions = [decide(support) for support in supports]
    evidence = select_evidence(supports, settings.evidence_tokens)
    clock.evidence = clock.now()
    yield EvidenceFound(evidence, notes)

    claims: list[Claim] = []
    withheld: list[Claim] = []
    used_model = False
    for decision in decisions:
        if not decision.answered:
            continue
        phrased = yield from phrase_part(decision, evidence, claims, llm, settings, cancelled, clock, wish.english)
        withheld += phrased.withheld
        notes += tuple(note for note in phrased.notes if note not in notes)
        used_model = used_model or phrased.by_model
        if phrased.model_failed:
            llm = None
        for claim in phrased.claims:
            if not any(claim.text == shown.text for shown in claims):
                claims.append(claim)
                yield ClaimReady(claim)
    yield AnswerReady(
        _assembled(question, decisions, claims, withheld, evidence, articles, archive, notes, llm, used_model, clock)
    )


def _assembled(
    question: str,
    decisions: Sequence[Decision],
    claims: Sequence[Claim],
    withheld: Sequence[Claim],
    evidence: tuple[Evidence, ...],
    articles: Sequence[Article],
    archive: Archived,
    notes: tuple[str, ...],
    llm: LanguageModel | None,
    used_model: bool,
    clock: Clock,
) -> Answer:
    nearest = tuple(articles[:_NEAREST])
    unanswered = [decision for decision in decisions if not decision.answered]
    outcome: Outcome = "not_found" if not claims else "partial" if unanswered else "answered"
    if outcome == "not_found":
        reasons = tuple(dict.fromkeys(reason for decision in decisions for reason in decision.reasons))
        notes += reasons[:2]
        text = not_found_text(nearest, archive)
        evidence_shown = evidence
    else:
        label = "" if used_model else EXTRACT_LABEL
        text = label + claim_texts(claims)
        if unanswered:
            text += "".join(f"关于“{decision.part.text}”，档案中的报道没有提到。" for decision in unanswered)
        evidence_shown = evidence
    return Answer(
        question,
        outcome,
        text,
        tuple(claims),
        evidence_shown,
        nearest if outcome != "answered" else (),
        notes,
        llm.name if llm is not None else "none",
        clock.timings(),
        tuple(withheld),
    )


__all__ = ["Phrased", "answer_events", "find_articles"]

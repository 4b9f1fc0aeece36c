"""One question from a reader to a finished turn, as steps that the page can show.

The evidence comes before the wait for the model. A model that is busy, slow or down costs the reader a sentence: the
answer is then made of source sentences.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from rag.contract import answer_json, citation_json, claim_json
from rag.errors import LLMError
from rag.protocols import Cancelled
from rag.schema import AnswerReady, ClaimReady, Drafting, EvidenceFound, Filters, Turn
from ui.desk import Desk
from ui.limits import Ticket
from ui.texts import Language, say

_DRAFT_EVERY = 0.25  # seconds between two drafts: the eye does not need more, and the line would be busy
_WAIT_LIMIT = 300.0  # seconds in the queue, after which source sentences are the better answer


@dataclass(frozen=True)
class Step:
    """What is known of the answer now. The last step has `answer`, or `stopped`, or neither after a failure."""

    evidence: tuple[dict[str, Any], ...] | None = None
    claims: tuple[dict[str, Any], ...] = ()
    draft: str = ""
    ahead: int = 0
    answer: dict[str, Any] | None = None
    stopped: bool = False


@dataclass(frozen=True)
class Asked:
    """A question with everything that bears on its answer."""

    question: str
    history: tuple[Turn, ...] = ()
    filters: Filters = field(default_factory=Filters)
    use_llm: bool = True
    language: Language = "zh"


class _Impatient:
    """Set when the reader stopped, or when the time is up."""

    def __init__(self, stopped: Cancelled, seconds: float) -> None:
        self.stopped = stopped
        self.seconds = seconds
        self.until = float("inf")

    def begin(self) -> None:
        """Start the clock."""
        self.until = time.monotonic() + self.seconds

    @property
    def late(self) -> bool:
        """Whether the time is up."""
        return time.monotonic() > self.until

    def is_set(self) -> bool:
        """Whether the work should end."""
        return self.stopped.is_set() or self.late


def ask_steps(desk: Desk, asked: Asked, stopped: Cancelled) -> Generator[Step, None, None]:
    """Yield the steps of an answer. A step with `ahead` means: wait a little, then go on.

    Raises:
        BaowenError: the question cannot be answered at all.
    """
    if not asked.use_llm or desk.service.llm is None:
        yield from _run(desk, replace(asked, use_llm=False), _Impatient(stopped, float("inf")))
        return
    ticket = desk.turnstile.enter()
    if ticket is None:
        yield from _quote(desk, asked, stopped, say("ask.busy", asked.language))
        return
    try:
        yield from _with_model(desk, asked, stopped, ticket)
    finally:
        desk.turnstile.leave(ticket)


def _with_model(desk: Desk, asked: Asked, stopped: Cancelled, ticket: Ticket) -> Generator[Step, None, None]:
    patience = _Impatient(stopped, desk.service.settings.answer_seconds)
    steps = _run(desk, asked, patience)
    try:
        first = next(steps)
        yield first
        if first.answer is not None:
            return
        waiting_since = time.monotonic()
        while ahead := desk.turnstile.ahead(ticket):
            if stopped.is_set():
                yield replace(first, stopped=True)
                return
            if time.monotonic() - waiting_since > _WAIT_LIMIT:
                desk.turnstile.leave(ticket)
                yield from _quote(desk, asked, stopped, say("ask.busy", asked.language))
                return
            yield replace(first, ahead=ahead)
        patience.begin()
        for step in steps:
            if step.stopped and patience.late and not stopped.is_set():
                break
            yield step
        if patience.late and not stopped.is_set():
            yield from _quote(desk, asked, stopped, say("ask.slow", asked.language))
    except LLMError as error:
        yield from _quote(desk, asked, stopped, say("ask.down", asked.language, reason=error))


def _quote(desk: Desk, asked: Asked, stopped: Cancelled, why: str) -> Generator[Step, None, None]:
    for step in _run(desk, replace(asked, use_llm=False), _Impatient(stopped, float("inf"))):
        if step.answer is not None:
            yield replace(step, answer={**step.answer, "notes": [why, *step.answer["notes"]]})
        else:
            yield step


def _run(desk: Desk, asked: Asked, patience: _Impatient) -> Generator[Step, None, None]:
    events = desk.service.ask_events(
        asked.question, history=asked.history, filters=asked.filters, use_llm=asked.use_llm, cancelled=patience
    )
    step = Step()
    drafted = 0.0
    for event in events:
        if patience.is_set():
            break
        if isinstance(event, EvidenceFound):
            step = replace(step, evidence=tuple(citation_json(one.citation) for one in event.evidence))
        elif isinstance(event, Drafting):
            if time.monotonic() - drafted < _DRAFT_EVERY:
                continue
            drafted = time.monotonic()
            step = replace(step, draft=event.text)
        elif isinstance(event, ClaimReady):
            step = replace(step, claims=(*step.claims, claim_json(event.claim)), draft="")
        elif isinstance(event, AnswerReady):
            yield replace(step, draft="", answer=answer_json(event.answer))
            return
        yield step
    yield replace(step, draft="", stopped=True)


def history_of(answers: Sequence[dict[str, Any]], most: int = 3) -> tuple[Turn, ...]:
    """Return the last turns of a stored conversation as the service takes them."""
    turns: list[Turn] = []
    for answer in answers[-most:]:
        turns += [Turn("user", str(answer["question"])), Turn("assistant", str(answer["answer"]))]
    return tuple(turns)

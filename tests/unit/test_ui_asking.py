"""From a question to a finished turn, when all goes well and when the model is busy, slow, down or stopped."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from rag.errors import LLMError
from rag.fakes import ScriptedModel
from rag.schema import (
    Answer,
    AnswerReady,
    Article,
    Claim,
    ClaimReady,
    Drafting,
    Evidence,
    EvidenceFound,
    Turn,
)
from tests.newsroom import seed_service
from ui.asking import Asked, Step, ask_steps, history_of
from ui.desk import Desk, open_desk
from ui.limits import Turnstile

ARTICLE = Article("标题", "原句一。原句二。\n")
EVIDENCE = Evidence(1, ARTICLE, 0, 4)
CLAIM = Claim("原句一。", "supported", (), (EVIDENCE.citation,))


class Scripted:
    """A service whose answers take known steps; with the model it calls `between` before every step but the first."""

    def __init__(self, between: Any = lambda: None, seconds: float = 60.0) -> None:
        self.between = between
        self.llm = object()
        self.settings = SimpleNamespace(answer_seconds=seconds)
        self.asked: list[bool] = []

    def ask_events(self, question: str, *, use_llm: bool, cancelled: Any, **_: Any) -> Iterator[Any]:
        self.asked.append(use_llm)
        yield EvidenceFound((EVIDENCE,))
        if use_llm:
            self.between()
            yield Drafting("原")
            self.between()
        yield ClaimReady(CLAIM)
        if use_llm:
            self.between()
        yield AnswerReady(
            Answer(question, "answered", "原句一。", (CLAIM,), (EVIDENCE,), llm="m" if use_llm else "none")
        )


def desk(service: Any, places: int = 1, waiting: int = 5) -> Desk:
    return Desk(service, Turnstile(places, waiting))


def steps(where: Desk, asked: Asked | None = None, stopped: threading.Event | None = None) -> list[Step]:
    return list(ask_steps(where, asked or Asked("问？"), stopped or threading.Event()))


def test_the_evidence_comes_first_then_the_draft_the_claim_and_the_answer():
    found = steps(desk(Scripted()))
    assert found[0] == Step(evidence=found[0].evidence)
    assert found[0].evidence
    assert [step.draft for step in found] == ["", "原", "", ""]
    assert [len(step.claims) for step in found] == [0, 0, 1, 1]
    assert found[-1].answer is not None
    assert found[-1].answer["llm"] == "m"


def test_who_waits_sees_the_evidence_and_how_many_are_ahead():
    where = desk(Scripted())
    first = where.turnstile.enter()
    assert first is not None
    going = ask_steps(where, Asked("问？"), threading.Event())
    assert next(going).evidence
    assert next(going).ahead == 1
    where.turnstile.leave(first)
    assert next(going).ahead == 0
    going.close()
    assert where.turnstile.enter() is not None


def test_a_full_queue_gets_source_sentences_and_a_sentence_saying_so():
    service = Scripted()
    where = desk(service, places=1, waiting=0)
    assert where.turnstile.enter() is not None
    found = steps(where)
    assert service.asked == [False]
    assert found[-1].answer is not None
    assert "排不上" in found[-1].answer["notes"][0]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_model_that_fails_costs_a_sentence(language: Any):
    def fail() -> None:
        raise LLMError("down")

    found = steps(desk(Scripted(fail)), Asked("问？", language=language))
    assert found[-1].answer is not None
    assert found[-1].answer["llm"] == "none"
    assert "down" in found[-1].answer["notes"][0]


def test_a_model_that_is_too_slow_costs_a_sentence():
    found = steps(desk(Scripted(lambda: time.sleep(0.05), seconds=0.01)))
    assert found[-1].answer is not None
    assert found[-1].answer["llm"] == "none"
    assert "超过了时限" in found[-1].answer["notes"][0]


def test_stopping_keeps_what_is_verified():
    stopped = threading.Event()
    found = []
    for step in ask_steps(desk(Scripted()), Asked("问？"), stopped):
        found.append(step)
        if step.claims:
            stopped.set()
    assert found[-1].stopped
    assert len(found[-1].claims) == 1
    assert found[-1].answer is None


def test_stopping_in_the_queue_gives_the_place_back():
    where = desk(Scripted(), places=1, waiting=1)
    first = where.turnstile.enter()
    assert first is not None
    stopped = threading.Event()
    going = ask_steps(where, Asked("问？"), stopped)
    next(going)
    stopped.set()
    assert [step.stopped for step in going] == [True]
    where.turnstile.leave(first)
    assert (ticket := where.turnstile.enter()) is not None
    assert where.turnstile.ahead(ticket) == 0


def test_quoting_needs_no_place_at_the_model():
    service = Scripted()
    where = desk(service, places=1, waiting=0)
    where.turnstile.enter()
    found = steps(where, Asked("问？", use_llm=False))
    assert service.asked == [False]
    assert found[-1].answer is not None
    assert found[-1].answer["notes"] == []


def test_the_history_is_the_last_turns():
    answers = [{"question": f"问{number}", "answer": f"答{number}"} for number in range(5)]
    assert history_of(answers)[-2:] == (Turn("user", "问4"), Turn("assistant", "答4"))
    assert len(history_of(answers)) == 6


def test_a_real_service_with_a_scripted_model(tmp_path: Path):
    service = seed_service(tmp_path, llm=ScriptedModel("“莲心办”服务累计下沉干部120人次。"))
    try:
        asked = Asked("“莲心办”服务累计下沉干部多少人次？")
        found = steps(open_desk(service), asked)
        assert found[-1].answer is not None
        assert found[-1].answer["outcome"] == "answered"
        broken = replace(service, llm=ScriptedModel("x" * 40, breaks_after=4))
        fallen = steps(open_desk(broken), asked)
        assert fallen[-1].answer is not None
        assert "120人次" in fallen[-1].answer["answer"]
        assert fallen[-1].answer["notes"]
    finally:
        service.close()

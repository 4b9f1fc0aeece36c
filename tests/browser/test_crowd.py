"""Thirty readers at once: none is lost, those who wait are told so, and nothing is kept that should be let go."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from gradio_client import Client

from rag.protocols import Cancelled, Delta
from tests.browser.conftest import QUESTION
from tests.newsroom import seed_service, served

READERS = 30


class OneAtATime:
    """A model that notices when two speak to it at once."""

    name = "one-at-a-time"

    def __init__(self) -> None:
        self.inside = 0
        self.most = 0
        self.calls = 0
        self.gate = threading.Event()
        self._lock = threading.Lock()

    def stream(
        self,
        system: str,
        user: str,
        *,
        max_tokens: int = 0,
        stop: Sequence[str] = (),
        cancelled: Cancelled | None = None,
    ) -> Iterator[Delta]:
        with self._lock:
            self.inside += 1
            self.calls += 1
            self.most = max(self.most, self.inside)
        try:
            self.gate.wait(60)
            yield Delta("“莲心办”服务累计下沉干部120人次。")
        finally:
            with self._lock:
                self.inside -= 1

    def close(self) -> None: ...


def resident_kib() -> int:
    """Return the memory of this process that is in use."""
    gc.collect()
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise AssertionError("no VmRSS")


def asks(where: str, count: int) -> list[dict[str, Any]]:
    client = Client(where, verbose=False, analytics_enabled=False, download_files=False)

    def one(_: int) -> dict[str, Any]:
        return client.predict(question=QUESTION, api_name="/ask")

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def test_thirty_programs_at_once_are_all_answered_and_the_model_hears_one_at_a_time(tmp_path: Path):
    model = OneAtATime()
    model.gate.set()
    service = seed_service(tmp_path, llm=model, answers_at_once=1, waiting_limit=READERS)
    with served(service) as where:
        answers = asks(where, READERS)
        before = resident_kib()
        for _ in range(3):
            answers += asks(where, READERS)
        after = resident_kib()
    service.close()
    assert len(answers) == 4 * READERS
    assert all("120人次" in answer["answer"] for answer in answers)
    assert {answer["llm"] for answer in answers} == {model.name}
    assert model.most == 1
    assert after - before < 40_000


def test_more_than_may_wait_get_source_sentences_at_once(tmp_path: Path):
    model = OneAtATime()
    service = seed_service(tmp_path, llm=model, answers_at_once=1, waiting_limit=4)
    with served(service) as where:
        threading.Timer(8, model.gate.set).start()
        answers = asks(where, READERS)
    service.close()
    assert all("120人次" in answer["answer"] for answer in answers)
    quoted = [answer for answer in answers if answer["llm"] == "none"]
    assert len(quoted) >= READERS - 10
    assert all("排不上" in answer["notes"][0] for answer in quoted)


def test_a_reader_who_waits_is_told_how_many_are_ahead(visit: Any, tmp_path: Path):
    model = OneAtATime()
    service = seed_service(tmp_path, llm=model, answers_at_once=1)
    with served(service) as where:
        first, second = visit(where), visit(where)
        for page in (first, second):
            page.locator("#question textarea").fill(QUESTION)
            page.keyboard.press("Enter")
            page.locator("#evidence .source").first.wait_for()
        second.locator("#live .going").filter(has_text="前面还有 1 个问题").wait_for()
        model.gate.set()
        for page in (first, second):
            page.locator("#past .turn").wait_for()
    service.close()
    assert model.most == 1

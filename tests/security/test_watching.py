"""What the desk tells those who watch it, and whom."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from gradio_client import Client
from prometheus_client.parser import text_string_to_metric_families

from rag.errors import ArchiveError, InputError
from rag.fakes import ScriptedModel
from rag.llm import open_llm
from rag.service import Service
from rag.settings import Settings
from tests.newsroom import SEEDS, seed_service, served
from tests.unit.faulty import FaultyServer, faulty_server
from ui.health import Readiness
from ui.metrics import Metrics

QUESTION = "“莲心办”服务累计下沉干部多少人次？"


@pytest.fixture
def server() -> Iterator[FaultyServer]:
    with faulty_server() as running:
        yield running


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Service]:
    opened = seed_service(tmp_path)
    yield opened
    opened.close()


def figures(metrics: Metrics) -> dict[tuple[str, ...], float]:
    """Every figure by its name and its labels' values."""
    families = text_string_to_metric_families(metrics.text().decode())
    return {(one.name, *one.labels.values()): one.value for family in families for one in family.samples}


def remote(server: FaultyServer, **changed: object) -> Any:
    given = {"llm_base_url": server.url, "llm_model": "m", "llm_retries": 0} | changed
    return open_llm(Settings(llm="openai", **given))


def test_a_desk_that_is_well_says_so(client: httpx.Client):
    assert client.get("/health").json() == {"status": "up"}
    answer = client.get("/ready")
    assert answer.status_code == 200
    assert answer.json() == {"ready": True, "archive": "readable", "index": "current", "llm": "none"}


def test_the_figures_are_off_until_they_are_set(client: httpx.Client):
    assert client.get("/metrics").status_code == 404


def test_the_figures_are_for_this_machine_and_count_what_was_asked(tmp_path: Path):
    service = seed_service(tmp_path, metrics=True, seeds=False)
    with served(service) as where:
        service.ingest([SEEDS])
        program = Client(where, verbose=False, analytics_enabled=False, download_files=False)
        program.predict(question=QUESTION, api_name="/ask")
        told = httpx.get(f"{where}/metrics")
        for headers in ({"host": "localhost.evil.example"}, {"x-forwarded-for": "127.0.0.1"}, {"forwarded": "for=::1"}):
            assert httpx.get(f"{where}/metrics", headers=headers).status_code in (401, 403)
    service.close()
    assert told.status_code == 200
    assert told.headers["content-type"].startswith("text/plain")
    assert 'baowen_questions_total{outcome="answered"} 1.0' in told.text
    assert 'baowen_ingested_pages_total{result="added"} 1.0' in told.text
    assert "莲心办" not in told.text


def test_watchers_are_answered_when_readers_have_taken_every_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    service = seed_service(tmp_path, metrics=True)
    go, begun = threading.Event(), threading.Semaphore(0)

    def digest(*_: Any, **__: Any) -> Any:
        begun.release()
        go.wait(60)
        raise ArchiveError("over")

    monkeypatch.setattr(Service, "digest", digest)
    with served(service) as where:
        try:
            for _ in range(40):  # as many as there are
                asked = httpx.post(f"{where}/gradio_api/call/digest", json={"data": ["", "", "", False]})
                assert asked.status_code == 200
            for _ in range(40):
                assert begun.acquire(timeout=30)
            for path in ("/health", "/ready", "/metrics"):
                assert httpx.get(where + path, timeout=20).status_code == 200
        finally:
            go.set()
    service.close()


def test_outcomes_stages_tokens_and_ingests_are_counted(own: Service):
    service = replace(own, llm=ScriptedModel("“莲心办”服务累计下沉干部120人次。"))
    metrics = Metrics(service)
    service.ask(QUESTION)
    service.ask("火星上有几座新桥通车？")
    with pytest.raises(InputError):
        service.ask(" ")
    service.ingest([SEEDS])
    told = figures(metrics)
    assert told["baowen_questions_total", "answered"] == 1
    assert told["baowen_questions_total", "not_found"] == 1
    assert told["baowen_questions_total", "failed"] == 0
    for stage, count in (("retrieval", 2), ("evidence", 2), ("first_token", 1), ("total", 2)):
        assert told["baowen_answer_seconds_count", stage] == count
    assert told["baowen_ingested_pages_total", "unchanged"] == 1
    assert told["baowen_ingested_articles_total",] == 0
    assert told["baowen_archive_articles",] == service.archive.count()


def test_a_question_that_ends_in_an_error_is_counted(own: Service, monkeypatch: pytest.MonkeyPatch):
    metrics = Metrics(own)

    def fail(*_: Any, **__: Any) -> Any:
        raise ArchiveError("gone")

    monkeypatch.setattr(own.retriever, "search", fail)
    with pytest.raises(ArchiveError):
        own.ask(QUESTION)
    assert figures(metrics)["baowen_questions_total", "failed"] == 1


def test_the_language_model_is_watched(own: Service, server: FaultyServer):
    service = replace(own, llm=remote(server, llm_faults=1, llm_pause=1000))
    metrics = Metrics(service)
    list(service.llm.stream("系统", "问题"))
    told = figures(metrics)
    assert told["baowen_llm_calls_total",] == 1
    assert (told["baowen_llm_tokens_total", "prompt"], told["baowen_llm_tokens_total", "output"]) == (7, 3)
    assert (told["baowen_llm_faults_total",], told["baowen_llm_paused",]) == (0, 0)
    server.modes = ["500"]
    service.ask(QUESTION)
    told = figures(metrics)
    assert (told["baowen_llm_faults_total",], told["baowen_llm_paused",]) == (1, 1)


def test_ready_follows_the_language_model(own: Service, server: FaultyServer):
    settings = Settings(llm="openai")
    service = replace(own, settings=settings, llm=remote(server, llm_faults=1, llm_pause=1000))
    assert Readiness(service).look() == (True, {"archive": "readable", "index": "current", "llm": "reachable"})
    server.modes = ["500"]
    service.ask(QUESTION)
    assert Readiness(service).look()[1]["llm"] == "unreachable"
    gone = replace(service, llm=remote(server, llm_base_url="http://127.0.0.1:1/v1"))
    well, parts = Readiness(gone).look()
    assert (well, parts["llm"]) == (False, "unreachable")
    assert json.dumps(parts)


def test_ready_says_which_part_cannot_be_used(own: Service, monkeypatch: pytest.MonkeyPatch):
    def fail(*_: Any) -> Any:
        raise ArchiveError("locked")

    monkeypatch.setattr(own.index, "refresh", fail)
    assert Readiness(own).look() == (False, {"archive": "readable", "index": "unusable", "llm": "none"})
    monkeypatch.setattr(own.archive, "generation", fail)
    assert Readiness(own).look()[1]["archive"] == "unreadable"


def test_an_index_that_catches_up_is_ready(own: Service, monkeypatch: pytest.MonkeyPatch):
    go, begun = threading.Event(), []

    def refresh() -> tuple[str, ...]:
        begun.append(1)
        go.wait(30)
        return ()

    monkeypatch.setattr("ui.health._PATIENCE", 0.01)
    monkeypatch.setattr("ui.health._FRESH", 0.0)
    monkeypatch.setattr(own.index, "refresh", refresh)
    readiness = Readiness(own)
    assert readiness.look() == (True, {"archive": "readable", "index": "catching up", "llm": "none"})
    assert readiness.look()[1]["index"] == "catching up"
    go.set()
    while readiness.look()[1]["index"] != "current":
        pass
    assert begun[0] == 1

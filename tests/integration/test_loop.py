"""The whole loop on the real page with the real models, and without a network."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from rag.schema import AnswerReady, ClaimReady, Drafting, EvidenceFound
from rag.service import open_service
from rag.settings import Settings

QUESTION = "“莲心办”累计下沉干部多少人次？"


@pytest.mark.llm
def test_the_real_model_answers_and_its_words_are_verified(seed_home: Path, tmp_path: Path):
    home = Path(shutil.copytree(seed_home, tmp_path / "archive"))
    service = open_service(Settings(home=home, llm="embedded"))
    try:
        events = list(service.ask_events(QUESTION))
    finally:
        service.close()
    assert isinstance(events[0], EvidenceFound)
    assert isinstance(events[-1], AnswerReady)
    first_word = next(index for index, event in enumerate(events) if isinstance(event, Drafting | ClaimReady))
    assert first_word > 0
    answer = events[-1].answer
    assert answer.outcome == "answered"
    assert "120人次" in answer.answer
    assert answer.llm.startswith("qwen")
    assert answer.timings.evidence_ms <= answer.timings.first_token_ms <= answer.timings.total_ms
    assert all(claim.verdict == "supported" for claim in answer.claims)
    for claim in answer.claims:
        for citation in claim.citations:
            article = next(item.article for item in answer.evidence if item.article.id == citation.article_id)
            assert article.body[citation.start : citation.end] == citation.quote


@pytest.mark.llm
def test_nothing_but_loopback_is_reached_at_run_time(tmp_path: Path, seeds: Path):
    """Ingest, ask with the embedded model and start the desk in a process whose sockets go nowhere else."""
    program = f"""
    import ipaddress, socket, sys
    real = socket.socket.connect
    def connect(self, address):
        host = address[0] if isinstance(address, tuple) else ""
        if self.family in (socket.AF_INET, socket.AF_INET6) and not ipaddress.ip_address(host).is_loopback:
            print("REACHED OUT TO", address, flush=True)
            raise OSError("blocked")
        return real(self, address)
    socket.socket.connect = connect
    lookup = socket.getaddrinfo
    def getaddrinfo(host, *rest, **more):
        if host not in ("127.0.0.1", "localhost", "::1", None, ""):
            print("LOOKED UP", host, flush=True)
            raise OSError("blocked")
        return lookup(host, *rest, **more)
    socket.getaddrinfo = getaddrinfo

    from pathlib import Path
    from rag.service import open_service
    from rag.settings import Settings
    from ui.app import build_app

    service = open_service(Settings(home=Path({str(tmp_path / "home")!r})))
    service.ingest([Path({str(seeds)!r})])
    app = build_app(service)
    app.launch(server_name="127.0.0.1", server_port=0 or None, prevent_thread_lock=True, quiet=True)
    answer = service.ask({QUESTION!r})
    app.close()
    service.close()
    print("ANSWER", answer.answer)
    """
    hidden = {"ORT_DISABLE_TELEMETRY"}  # as in a reader's shell, not as this process has set it
    environment = {
        key: value for key, value in os.environ.items() if key not in hidden and not key.lower().endswith("_proxy")
    }
    # Native code (a library's telemetry, say) asks no Python socket: the system calls tell of it.
    trace = tmp_path / "connections.txt"
    strace = shutil.which("strace")
    watched = [strace, "-f", "--seccomp-bpf", "-e", "trace=connect,sendto", "-o", str(trace)] if strace else []
    done = subprocess.run(
        [*watched, sys.executable, "-c", textwrap.dedent(program)],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert "120人次" in done.stdout, done.stderr[-2000:]
    assert "REACHED OUT" not in done.stdout
    assert "LOOKED UP" not in done.stdout
    if strace:
        calls = [line for line in trace.read_text().splitlines() if "sa_family=AF_INET" in line]
        assert [line for line in calls if '"127.0.0.1"' in line]
        assert not [line for line in calls if '"127.0.0.1"' not in line and '"::1"' not in line]

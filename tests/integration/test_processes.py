"""Several processes on one archive: each sees at once what another one reads in or takes out."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest
from gradio_client import Client

from tests.newsroom import SEEDS
from tests.unit.faulty import KEY, MODEL, faulty_server

QUESTION = "“莲心办”服务累计下沉干部多少人次？"


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    """An archive whose vectors come from a server, so that no model is needed."""
    with faulty_server() as server:
        yield os.environ | {
            "BAOWEN_HOME": str(tmp_path / "archive"),
            "BAOWEN_LLM": "none",
            "BAOWEN_EMBEDDING_BASE_URL": server.url,
            "BAOWEN_EMBEDDING_MODEL": MODEL,
            "BAOWEN_EMBEDDING_API_KEY": KEY,
        }


@contextmanager
def desk(environment: dict[str, str], *arguments: str) -> Iterator[str]:
    """Run `baowen serve`; the value is its address."""
    command = [sys.executable, "-m", "rag", "serve", "--port", "0", *arguments]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            said = ""
            while not (found := re.search(r"http://\S+", said)):
                line = process.stdout.readline()
                assert line, f"the desk did not start: {said}"
                said += line
            yield found.group()
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(30)


def program(where: str) -> Client:
    return Client(where, verbose=False, analytics_enabled=False, download_files=False)


def test_two_desks_on_one_archive_see_each_others_work(environment: dict[str, str]):
    with ExitStack() as stack:
        first = program(stack.enter_context(desk(environment)))
        assert first.predict(question=QUESTION, api_name="/ask")["outcome"] == "not_found"
        # The second one reads the page in before it serves.
        address = stack.enter_context(desk(environment, "--ingest", str(SEEDS)))
        second = program(address)
        for one in (first, second):
            assert "120人次" in one.predict(question=QUESTION, api_name="/ask")["answer"]
        (edition,) = first.predict(api_name="/articles")["editions"]
        done = subprocess.run(
            [sys.executable, "-m", "rag", "remove", "--paper", edition["paper"]],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        for one in (first, second):
            assert one.predict(question=QUESTION, api_name="/ask")["outcome"] == "not_found"
        assert httpx.get(f"{address}/ready").json()["index"] == "current"

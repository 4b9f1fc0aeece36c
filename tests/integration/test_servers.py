"""Against real servers in processes of their own: llama.cpp's, with a key, for words and for vectors."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from rag.archive.maintenance import verify_archive
from rag.embedding import open_embedder
from rag.errors import LLMError, ModelError
from rag.llm import open_llm
from rag.llm_servers import embedded_path
from rag.protocols import Delta
from rag.schema import AnswerReady, Drafting
from rag.service import open_service
from rag.settings import Settings, read_settings
from tests.newsroom import seed_service

pytestmark = pytest.mark.llm
KEY = "sesame"
QUESTION = "“莲心办”累计下沉干部多少人次？"


@contextmanager
def llama_server(what: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start a server; the value is its process and its base address."""
    command = [sys.executable, "-m", "tests.llm_process", str(embedded_path(read_settings())), KEY, what]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process, f"{process.stdout.readline().strip()}/v1"
        finally:
            process.kill()


@pytest.fixture(scope="module")
def chat() -> Iterator[str]:
    with llama_server("chat") as (_, url):
        yield url


def settings(url: str, **changed: object) -> Settings:
    given = {"llm": "openai", "llm_base_url": url, "llm_model": "qwen", "llm_api_key": KEY, "llm_retries": 0}
    return Settings(**given | changed)


def test_a_real_server_streams_counts_and_leans(chat: str):
    model = open_llm(settings(chat))
    assert model is not None
    assert model.reachable()
    deltas = list(model.stream("只回答一个词。", "中国的首都是哪里？", max_tokens=8))
    assert "北京" in "".join(delta.text for delta in deltas)
    assert isinstance(deltas[-1], Delta)
    assert deltas[-1].prompt_tokens > 10
    state = model.state()
    assert (state.calls, state.faults, state.output_tokens) == (1, 0, deltas[-1].output_tokens)
    answer = model.told("只回答“是”或“否”。", "北京是中国的首都吗？", shots=[("一加一等于三吗？", "否")])
    assert answer is not None
    assert answer.lean(("是",), ("否", "不")) > 0


def test_a_wrong_key_is_said(chat: str):
    model = open_llm(settings(chat, llm_api_key="wrong"))
    assert model is not None
    with pytest.raises(LLMError, match="refused: 401"):
        list(model.stream("系统", "问题", max_tokens=4))


def test_a_server_without_embeddings_is_said(chat: str):
    given = settings(chat, embedding_base_url=chat, embedding_model="qwen", embedding_api_key=KEY, embedding_retries=0)
    with pytest.raises(ModelError, match="the embedding server at"):
        open_embedder(given).query("洪湖")


def test_vectors_come_from_a_real_server():
    with llama_server("embeddings") as (_, url):
        given = Settings(llm="none", embedding_base_url=url, embedding_model="qwen", embedding_retries=0)
        with pytest.raises(ModelError, match="BAOWEN_EMBEDDING_API_KEY"):
            open_embedder(given).query("洪湖")
        embedder = open_embedder(given.model_copy(update={"embedding_api_key": type(given.llm_api_key)(KEY)}))
        near, far, same = embedder.passages(
            ["洪湖市的干部下沉社区。", "The cat sat on the mat.", "洪湖市的干部下沉社区。"]
        )
        assert embedder.dimension == 1536
        assert np.linalg.norm(near) == pytest.approx(1.0, abs=1e-5)
        assert near @ same > near @ far


def test_a_server_killed_in_the_middle_of_an_answer_costs_a_note(seed_home: Path, tmp_path: Path):
    home = Path(shutil.copytree(seed_home, tmp_path / "archive"))
    with llama_server("chat") as (process, url):
        service = open_service(settings(url, home=home))
        try:
            held = service.archive.count()
            killed = False
            answer = None
            for event in service.ask_events(QUESTION):
                if isinstance(event, Drafting) and not killed:
                    os.kill(process.pid, signal.SIGKILL)
                    process.wait()
                    killed = True
                if isinstance(event, AnswerReady):
                    answer = event.answer
            again = service.ask(QUESTION)
            assert verify_archive(service.archive, service.index) == ()
            assert service.archive.count() == held > 0
        finally:
            service.close()
    assert killed
    assert answer is not None
    for one in (answer, again):
        assert one.outcome == "answered"
        assert "120人次" in one.answer
        assert any("改用原文作答" in note and "cannot be reached or broke off" in note for note in one.notes)


def test_a_digest_whose_server_is_killed_keeps_what_was_written(tmp_path: Path):
    with llama_server("chat") as (process, url):
        model = open_llm(settings(url))
        service = seed_service(tmp_path, llm=model)
        try:
            digests = []
            for digest in service.digest_events():
                digests.append(digest)
                if digest.llm != "none" and process.poll() is None:
                    os.kill(process.pid, signal.SIGKILL)
                    process.wait()
            stored = list(service.digest_events(use_llm=True))
        finally:
            service.close()
    last = digests[-1]
    assert "语言模型没有写完，其余为原文摘录" in last.notes[0]
    assert last.llm == "qwen"
    assert len(last.items) == len(digests[0].items)
    # The story that was finished before is there at the next time, without the model.
    assert any(one.llm == "qwen" for one in stored)

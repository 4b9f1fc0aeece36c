import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from rag.errors import LLMError, ModelError
from rag.llm import ChatModel, open_llm
from rag.settings import Settings


class FaultyServer(ThreadingHTTPServer):
    """An OpenAI-compatible server that misbehaves as `mode` says, and notes whether its reader left."""

    daemon_threads = True
    mode = "good"
    hung_up = threading.Event()

    def handle_error(self, request: object, client_address: object) -> None:
        """A reader who left is what the tests are about."""


class _Handler(BaseHTTPRequestHandler):
    server: FaultyServer

    def log_message(self, *_args: object) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        mode = self.server.mode
        if mode in {"500", "429", "400"}:
            self.send_error(int(mode), "busy")
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        if mode == "likely":
            likely = [{"token": word, "logprob": odds} for word, odds in (("能", -0.5), ("不能", -1.5), ("否", -3.0))]
            first = {"token": "能", "logprob": -0.5, "top_logprobs": likely}
            self._say({"choices": [{"index": 0, "delta": {"content": "能"}, "logprobs": {"content": [first]}}]})
            return
        for number, word in enumerate(("下沉", "干部", "120人次")):
            self._say({"choices": [{"index": 0, "delta": {"content": word}}]})
            if mode == "cut" and number == 1:
                return
            if mode == "malformed":
                self.wfile.write(b"data: {not json\n\n")
            if mode == "slow":
                self._wait()
        self._say({"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}})
        self.wfile.write(b"data: [DONE]\n\n")

    def _say(self, chunk: dict[str, object]) -> None:
        chunk |= {"id": "x", "object": "chat.completion.chunk", "created": 0, "model": "m"}
        self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
        self.wfile.flush()

    def _wait(self) -> None:
        for _ in range(100):
            time.sleep(0.05)
            try:
                self.wfile.write(b": still here\n\n")
                self.wfile.flush()
            except OSError:
                self.server.hung_up.set()
                return


@pytest.fixture
def server() -> Iterator[FaultyServer]:
    running = FaultyServer(("127.0.0.1", 0), _Handler)
    running.hung_up = threading.Event()
    thread = threading.Thread(target=running.serve_forever, daemon=True)
    thread.start()
    yield running
    running.shutdown()
    running.server_close()


@pytest.fixture
def model(server: FaultyServer) -> Callable[..., ChatModel]:
    def make(mode: str, **settings: object) -> ChatModel:
        server.mode = mode
        url = f"http://127.0.0.1:{server.server_port}/v1"
        opened = open_llm(Settings(llm="openai", llm_base_url=url, llm_model="m", llm_retries=0, **settings))
        assert opened is not None
        return opened

    return make


def test_an_answer_streams_with_its_token_counts(model: Callable[..., ChatModel]):
    deltas = list(model("good").stream("系统", "问题"))
    assert "".join(delta.text for delta in deltas) == "下沉干部120人次"
    assert (deltas[-1].prompt_tokens, deltas[-1].output_tokens) == (7, 3)


@pytest.mark.parametrize(("mode", "said"), [("500", "refused: 500"), ("429", "refused: 429"), ("malformed", "answer")])
def test_a_servers_fault_is_one_clear_error(model: Callable[..., ChatModel], mode: str, said: str):
    with pytest.raises(LLMError, match=said):
        list(model(mode).stream("系统", "问题"))


def test_a_leaning_is_the_log_odds_of_the_first_word(model: Callable[..., ChatModel]):
    lean = model("likely").leaning("系统", "问题", ("能", "有"), ("否", "不"))
    assert lean == pytest.approx(-0.5 - -1.5)
    assert model("likely").leaning("系统", "问题", ("能",), ("未",)) == pytest.approx(-0.5 - -20.0)


@pytest.mark.parametrize("mode", ["good", "400"])
def test_a_server_that_tells_no_probabilities_has_no_leaning(model: Callable[..., ChatModel], mode: str):
    assert model(mode).leaning("系统", "问题", ("能",), ("否",)) is None


def test_a_leaning_fails_as_an_answer_does(model: Callable[..., ChatModel]):
    with pytest.raises(LLMError, match="refused: 500"):
        model("500").leaning("系统", "问题", ("能",), ("否",))


def test_a_server_that_is_down_is_named(model: Callable[..., ChatModel], server: FaultyServer):
    opened = model("good")
    server.shutdown()
    server.server_close()
    with pytest.raises(LLMError, match="cannot be reached"):
        list(opened.stream("系统", "问题"))


def test_silence_longer_than_the_timeout_is_an_error(monkeypatch: pytest.MonkeyPatch, model: Callable[..., ChatModel]):
    monkeypatch.setattr(_Handler, "_wait", lambda _self: time.sleep(3))
    with pytest.raises(LLMError, match="gave no word"):
        list(model("slow", llm_timeout=0.3).stream("系统", "问题"))


def test_a_reader_who_leaves_ends_the_servers_work(model: Callable[..., ChatModel], server: FaultyServer):
    leave = threading.Event()
    seen = []
    for delta in model("slow").stream("系统", "问题", cancelled=leave):
        seen.append(delta.text)
        leave.set()
    assert seen == ["下沉"]
    assert server.hung_up.wait(5)


def test_closing_the_stream_ends_the_servers_work(model: Callable[..., ChatModel], server: FaultyServer):
    stream = model("slow").stream("系统", "问题")
    assert next(stream).text == "下沉"
    stream.close()
    assert server.hung_up.wait(5)


def test_incomplete_settings_say_what_is_missing():
    with pytest.raises(LLMError, match="BAOWEN_LLM_BASE_URL"):
        open_llm(Settings(llm="openai"))
    assert open_llm(Settings(llm="none")) is None


def test_a_missing_model_file_says_how_to_get_it(tmp_path):
    with pytest.raises(ModelError, match="baowen models pull"):
        open_llm(Settings(llm="embedded", llm_path=str(tmp_path / "none.gguf")))

"""An OpenAI-compatible server that misbehaves as it is told, for the tests of the language model and the embedder."""

from __future__ import annotations

import base64
import json
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KEY = "sesame"
MODEL = "m"
WORDS = ("下沉", "干部", "120人次")
_REFUSALS = {"400", "401", "404", "429", "500"}


class FaultyServer(ThreadingHTTPServer):
    """Behaves as the next of `modes` says, the last one again and again, and keeps what it was asked in `asked`.

    `most` is how many requests it had in hand at once. In the mode "held" it answers once `go` is set.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.modes = ["good"]
        self.asked: list[dict[str, object]] = []
        self.hung_up = threading.Event()
        self.go = threading.Event()
        self.silence = 0.0
        self.now = self.most = 0
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"

    def next_mode(self) -> str:
        with self.lock:
            return self.modes.pop(0) if len(self.modes) > 1 else self.modes[0]

    def handle_error(self, request: object, client_address: object) -> None:
        """A reader who left is what the tests are about."""


@contextmanager
def faulty_server() -> Iterator[FaultyServer]:
    server = FaultyServer()
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield server
    finally:
        server.go.set()
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: FaultyServer

    def log_message(self, *_args: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self.send_response(200 if self.headers["Authorization"] == f"Bearer {KEY}" else 401)
        self.end_headers()

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.lock:
            self.server.asked.append(body)
            self.server.now += 1
            self.server.most = max(self.server.most, self.server.now)
        try:
            self._answer(body, self.server.next_mode())
        finally:
            with self.server.lock:
                self.server.now -= 1

    def _answer(self, body: dict[str, object], mode: str) -> None:
        if mode == "key" and self.headers["Authorization"] != f"Bearer {KEY}":
            mode = "401"
        if mode == "model" and body["model"] != MODEL:
            mode = "404"
        if mode in _REFUSALS:
            self.send_error(int(mode), "busy")
            return
        if mode == "held":
            self.server.go.wait(20)
        if self.path.endswith("/embeddings"):
            self._embed(body, mode)
        else:
            self._chat(mode)

    def _chat(self, mode: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        if mode == "likely":
            likely = [{"token": word, "logprob": odds} for word, odds in (("能", -0.5), ("不能", -1.5), ("否", -3.0))]
            first = {"token": "能", "logprob": -0.5, "top_logprobs": likely}
            told = {"index": 0, "delta": {"content": "能"}, "logprobs": {"content": [first]}, "finish_reason": "length"}
            self._say({"choices": [told]})
            return
        for number, word in enumerate(WORDS):
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
        chunk |= {"id": "x", "object": "chat.completion.chunk", "created": 0, "model": MODEL}
        self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
        self.wfile.flush()

    def _wait(self) -> None:
        if self.server.silence:
            time.sleep(self.server.silence)
            return
        for _ in range(100):
            time.sleep(0.05)
            try:
                self.wfile.write(b": still here\n\n")
                self.wfile.flush()
            except OSError:
                self.server.hung_up.set()
                return

    def _embed(self, body: dict[str, object], mode: str) -> None:
        if mode == "slow":
            time.sleep(self.server.silence)
        texts = body["input"]
        assert isinstance(texts, list)
        rows: list[object] = [hashed(text, 5 if mode == "longer" else 4) for text in texts]
        if mode == "fewer":
            rows = rows[1:]
        if mode == "zeros":
            rows = [[0.0] * 4 for _ in texts]
        if mode == "ragged":
            rows[-1] = [1.0]
        if body.get("encoding_format") == "base64" and mode != "floats":
            rows = [base64.b64encode(struct.pack(f"<{len(row)}f", *row)).decode() for row in rows]  # type: ignore[misc, arg-type]
        data = [{"object": "embedding", "index": at, "embedding": row} for at, row in enumerate(rows)]
        answer: object = {
            "object": "list",
            "data": data,
            "model": MODEL,
            "usage": {"prompt_tokens": 1, "total_tokens": 1},
        }
        if mode == "shapeless":
            answer = {"vectors": [[1.0]]}
        raw = b"<html>a page</html>" if mode == "malformed" else json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html" if mode == "malformed" else "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw[: len(raw) // 2] if mode == "cut" else raw)


def hashed(text: str, length: int = 64) -> list[float]:
    """A vector of character bigrams, not of length 1: texts that share bigrams are near each other."""
    row = [0.0] * length
    for first, second in zip(text, text[1:] + "。", strict=True):
        row[(ord(first) * 31 + ord(second)) % length] += 2.0
    return row

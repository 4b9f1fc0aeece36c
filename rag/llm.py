"""The language model behind LlamaIndex's interface: embedded, an OpenAI-compatible server, or none.

`embedded` runs llama.cpp's own server inside this process (xllamacpp) on a loopback port with a random key, and speaks
to it through the same client as any other server, so there is one path to test. It starts on first use, or by `warm`.

LlamaIndex's types stay in this module; the rest of Baowen sees `rag.protocols.LanguageModel`.
"""

from __future__ import annotations

import contextlib
import os
import queue
import secrets
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from rag.errors import LLMError, ModelError
from rag.protocols import Cancelled, Delta
from rag.settings import Settings

if TYPE_CHECKING:
    import httpx
    from llama_index.core.llms import LLM, ChatResponse

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_CONNECT_SECONDS = 10.0
# How often a waiting reader looks whether it was told to stop.
_POLL_SECONDS = 0.1
# How many of the likeliest first words are looked at for a leaning; what is not among them counts as this unlikely.
_LOOKED_AT = 20
_UNSAID = -20.0


def open_llm(settings: Settings) -> ChatModel | None:
    """Return the model that the settings name, not yet started; None for `none`.

    Raises:
        LLMError: the settings are incomplete.
        ModelError: the embedded model's file is missing.
    """
    if settings.llm == "none":
        return None
    if settings.llm == "openai":
        if not settings.llm_base_url or not settings.llm_model:
            raise LLMError("BAOWEN_LLM=openai needs BAOWEN_LLM_BASE_URL (ending in /v1) and BAOWEN_LLM_MODEL.")
        return ChatModel(RemoteServer(settings))
    return ChatModel(EmbeddedServer(settings))


class RemoteServer:
    """Where an OpenAI-compatible server is and how to speak to it."""

    def __init__(self, settings: Settings) -> None:
        self.name = settings.llm_model
        self.timeout = settings.llm_timeout
        self.model = settings.llm_model
        self.key = settings.llm_api_key.get_secret_value() or "none"
        self.context = settings.llm_context
        self.retries = settings.llm_retries
        self._url = settings.llm_base_url

    def url(self) -> str:
        """Return the base address."""
        return self._url

    def close(self) -> None:
        """Nothing is held."""


class EmbeddedServer:
    """llama.cpp's server inside this process; one for a model file, started once, stopped by `close`."""

    def __init__(self, settings: Settings) -> None:
        self.path = embedded_path(settings)
        if not self.path.is_file():
            raise ModelError(
                f"the language model {self.path} is not there. Run `baowen models pull`, point BAOWEN_LLM_PATH at a "
                "GGUF file, or set BAOWEN_LLM=none to work without one."
            )
        self.name = self.path.stem
        self.timeout = settings.llm_timeout
        self.model = "embedded"
        self.key = secrets.token_urlsafe(24)
        self.context = settings.llm_context
        self.threads = settings.llm_threads or os.cpu_count() or 2
        self.retries = 0
        self._lock = threading.Lock()
        self._server: Any = None

    def url(self) -> str:
        """Start the server if it is not running; return its base address."""
        with self._lock:
            if self._server is None:
                self._server = self._start()
            return f"{self._server.listening_address}/v1"

    def _start(self) -> Any:
        import xllamacpp

        params = xllamacpp.CommonParams()
        params.model.path = str(self.path)
        params.n_ctx = self.context
        params.n_parallel = 1
        params.n_gpu_layers = 0
        # A reader who leaves is noticed between batches: 128 tokens are about 3 s on two cores, and cost no speed.
        params.n_batch = 128
        params.n_ubatch = 128
        params.cpuparams.n_threads = self.threads
        params.cpuparams_batch.n_threads = self.threads
        params.hostnames = ["127.0.0.1"]
        params.port = 0
        params.api_keys = [self.key]
        params.ui = False
        params.endpoint_slots = False
        # The default keeps up to 8 GiB of old prompts; the slot's own prefix is what pays here.
        params.cache_ram_mib = 256
        params.verbosity = -1
        try:
            return xllamacpp.Server(params)
        except RuntimeError as error:
            raise ModelError(
                f"the language model {self.path} cannot be loaded ({error}). Check it with `baowen models verify`, or "
                "set BAOWEN_LLM=none."
            ) from error

    def close(self) -> None:
        """Stop the server and free the model."""
        with self._lock:
            self._server = None


def embedded_path(settings: Settings) -> Path:
    """Return the GGUF file that the settings name: the user's own, else the model pack's."""
    from rag.models import LLM as PACKED

    return Path(settings.llm_path).expanduser() if settings.llm_path else settings.models / PACKED.path


class ChatModel:
    """A `LanguageModel` over a LlamaIndex LLM; one HTTP client a call, so that a call can be broken off at once."""

    def __init__(self, server: RemoteServer | EmbeddedServer) -> None:
        self._server = server

    @property
    def name(self) -> str:
        """The model's name."""
        return self._server.name

    def warm(self) -> None:
        """Start the embedded server now, so that the first question does not wait for it."""
        self._server.url()
        self.llama_index_llm()

    def close(self) -> None:
        """Stop the embedded server, if any."""
        self._server.close()

    def llama_index_llm(self, http_client: httpx.Client | None = None) -> LLM:
        """Return the LlamaIndex LLM that speaks to the server; LlamaIndex's own query engines take it as it is."""
        from llama_index.llms.openai_like import OpenAILike

        options: dict[str, Any] = {
            "model": self._server.model,
            "api_base": self._server.url(),
            "api_key": self._server.key,
            "context_window": self._server.context,
            "is_chat_model": True,
            "temperature": 0.0,
            "timeout": self._server.timeout,
            "max_retries": self._server.retries,
            "http_client": http_client,
            "additional_kwargs": {"seed": 0, "stream_options": {"include_usage": True}},
        }
        llm: LLM = OpenAILike(**options)
        return llm

    def stream(
        self,
        system: str,
        user: str,
        *,
        max_tokens: int = 256,
        stop: Sequence[str] = (),
        cancelled: Cancelled | None = None,
    ) -> Iterator[Delta]:
        """Yield the answer as it is written; ends early, without an error, once `cancelled` is set.

        Raises:
            LLMError: the server cannot be reached, is too slow, or broke off; the message says which and what to do.
        """
        options: dict[str, Any] = {"max_tokens": max_tokens}
        if stop:
            options["stop"] = list(stop)
        for response in self._responses(system, user, options, cancelled):
            usage = getattr(response.raw, "usage", None)
            if response.delta or usage:
                yield Delta(
                    response.delta or "",
                    getattr(usage, "prompt_tokens", 0) or 0,
                    getattr(usage, "completion_tokens", 0) or 0,
                )

    def leaning(
        self,
        system: str,
        user: str,
        yes: Sequence[str],
        no: Sequence[str],
        *,
        cancelled: Cancelled | None = None,
    ) -> float | None:
        """Return the log-odds of `yes` against `no`; None where the server tells no probabilities.

        Raises:
            LLMError: as for `stream`.
        """
        options = {"max_tokens": 1, "logprobs": True, "top_logprobs": _LOOKED_AT}
        try:
            for response in self._responses(system, user, options, cancelled):
                choices = getattr(response.raw, "choices", None) or ()
                told = getattr(choices[0], "logprobs", None) if choices else None
                if told is not None and told.content:
                    words = {one.token: one.logprob for one in told.content[0].top_logprobs}
                    return _likeliest(words, yes) - _likeliest(words, no)
        except LLMError as error:
            if not isinstance(error.__cause__, _refusals()):
                raise
        return None

    def _responses(
        self, system: str, user: str, options: dict[str, Any], cancelled: Cancelled | None
    ) -> Iterator[ChatResponse]:
        from llama_index.core.llms import ChatMessage

        sockets: list[socket.socket] = []
        client = _http_client(self._server.url(), self._server.timeout, sockets)
        try:
            llm = self.llama_index_llm(client)
            messages = [ChatMessage(role="system", content=system), ChatMessage(role="user", content=user)]
            yield from _interruptible(lambda: iter(llm.stream_chat(messages, **options)), cancelled)
        except _faults() as error:
            raise LLMError(self._explain(error)) from error
        finally:
            _hang_up(sockets)
            client.close()

    def _explain(self, error: Exception) -> str:
        import httpx
        import openai

        where = f"the language model {self.name} at {self._server.url()}"
        if isinstance(error, openai.APITimeoutError | httpx.TimeoutException):
            return f"{where} gave no word for {self._server.timeout:g} s. Try again, or raise BAOWEN_LLM_TIMEOUT."
        if isinstance(error, openai.APIStatusError):
            return f"{where} refused: {error.status_code} {error.message[:200]}"
        if isinstance(error, openai.APIConnectionError | httpx.TransportError):
            return f"{where} cannot be reached or broke off. Start it, correct BAOWEN_LLM_BASE_URL, or use --no-llm."
        return f"{where} answered something that is not an answer: {str(error)[:200]}"


@lru_cache(maxsize=1)
def _tls() -> Any:
    import ssl

    return ssl.create_default_context()


def _http_client(url: str, timeout: float, sockets: list[socket.socket]) -> httpx.Client:
    """Return a client that notes the sockets it opens in `sockets`."""
    import httpx

    def trace(event: str, info: dict[str, Any]) -> None:
        if event == "connection.connect_tcp.complete":
            sockets.append(info["return_value"].get_extra_info("socket"))

    def watch(request: httpx.Request) -> None:
        request.extensions["trace"] = trace

    return httpx.Client(
        timeout=httpx.Timeout(timeout, connect=_CONNECT_SECONDS),
        verify=_tls(),
        trust_env=urlsplit(url).hostname not in _LOOPBACK,
        event_hooks={"request": [watch]},
    )


def _hang_up(sockets: list[socket.socket]) -> None:
    """End the connections at once: closing a socket that another thread reads would not reach the server."""
    for connection in sockets:
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)


def _faults() -> tuple[type[Exception], ...]:
    import httpx
    import openai

    return (openai.OpenAIError, httpx.HTTPError, ValueError)


def _refusals() -> tuple[type[Exception], ...]:
    """Return what a server answers that knows no probabilities."""
    import openai

    return (openai.BadRequestError, openai.UnprocessableEntityError)


def _likeliest(words: Mapping[str, float], openings: Sequence[str]) -> float:
    return max((chance for word, chance in words.items() if word.startswith(tuple(openings))), default=_UNSAID)


def _interruptible(start: Callable[[], Iterator[ChatResponse]], cancelled: Cancelled | None) -> Iterator[ChatResponse]:
    """Yield from `start()`, run in a thread, so that a reader who leaves during the silent prompt phase is noticed.

    On leaving, the caller hangs up, which ends the thread's read and the server's work.
    """
    items: queue.SimpleQueue[ChatResponse | Exception | None] = queue.SimpleQueue()

    def run() -> None:
        try:
            for response in start():
                items.put(response)
            items.put(None)
        except Exception as error:  # noqa: BLE001 - carried to the caller's thread, where it is raised
            items.put(error)

    threading.Thread(target=run, name="baowen-llm", daemon=True).start()
    while cancelled is None or not cancelled.is_set():
        try:
            item = items.get(timeout=_POLL_SECONDS)
        except queue.Empty:
            continue
        if item is None:
            return
        if isinstance(item, Exception):
            raise item
        yield item

"""The language model behind LlamaIndex's interface: embedded, an OpenAI-compatible server, or none.

`embedded` runs llama.cpp's own server inside this process (xllamacpp) on a loopback port with a random key, and speaks
to it through the same client as any other server, so there is one path to test. It starts on first use, or by `warm`.

LlamaIndex's types stay in this module; the rest of Baowen sees `rag.protocols.LanguageModel`.
"""

from __future__ import annotations

import contextlib
import queue
import socket
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from rag.breaker import Breaker, Places
from rag.connections import hang_up, http_client
from rag.errors import LLMError
from rag.importing import IMPORTING
from rag.llm_servers import EmbeddedServer, RemoteServer
from rag.protocols import Cancelled, Delta, ModelState, Told
from rag.settings import Settings

if TYPE_CHECKING:
    import httpx
    from llama_index.core.llms import LLM, ChatResponse

# How often a waiting reader looks whether it was told to stop.
_POLL_SECONDS = 0.1
# How many of the likeliest first tokens a server is asked for.
_LOOKED_AT = 20
_TURNS = ("user", "assistant")


def open_llm(settings: Settings) -> ChatModel | None:
    """Return the model that the settings name, not yet started; None for `none`.

    Raises:
        LLMError: the settings are incomplete.
        ModelError: the embedded model's file is missing.
    """
    if settings.llm == "none":
        return None
    server = _server(settings)
    breaker = Breaker(f"the language model {server.name}", settings.llm_faults, settings.llm_pause)
    return ChatModel(server, breaker)


def _server(settings: Settings) -> RemoteServer | EmbeddedServer:
    if settings.llm == "embedded":
        return EmbeddedServer(settings)
    if not settings.llm_base_url or not settings.llm_model:
        raise LLMError("BAOWEN_LLM=openai needs BAOWEN_LLM_BASE_URL (ending in /v1) and BAOWEN_LLM_MODEL.")
    return RemoteServer(settings)


class ChatModel:
    """A `LanguageModel` over a LlamaIndex LLM; one HTTP client a call, so that a call can be broken off at once.

    Every caller goes through the same places and the same breaker: the chat, the digest, a batch.
    """

    def __init__(self, server: RemoteServer | EmbeddedServer, breaker: Breaker) -> None:
        self._server = server
        self._breaker = breaker
        self._places = Places(server.at_once)
        self._lock = threading.Lock()
        self._calls = self._faults = self._prompt_tokens = self._output_tokens = 0

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

    def state(self) -> ModelState:
        """Return how the server has done since this was opened."""
        with self._lock:
            return ModelState(self._calls, self._faults, self._prompt_tokens, self._output_tokens, self._breaker.open)

    def reachable(self) -> bool:
        """Whether the server is there, which takes a moment to find out, and is not being left alone."""
        return not self._breaker.open and self._server.reachable()

    def llama_index_llm(self, http_client: httpx.Client | None = None) -> LLM:
        """Return the LlamaIndex LLM that speaks to the server; LlamaIndex's own query engines take it as it is."""
        with IMPORTING:
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

        Waits for a place at the server, without a limit, unless `cancelled` is set.

        Raises:
            LLMError: the server cannot be reached, is too slow, broke off, or is left alone for a while after such
                faults; the message says which and what to do.
        """
        options: dict[str, Any] = {"max_tokens": max_tokens}
        if stop:
            options["stop"] = list(stop)
        with contextlib.closing(self._responses(system, user, options, cancelled)) as responses:
            for response in responses:
                counts = _counts(response)
                if response.delta or counts:
                    yield Delta(response.delta or "", *(counts or (0, 0)))

    def told(
        self,
        system: str,
        user: str,
        *,
        shots: Sequence[tuple[str, str]] = (),
        max_tokens: int = 1,
        stop: Sequence[str] = (),
        cancelled: Cancelled | None = None,
    ) -> Told | None:
        """Return the answer with what it might have begun with; None where the server tells no probabilities.

        Raises:
            LLMError: as for `stream`.
        """
        options: dict[str, Any] = {"max_tokens": max_tokens, "logprobs": True, "top_logprobs": _LOOKED_AT}
        if stop:
            options["stop"] = list(stop)
        words, first, counts = "", None, (0, 0)
        try:
            # Read to its end: only then has the server answered well.
            for response in self._responses(system, user, options, cancelled, shots):
                words += response.delta or ""
                counts = _counts(response) or counts
                choices = getattr(response.raw, "choices", None) or ()
                given = getattr(choices[0], "logprobs", None) if choices else None
                if first is None and given is not None and given.content:
                    first = {one.token: one.logprob for one in given.content[0].top_logprobs}
        except LLMError as error:
            if not isinstance(error.__cause__, _refusals()):
                raise
        return Told(words, first, *counts) if first else None

    def _responses(
        self,
        system: str,
        user: str,
        options: dict[str, Any],
        cancelled: Cancelled | None,
        shots: Sequence[tuple[str, str]] = (),
    ) -> Generator[ChatResponse, None, None]:
        """Yield what the server says, at a place of one's own; leaving early is neither a success nor a fault."""
        if not self._places.enter(cancelled, self._breaker.check):
            return
        try:
            trial = self._breaker.begin()
            try:
                yield from self._asked(system, user, options, cancelled, shots)
                if cancelled is None or not cancelled.is_set():
                    self._breaker.succeeded()
            except LLMError as error:
                if not isinstance(error.__cause__, _refusals()):
                    self._note(faults=1)
                    self._breaker.failed(str(error))
                raise
            finally:
                self._breaker.ended(trial)
        finally:
            self._places.leave()

    def _asked(
        self,
        system: str,
        user: str,
        options: dict[str, Any],
        cancelled: Cancelled | None,
        shots: Sequence[tuple[str, str]],
    ) -> Iterator[ChatResponse]:
        with IMPORTING:
            from llama_index.core.llms import ChatMessage

        sockets: list[socket.socket] = []
        client = http_client(self._server.url(), self._server.timeout, sockets)
        ended = False
        try:
            llm = self.llama_index_llm(client)
            talk = [
                ("system", system),
                *((role, text) for shot in shots for role, text in zip(_TURNS, shot, strict=True)),
            ]
            beginning = [ChatMessage(role=role, content=text) for role, text in talk]
            messages = [*beginning, ChatMessage(role="user", content=user)]
            states = self._server.states
            if states is not None and not states.restore(self._server.url(), self._server.key, system, shots):
                alone = [*beginning, ChatMessage(role="user", content="")]
                for _ in _interruptible(lambda: iter(llm.stream_chat(alone, max_tokens=1)), cancelled):
                    pass
                if cancelled is not None and cancelled.is_set():
                    return
                states.save(self._server.url(), self._server.key, system, shots)
            self._note(calls=1)
            for response in _interruptible(lambda: iter(llm.stream_chat(messages, **options)), cancelled):
                ended = ended or _is_last(response)
                prompt_tokens, output_tokens = _counts(response) or (0, 0)
                self._note(prompt_tokens=prompt_tokens, output_tokens=output_tokens)
                yield response
        except _faults() as error:
            raise LLMError(self._explain(error)) from error
        finally:
            hang_up(sockets)
            client.close()
        if not ended and not (cancelled is not None and cancelled.is_set()):
            raise LLMError(f"{self._where()} broke off in the middle of its answer. Try again, or use --no-llm.")

    def _note(self, *, calls: int = 0, faults: int = 0, prompt_tokens: int = 0, output_tokens: int = 0) -> None:
        with self._lock:
            self._calls += calls
            self._faults += faults
            self._prompt_tokens += prompt_tokens
            self._output_tokens += output_tokens

    def _where(self) -> str:
        return f"the language model {self._server.name} at {self._server.url()}"

    def _explain(self, error: Exception) -> str:
        import httpx
        import openai

        where = self._where()
        if isinstance(error, openai.APITimeoutError | httpx.TimeoutException):
            return f"{where} gave no word for {self._server.timeout:g} s. Try again, or raise BAOWEN_LLM_TIMEOUT."
        if isinstance(error, openai.APIStatusError):
            return f"{where} refused: {error.status_code} {error.message[:200]}"
        if isinstance(error, openai.APIConnectionError | httpx.TransportError):
            return f"{where} cannot be reached or broke off. Start it, correct BAOWEN_LLM_BASE_URL, or use --no-llm."
        return f"{where} answered something that is not an answer: {str(error)[:200]}"


def _faults() -> tuple[type[Exception], ...]:
    import httpx
    import openai

    return (openai.OpenAIError, httpx.HTTPError, ValueError)


def _refusals() -> tuple[type[Exception], ...]:
    """Return what a server answers that is well, and does not do this: one that knows no probabilities."""
    import openai

    return (openai.BadRequestError, openai.UnprocessableEntityError)


def _counts(response: ChatResponse) -> tuple[int, int] | None:
    """Return the tokens of the prompt and of the answer, where `response` tells them."""
    usage = getattr(response.raw, "usage", None)
    return (usage.prompt_tokens or 0, usage.completion_tokens or 0) if usage else None


def _is_last(response: ChatResponse) -> bool:
    """Whether this ends an answer; a connection that is cut may look as if the server had ended it."""
    choices = getattr(response.raw, "choices", None) or ()
    return bool(getattr(response.raw, "usage", None) or any(choice.finish_reason for choice in choices))


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

"""Where the language model answers: a server that somebody else runs, or llama.cpp's own inside this process."""

from __future__ import annotations

import contextlib
import os
import secrets
import threading
from pathlib import Path
from typing import Any

from rag.connections import http_client
from rag.errors import ModelError
from rag.prompt_states import PromptStates
from rag.settings import Settings

# How long a server may take to say that it is there.
_PROBE_SECONDS = 3.0


class RemoteServer:
    """Where an OpenAI-compatible server is and how to speak to it."""

    # What it keeps of earlier prompts is its own affair.
    states: PromptStates | None = None

    def __init__(self, settings: Settings) -> None:
        self.name = settings.llm_model
        self.timeout = settings.llm_timeout
        self.model = settings.llm_model
        self.key = settings.llm_api_key.get_secret_value() or "none"
        self.context = settings.llm_context
        self.retries = settings.llm_retries
        self.at_once = settings.llm_at_once or 8
        self._url = settings.llm_base_url.rstrip("/")

    def url(self) -> str:
        """Return the base address."""
        return self._url

    def reachable(self) -> bool:
        """Whether the server answers, be it only that the key is wrong."""
        import httpx

        headers = {"authorization": f"Bearer {self.key}"}
        try:
            with http_client(self._url, _PROBE_SECONDS) as client:
                return client.get(f"{self._url}/models", headers=headers).status_code < 500
        except (httpx.HTTPError, httpx.InvalidURL):
            return False

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
        self.at_once = 1  # the model has one slot; who waits here is not timed out there
        self._lock = threading.Lock()
        self._server: Any = None
        self.states: PromptStates | None = None
        # Beside the models, and not in an archive: it is of the model, and the same for all archives.
        with contextlib.suppress(OSError):
            folder = settings.models / "prompts"
            folder.mkdir(parents=True, exist_ok=True)
            self.states = PromptStates(folder, self.path, self.context)

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
        if self.states is not None:
            params.slot_save_path = f"{self.states.folder}{os.sep}"
        params.verbosity = -1
        try:
            return xllamacpp.Server(params)
        except RuntimeError as error:
            raise ModelError(
                f"the language model {self.path} cannot be loaded ({error}). Check it with `baowen models verify`, or "
                "set BAOWEN_LLM=none."
            ) from error

    def reachable(self) -> bool:
        """Whether it can be asked: it starts when it is."""
        return self.path.is_file()

    def close(self) -> None:
        """Stop the server and free the model."""
        with self._lock:
            self._server = None


def embedded_path(settings: Settings) -> Path:
    """Return the GGUF file that the settings name: the user's own, else the model pack's."""
    from rag.models import LLM as PACKED

    return Path(settings.llm_path).expanduser() if settings.llm_path else settings.models / PACKED.path

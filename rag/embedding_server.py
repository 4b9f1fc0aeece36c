"""Text to vectors by a server: OpenAI's interface, which text-embeddings-inference, vLLM and llama.cpp speak too.

What the server says of a text may change with the model behind its name without a word, so the fingerprint holds what can
be known from here: the model's name, the length of its vectors, the prefixes.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from rag.connections import http_client
from rag.errors import ModelError
from rag.importing import IMPORTING
from rag.protocols import Progress, Vectors, no_progress
from rag.settings import Settings

if TYPE_CHECKING:
    from llama_index.core.embeddings import BaseEmbedding

_TRIAL = "报"


class ServerEmbedder:
    """An embedder behind LlamaIndex's `OpenAILikeEmbedding`; nothing is asked before the first text."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._dimension = settings.embedding_dimension
        self._lock = threading.Lock()
        self._opened: BaseEmbedding | None = None

    @property
    def name(self) -> str:
        """The model's name on the server."""
        return self._settings.embedding_model

    @property
    def dimension(self) -> int:
        """The length of every vector; the server is asked when the settings do not say."""
        if not self._dimension:
            self.query(_TRIAL)
        return self._dimension

    @property
    def fingerprint(self) -> str:
        """The hash stored with an index."""
        settings = self._settings
        known = (self.name, str(self.dimension), settings.embedding_query_prefix, settings.embedding_passage_prefix)
        return hashlib.sha256("\0".join(("server", *known)).encode()).hexdigest()[:16]

    def passages(self, texts: Sequence[str], progress: Progress = no_progress) -> Vectors:
        """Embed passages; shape (len(texts), dimension).

        Raises:
            ModelError: the server cannot be reached, refuses, or answers what cannot be used.
        """
        parts: list[Vectors] = []
        prefixed = [self._settings.embedding_passage_prefix + text for text in texts]
        for begin in range(0, len(prefixed), self._settings.embedding_batch):
            # A server refuses an empty text.
            batch = [text or " " for text in prefixed[begin : begin + self._settings.embedding_batch]]
            rows = self._ask(partial(self.llama_index_embedding().get_text_embedding_batch, batch))
            parts.append(self._checked(rows, len(batch)))
            progress("embed", begin + len(batch), len(prefixed))
        return np.vstack(parts) if parts else np.empty((0, self.dimension), np.float32)

    def query(self, text: str) -> Vectors:
        """Embed a question; shape (dimension,).

        Raises:
            ModelError: as for `passages`.
        """
        asked = self._settings.embedding_query_prefix + text or " "
        row = self._ask(partial(self.llama_index_embedding().get_query_embedding, asked))
        vector: Vectors = self._checked([row], 1)[0]
        return vector

    def llama_index_embedding(self) -> BaseEmbedding:
        """Return the LlamaIndex embedding that speaks to the server."""
        with self._lock:
            if self._opened is None:
                self._opened = _open(self._settings)
            return self._opened

    def _ask(self, call: Callable[[], Any]) -> Any:
        import httpx
        import openai

        try:
            return call()
        except (openai.OpenAIError, httpx.HTTPError) as error:
            raise ModelError(self._explain(error)) from error
        # What is not of OpenAI's shape fails in the client wherever it is first used.
        except (ValueError, TypeError, AttributeError, KeyError, IndexError) as error:
            raise ModelError(self._malformed(str(error))) from error

    def _checked(self, rows: Any, count: int) -> Vectors:
        """Return rows of length 1.

        Raises:
            ModelError: they are not `count` vectors of one length, or not of the length of those before.
        """
        try:
            vectors = np.asarray(rows, np.float32)
        except (ValueError, TypeError):
            raise ModelError(self._malformed("vectors of different lengths, or not of numbers")) from None
        if vectors.ndim != 2 or len(vectors) != count or not vectors.shape[1]:
            raise ModelError(self._malformed(f"{len(vectors)} vectors for {count} texts"))
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        if not np.isfinite(lengths).all() or not (lengths > 0).all():
            raise ModelError(self._malformed("a vector without a direction"))
        with self._lock:
            self._dimension = self._dimension or vectors.shape[1]
        if vectors.shape[1] != self._dimension:
            raise ModelError(
                f"{self._where()} gave vectors of {vectors.shape[1]} numbers; {self._dimension} were expected. It serves "
                "another model than before: correct BAOWEN_EMBEDDING_MODEL or BAOWEN_EMBEDDING_DIMENSION."
            )
        return np.asarray(vectors / lengths, np.float32)

    def _where(self) -> str:
        return f"the embedding server at {self._settings.embedding_base_url}"

    def _malformed(self, what: str) -> str:
        return (
            f"{self._where()} answered something that is not embeddings: {what[:200]}. BAOWEN_EMBEDDING_BASE_URL must "
            "lead to an OpenAI-compatible server and end in /v1."
        )

    def _explain(self, error: Exception) -> str:
        import httpx
        import openai

        where = self._where()
        if isinstance(error, openai.APITimeoutError | httpx.TimeoutException):
            return (
                f"{where} gave no answer for {self._settings.embedding_timeout:g} s. Try again, lower "
                "BAOWEN_EMBEDDING_BATCH, or raise BAOWEN_EMBEDDING_TIMEOUT."
            )
        if isinstance(error, openai.AuthenticationError | openai.PermissionDeniedError):
            return f"{where} refused the key ({error.status_code}). Correct BAOWEN_EMBEDDING_API_KEY."
        if isinstance(error, openai.NotFoundError):
            return (
                f"{where} knows no model {self.name!r}, or is not there ({error.message[:200]}). Correct "
                "BAOWEN_EMBEDDING_MODEL, or BAOWEN_EMBEDDING_BASE_URL, which ends in /v1."
            )
        if isinstance(error, openai.APIStatusError):
            return f"{where} refused: {error.status_code} {error.message[:200]}"
        if isinstance(error, openai.APIResponseValidationError):
            return self._malformed(str(error))
        return f"{where} cannot be reached or broke off. Start it, or correct BAOWEN_EMBEDDING_BASE_URL."


def _open(settings: Settings) -> BaseEmbedding:
    with IMPORTING:
        from llama_index.embeddings.openai_like import OpenAILikeEmbedding

    class OnceTried(OpenAILikeEmbedding):
        """LlamaIndex tries again what the client below it has tried again already: with both, 2 would be 6."""

        def _create_retry_decorator(self) -> Callable[[Any], Any]:
            return lambda call: call

    options: dict[str, Any] = {
        "model_name": settings.embedding_model,
        "api_base": settings.embedding_base_url,
        "api_key": settings.embedding_api_key.get_secret_value() or "none",
        "embed_batch_size": settings.embedding_batch,
        "max_retries": settings.embedding_retries,
        "timeout": settings.embedding_timeout,
        "http_client": http_client(settings.embedding_base_url, settings.embedding_timeout),
    }
    return OnceTried(**options)

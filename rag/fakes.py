"""Deterministic stand-ins for models, for tests and for programs that want the plumbing without the weights."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from rag.errors import LLMError
from rag.protocols import Cancelled, Delta, Progress, Told, Vectors, no_progress
from rag.text.tokens import bigrams


class HashEmbedder:
    """An embedder that hashes character bigrams into 64 dimensions: texts that share bigrams are near each other."""

    name = "hash-bigrams"
    dimension = 64
    fingerprint = "hash-bigrams-64"

    def passages(self, texts: Sequence[str], progress: Progress = no_progress) -> Vectors:
        """Return an array of shape (len(texts), 64), rows of length 1."""
        rows = np.empty((len(texts), self.dimension), dtype=np.float32)
        for index, text in enumerate(texts):
            rows[index] = self.query(text)
            progress("embedding", index + 1, len(texts))
        return rows

    def query(self, text: str) -> Vectors:
        """Return an array of shape (64,), of length 1."""
        vector = np.zeros(self.dimension, dtype=np.float32)
        for bigram in bigrams(text):
            value = zlib.crc32(bigram.encode())
            vector[value % self.dimension] += 1.0 if value & 0x10000 else -1.0
        length = float(np.linalg.norm(vector))
        if length == 0.0:
            vector[0], length = 1.0, 1.0
        return np.asarray(vector / length, dtype=np.float32)


class ScriptedModel:
    """A language model that says what it is told to, four characters at a time; it keeps what it was asked in `seen`.

    `script` is a text for every call, a sequence of texts used in turn (the last one again and again), or a function of
    the user message. `breaks_after` characters it fails with an `LLMError`. `reads` is what it tells when it is asked with
    probabilities (`told`), the same always or by the user message, None when it cannot; those messages are in `weighed`.
    """

    name = "scripted"

    def __init__(
        self,
        script: str | Sequence[str] | Callable[[str], str],
        *,
        breaks_after: int | None = None,
        reads: Told | Callable[[str], Told] | None = None,
    ) -> None:
        self._script = script
        self._reads = reads
        self.weighed: list[tuple[str, str]] = []
        self._breaks_after = breaks_after
        self.seen: list[tuple[str, str]] = []

    def stream(
        self,
        system: str,
        user: str,
        *,
        max_tokens: int = 256,
        stop: Sequence[str] = (),
        cancelled: Cancelled | None = None,
    ) -> Iterator[Delta]:
        """Yield the scripted words, cut at `stop` and `max_tokens` (one token a character).

        Raises:
            LLMError: after `breaks_after` characters, when that is set.
        """
        self.seen.append((system, user))
        text = self._text(user)
        for mark in stop:
            text = text.split(mark)[0]
        text = text[:max_tokens]
        for start in range(0, len(text), 4):
            if cancelled is not None and cancelled.is_set():
                return
            if self._breaks_after is not None and start >= self._breaks_after:
                raise LLMError("the scripted model broke off, as it was told to.")
            yield Delta(text[start : start + 4])
        yield Delta("", len(system) + len(user), len(text))

    def told(self, system: str, user: str, **_: object) -> Told | None:
        """Return what it is told to read in the text that `user` asks of; None where it cannot tell."""
        self.weighed.append((system, user))
        return self._reads(user) if callable(self._reads) else self._reads

    def close(self) -> None:
        """Nothing is held."""

    def _text(self, user: str) -> str:
        if callable(self._script):
            return self._script(user)
        if isinstance(self._script, str):
            return self._script
        return self._script[min(len(self.seen), len(self._script)) - 1]

"""Deterministic stand-ins for models, for tests and for programs that want the plumbing without the weights."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np

from rag.protocols import Progress, Vectors, no_progress
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

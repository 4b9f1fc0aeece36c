"""Text to vectors: the model pack's fast ONNX form, any sentence-transformers model through LlamaIndex, or a server.

multilingual-e5 wants `query: ` before questions and `passage: ` before passages (Wang et al. 2024, "Multilingual E5
Text Embeddings"); the prefixes are settings, since other models want others.

The int8 and the float32 form of one model count as one (their vectors agree to cosine 0.99 and rank alike): the
fingerprint stored with an index is that of the weights, the tokeniser and the prefixes.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rag.errors import ModelError
from rag.importing import IMPORTING
from rag.models import EMBEDDER
from rag.onnx_export import ONNX_FILE, is_exported
from rag.protocols import Embedder, Progress, Vectors, no_progress
from rag.settings import Settings

if TYPE_CHECKING:
    from llama_index.core.embeddings import BaseEmbedding

# For torch: small batches of like length waste the least on padding; larger ones gained nothing on two cores.
_BATCH = 8
_MAX_TOKENS = 512


def open_embedder(settings: Settings, *, threads: int = 0) -> Embedder:
    """Return the embedder that the settings name; its model is loaded on first use.

    `threads` are those of the fast form, 0 as many as there are cores: one of several processes on a machine takes
    its share, or all are slowed down.

    Raises:
        ModelError: the model pack's embedder is not there, the fast form was asked for and is missing, or the settings
            of a server are incomplete.
    """
    if settings.embedding_base_url:
        from rag.embedding_server import ServerEmbedder

        if not settings.embedding_model:
            raise ModelError("BAOWEN_EMBEDDING_BASE_URL needs BAOWEN_EMBEDDING_MODEL, the model's name on that server.")
        return ServerEmbedder(settings)
    packed = settings.models / EMBEDDER.path
    folder = Path(settings.embedding_model).expanduser() if settings.embedding_model else packed
    if not settings.embedding_model and not (packed / "model.safetensors").is_file():
        raise ModelError(
            f"the embedding model {packed} is not there. Run `baowen models pull`, or name another one with "
            "BAOWEN_EMBEDDING_MODEL."
        )
    fast = settings.embedding_backend != "torch" and is_exported(folder)
    if settings.embedding_backend == "onnx" and not fast:
        raise ModelError(
            f"{folder} has no {ONNX_FILE}: run `baowen models pull`, or set BAOWEN_EMBEDDING_BACKEND=auto."
        )
    prefixes = (settings.embedding_query_prefix, settings.embedding_passage_prefix)
    name = folder.name if folder.is_dir() else settings.embedding_model
    if fast:
        return OnnxEmbedder(folder, name, *prefixes, threads=threads)
    return TorchEmbedder(str(folder) if folder.is_dir() else settings.embedding_model, name, *prefixes)


class OnnxEmbedder:
    """The model's int8 ONNX form under ONNX Runtime; no torch is imported.

    One text at a time on each core: nothing is padded, no core waits for another, and a vector does not depend on what
    else was embedded. In one run on two cores 1.1, 1.1, 1.2 and 1.5 times as fast as batches of eight on both cores
    together, at 80, 180, 310 and 550 characters.
    """

    def __init__(self, folder: Path, name: str, query_prefix: str, passage_prefix: str, *, threads: int = 0) -> None:
        self._threads = threads
        self._folder = folder
        self._name = name
        self._query_prefix = query_prefix
        self._passage_prefix = passage_prefix
        self._lock = threading.Lock()
        self._loaded: tuple[Any, Any] | None = None

    @property
    def name(self) -> str:
        """The model's folder name."""
        return self._name

    @property
    def dimension(self) -> int:
        """The length of every vector."""
        config = json.loads((self._folder / "config.json").read_text(encoding="utf-8"))
        return int(config["hidden_size"])

    @property
    def fingerprint(self) -> str:
        """The hash stored with an index."""
        return _fingerprint(self._folder, self._query_prefix, self._passage_prefix)

    def passages(self, texts: Sequence[str], progress: Progress = no_progress) -> Vectors:
        """Embed passages; shape (len(texts), dimension)."""
        return self._embed([self._passage_prefix + text for text in texts], progress)

    def query(self, text: str) -> Vectors:
        """Embed a question; shape (dimension,)."""
        vector: Vectors = self._embed([self._query_prefix + text], no_progress)[0]
        return vector

    def _load(self) -> tuple[Any, Any]:
        with self._lock:
            if self._loaded is None:
                import onnxruntime
                from tokenizers import Tokenizer

                tokenizer = Tokenizer.from_file(str(self._folder / "tokenizer.json"))
                tokenizer.enable_truncation(_MAX_TOKENS)
                options = onnxruntime.SessionOptions()
                options.intra_op_num_threads = 1
                options.log_severity_level = 3
                try:
                    session = onnxruntime.InferenceSession(
                        str(self._folder / ONNX_FILE), options, providers=["CPUExecutionProvider"]
                    )
                except Exception as error:
                    raise ModelError(
                        f"{self._folder / ONNX_FILE} cannot be loaded. Delete it and run `baowen models pull`."
                    ) from error
                self._loaded = session, tokenizer
            return self._loaded

    def _embed(self, texts: Sequence[str], progress: Progress) -> Vectors:
        session, tokenizer = self._load()

        def one(text: str) -> Vectors:
            ids = np.array([tokenizer.encode(text).ids], np.int64)
            vector: Vectors = session.run(None, {"input_ids": ids, "attention_mask": np.ones_like(ids)})[0][0]
            return vector

        if len(texts) == 1:
            return one(texts[0])[None, :]
        rows = np.empty((len(texts), self.dimension), np.float32)
        with ThreadPoolExecutor(self._threads or os.cpu_count() or 1) as pool:
            for index, row in enumerate(pool.map(one, texts)):
                rows[index] = row
                progress("embed", index + 1, len(texts))
        return rows


class TorchEmbedder:
    """Any sentence-transformers model through LlamaIndex's HuggingFaceEmbedding."""

    def __init__(self, model: str, name: str, query_prefix: str, passage_prefix: str) -> None:
        self._model = model
        self._name = name
        self._query_prefix = query_prefix
        self._passage_prefix = passage_prefix
        self._lock = threading.Lock()
        self._loaded: BaseEmbedding | None = None

    @property
    def name(self) -> str:
        """The model's name."""
        return self._name

    @property
    def dimension(self) -> int:
        """The length of every vector."""
        return len(self.query(""))

    @property
    def fingerprint(self) -> str:
        """The hash stored with an index."""
        return _fingerprint(Path(self._model), self._query_prefix, self._passage_prefix)

    def passages(self, texts: Sequence[str], progress: Progress = no_progress) -> Vectors:
        """Embed passages; shape (len(texts), dimension)."""
        model = self.llama_index_embedding()
        rows: list[list[float]] = []
        for begin in range(0, len(texts), _BATCH):
            rows += model.get_text_embedding_batch(list(texts[begin : begin + _BATCH]))
            progress("embed", len(rows), len(texts))
        return np.asarray(rows, np.float32).reshape(len(texts), -1)

    def query(self, text: str) -> Vectors:
        """Embed a question; shape (dimension,)."""
        return np.asarray(self.llama_index_embedding().get_query_embedding(text), np.float32)

    def llama_index_embedding(self) -> BaseEmbedding:
        """Return the LlamaIndex embedding, loading the model on first use."""
        with self._lock:
            if self._loaded is None:
                with IMPORTING:
                    from llama_index.embeddings.huggingface import HuggingFaceEmbedding

                try:
                    self._loaded = HuggingFaceEmbedding(
                        model_name=self._model,
                        query_instruction=self._query_prefix,
                        text_instruction=self._passage_prefix,
                        embed_batch_size=_BATCH,
                        device="cpu",
                        local_files_only=Path(self._model).is_dir(),
                    )
                except (OSError, ValueError) as error:
                    raise ModelError(f"the embedding model {self._model} cannot be loaded: {error}") from error
            return self._loaded


def _fingerprint(model: Path, query_prefix: str, passage_prefix: str) -> str:
    """Hash what determines the vectors: the weights by their file's size and head, the tokeniser, the prefixes."""
    digest = hashlib.sha256(f"{query_prefix}\0{passage_prefix}\0".encode())
    if not model.is_dir():
        digest.update(str(model).encode())
        return digest.hexdigest()[:16]
    for name in ("config.json", "model.safetensors", "tokenizer.json"):
        path = model / name
        if path.is_file():
            with path.open("rb") as stream:
                digest.update(f"{name}\0{path.stat().st_size}\0".encode() + stream.read(1 << 20))
    return digest.hexdigest()[:16]

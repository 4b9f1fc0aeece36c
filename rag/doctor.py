"""What is installed, which models are in use, how the archive is, what is wrong, and what to do about it."""

from __future__ import annotations

import platform
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from rag import __version__
from rag.errors import BaowenError
from rag.settings import Settings

_PACKAGES = ("llama-index-core", "sentence-transformers", "gradio", "faiss-cpu", "xllamacpp", "onnxruntime", "torch")
_MILVUS = ("pymilvus", "milvus-lite")
_LOW_DISK = 2 * 10**9


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. An empty `remedy` means that it is well."""

    subject: str
    state: str
    remedy: str = ""


def examine(settings: Settings) -> tuple[Finding, ...]:
    """Look at everything and return what was found, in the order in which it matters."""
    looks: tuple[Callable[[Settings], Iterator[Finding]], ...] = (_program, _disk, _embedder, _language_model, _archive)
    return tuple(finding for look in looks for finding in look(settings))


def _program(settings: Settings) -> Iterator[Finding]:
    yield Finding("baowen", f"{__version__}, Python {platform.python_version()}, {platform.platform()}")
    for package in _PACKAGES:
        try:
            yield Finding(package, version(package))
        except PackageNotFoundError:
            yield Finding(package, "not installed", "run `make setup`")
    for package in _MILVUS if settings.index == "milvus" else ():
        try:
            yield Finding(package, version(package))
        except PackageNotFoundError:
            yield Finding(package, "not installed", "install baowen[milvus], or set BAOWEN_INDEX=local")


def _disk(settings: Settings) -> Iterator[Finding]:
    folder = settings.home
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    remedy = "free some space: an ingest needs about 20 kB an article" if free < _LOW_DISK else ""
    yield Finding("disk", f"{free / 1e9:.1f} GB free at {settings.home}", remedy)


def _embedder(settings: Settings) -> Iterator[Finding]:
    from rag.embedding import open_embedder

    try:
        embedder = open_embedder(settings)
        engine = type(embedder).__name__.removesuffix("Embedder")
        yield Finding("embedding model", f"{embedder.name}, {embedder.dimension} dimensions, {engine}")
    except BaowenError as error:
        remedy = "see that its server runs" if settings.embedding_base_url else "run `baowen models pull`"
        yield Finding("embedding model", str(error), remedy)


def _language_model(settings: Settings) -> Iterator[Finding]:
    from rag.llm import open_llm

    if settings.llm == "none":
        yield Finding("language model", "none: answers are source sentences")
        return
    try:
        model = open_llm(settings)
        if model is None:
            return
        if settings.llm == "openai":
            for _delta in model.stream("", "1", max_tokens=1):
                break
            yield Finding("language model", f"{model.name} at {settings.llm_base_url} answers")
        else:
            yield Finding("language model", f"{model.name}, embedded")
    except BaowenError as error:
        first = "see that its server runs" if settings.llm == "openai" else "run `baowen models pull`"
        yield Finding("language model", str(error), f"{first}, or set BAOWEN_LLM=none")


def _archive(settings: Settings) -> Iterator[Finding]:
    from rag.archive import open_archive
    from rag.embedding import open_embedder
    from rag.index.engines import open_index

    try:
        archive = open_archive(settings.database or settings.home)
    except BaowenError as error:
        yield Finding("archive", str(error), "restore a backup with `baowen archive restore`")
        return
    try:
        count = archive.count()
        remedy = "" if count else "run `baowen ingest FOLDER`"
        newest = archive.newest_date()
        yield Finding("archive", f"{count} articles in {settings.home}, newest edition {newest or 'unknown'}", remedy)
        archive.check_embedder(open_embedder(settings))
        index = open_index(settings, archive)
        yield Finding("index", f"{settings.index}, in step with the archive, {archive.passage_count()} passages")
        index.close()
    except BaowenError as error:
        remedy = "see to what it says" if settings.index == "milvus" else "run `baowen archive rebuild`"
        yield Finding("index", str(error), remedy)
    finally:
        archive.close()

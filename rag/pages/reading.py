"""The way in: files and folders of pages become `Page`s of articles, and `Skip`s with reasons."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from rag.errors import InputError
from rag.pages.articles import make_articles
from rag.pages.columns import rejoined
from rag.pages.decode import decode
from rag.pages.editions import SUFFIXES, edition_from_path, find_files, merged
from rag.pages.lines import text_lines
from rag.pages.pdf import read_pdf
from rag.pages.pieces import text_pieces
from rag.pages.ready import make_page, read_ready
from rag.pages.rereading import read_pieces
from rag.schema import Article, Edition, Page, Skip

_MAX_BYTES = 64_000_000


def read_file(path: Path, *, given: Edition = Edition(), root: Path | None = None) -> Iterator[Page | Skip]:
    """Yield the pages of one file: one for a page file, several for ready articles (`.jsonl`).

    `given` is what the caller knows of the edition; `root` is the folder the file was found under, by which it is named.

    Raises:
        InputError: the file cannot be used at all.
    """
    source = path.relative_to(root).as_posix() if root is not None and path.is_relative_to(root) else path.name
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        kinds = ", ".join(sorted(SUFFIXES))
        raise InputError(f"{source} is of a kind that cannot be read; use one of {kinds}.")
    edition = merged(given, edition_from_path(path, root))
    if suffix == ".jsonl":
        yield from read_ready(path, source, edition)
        return
    data = _read_bytes(path, source)
    if suffix == ".pdf":
        yield from read_pdf(data, source, edition)
        return
    decoded = decode(data, source)
    yield make_page(text_articles(decoded.text, source, edition), source, decoded.notes)


def text_articles(text: str, source: str, edition: Edition) -> list[Article]:
    """Return the articles of an extracted page.

    Raises:
        InputError: there is no text.
    """
    lines = rejoined(text_lines(text))
    if not lines:
        raise InputError(f"{source} is empty.")
    return make_articles(read_pieces(text_pieces(lines)), edition)


def read_paths(paths: Sequence[Path]) -> Iterator[Page | Skip]:
    """Yield every page of the files and folders `paths`, continuations joined; a file that cannot be used is a skip.

    Raises:
        InputError: a path does not exist, or a manifest cannot be read.
    """
    for file in find_files(paths):
        try:
            yield from read_file(file.path, given=file.edition, root=file.root)
        except InputError as error:
            yield Skip(str(file.path), str(error))


def _read_bytes(path: Path, source: str) -> bytes:
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise InputError(f"{source} is larger than {_MAX_BYTES // 1_000_000} MB; split it into pages.")
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{source} cannot be read: {error.strerror or error}.") from error

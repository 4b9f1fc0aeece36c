"""The way in: files and folders of pages become `Page`s of articles, and `Skip`s with reasons."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from rag.errors import InputError
from rag.pages.articles import make_articles
from rag.pages.columns import rejoined
from rag.pages.continuations import joined
from rag.pages.decode import Decoded, decode
from rag.pages.editions import SUFFIXES, SourceFile, edition_from_path, find_files, merged
from rag.pages.folio import inferred_date, without_folio
from rag.pages.lines import text_lines
from rag.pages.markup import Block, docx_blocks, html_blocks, markdown_blocks, read_blocks
from rag.pages.order import in_reading_order
from rag.pages.pdf import sheets
from rag.pages.pieces import text_pieces
from rag.pages.ready import make_page, read_ready
from rag.pages.rereading import Reading, read_pieces
from rag.pages.typeset import typeset_pieces
from rag.schema import Edition, Page, Skip

_UNKNOWN = Edition()
_MAX_BYTES = 64_000_000
# A full broadsheet page of small type has some 15,000.
_MAX_CHARACTERS = 40_000
_MAX_FILE_CHARACTERS = 3_000_000


def read_file(path: Path, *, given: Edition = _UNKNOWN, root: Path | None = None) -> Iterator[Page | Skip]:
    """Yield the pages of one file: one for a page file, several for a long PDF or ready articles (`.jsonl`).

    `given` is what the caller knows of the edition; `root` is the folder the file was found under and is named from.

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
    elif suffix == ".pdf":
        yield from _pdf_pages(_read_bytes(path, source), source, edition)
    elif suffix == ".docx":
        blocks = docx_blocks(_read_bytes(path, source), source)
        yield _page(read_blocks(_checked(blocks, source)), source, edition)
    else:
        yield from _written_pages(decode(_read_bytes(path, source), source), suffix, source, edition)


def read_paths(paths: Sequence[Path]) -> Iterator[Page | Skip]:
    """Yield every page of the files and folders `paths`, continuations joined; a file that cannot be used is a skip.

    Raises:
        InputError: a path does not exist, or a manifest cannot be read.
    """
    yield from read_sources(find_files(paths))


def read_sources(files: Iterable[SourceFile]) -> Iterator[Page | Skip]:
    """Yield every page of `files`, continuations joined; a file that cannot be used is a skip."""
    yield from joined(separate_pages(files))


def separate_pages(files: Iterable[SourceFile]) -> Iterator[Page | Skip]:
    """Yield every page of `files`, continuations apart as they are printed; a file that cannot be used is a skip."""
    for file in files:
        try:
            yield from read_file(file.path, given=file.edition, root=file.root)
        except InputError as error:
            yield Skip(str(file.path), str(error))


def _written_pages(decoded: Decoded, suffix: str, source: str, edition: Edition) -> Iterator[Page]:
    """Yield the pages of a text (one to each form feed), HTML or Markdown file."""
    if len(decoded.text) > _MAX_FILE_CHARACTERS:
        raise InputError(f"{source} has {len(decoded.text):,} characters, more than a newspaper edition; split it.")
    if suffix in {".txt", ".text"}:
        texts = [text for text in decoded.text.split("\f") if text.strip()]
        if not texts:
            raise InputError(f"{source} has no text.")
        for number, text in enumerate(texts, 1):
            yield _text_page(text, source if len(texts) == 1 else f"{source}#{number}", edition, decoded.notes)
        return
    blocks = markdown_blocks(decoded.text) if suffix in {".md", ".markdown"} else html_blocks(decoded.text)
    yield _page(read_blocks(_checked(blocks, source)), source, edition, decoded.notes)


def _checked(blocks: Sequence[Block], source: str) -> Sequence[Block]:
    if not blocks:
        raise InputError(f"{source} has no text.")
    if sum(len(block.text) for block in blocks) > _MAX_CHARACTERS:
        raise InputError(
            f"{source} has more than {_MAX_CHARACTERS:,} characters, more than a newspaper edition; split it."
        )
    return blocks


def _text_page(text: str, source: str, edition: Edition, notes: tuple[str, ...]) -> Page:
    if len(text) > _MAX_CHARACTERS:
        raise InputError(f"{source} has {len(text):,} characters, more than a newspaper page; split it into pages.")
    lines, said = without_folio(text_lines(text))
    lines = rejoined(lines)
    if not lines:
        raise InputError(f"{source} has no text.")
    return _page(read_pieces(text_pieces(lines)), source, merged(edition, said), notes)


def _page(reading: Reading, source: str, edition: Edition, notes: tuple[str, ...] = ()) -> Page:
    articles = make_articles(reading, edition)
    if not articles:
        raise InputError(f"{source} has no text.")
    if not edition.date:
        edition = merged(edition, inferred_date([article.body for article in articles]))
        articles = [replace(article, edition=edition) for article in articles]
    doubtful = sum(article.confidence < 0.6 for article in articles)
    if doubtful:
        notes = (*notes, f"{doubtful} of {len(articles)} articles are doubtful: see them with `baowen pages inspect`")
    return make_page(articles, source, notes)


def _pdf_pages(data: bytes, source: str, edition: Edition) -> Iterator[Page | Skip]:
    found = False
    for number, count, sheet in sheets(data, source):
        name = source if count == 1 else f"{source}#{number}"
        if isinstance(sheet, InputError):
            if count == 1:
                raise sheet
            yield Skip(name, str(sheet))
            continue
        lines, said = without_folio(in_reading_order(sheet))
        if not lines:
            continue
        own = edition
        if count > 1:
            # One file of several sheets: the page number of the path is not each sheet's.
            own = merged(
                Edition(
                    paper=edition.paper, date=edition.date, paper_from=edition.paper_from, date_from=edition.date_from
                ),
                said,
            )
            own = merged(own, Edition(page=str(number), page_from="inferred"))
        found = True
        yield _page(read_pieces(typeset_pieces(lines)), name, merged(own, said))
    if not found:
        raise InputError(f"{source} has no text.")


def _read_bytes(path: Path, source: str) -> bytes:
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise InputError(f"{source} is larger than {_MAX_BYTES // 1_000_000} MB; split it into pages.")
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{source} cannot be read: {error.strerror or error}.") from error

"""PDF pages: born digital ones by their layout; scanned ones by optical character recognition, where that is installed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rag.errors import InputError
from rag.pages.articles import make_articles
from rag.pages.layout import print_lines, sheet_glyphs
from rag.pages.lines import Line
from rag.pages.ready import make_page
from rag.pages.rereading import read_pieces
from rag.pages.typeset import typeset_pieces
from rag.schema import Edition, Page, Skip

MAX_SHEETS = 200


def read_pdf(data: bytes, source: str, edition: Edition) -> Iterator[Page | Skip]:
    """Yield a page for every sheet with text.

    Raises:
        InputError: the file is damaged, locked, too long, or holds pictures of text only.
    """
    document = _open(data, source)
    try:
        count = len(document)
        if count > MAX_SHEETS:
            raise InputError(f"{source} has {count} sheets; at most {MAX_SHEETS} are read at once, so split it.")
        for index in range(count):
            lines = _sheet_lines(document, index)
            if lines:
                name = source if count == 1 else f"{source}#{index + 1}"
                articles = make_articles(read_pieces(typeset_pieces(lines)), edition)
                yield make_page(articles, name)
    finally:
        document.close()


def _open(data: bytes, source: str) -> Any:
    import pypdfium2

    try:
        return pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        raise InputError(f"{source} cannot be opened as PDF: {error}.") from error


def _sheet_lines(document: Any, index: int) -> list[Line]:
    sheet = document[index]
    try:
        return print_lines(sheet_glyphs(sheet), index)
    finally:
        sheet.close()

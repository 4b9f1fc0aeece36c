"""The lines of PDF sheets: by their layout where the PDF is born digital, by OCR where it is a scan."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rag.errors import InputError
from rag.pages.layout import print_lines, sheet_glyphs
from rag.pages.lines import Line
from rag.pages.ocr import recognised_lines

MAX_SHEETS = 120
# A sheet with fewer characters than this and a picture on it is taken for a scan.
_SCAN_CHARACTERS = 30
_MAX_OBJECTS = 200_000
_ERRORS = {
    4: "is locked with a password; save it without one",
    5: "uses a protection that cannot be opened; save it without",
}


def sheets(data: bytes, source: str) -> Iterator[tuple[int, int, list[Line] | InputError]]:
    """Yield for every sheet its number from 1, how many there are, and its lines or why it cannot be read.

    Raises:
        InputError: the file is damaged, locked or too long.
    """
    document = _open(data, source)
    try:
        count = len(document)
        if not 0 < count <= MAX_SHEETS:
            raise InputError(f"{source} has {count} sheets; files of 1 to {MAX_SHEETS} are read, so split it.")
        for index in range(count):
            try:
                yield index + 1, count, _sheet_lines(document, index, source)
            except InputError as error:
                yield index + 1, count, error
    finally:
        document.close()


def _open(data: bytes, source: str) -> Any:
    import pypdfium2

    try:
        return pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        reason = _ERRORS.get(getattr(error, "err_code", 0), "is damaged or no PDF")
        raise InputError(f"{source} {reason}.") from error


def _sheet_lines(document: Any, index: int, source: str) -> list[Line]:
    import pypdfium2

    name = f"{source}, sheet {index + 1}"
    try:
        sheet = document[index]
    except pypdfium2.PdfiumError as error:
        raise InputError(f"{name} is damaged.") from error
    try:
        glyphs = sheet_glyphs(sheet)
        unreadable = sum("\ue000" <= glyph.char <= "\uf8ff" or glyph.char == "\ufffd" for glyph in glyphs)
        if len(glyphs) - unreadable < _SCAN_CHARACTERS and (unreadable or _has_picture(sheet)):
            return recognised_lines(sheet, index, source)
        if unreadable * 4 > len(glyphs):
            raise InputError(f"{name} hides which characters its type stands for; scan it, or ask for another PDF.")
        return print_lines(glyphs, index)
    except pypdfium2.PdfiumError as error:
        raise InputError(f"{name} is damaged.") from error
    finally:
        sheet.close()


def _has_picture(sheet: Any) -> bool:
    import pypdfium2.raw as pdfium

    return any(True for _ in sheet.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=3))

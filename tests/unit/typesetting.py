"""Pages made for tests: text wrapped into columns as extractors give it, and born-digital PDF files."""

from __future__ import annotations

import random
import zlib
from collections.abc import Sequence

_NARROW_START = "，。、；：！？”’）》】"


def wrapped(text: str, width: int, indent: int = 2) -> list[str]:
    """Wrap a paragraph as a column does: no line begins with a closing mark, no figure is broken."""
    lines: list[str] = []
    room = width - indent
    while len(text) > room:
        cut = room
        while cut > 1 and (text[cut] in _NARROW_START or (text[cut - 1 : cut + 1].isascii() and text[cut] != " ")):
            cut -= 1
        lines.append(text[:cut])
        text = text[cut:]
        room = width
    return [*lines, text]


def column(paragraphs: Sequence[str], width: int, blank_between: bool) -> list[str]:
    lines: list[str] = []
    for paragraph in paragraphs:
        if lines and blank_between:
            lines.append("")
        lines.extend(wrapped(paragraph, width))
    return lines


def letter_spaced(lines: Sequence[str]) -> list[str]:
    return [" ".join(line) for line in lines]


def doubled(text: str, size: int = 2) -> str:
    return "".join(text[at : at + size] * 2 for at in range(0, len(text), size))


def pdf_bytes(
    sheets: Sequence[Sequence[tuple[float, float, float, str]]], width: float = 800, height: float = 1100
) -> bytes:
    """Return a PDF whose sheets have the given runs of text: (x, baseline from the top, size, text)."""
    objects: list[bytes] = []

    def add(body: bytes) -> int:
        objects.append(body)
        return len(objects)

    catalog = add(b"")
    tree = add(b"")
    described = add(
        b"<< /Type /FontDescriptor /FontName /STSong-Light /Flags 6 /FontBBox [0 -200 1000 900] /ItalicAngle 0"
        b" /Ascent 880 /Descent -120 /CapHeight 700 /StemV 80 >>"
    )
    cid = add(
        b"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /DW 1000 /W [1 95 500]"
        b" /CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 2 >>"
        b" /FontDescriptor %d 0 R >>" % described
    )
    font = add(
        b"<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UCS2-H"
        b" /DescendantFonts [%d 0 R] >>" % cid
    )
    pages = []
    for runs in sheets:
        content = b"\n".join(
            b"BT /F1 %.2f Tf 1 0 0 1 %.2f %.2f Tm <%s> Tj ET"
            % (size, x, height - y, text.encode("utf-16-be").hex().encode())
            for x, y, size, text in runs
        )
        packed = zlib.compress(content)
        stream = add(b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(packed), packed))
        pages.append(
            add(
                b"<< /Type /Page /Parent %d 0 R /MediaBox [0 0 %.2f %.2f] /Contents %d 0 R"
                b" /Resources << /Font << /F1 %d 0 R >> >> >>" % (tree, width, height, stream, font)
            )
        )
    objects[catalog - 1] = b"<< /Type /Catalog /Pages %d 0 R >>" % tree
    kids = b" ".join(b"%d 0 R" % page for page in pages)
    objects[tree - 1] = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, len(pages))
    out = bytearray(b"%PDF-1.7\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer << /Size %d /Root %d 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, catalog, start)
    return bytes(out)


def flowed(
    paragraphs: Sequence[str],
    x: float,
    top: float,
    em: float,
    characters: int,
    lines_a_column: int,
    gutter: float = 1.5,
) -> list[tuple[float, float, float, str]]:
    """Set paragraphs in columns of so many characters and lines, indented by two."""
    runs = []
    at = 0
    for paragraph in paragraphs:
        for number, line in enumerate(wrapped(paragraph, characters)):
            across, down = divmod(at, lines_a_column)
            left = x + across * (characters + gutter) * em + (2 * em if number == 0 else 0)
            runs.append((left, top + 1.45 * em * (down + 1), em, line))
            at += 1
    return runs


def shuffled(seed: int, text: str) -> str:
    lines = text.split("\n")
    random.Random(seed).shuffle(lines)
    return "\n".join(lines)

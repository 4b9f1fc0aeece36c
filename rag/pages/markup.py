"""Pages whose markup says what is a heading: HTML, Markdown, DOCX.

Where there are headings, each article begins at one. Where there are none, the paragraphs are read as a text page is.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rag.errors import InputError
from rag.pages.decode import without_invisible
from rag.pages.lines import Line, is_byline, is_caption, is_credit
from rag.pages.pairing import Pair
from rag.pages.pieces import Body, Caption, Head, Paragraph, Piece, paragraph, text_pieces
from rag.pages.repair import tidy_line
from rag.pages.rereading import Reading, read_pieces

_BLOCKS = frozenset(
    {"address", "article", "blockquote", "body", "br", "caption", "center", "dd", "div", "dl", "dt", "fieldset"}
    | {"figcaption", "figure", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "html", "li", "main"}
    | {"ol", "p", "pre", "section", "table", "td", "th", "tr", "ul"}
)
_NOT_CONTENT = frozenset(
    {"script", "style", "nav", "noscript", "template", "form", "button", "select", "svg", "iframe", "aside", "head"}
    | {"title", "object", "audio", "video"}
)
_HEADING = re.compile("h([1-6])")
_MAX_UNZIPPED = 100_000_000


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph (level 0) or a heading of some level."""

    text: str
    level: int = 0


def html_blocks(text: str) -> list[Block]:
    """Return the headings and paragraphs of an HTML page, scripts, menus and forms left out."""
    from lxml import etree

    root = etree.fromstring(text.encode("utf-8", "replace"), etree.HTMLParser(encoding="utf-8", remove_comments=True))
    if root is None:
        return []
    blocks: list[Block] = []
    words: list[str] = []
    hidden = level = 0

    def close() -> None:
        blocks.extend(_blocks_of("".join(words), level))
        words.clear()

    for event, element in etree.iterwalk(root, events=("start", "end")):
        name = element.tag if isinstance(element.tag, str) else ""
        heading = _HEADING.fullmatch(name)
        if name in _BLOCKS:
            close()
        if event == "start":
            hidden += name in _NOT_CONTENT
            level = int(heading[1]) if heading else level
        else:
            hidden -= name in _NOT_CONTENT
            level = 0 if heading else level
        said = element.text if event == "start" else element.tail
        if said and not hidden:
            # White space in markup separates words; it does not end paragraphs.
            words.append(re.sub(r"\s+", " ", said) if name != "pre" else said)
    close()
    return blocks


def markdown_blocks(text: str) -> list[Block]:
    """Return the headings and paragraphs of a Markdown page."""
    from markdown_it import MarkdownIt

    return html_blocks(MarkdownIt("commonmark", {"html": False}).render(text))


def docx_blocks(data: bytes, source: str) -> list[Block]:
    """Return the headings and paragraphs of a Word document, its tables included.

    Raises:
        InputError: the file is no Word document, is damaged, or unpacks to more than 100 MB.
    """
    from docx import Document
    from docx.opc.exceptions import OpcError
    from lxml.etree import LxmlError

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > _MAX_UNZIPPED:
                raise InputError(f"{source} unpacks to more than {_MAX_UNZIPPED // 1_000_000} MB; it is not read.")
        document = Document(io.BytesIO(data))
        blocks = [block for item in document.iter_inner_content() for block in _docx_item(item)]
    except (
        zipfile.BadZipFile,
        zlib.error,
        OpcError,
        LxmlError,
        KeyError,
        ValueError,
        OSError,
        NotImplementedError,
    ) as error:
        raise InputError(f"{source} cannot be opened as a Word document; save it again as .docx.") from error
    return blocks


def _docx_item(item: Any) -> list[Block]:
    if hasattr(item, "rows"):
        return [block for row in item.rows for cell in row.cells for block in _blocks_of(cell.text, 0)]
    style = item.style.name if item.style is not None else ""
    match = re.fullmatch(r"(?:Heading|标题) ?(\d)", style or "")
    level = 1 if style in {"Title", "标题"} else int(match[1]) if match else 0
    return _blocks_of(item.text, level)


def _blocks_of(text: str, level: int) -> list[Block]:
    lines = (tidy_line(without_invisible(line)) for line in text.splitlines())
    blocks = [Block(line, level) for line in lines if line]
    if level and len(blocks) > 1:
        return [Block(" ".join(block.text for block in blocks), level)]
    return blocks


def read_blocks(blocks: Sequence[Block]) -> Reading:
    """Return the articles that headings and paragraphs make up."""
    title = _title_level(blocks)
    if not title:
        lines = [Line(block.text, (number,)) for number, block in enumerate(blocks, 1)]
        return read_pieces(text_pieces(lines))
    pieces: list[Piece] = []
    pairs: list[Pair] = []
    head: list[Line] = []
    names: list[Line] = []
    body: list[Paragraph] = []

    def close() -> None:
        if head and body:
            pairs.append(Pair(len(pieces) + 1, len(pieces), 1.0, 1.0))
        if head or names:
            pieces.append(Head(tuple(head), tuple(names)))
        if body:
            pieces.append(Body(tuple(body)))
        head.clear()
        names.clear()
        body.clear()

    for number, block in enumerate(blocks, 1):
        line = Line(block.text, (number,))
        if 0 < block.level < title:
            continue  # the page's or the section's name
        if block.level == title:
            if body:
                close()
            head.append(line)
        elif block.level:
            body.append(paragraph([line], subhead=True))
        elif is_byline(block.text) or is_credit(block.text):
            names.append(line)
        elif is_caption(block.text) and not body:
            pieces.append(Caption((line,)))
        else:
            body.append(paragraph([line]))
    close()
    return Reading(tuple(pieces), tuple(pairs))


def _title_level(blocks: Sequence[Block]) -> int:
    """Return the level of the headings that begin articles, 0 when there are no headings.

    A single heading with text of its own is a title, and those under it are subheads; one without is the page's name.
    """
    levels = [block.level for block in blocks]
    present = sorted({level for level in levels if level})
    for level in present:
        if levels.count(level) > 1 or level == present[-1]:
            return level
        at = levels.index(level)
        if at + 1 < len(levels) and not levels[at + 1]:
            return level
    return 0

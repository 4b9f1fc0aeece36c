"""The pieces of a page in reading order: heads, bodies, captions and notices, before they are put together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from rag.pages.labels import Role, label
from rag.pages.lines import Line, is_caption, is_credit, opens_article
from rag.pages.repair import close_head_spaces, close_spaces, join_lines, undoubled


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph or a subhead of a body."""

    text: str
    lines: tuple[Line, ...]
    subhead: bool = False


@dataclass(frozen=True, slots=True)
class Head:
    """Lines that announce an article: section label, kicker, title, subtitle and, at the end, names."""

    lines: tuple[Line, ...]
    names: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Body:
    """The running text of an article, or of a part of one."""

    paragraphs: tuple[Paragraph, ...]
    credit: tuple[Line, ...] = ()

    @property
    def opens(self) -> bool:
        """Whether it begins as only a body can: with a dateline or a continuation mark."""
        return opens_article(self.paragraphs[0].text)


@dataclass(frozen=True, slots=True)
class Caption:
    """Words under a picture."""

    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Notice:
    """An advertisement, a public-service slogan, or an announcement."""

    paragraphs: tuple[Paragraph, ...]


_FIRST_WORDS = 60
# Subheads are set at most so many times as large as the text.
SUBHEAD_SIZE = 1.35

Piece = Head | Body | Caption | Notice


def paragraph(lines: Sequence[Line], *, subhead: bool = False) -> Paragraph:
    """Join the lines of a paragraph or subhead and repair its spaces."""
    joined = join_lines([line.text for line in lines])
    text = close_head_spaces(joined) if subhead else close_spaces(joined)
    return Paragraph(text, tuple(lines), subhead)


def text_pieces(lines: Sequence[Line]) -> list[Piece]:
    """Return the pieces of a text page."""
    pieces: list[Piece] = []
    for run, doubled in notices_apart(lines):
        if doubled:
            pieces.append(Notice(tuple(doubled)))
        else:
            pieces.extend(grouped(run, label(run)))
    return pieces


def _are_first_words(body: Body) -> bool:
    return not (body.credit or body.opens) and len(body.paragraphs) == 1 and len(body.paragraphs[0].text) < _FIRST_WORDS


def notices_apart(lines: Sequence[Line]) -> Iterator[tuple[list[Line], list[Paragraph]]]:
    """Yield runs of ordinary lines, and runs of lines whose glyphs are printed twice as the paragraphs they make."""
    plain: list[Line] = []
    doubled: list[Line] = []
    index = 0
    while index < len(lines):
        taken = _doubled_lines(lines, index, 2 if doubled else 6)
        if taken:
            if plain:
                yield plain, []
                plain = []
            text = "".join(line.text for line in lines[index : index + taken])
            numbers = tuple(n for line in lines[index : index + taken] for n in line.numbers)
            doubled.append(replace(lines[index], text=text, numbers=numbers))
            index += taken
            continue
        if doubled:
            yield [], list(_undoubled_paragraphs(doubled))
            doubled = []
        plain.append(lines[index])
        index += 1
    if doubled:
        yield [], list(_undoubled_paragraphs(doubled))
    if plain:
        yield plain, []


def _doubled_lines(lines: Sequence[Line], index: int, least: int) -> int:
    """Return how many lines from `index` on make up one doubled line, 0 when none does."""
    for count in (1, 2, 3):
        if index + count <= len(lines) and undoubled(
            "".join(line.text for line in lines[index : index + count]), least
        ):
            return count
    return 0


def _undoubled_paragraphs(lines: Sequence[Line]) -> Iterator[Paragraph]:
    for line in lines:
        yield Paragraph(undoubled(line.text, 2) or line.text, (line,))


def grouped(lines: Sequence[Line], roles: Sequence[Role]) -> list[Piece]:
    """Return the pieces that lines with these roles make up."""
    pieces: list[Piece] = []
    for line, role in zip(lines, roles, strict=True):
        if role in {Role.LEAD, Role.PARAGRAPH, Role.MORE, Role.SUBHEAD}:
            _take_body_line(pieces, line, role)
        elif role in {Role.HEAD, Role.HEAD_MORE}:
            if role == Role.HEAD_MORE and pieces and isinstance(pieces[-1], Head) and not pieces[-1].names:
                pieces[-1] = Head((*pieces[-1].lines, line))
            else:
                pieces.append(Head((line,)))
        elif role == Role.NAMES:
            _take_names(pieces, line)
        else:
            pieces.append(Caption((line,)))
    return _first_words_joined([_settled(piece) if isinstance(piece, Body) else piece for piece in pieces])


def _first_words_joined(pieces: Sequence[Piece]) -> list[Piece]:
    """Put the one short paragraph that may stand before a dateline with the body that it opens."""
    out: list[Piece] = []
    for piece in pieces:
        last = out[-1] if out else None
        if isinstance(piece, Body) and isinstance(last, Body) and _are_first_words(last):
            out[-1] = Body(last.paragraphs + piece.paragraphs, piece.credit)
        else:
            out.append(piece)
    return out


def _take_body_line(pieces: list[Piece], line: Line, role: Role) -> None:
    last = pieces[-1] if pieces else None
    if role == Role.LEAD or not any(isinstance(piece, Body) for piece in pieces):
        pieces.append(Body((Paragraph("", (line,)),)))
        return
    if not isinstance(last, Body):
        # Something stands inside a body; the body goes on after it.
        at = max(index for index, piece in enumerate(pieces) if isinstance(piece, Body))
        last = pieces[at]
    else:
        at = len(pieces) - 1
    assert isinstance(last, Body)  # noqa: S101 - narrows the type; `at` was chosen so
    paragraphs = last.paragraphs
    if role == Role.MORE and not paragraphs[-1].subhead:
        paragraphs = (*paragraphs[:-1], replace(paragraphs[-1], lines=(*paragraphs[-1].lines, line)))
    else:
        paragraphs = (*paragraphs, Paragraph("", (line,), subhead=role == Role.SUBHEAD))
    pieces[at] = replace(last, paragraphs=paragraphs)


def _take_names(pieces: list[Piece], line: Line) -> None:
    last = pieces[-1] if pieces else None
    if isinstance(last, Head):
        pieces[-1] = replace(last, names=(*last.names, line))
    elif isinstance(last, Caption):
        pieces[-1] = Caption((*last.lines, line))
    elif isinstance(last, Body) and (is_credit(line.text) or not last.credit):
        if is_caption(last.paragraphs[-1].lines[0].text) and len(last.paragraphs) > 1:
            pieces[-1] = replace(last, paragraphs=last.paragraphs[:-1])
            pieces.append(Caption((*last.paragraphs[-1].lines, line)))
        else:
            pieces[-1] = replace(last, credit=(*last.credit, line))
    else:
        pieces.append(Head((), (line,)))


def _settled(body: Body) -> Body:
    return replace(body, paragraphs=tuple(paragraph(p.lines, subhead=p.subhead) for p in body.paragraphs))

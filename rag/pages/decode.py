"""From bytes to text: the encodings newspaper pages come in, and the characters that are not text."""

from __future__ import annotations

import codecs
import re
import unicodedata
from dataclasses import dataclass

from rag.errors import InputError

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8 with a byte order mark"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
# Controls, zero-width characters, bidirectional marks and surrogates carry no text and can hide it.
_CONTROLS = "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ufff9-\uffff\ud800-\udfff"
_NOT_TEXT = re.compile(f"[{_CONTROLS}\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_CONTROL = re.compile(f"[{_CONTROLS}]")
# A file in which more than one character in this many is a control is taken for a binary one; text copied from the web
# may be full of zero-width characters.
_BINARY_SHARE = 50


@dataclass(frozen=True, slots=True)
class Decoded:
    """The text of a file, and in words how it was read."""

    text: str
    encoding: str
    notes: tuple[str, ...] = ()


def decode(data: bytes, name: str) -> Decoded:
    """Return the text of `data`: UTF-8 or GB18030, with or without a byte order mark, or UTF-16 with one.

    Characters that are not text (controls, zero-width and bidirectional marks) are taken out and counted in a note.

    Raises:
        InputError: the bytes are no text in any of these encodings.
    """
    text, encoding = _decode_bytes(data, name)
    # Some extractors write U+0002 for a hyphen at the end of a line.
    clean, removed = _NOT_TEXT.subn("", re.sub("\x02(?=\r?\n)", "-", text).replace("\r\n", "\n").replace("\r", "\n"))
    if removed and len(_CONTROL.findall(text)) * _BINARY_SHARE > len(text):
        raise InputError(f"{name} is not a text file: it holds binary data; give the page as text, PDF, HTML or DOCX.")
    notes = [f"read as {encoding}"] if encoding != "UTF-8" else []
    if removed:
        notes.append(f"{removed} control or invisible character(s) taken out")
    return Decoded(clean, encoding, tuple(notes))


def without_invisible(text: str) -> str:
    """Return `text` without controls, zero-width characters, bidirectional marks and surrogates."""
    return _NOT_TEXT.sub("", text)


def _decode_bytes(data: bytes, name: str) -> tuple[str, str]:
    for bom, codec, label in _BOMS:
        if data.startswith(bom):
            try:
                return data.decode(codec), label
            except UnicodeDecodeError as error:
                raise InputError(
                    f"{name} says it is {label} but is damaged at byte {error.start}; save it again."
                ) from error
    try:
        return data.decode("utf-8"), "UTF-8"
    except UnicodeDecodeError as utf8_error:
        try:
            text = data.decode("gb18030")
        except UnicodeDecodeError:
            text = ""
        if text and _looks_written(text):
            return text, "GB18030"
        return _mostly_utf8(data, name, utf8_error.start)


def _mostly_utf8(data: bytes, name: str, first: int) -> tuple[str, str]:
    """Read UTF-8 with a few damaged bytes, rather than lose the page to one of them."""
    for codec, label in (("utf-8", "UTF-8"), ("gb18030", "GB18030")):
        text = data.decode(codec, errors="replace")
        damaged = text.count("\ufffd")
        if damaged * 100 <= len(text) and _looks_written(text):
            return text, f"{label} with {damaged} damaged character(s)"
    raise InputError(f"{name} is neither UTF-8 nor GB18030 text (byte {first} fits neither); convert it to UTF-8.")


def _looks_written(text: str) -> bool:
    """Tell text from bytes that happen to decode: most of its characters are in common use in print."""
    sample = text[:4000]
    common = sum(
        "\u4e00" <= char <= "\u9fff" or char.isascii() or unicodedata.category(char)[0] in "PZ" for char in sample
    )
    return common * 10 >= len(sample) * 8

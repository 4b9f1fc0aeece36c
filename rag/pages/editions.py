"""Which files to read, and which paper, day and page each was printed in.

An edition is learnt, in this order, from what the caller gives, from a `manifest.toml` beside the file, from the path
(`荆州日报/2025-07-11/02.txt`), from the page itself (a folio line), or not at all; each field says which.

`manifest.toml`, all fields optional::

    paper = "荆州日报"                  # for every file of this folder and the folders in it
    date = 2025-07-11

    [[pages]]                           # for one file, or for the files that match a pattern
    file = "02.txt"                     # or "*.pdf"
    paper = "荆州日报"
    date = 2025-07-11                   # a date or a string
    page = "2"
    inferred = true                     # the values of this entry are inferred, not known
"""

from __future__ import annotations

import datetime
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal

from rag.errors import InputError
from rag.schema import Edition, Provenance

MANIFEST = "manifest.toml"
SUFFIXES = frozenset({".txt", ".text", ".pdf", ".html", ".htm", ".md", ".markdown", ".docx", ".jsonl"})

_DIGITS = "一二三四五六七八九"
_Field = Literal["paper", "date", "page"]
_FIELDS: tuple[_Field, ...] = ("paper", "date", "page")
_DATE = re.compile(r"(?<!\d)((?:19|20)\d\d)(?:[-_./]?|\s*年\s*)(\d{1,2})(?:[-_./]?|\s*月\s*)(\d{1,2})日?(?!\d)")
_PAGE = re.compile(r"(?:^|[^0-9A-Za-z])(?:第|page|p)?[-_ ]?([A-Za-z]?)0*(\d{1,3})(?:版)?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file to read: where it is, the folder it was found under, and what its manifest says of it."""

    path: Path
    root: Path | None
    edition: Edition


def page_number(text: str) -> str:
    """Return a page number in one form: `02`, `第2版` and `二` are `2`; `a03` is `A3`; empty when there is none."""
    match = re.search(r"([A-Za-z]?)0*(\d{1,3})", text)
    if match:
        return f"{match[1].upper()}{match[2]}"
    numeral = re.search(r"([一二三四五六七八九])?(十)?([一二三四五六七八九])?", text.lstrip("第"))
    if not numeral or not numeral[0]:
        return ""
    tens, ten, units = numeral.groups()
    if not ten:
        return str(_DIGITS.index(tens or units) + 1)
    return str((_DIGITS.index(tens) + 1 if tens else 1) * 10 + (_DIGITS.index(units) + 1 if units else 0))


def iso_date(year: str, month: str, day: str) -> str:
    """Return an ISO date, or an empty string when there is no such day."""
    try:
        return datetime.date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return ""


def merged(*editions: Edition) -> Edition:
    """Return an edition whose every field comes from the first of `editions` that knows it."""
    result = Edition()
    for edition in editions:
        for name in _FIELDS:
            if getattr(edition, name) and not getattr(result, name):
                result = _with(result, name, getattr(edition, name), getattr(edition, f"{name}_from"))
    return result


def edition_from_path(path: Path, root: Path | None) -> Edition:
    """Return what the path says: a date in a folder or file name, the folder above it as the paper, a page number."""
    parts = list(path.parts[-5:])
    inside = set(path.relative_to(root).parts) if root is not None and path.is_relative_to(root) else set(parts)
    edition = Edition()
    stem = path.stem
    at = len(parts) - 1
    for index in range(len(parts) - 1, -1, -1):
        name = stem if index == len(parts) - 1 else parts[index]
        date, rest, first = _date_in(parts[:index], name)
        if date:
            edition = _with(edition, "date", date, "path")
            at = first
            stem = rest if index == len(parts) - 1 else stem
            break
    if edition.date:
        if at > 0 and at < len(parts) and _names_a_paper(parts[at - 1], parts[at - 1] in inside):
            edition = _with(edition, "paper", parts[at - 1], "path")
        match = _PAGE.search(stem)
        if match:
            edition = _with(edition, "page", f"{match[1].upper()}{match[2]}", "path")
    return edition


def _date_in(above: Sequence[str], name: str) -> tuple[str, str, int]:
    """Return the date in `name` (or in it and one or two folders above), what is left, and where it begins."""
    match = _DATE.search(name)
    if match:
        date = iso_date(match[1], match[2], match[3])
        if date:
            return date, (name[: match.start()] + " " + name[match.end() :]).strip(" -_"), len(above)
    for depth in (1, 2):
        joined = "-".join([*above[len(above) - depth :], name]) if len(above) >= depth else ""
        match = re.fullmatch(r"((?:19|20)\d\d)-(\d{1,2})-(\d{1,2})", joined)
        if match and (date := iso_date(match[1], match[2], match[3])):
            return date, "", len(above) - depth
    return "", name, len(above)


def _names_a_paper(name: str, inside: bool) -> bool:
    return bool(re.search(r"[\u4e00-\u9fff]", name)) or (inside and bool(re.search(r"[A-Za-z]{2}", name)))


def _with(edition: Edition, name: _Field, value: str, source: Provenance) -> Edition:
    if name == "paper":
        return replace(edition, paper=value, paper_from=source)
    if name == "date":
        return replace(edition, date=value, date_from=source)
    return replace(edition, page=value, page_from=source)


def find_files(paths: Sequence[Path]) -> Iterator[SourceFile]:
    """Yield the files to read under `paths`, in order: files as they are, folders with all that is in them.

    Hidden files, manifests and (inside folders) files of other kinds are left out.

    Raises:
        InputError: a path does not exist, or a manifest cannot be read.
    """
    manifests: dict[Path, Mapping[str, Any]] = {}
    for path in paths:
        if path.is_dir():
            for file in sorted(path.rglob("*")):
                hidden = any(part.startswith(".") for part in file.relative_to(path).parts)
                if not hidden and file.suffix.lower() in SUFFIXES and file.is_file():
                    yield SourceFile(file, path, _edition_from_manifests(file, path, manifests))
        elif path.exists():
            yield SourceFile(path, None, _edition_from_manifests(path, path.parent, manifests))
        else:
            raise InputError(f"There is no file or folder {path}.")


def _edition_from_manifests(path: Path, root: Path, cache: dict[Path, Mapping[str, Any]]) -> Edition:
    """Return what the manifests of the file's folder and of the folders above it, up to `root`, say; nearest first."""
    found = Edition()
    for folder in path.parents:
        if folder not in cache:
            cache[folder] = _read_manifest(folder / MANIFEST)
        manifest = cache[folder]
        name = path.relative_to(folder).as_posix()
        for entry in manifest.get("pages", []):
            if fnmatchcase(name, str(entry.get("file", ""))):
                found = merged(found, _entry_edition(entry, folder))
        found = merged(found, _entry_edition(manifest, folder))
        if folder == root:
            break
    return found


def _read_manifest(path: Path) -> Mapping[str, Any]:
    if not path.is_file():
        return {}
    try:
        manifest = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"{path} cannot be read as TOML: {error}.") from error
    pages = manifest.get("pages", [])
    if not isinstance(pages, list) or not all(isinstance(entry, dict) and entry.get("file") for entry in pages):
        raise InputError(f'{path}: every [[pages]] entry needs file = "...".')
    return manifest


def _entry_edition(entry: Mapping[str, Any], folder: Path) -> Edition:
    source: Provenance = "inferred" if entry.get("inferred") is True else "manifest"
    date = entry.get("date", "")
    if isinstance(date, str) and date:
        match = _DATE.fullmatch(date.strip())
        date = iso_date(match[1], match[2], match[3]) if match else ""
        if not date:
            raise InputError(f"{folder / MANIFEST}: {entry['date']!r} is not a date; write it as 2025-07-11.")
    edition = Edition()
    values = {"paper": str(entry.get("paper", "")), "date": str(date), "page": page_number(str(entry.get("page", "")))}
    for name in _FIELDS:
        if values[name]:
            edition = _with(edition, name, values[name], source)
    return edition

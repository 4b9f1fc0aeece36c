"""Seals: a file's SHA-256 beside it, so that a flipped bit is seen before it is believed.

A file that is being changed has its seal broken first and is sealed again when it is closed. A broken seal thus means
a program that was killed, and asks for a look at the file's structure; a seal that does not match means damage.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

Condition = Literal["absent", "sound", "open", "damaged"]


def condition(path: Path) -> Condition:
    """Say what the seal of `path` says of it: not there, whole, left open by a killed program, or damaged."""
    if not path.exists():
        return "absent"
    noted = _noted(path)
    if noted.get("open") is True:
        return "open"
    return "sound" if noted.get("sha256") == _sha256(path) else "damaged"


def note(path: Path) -> dict[str, Any]:
    """Return what was written into the seal of `path`."""
    found = _noted(path).get("note")
    return found if isinstance(found, dict) else {}


def break_seal(path: Path) -> None:
    """Note that `path` is about to change."""
    _write(_seal_of(path), {"open": True})


def seal(path: Path, written: dict[str, Any] | None = None) -> None:
    """Note what `path` holds now, and whatever else is `written` into the seal."""
    _write(_seal_of(path), {"sha256": _sha256(path), "note": written or {}})


def remove(path: Path) -> None:
    """Delete `path` with its seal."""
    path.unlink(missing_ok=True)
    _seal_of(path).unlink(missing_ok=True)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield the path of a file to write, which then takes the place of `path`; on an error nothing changes."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        yield part
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold `folder` against other programs that change what is in it."""
    with (folder / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _noted(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(_seal_of(path).read_bytes())
    except (FileNotFoundError, ValueError):
        return {}
    if not isinstance(found, dict):
        return {}
    written = found.pop("self", "")
    text = json.dumps(found, sort_keys=True)
    return found if written == hashlib.sha256(text.encode()).hexdigest() else {}


def _write(path: Path, value: dict[str, Any]) -> None:
    # The note is covered by a hash of its own: a flipped bit in it would not show otherwise.
    text = json.dumps(value, sort_keys=True)
    with replacing(path) as part:
        part.write_text(json.dumps({**value, "self": hashlib.sha256(text.encode()).hexdigest()}))


def _seal_of(path: Path) -> Path:
    return path.with_name(path.name + ".seal")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

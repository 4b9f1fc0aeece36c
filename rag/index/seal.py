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
from typing import Literal

Condition = Literal["absent", "sound", "open", "damaged"]


def condition(path: Path) -> Condition:
    """Say what the seal of `path` says of it: never sealed, whole, left open by a killed program, or damaged."""
    if not path.exists():
        return "absent"
    try:
        noted = json.loads(_seal_of(path).read_bytes())
    except (FileNotFoundError, ValueError):
        return "damaged"
    if noted == {"open": True}:
        return "open"
    return "sound" if noted == {"sha256": _sha256(path)} else "damaged"


def break_seal(path: Path) -> None:
    """Note that `path` is about to change."""
    replace_file(_seal_of(path), json.dumps({"open": True}).encode())


def seal(path: Path) -> None:
    """Note what `path` holds now."""
    replace_file(_seal_of(path), json.dumps({"sha256": _sha256(path)}).encode())


def remove(path: Path) -> None:
    """Delete `path` with its seal."""
    path.unlink(missing_ok=True)
    _seal_of(path).unlink(missing_ok=True)


def replace_file(path: Path, data: bytes) -> None:
    """Put `data` in the place of `path`: the former content or the new one is there, whatever happens."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
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


def _seal_of(path: Path) -> Path:
    return path.with_name(path.name + ".seal")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

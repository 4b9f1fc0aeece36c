"""What the embedded model has read of a constant beginning (an instruction, with its examples if any), kept on disk.

A small model on a CPU takes some ten seconds to read such a beginning. llama.cpp's server writes the state of a slot to a
file and reads it back in milliseconds (`POST /slots/0?action=save` and `restore`), some 30 kB a token. A file that is cut
short ends the process there, and a damaged one makes the model talk nonsense: a file is named by its hash, and looked at
before the server is.
"""

from __future__ import annotations

import contextlib
import json
import secrets
from collections.abc import Sequence
from hashlib import file_digest, sha256
from importlib.metadata import version
from pathlib import Path

from rag.connections import http_client

Shots = Sequence[tuple[str, str]]
_SECONDS = 20.0
# Files of earlier models, versions and examples are removed beyond so many.
_MOST = 12


class PromptStates:
    """The states of one model's slot 0 in `folder`; which beginning the slot holds now is known to this object alone."""

    def __init__(self, folder: Path, model: Path, context: int) -> None:
        self.folder = folder
        found = model.stat()
        # A state is of use to the same model and program only; another would not tell.
        self._of = [str(model.resolve()), found.st_size, found.st_mtime_ns, version("xllamacpp"), context]
        self._held = ""
        self._sound: dict[str, str] = {}

    def restore(self, url: str, key: str, system: str, shots: Shots) -> bool:
        """Return whether the slot holds the beginning, from before or from its file."""
        name = self._name(system, shots)
        if name != self._held:
            file = self._file(name)
            if not file or not self._act("restore", url, key, file):
                self._held = ""
                return False
        self._held = name
        return True

    def save(self, url: str, key: str, system: str, shots: Shots) -> None:
        """Keep the beginning, which the slot has just read and nothing else. A file that cannot be written is let go."""
        name = self._name(system, shots)
        half = self.folder / f"{name}.{secrets.token_hex(4)}"
        self._held = name
        if self._act("save", url, key, half.name):
            with contextlib.suppress(OSError):
                half.replace(self.folder / f"{name}-{_hash(half)}")
                files = sorted(self.folder.iterdir(), key=lambda file: file.stat().st_mtime, reverse=True)
                for file in files[_MOST:]:
                    file.unlink()

    def _file(self, name: str) -> str:
        """Return the name of a sound file of the beginning called `name`; empty when there is none."""
        if name not in self._sound:
            with contextlib.suppress(OSError):
                for file in self.folder.glob(f"{name}-*"):
                    if file.name == f"{name}-{_hash(file)}":
                        self._sound[name] = file.name
                    else:
                        file.unlink()
        return self._sound.get(name, "")

    def _name(self, system: str, shots: Shots) -> str:
        return sha256(json.dumps([self._of, system, list(shots)]).encode()).hexdigest()[:32]

    def _act(self, action: str, url: str, key: str, name: str) -> bool:
        import httpx

        headers = {"authorization": f"Bearer {key}"}
        try:
            with http_client(url, _SECONDS) as client:
                address = f"{url.removesuffix('/v1')}/slots/0?action={action}"
                return client.post(address, json={"filename": name}, headers=headers).is_success
        except httpx.HTTPError:
            return False


def _hash(file: Path) -> str:
    with file.open("rb") as content:
        return file_digest(content, "sha256").hexdigest()[:32]

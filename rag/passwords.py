"""Passwords as they are kept in settings: scrypt with its own salt, as RFC 7914 describes it."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
from typing import Final

from rag.errors import InputError

# 2**14 blocks of 8 x 128 bytes: 16 MiB and a twentieth of a second for one guess on one core.
_N: Final = 2**14
_R: Final = 8
_P: Final = 1
_SALT_BYTES: Final = 16
_KEY_BYTES: Final = 32
_MAX_MEMORY: Final = 64 * 1024 * 1024
_MIN_LENGTH: Final = 8
_MAX_LENGTH: Final = 1024


def hash_password(password: str) -> str:
    """Return what the setting `password_hash` holds for `password`.

    Raises:
        InputError: the password is too short or too long.
    """
    if not _MIN_LENGTH <= len(password) <= _MAX_LENGTH:
        raise InputError(f"the password has {len(password)} characters; use {_MIN_LENGTH} to {_MAX_LENGTH}.")
    salt = os.urandom(_SALT_BYTES)
    key = _derive(password, salt, _N, _R, _P)
    return "$".join(("scrypt", str(_N), str(_R), str(_P), _text(salt), _text(key)))


def check_password(password: str, stored: str) -> bool:
    """Return whether `stored` was made from `password`.

    Raises:
        InputError: `stored` is not what `baowen password` prints.
    """
    if len(password) > _MAX_LENGTH:
        return False
    n, r, p, salt, key = _parse(stored)
    return hmac.compare_digest(_derive(password, salt, n, r, p), key)


def check_stored(stored: str) -> None:
    """Make sure that `stored` can be compared with.

    Raises:
        InputError: it is not what `baowen password` prints.
    """
    _parse(stored)


def _derive(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    data = password.encode("utf-8", "surrogatepass")
    return hashlib.scrypt(data, salt=salt, n=n, r=r, p=p, maxmem=_MAX_MEMORY, dklen=_KEY_BYTES)


def _parse(stored: str) -> tuple[int, int, int, bytes, bytes]:
    try:
        name, n, r, p, salt, key = stored.split("$")
        if name != "scrypt":
            raise ValueError(name)
        cost = int(n), int(r), int(p)
        if not (1 < cost[0] <= 2**16 and 0 < cost[1] <= 8 and 0 < cost[2] <= 4):
            raise ValueError(n)
        return *cost, base64.b64decode(salt, validate=True), base64.b64decode(key, validate=True)
    except (ValueError, binascii.Error):
        raise InputError("BAOWEN_PASSWORD_HASH cannot be read; run `baowen password` and set what it prints.") from None


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")

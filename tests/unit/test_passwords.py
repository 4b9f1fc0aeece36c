from __future__ import annotations

import pytest

from rag.errors import InputError
from rag.passwords import check_password, check_stored, hash_password


def test_the_right_password_fits_and_no_other():
    stored = hash_password("报纸-secret-1")
    assert check_password("报纸-secret-1", stored)
    assert not check_password("报纸-secret-2", stored)
    assert not check_password("", stored)
    assert not check_password("x" * 5000, stored)


def test_the_password_is_not_in_what_is_stored_and_no_two_are_alike():
    one, other = hash_password("correct horse"), hash_password("correct horse")
    assert "correct" not in one
    assert one != other


@pytest.mark.parametrize("password", ["", "short", "x" * 1025])
def test_a_bad_password_is_refused(password: str):
    with pytest.raises(InputError, match="characters"):
        hash_password(password)


@pytest.mark.parametrize(
    "stored",
    [
        "",
        "plain",
        "bcrypt$1$2$3$YQ==$YQ==",
        "scrypt$x$8$1$YQ==$YQ==",
        "scrypt$999999999$8$1$YQ==$YQ==",
        "scrypt$16384$8$1$?$?",
    ],
)
def test_what_is_no_hash_is_named(stored: str):
    with pytest.raises(InputError, match="baowen password"):
        check_stored(stored)

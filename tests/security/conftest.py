"""A served desk for the security tests."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from rag.passwords import hash_password
from rag.service import Service
from tests.newsroom import seed_service, served

PASSWORD = "correct horse"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    opened = seed_service(tmp_path_factory.mktemp("archive"), upload_mb=1)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def address(service: Service) -> Iterator[str]:
    with served(service) as where:
        yield where


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve a desk that wants a password."""
    opened = seed_service(
        tmp_path_factory.mktemp("locked"), user="editor", password_hash=hash_password(PASSWORD), mcp=True
    )
    with served(opened) as where:
        yield where
    opened.close()


@pytest.fixture
def client(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address, timeout=30) as opened:
        yield opened

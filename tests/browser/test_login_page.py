"""The login, as a reader meets it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rag.passwords import hash_password
from tests.browser.conftest import QUESTION, ask
from tests.newsroom import seed_service, served

PASSWORD = "correct horse"


def test_nothing_is_seen_before_the_login_and_everything_works_after_it(visit: Any, tmp_path: Path):
    service = seed_service(tmp_path, user="editor", password_hash=hash_password(PASSWORD))
    with served(service) as where:
        page = visit(where, wait=False)
        password = page.locator("input[type=password]")
        password.wait_for()
        assert "荆州" not in page.content()
        name = page.locator("input:not([type=password])").first
        name.fill("editor")
        password.fill("wrong horse")
        password.press("Enter")
        page.wait_for_timeout(1500)
        assert page.locator("#past").count() == 0
        name.fill("editor")
        password.fill(PASSWORD)
        password.press("Enter")
        page.locator("#past .welcome").wait_for()
        assert "120人次" in ask(page, QUESTION).locator(".answer").inner_text()
    service.close()

"""The desk under a path of a reverse proxy, as a reader meets it: the login, a question, a citation, a reload."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rag.passwords import hash_password
from tests.browser.conftest import QUESTION, ask
from tests.newsroom import seed_service, served
from tests.reverse_proxy import PUBLIC, proxied

PREFIX = "/paper/baowen"
PASSWORD = "correct horse"


def test_everything_works_under_a_path(visit: Any, tmp_path: Path):
    service = seed_service(
        tmp_path,
        user="editor",
        password_hash=hash_password(PASSWORD),
        root_path=PREFIX,
        public_hosts=(PUBLIC,),
        trusted_proxies=("127.0.0.1",),
    )
    refused: list[str] = []
    with served(service) as behind, proxied(behind, PREFIX, strip=True, host="kept", says=True) as public:
        page = visit(public.removesuffix(PREFIX), f"{PREFIX}/", wait=False)
        page.on("response", lambda answer: answer.status >= 400 and refused.append(f"{answer.status} {answer.url}"))
        page.locator("input[type=password]").wait_for()
        page.locator("input:not([type=password])").first.fill("editor")
        page.locator("input[type=password]").fill(PASSWORD)
        page.locator("input[type=password]").press("Enter")
        page.locator("#past .welcome").wait_for()
        for _ in range(2):
            assert "120人次" in ask(page, QUESTION).locator(".answer").inner_text()
        page.locator("#past .turn .cite").first.click()
        page.locator("#reader #cited").wait_for()
        assert f"{PREFIX}/?" in page.url
        page.reload()
        page.locator("#past .turn").nth(1).wait_for()
    service.close()
    assert refused == []

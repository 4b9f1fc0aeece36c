"""Chromium for the browser tests. They are skipped, with the reason, where it or playwright is not installed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rag.service import Service
from tests.newsroom import seed_service, served

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install playwright")
    if not CHROMIUM.exists():
        pytest.skip(f"there is no {CHROMIUM}: install Debian's chromium, or name another in CHROMIUM")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    opened = seed_service(tmp_path_factory.mktemp("archive"))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def address(service: Service) -> Iterator[str]:
    with served(service) as where:
        yield where


Visit = Callable[..., Any]


@pytest.fixture
def visit(chromium: Any, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """Open a page of the desk in a new browser profile. Scripts that fail and requests to elsewhere fail the test."""
    contexts: list[Any] = []
    faults: list[str] = []

    def open_page(
        where: str, path: str = "/", *, width: int = 1280, height: int = 800, wait: bool = True, **options: Any
    ) -> Any:
        context = chromium.new_context(viewport={"width": width, "height": height}, **{"locale": "zh-CN", **options})
        contexts.append(context)
        context.grant_permissions(["clipboard-read", "clipboard-write"], origin=where)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(f"script: {error}"))
        page.on("dialog", lambda dialog: (faults.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("request", lambda asked: _elsewhere(asked.url, where) and faults.append(f"request: {asked.url}"))
        page.goto(where + path)
        if wait:
            page.locator("#past .welcome, #past .turn").first.wait_for(timeout=30_000)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert faults == []


def _elsewhere(url: str, where: str) -> bool:
    return not url.startswith((where, "data:", "blob:"))


QUESTION = "“莲心办”服务累计下沉干部多少人次？"


def ask(page: Any, question: str) -> Any:
    """Type a question, send it, and return its finished turn."""
    turns = page.locator("#past .turn").count()
    page.locator("#question textarea").fill(question)
    page.keyboard.press("Enter")
    turn = page.locator("#past .turn").nth(turns)
    turn.wait_for(timeout=30_000)
    return turn


def open_tab(page: Any, number: int) -> None:
    """Show one of the tabs, counted from 0."""
    page.locator('#tabs [role="tab"]').nth(number).click()

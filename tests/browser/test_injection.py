"""Sixty payloads in every place that text comes from: none becomes script, markup, an image, a link or a request."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from rag.protocols import Cancelled, Delta
from rag.service import Service
from tests.browser.conftest import open_tab
from tests.newsroom import seed_service, served
from tests.payloads import PAYLOADS

DAY = "2025-05-05"
# What our own markup and Gradio's never hold inside the panels.
FOREIGN = "script, img, iframe, object, embed, link, style, meta, base, video, audio, math, marquee, template, a"


class Parrot:
    """A model that answers with markup."""

    name = "<img src=x onerror=alert(1)>"

    def stream(self, system: str, user: str, *, cancelled: Cancelled | None = None, **_: Any) -> Iterator[Delta]:
        yield Delta("".join(PAYLOADS[:12]))

    def close(self) -> None: ...


def poisoned(folder: Path) -> Path:
    """Return a file of ready articles with a payload in every field of each."""
    rows = [
        {
            "id": f"x{number}",
            "title": f"毒{number}号{payload}",
            "body": f"第{number}号麦田{payload}今日收割完毕，共有小麦三百亩。\n{payload}\n",
            "author": payload,
            "source": f"县报{payload}"[:60],
            "date": DAY,
            "section": payload,
        }
        for number, payload in enumerate(PAYLOADS)
    ]
    path = folder / "poison.jsonl"
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    opened = seed_service(tmp_path_factory.mktemp("archive"), seeds=False, llm=Parrot())
    report = opened.ingest([poisoned(tmp_path_factory.mktemp("files"))])
    assert report.articles == len(PAYLOADS)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def address(service: Service) -> Iterator[str]:
    with served(service) as where:
        yield where


def assert_clean(page: Any) -> None:
    """The page's own panels hold no foreign element and no handler; `visit` checks scripts, dialogs and requests."""
    foreign = page.evaluate(
        """selector => [...document.querySelectorAll('[id^="html-"], #tip, .toast-wrap')].flatMap(panel =>
          [...panel.querySelectorAll(selector)].map(one => one.outerHTML.slice(0, 200)))""",
        FOREIGN,
    )
    assert foreign == []
    handlers = page.evaluate(
        """() => [...document.querySelectorAll('[id^="html-"] *, #tip *')].flatMap(one =>
          [...one.attributes].filter(attribute => /^(on.*|style|href|src|action|srcdoc)$/.test(attribute.name))
            .map(attribute => one.outerHTML.slice(0, 200)))"""
    )
    assert handlers == []


def test_questions_and_answers(visit: Any, address: str):
    page = visit(address)
    assert_clean(page)
    for payload in PAYLOADS[::6]:
        page.locator("#question textarea").fill(f"第3号麦田收割了多少亩小麦？{payload}"[:400])
        page.keyboard.press("Enter")
        turns = page.locator("#past .turn").count()
        page.wait_for_function("count => document.querySelectorAll('#past .turn').length > count", arg=turns)
        assert_clean(page)
    page.locator(".sidebar .toggle-button").click()
    page.locator("#history .conversation").first.wait_for()
    assert_clean(page)
    page.reload()
    page.locator("#past .turn").first.wait_for()
    assert_clean(page)


def test_every_article_as_it_is_read(visit: Any, address: str, service: Service):
    page = visit(address)
    for article in service.archive.edition_articles(DAY)[::4]:
        page.evaluate("([id]) => window.baowen.bus('open', {open: id, start: 0, end: 30})", [article.id])
        page.wait_for_function(
            "id => document.querySelector('#reader .printed')?.dataset.article === id", arg=article.id
        )
        assert page.locator("#reader h2").text_content() == article.title
        assert_clean(page)


def test_digest_library_and_proofs(visit: Any, address: str):
    page = visit(address)
    open_tab(page, 1)
    page.locator("#digest-make").click()
    page.locator(".exports").wait_for(timeout=120_000)
    assert_clean(page)
    open_tab(page, 2)
    for number in range(0, page.locator("#shelf .edition").count(), 12):
        page.locator("#shelf .edition").nth(number).click()
        page.wait_for_timeout(300)
        assert_clean(page)
    page.locator("#contents [data-settle]").first.click()
    page.locator("#proof-save").wait_for()
    page.locator("#proof-remove").click()
    page.locator("#confirm-question").wait_for()
    assert_clean(page)
    page.locator("#remove-edition").click()
    assert_clean(page)


def test_file_names_and_errors(visit: Any, address: str, tmp_path: Path):
    page = visit(address)
    open_tab(page, 2)
    name = "<img src=x onerror=alert(1)>.txt"
    (tmp_path / name).write_text("", encoding="utf-8")
    page.locator("#upload input[type=file]").set_input_files([str(tmp_path / name)])
    page.locator("#arrivals .skipped").wait_for()
    assert_clean(page)
    open_tab(page, 0)
    page.get_by_role("button", name="限定范围").click()
    page.get_by_label("从哪天起").fill("<img src=x onerror=alert(1)>")
    page.locator("#question textarea").fill("麦田")
    page.keyboard.press("Enter")
    page.locator("#live .going").filter(has_text="img").wait_for()
    assert_clean(page)


@pytest.mark.parametrize("query", ["a", "s", "c", "a=%s&s", "__theme", "view"])
def test_addresses(visit: Any, address: str, query: str):
    for payload in PAYLOADS[:40:8]:
        page = visit(address, f"/?{query.replace('%s', quote(payload))}={quote(payload)}")
        assert_clean(page)
        page.context.close()

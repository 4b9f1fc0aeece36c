"""The digest in the browser, and what leaves it as files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rag.service import Service
from tests.browser.conftest import open_tab


def make(page: Any) -> None:
    open_tab(page, 1)
    page.locator("#digest-make").click()
    page.locator(".exports").wait_for()


def test_an_edition_becomes_a_digest_whose_sentences_open_their_sources(visit: Any, address: str, service: Service):
    page = visit(address)
    make(page)
    assert page.locator("#digest .brief li").count() >= 3
    assert page.locator("#digest .stories article").count() >= 9
    story = page.locator("#digest .stories article").first
    story.locator("summary").click()
    source = story.locator(".source").first
    quote = source.locator("q").inner_text()
    source.click()
    page.locator("#cited").wait_for()
    assert page.locator("#cited").inner_text() == quote
    page.keyboard.press("Escape")
    assert "本期" in page.locator("#digest .ledger").inner_text()
    assert "广告" in page.locator("#digest .ledger").inner_text()


def test_marks_and_sources_of_a_digest_agree(visit: Any, address: str):
    page = visit(address)
    make(page)
    for story in page.locator("#digest .stories article").all()[:4]:
        marks = {(one.inner_text(), one.get_attribute("data-start")) for one in story.locator("p .cite").all()}
        story.locator("summary").click()
        rows = {
            (one.locator(".number").inner_text(), one.get_attribute("data-start"))
            for one in story.locator(".evidence .source").all()
        }
        assert marks == rows


def test_a_digest_is_exported(visit: Any, address: str, tmp_path: Path):
    page = visit(address)
    make(page)
    for kind, start in (("markdown", "#"), ("html", "<!DOCTYPE html>")):
        with page.expect_download() as caught:
            page.locator(f"#digest-{kind}").click()
        name = caught.value.suggested_filename
        assert name.startswith("baowen-2025-07-11")
        caught.value.save_as(tmp_path / name)
        text = (tmp_path / name).read_text(encoding="utf-8")
        assert text.startswith(start)
        assert "荆州日报" in text


def test_a_digest_is_printed_from_a_page_of_its_own(visit: Any, address: str):
    page = visit(address)
    make(page)
    page.context.add_init_script("window.print = () => { document.title = 'printed'; }")
    with page.expect_popup() as caught:
        page.locator("#digest-print").click()
    sheet = caught.value
    sheet.wait_for_load_state()
    assert "荆州日报" in sheet.locator("body").inner_text()
    sheet.wait_for_function("document.title === 'printed'")


def test_a_digest_can_be_confined_to_a_topic(visit: Any, address: str):
    page = visit(address)
    open_tab(page, 1)
    page.get_by_label("只看").fill("湿地")
    page.locator("#digest-make").click()
    page.locator("#digest .stories").wait_for()
    assert 0 < page.locator("#digest .stories article").count() < 5

"""Languages, sizes, keys, colours, and readers who use none of them as expected."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import QUESTION, ask, open_tab

PHONE = {"width": 390, "height": 844, "has_touch": True, "is_mobile": True}


def test_the_language_is_the_browsers_and_can_be_switched(visit: Any, address: str):
    page = visit(address, locale="en-GB")
    page.locator("#masthead h1", has_text="Baowen").wait_for()
    expect(page.locator("#tabs [role=tab]")).to_have_text(["Ask", "Digest", "Library", "Quality"])
    expect(page.locator("html")).to_have_attribute("lang", "en")
    turn = ask(page, QUESTION)
    assert turn.locator(".outcome").text_content() == "Verified"
    page.locator("#language").click()
    page.locator("#masthead h1", has_text="报问").wait_for()
    expect(page.locator("#tabs [role=tab]")).to_have_text(["提问", "要闻", "文库", "评测"])
    expect(page.locator("#past .outcome")).to_have_text("已核实")
    page.reload()
    page.locator("#masthead h1", has_text="报问").wait_for()
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")


@pytest.mark.parametrize("tab", range(4))
def test_nothing_is_wider_than_a_phone(visit: Any, address: str, tab: int):
    page = visit(address, **PHONE)
    if tab == 0:
        ask(page, QUESTION)
    open_tab(page, tab)
    if tab == 1:
        page.locator("#digest-make").click()
        page.locator(".exports").wait_for()
    page.wait_for_timeout(300)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    wide = page.evaluate(
        """() => [...document.querySelectorAll('.bw *, .tools *, .composer *')]
          .filter(one => one.offsetParent && one.getBoundingClientRect().right > 391).length"""
    )
    assert wide == 0


def test_on_a_phone_a_tap_shows_the_source_and_a_second_opens_it(visit: Any, address: str):
    page = visit(address, **PHONE)
    turn = ask(page, QUESTION)
    turn.locator(".cite").first.tap()
    page.locator("#tip.shown").wait_for()
    box = page.locator("#tip").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    assert not page.locator("#reader").is_visible()
    turn.locator(".cite").first.tap()
    page.locator("#cited").wait_for()
    assert page.locator("#reader").bounding_box()["width"] <= 390
    page.locator("#reader .close").tap()
    page.locator("#reader").wait_for(state="hidden")


def test_the_question_stays_in_reach_below_a_long_conversation(visit: Any, address: str):
    page = visit(address)
    for _ in range(4):
        ask(page, QUESTION)
    page.evaluate("window.scrollTo(0, 0)")
    page.wait_for_timeout(200)
    box = page.locator("#question textarea").bounding_box()
    assert box["y"] + box["height"] <= 800


def test_everything_is_done_with_the_keyboard(visit: Any, address: str):
    page = visit(address)
    page.locator("#masthead").click()
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.closest('#question') !== null")
    page.keyboard.type("第一行")
    page.keyboard.press("Shift+Enter")
    page.keyboard.press("/")
    assert page.locator("#question textarea").input_value() == "第一行\n/"
    page.locator("#question textarea").fill(QUESTION)
    page.keyboard.press("Enter")
    page.locator("#past .turn").wait_for()
    page.locator("#past .cite").first.focus()
    page.keyboard.press("Enter")
    page.locator("#cited").wait_for()
    assert page.evaluate("document.activeElement.closest('#reader') !== null")
    page.keyboard.press("Escape")
    page.locator("#reader").wait_for(state="hidden")
    assert page.evaluate("document.activeElement.classList.contains('cite')")


def test_a_mark_is_reached_by_tab_and_shows_its_source(visit: Any, address: str):
    page = visit(address)
    ask(page, QUESTION)
    page.locator("#masthead").click()
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.classList.contains('cite')"):
            break
    page.locator("#tip.shown").wait_for()


def test_enter_in_the_middle_of_a_chinese_word_does_not_send(visit: Any, address: str):
    page = visit(address)
    box = page.locator("#question textarea")
    box.fill("荆州")
    box.evaluate(
        """box => {
          box.dispatchEvent(new CompositionEvent('compositionstart', {bubbles: true}));
          const enter = {key: 'Enter', keyCode: 229, isComposing: true, bubbles: true};
          box.dispatchEvent(new KeyboardEvent('keydown', enter));
          box.dispatchEvent(new KeyboardEvent('keypress', enter));
        }"""
    )
    page.wait_for_timeout(500)
    assert box.input_value() == "荆州"
    assert page.locator(".turn").count() == 0


def test_dark_follows_the_system_and_the_readers_choice_is_kept(visit: Any, address: str):
    page = visit(address, color_scheme="dark")
    assert brightness(page) < 60
    page.locator("#theme").click()
    page.wait_for_timeout(200)
    assert brightness(page) > 200
    page.reload()
    page.locator("#past .welcome").wait_for()
    page.wait_for_timeout(600)
    assert brightness(page) > 200


def brightness(page: Any) -> float:
    """Return how bright the page's ground is, 0 to 255."""
    colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
    parts = [float(part) for part in colour.strip("rgba()").split(",")[:3]]
    return sum(parts) / 3


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_axe_finds_no_serious_fault(visit: Any, address: str, scheme: str, size: str):
    axe = pytest.importorskip("axe_playwright_python", reason="axe is not installed: pip install axe-playwright-python")
    script = (Path(axe.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
    page = visit(address, color_scheme=scheme, **(PHONE if size == "phone" else {}))
    ask(page, QUESTION)
    page.evaluate(script)
    faults: dict[str, list[str]] = {}
    for state in ("ask", "reader", "digest", "library", "proofs", "quality"):
        if state == "reader":
            page.locator("#past .cite").first.focus()
            page.evaluate("document.querySelector('#past .cite').click()")
            if size == "phone":
                page.evaluate("document.querySelector('#past .cite').click()")
            page.locator("#cited").wait_for()
        elif state == "digest":
            page.keyboard.press("Escape")
            open_tab(page, 1)
            page.locator("#digest-make").click()
            page.locator(".exports").wait_for()
        elif state == "library":
            open_tab(page, 2)
        elif state == "proofs":
            page.locator("#contents [data-settle]").first.click()
            page.locator("#proof-save").wait_for()
        elif state == "quality":
            open_tab(page, 3)
        page.wait_for_timeout(400)
        found = page.evaluate("axe.run(document, {resultTypes: ['violations'], iframes: false})")
        assert len(found["passes"]) > 10
        for fault in found["violations"]:
            if fault["impact"] in ("serious", "critical"):
                faults[f"{state}: {fault['id']}"] = [node["html"][:160] for node in fault["nodes"]][:4]
    assert faults == {}

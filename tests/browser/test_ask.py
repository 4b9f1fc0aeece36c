"""Asking in the browser, as a reader does it."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from rag.protocols import Cancelled, Delta
from rag.service import Service
from tests.browser.conftest import QUESTION, ask, open_tab
from tests.newsroom import seed_service, served


def test_a_question_is_answered_cited_and_the_source_is_shown_highlighted(visit: Any, address: str, service: Service):
    page = visit(address)
    turn = ask(page, QUESTION)
    assert "120人次" in turn.locator(".answer").inner_text()
    assert turn.locator(".outcome").text_content() == "已核实"
    turn.locator(".cite").first.click()
    mark = page.locator("#reader mark#cited")
    mark.wait_for()
    assert "120人次" in mark.inner_text()
    assert page.locator("#reader h2").inner_text() == "洪湖“莲心办”架起“连心桥”"
    page.wait_for_function(
        """() => {
          const box = document.querySelector('#cited').getBoundingClientRect();
          return box.top >= 0 && box.bottom <= innerHeight;
        }"""
    )
    cited = page.locator("#past .cite").first
    article = service.archive.article(cited.get_attribute("data-open") or "")
    assert article is not None
    start, end = (int(cited.get_attribute(f"data-{name}") or 0) for name in ("start", "end"))
    assert article.body[start:end] == mark.inner_text()


def test_the_evidence_is_there_before_the_answer(visit: Any, address: str):
    page = visit(address)
    page.evaluate(
        """() => {
          window.order = [];
          const marks = {evidence: '#evidence .source', claim: '.claim'};
          const look = () => {
            for (const [name, selector] of Object.entries(marks))
              if (document.querySelector(selector) && !window.order.includes(name)) window.order.push(name);
          };
          new MutationObserver(look).observe(document.body, {childList: true, subtree: true});
        }"""
    )
    ask(page, QUESTION)
    assert page.evaluate("window.order")[0] == "evidence"


def test_a_follow_up_is_understood(visit: Any, address: str):
    page = visit(address)
    ask(page, QUESTION)
    turn = ask(page, "那接待咨询多少人次？")
    assert "4500" in turn.locator(".answer").inner_text()
    assert page.locator("#past .turn").count() == 2


def test_what_is_not_in_the_archive_is_said_and_the_nearest_articles_open(visit: Any, address: str):
    page = visit(address)
    turn = ask(page, "火星基地去年种了多少亩土豆？")
    assert turn.locator(".outcome").text_content() == "文库中没有"
    assert turn.locator(".cite").count() == 0
    turn.locator(".nearest button").first.click()
    page.locator("#reader h2").wait_for()


def test_an_example_question_is_asked_with_one_click(visit: Any, address: str):
    page = visit(address)
    example = page.locator(".example").first
    question = example.inner_text()
    example.click()
    page.locator("#past .turn").wait_for()
    assert page.locator("#past .asked").inner_text() == question


def test_a_conversation_survives_a_reload_and_its_address_is_shared(visit: Any, address: str):
    page = visit(address)
    turn = ask(page, QUESTION)
    before = turn.locator(".answer").inner_text()
    where = urlsplit(page.url)
    page.reload()
    page.locator("#past .turn").wait_for()
    assert page.locator("#past .answer").inner_text() == before
    page.locator("#past .cite").first.click()
    assert "120人次" in page.locator("#cited").inner_text()
    other = visit(address, f"/?{where.query}")
    assert other.locator("#past .answer").inner_text() == before
    assert other.locator("#evidence .source").count() > 0


def test_an_article_has_an_address_that_opens_it_at_the_sentence(visit: Any, address: str):
    page = visit(address)
    ask(page, QUESTION).locator(".cite").first.click()
    page.locator("#cited").wait_for()
    marked = page.locator("#cited").inner_text()
    asked = parse_qs(urlsplit(page.url).query)
    assert set(asked) == {"c", "a", "s"}
    other = visit(address, f"/?a={asked['a'][0]}&s={asked['s'][0]}")
    assert other.locator("#cited").inner_text() == marked
    other.keyboard.press("Escape")
    other.locator("#reader").wait_for(state="hidden")
    assert urlsplit(other.url).query == ""


def test_another_tab_puts_the_article_away(visit: Any, address: str):
    page = visit(address)
    ask(page, QUESTION).locator(".cite").first.click()
    page.locator("#cited").wait_for()
    open_tab(page, 1)
    page.locator("#reader").wait_for(state="hidden")
    page.locator("#digest-make").click()
    page.locator(".exports").wait_for()
    assert "a=" not in page.url


def test_an_article_leads_to_the_others_of_its_page(visit: Any, address: str):
    page = visit(address)
    ask(page, QUESTION).locator(".cite").first.click()
    title = page.locator("#reader h2").inner_text()
    page.locator(".siblings button").first.click()
    page.wait_for_function("title => document.querySelector('#reader h2').textContent !== title", arg=title)
    assert page.locator("#cited").count() == 0


def test_a_restart_keeps_conversations_and_they_can_be_deleted(visit: Any, tmp_path: Path):
    service = seed_service(tmp_path)
    with served(service) as where:
        page = visit(where)
        ask(page, QUESTION)
        query = urlsplit(page.url).query
    service.close()
    again = seed_service(tmp_path, seeds=False)
    with served(again) as where:
        page = visit(where, f"/?{query}")
        page.locator("#past .cite").first.click()
        assert "120人次" in page.locator("#cited").inner_text()
        page.keyboard.press("Escape")
        page.locator(".sidebar .toggle-button").click()
        page.locator("#history .conversation").wait_for()
        assert page.locator("#history .conversation span").inner_text() == QUESTION
        page.locator("#history [data-forget]").click()
        page.locator("#past .welcome").wait_for()
        assert again.archive.conversations() == ()
    again.close()


def test_the_conversation_list_goes_back_and_forth(visit: Any, address: str):
    page = visit(address)
    ask(page, QUESTION)
    page.locator(".sidebar .toggle-button").click()
    page.locator("#fresh").click()
    page.locator("#past .welcome").wait_for()
    assert "c=" not in page.url
    page.locator("#history .conversation").first.click()
    page.locator("#past .turn").wait_for()
    assert "c=" in page.url


def test_a_source_is_shown_beside_its_mark(visit: Any, address: str):
    page = visit(address)
    ask(page, QUESTION).locator(".cite").first.hover()
    tip = page.locator("#tip.shown")
    tip.wait_for()
    assert "120人次" in tip.locator("q").inner_text()
    assert "莲心办" in tip.locator("cite").inner_text()


def test_the_answer_is_copied_with_its_sources(visit: Any, address: str):
    page = visit(address)
    turn = ask(page, QUESTION)
    turn.locator("[data-copy]").click()
    turn.locator("[data-copy].done").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(QUESTION)
    assert "[1] 洪湖“莲心办”架起“连心桥” (2025-07-11): 截至目前" in copied


def test_a_verdict_is_stored_with_its_reason(visit: Any, address: str, service: Service):
    from sqlalchemy import select

    from rag.archive.tables import feedback

    page = visit(address)
    turn = ask(page, QUESTION)
    here = parse_qs(urlsplit(page.url).query)["c"][0]
    turn.locator(".thumb.bad").click()
    turn.get_by_text("数字或事实不对").click()
    turn.locator(".why input[name=comment]").fill("少算了一次 <b>")
    turn.locator(".why button").click()
    turn.locator(".thanks").wait_for()
    page.wait_for_timeout(500)
    with service.archive.engine.connect() as connection:
        (row,) = connection.execute(select(feedback).where(feedback.c.conversation_id == here)).all()
    assert (row.turn, row.verdict, row.comment) == (0, "bad", "figure 少算了一次 <b>")


def test_filters_confine_the_answer(visit: Any, address: str):
    page = visit(address)
    page.get_by_role("button", name="限定范围").click()
    page.get_by_label("从哪天起").fill("2030-01-01")
    turn = ask(page, QUESTION)
    assert turn.locator(".outcome").text_content() == "文库中没有"
    page.get_by_label("从哪天起").fill("昨天")
    page.locator("#question textarea").fill(QUESTION)
    page.keyboard.press("Enter")
    page.locator("#live .going").filter(has_text="昨天").wait_for()


class Hesitant:
    """A model that writes one character at a time, and goes on only when it is let."""

    name = "hesitant"

    def __init__(self, text: str) -> None:
        self.text = text
        self.go = threading.Event()
        self.stopped = threading.Event()

    def stream(
        self,
        system: str,
        user: str,
        *,
        max_tokens: int = 0,
        stop: Sequence[str] = (),
        cancelled: Cancelled | None = None,
    ) -> Iterator[Delta]:
        for char in self.text:
            while not self.go.wait(0.05):
                if cancelled is not None and cancelled.is_set():
                    self.stopped.set()
                    return
                yield Delta("")
            yield Delta(char)

    def close(self) -> None: ...


def test_stopping_ends_the_model_and_the_question_can_be_asked_again(visit: Any, tmp_path: Path):
    model = Hesitant("“莲心办”服务累计下沉干部120人次。")
    service = seed_service(tmp_path, llm=model)
    with served(service) as where:
        page = visit(where)
        page.locator("#question textarea").fill(QUESTION)
        page.keyboard.press("Enter")
        page.locator("#evidence .source").first.wait_for()
        assert page.locator("#send").count() == 0 or not page.locator("#send").is_visible()
        page.locator("#stop").wait_for()
        page.keyboard.press("Escape")
        page.locator("#live .going").filter(has_text="已停止").wait_for()
        assert model.stopped.wait(10)
        assert service.archive.conversations() == ()
        model.go.set()
        page.locator("#live [data-ask]").click()
        page.locator("#past .turn").wait_for()
        assert "120人次" in page.locator("#past .answer").inner_text()
        page.locator("#send").wait_for()
    service.close()


def test_a_draft_is_shown_as_a_draft_and_then_verified_sentences_take_its_place(visit: Any, tmp_path: Path):
    model = Hesitant("“莲心办”服务累计下沉干部120人次。")
    service = seed_service(tmp_path, llm=model)
    with served(service) as where:
        page = visit(where)
        page.evaluate(
            """() => {
              window.drafts = 0;
              new MutationObserver(() => { if (document.querySelector('#live .draft')) window.drafts++; })
                .observe(document.body, {childList: true, subtree: true, characterData: true});
            }"""
        )
        page.locator("#question textarea").fill(QUESTION)
        page.keyboard.press("Enter")
        page.locator("#live .going").wait_for()
        model.go.set()
        page.locator("#past .turn").wait_for()
        assert page.evaluate("window.drafts") > 0
        assert page.locator(".draft").count() == 0
    service.close()

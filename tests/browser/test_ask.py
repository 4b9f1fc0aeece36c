"""Asking in the browser, as a reader does it."""

from __future__ import annotations

from typing import Any

from rag.service import Service

QUESTION = "“莲心办”服务累计下沉干部多少人次？"


def ask(page: Any, question: str) -> Any:
    """Type a question, send it, and return its finished turn."""
    turns = page.locator("#past .turn").count()
    page.locator("#question textarea").fill(question)
    page.keyboard.press("Enter")
    turn = page.locator("#past .turn").nth(turns)
    turn.wait_for(timeout=30_000)
    return turn


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

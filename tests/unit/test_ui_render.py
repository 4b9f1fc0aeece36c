"""What is rendered: exact offsets, numbers in order, and nothing that was text becomes markup."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.archive import ConversationSummary
from rag.schema import Article, Edition, EditionSummary, Page
from tests.payloads import PAYLOADS
from ui import render, render_article, render_digest, render_library

TAGS = set(
    re.findall(
        r"\w+",
        """a article aside b br button cite details div em fieldset footer form h1 h2 h3 h4 h5 header input label legend
        li mark nav ol p path progress q s section small span summary svg time ul""",
    )
)
ATTRIBUTES = set(
    re.findall(
        r"[\w-]+",
        """alt class hidden id max maxlength name open placeholder role tabindex title type value viewbox width height
        fill stroke stroke-width stroke-linejoin d""",
    )
)


class Reader(HTMLParser):
    """Collects tags, attributes and text as a browser would see them."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")


def read(markup: str) -> Reader:
    reader = Reader()
    reader.feed(markup)
    reader.close()
    return reader


def assert_only_ours(markup: str) -> None:
    for tag, attributes in read(markup).tags:
        assert tag in TAGS
        for name in attributes:
            assert name in ATTRIBUTES or name.startswith(("data-", "aria-")), (tag, name)


def citation(quote: str = "原句。", start: int = 0, article: str = "a" * 20, title: str = "标题") -> dict[str, Any]:
    return {
        "article_id": article,
        "external_id": "",
        "title": title,
        "date": "2025-07-11",
        "start": start,
        "end": start + len(quote),
        "quote": quote,
    }


def claim(text: str, *citations: dict[str, Any], verdict: str = "supported") -> dict[str, Any]:
    return {"text": text, "verdict": verdict, "reasons": [], "citations": list(citations)}


def answer(*claims: dict[str, Any], evidence: tuple[dict[str, Any], ...] = (), **other: Any) -> dict[str, Any]:
    return {
        "question": "问？",
        "outcome": "answered",
        "answer": "".join(one["text"] for one in claims),
        "claims": list(claims),
        "evidence": list(evidence),
        "llm": "none",
        "timings": {"total_ms": 1234.0},
        "nearest": [],
        "notes": [],
        "withheld": [],
        **other,
    }


def article(text: str = "正文。\n", **names: Any) -> Article:
    return Article(**{"title": "标题", "body": text, "edition": Edition("荆州日报", "2025-07-11", "1"), **names})


def everything(text: str) -> list[str]:
    """Return every kind of HTML the desk makes, with `text` wherever text from outside can be."""
    cited = citation(text, title=text)
    told = claim(text, cited)
    doubted = claim(text, cited, verdict="partial")
    reference = {"article_id": text, "external_id": text, "title": text, "date": text, "paper": text}
    whole = answer(
        told,
        doubted,
        evidence=(cited, citation("别的。", 9, title=text)),
        question=text,
        nearest=[reference],
        notes=[text],
        llm=text,
        withheld=[{**told, "reasons": [text]}],
    )
    printed = Article(
        title=text,
        body=f"{text}\n{text}\n",
        kicker=text,
        subtitle=text,
        byline=text,
        edition=Edition(text, text, text),
        doubts=(text,),
        confidence=0.1,
    )
    digest = {
        "date": text,
        "papers": [text],
        "llm": text,
        "highlights": [told],
        "items": [
            {
                "headline": text,
                "section": text,
                "article_ids": [text],
                "sentences": [told, doubted],
                "thread": [{"date": text, "article_id": text, "title": text, "sentence": told, "change": text}],
            }
        ],
        "ledger": {
            "articles": 1,
            "covered": 1,
            "left_out": [{"article_id": text, "title": text, "reason": text}],
            "conflicts": [[told, doubted]],
        },
        "notes": [text],
    }
    page = Page("p", text, printed.edition, (printed,), (text,))
    edition = EditionSummary(text, text, (text,), 3)
    arrivals = [
        render_library.Arrival(text, "skipped", reason=text),
        render_library.Arrival(text, "added", page=page),
        render_library.Arrival(text, "indexing", 1, 2),
    ]
    return [
        render.conversation_html([whole, whole], "zh"),
        render.live_html(text, [told], [cited], "zh", draft=text, state=text, retry=True),
        render.welcome_html(3, [text], "zh"),
        render.evidence_html([told], [cited], "zh"),
        render.history_html([ConversationSummary(text, text, 1, text)], text, "zh"),
        render_article.article_html(printed, [printed, article()], "zh", start=1, end=3),
        render_digest.digest_html(digest, "zh", state=text),
        render_library.shelf_html([edition], (text, text), "zh"),
        render_library.contents_html((text, text), [printed], "zh"),
        render_library.arrivals_html(arrivals, "zh"),
    ]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_text_never_becomes_markup(payload: str):
    for markup in everything(payload):
        assert_only_ours(markup)


@given(st.text(max_size=60))
def test_no_text_at_all_becomes_markup(text: str):
    for markup in everything(text):
        assert_only_ours(markup)


def test_there_are_sixty_payloads():
    assert len(set(PAYLOADS)) == 60


@given(st.text(alphabet="甲乙丙。<>&\"'\n 　", max_size=80), st.integers(-5, 90), st.integers(-5, 90))
def test_the_marked_characters_are_exactly_those_of_the_address(body: str, start: int, end: int):
    markup = render_article.body_html(body, start, end)
    marked = "".join(unescape(part.split("</mark>")[0].split(">", 1)[1]) for part in markup.split("<mark")[1:])
    low, high = max(0, start), min(len(body), end)
    wanted = body[low:high] if low < high else ""
    assert "".join(marked.split()) == "".join(wanted.split())


@given(st.text(alphabet="甲乙丙。<&\n", max_size=80), st.integers(0, 80), st.integers(0, 80))
def test_marking_loses_no_character_of_the_body(body: str, start: int, end: int):
    shown = "".join(read(render_article.body_html(body, start, end)).texts)
    assert "".join(shown.split()) == "".join(body.split())


def test_only_the_first_mark_of_a_span_over_two_paragraphs_has_the_name():
    markup = render_article.body_html("甲乙\n丙丁\n", 1, 4)
    assert markup.count("<mark") == 2
    assert markup.count('id="cited"') == 1


def test_cited_sentences_are_numbered_first_and_in_the_order_of_the_answer():
    first, second, other = citation("一。", 0), citation("二。", 5), citation("三。", 9)
    found = render.sources([claim("A", second), claim("B", first, second)], [other, first, second])
    assert [(one.number, one.citation["quote"], one.cited) for one in found] == [
        (1, "二。", True),
        (2, "一。", True),
        (3, "三。", False),
    ]


def test_the_clipboard_has_the_marks_and_their_sources():
    copied = render.plain_answer(answer(claim("句子。", citation("原句。"))), "zh")
    assert copied == "问？\n\n句子。[1]\n\n[1] 标题 (2025-07-11): 原句。"


def test_an_unanswered_question_shows_the_nearest_articles_once():
    reference = {"article_id": "b" * 20, "external_id": "", "title": "麦收", "date": "2025-07-11", "paper": "荆州日报"}
    told = answer(outcome="not_found", nearest=[reference]) | {"answer": "档案中没有。最接近的：《麦收》。"}
    markup = render.answer_html(told, 0, "zh")
    assert "".join(read(markup).texts).count("麦收") == 1
    assert "文库中没有" in markup


def test_only_the_last_turn_can_be_retried():
    markup = render.conversation_html([answer(claim("A")), answer(claim("B"))], "zh")
    assert markup.count("data-ask=") == 1


def test_english_is_english():
    for markup in (render.welcome_html(3, ["Q"], "en"), render.evidence_html((), (), "en"), render.masthead_html("en")):
        assert all(ord(char) < 0x2E80 for char in "".join(read(markup).texts))

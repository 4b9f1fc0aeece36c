"""Digests as Markdown, HTML and Atom: nothing from a page or a model becomes markup."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.digest import export, stored
from rag.schema import Citation, Claim, Digest, DigestItem, Ledger, LeftOut, ThreadEntry

ATOM = "{http://www.w3.org/2005/Atom}"
ALLOWED = {
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "header",
    "p",
    "h1",
    "h2",
    "h3",
    "span",
    "section",
    "ol",
    "ul",
    "li",
    "b",
    "div",
    "article",
    "small",
    "sup",
    "a",
    "em",
}


def digest(text: str = "甲市水厂完工。", date: str = "2025-07-11") -> Digest:
    citation = Citation("a" * 20, "", text, date, 0, len(text), text)
    claim = Claim(text, "supported", (), (citation,))
    entry = ThreadEntry("2025-07-01", "b" * 20, text, claim, text)
    item = DigestItem(text, text, ("a" * 20, "c" * 20), (claim, claim), (entry,))
    ledger = Ledger(3, 2, (LeftOut("c" * 20, text, text),), ((claim, claim),))
    return Digest(date, (text,), "none", (claim,), (item,), ledger, (text,))


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.links: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links |= {value or "" for name, value in attrs if name in {"href", "src"}}


def tags(page: str) -> Tags:
    parser = Tags()
    parser.feed(page)
    return parser


HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</style><svg/onload=alert(1)>",
    "]]><b>x</b>",
    "[x](javascript:alert(1)) ![x](http://e.example/x.png)",
    "&lt;b&gt; \x00\x08\ufffe\ud800",
)


def test_hostile_text_stays_text_in_html() -> None:
    plain = tags(export.html(digest()))
    for text in HOSTILE:
        found = tags(export.html(digest(text)))
        assert found.names == plain.names
        assert found.names <= ALLOWED
        assert found.attributes == plain.attributes
        assert all(link.startswith("#") for link in found.links)


def test_page_fetches_nothing() -> None:
    page = export.html(digest())
    assert not re.search(r"https?://|@import|url\(|<script|<img|<link", page)


def test_marks_lead_to_their_sources() -> None:
    page = export.html(digest())
    targets = set(re.findall(r'href="#(s\d+)"', page))
    assert targets
    assert targets <= set(re.findall(r'id="(s\d+)"', page))


@given(st.text(max_size=60))
@settings(max_examples=60, deadline=None)
def test_atom_is_well_formed_whatever_the_text(text: str) -> None:
    feed = ET.fromstring(export.atom([digest(text)]))
    assert feed.tag == f"{ATOM}feed"
    assert len(feed.findall(f"{ATOM}entry")) == 1


def test_feed_has_the_newest_first_and_ids_that_last() -> None:
    first = export.atom([digest(date="2025-07-10"), digest(date="2025-07-11")])
    feed = ET.fromstring(first)
    assert [entry.findtext(f"{ATOM}updated", "")[:10] for entry in feed.findall(f"{ATOM}entry")] == [
        "2025-07-11",
        "2025-07-10",
    ]
    again = ET.fromstring(export.atom([digest("别的话。", "2025-07-11")]))
    assert again.findtext(f"{ATOM}updated", "").startswith("2025-07-11")
    ids = [entry.findtext(f"{ATOM}id") for entry in feed.findall(f"{ATOM}entry")]
    assert len(set(ids)) == 2


def test_markdown_numbers_every_sentence_and_lists_its_source() -> None:
    text = export.markdown(digest())
    assert "甲市水厂完工。[1]" in text
    assert "\n1. 《甲市水厂完工。》2025-07-11：甲市水厂完工。" in text


def test_markdown_escapes_marks() -> None:
    text = export.markdown(digest("[x](javascript:alert(1)) <b> # *y*"))
    assert "[x](javascript" not in text
    assert "<b>" not in text
    assert "\n# [" not in text


@given(st.text(max_size=40))
@settings(max_examples=40, deadline=None)
def test_stored_digest_comes_back_equal(text: str) -> None:
    made = digest(text.encode("utf-8", "replace").decode())
    assert stored.load(stored.dump(made)) == made


def test_long_date() -> None:
    assert export.long_date("2025-07-11") == "2025年7月11日 星期五"
    assert export.long_date("") == "日期不明"


@pytest.mark.parametrize(
    ("text", "written"),
    [("5.4万企业入库", "5.4万企业入库"), ("5. 建桥", "5\\. 建桥"), ("- 建桥", "\\- 建桥"), ("12) 建桥", "12\\) 建桥")],
)
def test_only_what_markdown_would_read_as_a_list_is_escaped(text, written):
    assert export._md(text) == written

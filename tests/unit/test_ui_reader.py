"""Citations go on working when articles are corrected, split and joined."""

from __future__ import annotations

from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

from rag import corrections
from rag.corrections import Names
from rag.schema import Article
from rag.service import Service
from tests.newsroom import seed_service
from ui.desk import open_desk
from ui.reader import article_panel


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    opened = seed_service(tmp_path)
    yield opened
    opened.close()


def cited(service: Service) -> tuple[Article, int, int]:
    article = next(one for one in service.archive.edition_articles("2025-07-11") if "莲心办" in one.title)
    start = article.body.index("截至目前")
    return article, start, article.body.index("。", start) + 1


def marked(service: Service, article: Article, start: int, end: int) -> str:
    panel = article_panel(open_desk(service), article.id, start, end, "zh", article.body[start:end])
    return unescape(panel.split("<mark", 1)[1].split(">", 1)[1].split("</mark>")[0]) if "<mark" in panel else panel


def test_the_sentence_is_marked(service: Service):
    article, start, end = cited(service)
    assert marked(service, article, start, end) == article.body[start:end]


def test_the_sentence_is_marked_after_the_title_was_corrected(service: Service):
    article, start, end = cited(service)
    corrections.rename(service, article.id, Names("新标题"))
    assert marked(service, article, start, end) == article.body[start:end]


def test_the_sentence_is_found_after_a_split(service: Service):
    article, start, end = cited(service)
    at = max(one for one in corrections.paragraph_starts(article.body) if one <= start)
    corrections.split(service, article.id, at, "后一篇")
    assert marked(service, article, start, end) == article.body[start:end]


def test_the_sentence_is_found_after_a_join(service: Service):
    article, start, end = cited(service)
    other = next(one for one in service.archive.edition_articles("2025-07-11") if "领导接听日" in one.title)
    corrections.join(service, other.id, article.id)
    assert marked(service, article, start, end) == article.body[start:end]


def test_what_was_removed_is_said_to_be_gone(service: Service):
    article, start, end = cited(service)
    service.remove([article.id])
    assert "不在文库里" in marked(service, article, start, end)


def test_an_address_beyond_the_text_marks_nothing(service: Service):
    article, _, _ = cited(service)
    panel = article_panel(open_desk(service), article.id, 10**8, 10**9, "zh")
    assert "<mark" not in panel
    assert article.title in unescape(panel)

"""Corrections by hand: names, editions, and where an article begins and ends."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rag import corrections
from rag.corrections import Names
from rag.errors import InputError
from rag.schema import Article, Edition, Filters
from rag.service import Service
from tests.newsroom import seed_service


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    opened = seed_service(tmp_path)
    yield opened
    opened.close()


def articles(service: Service) -> list[Article]:
    return list(service.archive.edition_articles("2025-07-11"))


def titled(service: Service, part: str) -> Article:
    return next(one for one in articles(service) if part in one.title)


def test_a_corrected_title_is_shown_and_found_and_old_citations_still_open(service: Service):
    before = titled(service, "莲心办")
    new_id = corrections.rename(service, before.id, Names("改过的标题", "引题", "副题", "作者"))
    after = service.archive.article(new_id)
    assert after is not None
    assert (after.title, after.kicker, after.subtitle, after.byline) == ("改过的标题", "引题", "副题", "作者")
    assert (after.body, after.doubts, after.confidence) == (before.body, (), 1.0)
    assert service.archive.article(before.id) == after
    assert service.search("改过的标题").hits[0].article.id == new_id


def test_a_page_moves_to_its_edition_whole(service: Service):
    article = titled(service, "莲心办")
    count = len(articles(service))
    new_id = corrections.move(service, article.id, paper="荆州晚报", date="2025-07-12", page="3")
    moved = service.archive.edition_articles("2025-07-12", "荆州晚报")
    assert len(moved) == count
    assert articles(service) == []
    assert moved[0].edition == Edition("荆州晚报", "2025-07-12", "3", "given", "given", "given")
    assert new_id in {one.id for one in moved}
    hits = service.search("莲心办 下沉干部", filters=Filters(papers=("荆州晚报",))).hits
    assert hits[0].article.id == new_id


def test_a_page_is_known_by_any_of_its_articles(service: Service):
    found = articles(service)
    page = corrections.page_of(service.archive, found[3].id)
    assert page is not None
    assert [one.id for one in page.articles] == [one.id for one in found]
    assert corrections.page_of(service.archive, "0" * 20) is None
    assert corrections.pages_from(service.archive, page.source) == (page,)


def test_a_split_makes_two_articles_of_one_text(service: Service):
    article = titled(service, "莲心办")
    at = corrections.paragraph_starts(article.body)[2]
    first_id, second_id = corrections.split(service, article.id, at, "后一篇")
    first, second = service.archive.article(first_id), service.archive.article(second_id)
    assert first is not None
    assert second is not None
    assert first.body + second.body == article.body
    assert (first.title, second.title, second.edition) == (article.title, "后一篇", article.edition)
    assert service.archive.article(article.id) is None
    order = [one.id for one in articles(service)]
    assert order.index(second_id) == order.index(first_id) + 1
    assert service.index.verify() == ()


def test_two_articles_become_one(service: Service):
    one, other = titled(service, "莲心办"), titled(service, "领导接听日")
    count = len(articles(service))
    new_id = corrections.join(service, one.id, other.id)
    joined = service.archive.article(new_id)
    assert joined is not None
    assert joined.body.startswith(one.body.rstrip())
    assert joined.body.endswith(other.body)
    assert other.title in joined.body
    assert len(articles(service)) == count - 1


def test_a_split_and_a_join_lose_no_character(service: Service):
    before = "".join(one.body for one in articles(service))
    article = titled(service, "领导接听日")
    at = corrections.paragraph_starts(article.body)[1]
    first, second = corrections.split(service, article.id, at, "后半")
    corrections.join(service, first, second)
    after = "".join(one.body for one in articles(service)).replace("后半\n", "")
    assert "".join(after.split()) == "".join(before.split())


@pytest.mark.parametrize(
    "work",
    [
        lambda service, article: corrections.rename(service, article.id, Names(" ")),
        lambda service, article: corrections.rename(service, "0" * 20, Names("题")),
        lambda service, article: corrections.split(service, article.id, 1, "题"),
        lambda service, article: corrections.split(service, article.id, 0, "题"),
        lambda service, article: corrections.split(
            service, article.id, corrections.paragraph_starts(article.body)[1], ""
        ),
        lambda service, article: corrections.join(service, article.id, article.id),
        lambda service, article: corrections.join(service, article.id, "0" * 20),
        lambda service, article: corrections.move(service, "0" * 20, paper="", date="", page=""),
        lambda service, article: corrections.move(service, article.id, paper="", date="七月", page=""),
    ],
)
def test_what_cannot_be_corrected_is_refused_and_changes_nothing(service: Service, work: object):
    before = articles(service)
    with pytest.raises(InputError):
        work(service, titled(service, "莲心办"))  # type: ignore[operator]
    assert articles(service) == before

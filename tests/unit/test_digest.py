"""The daily digest without a model: what it tells of an edition, how it accounts for the rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag.archive import Archive, open_archive
from rag.digest.daily import digest_events
from rag.fakes import HashEmbedder
from rag.index.local import open_index
from rag.ingest import ingest_pages
from rag.pages import read_paths
from rag.schema import Article, Digest, Edition, Page, content_id
from rag.settings import Settings

SEEDS = Path(__file__).parents[2] / "seeds"


def fill(home: Path, pages: list[Page]) -> Archive:
    embedder = HashEmbedder()
    archive = open_archive(home, embedder)
    index = open_index(home / "index", archive)
    ingest_pages(pages, archive, index, embedder)
    index.close()
    return archive


def page(*articles: Article) -> Page:
    name = content_id("test", *(article.id for article in articles))
    return Page(name, f"{name}.txt", articles[0].edition, articles)


def final(archive: Archive, home: Path, **options: str) -> Digest:
    *_, last = digest_events(archive, llm=None, settings=Settings(home=home, llm="none"), **options)
    return last


@pytest.fixture(scope="module")
def seed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Archive, Digest]:
    home = tmp_path_factory.mktemp("seed")
    archive = fill(home, [item for item in read_paths([SEEDS]) if isinstance(item, Page)])
    return archive, final(archive, home)


def test_seed_edition_is_told_or_accounted_for(seed: tuple[Archive, Digest]) -> None:
    archive, digest = seed
    known = {one for item in digest.items for one in item.article_ids}
    known |= {left.article_id for left in digest.ledger.left_out}
    assert known == {article.id for article in archive.edition_articles(digest.date)}
    assert digest.ledger.covered + len(digest.ledger.left_out) == digest.ledger.articles


def test_every_sentence_is_supported_and_cites_an_exact_address(seed: tuple[Archive, Digest]) -> None:
    archive, digest = seed
    claims = [claim for item in digest.items for claim in item.sentences] + list(digest.highlights)
    assert len(claims) > 15
    for claim in claims:
        assert claim.verdict == "supported"
        assert claim.citations
        for citation in claim.citations:
            article = archive.article(citation.article_id)
            assert article is not None
            assert article.body[citation.start : citation.end] == citation.quote


def test_advertisement_is_left_out_with_the_reason(seed: tuple[Archive, Digest]) -> None:
    _, digest = seed
    assert [left.reason for left in digest.ledger.left_out if "应急" in left.title] == ["广告"]


def test_highlights_are_three_to_five(seed: tuple[Archive, Digest]) -> None:
    assert 3 <= len(seed[1].highlights) <= 5


def test_a_day_without_paper_says_so(seed: tuple[Archive, Digest], tmp_path: Path) -> None:
    digest = final(seed[0], tmp_path, date="1999-01-01")
    assert digest.items == ()
    assert "1999-01-01" in digest.notes[0]


def test_topic_confines_the_digest(seed: tuple[Archive, Digest], tmp_path: Path) -> None:
    digest = final(seed[0], tmp_path, topic="邮政")
    assert digest.items
    assert len(digest.items) < len(seed[1].items)
    assert "邮政" in digest.items[0].headline


def test_copies_are_collapsed_and_named(tmp_path: Path) -> None:
    body = "7月10日，甲市第一水厂扩建工程完工，日供水能力由20万吨提高到35万吨，惠及城区60万居民。"
    body += "工程总投资3.2亿元，历时18个月建成。"
    one = Article("甲市水厂扩建完工", body, edition=Edition("甲报", "2025-07-11", "1"))
    other = Article("水厂扩建工程完工", "本报讯 " + body, edition=Edition("乙报", "2025-07-11", "3"))
    digest = final(fill(tmp_path, [page(one), page(other)]), tmp_path)
    assert len(digest.items) == 1
    assert ["重复" in left.reason for left in digest.ledger.left_out] == [True]

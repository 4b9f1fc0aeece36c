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


def test_section_confines_the_digest(seed: tuple[Archive, Digest], tmp_path: Path) -> None:
    digest = final(seed[0], tmp_path, topic="图片")
    assert [item.section for item in digest.items] == ["图片"]
    assert digest.ledger.articles == digest.ledger.covered == 1


def test_copies_are_collapsed_and_named(tmp_path: Path) -> None:
    body = "7月10日，甲市第一水厂扩建工程完工，日供水能力由20万吨提高到35万吨，惠及城区60万居民。"
    body += "工程总投资3.2亿元，历时18个月建成。"
    one = Article("甲市水厂扩建完工", body, edition=Edition("甲报", "2025-07-11", "1"))
    other = Article("水厂扩建工程完工", "本报讯 " + body, edition=Edition("乙报", "2025-07-11", "3"))
    digest = final(fill(tmp_path, [page(one), page(other)]), tmp_path)
    assert len(digest.items) == 1
    assert ["重复" in left.reason for left in digest.ledger.left_out] == [True]


def stories() -> list[Page]:
    then = Article(
        "甲市企业入库达5.1万家",
        "6月11日，甲市召开商业价值信用贷款推进会。全市企业类市场主体入库总数达5.1万家，累计授信10.2亿元。",
        edition=Edition("甲报", "2025-06-12", "1"),
    )
    other = Article(
        "乙县举办龙舟赛",
        "6月11日，乙县举办龙舟赛，32支队伍参赛，观众超过2万人。",
        edition=Edition("甲报", "2025-06-12", "2"),
    )
    now = Article(
        "甲市企业入库达5.4万家",
        "7月10日，甲市召开商业价值信用贷款推进会。全市企业类市场主体入库总数达5.4万家，累计授信13.05亿元。",
        edition=Edition("甲报", "2025-07-11", "1"),
    )
    return [page(then), page(other), page(now)]


def test_thread_sets_figures_of_then_beside_now(tmp_path: Path) -> None:
    digest = final(fill(tmp_path, stories()), tmp_path)
    (entry,) = digest.items[0].thread
    assert entry.date == "2025-06-12"
    assert entry.sentence.verdict == "supported"
    assert entry.change == "5.1万家（2025-06-12）→ 5.4万家（2025-07-11）"


def test_reports_of_one_event_are_one_story_and_their_conflict_is_named(tmp_path: Path) -> None:
    lead = "7月10日晚，甲县白云镇发生山体滑坡，省市县三级救援队伍连夜赶到白云镇展开救援。"
    one = Article(
        "白云镇山体滑坡救援展开",
        lead + "滑坡共造成房屋倒塌12间，转移群众300人。",
        edition=Edition("甲报", "2025-07-11", "1"),
    )
    other = Article(
        "甲县白云镇发生山体滑坡",
        lead[:-1] + "，当地中学设为安置点。滑坡共造成房屋倒塌15间，转移群众300人。",
        edition=Edition("乙报", "2025-07-11", "1"),
    )
    filler = [
        Article(
            f"{name}举行",
            f"{name}7月10日在乙市举行，来自各地的{n}名代表参加，主办方介绍了筹备情况。",
            edition=Edition("甲报", "2025-07-11", "2"),
            position=n,
        )
        for n, name in enumerate(["龙舟赛", "读书节", "科技展", "招聘会", "音乐会"], 21)
    ]
    digest = final(fill(tmp_path, [page(one), page(other), page(*filler)]), tmp_path)
    story = next(item for item in digest.items if one.id in item.article_ids)
    assert other.id in story.article_ids
    assert [
        {"12间" in a.text, "15间" in a.text, "12间" in b.text, "15间" in b.text} for a, b in digest.ledger.conflicts
    ]


def test_second_paper_can_be_asked_for_alone(tmp_path: Path) -> None:
    digest = final(fill(tmp_path, stories()), tmp_path, date="2025-06-12", paper="甲报")
    assert digest.papers == ("甲报",)
    assert len(digest.items) == 2

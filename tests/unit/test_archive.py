from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy import text

from rag.archive import open_archive
from rag.archive.maintenance import (
    archive_stats,
    backup_archive,
    rebuild_archive,
    restore_archive,
    verify_archive,
)
from rag.archive.migrations import STEPS
from rag.archive.rows import print_order
from rag.errors import ArchiveError
from rag.fakes import HashEmbedder
from rag.ingest import embed_articles
from rag.schema import Box, Edition, Filters, Page
from tests.unit import postgres
from tests.unit.newspapers import ADVERT, BACK, FRONT, HARBOUR, RICE, SCHOOL, article, page

EMBEDDER = HashEmbedder()


class OtherEmbedder(HashEmbedder):
    name = "other"
    fingerprint = "other-64"

    def query(self, text):
        return -super().query(text)


def add(archive, one):
    passages, vectors = embed_articles(one.articles, EMBEDDER)
    return archive.add_page(one, passages, vectors, EMBEDDER)


@pytest.fixture(scope="session")
def new_database():
    if postgres.programs() is None:
        pytest.skip("needs PostgreSQL and psycopg")
    with postgres.server() as made:
        yield made.new_database


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request, tmp_path):
    return tmp_path if request.param == "sqlite" else request.getfixturevalue("new_database")()


@pytest.fixture
def archive(where):
    opened = open_archive(where)
    yield opened
    opened.close()


@pytest.fixture
def sqlite_archive(tmp_path):
    opened = open_archive(tmp_path)
    yield opened
    opened.close()


def test_a_page_comes_back_as_it_went_in(archive):
    whole = article(
        "题",
        "正文。\n",
        kind="photo",
        kicker="引题",
        subtitle="副题",
        byline="本报记者 王芳",
        reporters=("王芳",),
        correspondents=("李雷",),
        dateline="本报讯",
        subheads=("小标题",),
        confidence=0.5,
        doubts=("版面不清",),
        continued_from="A1",
        continued_on="A3",
        lines=(1, 2, 3),
        boxes=(Box(0, 1.0, 2.0, 3.0, 4.0),),
        external_id="x1",
        metadata={"url": "https://example.org", "n": [1, 2]},
    )
    whole = replace(whole, edition=Edition("晚报", "2025-07-11", "A1", "given", "page", "path"))
    assert add(archive, page(whole)) == "added"
    assert archive.article(whole.id) == whole
    assert archive.count() == 1


def test_the_same_page_twice_changes_nothing(archive):
    assert add(archive, FRONT) == "added"
    before = archive.generation()
    assert archive.has_page(FRONT.id)
    assert add(archive, FRONT) == "unchanged"
    assert archive.generation() == before
    assert archive.count() == 2


def test_a_changed_page_replaces_its_earlier_version(archive):
    add(archive, FRONT)
    changed = page(HARBOUR, article("新稿", position=1), source=FRONT.source)
    assert add(archive, changed) == "replaced"
    assert not archive.has_page(FRONT.id)
    assert archive.article(SCHOOL.id) is None
    assert [one.title for one in archive.edition_articles("2025-07-11")] == [HARBOUR.title, "新稿"]


def test_the_same_printed_page_from_another_file_replaces_it(archive):
    add(archive, FRONT)
    assert add(archive, page(HARBOUR, source="other.pdf")) == "replaced"
    assert archive.count() == 1


def test_batches_without_a_page_do_not_replace_one_another(archive):
    first, second = article("甲", page=""), article("乙", page="")
    add(archive, page(first, source="one.jsonl"))
    assert add(archive, page(second, source="two.jsonl")) == "added"
    assert archive.count() == 2


def test_an_article_of_two_pages_stays_while_one_of_them_does(archive):
    shared = article("甲", page="")
    add(archive, page(shared, article("乙", page=""), source="one.jsonl"))
    add(archive, page(shared, article("丙", page=""), source="two.jsonl"))
    assert archive.count() == 3
    add(archive, page(article("丁", page=""), source="one.jsonl"))
    assert archive.article(shared.id) == shared
    assert {one.title for one in archive.edition_articles("2025-07-11")} == {"甲", "丙", "丁"}
    assert not verify_archive(archive)


def test_a_page_without_passages_for_a_new_article_is_refused_whole(archive):
    with pytest.raises(ArchiveError, match="nothing was stored"):
        archive.add_page(FRONT, embed_articles(FRONT.articles, EMBEDDER)[0], np.empty((0, 64), np.float32), EMBEDDER)
    assert archive.count() == 0
    assert not archive.has_page(FRONT.id)


@pytest.mark.parametrize(
    ("what", "left"),
    [
        ({"article_ids": [HARBOUR.id, "unknown"]}, {SCHOOL.id, RICE.id, ADVERT.id}),
        ({"paper": "晚报", "date": "2025-07-11", "page": "A2"}, {HARBOUR.id, SCHOOL.id}),
        ({"source": "a1.txt"}, {RICE.id, ADVERT.id}),
        ({"paper": "晚报"}, set()),
        ({"paper": "晚报", "date": "2025-07-12"}, {HARBOUR.id, SCHOOL.id, RICE.id, ADVERT.id}),
        ({}, {HARBOUR.id, SCHOOL.id, RICE.id, ADVERT.id}),
    ],
)
def test_remove(archive, what, left):
    add(archive, FRONT)
    add(archive, BACK)
    assert archive.remove(**what) == 4 - len(left)
    assert {one.id for one in archive.iter_articles()} == left
    assert archive.passage_count() == len(archive.passage_numbers())
    assert not verify_archive(archive)


def test_a_removed_page_can_come_again(archive):
    add(archive, FRONT)
    archive.remove(date="2025-07-11")
    assert add(archive, FRONT) == "added"
    assert archive.count() == 2


def test_passage_numbers_are_never_given_twice(archive):
    add(archive, FRONT)
    first = archive.passage_numbers()
    archive.remove(paper="晚报")
    add(archive, FRONT)
    assert archive.passage_numbers().min() > first.max()


def test_editions_newest_first_with_pages_in_print_order(archive):
    for date, name in (("2025-07-11", "A10"), ("2025-07-11", "A2"), ("2025-07-12", "A1")):
        add(archive, page(article(f"{date}{name}", date=date, page=name), source=date + name))
    found = archive.editions()
    assert [(one.date, one.pages, one.articles) for one in found] == [
        ("2025-07-12", ("A1",), 1),
        ("2025-07-11", ("A2", "A10"), 2),
    ]
    assert archive.newest_date() == "2025-07-12"


def test_print_order():
    assert sorted(["A10", "A2", "第12版", "第3版", "B1", ""], key=print_order) == [
        "",
        "A2",
        "A10",
        "B1",
        "第3版",
        "第12版",
    ]


@pytest.mark.parametrize("phrase", ["增长15％", "旅客达 52万", "客流创新高", "边检站\n站长"])
def test_mentions_fold_width_and_spaces(archive, phrase):
    add(archive, FRONT)
    assert [one.id for one in archive.mentions(phrase)] == [HARBOUR.id]


def test_mentions_are_exact_and_filtered(archive):
    quoted = article("引语", "他说：“百分之百_满意”。\n", page="A3", date="2025-07-12")
    add(archive, page(quoted, source="a3.txt"))
    add(archive, FRONT)
    assert [one.id for one in archive.mentions("「百分之百_满意」")] == [quoted.id]
    assert archive.mentions("百分之百%满意") == ()
    assert archive.mentions("") == ()
    assert archive.mentions("满意", Filters(date_to="2025-07-11")) == ()
    assert archive.mentions("满意", Filters(pages=("A3",), kinds=("news",), papers=("晚报",))) == (quoted,)


def test_a_corrected_article_answers_to_both_ids(archive):
    add(archive, FRONT)
    corrected = replace(HARBOUR, title="中山港上半年客流创新高")
    passages, vectors = embed_articles([corrected], EMBEDDER)
    assert archive.update_article(HARBOUR.id, corrected, passages, vectors) == corrected.id
    again = replace(corrected, edition=Edition("晚报", "2025-07-12", "A1"))
    passages, vectors = embed_articles([again], EMBEDDER)
    archive.update_article(HARBOUR.id, again, passages, vectors)
    assert archive.articles([HARBOUR.id, corrected.id, again.id]) == {
        HARBOUR.id: again,
        corrected.id: again,
        again.id: again,
    }
    assert archive.count() == 2
    assert add(archive, FRONT) == "unchanged"
    assert not verify_archive(archive)


def test_a_correction_taken_back_ends_where_it_began(archive):
    add(archive, FRONT)
    corrected = replace(HARBOUR, title="误")
    archive.update_article(HARBOUR.id, corrected, *embed_articles([corrected], EMBEDDER))
    archive.update_article(corrected.id, HARBOUR, *embed_articles([HARBOUR], EMBEDDER))
    assert archive.articles([HARBOUR.id, corrected.id]) == {HARBOUR.id: HARBOUR, corrected.id: HARBOUR}


def test_correcting_an_article_that_is_gone_says_so(archive):
    with pytest.raises(ArchiveError, match="no article"):
        archive.update_article("0" * 20, HARBOUR, *embed_articles([HARBOUR], EMBEDDER))


def test_wire_copy_is_linked_both_ways(archive):
    body = "".join(f"第{n}段，防汛抢险救援队伍已经在第{n * 7}号堤段就位，物资储备充足。" for n in range(12)) + "\n"
    ours, theirs = (
        article("甲", body, page="A5"),
        article("乙", "本报讯 " + body[:-60] + "另有补充。\n", paper="日报", page="B1"),
    )
    add(archive, page(ours, source="ours"))
    add(archive, page(theirs, source="theirs"))
    add(archive, FRONT)
    found = archive.twins([ours.id, theirs.id, HARBOUR.id])
    assert found.keys() == {ours.id, theirs.id}
    assert found[ours.id][theirs.id] == found[theirs.id][ours.id] > 0.8


def test_another_model_is_refused_with_advice(archive, where):
    add(archive, FRONT)
    with pytest.raises(ArchiveError, match="baowen archive rebuild"):
        open_archive(where, OtherEmbedder())
    with pytest.raises(ArchiveError, match="baowen archive rebuild"):
        archive.add_page(BACK, *embed_articles(BACK.articles, EMBEDDER), OtherEmbedder())
    assert not archive.has_page(BACK.id)
    assert archive.embedder() == ("hash-bigrams", 64, "hash-bigrams-64")


def test_rebuild_changes_the_model_and_keeps_the_rest(archive, tmp_path):
    add(archive, FRONT)
    numbers = archive.passage_numbers()
    name = archive.archive_id()
    assert rebuild_archive(archive, tmp_path / "index", OtherEmbedder()) == len(numbers)
    archive.check_embedder(OtherEmbedder())
    assert archive.archive_id() != name
    assert np.array_equal(archive.passage_numbers(), numbers)
    expected = -embed_articles(FRONT.articles, EMBEDDER)[1]
    assert np.allclose(archive.vectors(numbers.tolist())[1], expected, atol=2e-3)
    assert not verify_archive(archive)


def test_an_interrupted_rebuild_goes_on(archive, tmp_path):
    add(archive, FRONT)
    add(archive, BACK)

    class Weary(OtherEmbedder):
        calls = 0

        def passages(self, texts, progress=None):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rebuild_archive(archive, tmp_path / "index", Weary())
    archive.check_embedder(EMBEDDER)
    assert not verify_archive(archive)
    rebuild_archive(archive, tmp_path / "index", OtherEmbedder())
    archive.check_embedder(OtherEmbedder())


def test_backup_and_restore(sqlite_archive, tmp_path):
    archive = sqlite_archive
    add(archive, FRONT)
    archive.save_turn("c", "问", "{}")
    copy = tmp_path / "copy.db"
    assert backup_archive(archive, copy) == copy.stat().st_size
    add(archive, BACK)
    name = archive.archive_id()
    archive.close()
    kept = restore_archive(copy, tmp_path)
    restored = open_archive(tmp_path)
    assert {one.id for one in restored.iter_articles()} == {HARBOUR.id, SCHOOL.id}
    assert restored.conversation("c")[0].question == "问"
    assert restored.archive_id() != name
    assert not verify_archive(restored)
    restored.close()
    assert kept is not None
    assert restore_archive(kept, tmp_path / "elsewhere") is None
    former = open_archive(tmp_path / "elsewhere")
    assert former.count() == 4
    former.close()


def test_a_bad_backup_is_not_restored(sqlite_archive, tmp_path):
    archive = sqlite_archive
    add(archive, FRONT)
    copy = tmp_path / "copy.db"
    backup_archive(archive, copy)
    data = bytearray(copy.read_bytes())
    data[4096:8192] = bytes(4096)
    for name, content in (("damaged", bytes(data)), ("text", b"hello" * 1000), ("empty", b"")):
        bad = tmp_path / name
        bad.write_bytes(content)
        with pytest.raises(ArchiveError):
            restore_archive(bad, tmp_path)
    with pytest.raises(ArchiveError):
        restore_archive(tmp_path / "absent", tmp_path)
    assert archive.count() == 2
    assert not (tmp_path / "absent").exists()


def test_verify_sees_what_is_wrong(archive):
    add(archive, FRONT)
    first = int(archive.passage_numbers()[0])
    with archive.engine.connect().execution_options(baowen_write=True) as connection, connection.begin():
        connection.execute(text("UPDATE articles SET body = body || '多' WHERE title = :t"), {"t": SCHOOL.title})
        connection.execute(text("UPDATE vectors SET vector = :v WHERE number = :n"), {"n": first, "v": b"0"})
    problems = verify_archive(archive)
    assert any("not what its id was made from" in one for one in problems)
    assert any("no passage covers" in one for one in problems)
    assert any("no whole vector" in one for one in problems)


def test_another_database_has_its_own_tools_for_backups(new_database, tmp_path):
    archive = open_archive(new_database())
    with pytest.raises(ArchiveError, match="own tools"):
        backup_archive(archive, tmp_path / "copy.db")
    archive.close()


def test_stats(archive):
    add(archive, FRONT)
    add(archive, BACK)
    found = archive_stats(archive)
    assert (found.pages, found.articles, found.papers, found.first_date) == (2, 4, ("晚报",), "2025-07-11")
    assert found.passages == archive.passage_count()
    assert (found.bytes > 0) == (archive.engine.dialect.name == "sqlite")


def test_conversations_digests_summaries_feedback(archive):
    assert archive.save_turn("a", "一", '{"n":1}') == 0
    assert archive.save_turn("b", "二", "{}") == 0
    assert archive.save_turn("a", "三", "{}") == 1
    assert [turn.question for turn in archive.conversation("a")] == ["一", "三"]
    assert [(one.id, one.first_question, one.turns) for one in archive.conversations()] == [
        ("a", "一", 2),
        ("b", "二", 1),
    ]
    archive.save_feedback("a", 0, "good")
    archive.save_feedback("a", 0, "bad", "错了")
    assert archive.remove_conversation("a") == 2
    assert [one.id for one in archive.conversations()] == ["b"]
    assert archive.summary("k") is None
    archive.save_summary("k", "甲")
    archive.save_summary("k", "乙")
    assert archive.summary("k") == "乙"
    archive.save_digest("d", "{}")
    assert archive.digest("d") == "{}"
    assert archive.digest("k") is None


def test_a_newer_archive_is_refused(archive, where):
    with archive.engine.connect().execution_options(baowen_write=True) as connection, connection.begin():
        connection.execute(text("UPDATE meta SET value = :v WHERE key = 'schema_version'"), {"v": str(len(STEPS) + 1)})
    with pytest.raises(ArchiveError, match="newer Baowen"):
        open_archive(where)


@pytest.mark.parametrize("where", ["nonsense://x", "sqlite:////proc/none/x/archive.db"])
def test_what_cannot_be_opened_is_said(where):
    with pytest.raises(ArchiveError):
        open_archive(where)


def test_a_file_that_is_no_database_is_said(tmp_path):
    (tmp_path / "archive.db").write_bytes(b"not a database at all" * 100)
    with pytest.raises(ArchiveError, match="restore a backup"):
        open_archive(tmp_path)


def test_threads_read_while_pages_come_in(archive):
    def read():
        for _ in range(20):
            for one in archive.edition_articles("2025-07-11"):
                assert archive.article(one.id) == one
        return True

    with ThreadPoolExecutor(4) as pool:
        readers = [pool.submit(read) for _ in range(4)]
        for number in range(20):
            add(archive, page(article(f"第{number}条", page=f"A{number}"), source=f"{number}.txt"))
        assert all(reader.result() for reader in readers)
    assert archive.count() == 20


def test_an_empty_page_is_remembered(archive):
    empty = Page("e" * 20, "blank.txt", Edition(), ())
    assert add(archive, empty) == "added"
    assert archive.has_page(empty.id)
    assert not verify_archive(archive)

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.archive import open_archive
from rag.archive.maintenance import verify_archive
from rag.errors import ArchiveError
from rag.fakes import HashEmbedder, ScriptedModel
from rag.index.local import open_index
from rag.ingest import embed_articles, ingest_lock, ingest_pages
from rag.schema import Page, Skip
from rag.service import open_service
from rag.settings import Settings
from tests.unit.newspapers import BACK, FRONT, HARBOUR, article, page


class CountingEmbedder(HashEmbedder):
    """Remembers what it was asked to embed."""

    def __init__(self):
        self.texts = []

    def passages(self, texts, progress=lambda *_: None):
        self.texts.append(list(texts))
        return super().passages(texts)


@pytest.fixture
def parts(tmp_path):
    archive = open_archive(tmp_path)
    index = open_index(tmp_path / "index", archive)
    yield archive, index, CountingEmbedder()
    index.close()
    archive.close()


def test_the_report_counts_pages_articles_and_skips(parts):
    skip = Skip("b.pdf", "the file is empty")
    report = ingest_pages([FRONT, skip, BACK], *parts)
    assert (report.pages_added, report.articles, report.passages, report.skipped) == (2, 4, 4, (skip,))
    assert verify_archive(parts[0], parts[1]) == ()


def test_a_second_ingest_costs_nothing(parts):
    ingest_pages([FRONT, BACK], *parts)
    parts[2].texts.clear()
    report = ingest_pages([BACK, FRONT], *parts)
    assert (report.pages_unchanged, report.pages_added, report.articles) == (2, 0, 0)
    assert parts[2].texts == []


def test_only_what_is_new_on_a_changed_page_is_embedded(parts):
    ingest_pages([FRONT], *parts)
    parts[2].texts.clear()
    new = article("新稿", "全新的一句话。\n", position=2)
    report = ingest_pages([page(*FRONT.articles, new, source=FRONT.source)], *parts)
    assert report.pages_replaced == 1
    assert parts[2].texts == [["新稿\n2025-07-11\n全新的一句话。"]]


def test_texts_of_like_length_go_together(parts):
    long, short = article("长", "长句子在这里。" * 30), article("短", "短。", position=1)
    ingest_pages([page(long, short)], *parts)
    lengths = [len(text) for text in parts[2].texts[0]]
    assert lengths == sorted(lengths)
    passages, vectors = embed_articles([long, short], parts[2])
    expected = HashEmbedder().query(f"短\n2025-07-11\n{passages[-1].text}")
    assert passages[-1].article_id == short.id
    assert vectors[-1] == pytest.approx(expected)


def test_progress_is_told_page_by_page(parts):
    told = []
    ingest_pages(iter([FRONT, BACK]), *parts, lambda *event: told.append(event), total=2)
    assert [event for event in told if event[0] == "pages"] == [("pages", 1, 2), ("pages", 2, 2)]


def test_an_interrupted_ingest_keeps_every_finished_page(parts):
    def pages():
        yield FRONT
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ingest_pages(pages(), *parts)
    archive, index, embedder = parts
    assert archive.has_page(FRONT.id)
    found = index.candidates("港口", embedder.query("港口")[None, :], top=5, filters=_all())
    assert HARBOUR.id in {one.article_id for one in found}
    assert ingest_pages([FRONT, BACK], *parts).pages_unchanged == 1


def _all():
    from rag.schema import Filters

    return Filters()


def test_a_page_twice_in_one_ingest_is_stored_once(parts):
    report = ingest_pages([FRONT, FRONT], *parts)
    assert (report.pages_added, report.pages_unchanged) == (1, 1)


def test_a_second_ingest_at_once_waits_and_says_so(tmp_path):
    told, order = [], []

    def second():
        with ingest_lock(tmp_path, lambda stage, *_: (told.append(stage), waiting.set())):
            order.append("second")

    waiting = threading.Event()
    with ingest_lock(tmp_path):
        thread = threading.Thread(target=second)
        thread.start()
        assert waiting.wait(10)
        order.append("first")
    thread.join(10)
    assert order == ["first", "second"]
    assert told == ["waiting for another ingest to finish"]


def test_a_folder_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ArchiveError, match="cannot be written"), ingest_lock(tmp_path / "file"):
        pass


def test_a_folder_that_has_not_changed_is_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    from rag import ingest
    from rag.service import open_service
    from rag.settings import Settings

    folder = tmp_path / "pages"
    folder.mkdir()
    (folder / "a.jsonl").write_text('{"title": "甲", "body": "甲桥通车。"}\n', encoding="utf-8")
    (folder / "b.jsonl").write_text('{"title": "乙", "body": "乙桥通车。"}\n', encoding="utf-8")
    read: list[str] = []
    real = ingest.read_sources

    def watched(files: list[ingest.SourceFile]) -> Iterator[Page | Skip]:
        read.extend(file.path.name for file in files)
        return real(files)

    monkeypatch.setattr(ingest, "read_sources", watched)
    service = open_service(Settings(home=tmp_path / "home"), embedder=HashEmbedder(), llm=None)
    assert service.ingest([folder]).pages_added == 2
    assert service.ingest([folder]).pages_unchanged == 2
    assert read == ["a.jsonl", "b.jsonl"]
    (folder / "b.jsonl").write_text('{"title": "乙", "body": "乙桥封闭。"}\n', encoding="utf-8")
    report = service.ingest([folder])
    assert (report.pages_unchanged, report.pages_replaced, len(read)) == (1, 1, 4)
    service.archive.remove(source="a.jsonl")
    assert service.ingest([folder]).pages_added == 1
    service.close()


# Neither headline has a word of either text.
DOUBTFUL = """春风拂面满城新

山高水长情意浓

　　本报讯（记者张一）7月10日，市交通局召开会议，部署汛期公路巡查。会议要求各县市对临水临崖路段加密巡查频次。
　　会议强调，要压实责任，严格值班值守。

　　本报讯（记者李二）昨日，市教育局公布中小学暑期托管方案。全市共设托管点86个，每个点配备教师4名。
　　家长可通过学校报名。
"""


@pytest.mark.parametrize(
    ("asked_for", "model", "first", "asked"),
    [
        (True, ScriptedModel(["2", "1"]), "山高水长情意浓", 2),
        (True, ScriptedModel("2", breaks_after=0), "春风拂面满城新", 1),
        (False, ScriptedModel(["2", "1"]), "春风拂面满城新", 0),
    ],
)
def test_a_second_look_is_taken_where_the_settings_ask_for_one(tmp_path, asked_for, model, first, asked):
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "a.txt").write_text(DOUBTFUL, encoding="utf-8")
    settings = Settings(home=tmp_path / "home", second_look=asked_for)
    service = open_service(settings, embedder=HashEmbedder(), llm=model)
    report = service.ingest([tmp_path / "pages"])
    stored = service.archive.iter_articles()
    titles = {article.body[:12]: article.title for article in stored}
    assert titles["本报讯（记者张一）7月1"] == first
    assert len(model.seen) == asked
    assert any("not looked at again" in note for note in report.notes) == (asked == 1)
    service.ingest([tmp_path / "pages"])
    assert len(model.seen) == asked
    service.close()

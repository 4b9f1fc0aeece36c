"""Files from a reader: taken in one by one, refused with a reason, and nothing stored is lost to a name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rag import corrections
from rag.errors import InputError
from rag.schema import Edition
from rag.service import Service
from tests.newsroom import SEEDS, seed_service
from ui.render_library import Arrival
from ui.uploading import edition_given, take_in

PAGE = (
    "麦收进入尾声\n\n本报讯（记者张三）全县小麦收割今日进入尾声，已收割十二万亩，占播种面积的九成五，预计三天内全部完成。"
    "县农业农村局组织农机三百台，昼夜抢收，确保颗粒归仓。\n"
)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    opened = seed_service(tmp_path / "archive", seeds=False, upload_mb=1)
    yield opened
    opened.close()


def send(service: Service, *files: Path, edition: Edition = Edition()) -> tuple[Arrival, ...]:
    return list(take_in(service, files, edition, "zh"))[-1]


def written(folder: Path, name: str, data: str | bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def test_a_page_is_taken_in_recognised_and_its_upload_deleted(service: Service, tmp_path: Path):
    path = written(tmp_path, "page.txt", PAGE)
    (arrival,) = send(service, path, edition=edition_given("县报", "2025-06-10", "2版"))
    assert arrival.state == "added"
    assert arrival.page is not None
    assert arrival.page.edition.paper == "县报"
    assert [one.title for one in service.archive.edition_articles("2025-06-10", "县报")] == ["麦收进入尾声"]
    assert not path.exists()


def test_the_same_page_again_changes_nothing(service: Service, tmp_path: Path):
    send(service, written(tmp_path, "page.txt", PAGE))
    (arrival,) = send(service, written(tmp_path, "page.txt", PAGE))
    assert arrival.state == "unchanged"
    assert service.archive.count() == 1


def test_a_page_sent_again_keeps_the_date_that_was_filled_in_by_hand(service: Service, tmp_path: Path):
    (arrival,) = send(service, written(tmp_path, "page.txt", PAGE))
    assert arrival.page is not None
    corrections.move(service, arrival.page.articles[0].id, paper="县报", date="2025-06-10", page="2")
    (again,) = send(service, written(tmp_path, "page.txt", PAGE))
    assert again.state == "unchanged"
    assert len(service.archive.edition_articles("2025-06-10", "县报")) == 1


def test_two_days_pages_of_one_name_are_two_pages(service: Service, tmp_path: Path):
    send(service, written(tmp_path, "01.txt", PAGE), edition=edition_given("县报", "2025-06-10", "1"))
    other = PAGE.replace("十二万亩", "十三万亩")
    (arrival,) = send(service, written(tmp_path, "01.txt", other), edition=edition_given("县报", "2025-06-11", "1"))
    assert arrival.state == "added"
    assert [one.date for one in service.archive.editions()] == ["2025-06-11", "2025-06-10"]


def test_a_better_version_of_a_page_replaces_it(service: Service, tmp_path: Path):
    send(service, written(tmp_path, "01.txt", PAGE))
    (arrival,) = send(service, written(tmp_path, "01.txt", PAGE.replace("十二万亩", "十三万亩")))
    assert arrival.state == "replaced"
    assert service.archive.count() == 1


@pytest.mark.parametrize(
    ("name", "data", "word"),
    [
        ("page.exe", "MZ", "能读的文件"),
        ("page.zip", "PK", "能读的文件"),
        ("page", "text", "能读的文件"),
        ("page.pdf", "<html>", "内容却不是"),
        ("page.txt", "大" * 400_000, "超过"),
        ("page.txt", "", "no text"),
        ("page.jsonl", "{not json}\n", ""),
    ],
)
def test_what_cannot_be_used_is_refused_with_a_reason_and_the_others_go_on(
    service: Service, tmp_path: Path, name: str, data: str, word: str
):
    bad, good = written(tmp_path, name, data), written(tmp_path / "b", "good.txt", PAGE)
    first, second = send(service, bad, good)
    assert first.state == "skipped"
    assert word in first.reason
    assert second.state == "added"
    assert not bad.exists()


def test_progress_is_told_file_by_file(service: Service, tmp_path: Path):
    copy = written(tmp_path, "seed.txt", next(SEEDS.glob("*.txt")).read_bytes())
    states = [[one.state for one in arrivals] for arrivals in take_in(service, [copy], Edition(), "zh")]
    assert states[0] == ["reading"]
    assert ["indexing"] in states
    assert states[-1] == ["added"]


def test_a_wrong_date_is_refused():
    with pytest.raises(InputError):
        edition_given("", "昨天", "")

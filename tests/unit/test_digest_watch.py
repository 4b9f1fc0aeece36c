"""The morning run, driven by a clock that does not wait."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from rag.digest.watch import RETRY_MINUTES, AppointmentBook, clock_time, due, watch_folder
from rag.errors import ArchiveError, InputError
from rag.schema import Claim, Digest, DigestItem, EditionSummary, IngestReport, Ledger, Skip
from rag.service import Service


class Clock:
    """A schedule whose mornings come when the test says so; `later` jobs run at once, in order."""

    def __init__(self, mornings: int = 1) -> None:
        self.at: tuple[int, int] | None = None
        self.waits: list[int] = []
        self._mornings = mornings
        self._job: Callable[[], None] | None = None
        self._pending: list[Callable[[], None]] = []

    def daily(self, hour: int, minute: int, job: Callable[[], None]) -> None:
        self.at, self._job = (hour, minute), job

    def later(self, minutes: int, job: Callable[[], None]) -> None:
        self.waits.append(minutes)
        self._pending.append(job)

    def run(self) -> None:
        assert self._job is not None
        for _ in range(self._mornings):
            self._job()
            while self._pending:
                self._pending.pop(0)()


class FakeService:
    """A service whose ingest fails so often before it works, and whose archive has the dates given."""

    def __init__(self, dates: list[str], failures: int = 0, notes: tuple[str, ...] = ()) -> None:
        self.log: list[str] = []
        self.notes = notes
        self._failures = failures
        self.archive = SimpleNamespace(editions=lambda: tuple(EditionSummary("甲报", one, ("1",), 3) for one in dates))

    def ingest(self, paths: list[Path]) -> IngestReport:
        self.log.append("ingest")
        if self._failures:
            self._failures -= 1
            raise ArchiveError("the archive is locked.")
        return IngestReport(pages_added=1, skipped=(Skip("x.txt", "it is empty"),))

    def digest(self, date: str) -> Digest:
        self.log.append(f"digest {date}")
        claim = Claim("甲。", "supported")
        return Digest(
            date, ("甲报",), "none", (claim,), (DigestItem("甲", "要闻", ("a",), (claim,)),), Ledger(1, 1), self.notes
        )


def watch(service: FakeService, folder: Path, out: Path, clock: Clock, at: str = "07:00") -> list[str]:
    said: list[str] = []
    watch_folder(cast(Service, cast(Any, service)), folder, at, out, said.append, schedule=clock)
    return said


def test_a_morning_ingests_before_it_writes(tmp_path: Path) -> None:
    service, clock, out = FakeService(["2025-07-10", "2025-07-11"]), Clock(), tmp_path / "out"
    said = watch(service, tmp_path, out, clock, "6:30")
    assert clock.at == (6, 30)
    assert service.log == ["ingest", "digest 2025-07-11"]
    names = {path.name for path in out.iterdir()}
    assert names == {"2025-07-11.html", "2025-07-11.md", "2025-07-11.json", "feed.xml"}
    assert any("skipped x.txt: it is empty" in line for line in said)


def test_a_failed_morning_is_reported_and_tried_again(tmp_path: Path) -> None:
    service, clock = FakeService(["2025-07-11"], failures=2), Clock()
    said = watch(service, tmp_path, tmp_path / "out", clock)
    assert clock.waits == list(RETRY_MINUTES[:2])
    assert sum("the archive is locked." in line for line in said) == 2
    assert service.log == ["ingest", "ingest", "ingest", "digest 2025-07-11"]


def test_it_gives_up_until_the_next_morning_and_starts_afresh(tmp_path: Path) -> None:
    service, clock = FakeService(["2025-07-11"], failures=len(RETRY_MINUTES) + 2), Clock(mornings=2)
    said = watch(service, tmp_path, tmp_path / "out", clock)
    assert clock.waits == [*RETRY_MINUTES, RETRY_MINUTES[0]]
    assert any("the next one is at 07:00" in line for line in said)
    assert service.log[-1] == "digest 2025-07-11"


def test_an_unfinished_digest_is_written_and_tried_again(tmp_path: Path) -> None:
    service, clock = FakeService(["2025-07-11"], notes=("语言模型没有写完，其余为原文摘录：x",)), Clock()
    watch(service, tmp_path, tmp_path / "out", clock)
    assert clock.waits == list(RETRY_MINUTES)
    assert (tmp_path / "out" / "2025-07-11.html").is_file()


def test_missed_days_are_made_up_for() -> None:
    dates = ["2025-07-08", "2025-07-09", "2025-07-10", "2025-07-11"]
    assert due(dates, []) == ["2025-07-11"]
    assert due(dates, ["2025-07-09", "feed"]) == ["2025-07-10", "2025-07-11"]
    assert due(dates, ["2025-07-11"]) == ["2025-07-11"]
    assert due([], ["2025-07-11"]) == []


def test_no_half_written_file_is_left(tmp_path: Path) -> None:
    watch(FakeService(["2025-07-11"]), tmp_path, tmp_path / "out", Clock())
    assert not list((tmp_path / "out").glob(".*"))


@pytest.mark.parametrize("text", ["7", "24:00", "07:60", "noon", ""])
def test_a_time_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        clock_time(text)


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a folder"):
        watch(FakeService([]), tmp_path / "none", tmp_path, Clock())


def test_the_real_clock_takes_both_kinds_of_appointment() -> None:
    book = AppointmentBook()
    book.daily(7, 0, lambda: None)
    book.later(10, lambda: None)
    book.later(30, lambda: None)
    assert {job.id for job in book._scheduler.get_jobs()} == {"morning", "retry"}

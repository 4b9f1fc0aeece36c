"""The morning run: every day at an hour, ingest a folder's new pages, then write the digest of each new edition.

APScheduler keeps the hour (across clock changes, sleep and a run that takes too long); it stands behind `Schedule`, so
that tests drive a day in no time. A run that fails is reported and tried again, later and later, until the next
morning's run takes its place. Digests are files that are written whole or not at all.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from rag.digest import export, stored
from rag.digest.daily import UNFINISHED
from rag.errors import BaowenError, InputError
from rag.schema import Digest, IngestReport

if TYPE_CHECKING:
    from rag.service import Service

Say = Callable[[str], None]
RETRY_MINUTES = (10, 30, 60, 120)
_FEED_DAYS = 30
_DATE = re.compile(r"\d{4}-\d\d-\d\d")


class Schedule(Protocol):
    """What a watcher needs of a clock."""

    def daily(self, hour: int, minute: int, job: Callable[[], None]) -> None:
        """Run `job` every day at that local time."""

    def later(self, minutes: int, job: Callable[[], None]) -> None:
        """Run `job` once, so many minutes from now, in the place of an earlier `later`."""

    def run(self) -> None:
        """Keep the appointments until stopped."""


@dataclass(frozen=True, slots=True)
class MorningReport:
    """What a run did: the ingest's report and the files written, by edition date."""

    ingested: IngestReport
    written: tuple[tuple[str, Path], ...]
    notes: tuple[str, ...] = ()


def watch_folder(
    service: Service, folder: Path, at: str, out: Path, say: Say, *, schedule: Schedule | None = None
) -> None:
    """Every day at the local time `at` (HH:MM), ingest `folder` and write digests into `out`; runs until stopped.

    Raises:
        InputError: the folder does not exist or the time cannot be read.
    """
    hour, minute = clock_time(at)
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder: name the one that the pages arrive in.")
    clock = schedule if schedule is not None else AppointmentBook()
    attempts = 0

    def morning() -> None:
        nonlocal attempts
        attempts = 0
        attempt()

    def attempt() -> None:
        try:
            report = morning_run(service, folder, out)
        except Exception as error:  # noqa: BLE001 - a watcher outlives a bad morning and says what it was
            kind = "" if isinstance(error, BaowenError | OSError) else f"{type(error).__name__}: "
            failed(f"today's digest failed: {kind}{error}")
            return
        for line in told(report):
            say(line)
        if any(note.startswith(UNFINISHED) for note in report.notes):
            failed("the language model did not finish the digest; what it wrote is kept.")

    def failed(what: str) -> None:
        nonlocal attempts
        attempts += 1
        if attempts > len(RETRY_MINUTES):
            say(f"{what} That was try {attempts}; the next one is at {at}.")
            return
        minutes = RETRY_MINUTES[attempts - 1]
        say(f"{what} Trying again in {minutes} minutes.")
        clock.later(minutes, attempt)

    clock.daily(hour, minute, morning)
    say(f"watching {folder}: every day at {hour:02d}:{minute:02d}, digests go to {out}. Stop with Ctrl-C.")
    clock.run()


def clock_time(at: str) -> tuple[int, int]:
    """Read HH:MM.

    Raises:
        InputError: it is something else.
    """
    match = re.fullmatch(r"(\d{1,2})[:：](\d{2})", at.strip())
    if match is None or int(match[1]) > 23 or int(match[2]) > 59:
        raise InputError(f"{at!r} is not a time of day; write it as 07:00")
    return int(match[1]), int(match[2])


def morning_run(service: Service, folder: Path, out: Path) -> MorningReport:
    """Ingest `folder`, then write the digest of the newest edition and of those since the last that was written.

    Raises:
        BaowenError: the archive cannot be used.
        OSError: the digests cannot be written.
    """
    ingested = service.ingest([folder])
    out.mkdir(parents=True, exist_ok=True)
    notes: list[str] = []
    written: list[tuple[str, Path]] = []
    for date in due(_dates(service), [path.stem for path in out.glob("*.json")]):
        digest = service.digest(date)
        written.append((date, write_digest(digest, out)))
        notes += digest.notes
    if written:
        _write(out / "feed.xml", export.atom(_recent(out)))
    return MorningReport(ingested, tuple(written), tuple(notes))


def due(dates: Sequence[str], written: Sequence[str]) -> list[str]:
    """Return the editions whose digests are due, oldest first: the newest, and those since the last written."""
    known = [name for name in written if _DATE.fullmatch(name)]
    if not dates:
        return []
    if not known:
        return [max(dates)]
    return sorted(date for date in set(dates) if date > max(known) or date == max(dates))


def write_digest(digest: Digest, out: Path) -> Path:
    """Write a digest as HTML, Markdown and JSON; return the HTML's path."""
    page = out / f"{digest.date}.html"
    _write(out / f"{digest.date}.md", export.markdown(digest))
    _write(page, export.html(digest))
    _write(out / f"{digest.date}.json", stored.dump(digest))
    return page


def told(report: MorningReport) -> list[str]:
    """Return a run's report in lines for the terminal."""
    ingested = report.ingested
    lines = [
        f"{ingested.pages_added} pages added, {ingested.pages_replaced} replaced, "
        f"{ingested.pages_unchanged} unchanged, {len(ingested.skipped)} skipped."
    ]
    lines += [f"skipped {skip.source}: {skip.reason}" for skip in ingested.skipped]
    lines += [f"digest of {date}: {path}" for date, path in report.written] or ["no edition has a date: no digest."]
    return [*lines, *report.notes]


class AppointmentBook:
    """`Schedule` by APScheduler: late rather than never after sleep, one run at a time, missed mornings run once."""

    _GRACE = 12 * 3600

    def __init__(self) -> None:
        from apscheduler.schedulers.blocking import BlockingScheduler

        self._scheduler = BlockingScheduler(
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": self._GRACE}
        )

    def daily(self, hour: int, minute: int, job: Callable[[], None]) -> None:
        """Run `job` every day at that local time."""
        self._scheduler.add_job(job, "cron", hour=hour, minute=minute, id="morning", replace_existing=True)

    def later(self, minutes: int, job: Callable[[], None]) -> None:
        """Run `job` once, so many minutes from now, in the place of an earlier `later`."""
        from datetime import datetime, timedelta

        when = datetime.now(self._scheduler.timezone) + timedelta(minutes=minutes)
        self._scheduler.add_job(job, "date", run_date=when, id="retry", replace_existing=True)

    def run(self) -> None:
        """Keep the appointments until stopped by Ctrl-C or the end of the process."""
        try:
            self._scheduler.start()
        except (KeyboardInterrupt, SystemExit):
            self._scheduler.shutdown(wait=False)


def _dates(service: Service) -> list[str]:
    return [edition.date for edition in service.archive.editions() if edition.date]


def _recent(out: Path) -> list[Digest]:
    """Return the digests that stand in `out`, the newest first; a damaged file is left out of the feed."""
    found: list[Digest] = []
    names = sorted((path for path in out.glob("*.json") if _DATE.fullmatch(path.stem)), reverse=True)
    for path in names[:_FEED_DAYS]:
        try:
            found.append(stored.load(path.read_text("utf-8")))
        except InputError:
            continue
    return found


def _write(path: Path, text: str) -> None:
    """Put `text` in the place of the file in one step."""
    part = path.with_name(f".{path.name}.part")
    with part.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)

"""Files from a reader into the archive, one by one, with what is going on as values."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from rag.contract import check_date
from rag.corrections import pages_from
from rag.errors import BaowenError
from rag.pages.editions import SUFFIXES, page_number
from rag.pages.reading import read_file
from rag.schema import Edition, Page, Skip, content_id
from rag.service import Service
from ui.render_library import Arrival
from ui.texts import Language, say

MOST_FILES = 60
_MAX_NAME = 120
_POLL = 0.2  # seconds between two looks at the worker


def edition_given(paper: str, date: str, page: str) -> Edition:
    """Return what the reader says of the edition.

    Raises:
        InputError: the date is not a date.
    """
    day, number = check_date(date.strip()), page_number(page.strip()) or page.strip()
    return Edition(
        paper.strip(),
        day,
        number,
        "given" if paper.strip() else "unknown",
        "given" if day else "unknown",
        "given" if number else "unknown",
    )


def take_in(
    service: Service, files: Sequence[Path], edition: Edition, language: Language
) -> Generator[tuple[Arrival, ...], None, None]:
    """Read `files` into the archive and delete them; yield all arrivals whenever one of them changes."""
    arrivals = [Arrival(path.name[:_MAX_NAME]) for path in files]
    for index, path in enumerate(files):
        try:
            for arrival in _one(service, path, arrivals[index], edition, language):
                arrivals[index] = arrival
                yield tuple(arrivals)
        finally:
            with contextlib.suppress(OSError):
                path.unlink()


def refused(service: Service, path: Path, language: Language) -> str:
    """Return why a file is not even opened, or an empty string."""
    limit = service.settings.upload_mb
    if path.suffix.lower() not in SUFFIXES:
        return say("library.bad_kind", language, kinds=", ".join(sorted(one.lstrip(".") for one in SUFFIXES)))
    if path.stat().st_size > limit * 1024 * 1024:
        return say("library.too_large", language, mb=limit)
    with path.open("rb") as file:
        head = file.read(1024)
    if path.suffix.lower() == ".pdf" and b"%PDF-" not in head:
        return say("library.not_pdf", language)
    return ""


def _one(service: Service, path: Path, arrival: Arrival, edition: Edition, language: Language) -> Iterator[Arrival]:
    reason = refused(service, path, language)
    if reason:
        yield replace(arrival, state="skipped", reason=reason)
        return
    arrival = replace(arrival, state="reading")
    yield arrival
    news: queue.SimpleQueue[Arrival | None] = queue.SimpleQueue()
    worker = threading.Thread(target=_work, args=(service, path, arrival, edition, news), daemon=True)
    worker.start()
    while True:
        try:
            latest = news.get(timeout=_POLL)
        except queue.Empty:
            if not worker.is_alive() and news.empty():
                yield replace(arrival, state="skipped", reason=say("library.busy", language))
                return
            continue
        if latest is None:
            return
        while not news.empty():
            following = news.get()
            if following is None:
                yield latest
                return
            latest = following
        yield latest


def _work(
    service: Service, path: Path, arrival: Arrival, edition: Edition, news: queue.SimpleQueue[Arrival | None]
) -> None:
    try:
        last = arrival
        for found in read_file(path, given=edition):
            if isinstance(found, Skip):
                last = replace(arrival, state="skipped", reason=found.reason)
            else:
                last = _store(service, found, last, news)
            news.put(last)
    except BaowenError as error:
        news.put(replace(arrival, state="skipped", reason=str(error)))
    finally:
        news.put(None)


def _store(service: Service, page: Page, arrival: Arrival, news: queue.SimpleQueue[Arrival | None]) -> Arrival:
    known = _known(service, page)
    if known is not None:
        return replace(arrival, state="unchanged", page=known)
    page = _apart(service, service.second_look(page))

    def progress(stage: str, done: int, total: int) -> None:
        if stage != "pages":
            news.put(replace(arrival, state="indexing", done=done, total=total))

    report = service.add([page], progress, total=1)
    state = "unchanged" if report.pages_unchanged else "replaced" if report.pages_replaced else "added"
    before = arrival.page.articles if arrival.page else ()
    whole = replace(page, articles=(*before, *page.articles))
    return replace(arrival, state=state, page=whole)  # type: ignore[arg-type]


def _known(service: Service, page: Page) -> Page | None:
    """Return the stored page of the same file and text, when this reading of it knows nothing more of its edition.

    A page whose date was filled in by hand must not lose it because its file is sent a second time.
    """
    texts = [article.body for article in page.articles]
    for stored in pages_from(service.archive, page.source):
        old, new = stored.edition, page.edition
        pairs = ((old.paper, new.paper), (old.date, new.date), (old.page, new.page))
        if texts == [article.body for article in stored.articles] and all(
            not one or one == other for other, one in pairs
        ):
            return stored
    return None


def _apart(service: Service, page: Page) -> Page:
    """Give a page its own source name where another edition's page came from a file of the same name.

    The archive takes two pages of one source for versions of one page; `01.txt` of two days is not that.
    """
    for stored in pages_from(service.archive, page.source):
        old, new = stored.edition, page.edition
        pairs = ((old.paper, new.paper), (old.date, new.date), (old.page, new.page))
        if any(one and other and one != other for one, other in pairs):
            return replace(page, source=f"{content_id(new.paper, new.date, new.page)[:8]}/{page.source}")
    return page

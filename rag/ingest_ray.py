"""Ingest by many: pages are read and embedded by a crew of workers, and stored here, in order, one at a time.

The same pages come out as from `changed_pages`, in the same order, with their vectors: `ingest_pages` does the rest,
and the archive is the same. Reading runs ahead of embedding and embedding ahead of storing, each by a few pages, so
what is in memory does not grow with the number of files.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any, Literal, Protocol, TypeVar

from rag.archive import Archive
from rag.ingest import Folder, Item, Kept, Look, Prepared, as_read, folders, looked_at, missing_articles, noted
from rag.pages import SourceFile, joined, read_sources, separate_pages
from rag.schema import Article, Page, Skip

T = TypeVar("T")
Found = Page | Skip | Kept


class Workers(Protocol):
    """Who reads and embeds: `rag.crew.Crew`."""

    ahead: int

    def begin(self, what: Literal["read", "embed"], argument: Any) -> Any:
        """Have `argument` read or embedded by whoever is free."""

    def result(self, job: Any) -> Any:
        """Wait for what came of it; None when it cannot be had."""


def distributed_pages(
    files: Iterable[SourceFile], archive: Archive, workers: Workers, look: Look = as_read
) -> Iterator[Item]:
    """Yield the pages of `files` with their vectors; folders in which nothing has changed are passed over."""
    sent = _ahead(_sent(_read(files, archive, workers, look), archive, workers), workers.ahead)
    for folder, group in groupby(sent, key=itemgetter(0)):
        yield from noted(_embedded(folder, group, archive, workers, look), folder, archive)


def _ahead(begun: Iterable[T], count: int) -> Iterator[T]:
    """Yield what is begun, `count` of them later than it was."""
    waiting: deque[T] = deque()
    for one in begun:
        waiting.append(one)
        if len(waiting) > count:
            yield waiting.popleft()
    while waiting:
        yield waiting.popleft()


def _reads(
    files: Iterable[SourceFile], archive: Archive, workers: Workers, look: Look
) -> Iterator[tuple[Folder, Kept | None, SourceFile, Any]]:
    for folder in folders(files, look):
        kept = folder.kept(archive)
        if kept is not None:
            yield folder, kept, folder.files[0], None
        else:
            for file in folder.files:
                # Ready articles have no page to read, and there may be millions in one file: they come as they are used.
                ready = file.path.suffix.lower() == ".jsonl"
                yield folder, None, file, None if ready else workers.begin("read", file)


def _read(
    files: Iterable[SourceFile], archive: Archive, workers: Workers, look: Look
) -> Iterator[tuple[Folder, Found]]:
    reads = _ahead(_reads(files, archive, workers, look), workers.ahead)
    for (folder, kept), begun in groupby(reads, key=itemgetter(0, 1)):
        if kept is not None:
            yield folder, kept
            continue
        found = joined(page for _, _, file, job in begun for page in _pages(workers, file, job))
        for page in looked_at(found, look):
            yield folder, page


def _pages(workers: Workers, file: SourceFile, job: Any) -> Iterable[Page | Skip]:
    if job is None:
        return separate_pages([file])
    pages: Iterable[Page | Skip] | None = workers.result(job)
    return [_lost(str(file.path), "reading it")] if pages is None else pages


def _sent(
    pages: Iterable[tuple[Folder, Found]], archive: Archive, workers: Workers
) -> Iterator[tuple[Folder, Found, list[Article], Any]]:
    for folder, page in pages:
        if isinstance(page, Page) and not archive.has_page(page.id):
            missing = missing_articles(page, archive)
            yield folder, page, missing, workers.begin("embed", missing)
        else:
            yield folder, page, [], None


def _embedded(
    folder: Folder,
    sent: Iterable[tuple[Folder, Found, list[Article], Any]],
    archive: Archive,
    workers: Workers,
    look: Look,
) -> Iterator[Item]:
    for _, page, articles, job in sent:
        if isinstance(page, Kept) and folder.kept(archive) is None:
            # A page stored since this was looked up has replaced one of the folder's.
            yield from looked_at(read_sources(folder.files), look)
        elif isinstance(page, Page) and job is not None:
            result = workers.result(job)
            if result is None:
                yield _lost(page.source, "embedding it")
            else:
                yield Prepared(page, frozenset(article.id for article in articles), *result)
        else:
            yield page


def _lost(source: str, doing: str) -> Skip:
    return Skip(source, f"worker after worker was lost while {doing}; try this file alone, without --engine ray")

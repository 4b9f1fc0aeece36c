"""Ingest: pages into the archive, each in one transaction, so that a kill at any moment loses at most one page."""

from __future__ import annotations

import fcntl
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rag import __version__
from rag.archive import Archive
from rag.errors import ArchiveError
from rag.index import SearchIndex
from rag.pages import SourceFile, read_sources
from rag.protocols import Embedder, Progress, Vectors, no_progress
from rag.schema import Article, IngestReport, Page, Passage, Skip, content_id
from rag.text.passages import cut_passages, embedding_text


@contextmanager
def ingest_lock(home: Path, progress: Progress = no_progress) -> Iterator[None]:
    """Hold the archive's ingest lock; a second ingest says that it waits and waits.

    Raises:
        ArchiveError: the lock file cannot be made.
    """
    try:
        home.mkdir(parents=True, exist_ok=True)
        file = (home / "ingest.lock").open("w")
    except OSError as error:
        raise ArchiveError(f"the archive's folder {home} cannot be written: {error}") from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            progress("waiting for another ingest to finish", 0, 0)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


@dataclass(frozen=True, slots=True)
class Kept:
    """Pages that are stored and whose files have not changed since; they were not read again."""

    pages: int


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A page of which the articles named by id were embedded elsewhere; `vectors` has a row for each passage."""

    page: Page
    articles: frozenset[str]
    passages: tuple[Passage, ...]
    vectors: Vectors


Item = Page | Prepared | Skip | Kept
Look = Callable[[Page], Page]
"""What is done to a page between reading and storing it."""


def as_read(page: Page) -> Page:
    """Return the page as it is."""
    return page


@dataclass(frozen=True, slots=True, eq=False)
class Folder:
    """Files that are read together, and the name under which it is noted that all of them are stored.

    A folder is the unit because the pages of an edition lie together and a continuation may join two of them.
    """

    files: tuple[SourceFile, ...]
    receipt: str

    def kept(self, archive: Archive) -> Kept | None:
        """Return what there is to say when nothing has changed since all of the folder was stored, else None."""
        stored = json.loads(archive.summary(self.receipt) or "[]")
        whole = stored and all(archive.has_page(page_id) for page_id in stored)
        return Kept(len(stored)) if whole else None


def folders(files: Iterable[SourceFile], look: Look = as_read) -> Iterator[Folder]:
    """Yield the folders in which `files` lie; what was stored with another `look` is not taken for this one's."""
    found: dict[Path, list[SourceFile]] = {}
    for file in files:
        found.setdefault(file.path.parent, []).append(file)
    for group in found.values():
        yield Folder(tuple(group), _receipt(group, "" if look is as_read else look.__name__))


def changed_pages(files: Iterable[SourceFile], archive: Archive, look: Look = as_read) -> Iterator[Item]:
    """Read `files`, passing over each folder in which nothing has changed since all of it was stored."""
    for folder in folders(files, look):
        kept = folder.kept(archive)
        if kept is not None:
            yield kept
        else:
            yield from noted(looked_at(read_sources(folder.files), look), folder, archive)


def looked_at(found: Iterable[Page | Skip], look: Look) -> Iterator[Page | Skip]:
    """Yield what was read, each page as `look` returns it."""
    for one in found:
        yield look(one) if isinstance(one, Page) else one


def noted(items: Iterable[Item], folder: Folder, archive: Archive) -> Iterator[Item]:
    """Yield the pages of `folder`; once all are stored and none was passed over, note that the folder is done."""
    pages: list[str] = []
    whole = True
    for item in items:
        yield item
        # The caller comes back for the next page once this one is stored.
        if isinstance(item, Page | Prepared):
            pages.append(item.id if isinstance(item, Page) else item.page.id)
        else:
            whole = False
    if whole:
        archive.save_summary(folder.receipt, json.dumps(pages))


def _receipt(files: Sequence[SourceFile], look: str) -> str:
    parts = [__version__, look]
    for file in files:
        try:
            content = hashlib.sha256(file.path.read_bytes()).hexdigest()
        except OSError:
            content = "unreadable"
        parts += [str(file.path), str(file.root), repr(file.edition), content]
    return f"files {content_id(*parts)}"


def ingest_pages(
    pages: Iterable[Item],
    archive: Archive,
    index: SearchIndex,
    embedder: Embedder,
    progress: Progress = no_progress,
    *,
    total: int = 0,
) -> IngestReport:
    """Store `pages`; those already there cost nothing, changed ones replace their earlier version.

    `progress` is called as ("pages", done, total) after each page, and by the embedder in between.

    Raises:
        ArchiveError: the archive cannot be written, or was embedded by another model.
    """
    archive.check_embedder(embedder)
    changes = {"added": 0, "unchanged": 0, "replaced": 0}
    articles = passages = 0
    skipped: list[Skip] = []
    notes: list[str] = []
    for done, item in enumerate(pages, 1):
        page = item.page if isinstance(item, Prepared) else item
        if isinstance(page, Kept):
            changes["unchanged"] += page.pages
        elif isinstance(page, Skip):
            skipped.append(page)
        elif archive.has_page(page.id):
            changes["unchanged"] += 1
        else:
            missing = missing_articles(page, archive)
            # What was embedded ahead may fall short: a page stored since may have taken articles of this one with it.
            if isinstance(item, Prepared) and item.articles.issuperset(article.id for article in missing):
                new_passages, vectors = item.passages, item.vectors
            else:
                new_passages, vectors = embed_articles(missing, embedder, progress)
            changes[archive.add_page(page, new_passages, vectors, embedder)] += 1
            articles += len(page.articles)
            passages += len(new_passages)
            notes += [f"{page.source}: {note}" for note in page.notes]
        progress("pages", done, total)
    notes += index.refresh(progress)
    return IngestReport(
        pages_added=changes["added"],
        pages_unchanged=changes["unchanged"],
        pages_replaced=changes["replaced"],
        articles=articles,
        passages=passages,
        skipped=tuple(skipped),
        notes=tuple(notes),
    )


def embed_articles(
    articles: Iterable[Article], embedder: Embedder, progress: Progress = no_progress
) -> tuple[tuple[Passage, ...], Vectors]:
    """Return the passages of `articles` and a vector for each; similar lengths are embedded together."""
    pairs = [(article, passage) for article in articles for passage in cut_passages(article)]
    if not pairs:
        return (), np.empty((0, embedder.dimension), dtype=np.float32)
    texts = [embedding_text(article, passage) for article, passage in pairs]
    order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
    vectors = np.empty((len(texts), embedder.dimension), dtype=np.float32)
    vectors[order] = embedder.passages([texts[index] for index in order], progress)
    return tuple(passage for _, passage in pairs), vectors


def missing_articles(page: Page, archive: Archive) -> list[Article]:
    """Return the articles of `page` that are not stored, each once."""
    by_id = {article.id: article for article in page.articles}
    missing = archive.missing(list(by_id))
    return [article for article_id, article in by_id.items() if article_id in missing]

"""Looking after an archive: counting it, checking it, copying it, bringing a copy back, embedding it anew."""

from __future__ import annotations

import os
import secrets
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import numpy as np
from sqlalchemy import Connection, func, select, text

from rag.archive.codec import bytes_vectors, row_article, vector_bytes
from rag.archive.engine import reading, writing
from rag.archive.rows import advance, embedder_rows, name_embedder
from rag.archive.store import Archive, open_archive
from rag.archive.tables import articles, memberships, meta, next_vectors, pages, passages, twins, vectors
from rag.errors import ArchiveError
from rag.protocols import Embedder, Progress, no_progress
from rag.text.passages import embedding_text

# Articles or vectors handled at a time.
_BATCH = 500


class Verifiable(Protocol):
    """A search index that can compare itself with the archive."""

    def verify(self) -> tuple[str, ...]:
        """Return what is wrong, a sentence each."""


@dataclass(frozen=True, slots=True)
class ArchiveStats:
    """What is in an archive."""

    pages: int
    articles: int
    passages: int
    papers: tuple[str, ...]
    first_date: str
    last_date: str
    near_duplicates: int
    embedder: str
    bytes: int


def archive_stats(archive: Archive) -> ArchiveStats:
    """Count what is stored. `bytes` is the size of the SQLite file, 0 for another database."""
    with reading(archive.engine) as connection:

        def count(table: object) -> int:
            return int(connection.execute(select(func.count()).select_from(table)).scalar_one())  # type: ignore[arg-type]

        dated = select(func.min(articles.c.date), func.max(articles.c.date)).where(articles.c.date != "")
        first, last = connection.execute(dated).one()
        papers = connection.execute(select(articles.c.paper).distinct().order_by(articles.c.paper)).scalars()
        path = archive.engine.url.database if archive.engine.dialect.name == "sqlite" else None
        model = embedder_rows(connection)
        return ArchiveStats(
            pages=count(pages),
            articles=count(articles),
            passages=count(passages),
            papers=tuple(paper for paper in papers if paper),
            first_date=first or "",
            last_date=last or "",
            near_duplicates=count(twins) // 2,
            embedder=model[0] if model else "",
            bytes=Path(path).stat().st_size if path else 0,
        )


def verify_archive(
    archive: Archive, index: Verifiable | None = None, progress: Progress = no_progress
) -> tuple[str, ...]:
    """Read everything and compare it with its own hashes, and the search index with it.

    Returns what is wrong, a sentence each; nothing when all is well.
    """
    problems: list[str] = []
    with reading(archive.engine) as connection:
        if archive.engine.dialect.name == "sqlite":
            rows = connection.execute(text("PRAGMA integrity_check")).scalars().all()
            problems += [f"SQLite: {row}" for row in rows if row != "ok"]
            broken = connection.execute(text("PRAGMA foreign_key_check")).all()
            problems += [f"SQLite: a row of {row[0]} refers to something that is gone" for row in broken]
        total = int(connection.execute(select(func.count()).select_from(articles)).scalar_one())
        model = embedder_rows(connection)
        for number, row in enumerate(connection.execute(select(articles)), 1):
            article = row_article(row)
            if article.id != row.id:
                problems.append(f"article {row.id} ({row.title}) is not what its id was made from")
            problems += _passage_problems(connection, row.id, row.body, model[1] if model else 0)
            progress("checking articles", number, total)
        member = select(memberships.c.article_id)
        lost = connection.execute(select(articles.c.id).where(articles.c.id.not_in(member))).scalars()
        problems += [f"article {one} belongs to no page" for one in lost]
    if index is not None:
        problems += index.verify()
    return tuple(problems)


def _passage_problems(connection: Connection, article_id: str, body: str, dimension: int) -> list[str]:
    query = (
        select(passages.c.number, passages.c.start, passages.c.end, vectors.c.vector)
        .outerjoin(vectors, vectors.c.number == passages.c.number)
        .where(passages.c.article_id == article_id)
        .order_by(passages.c.start)
    )
    problems, covered = [], 0
    for row in connection.execute(query):
        if not 0 <= row.start <= row.end <= len(body) or body[covered : row.start].strip():
            problems.append(f"passage {row.number} of article {article_id} does not fit its text")
        covered = row.end
        if row.vector is None or len(row.vector) != 2 * dimension:
            problems.append(f"passage {row.number} of article {article_id} has no whole vector")
        elif not np.isfinite(bytes_vectors([row.vector], dimension)).all():
            problems.append(f"passage {row.number} of article {article_id} has a vector that is not a number")
    if body[covered:].strip():
        problems.append(f"article {article_id} has text that no passage covers")
    return problems


def rebuild_archive(archive: Archive, index_folder: Path, embedder: Embedder, progress: Progress = no_progress) -> int:
    """Embed everything anew with `embedder` and make it the archive's model; return how many passages there are.

    The new vectors are laid beside the old ones, a batch a transaction, and take their place in one transaction at the
    end: until then the archive answers as before, and an interrupted rebuild goes on where it stopped. The search
    index in `index_folder` is deleted; the next program that opens it makes it anew.
    """
    with writing(archive.engine) as connection:
        key = "next_fingerprint"
        started = connection.execute(select(meta.c.value).where(meta.c.key == key)).scalar()
        if started != embedder.fingerprint:
            connection.execute(next_vectors.delete())
            connection.execute(meta.delete().where(meta.c.key == key))
            connection.execute(meta.insert().values(key=key, value=embedder.fingerprint))
    total = archive.passage_count()
    while True:
        with reading(archive.engine) as connection:
            done = select(next_vectors.c.number)
            left = select(passages.c.number).where(passages.c.number.not_in(done)).limit(_BATCH)
            numbers = list(connection.execute(left).scalars())
        if not numbers:
            if _swap(archive, embedder):
                shutil.rmtree(index_folder, ignore_errors=True)
                return total
            continue
        found = archive.passages(numbers)
        by_id = archive.articles({passage.article_id for passage in found.values()})
        texts = {number: embedding_text(by_id[one.article_id], one) for number, one in found.items()}
        order = sorted(texts, key=lambda number: len(texts[number]))
        rows = embedder.passages([texts[number] for number in order])
        with writing(archive.engine) as connection:
            stored = [{"number": number, "vector": vector_bytes(row)} for number, row in zip(order, rows, strict=True)]
            connection.execute(next_vectors.insert(), stored)
            count = int(connection.execute(select(func.count()).select_from(next_vectors)).scalar_one())
        progress("embedding anew", count, total)


def _swap(archive: Archive, embedder: Embedder) -> bool:
    """Put the new vectors in the place of the old ones, unless pages came in meanwhile that have none yet."""
    with writing(archive.engine) as connection:
        done = select(next_vectors.c.number)
        if connection.execute(select(passages.c.number).where(passages.c.number.not_in(done)).limit(1)).first():
            return False
        connection.execute(vectors.delete())
        alive = select(next_vectors).where(next_vectors.c.number.in_(select(passages.c.number)))
        connection.execute(vectors.insert().from_select(["number", "vector"], alive))
        connection.execute(next_vectors.delete())
        connection.execute(meta.delete().where(meta.c.key == "next_fingerprint"))
        name_embedder(connection, embedder)
        _rename(connection)
    return True


def _rename(connection: Connection) -> None:
    """Give the archive a new name, so that every index made from its former self is made anew."""
    connection.execute(meta.update().where(meta.c.key == "archive_id").values(value=secrets.token_hex(16)))
    advance(connection, "renamed")


def backup_archive(archive: Archive, to: Path) -> int:
    """Copy a SQLite archive, as it stands at one moment, into the file `to`; return its size in bytes.

    Raises:
        ArchiveError: the archive is in another database, or the copy cannot be written; `to` is then as it was.
    """
    source = _sqlite_path(archive)
    part = to.with_name(to.name + ".part")
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        part.unlink(missing_ok=True)
        with closing(sqlite3.connect(source)) as connection, closing(sqlite3.connect(part)) as copy:
            connection.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.replace(to)
        return to.stat().st_size
    except (OSError, sqlite3.Error) as error:
        part.unlink(missing_ok=True)
        raise ArchiveError(f"the backup {to} cannot be written: {error}") from error


def restore_archive(copy: Path, home: Path) -> Path | None:
    """Put the backup `copy` in the place of the archive in the folder `home`.

    The copy is checked first; the present archive is backed up beside itself; the copy is written over it in one SQLite
    transaction. Whatever happens on the way, the folder holds the former archive or the restored one.

    Returns the file with the former archive, or None when there was none.

    Raises:
        ArchiveError: the copy is not a sound archive, or the folder cannot be written.
    """
    _check_copy(copy)
    target = home / "archive.db"
    try:
        home.mkdir(parents=True, exist_ok=True)
        former = _keep(target)
        with closing(sqlite3.connect(copy)) as source, closing(sqlite3.connect(target, timeout=60)) as into:
            source.backup(into)
    except (OSError, sqlite3.Error) as error:
        raise ArchiveError(f"{target} cannot be restored from {copy}: {error}") from error
    archive = open_archive(home)
    try:
        with writing(archive.engine) as connection:
            _rename(connection)
    finally:
        archive.close()
    return former


def _keep(target: Path) -> Path | None:
    """Copy the present archive beside itself; one too damaged to be copied is moved."""
    if not target.exists():
        return None
    kept = target.with_name(f"archive-{datetime.now(UTC):%Y%m%dT%H%M%S%f}.db")
    try:
        with closing(sqlite3.connect(target, timeout=60)) as present, closing(sqlite3.connect(kept)) as copy:
            present.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.DatabaseError:
        target.replace(kept)
        for suffix in ("-wal", "-shm"):
            target.with_name(target.name + suffix).unlink(missing_ok=True)
    return kept


def _check_copy(copy: Path) -> None:
    try:
        with closing(sqlite3.connect(f"file:{copy}?mode=ro", uri=True)) as connection:
            sound = connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
            named = connection.execute("SELECT value FROM meta WHERE key = 'schema_version'").fetchone()
    except sqlite3.Error as error:
        raise ArchiveError(f"{copy} is not a backup of an archive: {error}") from None
    if not sound or not named:
        raise ArchiveError(f"{copy} is damaged and was not restored; try an older backup")


def _sqlite_path(archive: Archive) -> str:
    if archive.engine.dialect.name != "sqlite" or not archive.engine.url.database:
        raise ArchiveError("only an archive in SQLite can be backed up to a file; use your database's own tools")
    return archive.engine.url.database

"""Connections: SQLite in write-ahead mode by default, any SQLAlchemy URL on request.

SQLite is driven with explicit BEGIN and BEGIN IMMEDIATE, because Python's own transaction handling would start a
transaction late (after the reads that the write depends on) and upgrade it under other writers' feet.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, SQLAlchemyError

from rag.errors import ArchiveError

# How long a writer waits for another writer's transaction, in seconds.
_BUSY = 60


def database_url(where: str | Path) -> str:
    """Return the SQLAlchemy URL of an archive: `where` itself when it is one, else SQLite in that folder."""
    text = str(where)
    return text if "://" in text else f"sqlite:///{Path(text) / 'archive.db'}"


def connect(where: str | Path) -> Engine:
    """Return an engine for the archive at `where`; the folder of a SQLite file is made.

    Raises:
        ArchiveError: the URL cannot be read, its driver is missing, or the folder cannot be made.
    """
    try:
        url = make_url(database_url(where))
        if url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:":
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(url, **({"connect_args": {"timeout": _BUSY}} if url.drivername == "sqlite" else {}))
    except (ArgumentError, ImportError) as error:
        raise ArchiveError(f"the database URL {where} cannot be used: {error}") from None
    except OSError as error:
        raise ArchiveError(f"the archive's folder {where} cannot be made: {error}") from None
    if url.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-65536"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writing = connection.get_execution_options().get("baowen_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Yield a connection in one read transaction; database faults become ArchiveError."""
    with _faults(engine), engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Yield a connection in one write transaction, committed at the end and rolled back on any error."""
    with (
        _faults(engine),
        engine.connect().execution_options(baowen_write=True) as connection,
        connection.begin(),
    ):
        yield connection


@contextmanager
def _faults(engine: Engine) -> Iterator[None]:
    try:
        yield
    except DatabaseError as error:
        where = engine.url.database or engine.url.render_as_string()
        raise ArchiveError(f"the archive {where} cannot be used: {_cause(error)}") from error
    except SQLAlchemyError as error:
        raise ArchiveError(f"the archive cannot be used: {error}") from error


def _cause(error: DatabaseError) -> str:
    text = str(error.orig or error).strip().splitlines()[0]
    if "locked" in text:
        return "another program is writing to it; try again when that is done"
    if "malformed" in text or "not a database" in text:
        return f"{text}; restore a backup with `baowen archive restore`"
    if "disk is full" in text or "disk I/O" in text:
        return f"{text}; free some space and run the command again"
    return text

"""Connections: SQLite in write-ahead mode by default, any SQLAlchemy URL on request.

SQLite is driven with explicit BEGIN and BEGIN IMMEDIATE, because Python's own transaction handling would start a
transaction late (after the reads that the write depends on) and upgrade it under other writers' feet. PostgreSQL would
let writers in together; a lock makes them take turns there, too, since a change must never become visible after a
later one: a search index that stands at the later one would miss it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from rag.errors import ArchiveError

T = TypeVar("T")

# How long a writer waits for another writer's transaction, in seconds.
_BUSY = 60
# Any number will do that nothing else in the database locks.
_WRITERS = 0x62616F77656E


class ConnectionLostError(ArchiveError):
    """The server went away in the middle of a transaction, of which nothing remains."""


def retrying(kind: type[T]) -> type[T]:
    """Make every public method of a class run a second time when the connection was lost; each is one transaction."""
    for name, method in list(vars(kind).items()):
        if not name.startswith("_") and inspect.isfunction(method) and not inspect.isgeneratorfunction(method):
            setattr(kind, name, _twice(method))
    return kind


def _twice(method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def tried(*arguments: Any, **named: Any) -> Any:
        try:
            return method(*arguments, **named)
        except ConnectionLostError:
            return method(*arguments, **named)

    return tried


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
        # A server may have been restarted since a connection was last used.
        options = {"connect_args": {"timeout": _BUSY}} if url.drivername == "sqlite" else {"pool_pre_ping": True}
        engine = create_engine(url, **options)
    except (ArgumentError, ImportError) as error:
        raise ArchiveError(f"the database URL {where} cannot be used: {error}") from None
    except OSError as error:
        raise ArchiveError(f"the archive's folder {where} cannot be made: {error}") from None
    if url.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    elif url.get_backend_name() == "postgresql":
        event.listen(engine, "begin", _begin_postgresql)
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


def _begin_postgresql(connection: Connection) -> None:
    if connection.get_execution_options().get("baowen_write", False):
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITERS})")


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Yield a connection in one read transaction; database faults become ArchiveError."""
    with _faults(engine), engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Yield a connection in one write transaction, committed at the end and rolled back on any error."""
    written = False
    try:
        with (
            _faults(engine),
            engine.connect().execution_options(baowen_write=True) as connection,
            connection.begin(),
        ):
            yield connection
            written = True
    except ConnectionLostError as error:
        if not written:
            raise
        # Lost as it was to be committed: it may have been, so to do it again is not ours to decide.
        raise ArchiveError(f"{error} The last change may or may not have been stored.") from error


@contextmanager
def _faults(engine: Engine) -> Iterator[None]:
    where = engine.url.database or engine.url.render_as_string()
    try:
        yield
    except DBAPIError as error:
        kind = ConnectionLostError if error.connection_invalidated else ArchiveError
        raise kind(f"the archive {where} cannot be used: {_cause(error, engine)}") from error
    except SQLAlchemyError as error:
        raise ArchiveError(f"the archive cannot be used: {error}") from error


def _cause(error: DBAPIError, engine: Engine) -> str:
    text = next(iter(str(error.orig or error).strip().splitlines()), "it does not say why")
    if error.connection_invalidated or "connection" in text:
        server = engine.url.get_backend_name()
        return f"{text}. See that {server} runs and run the command again: what was stored is kept."
    if "locked" in text:
        return "another program is writing to it; try again when that is done"
    if "malformed" in text or "not a database" in text:
        return f"{text}; restore a backup with `baowen archive restore`"
    if "disk is full" in text or "disk I/O" in text:
        return f"{text}; free some space and run the command again"
    return text

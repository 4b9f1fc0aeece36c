"""The archive's schema, step by step.

Each step is a function that takes the schema from one version to the next, inside the transaction that also records
the new version; a failed step leaves the archive as it was. New archives run every step, so the steps are tested by
every test that opens an archive. Alembic would bring a command line and a folder of scripts for what is a list here.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

from sqlalchemy import Connection, inspect, select

from rag.archive.tables import meta, metadata
from rag.errors import ArchiveError


def _create(connection: Connection) -> None:
    metadata.create_all(connection)
    connection.execute(meta.insert().values(key="archive_id", value=secrets.token_hex(16)))


STEPS: tuple[Callable[[Connection], None], ...] = (_create,)
"""STEPS[n] takes version n to version n + 1. Append only."""


def migrate(connection: Connection) -> None:
    """Bring the schema of an open write transaction to the newest version.

    Raises:
        ArchiveError: the archive was written by a newer Baowen.
    """
    version = _version(connection)
    if version > len(STEPS):
        raise ArchiveError(
            f"this archive has schema version {version} and this Baowen knows {len(STEPS)}; install a newer Baowen"
        )
    for step in STEPS[version:]:
        step(connection)
    if version == 0:
        connection.execute(meta.insert().values(key="schema_version", value=str(len(STEPS))))
    elif version < len(STEPS):
        connection.execute(meta.update().where(meta.c.key == "schema_version").values(value=str(len(STEPS))))


def _version(connection: Connection) -> int:
    if not inspect(connection).has_table("meta"):
        return 0
    value = connection.execute(select(meta.c.value).where(meta.c.key == "schema_version")).scalar()
    return int(value) if value is not None else 0

"""Which search engine the settings ask for."""

from __future__ import annotations

from rag.archive import Archive
from rag.index import SearchIndex
from rag.protocols import Progress, no_progress
from rag.settings import Settings


def open_index(settings: Settings, archive: Archive, progress: Progress = no_progress) -> SearchIndex:
    """Open the index of `archive`, caught up with it; what is missing, stale or another archive's is made anew.

    Raises:
        ArchiveError: the index cannot be reached or written.
    """
    folder = settings.home / "index"
    if settings.index == "milvus":
        from rag.index import milvus

        return milvus.open_index(
            folder,
            archive,
            progress,
            uri=settings.milvus_uri,
            token=settings.milvus_token.get_secret_value(),
            collection=settings.milvus_collection,
        )
    from rag.index import local

    return local.open_index(folder, archive, progress)

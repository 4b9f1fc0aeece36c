"""The archive: everything that must not be lost, in SQL. `open_archive` is the way in."""

from rag.archive.store import Archive, PageChange, open_archive
from rag.archive.talk import ConversationSummary, SavedTurn

__all__ = ["Archive", "ConversationSummary", "PageChange", "SavedTurn", "open_archive"]

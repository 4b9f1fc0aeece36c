"""Whether the desk can answer now, for those who watch it: balancers and whoever restarts what has died."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from typing import TYPE_CHECKING, Final

from rag.errors import BaowenError
from rag.protocols import Watched

if TYPE_CHECKING:
    from rag.service import Service

_FRESH: Final = 2.0  # seconds for which what was seen is told again: watchers may be many
_PATIENCE: Final = 2.0  # seconds after which an index that follows the archive is said to be catching up
_WELL: Final = frozenset(("readable", "current", "catching up", "none", "embedded", "reachable"))


class Readiness:
    """What `/ready` tells of one service."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="baowen-ready")
        self._refresh: Future[tuple[str, ...]] | None = None
        self._lock = threading.Lock()
        self._at = float("-inf")
        self._seen: dict[str, str] = {}

    def look(self) -> tuple[bool, dict[str, str]]:
        """Return whether the desk can answer as it should, and how each of its parts is."""
        with self._lock:
            if time.monotonic() - self._at > _FRESH:
                self._seen = {"archive": self._archive(), "index": self._index(), "llm": self._llm()}
                self._at = time.monotonic()
            return all(state in _WELL for state in self._seen.values()), dict(self._seen)

    def _archive(self) -> str:
        try:
            self._service.archive.generation()
        except BaowenError:
            return "unreadable"
        return "readable"

    def _index(self) -> str:
        """Catch up as a search would; whoever looks again meets the same catching up."""
        if self._refresh is None:
            self._refresh = self._threads.submit(self._service.index.refresh)
        try:
            self._refresh.result(_PATIENCE)
        except NotYet:
            return "catching up"
        except BaowenError:
            self._refresh = None
            return "unusable"
        self._refresh = None
        return "current"

    def _llm(self) -> str:
        model = self._service.llm
        if model is None:
            return "none"
        if self._service.settings.llm == "embedded":
            return "embedded"
        return "reachable" if not isinstance(model, Watched) or model.reachable() else "unreachable"

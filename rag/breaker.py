"""Who may call a language server now: so many at once, and nobody for a while after it has failed again and again.

pybreaker, the library for this, does not fit a stream: what it is told not to count it counts as a success, so a reader
who leaves, or a refused request for probabilities, would wipe out the faults before it; and while it tries a server again
it lets every stream through, since it takes a generator that was made for a call that is over.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from rag.errors import LLMError
from rag.protocols import Cancelled

# How often a waiting caller looks whether it was told to stop.
_POLL_SECONDS = 0.1


class Breaker:
    """Counts the faults of a server in a row; after `limit` of them calls fail at once for `pause` seconds.

    Then one call is let through to try. A call that says neither `succeeded` nor `failed` tells nothing.
    """

    def __init__(self, where: str, limit: int, pause: float, now: Callable[[], float] = time.monotonic) -> None:
        self._where = where
        self._limit = limit
        self._pause = pause
        self._now = now
        self._lock = threading.Lock()
        self._row = 0
        self._until = 0.0
        self._trying = False
        self._last = ""

    @property
    def open(self) -> bool:
        """Whether the server is being left alone, or tried."""
        return 0 < self._limit <= self._row

    def check(self) -> None:
        """Return if the server may be called.

        Raises:
            LLMError: it is being left alone; the message says until when.
        """
        with self._lock:
            self._check()

    def _check(self) -> None:
        if not self.open:
            return
        left = self._until - self._now()
        again = time.strftime("%H:%M:%S", time.localtime(time.time() + left))
        if left > 0:
            when = f"it is not asked before {again} ({left:.0f} s)"
        elif self._trying:
            when = "one call is trying it now"
        else:
            return
        raise LLMError(f"{self._where} failed {self._row} times in a row: {when}. The last time: {self._last}")

    def begin(self) -> bool:
        """Begin a call, to be ended by `ended`; return whether it is the one that tries the server again.

        Raises:
            LLMError: as for `check`.
        """
        with self._lock:
            self._check()
            self._trying = self._trying or self.open
            return self.open

    def succeeded(self) -> None:
        """Note a whole answer."""
        with self._lock:
            self._row = 0

    def failed(self, why: str) -> None:
        """Note a fault of the server."""
        with self._lock:
            self._row += 1
            self._last = why
            self._until = self._now() + self._pause

    def ended(self, trial: bool) -> None:
        """End a call; `trial` is what `begin` returned."""
        if trial:
            with self._lock:
                self._trying = False


class Places:
    """Lets so many callers through at once."""

    def __init__(self, places: int) -> None:
        self._free = threading.Semaphore(places)

    def enter(self, cancelled: Cancelled | None, check: Callable[[], None]) -> bool:
        """Wait for a place; return False once `cancelled` is set. `check` may raise to end the wait."""
        while not (cancelled is not None and cancelled.is_set()):
            check()
            if self._free.acquire(timeout=_POLL_SECONDS):
                return True
        return False

    def leave(self) -> None:
        """Give the place back."""
        self._free.release()

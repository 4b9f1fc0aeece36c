"""Who may speak to the language model now, who waits, and what a reader has running."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass


@dataclass(eq=False)
class Ticket:
    """A place in the queue; compared by identity."""


class Turnstile:
    """Lets `places` through at once, first come first served, and keeps at most `waiting` in the queue."""

    def __init__(self, places: int, waiting: int) -> None:
        self._places = places
        self._waiting = waiting
        self._queue: deque[Ticket] = deque()
        self._lock = threading.Lock()

    def enter(self) -> Ticket | None:
        """Take a ticket; None when the queue is full."""
        with self._lock:
            if len(self._queue) >= self._places + self._waiting:
                return None
            ticket = Ticket()
            self._queue.append(ticket)
            return ticket

    def ahead(self, ticket: Ticket) -> int:
        """Return how many must leave before this ticket is let through; 0: it is through."""
        with self._lock:
            return max(0, self._queue.index(ticket) - self._places + 1)

    def leave(self, ticket: Ticket) -> None:
        """Give the place back; a ticket given back twice does no harm."""
        with self._lock:
            if ticket in self._queue:
                self._queue.remove(ticket)


class Running:
    """What each browser session is waiting for, so that it can be stopped. A new task stops the one before it."""

    def __init__(self) -> None:
        self._tasks: dict[str, threading.Event] = {}
        self._lock = threading.Lock()

    def start(self, session: str) -> threading.Event:
        """Return the flag of a new task of `session`."""
        flag = threading.Event()
        with self._lock:
            earlier = self._tasks.get(session)
            self._tasks[session] = flag
        if earlier is not None:
            earlier.set()
        return flag

    def stop(self, session: str) -> bool:
        """Tell the task of `session` to stop; return whether there was one."""
        with self._lock:
            flag = self._tasks.get(session)
        if flag is not None:
            flag.set()
        return flag is not None

    def done(self, session: str, flag: threading.Event) -> None:
        """Forget a finished task."""
        with self._lock:
            if self._tasks.get(session) is flag:
                del self._tasks[session]

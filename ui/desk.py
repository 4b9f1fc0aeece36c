"""What the tabs share: the service, the limits, and careful readers of whatever a browser sends."""

from __future__ import annotations

import contextlib
import re
import threading
import uuid
from collections.abc import AsyncIterator, Generator, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from anyio import CapacityLimiter, to_thread

from rag.contract import check_date
from rag.errors import InputError
from rag.schema import Filters
from ui.examples import example_questions
from ui.limits import Running, Turnstile
from ui.texts import Language, choose_language, say

if TYPE_CHECKING:
    from rag.service import Service

T = TypeVar("T")
_CONVERSATION = re.compile(r"[0-9a-f]{32}")
_ARTICLE = re.compile(r"[0-9a-f]{20}")
_MAX_CHOICES = 50
_MAX_NAME = 200


@dataclass(frozen=True)
class Desk:
    """One service behind one browser interface."""

    service: Service
    turnstile: Turnstile
    running: Running = field(default_factory=Running)
    _examples: dict[tuple[int, str], tuple[str, ...]] = field(default_factory=dict)

    def examples(self) -> tuple[str, ...]:
        """Return questions that the archive can answer; they are made again when it changes."""
        now = self.service.archive.generation()
        if now not in self._examples:
            found = example_questions(self.service.archive)
            self._examples.clear()
            self._examples[now] = found
            return found
        return self._examples[now]


def open_desk(service: Service) -> Desk:
    """Return the desk of `service`, with the limits of its settings."""
    settings = service.settings
    places = settings.answers_at_once or (1 if settings.llm == "embedded" else 8)
    return Desk(service, Turnstile(places, settings.waiting_limit))


@contextlib.contextmanager
def left_alone(steps: Generator[Any, None, None], stopped: threading.Event) -> Iterator[None]:
    """Close `steps` at the end; when a reader leaves while a thread is inside them, they end by themselves."""
    try:
        yield
    finally:
        stopped.set()
        with contextlib.suppress(ValueError):
            steps.close()


async def stepwise(
    steps: Generator[T, None, None], stopped: threading.Event, threads: CapacityLimiter
) -> AsyncIterator[T]:
    """Yield `steps`, each taken in one of `threads`, so that no reader's work holds up the others' pages."""
    with left_alone(steps, stopped):
        while (step := await to_thread.run_sync(next, steps, None, limiter=threads)) is not None:
            yield step


def new_conversation() -> str:
    """Return the address of a new conversation; nobody can guess it."""
    return uuid.uuid4().hex


def conversation_id(value: object) -> str:
    """Return `value` when it can be a conversation's address, or an empty string."""
    return value if isinstance(value, str) and _CONVERSATION.fullmatch(value) else ""


def article_id(value: object) -> str:
    """Return `value` when it can be an article's id, or an empty string."""
    return value if isinstance(value, str) and _ARTICLE.fullmatch(value) else ""


def whole(value: object, most: int = 1_000_000_000) -> int:
    """Return `value` as a whole number between 0 and `most`; anything else is 0."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return 0
    digits = str(value)
    return min(int(digits), most) if digits.isdecimal() and len(digits) < 12 else 0


def span(value: object) -> tuple[int, int]:
    """Read `12-34` of an address; anything else is (0, 0)."""
    start, _, end = str(value or "").partition("-")
    return whole(start), whole(end)


def payload(event: Any) -> Mapping[str, Any]:
    """Return what a click carried; a browser can send anything."""
    data = getattr(event, "_data", None)
    return data if isinstance(data, Mapping) else {}


def language_of(value: object) -> Language:
    """Return the language of a state or of a browser's list."""
    return choose_language(str(value or "")[:200])


def plain(value: object, most: int) -> str:
    """Return `value` as a string of at most `most` characters; what is not a string is empty."""
    return value[:most] if isinstance(value, str) else ""


def question_problem(desk: Desk, question: str, language: Language) -> str:
    """Return why `question` cannot be asked, or an empty string."""
    limit = desk.service.settings.question_limit
    if not question.strip():
        return say("ask.blank", language)
    if len(question.strip()) > limit:
        return say("ask.too_long", language, n=len(question.strip()), limit=limit)
    return ""


def read_filters(papers: object, date_from: object, date_to: object, pages: object) -> Filters:
    """Return the filters of the form.

    Raises:
        InputError: a date is not a date.
    """
    return Filters(
        papers=_names(papers),
        date_from=check_date(plain(date_from, 20).strip()),
        date_to=check_date(plain(date_to, 20).strip()),
        pages=_names(pages),
    )


def _names(value: object) -> tuple[str, ...]:
    if value is None or value == "":
        return ()
    if not isinstance(value, list):
        raise InputError("a filter must be a list of names")
    return tuple(plain(one, _MAX_NAME) for one in value[:_MAX_CHOICES] if plain(one, _MAX_NAME))

"""What every command shares: the console, progress bars, JSON lines, and how values are shown in a terminal."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rag.protocols import Progress, no_progress

if TYPE_CHECKING:
    from rich.console import Console

    from rag.service import Service

_STAGES = {"pages": "reading pages", "embed": "embedding", "embedding": "embedding"}


def console(*, error: bool = False) -> Console:
    """Return a rich console; output that is not a terminal gets plain text."""
    from rich.console import Console

    return Console(stderr=error, highlight=False, soft_wrap=True)


def print_json(value: dict[str, Any]) -> None:
    """Print one JSON object on one line and flush, so that a reading program has it at once."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
    sys.stdout.flush()


@contextmanager
def progress_bars(*, quiet: bool = False) -> Iterator[Progress]:
    """Yield a progress callback that draws one bar a stage on stderr; silent when `quiet` or not in a terminal."""
    if quiet or not sys.stderr.isatty():
        yield no_progress
        return
    from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        console=console(error=True),
    ) as bars:
        tasks: dict[str, TaskID] = {}

        def show(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(_STAGES.get(stage, stage), rate="")
            speed = bars.tasks[tasks[stage]].speed
            rate = f"{speed:.1f}/s" if speed else ""
            bars.update(tasks[stage], completed=done, total=total or None, rate=rate)

        yield show


@contextmanager
def service(**overrides: Any) -> Iterator[Service]:
    """Open the service that the settings name, and close it."""
    from rag.service import open_service
    from rag.settings import read_settings

    with progress_bars() as progress:
        opened = open_service(read_settings(**overrides), progress=progress)
    try:
        yield opened
    finally:
        opened.close()

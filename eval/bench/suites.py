"""The suites by name."""

from __future__ import annotations

from collections.abc import Callable

from eval.bench.ask import measure_ask
from eval.bench.digest import measure_digest
from eval.bench.embed import measure_embed
from eval.bench.index import measure_index, measure_scale
from eval.bench.ingest import measure_ingest
from eval.bench.outcome import Outcome
from eval.bench.start import measure_start
from rag.errors import InputError
from rag.protocols import Progress, no_progress
from rag.settings import Settings

SUITES: dict[str, Callable[[Settings, int, Progress], Outcome]] = {
    "ingest": measure_ingest,
    "embed": measure_embed,
    "index": measure_index,
    "ask": measure_ask,
    "digest": measure_digest,
    "start": measure_start,
    "scale": measure_scale,
}


def measure(suite: str, settings: Settings, limit: int = 0, progress: Progress = no_progress) -> Outcome:
    """Run one suite; `limit` makes it smaller, in its own terms; `progress` is told how far it is.

    Raises:
        InputError: there is no such suite.
    """
    if suite not in SUITES:
        raise InputError(f"there is no suite {suite!r}; there are: {', '.join(SUITES)}.")
    return SUITES[suite](settings, limit, progress)

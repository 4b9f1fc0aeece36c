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
from rag.settings import Settings

SUITES: dict[str, Callable[[Settings, int], Outcome]] = {
    "ingest": measure_ingest,
    "embed": measure_embed,
    "index": measure_index,
    "ask": measure_ask,
    "digest": measure_digest,
    "start": measure_start,
    "scale": measure_scale,
}


def measure(suite: str, settings: Settings, limit: int = 0) -> Outcome:
    """Run one suite; `limit` makes it smaller, in its own terms.

    Raises:
        InputError: there is no such suite.
    """
    if suite not in SUITES:
        raise InputError(f"there is no suite {suite!r}; there are: {', '.join(SUITES)}.")
    return SUITES[suite](settings, limit)

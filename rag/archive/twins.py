"""Near-duplicates: the same wire copy in two papers, a report printed again with a new lead.

Two texts are compared by the 13-character runs they share, after folding away width, spaces and punctuation. Each
article keeps the smallest of its hashed runs as a sketch, so that copies are found through an SQL index; what the
sketch suggests is then compared in full.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, func, select

from rag.archive.tables import articles, sketches, twins
from rag.text.tokens import fold

RUN = 13
# Share of the shorter text that the longer one must contain.
SHARE = 0.5
# A sketch holds one hash in 32, yet at least 16 and at most 64.
_ONE_IN, _FEWEST, _MOST = 32, 16, 64
# Copies looked at in full for a new article; more of one text than this are linked through one another.
_LOOK = 20
_NOISE = re.compile(r"[\W_]+")
_BASE = np.uint64(0x9E3779B97F4A7C15)

Runs = npt.NDArray[np.int64]


def runs(text: str) -> Runs:
    """Return the distinct hashes of the 13-character runs of `text`, ascending; a shorter text is one run."""
    clean = _NOISE.sub("", fold(text))
    if not clean:
        return np.empty(0, dtype=np.int64)
    points = np.frombuffer(clean.encode("utf-32-le", "surrogatepass"), dtype="<u4").astype(np.uint64)
    size = min(RUN, len(points))
    hashed = np.zeros(len(points) - size + 1, dtype=np.uint64)
    for offset in range(size):
        hashed = (hashed ^ points[offset : offset + len(hashed)]) * _BASE
        hashed ^= hashed >> np.uint64(29)
    return np.unique((hashed >> np.uint64(1)).astype(np.int64))


def sketch(text_runs: Runs) -> list[int]:
    """Return the few runs that stand for a text in the SQL index."""
    size = min(_MOST, max(_FEWEST, len(text_runs) // _ONE_IN))
    return [int(value) for value in text_runs[:size]]


def share(one: Runs, other: Runs) -> float:
    """Return how much of the shorter text the other contains, from 0 to 1."""
    shorter = min(len(one), len(other))
    return len(np.intersect1d(one, other, assume_unique=True)) / shorter if shorter else 0.0


def link(connection: Connection, article_id: str, body: str) -> None:
    """Store the sketch of a new article and link it with the near-duplicates that are stored."""
    own = runs(body)
    # Runs of a very short text prove nothing: captions and one-line notices are alike without being copies.
    if len(own) < 2 * RUN:
        return
    values = sketch(own)
    for other_id, other_body in _alike(connection, values):
        found = share(own, runs(other_body))
        if found >= SHARE:
            pair = {"article_id": article_id, "twin_id": other_id, "share": found}
            connection.execute(twins.insert().values(**pair))
            connection.execute(twins.insert().values(article_id=other_id, twin_id=article_id, share=found))
    connection.execute(sketches.insert(), [{"article_id": article_id, "value": value} for value in values])


def _alike(connection: Connection, values: Sequence[int]) -> list[tuple[str, str]]:
    common = (
        select(sketches.c.article_id, func.count().label("common"))
        .where(sketches.c.value.in_(values))
        .group_by(sketches.c.article_id)
        .having(func.count() >= 2)
        .order_by(func.count().desc())
        .limit(_LOOK)
        .subquery()
    )
    query = select(articles.c.id, articles.c.body).join(common, common.c.article_id == articles.c.id)
    return [(row.id, row.body) for row in connection.execute(query)]

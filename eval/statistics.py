"""How sure a figure is: bootstrap intervals, and paired tests of two runs of the same questions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]

_RESAMPLES = 2000


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean with its 95% interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Paired:
    """What changed between two runs: the mean difference, its interval, and how likely chance is.

    `better` and `worse` count the questions that moved either way.
    """

    questions: int
    before: float
    after: float
    difference: Interval
    p_value: float
    better: int
    worse: int

    @property
    def significant(self) -> bool:
        """Whether chance alone would do this less than once in twenty times."""
        return self.p_value < 0.05


def mean_interval(values: Sequence[float], *, seed: int = 0) -> Interval:
    """Return the mean with a percentile bootstrap interval (Efron & Tibshirani 1993; `scipy.stats.bootstrap`).

    Raises:
        ValueError: there are no values.
    """
    if not values:
        raise ValueError("the mean of nothing")
    data = np.asarray(values, dtype=np.float64)
    mean = float(data.mean())
    if len(data) == 1 or np.ptp(data) == 0.0:
        return Interval(mean, mean, mean)
    from scipy.stats import bootstrap

    found = bootstrap(
        (data,), np.mean, n_resamples=_RESAMPLES, method="percentile", rng=np.random.default_rng(seed)
    ).confidence_interval
    return Interval(mean, float(found.low), float(found.high))


def paired(before: Sequence[float], after: Sequence[float], *, seed: int = 0) -> Paired:
    """Compare two runs question by question.

    Right or wrong: McNemar's exact test (McNemar 1947; `scipy.stats.binomtest`). Other scores: a paired permutation
    test of the mean difference (Fisher; `scipy.stats.permutation_test`), as Dror et al. 2018 advise.

    Raises:
        ValueError: the runs do not have the same number of values, or none.
    """
    if len(before) != len(after) or not before:
        raise ValueError("paired runs need one value each for every question")
    one, two = np.asarray(before, dtype=np.float64), np.asarray(after, dtype=np.float64)
    moved = two - one
    better, worse = int((moved > 0).sum()), int((moved < 0).sum())
    return Paired(
        questions=len(one),
        before=float(one.mean()),
        after=float(two.mean()),
        difference=mean_interval(moved.tolist(), seed=seed),
        p_value=_chance(one, two, better, worse, seed),
        better=better,
        worse=worse,
    )


def _chance(one: Values, two: Values, better: int, worse: int, seed: int) -> float:
    from scipy.stats import binomtest, permutation_test

    if better + worse == 0:
        return 1.0
    if set(np.unique(np.concatenate([one, two]))) <= {0.0, 1.0}:
        return float(binomtest(better, better + worse).pvalue)
    found = permutation_test(
        (two, one),
        lambda x, y, axis: np.mean(x - y, axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=_RESAMPLES,
        rng=np.random.default_rng(seed),
    )
    return float(found.pvalue)

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.statistics import mean_interval, paired


@given(st.lists(st.sampled_from([0.0, 1.0]), min_size=1, max_size=40))
def test_an_interval_holds_its_mean_and_is_always_the_same(values):
    found = mean_interval(values)
    assert found.low <= found.mean <= found.high
    assert found == mean_interval(values)


def test_more_questions_make_an_interval_narrower():
    few, many = mean_interval([0.0, 1.0] * 10), mean_interval([0.0, 1.0] * 200)
    assert many.high - many.low < (few.high - few.low) / 2


def test_mcnemar_by_hand():
    # Six questions moved, all for the better: 2 * (1/2) ** 6.
    found = paired([0.0] * 6 + [1.0] * 4, [1.0] * 10)
    assert found.p_value == pytest.approx(2 * 0.5**6)
    assert found.significant
    assert (found.better, found.worse) == (6, 0)
    assert found.difference.mean == pytest.approx(0.6)


def test_equal_runs_and_noise_are_not_significant():
    assert paired([0.0, 1.0], [0.0, 1.0]).p_value == 1.0
    assert not paired([0.1, 0.5, 0.9, 0.3], [0.2, 0.4, 0.95, 0.2]).significant


def test_a_steady_gain_of_a_score_is_significant():
    before = [number / 20 for number in range(12)]
    assert paired(before, [value + 0.1 for value in before]).significant


def test_nothing_cannot_be_compared():
    with pytest.raises(ValueError, match="nothing"):
        mean_interval([])
    with pytest.raises(ValueError, match="every question"):
        paired([1.0], [1.0, 0.0])
    with pytest.raises(ValueError, match="every question"):
        paired([], [])

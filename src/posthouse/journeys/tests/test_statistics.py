"""Survival statistics against scipy, against worked examples of textbooks, and by their own laws."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from posthouse.journeys import statistics

# Weeks in remission of 42 children with leukaemia, 6-MP against placebo (Freireich et al. 1963, the classic example).
TREATED = [6, 6, 6, 7, 10, 13, 16, 22, 23]
TREATED_CENSORED = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]

times = st.lists(st.integers(0, 60).map(float), max_size=60)
some = st.lists(st.integers(0, 60).map(float), min_size=1, max_size=60)


def test_the_leukaemia_trial_gives_the_curve_of_the_textbooks():
    curve = statistics.kaplan_meier(TREATED, TREATED_CENSORED)
    assert curve.times.tolist() == [6, 7, 10, 13, 16, 22, 23]
    assert curve.waiting == pytest.approx([0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482], abs=5e-5)
    assert curve.at_risk.tolist() == [21, 17, 15, 12, 11, 7, 6]
    assert (curve.median, statistics.kaplan_meier(PLACEBO).median) == (23, 8)
    assert (curve.people, curve.observed_until) == (21, 35)


def test_the_leukaemia_trial_gives_the_log_rank_test_of_the_textbooks():
    test = statistics.log_rank((TREATED, TREATED_CENSORED), (PLACEBO, []))
    assert test.chi_square == pytest.approx(16.79, abs=0.005)
    assert test.observed == (9, 21)
    assert test.expected == pytest.approx((19.25, 10.75), abs=0.005)
    assert test.p_value == pytest.approx(4.17e-5, rel=0.005)


def test_the_band_is_greenwoods_on_the_log_minus_log_scale():
    """S(6) = 18/21, the variance of its logarithm 3/(21·18): bounds S^exp(±1.96·√v/|log S|), "log-log" in R."""
    curve = statistics.kaplan_meier(TREATED, TREATED_CENSORED)
    assert (curve.lower[0], curve.upper[0]) == pytest.approx((0.6197, 0.9516), abs=5e-5)


def test_a_median_need_not_exist():
    curve = statistics.kaplan_meier([1, 2], [5, 5, 5])
    assert curve.median is None
    assert curve.time_by_which(0.4) == 2
    assert curve.percentile_of_passers(0.9) == 2


def test_dropping_those_under_way_would_flatter():
    assert statistics.kaplan_meier([1, 2, 3]).median == 2
    assert statistics.kaplan_meier([1, 2, 3], [2, 2, 4]).median == 3


def test_nobody_at_all_is_an_empty_curve():
    curve = statistics.kaplan_meier([])
    assert (curve.people, curve.median, curve.percentile_of_passers(0.9), curve.waiting_at(9)) == (0, None, None, 1.0)
    assert curve.median_between() == (None, None)
    assert statistics.log_rank(([], []), ([1], [])).p_value == 1.0
    assert statistics.cumulative_incidence({"step": []})["step"].at(3) == 0.0


def test_competing_ends_by_hand():
    """Five people: step at 1, left at 2, step at 3, one last seen at 2, one at 4.

    1: S=1, n=5 → step 1/5; S=4/5. 2: n=4 → left 4/5·1/4 = 1/5; S=3/5. 3: n=2 → step 3/5·1/2 = 3/10; S=3/10.
    """
    found = statistics.cumulative_incidence({"step": [1, 3], "left": [2]}, [2, 4])
    assert found["step"].at(0.5) == 0
    assert [found["step"].at(t) for t in (1, 2, 3, 9)] == pytest.approx([0.2, 0.2, 0.5, 0.5])
    assert found["left"].at(9) == pytest.approx(0.2)


@pytest.mark.parametrize("bad", [[-1.0], [float("nan")], [float("inf")]])
def test_impossible_times_are_refused(bad):
    with pytest.raises(ValueError, match="finite"):
        statistics.kaplan_meier(bad)


def test_unordered_counts_are_refused():
    with pytest.raises(ValueError, match="ascend"):
        statistics.kaplan_meier_of_counts([2, 1], [1, 1], [0, 0])
    with pytest.raises(ValueError, match="as many"):
        statistics.kaplan_meier_of_counts([1, 2], [1], [0, 0])
    with pytest.raises(ValueError, match="as many"):
        statistics.log_rank_of_counts([1, 2], ([1], [0]), ([1], [0]))
    with pytest.raises(ValueError, match="confidence"):
        statistics.kaplan_meier([1], confidence=2)


@pytest.mark.filterwarnings("ignore:The confidence interval is undefined")
@given(some, times)
def test_it_agrees_with_scipy(reached, censored):
    ours = statistics.kaplan_meier(reached, censored)
    theirs = stats.ecdf(stats.CensoredData(uncensored=reached, right=censored)).sf
    for time in {*reached, *censored}:
        assert ours.waiting_at(time) == pytest.approx(float(theirs.evaluate(time)), abs=1e-9)
    band = theirs.confidence_interval(method="log-log")
    for place, time in enumerate(ours.times):
        if 1e-9 < ours.waiting[place] < 1 - 1e-9:
            assert ours.lower[place] == pytest.approx(float(band.low.evaluate(time)), abs=1e-6)
            assert ours.upper[place] == pytest.approx(float(band.high.evaluate(time)), abs=1e-6)


@given(some, times, some, times)
def test_the_log_rank_test_agrees_with_scipy(one, one_censored, other, other_censored):
    ours = statistics.log_rank((one, one_censored), (other, other_censored))
    if ours.chi_square == 0:
        return  # no spread at all: scipy divides by nothing there
    theirs = stats.logrank(
        stats.CensoredData(uncensored=one, right=one_censored),
        stats.CensoredData(uncensored=other, right=other_censored),
    )
    assert ours.chi_square == pytest.approx(float(theirs.statistic) ** 2, rel=1e-6, abs=1e-9)
    assert ours.p_value == pytest.approx(float(theirs.pvalue), rel=1e-6, abs=1e-9)


@given(times, times)
def test_the_curve_falls_and_stays_in_its_band(reached, censored):
    curve = statistics.kaplan_meier(reached, censored)
    assert (np.diff(curve.waiting) < 0).all()
    assert ((curve.lower <= curve.waiting + 1e-12) & (curve.waiting <= curve.upper + 1e-12)).all()
    assert ((curve.lower >= 0) & (curve.upper <= 1)).all()
    if curve.median is not None:
        assert curve.waiting_at(curve.median) <= 0.5 + 1e-9


@given(some)
def test_without_censoring_it_is_the_share_that_took_longer(reached):
    curve = statistics.kaplan_meier(reached)
    for time in reached:
        assert curve.waiting_at(time) == pytest.approx(sum(other > time for other in reached) / len(reached))


@given(st.lists(st.floats(1, 1e7), min_size=1, max_size=80), st.lists(st.floats(1, 1e7), max_size=80))
def test_binned_counts_miss_the_median_by_a_bin_at_most(reached, censored):
    """Everything rounded up to the upper edge of bins 2 % wide; within a bin censorings count after steps."""
    growth = 1.02
    place = lambda values: np.ceil(np.log(np.asarray(values)) / np.log(growth)).astype(int)  # noqa: E731
    r, c = place(reached), place(censored)
    size = max([*r, *c, 0]) + 1
    edges = growth ** np.arange(size)
    binned = statistics.kaplan_meier_of_counts(edges, np.bincount(r, minlength=size), np.bincount(c, minlength=size))
    exact = statistics.kaplan_meier(reached, censored)
    for edge in edges[::7]:
        assert binned.waiting_at(edge * 1.0000001) >= exact.waiting_at(edge) - 1e-9


@given(some, times, times)
def test_the_shares_of_all_ends_and_of_those_waiting_add_up_to_one(step, left, censored):
    found = statistics.cumulative_incidence({"step": step, "left": left}, censored)
    waiting = statistics.kaplan_meier([*step, *left], censored)
    for time in (0, 10, 30, 61):
        assert found["step"].at(time) + found["left"].at(time) + waiting.waiting_at(time) == pytest.approx(1)


@given(some, times)
def test_with_one_kind_of_end_incidence_is_one_minus_the_curve(step, censored):
    found = statistics.cumulative_incidence({"step": step}, censored)["step"]
    curve = statistics.kaplan_meier(step, censored)
    assert all(found.at(t) == pytest.approx(1 - curve.waiting_at(t)) for t in step)

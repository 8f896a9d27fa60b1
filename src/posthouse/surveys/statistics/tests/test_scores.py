"""Figures and their bounds: worked examples, other people's implementations, and the laws they must keep."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from posthouse.surveys.scales import Group
from posthouse.surveys.statistics import intervals
from posthouse.surveys.statistics.formulas import ALL, Formula, Kind, MixedFormulas
from posthouse.surveys.statistics.scores import difference, nps, score_of, share_of
from posthouse.surveys.statistics.students_t import t_quantile
from posthouse.surveys.statistics.tallies import Tally, empty, pooled, tally

few = settings(max_examples=40, deadline=None)
EFFORT = Formula("ces", "1-7", "mean")
NPS = Formula("nps", "0-10", "nps")
formulas = st.sampled_from(ALL)


@st.composite
def tallies(draw, least=0, formula=None):
    chosen = formula or draw(formulas)
    counts = draw(
        st.lists(st.integers(0, 50), min_size=len(chosen.scores), max_size=len(chosen.scores)).filter(
            lambda found: sum(found) >= least
        )
    )
    return Tally(chosen, tuple(counts), draw(st.integers(0, sum(counts))))


def of_groups(promoters, passives, detractors):
    return tally(NPS, {10: promoters, 8: passives, 3: detractors})


@pytest.mark.mission("S7")
def test_nps_is_reckoned_from_counts_and_rounded_once():
    assert nps(7, 2, 1) == 60
    assert nps(1, 0, 0) == 100
    assert nps(0, 0, 0) is None
    score = score_of(of_groups(1, 3, 4))
    assert (score.value, score.rounded(), score.rounded(1)) == (-37.5, Decimal(-38), Decimal("-37.5"))
    assert score_of(of_groups(4, 3, 1)).rounded() == 38
    assert score_of(of_groups(1, 5, 1)).rounded() == 0


@pytest.mark.mission("S7")
@few
@given(formulas)
def test_nobody_gives_no_figure_rather_than_nought(formula):
    score = score_of(empty(formula))
    assert (score.value, score.interval, score.rounded(), score.answers) == (None, None, None, 0)
    assert difference(empty(formula), empty(formula)).value is None
    assert not difference(empty(formula), empty(formula)).clear


@pytest.mark.mission("S7")
def test_ten_promoters_of_ten_are_not_certain():
    """The reference: plain Wald ±0, adjusted about +48 to +100."""
    assert intervals.wald_net(10, 0, 10) == (1.0, 1.0)
    assert score_of(of_groups(10, 0, 0)).interval == pytest.approx((47.5, 100), abs=0.05)


@pytest.mark.parametrize(("answers", "margin"), [(30, 28), (50, 22), (100, 15), (200, 11), (400, 8), (1000, 5)])
def test_typical_margins_are_those_of_the_reference(answers, margin):
    low, high = intervals.wald_net(answers // 2, answers // 5, answers)
    assert (high - low) * 50 == pytest.approx(margin, abs=0.5)


@pytest.mark.mission("S7")
def test_each_formula_reckons_what_it_says():
    five = {1: 1, 2: 2, 3: 3, 4: 4, 5: 10}
    seven = {1: 1, 2: 2, 3: 1, 4: 2, 5: 4, 6: 6, 7: 4}
    expected = {
        ("csat", "1-5", "top_share"): 70,
        ("csat", "1-5", "mean"): 4,
        ("ces", "1-5", "top_share"): 70,
        ("ces", "1-5", "mean"): 4,
        ("ces", "1-7", "top_share"): 70,
        ("ces", "1-7", "easy_minus_hard"): 30,
        ("ces", "1-7", "mean"): 5,
    }
    for words, value in expected.items():
        formula = Formula(*words)
        assert score_of(tally(formula, seven if formula.scale == "1-7" else five)).value == pytest.approx(value), words
    assert score_of(tally(Formula("csat", "1-3", "top_share"), {1: 1, 2: 1, 3: 2})).value == 50


def test_groups_are_those_of_the_formula():
    assert [NPS.group_of(score) for score in (0, 6, 7, 8, 9, 10)] == [
        *(Group.LOW,) * 2,
        *(Group.MIDDLE,) * 2,
        *(Group.HIGH,) * 2,
    ]
    easy = Formula("ces", "1-7", "easy_minus_hard")
    assert tally(easy, {3: 1, 4: 2, 5: 3, 6: 4}).groups == {
        "low": 1,
        "middle": 5,
        "high": 4,
    }


@pytest.mark.parametrize("score", [-1, 11])
def test_a_score_off_the_scale_is_refused(score):
    with pytest.raises(ValueError, match="not between"):
        NPS.group_of(score)
    with pytest.raises(ValueError, match="not on the scale"):
        tally(NPS, {score: 1})


@pytest.mark.parametrize(("counts", "commented"), [((1,) * 10, 0), ((-1,) * 11, 0), ((1,) * 11, 12), ((1,) * 11, -1)])
def test_counts_that_cannot_be_are_refused(counts, commented):
    with pytest.raises(ValueError):
        Tally(NPS, counts, commented)


@pytest.mark.mission("S7")
def test_different_questions_are_never_mixed():
    one, other = tally(EFFORT, {5: 1}), tally(Formula("ces", "1-7", "top_share"), {5: 1})
    for act in (lambda: one + other, lambda: pooled([one, other]), lambda: difference(one, other)):
        with pytest.raises(MixedFormulas, match="ces 1-7 mean and ces 1-7 top_share"):
            act()
    with pytest.raises(ValueError):
        pooled([])


@pytest.mark.mission("S7")
def test_no_clear_change_is_said_where_the_interval_spans_nought():
    small = difference(of_groups(6, 2, 2), of_groups(5, 2, 3))
    large = difference(of_groups(600, 200, 200), of_groups(500, 200, 300))
    assert (small.value, small.clear) == (20, False)
    assert (large.value, large.clear) == (20, True)
    assert difference(of_groups(500, 200, 300), of_groups(600, 200, 200)).clear


def test_a_difference_is_the_standard_one_for_many_answers():
    """(s₁ - s₂) ± 1.96·√(var₁/n₁ + var₂/n₂)"""
    found = difference(of_groups(60_000, 20_000, 20_000), of_groups(50_000, 20_000, 30_000)).interval
    half = 196 * ((0.8 - 0.16) / 100_000 + (0.8 - 0.04) / 100_000) ** 0.5
    assert found == pytest.approx((20 - half, 20 + half), abs=0.01)


def test_means_differ_by_welchs_test():
    one, other = tally(EFFORT, {3: 4, 5: 9, 7: 2}), tally(EFFORT, {1: 2, 2: 3, 4: 8, 6: 1})
    scores = [[s for s, count in part.histogram.items() for _ in range(count)] for part in (one, other)]
    theirs = stats.ttest_ind(*scores, equal_var=False).confidence_interval(0.95)
    ours = difference(one, other)
    assert ours.interval == pytest.approx((theirs.low, theirs.high), abs=0.002)
    assert ours.clear == (not theirs.low <= 0 <= theirs.high)


def test_a_mean_has_students_interval_or_none():
    found = score_of(tally(EFFORT, {3: 4, 5: 9, 7: 2}))
    scores = [3] * 4 + [5] * 9 + [7] * 2
    theirs = stats.ttest_1samp(scores, 0).confidence_interval(0.95)
    assert found.interval == pytest.approx((theirs.low, theirs.high))
    assert score_of(tally(EFFORT, {5: 1})).interval is None
    assert score_of(tally(EFFORT, {5: 9})).interval is None


@few
@given(st.integers(1, 3000), st.data())
def test_a_share_has_wilsons_interval(answers, data):
    hits = data.draw(st.integers(0, answers))
    theirs = stats.binomtest(hits, answers).proportion_ci(0.95, method="wilson")
    assert intervals.wilson(hits, answers) == pytest.approx((theirs.low, theirs.high), abs=1e-9)
    adjusted = intervals.adjusted_wald_share(hits, answers)
    centre = (theirs.low + theirs.high) / 2
    if adjusted.low > 0 and adjusted.high < 1:
        assert (adjusted.low + adjusted.high) / 2 == pytest.approx(centre)
        assert adjusted.low <= theirs.low + 1e-9
        assert adjusted.high >= theirs.high - 1e-9


@few
@given(st.floats(1, 500), st.sampled_from([0.6, 0.9, 0.95, 0.975, 0.995]))
def test_the_quantile_of_t_is_everybodys(degrees, probability):
    whole = round(degrees)
    assert t_quantile(probability, whole) == pytest.approx(stats.t.ppf(probability, whole), rel=1e-5)
    if degrees > 4:
        assert t_quantile(probability, degrees) == pytest.approx(stats.t.ppf(probability, degrees), rel=2e-3)


@pytest.mark.parametrize(("probability", "degrees"), [(0.4, 3), (1.0, 3), (0.9, 0.5)])
def test_a_quantile_that_is_none_is_refused(probability, degrees):
    with pytest.raises(ValueError):
        t_quantile(probability, degrees)


@few
@given(tallies(least=1))
def test_a_figure_lies_within_its_bounds_and_these_on_the_scale(one):
    score = score_of(one)
    low, high = score.formula.bounds
    assert low <= score.value <= high
    if score.interval is not None:
        assert low <= score.interval.low <= score.value + 1e-9
        assert score.value - 1e-9 <= score.interval.high <= high
    if one.formula.kind is not Kind.MEAN:
        assert score.interval.high > score.interval.low


@few
@given(tallies(least=1), st.integers(2, 50))
def test_the_same_shares_from_more_people_are_more_certain(one, times):
    more = Tally(one.formula, tuple(count * times for count in one.counts))
    few, many = score_of(one), score_of(more)
    assert many.value == pytest.approx(few.value)
    if few.interval is not None:
        assert many.interval.high - many.interval.low < few.interval.high - few.interval.low


@few
@given(tallies(least=1), st.integers(0, 1000))
def test_a_small_population_narrows_the_bounds_down_to_none(one, others):
    plain, finite = score_of(one), score_of(one, population=one.answers + others)
    assert finite.value == plain.value
    if plain.interval is None:
        return
    assert plain.interval.low - 1e-9 <= finite.interval.low <= finite.value + 1e-9
    assert finite.value - 1e-9 <= finite.interval.high <= plain.interval.high + 1e-9
    if not others:
        assert finite.interval == pytest.approx((plain.value, plain.value))
    else:
        ratio = (others / (one.answers + others - 1)) ** 0.5
        widths = [score.interval.high - score.interval.low for score in (finite, plain)]
        assert widths[0] == pytest.approx(widths[1] * ratio)


def test_more_answers_than_people_are_refused():
    with pytest.raises(ValueError, match="cannot come from"):
        score_of(of_groups(3, 0, 0), population=2)


@few
@given(st.data())
def test_a_difference_turned_round_is_its_opposite(data):
    formula = data.draw(formulas)
    one, other = data.draw(tallies(formula=formula)), data.draw(tallies(formula=formula))
    there, back = difference(one, other), difference(other, one)
    assert there.clear == back.clear
    assert (there.value is None) == (one.answers == 0 or other.answers == 0)
    if there.value is not None:
        assert there.value == pytest.approx(-back.value)
    if there.interval is not None:
        assert there.interval == pytest.approx((-back.interval.high, -back.interval.low))


@few
@given(st.data())
def test_pooling_adds_counts(data):
    parts = data.draw(st.lists(tallies(formula=NPS), min_size=1, max_size=5))
    whole = pooled(parts)
    assert whole.answers == sum(part.answers for part in parts)
    assert whole.commented == sum(part.commented for part in parts)
    assert sum(whole.groups.values()) == sum(whole.histogram.values()) == whole.answers


def test_a_share_of_nothing_is_none():
    assert (share_of(1, 4), share_of(0, 0)) == (0.25, None)


@pytest.mark.parametrize("confidence", [0, 1, 1.2])
def test_a_confidence_that_is_none_is_refused(confidence):
    with pytest.raises(ValueError, match="confidence"):
        score_of(of_groups(1, 0, 0), confidence=confidence)

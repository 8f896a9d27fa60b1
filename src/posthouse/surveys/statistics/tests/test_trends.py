"""Scores over time, and which answers count."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posthouse.surveys.statistics.formulas import Formula, MixedFormulas
from posthouse.surveys.statistics.people import Answer, Counting, counted
from posthouse.surveys.statistics.scores import score_of
from posthouse.surveys.statistics.tallies import empty, pooled, tally
from posthouse.surveys.statistics.trends import Grain, Period, by_period, periods, rolling

few = settings(max_examples=40, deadline=None)
NPS = Formula("nps", "0-10", "nps")
FIRST = date(2026, 1, 1)
days = st.dictionaries(
    st.integers(-40, 120).map(lambda number: FIRST + timedelta(days=number)),
    st.dictionaries(st.integers(0, 10), st.integers(0, 5)).map(lambda histogram: tally(NPS, histogram)),
)
spans = st.tuples(st.integers(0, 60), st.integers(0, 60)).map(
    lambda ends: (FIRST + timedelta(days=ends[0]), FIRST + timedelta(days=sum(ends)))
)


def test_weeks_begin_on_monday_and_months_on_the_first_and_both_are_cut_off():
    assert periods(Grain.WEEK, date(2026, 1, 1), date(2026, 1, 13)) == [
        Period(date(2026, 1, 1), date(2026, 1, 4)),
        Period(date(2026, 1, 5), date(2026, 1, 11)),
        Period(date(2026, 1, 12), date(2026, 1, 13)),
    ]
    assert periods(Grain.MONTH, date(2026, 1, 31), date(2026, 3, 1)) == [
        Period(date(2026, 1, 31), date(2026, 1, 31)),
        Period(date(2026, 2, 1), date(2026, 2, 28)),
        Period(date(2026, 3, 1), date(2026, 3, 1)),
    ]
    assert periods(Grain.DAY, date(2026, 1, 2), date(2026, 1, 1)) == []


@pytest.mark.mission("S7")
@few
@given(days, spans, st.sampled_from(Grain))
def test_periods_hold_every_answer_once(of_days, span, grain):
    found = by_period(NPS, of_days, grain, *span)
    inside = [part for day, part in of_days.items() if span[0] <= day <= span[1]]
    assert pooled([empty(NPS), *found.values()]) == pooled([empty(NPS), *inside])
    assert sum((period.last - period.first).days + 1 for period in found) == (span[1] - span[0]).days + 1


@pytest.mark.mission("S7")
@few
@given(days, spans, st.integers(1, 45))
def test_a_window_pools_the_days_that_end_with_it(of_days, span, width):
    found = rolling(NPS, of_days, width, *span)
    assert list(found) == [span[0] + timedelta(days=n) for n in range((span[1] - span[0]).days + 1)]
    for end, pool in found.items():
        inside = [part for day, part in of_days.items() if end - timedelta(days=width) < day <= end]
        assert pool == pooled([empty(NPS), *inside])


def test_pooling_is_not_averaging():
    """One promoter on one day and nine detractors on the next are -80, not the mean of +100 and -100."""
    of_days = {FIRST: tally(NPS, {10: 1}), FIRST + timedelta(days=1): tally(NPS, {0: 9})}
    assert score_of(rolling(NPS, of_days, 2, max(of_days), max(of_days))[max(of_days)]).value == -80


def test_a_period_without_answers_has_no_figure():
    found = by_period(NPS, {}, Grain.DAY, FIRST, FIRST)
    assert [score_of(part).value for part in found.values()] == [None]


def test_other_questions_and_other_widths_are_refused():
    other = {FIRST: tally(Formula("ces", "1-7", "easy_minus_hard"), {5: 1})}
    with pytest.raises(MixedFormulas):
        by_period(NPS, other, Grain.DAY, FIRST, FIRST)
    with pytest.raises(MixedFormulas):
        rolling(NPS, other, 3, FIRST, FIRST)
    with pytest.raises(ValueError, match="one day wide"):
        rolling(NPS, {}, 0, FIRST, FIRST)


answers = st.lists(
    st.builds(
        Answer,
        person=st.sampled_from(["", "a", "b", "c"]),
        at=st.integers(0, 5).map(lambda hour: datetime(2026, 1, 1, hour, tzinfo=UTC)),
        id=st.uuids().map(str),
        score=st.integers(0, 10),
    )
)


@pytest.mark.mission("S7")
@few
@given(answers)
def test_the_latest_of_each_person_counts_and_nobody_unknown_is_lost(given_answers):
    latest = counted(given_answers, Counting.LATEST)
    named = [answer.person for answer in latest if answer.person]
    assert len(named) == len(set(named)) == len({answer.person for answer in given_answers if answer.person})
    assert sum(not answer.person for answer in latest) == sum(not answer.person for answer in given_answers)
    for answer in given_answers:
        kept = next(found for found in latest if (found.person or found.id) == (answer.person or answer.id))
        assert (kept.at, kept.id) >= (answer.at, answer.id)
    assert sorted(counted(given_answers, Counting.ALL)) == sorted(given_answers)

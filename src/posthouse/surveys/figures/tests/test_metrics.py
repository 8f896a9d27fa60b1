"""What is said of a campaign in a period, from answers and sends in the tables."""

from datetime import UTC, date, datetime, timedelta

import pytest

from posthouse.people.models import Contact
from posthouse.surveys import models
from posthouse.surveys.figures.metrics import MOST_GROUPS, Wish, is_trait, metrics
from posthouse.surveys.models import Response, Send
from posthouse.surveys.statistics.people import Counting
from posthouse.surveys.statistics.trends import Grain, Period

pytestmark = [pytest.mark.django_db, pytest.mark.mission("S7")]

MARCH = Wish(first=date(2026, 3, 1), last=date(2026, 3, 31))


@pytest.fixture
def campaign():
    return models.Campaign.objects.create(name="C", metric="nps", scale="0-10", formula="nps")


def person(number):
    return Contact.objects.get_or_create(email=f"p{number}@example.com")[0]


def answered(campaign, score, day, who=None, comment="", **attributes):
    return Response.objects.create(
        campaign=campaign,
        contact=person(who) if who is not None else None,
        score=score,
        comment=comment,
        attributes=attributes,
        created_at=datetime(2026, 3, 1, 12, tzinfo=UTC) + timedelta(days=day - 1),
    )


def sent(campaign, day, who, **attributes):
    return Send.objects.create(
        campaign=campaign,
        contact=person(who),
        state="sent",
        outcome="scheduled",
        attributes=attributes,
        sent_at=datetime(2026, 3, 1, 12, tzinfo=UTC) + timedelta(days=day - 1),
    )


def with_(**changes):
    return Wish(**{"first": MARCH.first, "last": MARCH.last} | changes)


def test_nobody_is_none_everywhere(campaign):
    found = metrics(campaign, with_(by="attributes.plan", grain=Grain.WEEK))
    assert (found.figure.score.value, found.figure.comment_rate, found.asked.rate) == (None, None, None)
    assert (found.change.value, found.change.clear, found.parts, found.behind_since) == (None, False, [], None)
    assert [figure.score.value for _period, figure in found.trend] == [None] * 6


def test_the_score_with_its_groups_and_rates(campaign):
    for number, score in enumerate([10, 9, 9, 8, 3]):
        answer = answered(campaign, score, 10, number, comment="so" if number < 2 else "")
        answer.send = sent(campaign, 9, number)
        answer.save()
    sent(campaign, 9, 7)
    found = metrics(campaign, MARCH)
    assert (found.figure.score.value, found.figure.tally.groups) == (40.0, {"low": 1, "middle": 1, "high": 3})
    assert found.figure.tally.histogram[9] == 2
    assert (found.figure.comment_rate, found.asked.sent, found.asked.answered) == (0.4, 6, 5)
    assert found.asked.rate == pytest.approx(5 / 6)
    assert found.figure.score.interval.low < 40 < found.figure.score.interval.high


def test_the_period_before_is_as_long_and_no_clear_change_is_said(campaign):
    assert MARCH.before == Period(date(2026, 1, 29), date(2026, 2, 28))
    answered(campaign, 10, 1)
    answered(campaign, 0, -5)
    answered(campaign, 0, -40)
    found = metrics(campaign, MARCH)
    assert (found.figure.score.value, found.before.score.value, found.change.value) == (100, -100, 200)
    assert found.before.tally.answers == 1
    assert not found.change.clear


def test_trend_and_moving_window_pool_answers(campaign):
    for day, score in ((1, 10), (2, 0), (2, 0), (9, 10)):
        answered(campaign, score, day)
    found = metrics(campaign, with_(grain=Grain.WEEK, window=3))
    weeks = {period.first.day: figure.score.value for period, figure in found.trend}
    assert weeks == {1: 100, 2: -100, 9: 100, 16: None, 23: None, 30: None}
    days = {day.day: figure.score.value for day, figure in found.rolling}
    assert [days[day] for day in (1, 2, 3, 4, 5, 9, 11, 12)] == [
        100,
        pytest.approx(-100 / 3),
        pytest.approx(-100 / 3),
        -100,
        None,
        100,
        100,
        None,
    ]


def test_of_each_person_the_latest_alone_in_each_period(campaign):
    for day, score in ((1, 0), (3, 0), (20, 10)):
        answered(campaign, score, day, who=1)
    everything = metrics(campaign, with_(grain=Grain.WEEK))
    latest = metrics(campaign, with_(grain=Grain.WEEK, counting=Counting.LATEST))
    assert (everything.figure.tally.answers, everything.figure.score.rounded()) == (3, -33)
    assert (latest.figure.tally.answers, latest.figure.score.value) == (1, 100)
    assert [figure.tally.answers for _period, figure in latest.trend] == [1, 1, 0, 1, 0, 0]


def test_parts_differ_from_all_others_and_add_up(campaign):
    for number in range(40):
        answered(campaign, 10, 2, plan="pro")
        answered(campaign, 0 if number % 2 else 10, 2, plan="free")
    answered(campaign, 7, 2)
    sent(campaign, 2, 1, plan="pro")
    found = metrics(campaign, with_(by="attributes.plan"))
    parts = {part.value: part for part in found.parts}
    assert {value: part.figure.tally.answers for value, part in parts.items()} == {"free": 40, "pro": 40, "": 1}
    assert parts["pro"].from_others.clear
    assert parts["pro"].from_others.value == pytest.approx(100)
    assert not parts[""].from_others.clear
    assert (parts["pro"].asked.sent, parts["free"].asked) == (1, None)


def test_filters_narrow_answers_and_sends_alike(campaign):
    answered(campaign, 10, 2, plan="pro", country="ES")
    answered(campaign, 0, 2, plan="pro", country="FR")
    sent(campaign, 2, 1, plan="pro", country="ES")
    sent(campaign, 2, 2, plan="free", country="ES")
    found = metrics(campaign, with_(where=(("attributes.plan", "pro"), ("attributes.country", "ES"))))
    assert (found.figure.score.value, found.asked.sent) == (100, 1)
    assert metrics(campaign, with_(where=(("device", "phone"),))).asked is None


def test_beyond_fifty_values_the_rest_is_counted(campaign):
    for number in range(MOST_GROUPS + 3):
        answered(campaign, 5, 2, number=number)
    found = metrics(campaign, with_(by="attributes.number"))
    assert (len(found.parts), found.others) == (MOST_GROUPS, 3)


def test_a_small_population_narrows_the_bounds(campaign):
    for number in range(9):
        answered(campaign, number, 2)
    wide, narrow = (metrics(campaign, with_(population=people)).figure.score.interval for people in (None, 10))
    assert narrow.high - narrow.low == pytest.approx((wide.high - wide.low) * (1 / 9) ** 0.5)
    with pytest.raises(ValueError, match="cannot come from"):
        metrics(campaign, with_(population=8))


def test_the_formula_is_the_campaigns(campaign):
    mean = models.Campaign.objects.create(name="E", metric="ces", scale="1-7", formula="mean")
    answered(mean, 5, 2)
    answered(mean, 6, 2)
    assert metrics(mean, MARCH).figure.score.value == 5.5
    assert metrics(campaign, MARCH).figure.tally.answers == 0


def test_what_can_be_asked_by():
    assert [is_trait(name) for name in ("language", "attributes.plan", "attributes.", "score", "")] == [
        True,
        True,
        False,
        False,
        False,
    ]

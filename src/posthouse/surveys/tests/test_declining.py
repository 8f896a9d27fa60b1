"""Answers and "not now": for how long people are left alone after them, by this campaign and by any."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from posthouse.surveys import actions, links, models
from posthouse.surveys.resting import Past, rests_until
from posthouse.surveys.rules import Rules, as_json, check_rules, read_rules
from posthouse.timeline.models import Event

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


@pytest.fixture
def clock(db):
    with time_machine.travel(NOON, tick=False) as travelling:
        yield travelling


def due():
    while actions.send_due():
        pass


@pytest.mark.mission("S4")
@pytest.mark.django_db
def test_not_now_takes_the_press_of_a_button_and_is_kept_once(campaign, ask):
    send = ask(campaign)
    due()
    page = links.decline_address(send.pk).partition("/survey/")[2]
    browser = Client()
    shown = browser.get(f"/survey/{page}")
    assert "Do not ask me for a while" in shown.content.decode()
    send.refresh_from_db()
    assert send.declined_at is None, "looking at the page keeps nothing"
    for _again in range(2):
        assert "We will not ask you for a while" in browser.post(f"/survey/{page}").content.decode()
    event = Event.objects.get(type="survey.declined")
    assert (event.contact_id, event.data["send_id"]) == (send.contact_id, send.pk)
    assert browser.get(f"/survey/{links.token(send.pk)}/").status_code == 200, "answering stays possible"


@pytest.mark.mission("S4")
@pytest.mark.django_db
def test_not_now_is_no_way_in_for_forged_links_or_those_who_answered(campaign, ask):
    send, browser = ask(campaign, channel="link"), Client()
    assert browser.post(f"/survey/{links.token(send.pk)[:-1]}/not-now/").status_code == 404
    actions.answer(send=send, given=actions.Answer(score=3))
    assert browser.post(f"/survey/{links.token(send.pk)}/not-now/").status_code == 302
    send.refresh_from_db()
    assert send.declined_at is None
    actions.set_state(campaign=campaign, state="ended")
    other = ask(campaign, email="b@example.org", channel="link")
    assert browser.post(f"/survey/{links.token(other.pk)}/not-now/").status_code == 410


@pytest.mark.mission("S4")
@pytest.mark.parametrize(
    ("what", "rules", "days", "days_any"),
    [
        ("decline", {"decline_days": 50, "decline_days_any": 20}, 50, 20),
        ("answer", {"answer_days": 40, "answer_days_any": 10}, 40, 10),
        ("nothing", {}, 5, 3),
    ],
)
def test_after_an_answer_a_decline_and_a_mere_mail_each_its_own_number_of_days(
    clock, make, ask, what, rules, days, days_any
):
    own = make(frequency=rules, rest_days=5, rest_days_any=3)
    other = make(frequency=rules, rest_days=5, rest_days_any=3)
    send = ask(own)
    due()
    if what == "decline":
        actions.decline(send=send)
    if what == "answer":
        actions.answer(send=send, given=actions.Answer(score=3))
    refused = ask(own), ask(other)
    assert [one.throttled_until for one in refused] == [NOON + timedelta(days=days), NOON + timedelta(days=days_any)]
    clock.shift(timedelta(days=days_any))
    granted = ask(other)
    assert granted.outcome == "scheduled"
    actions.cancel_send(send=granted)
    assert ask(own).outcome == "throttled"
    clock.move_to(NOON + timedelta(days=days))
    assert ask(own).outcome == "scheduled"


@pytest.mark.mission("S4")
def test_who_answers_while_a_mail_of_another_campaign_waits_is_left_alone(clock, make, ask):
    first, second = make(rest_days_any=0), make(rest_days_any=0, frequency={"answer_days_any": 30})
    send = ask(first)
    due()
    later = ask(second, delay=timedelta(days=2))
    assert later.outcome == "scheduled"
    clock.shift(timedelta(days=1))
    actions.answer(send=send, given=actions.Answer(score=9))
    clock.shift(timedelta(days=1))
    due()
    later.refresh_from_db()
    assert (later.state, later.outcome) == ("refused", "throttled")
    assert later.throttled_until == NOON + timedelta(days=31)


moments = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
by_campaign = st.dictionaries(st.sampled_from(["a", "b", "c"]), moments)
days = st.integers(0, 400)


@given(st.builds(Past, by_campaign, by_campaign, by_campaign), st.lists(days, min_size=6, max_size=6))
def test_no_clock_is_ever_cut_short_and_none_lasts_longer_than_its_days(past, numbers):
    campaign = models.Campaign(id="a", rest_days=numbers[0], rest_days_any=numbers[1])
    rules = Rules(
        answer_days=numbers[2], answer_days_any=numbers[3], decline_days=numbers[4], decline_days_any=numbers[5]
    )
    until = rests_until(past, campaign, rules)
    ends = []
    for kept, own, of_any in zip((past.asked, past.answered, past.declined), numbers[::2], numbers[1::2], strict=True):
        ends += [moment + timedelta(days=of_any) for moment in kept.values()]
        ends += [kept["a"] + timedelta(days=own)] if "a" in kept else []
    assert until == max(ends, default=None)


clock_times = st.times().map(lambda value: value.replace(second=0, microsecond=0, fold=0))
nights = st.none() | st.tuples(clock_times, clock_times)


@given(nights, st.sets(st.integers(0, 6), min_size=1), st.integers(0, 9999), days, days)
def test_rules_are_kept_and_read_as_they_were(night, weekdays, cap, answer, decline):
    rules = Rules(
        quiet_from=night[0] if night else None,
        quiet_to=night[1] if night else None,
        days=tuple(sorted(weekdays)),
        daily_cap=cap,
        answer_days=answer,
        decline_days=decline,
    )
    assert read_rules(check_rules(as_json(rules))) == rules

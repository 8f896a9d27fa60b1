"""Campaigns that come round: everybody once in a cycle, evenly over its days, whatever stops on the way."""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from posthouse.messages import actions as messages
from posthouse.people.models import Contact, Customer, Membership, User
from posthouse.surveys import actions
from posthouse.surveys.frequency import cycles, turning
from posthouse.surveys.frequency.turning import take_turns
from posthouse.surveys.models import Round, Send, Turn
from posthouse.surveys.rules import Rules
from posthouse.surveys.tests.passing import pass_days, work
from posthouse.timeline.models import Event

MONDAY = datetime(2026, 5, 4, 12, tzinfo=UTC)
WEEKLY = {"every": 1, "unit": "week"}


@pytest.fixture
def clock(db):
    with time_machine.travel(MONDAY, tick=False) as travelling:
        yield travelling


def people(number, zone="", **fields):
    """Contacts; with a zone they have a login that lives in it."""
    found = []
    for n in range(number):
        email = f"{zone.lower().replace('/', '-')}{n}@example.org"
        user = User.objects.create_user(email, "x", time_zone=zone) if zone else None
        found.append(Contact.objects.create(email=email, user=user, **fields))
    return found


@pytest.mark.mission("S4")
def test_everybody_is_asked_once_in_each_cycle_on_about_as_many_days(clock, make):
    people(70)
    campaign = make(rest_days=5, frequency=WEEKLY)
    work()
    assert not Send.objects.exists(), "it begins on the day behind its start"
    pass_days(clock, 21)
    asked = Counter(Send.objects.values_list("contact_id", flat=True))
    assert len(asked) == 70
    assert set(asked.values()) == {3}
    sent = Send.objects.filter(campaign=campaign, state="sent", source="recurring").order_by("sent_at")
    by_day = Counter(send.sent_at.date() for send in sent)
    assert min(by_day) == date(2026, 5, 5)
    assert len(by_day) == 21
    assert max(by_day.values()) < 25
    first, second, _third = (sent.filter(contact=sent[0].contact)).values_list("sent_at", flat=True)
    assert second - first == timedelta(days=7), "a contact has the same place in every cycle"
    assert {send.sent_at.time() for send in sent} == {time(10)}
    assert Event.objects.filter(type="survey.send_scheduled").count() == 210


@pytest.mark.mission("S4")
def test_they_are_asked_at_the_time_where_they_live(clock, make):
    zones = ["Europe/Madrid", "Pacific/Auckland", "America/Los_Angeles"]
    for zone in zones:
        people(6, zone)
    make(rest_days=5, frequency=WEEKLY | {"at": "09:30", "days": ["mon", "tue", "wed", "thu", "fri"]})
    pass_days(clock, 12)
    sent = Send.objects.filter(state="sent").select_related("contact__user")
    assert {send.contact_id for send in sent} == set(Contact.objects.values_list("pk", flat=True))
    for send in sent:
        local = send.sent_at.astimezone(ZoneInfo(send.contact.user.time_zone))
        assert (local.time(), local.weekday() < 5) == (time(9, 30), True)


@pytest.mark.mission("S4")
def test_only_those_for_whom_the_condition_holds_when_their_day_has_come(clock, make):
    pro, free = (Customer.objects.create(name=plan, attributes={"plan": plan}) for plan in ("pro", "free"))
    mine, theirs, young = people(3, attributes={"team": "a"})
    other = Contact.objects.create(email="b@example.org", attributes={"team": "b"})
    for contact, customer in ((mine, pro), (theirs, free), (young, pro), (other, pro)):
        Membership.objects.create(contact=contact, customer=customer)
    Contact.objects.filter(pk=young.pk).update(created_at=MONDAY + timedelta(days=3))
    audience = {
        "all": [
            {"field": "contact.attributes.team", "op": "is", "value": "a"},
            {"field": "customer.plan", "op": "is", "value": "pro"},
            {"field": "contact.created_at", "op": "before", "value": "2026-05-06T00:00:00Z"},
        ]
    }
    make(frequency=WEEKLY | {"audience": audience})
    pass_days(clock, 8)
    [send] = Send.objects.all()
    assert (send.contact_id, send.customer_id, send.attributes) == (mine.pk, pro.pk, {"team": "a"})


@pytest.mark.mission("S4")
def test_who_does_not_want_surveys_stands_there_with_the_reason(clock, make):
    refusing, bounced, wanting = people(3)
    messages.unsubscribe(addressee=messages.addressee(refusing.email), category="surveys", how="desk")
    messages.suppress(addressee=messages.addressee(bounced.email), reason="bounce", how="report")
    make(frequency=WEEKLY)
    work()
    pass_days(clock, 7)
    outcomes = dict(Send.objects.values_list("contact_id", "outcome"))
    assert outcomes == {refusing.pk: "unsubscribed", bounced.pk: "bounced", wanting.pk: "scheduled"}


@pytest.mark.mission("S4")
def test_rest_puts_a_turn_off_until_it_is_over_or_to_the_next_cycle(clock, make, ask):
    contact = people(1)[0]
    other = make()
    ask(other, contact_id=contact.pk)
    work()
    campaign = make(rest_days=5, rest_days_any=10, frequency=WEEKLY)
    pass_days(clock, 20)
    rows = Send.objects.filter(campaign=campaign).order_by("created_at")
    sent = [row for row in rows if row.state == "sent"]
    assert sent[0].sent_at >= MONDAY + timedelta(days=10)
    assert sent[0].sent_at <= MONDAY + timedelta(days=15)
    assert {row.outcome for row in rows if row.state == "refused"} <= {"throttled"}
    gaps = [b.sent_at - a.sent_at for a, b in pairwise(sent)]
    assert all(gap >= timedelta(days=10) for gap in gaps)


@pytest.mark.mission("S4")
def test_the_cap_puts_turns_off_to_the_next_day_and_those_who_wait_longest_are_first(clock, make):
    people(30)
    campaign = make(frequency={"every": 1, "unit": "month", "spread_days": 1, "daily_cap": 8})
    work()
    clock.move_to(datetime(2026, 5, 5, tzinfo=UTC))
    work()
    assert Turn.objects.filter(campaign=campaign, day=date(2026, 5, 6), why="cap").count() == 22
    pass_days(clock, 5)
    by_day = Counter(Send.objects.filter(state="sent").values_list("sent_at__date", flat=True))
    assert by_day == {date(2026, 5, 5): 8, date(2026, 5, 6): 8, date(2026, 5, 7): 8, date(2026, 5, 8): 6}
    order = list(Send.objects.order_by("sent_at", "contact_id").values_list("contact_id", flat=True))
    assert order == sorted(order), "among those of one day, by id"
    assert not Turn.objects.exists()


@pytest.mark.mission("S4")
def test_after_a_pause_those_who_were_missed_are_asked_over_as_many_days(clock, make):
    people(120)
    campaign = make(rest_days=5, frequency={"every": 30, "unit": "day"})
    work()
    pass_days(clock, 5)
    before = Send.objects.count()
    actions.set_state(campaign=campaign, state="paused")
    pass_days(clock, 10)
    assert Send.objects.count() == before
    actions.set_state(campaign=campaign, state="running")
    work()
    assert Turn.objects.filter(why="missed").count() > 10
    pass_days(clock, 15)
    asked = Counter(Send.objects.filter(state="sent").values_list("contact_id", flat=True))
    assert (len(asked), set(asked.values())) == (120, {1}), "all of them within the cycle, nobody twice"
    assert max(Counter(Send.objects.values_list("sent_at__date", flat=True)).values()) < 25


@pytest.mark.mission("S4")
def test_killed_between_any_two_steps_nobody_is_asked_twice_and_nobody_is_left_out(clock, make, monkeypatch):
    """Each step is one transaction: it is done again from its beginning, or it is done."""
    people(60)
    monkeypatch.setattr(turning, "SEEK", 7)
    monkeypatch.setattr(turning, "ASK", 4)
    make(frequency={"every": 7, "unit": "day", "spread_days": 2})
    work()
    for day in (5, 6):
        clock.move_to(datetime(2026, 5, day, tzinfo=UTC))
        for n in range(200):
            try:
                with pytest.MonkeyPatch.context() as broken:
                    if n % 3:
                        broken.setattr(turning, ("record_many", "pasts")[n % 2], _dies)
                    if not take_turns():
                        break
            except _Killed:
                pass
    clock.move_to(datetime(2026, 5, 7, tzinfo=UTC))
    work()
    assert Counter(Send.objects.values_list("contact_id", flat=True)) == dict.fromkeys(
        Contact.objects.values_list("pk", flat=True), 1
    )
    assert Event.objects.filter(type="survey.send_scheduled").count() == 60


class _Killed(BaseException):
    pass


def _dies(*_args, **_more):
    raise _Killed


@pytest.mark.mission("S4")
def test_switched_off_or_ended_nobody_waits_any_more(clock, make):
    people(20)
    campaign = make(frequency={"every": 1, "unit": "week", "spread_days": 1, "daily_cap": 1})
    work()
    clock.move_to(datetime(2026, 5, 5, tzinfo=UTC))
    work()
    assert Turn.objects.count() == 19
    actions.change_campaign(campaign=campaign, frequency={"every": 0})
    work()
    assert not Turn.objects.exists()
    assert not Round.objects.exists()


numbers = st.integers(1, 24)
dates = st.dates(date(2024, 1, 1), date(2030, 1, 1))
weekdays = st.sets(st.integers(0, 6), min_size=1).map(lambda days: tuple(sorted(days)))


@given(numbers, st.sampled_from(["week", "month"]), weekdays, st.integers(0, 100), dates, st.integers(0, 2000))
def test_every_day_lies_in_one_cycle_and_everybody_has_one_place_in_each(every, unit, days, spread, anchor, ahead):
    rules = Rules(every=every, unit=unit, days=days, spread_days=spread)
    day = anchor + timedelta(days=ahead)
    cycle = cycles.cycle_at(rules, anchor, day)
    assert cycle.start <= day < cycle.end
    assert cycles.cycle_at(rules, anchor, cycle.end).start == cycle.end, "no gap and no overlap"
    assert cycles.cycle_at(rules, anchor, cycle.start) == cycle
    assert all(cycle.start <= one < cycle.end and one.weekday() in days for one in cycle.days)
    places = [cycle.place(f"turn:cmp_1:con_{n}") for n in range(50)]
    assert all(0 <= place < len(cycle.days) for place in places)
    assert cycles.cycle_at(rules, anchor, anchor - timedelta(days=1)) is None


def test_places_are_even():
    cycle = cycles.cycle_at(Rules(every=3), date(2026, 1, 1), date(2026, 2, 1))
    counts = Counter(cycle.place(f"turn:cmp_1:con_{n}") for n in range(90_000))
    assert len(counts) == 90
    assert max(abs(count - 1000) for count in counts.values()) < 200


@pytest.mark.parametrize(
    ("frequency", "place"),
    [
        ({"every": 6, "unit": "day"}, "/frequency/every"),
        ({"every": 121, "unit": "month"}, "/frequency/every"),
        ({"every": -1}, "/frequency/every"),
        ({"unit": "year"}, "/frequency/unit"),
        ({"unit": ["day"]}, "/frequency/unit"),
        ({"starts_on": "soon"}, "/frequency/starts_on"),
        ({"starts_on": "2026-02-30"}, "/frequency/starts_on"),
        ({"starts_on": "0001-01-01"}, "/frequency/starts_on"),
        ({"at": ""}, "/frequency/at"),
        ({"every": 1, "at": "22:00", "quiet_from": "21:00", "quiet_to": "08:00"}, "/frequency/at"),
        ({"audience": {"field": "contact.shoe"}}, "/frequency/audience/field"),
        ({"audience": "everybody"}, "/frequency/audience"),
        ({"audience": {"happened": "call.first"}}, "/frequency/audience"),
        ({"audience": {"field": "event.type", "op": "is", "value": "x"}}, "/frequency/audience"),
    ],
)
@pytest.mark.mission("S4")
def test_what_cannot_be_a_cycle_is_named_with_its_place(make, frequency, place):
    with pytest.raises(actions.Invalid) as raised:
        make(frequency=frequency)
    assert raised.value.place == place


@pytest.mark.mission("S4")
def test_a_cycle_is_set_on_the_desk_and_said_in_plain_words(desk, campaign):
    edit = f"/desk/surveys/{campaign.pk}/edit/"
    form = desk.get(edit).context["form"]
    typed = {one.html_name: "" if one.value() is None else one.value() for one in form}
    changes = {"frequency-every": "3", "frequency-audience": "not JSON", "act": "save"}
    refused = desk.post(edit, typed | changes)
    assert (refused.status_code, list(refused.context["form"].errors)) == (422, ["frequency-audience"])
    changes["frequency-audience"] = '{"field": "customer.plan", "op": "is", "value": "pro"}'
    assert desk.post(edit, typed | changes).status_code == 302
    said = desk.get(f"/desk/surveys/{campaign.pk}/").content.decode()
    assert (
        "Every 3 months, at 10:00 where they live, everybody is asked of whom holds: the customer&#x27;s plan is “pro”."
        in said
    )


@pytest.mark.mission("S4")
def test_what_lies_ahead_and_who_waits_is_on_the_desk_and_in_the_api(clock, make, desk, call):
    people(12)
    campaign = make(frequency={"every": 7, "unit": "day", "spread_days": 2, "daily_cap": 1})
    work()
    ahead = call("get", f"surveys/{campaign.pk}/schedule?days=14").json()
    turns = {row["day"]: row["turns"] for row in ahead["days"]}
    assert len(turns) == 14
    assert turns["2026-05-05"] + turns["2026-05-06"] == 12
    assert (turns["2026-05-04"], turns["2026-05-07"]) == (0, 0)
    assert turns["2026-05-12"] == turns["2026-05-05"]
    pass_days(clock, 1)
    first = call("get", f"surveys/{campaign.pk}/turns?limit=2").json()
    rest = call("get", f"surveys/{campaign.pk}/turns?after={first['next']}").json()
    rows = first["items"] + rest["items"]
    assert len(rows) == turns["2026-05-05"] - 1
    assert {(row["why"], row["day"]) for row in rows} == {("cap", "2026-05-06")}
    page = desk.get(f"/desk/surveys/{campaign.pk}/schedule/").content.decode()
    assert rows[0]["email"] in page
    assert "The mails of the day were used up" in page
    assert "turns come up in the next four weeks" in page
    assert desk.get("/desk/surveys/cmp_none/schedule/").status_code == 404
    assert call("get", "surveys/cmp_none/turns").status_code == 404
    assert call("get", f"surveys/{campaign.pk}/schedule?days=0").status_code == 422

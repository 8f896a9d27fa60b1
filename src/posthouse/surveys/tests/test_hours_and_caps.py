"""Quiet hours, weekdays and the daily cap of a campaign: what is due then goes later, and says why."""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine

from posthouse.foundation.timing import is_quiet
from posthouse.people.models import Contact, Customer, Membership, User
from posthouse.surveys import actions, models
from posthouse.timeline.models import Event
from posthouse.vendor import queries as vendor
from posthouse.vendor.models import Vendor

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
"""A Monday."""


@pytest.fixture
def clock(db):
    with time_machine.travel(NOON, tick=False) as travelling:
        yield travelling


def due():
    """Do what is due until nothing is left; how many rows were taken in hand."""
    done = 0
    while some := actions.send_due():
        done += some
    return done


def person(name, zone="", customer_zone=""):
    """Somebody whose login, or whose customer, lives in a zone."""
    user = User.objects.create_user(f"{name}@example.org", "x", time_zone=zone) if zone else None
    contact = Contact.objects.create(email=f"{name}@example.org", user=user)
    if customer_zone:
        customer = Customer.objects.create(name=name, attributes={"time_zone": customer_zone})
        Membership.objects.create(contact=contact, customer=customer)
    return contact


@pytest.mark.mission("S4")
def test_in_quiet_hours_where_the_person_lives_the_mail_waits_for_the_morning(clock, make, ask):
    campaign = make(frequency={"quiet_from": "21:00", "quiet_to": "08:00"})
    awake = ask(campaign, contact_id=person("madrid", "Europe/Madrid").pk)
    asleep = ask(campaign, contact_id=person("sydney", "Australia/Sydney").pk)
    by_customer = ask(campaign, contact_id=person("auckland", customer_zone="Pacific/Auckland").pk)
    due()
    for send in (awake, asleep, by_customer):
        send.refresh_from_db()
    assert awake.state == "sent"
    assert (asleep.state, asleep.moved_because) == ("pending", "quiet")
    assert asleep.due_at.astimezone(ZoneInfo("Australia/Sydney")).isoformat() == "2026-05-05T08:00:00+10:00"
    assert by_customer.due_at.astimezone(ZoneInfo("Pacific/Auckland")).time() == time(8)
    moved = Event.objects.get(type="survey.send_moved", contact_id=asleep.contact_id)
    assert moved.data["because"] == "quiet"
    clock.move_to(asleep.due_at)
    assert due() == 2
    asleep.refresh_from_db()
    assert asleep.state == "sent"


@pytest.mark.mission("S4")
def test_on_other_days_of_the_week_the_mail_waits(clock, make, ask):
    campaign = make(frequency={"days": ["wed", "thu"]})
    send = ask(campaign)
    due()
    send.refresh_from_db()
    assert (send.moved_because, send.due_at) == ("weekday", datetime(2026, 5, 6, tzinfo=UTC))


@pytest.mark.mission("S4")
def test_what_exceeds_the_daily_cap_goes_on_the_days_after_in_the_order_asked(clock, make, ask):
    campaign = make(frequency={"daily_cap": 3})
    sends = []
    for n in range(8):
        sends.append(ask(campaign, email=f"p{n}@example.org"))
        clock.shift(timedelta(seconds=1))
    for day in range(4):
        clock.move_to(NOON + timedelta(days=day, minutes=1))
        due()
    rows = {send.pk: send for send in models.Send.objects.all()}
    went = [rows[send.pk].sent_at.date() for send in sends]
    assert went == [date(2026, 5, 4)] * 3 + [date(2026, 5, 5)] * 3 + [date(2026, 5, 6)] * 2
    assert rows[sends[-1].pk].moved_because == "cap"
    assert Event.objects.filter(type="survey.send_moved", data__because="cap").count() == 5 + 2


@pytest.mark.mission("S4")
def test_the_cap_counts_the_vendors_day_and_only_this_campaign(clock, make, ask, monkeypatch):
    Vendor.objects.create(pk=1, time_zone="America/New_York")
    vendor.forget()
    campaign, other = make(frequency={"daily_cap": 1}, rest_days=0), make(rest_days=0)
    clock.move_to(datetime(2026, 5, 5, 3, 30, tzinfo=UTC))  # still the fourth of May in New York
    ask(other, email="o@example.org")
    first, second = ask(campaign, email="a@example.org"), ask(campaign, email="b@example.org")
    due()
    rows = models.Send.objects.in_bulk([first.pk, second.pk])
    assert sorted(row.state for row in rows.values()) == ["pending", "sent"]
    waiting = next(row for row in rows.values() if row.state == "pending")
    assert waiting.due_at == datetime(2026, 5, 6, 3, 30, tzinfo=UTC)
    vendor.forget()


@pytest.mark.mission("S4")
def test_a_year_with_all_rules_keeps_each_of_them_through_changes_of_the_clocks(clock, make, ask):
    """Some thousand wishes in eight zones; whatever is sent is sent in an allowed hour, under the cap, once."""
    zones = ["Europe/Madrid", "America/New_York", "America/Sao_Paulo", "Australia/Lord_Howe", "Asia/Kathmandu"]
    zones += ["Pacific/Auckland", "America/St_Johns", "Africa/Cairo"]
    rules = {"quiet_from": "20:00", "quiet_to": "09:00", "days": ["mon", "tue", "wed", "thu", "fri"], "daily_cap": 9}
    campaign = make(frequency=rules, rest_days=30)
    people = [person(f"p{n}", zone) for n, zone in enumerate(zones * 3)]
    for hour in range(0, 366 * 24, 7):
        clock.move_to(NOON + timedelta(hours=hour))
        ask(campaign, contact_id=people[(hour * 5) % len(people)].pk)
        due()
    sent = models.Send.objects.filter(state="sent").select_related("contact__user").order_by("sent_at")
    assert sent.count() > 200
    last = {}
    for send in sent:
        zone = ZoneInfo(send.contact.user.time_zone)
        assert not is_quiet(send.sent_at, zone, time(20), time(9))
        assert send.sent_at.astimezone(zone).weekday() < 5
        if send.contact_id in last:
            assert send.sent_at - last[send.contact_id] >= timedelta(days=30)
        last[send.contact_id] = send.sent_at
    assert max(Counter(send.sent_at.date() for send in sent).values()) <= 9
    offsets = {(send.contact.user.time_zone, send.sent_at.astimezone(ZoneInfo(send.contact.user.time_zone)).utcoffset())
               for send in sent}  # fmt: skip
    assert len(offsets) > len(zones), "clocks were changed under them"


@pytest.mark.parametrize(
    ("frequency", "place"),
    [
        ({"quiet_from": "25:00"}, "/frequency/quiet_from"),
        ({"quiet_from": "21:00"}, "/frequency/quiet_to"),
        ({"quiet_to": "21:00"}, "/frequency/quiet_from"),
        ({"quiet_from": "9:00", "quiet_to": "21:00"}, "/frequency/quiet_from"),
        ({"quiet_from": 21, "quiet_to": "21:00"}, "/frequency/quiet_from"),
        ({"days": []}, "/frequency/days"),
        ({"days": ["someday"]}, "/frequency/days"),
        ({"days": "mon"}, "/frequency/days"),
        ({"days": [["mon"]]}, "/frequency/days"),
        ({"daily_cap": -1}, "/frequency/daily_cap"),
        ({"daily_cap": True}, "/frequency/daily_cap"),
        ({"daily_cap": 10**9}, "/frequency/daily_cap"),
        ({"answer_days": 4000}, "/frequency/answer_days"),
        ({"decline_days": "7"}, "/frequency/decline_days"),
        ({"often": 1}, "/frequency/often"),
        ([], "/frequency"),
    ],
)
@pytest.mark.mission("S4")
def test_what_cannot_be_a_rule_is_named_with_its_place(campaign, frequency, place):
    with pytest.raises(actions.Invalid) as raised:
        actions.change_campaign(campaign=campaign, frequency=frequency)
    assert raised.value.place == place


@pytest.mark.mission("S4")
def test_rules_left_out_stay_as_they_are(call, campaign):
    path = f"surveys/{campaign.pk}"
    first = call("patch", path, {"frequency": {"daily_cap": 7, "days": ["fri", "mon"]}}).json()["frequency"]
    assert (first["daily_cap"], first["days"], first["decline_days"]) == (7, ["mon", "fri"], 180)
    second = call("patch", path, {"frequency": {"answer_days": 90}}).json()["frequency"]
    assert (second["daily_cap"], second["answer_days"], second["days"]) == (7, 90, ["mon", "fri"])
    wrong = call("patch", path, {"frequency": {"quiet_from": "8pm"}})
    assert (wrong.status_code, wrong.json()["errors"][0]["path"]) == (422, "/frequency/quiet_from")


@pytest.mark.mission("S4")
def test_rules_are_set_on_the_desk_and_said_in_plain_words(desk, campaign):
    edit = f"/desk/surveys/{campaign.pk}/edit/"
    form = desk.get(edit).context["form"]
    typed = {one.html_name: "" if one.value() is None else one.value() for one in form}
    changes = {"frequency-quiet_from": "21:00", "frequency-quiet_to": "", "rest_days": "90", "act": "save"}
    refused = desk.post(edit, typed | changes)
    assert refused.status_code == 422
    assert refused.context["form"].errors["frequency-quiet_to"]
    changes |= {"frequency-quiet_to": "08:00", "frequency-daily_cap": "500", "frequency-days": ["mon", "tue"]}
    assert desk.post(edit, typed | changes).status_code == 302
    said = desk.get(f"/desk/surveys/{campaign.pk}/").content.decode()
    for words in (
        "A person is asked at most once every 90 days by this campaign.",
        "Nothing is sent from 21:00 to 08:00 by the clocks where the person lives.",
        "Mails go out only on: Monday, Tuesday.",
        "At most 500 mails a day; the others go on the days after.",
        "Who said “not now” to this campaign is left alone for 180 days.",
    ):
        assert words in said

"""Trying rules out: what is foretold is what is then sent, contact by contact and day by day."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from posthouse.messages import actions as messages
from posthouse.people.models import Contact, Customer, Membership, User
from posthouse.surveys import actions
from posthouse.surveys.frequency.trying import try_out
from posthouse.surveys.models import Response, Send
from posthouse.surveys.tests.passing import pass_days, work
from posthouse.vendor import queries as vendor
from posthouse.vendor.models import Vendor

SEPTEMBER = datetime(2026, 9, 7, 13, 20, tzinfo=UTC)
"""Ninety days from here hold the changes of the clocks of both halves of the world."""
ZONES = ["", "Europe/Madrid", "America/New_York", "Australia/Lord_Howe", "Pacific/Auckland", "Asia/Kathmandu"]


@pytest.fixture
def clock(db):
    with time_machine.travel(SEPTEMBER, tick=False) as travelling:
        yield travelling
    vendor.forget()


def town(number, luck):
    """Contacts in several zones, of customers with plans, some of whom do not want surveys."""
    plans = {plan: Customer.objects.create(name=plan, attributes={"plan": plan}) for plan in ("pro", "free")}
    found = []
    for n in range(number):
        email, zone = f"p{n}@example.org", luck.choice(ZONES)
        user = User.objects.create_user(email, "x", time_zone=zone) if zone else None
        contact = Contact.objects.create(email=email, user=user, attributes={"n": n})
        Membership.objects.create(contact=contact, customer=plans[luck.choice(["pro", "pro", "free"])])
        if n % 11 == 0:
            messages.unsubscribe(addressee=messages.addressee(email), category="surveys", how="desk")
        found.append(contact)
    return found


def sent_in(campaign, since):
    rows = Send.objects.filter(campaign=campaign, state="sent", sent_at__gt=since).exclude(message_id="")
    return sorted((send.contact_id, send.sent_at) for send in rows)


PRO = {"field": "customer.plan", "op": "is", "value": "pro"}
RULES = [
    {"every": 1, "unit": "month", "spread_days": 10, "daily_cap": 4, "days": ["mon", "tue", "wed", "thu", "fri"]},
    {"every": 2, "unit": "week", "audience": PRO, "quiet_from": "20:00", "quiet_to": "09:00", "at": "10:30"},
    {"every": 3, "unit": "month", "at": "06:00", "answer_days": 60, "decline_days_any": 45},
]


@pytest.mark.slow
@pytest.mark.mission("S4")
@pytest.mark.parametrize("mine", range(3))
def test_what_is_foretold_is_sent_day_by_day(clock, make, ask, mine):
    Vendor.objects.create(pk=1, time_zone="America/New_York")
    vendor.forget()
    luck = random.Random(mine)
    people = town(36, luck)
    clocks = [(20, 6), (13, 5), (60, 9)]
    campaigns = [
        make(rest_days=own, rest_days_any=of_any, frequency=rules, sample_percent=80 if n == 2 else 100)
        for n, ((own, of_any), rules) in enumerate(zip(clocks, RULES, strict=True))
    ]
    work()
    pass_days(clock, 12)
    for contact in people[:8]:  # something has happened before, and something is on its way
        send = ask(campaigns[2], contact_id=contact.pk, delay=timedelta(days=luck.randrange(6)))
        if send.state == "pending" and luck.random() < 0.4:
            actions.cancel_send(send=send)
    for send in Send.objects.filter(state="sent").order_by("contact_id")[:6]:
        if luck.random() < 0.5:
            actions.decline(send=send)
        else:
            actions.answer(send=send, given=actions.Answer(score=9))
    pass_days(clock, 1)
    begun = datetime.now(UTC)
    foretold = try_out(campaigns[mine], 91)
    pass_days(clock, 91)
    really = [one for one in sent_in(campaigns[mine], begun) if one[1].date() <= foretold.last]
    ends = datetime.combine(foretold.last, datetime.min.time(), tzinfo=UTC)
    early = [one for one in sorted(foretold.sends) if one[1] < ends]
    assert early == [one for one in really if one[1] < ends]
    assert len(early) > 20
    assert Counter(at.date() for _id, at in early) == Counter(at.date() for _id, at in really if at < ends)


@pytest.mark.mission("S4")
def test_a_draft_is_tried_out_as_if_it_began_now_and_nothing_is_written(clock, make):
    town(30, random.Random(1))
    draft = make(state="draft", rest_days=20, frequency={"every": 1, "unit": "month", "audience": PRO})
    foretold = try_out(draft, 60)
    assert not Send.objects.exists()
    assert not Response.objects.exists()
    actions.set_state(campaign=draft, state="running")
    work()
    pass_days(clock, 59)
    last = datetime.combine(foretold.last, datetime.min.time(), tzinfo=UTC)
    assert [one for one in sorted(foretold.sends) if one[1] < last] == [
        one for one in sent_in(draft, SEPTEMBER) if one[1] < last
    ]
    assert foretold.contacts == 30
    asked = {contact_id for contact_id, _at in foretold.sends}
    assert len(asked) + sum(foretold.left_out.values()) == 30, "everybody is asked, or left out for one reason"
    assert {"audience", "unsubscribed"} <= set(foretold.left_out)


@pytest.mark.mission("S4")
def test_other_rules_tell_other_figures_without_being_saved(clock, make):
    town(40, random.Random(2))
    campaign = make(rest_days=20, frequency={"every": 1, "unit": "month"})
    work()
    before = try_out(campaign, 31)
    capped = try_out(actions.tried(campaign=campaign, frequency={"daily_cap": 1}), 31)
    assert len(before.sends) > len(capped.sends)
    assert max(Counter(at.date() for _id, at in capped.sends).values()) == 1
    assert capped.left_out["cap"] > 0
    campaign.refresh_from_db()
    assert campaign.rules.daily_cap == 0


@pytest.mark.mission("S4")
def test_rules_are_tried_on_the_desk_with_reasons_weeks_and_the_people(clock, make, desk):
    town(60, random.Random(3))
    campaign = make(rest_days=20, frequency={"every": 1, "unit": "month"})
    work()
    page = f"/desk/surveys/{campaign.pk}/try/"
    form = desk.get(page).context["form"]
    typed = {one.html_name: "" if one.value() is None else one.value() for one in form}
    wrong = desk.post(page, typed | {"frequency-daily_cap": "-3"})
    assert (wrong.status_code, list(wrong.context["form"].errors)) == (422, ["frequency-daily_cap"])
    made = desk.post(page, typed | {"ahead": "28", "frequency-daily_cap": "1"})
    assert made.status_code == 302
    shown = desk.get(made.url)
    assert shown.context["result"]["sends"] < shown.context["before"]["sends"]
    assert shown.context["form"]["frequency-daily_cap"].value() == 1, "what was typed stays typed"
    text = shown.content.decode()
    assert "Does not want surveys" in text
    assert "The mails of the day were used up" in text
    assert "mails would be sent" in text
    first = Contact.objects.get(pk=shown.context["rows"][0][1])
    assert first.email in text
    campaign.refresh_from_db()
    assert campaign.rules.daily_cap == 0
    other = make()
    assert desk.get(f"/desk/surveys/{other.pk}/try/?trial={made.url.partition('=')[2]}").status_code == 404


@pytest.mark.mission("S4")
def test_rules_are_tried_over_the_api(clock, make, call):
    town(60, random.Random(4))
    campaign, other = make(rest_days=20, frequency={"every": 1, "unit": "month"}), make()
    path = f"surveys/{campaign.pk}/trials"
    made = call("post", path, {"days": 91, "frequency": {"every": 2}})
    assert made.status_code == 201
    found = made.json()
    assert found["sends"] < found["as_it_is"]["sends"]
    assert sum(found["days"].values()) == found["sends"]
    assert call("get", f"{path}/{found['id']}").json() == found
    rows, after = [], 0
    while after is not None:
        page = call("get", f"{path}/{found['id']}/sends?after={after}&limit=40").json()
        rows, after = rows + page["items"], page["next"]
    assert len(rows) == found["sends"]
    assert rows == sorted(rows, key=lambda row: (row["at"], row["contact_id"]))
    assert call("get", f"surveys/{other.pk}/trials/{found['id']}").status_code == 404
    assert call("post", path, {"days": 0}).status_code == 422
    assert call("post", path, {"frequency": {"daily_cap": -1}}).status_code == 422
    actions.set_state(campaign=other, state="ended")
    assert call("post", f"surveys/{other.pk}/trials", {}).status_code == 409

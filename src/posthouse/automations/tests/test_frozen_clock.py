"""Waits of 1 to 90 days through changes of the clocks, overnight quiet hours and a pause of three weeks.

A million waits go through the functions that decide when (`timing`), composed as `judging` and `pausing` compose them;
a thousand go through the real tables, worker and mail, with the clock moved two hours at a time.
"""

import random
from collections import Counter
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from posthouse.automations import actions
from posthouse.automations.models import AutomationRun, Effect, Wait
from posthouse.automations.runs import START
from posthouse.foundation.timing import is_quiet, quiet_until, spread
from posthouse.messages.models import MailTemplate, Message
from posthouse.people.models import Contact, Customer, Membership

ZONES = [
    "Europe/Madrid",
    "America/New_York",
    "America/Sao_Paulo",
    "Australia/Lord_Howe",
    "Australia/Sydney",
    "Asia/Kathmandu",
    "Pacific/Auckland",
    "America/St_Johns",
]
BEGIN = datetime(2026, 9, 1, tzinfo=UTC)
"""From here ninety days hold the autumn change of the north and the spring change of the south."""
PAUSE = (BEGIN + timedelta(days=30), BEGIN + timedelta(days=51))
QUIET = (time(21), time(8))
WIDTH = timedelta(minutes=15)
LONGEST_NIGHT = timedelta(hours=12)
"""Eleven hours, and one more when clocks are put back."""


def sent_at(key, due, zone):
    """When a message that is due is sent: after the pause, spread; after the quiet hours, spread."""
    moment = due
    while True:
        if PAUSE[0] <= moment < PAUSE[1]:
            moment = PAUSE[1] + spread(key, WIDTH)
        elif (end := quiet_until(moment, zone, *QUIET)) is not None:
            moment = end + spread(key, WIDTH)
        else:
            return moment


@pytest.mark.slow
def test_a_million_waits_end_when_they_should():
    luck = random.Random(3)
    zones = [ZoneInfo(name) for name in ZONES]
    seconds = 89 * 86_400
    after_pause, changed = Counter(), 0
    for number in range(1_000_000):
        zone = zones[number % len(zones)]
        due = BEGIN + timedelta(days=1, seconds=luck.randrange(seconds))
        sent = sent_at(f"run_{number}:mail:1", due, zone)
        assert sent >= due
        assert not is_quiet(sent, zone, *QUIET)
        assert not PAUSE[0] <= sent < PAUSE[1]
        assert sent <= max(due, _end_of_pause(due)) + LONGEST_NIGHT + 2 * WIDTH
        if PAUSE[0] <= due < PAUSE[1]:
            after_pause[sent.replace(second=0)] += 1
        changed += zone.utcoffset(due.replace(tzinfo=None)) != zone.utcoffset(BEGIN.replace(tzinfo=None))
    held = sum(after_pause.values())
    assert held > 200_000
    assert max(after_pause.values()) < held / 20, "no burst: at most a twentieth in any minute"
    assert changed > 200_000, "clocks were changed under many of them"


RUNS = 1000
STEP = timedelta(hours=2)


@pytest.fixture
def waiting(db, time_machine):
    """A thousand runs that wait, of people in eight zones."""
    time_machine.move_to(BEGIN, tick=False)
    actions.change_settings(cap_most=0, quiet_from=QUIET[0], quiet_to=QUIET[1], spread_minutes=15, valid_hours=24 * 60)
    MailTemplate.objects.create(key="hello", language="en", number=1, subject="S", text="T")
    body = {
        "name": {"en": "W"},
        "when": {"kind": "event", "event": "a.b"},
        "do": [{"id": "mail", "do": "send_mail", "template": "hello"}],
    }
    revision = actions.save_revision(key="waits", body=body)
    automation = actions.switch(automation=actions.publish_revision(revision=revision), state="on")
    customers = [Customer.objects.create(name=zone, attributes={"time_zone": zone}) for zone in ZONES]
    luck = random.Random(7)
    for number in range(RUNS):
        customer = customers[number % len(customers)]
        contact = Contact.objects.create(email=f"c{number}@example.com")
        Membership.objects.create(contact=contact, customer=customer)
        run = AutomationRun.objects.create(
            automation=automation,
            revision=revision,
            occurrence=contact.pk,
            contact_id=contact.pk,
            customer_id=customer.pk,
            started_at=BEGIN,
        )
        due = BEGIN + timedelta(days=1, seconds=luck.randrange(89 * 86_400))
        Wait.objects.create(run=run, step=START, since=BEGIN, due_at=due)
    return automation


def _zone_of(effect, zones):
    return ZoneInfo(zones[effect.customer_id])


@pytest.mark.slow
def test_a_thousand_runs_through_the_tables(waiting, time_machine):
    planned = dict(Wait.objects.values_list("run_id", "due_at"))
    moment = BEGIN
    while moment < BEGIN + timedelta(days=93):
        moment += STEP
        time_machine.move_to(moment, tick=False)
        if moment == PAUSE[0]:
            actions.pause(automation=waiting)
        if moment == PAUSE[1]:
            dealt = actions.resume(automation=waiting, overdue="all")
            assert dealt["runs"] + dealt["effects"] > RUNS / 5
        while actions.carry_on():
            pass
    zones = dict(Customer.objects.values_list("pk", "name"))
    assert Message.objects.count() == RUNS
    assert Message.objects.values("contact_id").distinct().count() == RUNS
    assert not Wait.objects.filter(state__in=["waiting", "paused"]).exists()
    for effect in Effect.objects.all():
        assert effect.state == "done", effect.answer
        assert effect.finished_at >= planned[effect.run_id]
        assert not is_quiet(effect.finished_at, _zone_of(effect, zones), *QUIET)
        assert not PAUSE[0] <= effect.finished_at < PAUSE[1]
        late = effect.finished_at - max(planned[effect.run_id], _end_of_pause(planned[effect.run_id]))
        assert late <= LONGEST_NIGHT + 2 * WIDTH + 3 * STEP


def _end_of_pause(due):
    return PAUSE[1] if PAUSE[0] - LONGEST_NIGHT - STEP <= due < PAUSE[1] else due

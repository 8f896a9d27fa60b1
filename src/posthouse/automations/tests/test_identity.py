"""Two contacts that are one, and a person who is forgotten."""

from datetime import timedelta

import pytest

from posthouse.automations import personal_data
from posthouse.automations.models import AutomationRun, Effect, Wait
from posthouse.automations.tests.conftest import MAIL
from posthouse.messages.models import Message
from posthouse.people.actions import merge_contacts
from posthouse.people.models import Contact
from posthouse.people.personal_data import erase
from posthouse.timeline.actions import run_consumers

pytestmark = pytest.mark.django_db
WAITING = [{"id": "w", "do": "wait_for", "event": "call.first", "deadline": "P3D", "then": [], "else": [MAIL]}]


@pytest.fixture(autouse=True)
def monday(time_machine):
    time_machine.move_to("2026-11-23T09:00:00Z", tick=False)


@pytest.fixture
def twin(db):
    return Contact.objects.create(email="ada@home.example", name="Ada")


def consume():
    while run_consumers():
        pass


def test_waits_follow_the_one_that_stays(ada, twin, automation, happen, settle):
    automation(do=WAITING)
    happen("key.created", contact=twin)
    settle()
    merge_contacts(keep=ada, gone=twin, actor="team:1")
    consume()
    assert Wait.objects.get(state="waiting").contact_id == ada.pk
    happen("call.first", contact=ada)
    settle()
    assert AutomationRun.objects.get().state == "done"
    assert not Message.objects.exists()


def test_once_stays_once_and_nothing_is_sent_again(ada, twin, automation, happen, settle, time_machine):
    automation(do=[{"id": "w", "do": "wait", "for": "P1D"}, MAIL])
    happen("key.created", contact=twin)
    happen("key.created", contact=ada)
    settle()
    merge_contacts(keep=ada, gone=twin, actor="team:1")
    consume()
    assert sorted(AutomationRun.objects.values_list("state", "reason")) == [("open", ""), ("stopped", "merged")]
    happen("key.created", contact=ada)
    time_machine.shift(timedelta(days=2))
    settle()
    assert Message.objects.count() == 1


def test_a_person_who_is_forgotten_gets_nothing_more(ada, automation, happen, settle, time_machine):
    automation(do=[{"id": "w", "do": "wait", "for": "P1D"}, MAIL])
    happen("key.created", contact=ada)
    settle()
    assert personal_data.export(ada)["automation_runs"][0]["automation"] == "hello"
    erase(ada)
    consume()
    personal_data.erase(ada)
    time_machine.shift(timedelta(days=2))
    settle()
    assert AutomationRun.objects.get().reason == "erased"
    assert not Effect.objects.exists()

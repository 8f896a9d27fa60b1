"""Automations and journeys: names for the editor, and enrolment by an automation."""

from posthouse.automations import actions as automations
from posthouse.automations.catalogue import choices
from posthouse.automations.models import AutomationRun, Effect
from posthouse.foundation.jobs import run_until_idle
from posthouse.journeys import actions, queries
from posthouse.people import actions as people
from posthouse.people.models import User


def made(act, journey="onboarding"):
    body = {
        "name": {"en": "X"},
        "when": {"kind": "event", "event": "customer.updated"},
        "again": "every_time",
        "do": [{"id": "s1", "do": "journey", "act": act, "journey": journey}],
    }
    revision = automations.save_revision(key=f"x_{act}", body=body)
    automations.publish_revision(revision=revision)
    automations.switch(automation=revision.automation, state="on")


def founded():
    owner = people.open_account(user=User.objects.create_user("ada@one.example.org", "x"))
    return people.found_customer(name="One", owner=owner)


def test_the_editor_offers_the_journeys_that_are_live(db):
    actions.install_shipped()
    offered = choices()
    assert dict(offered.journeys)["onboarding"] == "Onboarding"
    assert dict(offered.steps)["onboarding/verification"] == "Onboarding: Verification"


def test_an_automation_enrols_and_takes_out(db):
    actions.install_shipped()
    customer = founded()
    run_until_idle()
    for act, open_runs in (("exit", 0), ("enrol", 1)):
        made(act)
        people.update_customer(customer=customer, name=f"One {act}", actor="")
        run_until_idle()
        automations.switch(automation=AutomationRun.objects.get(automation_id=f"x_{act}").automation, state="off")
        assert Effect.objects.get(automation_id=f"x_{act}").state == "done"
        assert queries.open_runs("onboarding", customer.pk).count() == open_runs


def test_a_journey_that_is_not_there_is_refused_in_words(db):
    customer = founded()
    made("enrol", "nowhere")
    people.update_customer(customer=customer, name="Two", actor="")
    run_until_idle()
    assert Effect.objects.get().answer == {"error": "there is no such journey"}

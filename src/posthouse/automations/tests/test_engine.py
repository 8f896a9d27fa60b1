"""From an event to a mail: runs, waits, branches, stopping, and what begins again."""

from datetime import UTC, datetime, time, timedelta

import pytest
from django.db import transaction

from posthouse.automations import actions, beginning, queries, runs
from posthouse.automations.models import AutomationRun, Decision, Effect, Task, Wait
from posthouse.automations.tests.conftest import MAIL
from posthouse.foundation.clock import now
from posthouse.messages.models import MailTemplate, Message, Notice
from posthouse.timeline import models as timeline

pytestmark = pytest.mark.django_db
START = "2026-11-23T09:00:00Z"


@pytest.fixture(autouse=True)
def monday(time_machine):
    time_machine.move_to(START, tick=False)


@pytest.mark.mission("S3")
def test_an_event_leads_to_a_wait_and_then_to_a_mail(ada, customer, automation, happen, settle, time_machine):
    automation(do=[{"id": "w", "do": "wait", "for": "P2D"}, MAIL])
    happen("key.created", contact=ada, customer=customer)
    settle()
    assert not Message.objects.exists()
    time_machine.shift(timedelta(days=2, minutes=-1))
    settle()
    assert not Message.objects.exists()
    time_machine.shift(timedelta(minutes=1))
    settle()
    message = Message.objects.get()
    assert (message.to, message.language, message.contact_id) == ("ada@example.com", "es", ada.pk)
    run, effect = AutomationRun.objects.get(), Effect.objects.get()
    assert (run.state, effect.state, effect.message_id) == ("done", "done", message.pk)
    assert list(Decision.objects.values_list("what", flat=True)) == [
        "trigger",
        "wait",
        "intended",
        "cap",
        "done",
    ]


def key_created(ada, customer, happen, **more):
    return happen("key.created", contact=ada, customer=customer, **more)


def mails():
    return Message.objects.count()


def journal():
    return list(Decision.objects.values_list("what", flat=True))


def hours(number):
    return timedelta(hours=number)


def test_a_wait_until_a_local_time_is_in_the_contacts_zone(ada, customer, automation, happen, settle, time_machine):
    automation(do=[{"id": "w", "do": "wait_until", "time": "09:00", "days": ["tue"]}, MAIL])
    key_created(ada, customer, happen)
    settle()
    assert Wait.objects.get(state="waiting").due_at.isoformat() == "2026-11-24T08:00:00+00:00"
    time_machine.move_to("2026-11-24T08:00:01Z", tick=False)
    settle()
    assert mails() == 1


BRANCHES = [
    {
        "id": "w",
        "do": "wait_for",
        "event": "call.first",
        "when": {"field": "event.data.status", "op": "lt", "value": 400},
        "deadline": "P3D",
        "then": [{"id": "well", "do": "task", "title": {"en": "Well done"}}],
        "else": [MAIL],
    }
]


def outcome():
    return list(Effect.objects.values_list("step", flat=True))


def test_the_awaited_event_leads_to_then(ada, customer, automation, happen, settle, time_machine):
    automation(do=BRANCHES)
    key_created(ada, customer, happen)
    settle()
    happen("call.first", customer=customer, status=500)
    settle()
    assert outcome() == []
    time_machine.shift(hours(70))
    happen("call.first", customer=customer, status=200)
    settle()
    assert outcome() == ["well"]
    time_machine.shift(hours(70))
    settle()
    assert outcome() == ["well"]


def test_the_deadline_leads_to_else(ada, customer, automation, happen, settle, time_machine):
    automation(do=BRANCHES)
    key_created(ada, customer, happen)
    settle()
    time_machine.shift(hours(72))
    settle()
    assert outcome() == ["mail"]
    happen("call.first", customer=customer, status=200)
    settle()
    assert outcome() == ["mail"]


def test_event_time_decides_the_race_not_the_order_of_our_work(ada, customer, automation, happen, settle, time_machine):
    """The worker finds the deadline over before the consumer told of an event that came in time, and the reverse."""
    automation(do=BRANCHES)
    key_created(ada, customer, happen)
    settle()
    time_machine.shift(hours(73))
    with transaction.atomic():
        late, in_time = (
            timeline.Event.objects.create(
                source="test",
                id=name,
                type="call.first",
                customer_id=customer.pk,
                occurred_at=now() - before,
                received_at=now(),
                digest=b"",
                data={"status": 200},
            )
            for name, before in (("late", hours(0.5)), ("in time", hours(2)))
        )
    assert late.occurred_at > Wait.objects.get(state="waiting").deadline > in_time.occurred_at
    actions.carry_on()
    assert outcome() == ["well"]


def test_an_event_behind_the_deadline_does_not_win_though_it_is_read_first(
    ada, customer, automation, happen, settle, time_machine
):
    automation(do=BRANCHES)
    key_created(ada, customer, happen)
    settle()
    time_machine.shift(hours(73))
    happen("call.first", customer=customer, status=200)
    settle()
    assert outcome() == ["mail"]


def test_a_condition_chooses_when_it_is_come_by_not_before(ada, customer, automation, happen, settle, time_machine):
    choice = {
        "id": "c",
        "do": "if",
        "if": {"field": "customer.plan", "op": "is", "value": "pro"},
        "then": [{"id": "pro", "do": "task", "title": {"en": "Pro"}}],
        "else": [{"id": "free", "do": "task", "title": {"en": "Free"}}],
    }
    automation(
        do=[{"id": "w", "do": "wait", "for": "P1D"}, choice, {"id": "end", "do": "task", "title": {"en": "End"}}]
    )
    key_created(ada, customer, happen)
    settle()
    customer.attributes = {"plan": "free"}
    customer.save()
    time_machine.shift(hours(24))
    settle()
    assert outcome() == ["free", "end"]


STOP = {"happened": "call.first"}


def test_stop_if_ends_a_run_at_the_event(ada, customer, automation, happen, settle, time_machine):
    automation(do=[{"id": "w", "do": "wait", "for": "P1D"}, MAIL], stop_if=STOP)
    key_created(ada, customer, happen)
    settle()
    happen("call.first", customer=customer)
    run = AutomationRun.objects.get()
    assert (run.state, run.reason) == ("stopped", "stop_if")
    assert not Wait.objects.filter(state="waiting").exists()
    time_machine.shift(hours(25))
    settle()
    assert mails() == 0


def test_stop_if_is_asked_again_before_an_action_that_was_held(ada, customer, automation, happen, settle, time_machine):
    time_machine.move_to("2026-11-23T22:00:00Z", tick=False)
    actions.change_settings(quiet_from=time(21), quiet_to=time(8), spread_minutes=0)
    automation(stop_if={"field": "customer.plan", "op": "is", "value": "free"})
    key_created(ada, customer, happen)
    settle()
    assert Effect.objects.get().state == "held"
    customer.attributes = {"plan": "free"}
    customer.save()
    time_machine.move_to("2026-11-24T07:00:01Z", tick=False)
    settle()
    assert Effect.objects.get().state == "skipped"
    assert mails() == 0


def test_once_means_once_for_each_contact(ada, customer, automation, happen, settle):
    automation()
    for _ in range(3):
        key_created(ada, customer, happen)
    settle()
    assert AutomationRun.objects.count() == 1


def test_every_time_means_every_event_once(ada, customer, automation, happen, settle):
    automation(again="every_time", do=[{"id": "t", "do": "task", "title": {"en": "T"}}])
    events = [key_created(ada, customer, happen) for _ in range(3)]
    actions.take_in([event.recorded() for event in events])
    settle()
    assert AutomationRun.objects.count() == Task.objects.count() == 3


def test_again_after_a_while(ada, customer, automation, happen, settle, time_machine):
    automation(again={"after": "P30D"})
    for days, expected in ((0, 1), (29, 1), (30, 2), (31, 2), (61, 3)):
        time_machine.move_to(datetime(2026, 11, 23, 9, tzinfo=UTC) + timedelta(days=days), tick=False)
        key_created(ada, customer, happen)
        assert AutomationRun.objects.count() == expected


SINCE = {"kind": "since", "event": "key.created", "without": "call.first", "for": "P3D"}


def test_since_without_fires_when_the_time_is_over(ada, customer, automation, happen, settle, time_machine):
    automation(when=SINCE)
    key_created(ada, customer, happen)
    settle()
    time_machine.shift(hours(72))
    settle()
    assert mails() == 1


def test_since_without_leaves_those_alone_for_whom_it_happened(ada, customer, automation, happen, settle, time_machine):
    automation(when=SINCE)
    key_created(ada, customer, happen)
    time_machine.shift(hours(10))
    happen("call.first", customer=customer)
    settle()
    assert (AutomationRun.objects.get().state, AutomationRun.objects.get().reason) == ("stopped", "happened")
    time_machine.shift(hours(100))
    settle()
    assert mails() == 0
    key_created(ada, customer, happen)
    time_machine.shift(hours(72))
    settle()
    assert mails() == 1, "the first time came to nothing, so once is still to come"


def test_since_without_knows_what_the_log_tells_late(ada, customer, automation, happen, settle, time_machine):
    automation(when=SINCE)
    happen("call.first", customer=customer)
    key_created(ada, customer, happen, at=now() - timedelta(seconds=5))
    assert not AutomationRun.objects.exists()


@pytest.mark.parametrize(
    ("when", "type_", "data", "expected"),
    [
        ({"kind": "step", "journey": "onboarding", "step": "first_call"}, "journey.step_reached", {}, 1),
        ({"kind": "step", "journey": "onboarding", "step": "other"}, "journey.step_reached", {}, 0),
        ({"kind": "step", "journey": "onboarding", "step": "first_call"}, "journey.stuck", {}, 0),
        ({"kind": "stuck", "journey": "onboarding", "step": "first_call"}, "journey.stuck", {}, 1),
        ({"kind": "stuck", "journey": "onboarding"}, "journey.stuck", {}, 1),
        ({"kind": "step", "journey": "onboarding", "step": "first_call"}, "journey.step_reached", {"late": True}, 0),
        ({"kind": "event", "event": "journey.*"}, "journey.stuck", {}, 1),
    ],
)
def test_steps_of_journeys_and_being_stuck(ada, customer, automation, happen, settle, when, type_, data, expected):
    automation(when=when)
    happen(type_, customer=customer, **{"journey": "onboarding", "step": "first_call", "late": False, **data})
    settle()
    assert mails() == expected


def test_an_if_lets_only_some_begin(ada, customer, automation, happen, settle):
    automation(**{"if": {"field": "event.data.environment", "op": "is", "value": "live"}})
    key_created(ada, customer, happen, environment="test")
    assert not AutomationRun.objects.exists()
    key_created(ada, customer, happen, environment="live")
    assert AutomationRun.objects.count() == 1


def test_history_begins_nothing(ada, customer, automation, happen, settle):
    automation()
    key_created(ada, customer, happen, at=now() - hours(25))
    assert not AutomationRun.objects.exists()


def test_a_dry_run_journals_everything_and_sends_nothing(ada, customer, automation, happen, settle):
    automation(state="dry", do=[MAIL, {"id": "t", "do": "task", "title": {"en": "T"}}])
    key_created(ada, customer, happen)
    settle()
    assert set(Effect.objects.values_list("state", flat=True)) == {"skipped"}
    assert (mails(), Task.objects.count()) == (0, 0)
    assert journal() == ["trigger", "intended", "intended", "cap", "left_out", "left_out"]


def test_off_ends_what_is_under_way(ada, customer, automation, happen, settle, time_machine):
    row = automation(do=[{"id": "w", "do": "wait", "for": "P1D"}, MAIL])
    key_created(ada, customer, happen)
    settle()
    actions.switch(automation=row, state="off")
    assert AutomationRun.objects.get().reason == "switched_off"
    actions.switch(automation=row, state="on")
    time_machine.shift(hours(48))
    settle()
    assert mails() == 0


def test_a_run_keeps_the_revision_it_began_with(ada, customer, automation, happen, settle, time_machine):
    automation(do=[{"id": "w", "do": "wait", "for": "P1D"}, MAIL])
    key_created(ada, customer, happen)
    settle()
    automation(do=[{"id": "t", "do": "task", "title": {"en": "T"}}])
    time_machine.shift(hours(24))
    settle()
    assert (mails(), Task.objects.count()) == (1, 0)


def test_a_broken_run_is_put_aside_and_holds_nobody_up(ada, customer, automation, happen, settle, monkeypatch):
    automation("good")
    automation("bad")
    go_on = runs.go_on

    def fails(wait, run, going):
        if run.automation_id == "bad":
            raise RuntimeError("broken")
        go_on(wait, run, going)

    monkeypatch.setattr(runs, "go_on", fails)
    key_created(ada, customer, happen)
    settle()
    assert mails() == 1
    stuck = queries.stuck_runs().get()
    assert (stuck.automation_id, stuck.error) == ("bad", "RuntimeError: broken")
    monkeypatch.undo()
    assert actions.retry_run(run=stuck)
    settle()
    assert mails() == 2
    assert not actions.retry_run(run=stuck)


def test_an_automation_that_cannot_even_begin_holds_nobody_up(ada, customer, automation, happen, settle, monkeypatch):
    automation("good")
    automation("bad")
    begin = beginning._begun

    def fails(candidate, *rest):
        if candidate.automation.pk == "bad":
            raise RuntimeError("broken")
        return begin(candidate, *rest)

    monkeypatch.setattr(beginning, "_begun", fails)
    key_created(ada, customer, happen)
    settle()
    assert mails() == 1
    stuck = queries.stuck_runs().get()
    assert (stuck.automation_id, stuck.error) == ("bad", "RuntimeError: broken")
    assert actions.retry_run(run=stuck)
    settle()
    assert mails() == 2


def test_automations_that_drive_each_other_are_stopped(ada, customer, automation, happen, settle):
    flip = {"id": "f", "do": "set_attribute", "of": "contact", "name": "n"}
    when = {"kind": "event", "event": "contact.updated"}
    automation("flip", when=when, again="every_time", do=[{**flip, "value": 1}])
    automation("flop", when=when, again="every_time", do=[{**flip, "value": 2}])
    happen("contact.updated", contact=ada)
    settle()
    assert "deep" in queries.stuck_runs().first().error
    assert AutomationRun.objects.count() == 2**7, "two, two for each of them, and so on, and the last are stopped"


def test_an_automation_that_begins_too_often_is_stopped(ada, customer, automation, happen, settle):
    actions.change_settings(hourly_limit=5)
    automation(again="every_time", do=[{"id": "t", "do": "task", "title": {"en": "T"}}])
    for _ in range(8):
        key_created(ada, customer, happen)
    settle()
    assert Task.objects.count() == 5
    assert queries.stuck_runs().count() == 1


def test_a_task_is_opened_and_done(ada, customer, automation, happen, settle):
    automation(do=[{"id": "t", "do": "task", "title": {"en": "Call them"}, "due": "P1D", "assignee": 7}])
    happen("key.created", customer=customer)
    settle()
    task = queries.tasks(is_open=True, assignee=7).get()
    assert (task.contact_id, task.customer_id, task.due_at) == (ada.pk, customer.pk, now() + hours(24))
    assert actions.complete_task(task=task, actor="team:7")
    assert not actions.complete_task(task=task, actor="team:7")
    assert not queries.tasks(is_open=True).exists()
    types = list(timeline.Event.objects.values_list("type", flat=True))
    assert {"task.opened", "task.done", "automation.acted"} <= set(types)


def test_attributes_and_tags(ada, customer, automation, happen, settle):
    automation(
        do=[
            {"id": "a", "do": "set_attribute", "of": "customer", "name": "segment", "value": "new"},
            {"id": "b", "do": "tag", "of": "contact", "tag": "warm"},
            {"id": "c", "do": "tag", "of": "contact", "tag": "vip"},
            {"id": "d", "do": "tag", "of": "contact", "tag": "warm", "act": "remove"},
            {"id": "e", "do": "set_attribute", "of": "customer", "name": "plan", "value": None},
        ]
    )
    key_created(ada, customer, happen)
    settle()
    ada.refresh_from_db()
    customer.refresh_from_db()
    assert (ada.attributes, customer.attributes) == ({"tags": ["vip"]}, {"segment": "new"})


def test_a_notice_is_shown(ada, customer, automation, happen, settle):
    automation(do=[{"id": "n", "do": "notice", "text": {"en": "Hi", "es": "Hola"}, "link": "/docs/"}])
    key_created(ada, customer, happen)
    settle()
    assert Notice.objects.get().contact_id == ada.pk


def test_an_effect_explains_itself(ada, customer, automation, happen, settle):
    automation()
    event = key_created(ada, customer, happen)
    settle()
    found = queries.explain_message(Message.objects.get().pk)
    assert (found.run.automation_id, found.revision.number, found.event.id) == ("hello", 1, event.id)
    assert [row.what for row in found.decisions] == ["trigger", "intended", "cap", "done"]
    assert queries.explain_message("msg_unknown") is None
    assert queries.explain_message("") is None


def test_an_unknown_template_lands_on_the_list_of_the_dead(ada, customer, automation, happen, settle):
    automation(do=[{**MAIL, "template": "nobody_wrote_it"}])
    key_created(ada, customer, happen)
    settle()
    dead = queries.dead_effects().get()
    assert "nobody_wrote_it" in dead.answer["error"]
    MailTemplate.objects.create(key="nobody_wrote_it", language="en", number=1, subject="S", text="T")
    assert actions.retry_effect(effect=dead)
    settle()
    assert mails() == 1


@pytest.mark.parametrize(("choice", "expected"), [("skip", 0), ("latest", 1), ("all", 3)])
def test_what_came_due_in_a_pause_is_dealt_with_as_chosen(
    ada, customer, automation, happen, settle, time_machine, choice, expected
):
    row = automation(
        again="every_time",
        do=[{"id": "w", "do": "wait", "for": "P1D"}, {"id": "t", "do": "task", "title": {"en": "T"}}],
    )
    for _ in range(3):
        key_created(ada, customer, happen)
        time_machine.shift(hours(1))
    settle()
    actions.pause(automation=row)
    time_machine.shift(timedelta(days=21))
    settle()
    assert Task.objects.count() == 0
    dealt = actions.resume(automation=row, overdue=choice)
    assert (dealt["runs"], dealt["ended"]) == (expected, 3 - expected)
    settle()
    time_machine.shift(timedelta(minutes=15))
    settle()
    assert Task.objects.count() == expected
    assert not Wait.objects.filter(state__in=["waiting", "paused"]).exists()


def test_an_unknown_choice_is_refused(automation):
    row = actions.pause(automation=automation())
    with pytest.raises(ValueError, match="overdue"):
        actions.resume(automation=row, overdue="everything")
    with pytest.raises(ValueError, match="switched"):
        actions.switch(automation=row, state="maybe")

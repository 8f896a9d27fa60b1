"""Many events at once: the same as one after the other, in a number of queries that does not grow with them."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from posthouse.automations import actions, beginning, gathering, outbox, queries, runs, waits
from posthouse.automations.facts import Situation
from posthouse.automations.gathering import Gathered
from posthouse.automations.kinds import kinds
from posthouse.automations.models import AutomationRun, Decision, Effect, Task, Wait
from posthouse.automations.tests.conftest import MAIL
from posthouse.foundation.clock import now
from posthouse.foundation.ids import new_id
from posthouse.messages.models import MailTemplate, Message
from posthouse.people.models import Contact, Customer, Membership
from posthouse.timeline import models as timeline
from posthouse.timeline.actions import alias, run_consumer
from posthouse.vendor.queries import forget

pytestmark = pytest.mark.django_db
TASK = {"id": "t", "do": "task", "title": {"en": "T"}}
WEBHOOK = {"id": "h", "do": "webhook", "url": "https://vendor.example/"}
RICH = {"all": [{"field": "customer.plan", "op": "is", "value": "pro"}, {"happened": "call.first"}]}


@pytest.fixture(autouse=True)
def monday(time_machine):
    time_machine.move_to("2026-11-23T09:00:00Z", tick=False)


def people(number):
    """Customers with an owner each."""
    MailTemplate.objects.get_or_create(key="hello", language="en", number=1, defaults={"subject": "S", "text": "T"})
    made = Customer.objects.bulk_create(Customer(name="C", attributes={"plan": "pro"}) for _ in range(number))
    owners = Contact.objects.bulk_create(Contact(email=f"{customer.pk}@example.com") for customer in made)
    pairs = zip(made, owners, strict=True)
    Membership.objects.bulk_create(Membership(contact=owner, customer=one, role="owner") for one, owner in pairs)
    return made


def log(*told):
    """Put (type, customer id, data) into the log, a minute apart, and nothing more."""
    first = now() - timedelta(minutes=len(told))
    rows = [
        timeline.Event(
            source="test",
            id=new_id("evt"),
            type=type_,
            customer_id=customer_id,
            occurred_at=first + timedelta(minutes=number),
            received_at=now(),
            digest=b"",
            data=data,
        )
        for number, (type_, customer_id, data) in enumerate(told)
    ]
    with transaction.atomic():
        return timeline.Event.objects.bulk_create(rows)


def taken_in():
    while run_consumer("automations"):
        pass


def queries_of(act):
    forget()  # the vendor is remembered for some seconds
    with CaptureQueriesContext(connection) as seen:
        act()
    return len(seen)


BODIES = [
    {"do": [MAIL]},
    {"do": [TASK], "if": RICH, "stop_if": {"happened": "customer.left"}},
    {"do": [MAIL], "again": {"after": "P1D"}},
    {"do": [TASK], "again": "every_time"},
    {"do": [MAIL], "when": {"kind": "since", "event": "key.created", "without": "call.last", "for": "PT1H"}},
]


@pytest.mark.parametrize("body", BODIES)
def test_queries_do_not_grow_with_the_number_of_events(automation, time_machine, body):
    automation(**body)
    stages = {"begin": taken_in, "go on": waits.end_due_waits, "do": outbox.perform_due}
    needed = {name: [] for name in stages}
    for number in (4, 24):
        log(*(told for one in people(number) for told in (("call.first", one.pk, {}), ("key.created", one.pk, {}))))
        for name, act in stages.items():
            if name == "go on":
                time_machine.shift(timedelta(hours=2))
            needed[name].append(queries_of(act))
    assert AutomationRun.objects.count() == Effect.objects.filter(state="done").count() == 28
    for name, (few, many) in needed.items():
        assert many <= few, (name, few, many)


def test_events_that_begin_nothing_ask_as_little(automation):
    automation(**{"if": {"not": RICH}, "stop_if": {"happened": "customer.left"}})
    needed = []
    for number in (4, 24):
        log(*(told for one in people(number) for told in (("call.first", one.pk, {}), ("key.created", one.pk, {}))))
        needed.append(queries_of(taken_in))
    assert needed[1] <= needed[0]
    assert not AutomationRun.objects.exists()


def test_what_leaves_the_house_is_claimed_a_few_at_a_time_and_the_rest_goes_on(automation, monkeypatch):
    monkeypatch.setattr(outbox, "CALLS", 2)
    automation("calls", do=[WEBHOOK])
    automation("tasks", do=[TASK])
    log(*(("key.created", one.pk, {}) for one in people(5)))
    taken_in()
    waits.end_due_waits()
    _, outside = outbox.claim(outbox.due())
    assert [effect.kind for effect in outside] == ["webhook", "webhook"]
    assert Task.objects.count() == 5
    assert Effect.objects.filter(state="due", kind="webhook").count() == 3


def test_once_is_once_also_within_a_batch(automation):
    automation()
    customer = people(1)[0]
    log(*[("key.created", customer.pk, {})] * 3)
    taken_in()
    assert AutomationRun.objects.count() == 1


def test_again_after_a_while_counts_within_a_batch(automation):
    automation(again={"after": "P1D"})
    customer = people(1)[0]
    for times in (1, 2, 3):
        log(*[("key.created", customer.pk, {})] * 3)
        taken_in()
        assert AutomationRun.objects.count() == times
        AutomationRun.objects.update(started_at=now() - timedelta(days=2))
    expected = [f"{customer.pk}#{number}" for number in (1, 2, 3)]
    assert sorted(AutomationRun.objects.values_list("occurrence", flat=True)) == expected


def test_the_limit_of_an_hour_counts_within_a_batch(automation):
    actions.change_settings(hourly_limit=5)
    automation(again="every_time", do=[TASK])
    log(*[("key.created", people(1)[0].pk, {})] * 8)
    taken_in()
    assert AutomationRun.objects.filter(state="open").count() == 5
    assert queries.stuck_runs().count() == 1


def test_a_run_of_this_very_batch_is_stopped_by_a_later_event_of_it(automation):
    automation(
        do=[{"id": "w", "do": "wait", "for": "P1D"}, MAIL], stop_if={"field": "event.type", "op": "is", "value": "x.y"}
    )
    stays, goes = people(2)
    log(("key.created", stays.pk, {}), ("key.created", goes.pk, {}), ("x.y", goes.pk, {}))
    taken_in()
    assert AutomationRun.objects.get(customer_id=goes.pk).reason == "stop_if"
    assert AutomationRun.objects.get(customer_id=stays.pk).state == "open"
    assert Wait.objects.filter(state="waiting").count() == 1


def test_a_wait_of_this_very_batch_is_ended_by_a_later_event_of_it(automation, settle):
    automation(when={"kind": "since", "event": "key.created", "without": "call.first", "for": "P3D"})
    stays, calls = people(2)
    log(("key.created", stays.pk, {}), ("key.created", calls.pk, {}))
    first = timeline.Event.objects.get(customer_id=calls.pk)
    timeline.Event.objects.filter(pk=first.pk).update(occurred_at=now() - timedelta(hours=1))
    event = log(("call.first", calls.pk, {}))[0]
    timeline.Event.objects.filter(pk=event.pk).update(occurred_at=now() + timedelta(days=4))
    taken_in()
    assert Wait.objects.filter(outcome="matched").count() == 0, "too late to be what was waited for"
    log(("call.first", stays.pk, {}))
    taken_in()
    assert Wait.objects.get(outcome="matched").run.customer_id == stays.pk


def test_what_the_database_refuses_for_one_is_begun_for_the_others(automation, monkeypatch):
    automation()
    customers = people(3)
    put = beginning._put

    def refuses(fresh):
        if any(begun.run.customer_id == customers[1].pk for begun in fresh):
            raise DatabaseError("refused")
        put(fresh)

    monkeypatch.setattr(beginning, "_put", refuses)
    log(*(("key.created", one.pk, {}) for one in customers))
    taken_in()
    assert set(AutomationRun.objects.filter(state="open").values_list("customer_id", flat=True)) == {
        customers[0].pk,
        customers[2].pk,
    }
    assert queries.stuck_runs().get().error == "DatabaseError: refused"


def test_a_run_that_fails_among_many_leaves_no_trace_but_its_error(automation, monkeypatch):
    automation(do=[TASK, {**TASK, "id": "u"}])
    customers = people(7)
    log(*(("key.created", one.pk, {}) for one in customers))
    taken_in()
    intend = runs._intend

    def fails(run, step, going):
        if run.customer_id == customers[3].pk and step.id == "u":
            raise RuntimeError("broken")
        intend(run, step, going)

    monkeypatch.setattr(runs, "_intend", fails)
    assert waits.end_due_waits() == 7
    assert Effect.objects.count() == 12
    stuck = queries.stuck_runs().get()
    assert (stuck.customer_id, stuck.error) == (customers[3].pk, "RuntimeError: broken")
    assert [line.what for line in Decision.objects.filter(run=stuck)] == ["trigger", "failed"]


def test_an_effect_that_fails_among_many_is_tried_later_and_the_others_are_done(automation, monkeypatch):
    automation(do=[TASK])
    customers = people(7)
    log(*(("key.created", one.pk, {}) for one in customers))
    taken_in()
    waits.end_due_waits()
    act, many = kinds["task"].act, kinds["task"].many

    def fails(asked):
        if any(effect.customer_id == customers[3].pk for effect, _ in asked):
            raise RuntimeError("broken")
        return many(asked)

    def fails_alone(effect, facts):
        if effect.customer_id == customers[3].pk:
            raise RuntimeError("broken")
        return act(effect, facts)

    monkeypatch.setitem(kinds, "task", type(kinds["task"])("task", fails_alone, False, fails))
    outbox.perform_due()
    failed = Effect.objects.get(state="due")
    assert (failed.customer_id, failed.attempts) == (customers[3].pk, 1)
    assert Task.objects.count() == Effect.objects.filter(state="done").count() == 6
    assert timeline.Event.objects.filter(type="automation.acted").count() == 6


def test_an_effect_that_cannot_be_judged_among_many_is_tried_later(automation, monkeypatch):
    automation(do=[TASK])
    customers = people(7)
    log(*(("key.created", one.pk, {}) for one in customers))
    taken_in()
    waits.end_due_waits()
    may_go = outbox.may_go

    def fails(effect, *rest):
        if effect.customer_id == customers[3].pk:
            raise RuntimeError("broken")
        return may_go(effect, *rest)

    monkeypatch.setattr(outbox, "may_go", fails)
    outbox.perform_due()
    assert Effect.objects.get(state="due").answer == {"error": "RuntimeError: broken"}
    assert Task.objects.count() == 6


def test_what_one_effect_changes_the_next_one_sees(automation):
    change = {"id": "a", "do": "set_attribute", "of": "customer", "name": "plan", "value": "free"}
    automation(do=[change, TASK], stop_if={"field": "customer.plan", "op": "is", "value": "free"})
    log(("key.created", people(1)[0].pk, {}))
    taken_in()
    waits.end_due_waits()
    while outbox.perform_due():
        pass
    assert sorted(Effect.objects.values_list("step", "state")) == [("a", "done"), ("t", "skipped")]


def test_letters_of_many_are_left_out_or_refused_each_for_itself(automation):
    automation(do=[MAIL])
    customers = people(4)
    gone = Contact.objects.get(memberships__customer=customers[1])
    Contact.objects.filter(pk=gone.pk).update(email="gone@erased.invalid")
    log(*(("key.created", one.pk, {}) for one in customers))
    taken_in()
    waits.end_due_waits()
    outbox.perform_due()
    assert Message.objects.count() == 3
    left = Effect.objects.get(state="skipped")
    assert (left.contact_id, left.answer) == (gone.pk, {"reason": "no_address"})


COUNTS = [
    ("call.first", None, None),
    ("call.*", None, None),
    ("call.first", timedelta(minutes=3), None),
    ("call.first", None, {"field": "event.data.status", "op": "lt", "value": 400}),
    ("call.never", None, None),
]


@pytest.mark.parametrize("most", [20_000, 3])
@pytest.mark.parametrize(("type_", "within", "where"), COUNTS)
def test_counted_together_is_counted_alone(ada, customer, monkeypatch, type_, within, where, most):
    monkeypatch.setattr(gathering, "MOST_EVENTS", most)
    other = people(1)[0]
    log(*(("call.first", one.pk, {"status": status}) for one in (customer, other) for status in (200, 500)))
    rows = log(("call.first", "", {"status": 200}), ("call.last", customer.pk, {}), ("call.first", "elsewhere", {}))
    timeline.Event.objects.filter(pk=rows[0].pk).update(contact_id=ada.pk)
    alias(alias="elsewhere", canonical=customer.pk, kind="customer")
    pairs = [(ada.pk, customer.pk), ("", other.pk), (ada.pk, ""), ("", customer.pk), (ada.pk, other.pk)]
    gathered = Gathered(pairs)
    since = now() - within if within else None
    for _ in range(2):
        for contact_id, customer_id in pairs:
            alone = Situation(contact_id=contact_id, customer_id=customer_id, moment=now())
            run = AutomationRun(contact_id=contact_id, customer_id=customer_id)
            together = gathered.of_run(run, now())
            assert together.count(type_, since, where) == alone.count(type_, since, where)

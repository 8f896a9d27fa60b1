"""The consumer: runs and steps in the tables, and what is announced of them."""

import pytest

from posthouse.journeys import models, queries
from posthouse.journeys.tests.happenings import START
from posthouse.timeline import actions as timeline
from posthouse.timeline.models import Event, Parked

pytestmark = [pytest.mark.django_db, pytest.mark.mission("J2.1")]


def runs(**of):
    found = models.Run.objects.filter(**of).order_by("subject", "entered_at")
    return [
        " ".join(
            filter(
                None, (run.subject, run.state, ",".join(sorted(mark.step for mark in run.reached.all())), run.reason)
            )
        )
        for run in found
    ]


def announced():
    rows = Event.objects.filter(type__startswith="journey.").order_by("position")
    return [
        " ".join(
            [row.type.removeprefix("journey."), row.data.get("step", ""), "late" * row.data.get("late", False)]
        ).strip()
        for row in rows
    ]


def test_the_consumer_keeps_runs_and_announces_what_changed_once(walk, log, consume):
    walk()
    log("in.go", 0)
    log("x.a", 1)
    consume()
    assert runs() == ["cus_1 open a"]
    log("x.b", 2)
    log("x.c", 3)
    log("x.c", 4)
    consume()
    timeline.restart_consumer("journeys")
    consume()
    assert runs() == ["cus_1 completed a,b,c"]
    assert announced() == ["entered", "step_reached a", "step_reached b", "step_reached c", "completed"]
    assert not Parked.objects.exists()


def test_what_comes_in_late_is_put_in_its_place(walk, log, consume):
    walk(order="ordered")
    log("in.go", 0)
    log("x.b", 2)
    consume()
    assert runs() == ["cus_1 open"]
    log("x.a", 1)
    consume()
    assert runs() == ["cus_1 open a,b"]
    assert set(models.Reached.objects.values_list("step", "late")) == {("a", True), ("b", True)}
    assert announced() == ["entered", "step_reached a late", "step_reached b late"]


def test_what_a_contact_did_alone_counts_for_the_customer_it_joins_first(walk, log, consume):
    walk()
    log("in.go", 0, "", "con_1")
    log("x.a", 1, "", "con_1")
    consume()
    assert runs() == []
    log("member.joined", 2, "cus_1", "con_1")
    consume()
    log("member.joined", 3, "cus_2", "con_1")
    log("x.b", 4, "", "con_1")
    consume()
    assert runs() == ["cus_1 open a,b"]


def test_journeys_of_contacts_follow_the_contact_through_all_customers(walk, log, consume):
    walk(subject="contact")
    log("in.go", 0, "", "con_1")
    log("x.a", 1, "cus_1", "con_1")
    log("x.b", 2, "cus_2", "con_1")
    log("x.c", 3, "cus_1", "con_2")
    consume()
    assert runs() == ["con_1 open a,b"]


def test_where_a_customer_stands(walk, log, consume, django_assert_num_queries):
    walk(["a", {"key": "b", "on": [{"event": "x.b"}], "expected": "P1D", "words": {"en": "Done", "es": "Hecho"}}])
    log("in.go", 0)
    log("x.a", 1)
    consume()
    with django_assert_num_queries(2):
        (place,) = queries.places("cus_1")
    assert (place.name, place.done, place.needed, place.next.key, place.next.words) == ("Walk", 1, 2, "b", "Done")
    assert place.steps[0].reached.at == START.replace(hour=10)
    assert place.run.late_at == START.replace(day=2, hour=10)
    assert queries.places("cus_1", portal=True) == []
    assert queries.places("cus_2") == []


def test_two_customers_made_one_go_on_with_what_either_reached_and_nothing_is_told_again(walk, log, consume):
    walk()
    for customer, step in (("cus_1", "x.a"), ("cus_2", "x.b")):
        log("in.go", 0, customer)
        log(step, 1, customer)
    consume()
    before = announced()
    timeline.alias(alias="cus_2", canonical="cus_1", kind="customer")
    consume()
    assert runs() == ["cus_1 open a,b"]
    assert announced() == before
    log("x.c", 2, "cus_2")
    consume()
    assert runs() == ["cus_1 completed a,b,c"]
    assert announced()[len(before) :] == ["step_reached c", "completed"]


def test_of_two_customers_made_one_the_furthest_run_is_kept(walk, log, consume):
    walk(order="ordered", window="P1D", exit=[{"on": [{"event": "out.go"}], "reason": "left"}])
    log("in.go", 0, "cus_1")
    log("out.go", 1, "cus_1")
    for hours, type_ in enumerate(("in.go", "x.a", "x.b", "x.c")):
        log(type_, 48 + hours, "cus_2")
    consume()
    timeline.alias(alias="cus_2", canonical="cus_1", kind="customer")
    consume()
    assert runs() == ["cus_1 completed a,b,c"]


def test_the_shipped_definitions_are_there():
    assert models.Journey.objects.filter(state="live").exists()
    assert all(journey.number for journey in queries.journeys())

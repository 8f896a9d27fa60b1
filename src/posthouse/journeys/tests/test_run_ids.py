"""Ids of runs: the same run has the same id however often it is made anew, and ids sort by when somebody came."""

import random

import pytest
import time_machine

from posthouse.foundation.ids import new_id
from posthouse.journeys import models
from posthouse.journeys.store import Who, run_id
from posthouse.timeline import actions as timeline
from posthouse.timeline.models import Event

pytestmark = pytest.mark.django_db


def ids():
    return dict(models.Run.objects.values_list("subject", "id"))


def told():
    return list(Event.objects.filter(type__startswith="journey.").order_by("position").values_list("id", flat=True))


def test_ids_of_runs_sort_by_when_their_subject_came(walk, log, consume):
    walk()
    came = []
    for day in range(1, 9):
        with time_machine.travel(f"2026-03-{day:02}T09:00Z", tick=False):
            came.append(new_id("cus"))
    for customer in random.Random(7).sample(came, len(came)):
        log("in.go", 0, customer)
        log("x.a", 1, customer)
        consume()
    found = ids()
    assert [found[customer] for customer in came] == sorted(found.values())
    assert {len(id_) for id_ in found.values()} == {40}
    assert sorted(told()) == sorted(f"{id_}:{what}" for id_ in found.values() for what in ("entered", "a:1"))


def test_who_was_known_before_ids_began_with_a_time_keeps_those_it_has(walk, log, consume):
    walk()
    old, new = new_id("cus"), new_id("cus")
    models.Subject.objects.create(pk=f"customer:{old}", by_time=False)
    for customer in (old, new):
        log("in.go", 0, customer)
        log("x.b", 2, customer)
    consume()
    first, before = ids(), told()
    assert {len(first[old]), len(first[new])} == {30, 40}
    log("x.a", 1, old)  # late: all is made anew
    timeline.restart_consumer("journeys")
    consume()
    assert ids() == first
    assert told() == [*before, f"{first[old]}:a:1"]
    assert not models.Subject.objects.get(pk=f"customer:{old}").by_time


def test_joining_two_customers_keeps_each_ones_way(walk, log, consume):
    walk()
    old, new = new_id("cus"), new_id("cus")
    models.Subject.objects.create(pk=f"customer:{old}", by_time=False)
    log("in.go", 0, old)
    consume()
    kept = ids()[old]
    log("in.go", 1, new)
    log("x.a", 2, new)
    consume()
    before = told()
    timeline.alias(alias=new, canonical=old, kind="customer")
    consume()
    assert ids() == {old: kept}
    assert told() == before
    log("x.b", 3, new)
    consume()
    assert told()[len(before) :] == [f"{kept}:b:1"]


def test_ids_from_elsewhere_say_nothing_of_a_time():
    for foreign in ("cus_1", "maria@example.com", "cus_" + "i" * 26, "acct_" + "0" * 26, "cus_" + "0" * 27):
        assert len(run_id("walk", Who("customer", foreign), ("", 1))) == 30
    ours = new_id("con")
    assert run_id("walk", Who("contact", ours), ("", 1)).startswith(f"run_{ours[4:14]}")

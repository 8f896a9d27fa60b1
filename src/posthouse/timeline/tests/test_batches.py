"""Consumers that take many events at once; what one event breaks holds up its own customer only."""

import pytest
import time_machine
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from posthouse.foundation.clock import now
from posthouse.timeline import actions, events, models, queries
from posthouse.timeline.actions import consuming
from posthouse.timeline.tests.lamps import LampLit

pytestmark = pytest.mark.django_db


class Keeper:
    """A consumer whose effects are rows of the database, so that they go when its transaction does."""

    def __init__(self):
        self.unlucky = {13}
        self.calls = []

    def note(self, batch):
        self.calls.append([event.data["watts"] for event in batch])
        for event in batch:
            whose = event.customer_id or event.contact_id
            models.Checkpoint.objects.create(consumer=f"effect {whose}-{event.data['watts']}")
            if event.data["watts"] in self.unlucky:
                raise ValueError("unlucky")

    def seen(self):
        rows = models.Checkpoint.objects.filter(consumer__startswith="effect ").order_by("pk")
        return [row.consumer.removeprefix("effect ") for row in rows]


@pytest.fixture
def keeper(monkeypatch):
    monkeypatch.setattr(events, "reactions", {})
    keeper = Keeper()
    events.reacts_in_batches("lamp.lit", consumer="keeper")(keeper.note)
    return keeper


def light(*lamps):
    for whose, watts in lamps:
        whom = {"contact_id": whose} if whose.startswith("con") else {"customer_id": whose}
        actions.record(LampLit(watts=watts, **whom))


def test_a_batch_comes_in_one_call_in_the_order_of_the_log_and_once(keeper):
    light(("cus_a", 1), ("cus_b", 2), ("cus_a", 3))
    actions.run_consumers()
    actions.run_consumers()
    assert keeper.calls == [[1, 2, 3]]


def test_long_logs_come_in_several_batches(keeper, monkeypatch):
    monkeypatch.setattr(consuming, "BATCH", 2)
    light(*[("cus_a", watts) for watts in range(5)])
    while actions.run_consumers():
        pass
    assert keeper.calls == [[0, 1], [2, 3], [4]]


def test_a_poison_event_is_parked_and_holds_up_its_own_customer_only(keeper):
    light(("cus_a", 1), ("cus_b", 2), ("cus_a", 13), ("cus_a", 4), ("cus_b", 5), ("con_x", 6))
    actions.run_consumers()
    assert keeper.seen() == ["cus_a-1", "cus_b-2", "cus_b-5", "con_x-6"]
    first, second = models.Parked.objects.order_by("event__position")
    assert (first.attempts, first.error, second.attempts) == (1, "ValueError: unlucky", 0)

    light(("cus_a", 7), ("cus_b", 8))
    actions.run_consumers()
    assert keeper.seen()[4:] == ["cus_b-8"]

    keeper.unlucky.clear()
    assert actions.retry_now() == 3
    assert keeper.seen()[5:] == ["cus_a-13", "cus_a-4", "cus_a-7"]
    assert not models.Parked.objects.exists()


def test_events_of_a_contact_without_a_customer_keep_their_order_too(keeper):
    light(("con_x", 13), ("con_x", 2), ("con_y", 3))
    actions.run_consumers()
    assert keeper.seen() == ["con_y-3"]
    keeper.unlucky.clear()
    actions.retry_now()
    assert keeper.seen()[1:] == ["con_x-13", "con_x-2"]


def test_events_of_nobody_hold_up_nobody(keeper):
    actions.record(LampLit(watts=13))
    actions.record(LampLit(watts=2))
    actions.run_consumers()
    assert keeper.seen() == ["-2"]


def test_parked_events_are_tried_again_later_and_later(keeper):
    with time_machine.travel("2026-03-01T12:00Z", tick=False) as clock:
        light(("cus_a", 13), ("cus_a", 2))
        actions.run_consumers()
        waits = []
        for _ in range(5):
            parked = models.Parked.objects.exclude(next_try_at=None).get()
            waits.append((parked.next_try_at - now()).total_seconds())
            assert actions.retry_parked() == 0
            clock.move_to(parked.next_try_at)
            actions.retry_parked()
            assert models.Parked.objects.get(pk=parked.pk).attempts == parked.attempts + 1
    assert waits == [10, 60, 600, 3600, 3600]
    assert keeper.seen() == []


def test_only_the_types_asked_for_arrive_unless_it_is_every_type(keeper):
    every = []
    events.reacts_in_batches("*", consumer="archive")(every.extend)
    light(("cus_a", 1))
    actions.alias(alias="old", canonical="cus_a", kind="customer")
    actions.run_consumers()
    assert keeper.calls == [[1]]
    assert [event.type for event in every] == ["lamp.lit", "identity.aliased"]


def test_one_consumer_does_not_take_in_both_ways(keeper):
    with pytest.raises(ValueError, match="not both"):
        events.reacts_to("lamp.out", consumer="keeper")(lambda event: None)


def test_a_queue_whose_first_has_gone_goes_on(keeper):
    light(("cus_a", 13), ("cus_a", 2))
    actions.run_consumers()
    models.Parked.objects.exclude(next_try_at=None).delete()
    actions.run_consumers()
    assert keeper.seen() == ["cus_a-2"]


def test_joined_customers_wait_in_one_queue(keeper):
    light(("cus_a", 13))
    actions.run_consumers()
    actions.alias(alias="cus_a", canonical="cus_b", kind="customer")
    light(("cus_b", 2), ("cus_c", 3), ("cus_a", 4))
    actions.run_consumers()
    assert keeper.seen() == ["cus_c-3"]
    keeper.unlucky.clear()
    actions.retry_now()
    assert keeper.seen()[1:] == ["cus_a-13", "cus_b-2", "cus_a-4"]


def test_a_consumer_that_begins_again_forgets_what_was_parked(keeper):
    light(("cus_a", 13), ("cus_b", 2))
    actions.run_consumers()
    models.Checkpoint.objects.filter(consumer__startswith="effect ").delete()
    keeper.unlucky.clear()
    actions.restart_consumer("keeper")
    actions.run_consumers()
    assert keeper.seen() == ["cus_a-13", "cus_b-2"]
    assert queries.lag() == {"keeper": 0}


def test_consumers_without_news_ask_for_no_more_however_many_they_are(keeper, django_assert_num_queries):
    for name in ("second", "third", "fourth"):
        events.reacts_in_batches("lamp.lit", consumer=name)(lambda batch: None)
    light(("cus_a", 1))
    while actions.run_consumers():
        pass
    with django_assert_num_queries(3):  # where they stand, whether anything came after it, whether anything is parked
        assert actions.run_consumers() == 0


def test_what_one_consumer_announces_reaches_those_after_it_in_the_same_round(monkeypatch):
    monkeypatch.setattr(events, "reactions", {})
    seen = []
    events.reacts_to("lamp.lit", consumer="a")(
        lambda event: light(("cus_b", 2)) if event.customer_id == "cus_a" else None
    )
    for name in ("b", "c"):
        events.reacts_to("lamp.lit", consumer=name)(lambda event: seen.append(event.customer_id))
    actions.run_consumers()
    seen.clear()
    light(("cus_a", 1))
    actions.run_consumers()
    assert seen == ["cus_a", "cus_b"] * 2


def test_types_of_no_interest_are_passed_over_and_the_consumer_is_not_called(monkeypatch):
    monkeypatch.setattr(events, "reactions", {})
    keeper, liked = Keeper(), set()
    events.reacts_in_batches("*", consumer="keeper", interest=lambda: liked.__contains__)(keeper.note)
    light(("cus_a", 1))
    assert actions.run_consumers() == 1
    liked.add("lamp.lit")
    light(("cus_a", 2), ("cus_b", 3))
    actions.alias(alias="cus_b", canonical="cus_a", kind="customer")
    actions.run_consumers()
    assert keeper.calls == [[2, 3]]
    assert queries.lag() == {"keeper": 0}


def test_who_asks_for_more_at_once_gets_it_while_calls_are_quick_and_less_after_long_ones(monkeypatch):
    monkeypatch.setattr(events, "reactions", {})
    for name, value in {"BATCH": 2, "QUICK": 1e9, "_pace": {}}.items():
        monkeypatch.setattr(consuming, name, value)
    keeper = Keeper()
    events.reacts_in_batches("lamp.lit", consumer="keeper", at_once=6)(keeper.note)
    light(*[("cus_a", watts) for watts in range(20, 60)])
    sizes = []
    for longest in (1e9, 1e9, 1e9, 1e9, -1, -1, -1, -1):
        monkeypatch.setattr(consuming, "LONG", longest)
        monkeypatch.setattr(consuming, "QUICK", 1e9 if longest > 0 else -1)
        actions.run_consumers()
        sizes.append(len(keeper.calls[-1]))
    assert sizes == [2, 4, 6, 6, 6, 3, 2, 2]
    assert [watts for call in keeper.calls for watts in call] == list(range(20, 20 + sum(sizes)))


def test_what_makes_a_large_batch_fail_is_looked_for_among_few(monkeypatch):
    monkeypatch.setattr(events, "reactions", {})
    for name, value in {"BATCH": 2, "QUICK": 1e9, "LONG": 1e9, "_pace": {"keeper": 8}}.items():
        monkeypatch.setattr(consuming, name, value)
    keeper = Keeper()
    events.reacts_in_batches("lamp.lit", consumer="keeper", at_once=8)(keeper.note)
    light(("cus_a", 13), ("cus_b", 2), ("cus_a", 3), *[("cus_c", watts) for watts in range(20, 29)])
    actions.run_consumers()
    assert [len(call) for call in keeper.calls[:2]] == [8, 2]
    assert max(map(len, keeper.calls[1:])) == 2
    while actions.run_consumers():
        pass
    assert keeper.seen() == ["cus_b-2", *(f"cus_c-{watts}" for watts in range(20, 29))]
    assert models.Parked.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_call_that_fails_leaves_nothing_and_savepoints_are_set_only_to_find_out_what_fails(keeper):
    def take_in(*lamps):
        with transaction.atomic():
            light(*lamps)
        while queries.lag()["keeper"]:  # PostgreSQL may hold it back for what runs elsewhere
            actions.run_consumer("keeper")

    with CaptureQueriesContext(connection) as asked:
        take_in(("cus_a", 1), ("cus_b", 2))
    assert not [query["sql"] for query in asked if "SAVEPOINT" in query["sql"]]
    take_in(("cus_a", 3), ("cus_b", 13))
    assert keeper.calls == [[1, 2], [3, 13], [3, 13], [3], [13], [13]]
    assert keeper.seen() == ["cus_a-1", "cus_b-2", "cus_a-3"]
    assert [parked.event.customer_id for parked in models.Parked.objects.all()] == ["cus_b"]

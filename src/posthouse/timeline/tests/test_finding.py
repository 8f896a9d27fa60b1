"""What is asked of the log is found by an index, however long the log is."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from posthouse.timeline import actions, models, queries
from posthouse.timeline.queries import KIND
from posthouse.timeline.tests.lamps import LampLit

pytestmark = pytest.mark.django_db


def plan_of(sql):
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
        return [row[3] for row in cursor.fetchall()]


QUESTIONS = {
    "a contact": (lambda: queries.of_contact("con_a"), {"contact"}),
    "a customer": (lambda: queries.of_customer("cus_a"), {"customer"}),
    "a customer and its people": (lambda: queries.of_customer("cus_a", ["con_a"]), {"customer", "contact"}),
    "steps": (lambda: queries.steps_of("cus_a", "con_a", ["lamp.lit"]), {"customer", "contact"}),
    "histories of contacts": (lambda: queries.histories(contact_ids=["con_a", "con_b"]), {"contact"}),
    "histories": (lambda: queries.histories(customer_ids=["cus_a"], alone=["con_a"]), {"customer", "contact"}),
    "contacts alone": (lambda: queries.alone(["con_a", "con_b"]), {"contact"}),
    "some type of contacts": (
        lambda: queries.of_any(queries.Q(kind="lamp.lit"), contact_ids=["con_a"], most=9),
        {"contact"},
    ),
    "some type of customers": (
        lambda: queries.of_any(queries.Q(kind="lamp.lit"), customer_ids=["cus_a"], most=9),
        {"customer"},
    ),
    "everybody": (lambda: queries.subjects("contact"), {"contact"}),
}


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL decides by how much is in the table")
@pytest.mark.parametrize("name", QUESTIONS)
def test_whose_events_are_asked_for_is_looked_up_by_their_index_alone(name):
    ask, wanted = QUESTIONS[name]
    with CaptureQueriesContext(connection) as asked:
        list(ask())
    [sql] = [query["sql"] for query in asked if 'FROM "timeline_event"' in query["sql"]]
    found = [line for line in plan_of(sql) if "timeline_event" in line]
    assert {line.partition("timeline_event_")[2].split()[0] for line in found} == wanted
    assert not [line for line in found if not line.startswith("SEARCH")]


def test_what_contacts_did_alone_is_told_from_what_they_did_for_a_customer():
    actions.record(LampLit(watts=1, contact_id="con_a"))
    actions.record(LampLit(watts=2, contact_id="con_a", customer_id="cus_a"))
    actions.record(LampLit(watts=3, contact_id="con_b", customer_id="cus_a"))
    actions.record(LampLit(watts=4))
    assert queries.alone(["con_a", "con_b"]) == {"con_a"}
    told = queries.histories(customer_ids=["cus_b"], alone=["con_a", "con_b"])
    assert [event.data["watts"] for event in told] == [1]
    assert [event.data["watts"] for event in queries.of_contact("con_a")] == [2, 1]
    assert not queries.of_contact("").exists()
    assert [event.data["watts"] for event in queries.of_customer("cus_b", ["con_a"])] == [1]
    assert queries.subjects("contact") == ["con_a", "con_b"]
    assert (queries.subject_count("contact"), queries.subject_count("customer")) == (2, 1)
    assert models.Event.objects.alias(kind=KIND).filter(kind__startswith="lamp.").count() == 4

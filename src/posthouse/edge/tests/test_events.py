"""Events taken in over HTTP, in our own JSON."""

from datetime import UTC, datetime

import pytest

from posthouse.people.actions import know_contact
from posthouse.timeline.actions import digest_of
from posthouse.timeline.models import Event


def sent():
    """What came over HTTP, in log order."""
    return Event.objects.exclude(source="posthouse").order_by("position")


def test_an_event_is_on_the_timeline_when_the_answer_comes(edge, team_member):
    event = {
        "id": "order-1",
        "type": "order.placed",
        "source": "shop",
        "customer_id": "cus_1",
        "contact_id": "con_1",
        "occurred_at": "2026-01-02T03:04:05.678901+02:00",
        "sent_at": "2026-01-02T03:04:06Z",
        "data": {"b": [1, 2.5, None, True], "a": "ñ"},
    }
    answer = edge.post("events", event)
    assert answer.status == 200
    assert answer.json == {
        "accepted": 1,
        "duplicates": 0,
        "conflicts": [],
        "rejected": [],
        "results": [{"index": 0, "status": "accepted", "event_id": "order-1"}],
    }
    row = sent().get()
    assert (row.source, row.id, row.type, row.version) == ("shop", "order-1", "order.placed", 1)
    assert (row.customer_id, row.contact_id) == ("cus_1", "con_1")
    assert row.actor == f"token:{team_member.tokens.get().pk}"
    assert row.occurred_at == datetime(2026, 1, 2, 1, 4, 5, 678901, tzinfo=UTC)
    assert row.sent_at == datetime(2026, 1, 2, 3, 4, 6, tzinfo=UTC)
    assert row.data == {"b": [1, 2.5, None, True], "a": "ñ"}
    assert bytes(row.digest) == digest_of("order.placed", "cus_1", "con_1", row.data)


def test_what_is_left_out_has_sensible_values(edge, team_member):
    edge.post("events", {"id": "1", "type": "order.placed"})
    row = sent().get()
    assert row.source == f"token:{team_member.tokens.get().pk}"
    assert (row.customer_id, row.contact_id, row.data, row.sent_at) == ("", "", {}, None)
    assert row.occurred_at == row.received_at


def test_moments_can_be_compared_by_the_database_as_if_django_had_written_them(edge):
    edge.post("events", {"id": "1", "type": "a.b", "occurred_at": "2026-01-02T03:04:05Z"})
    edge.post("events", {"id": "2", "type": "a.b", "occurred_at": "2026-01-02T03:04:05.5Z"})
    exact = sent().filter(occurred_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
    assert [row.id for row in exact] == ["1"]
    later = sent().filter(occurred_at__gt=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
    assert [row.id for row in later] == ["2"]


def test_duplicates_and_conflicts_within_a_batch_and_against_the_log(edge):
    one = {"id": "1", "type": "a.b", "source": "s", "data": {"x": 1}}
    other = one | {"data": {"x": 2}}
    elsewhere = one | {"source": "t"}
    got = edge.post("events", {"events": [one, one, other, elsewhere]}).json
    assert [result["status"] for result in got["results"]] == ["accepted", "duplicate", "conflict", "accepted"]
    assert got["conflicts"] == [{"index": 2, "source": "s", "id": "1"}]
    again = edge.post("events", {"events": [other, one, {"id": "2", "type": "a.b"}]}).json
    assert [result["status"] for result in again["results"]] == ["conflict", "duplicate", "accepted"]
    assert (again["accepted"], again["duplicates"]) == (1, 1)
    assert sent().count() == 3


def test_a_single_event_that_conflicts_is_409(edge):
    assert edge.post("events", {"id": "1", "type": "a.b"}).status == 200
    assert edge.post("events", {"id": "1", "type": "a.b"}).json["duplicates"] == 1
    conflict = edge.post("events", {"id": "1", "type": "a.c"})
    assert (conflict.status, conflict.json["code"], conflict.json["id"]) == (409, "event-conflict", "1")


def test_a_single_event_that_is_not_valid_is_422(edge):
    answer = edge.post("events", {"id": "1", "type": "a.b", "occurred_at": "yesterday"})
    assert (answer.status, answer.json["code"]) == (422, "invalid-request")
    assert answer.json["errors"] == [{"path": "occurred_at", "message": "Invalid RFC3339 encoded datetime"}]


@pytest.mark.parametrize(
    "fields",
    [
        {"source": "posthouse"},
        {"source": "token:tok_somebody"},
        {"type": "key.revoked"},
        {"type": "a\nb"},
        {"id": "a\tb"},
        {"id": ""},
        {"id": "x" * 201},
        {"type": "x" * 121},
        {"customer_id": "x" * 65},
        {"occurred_at": "2026-01-01T00:00:00"},
        {"occurred_at": "2999-01-01T00:00:00Z"},
        {"occurred_at": "0001-01-01T00:00:00+23:59"},
        {"sent_at": "1969-12-31T23:59:59Z"},
        {"data": [1]},
        {"data": None},
        {"data": {"a": "x" * 70_000}},
        {"data": {"a": "\0"}},
        {"data": {"\0": 1}},
        {"data": {"a": [[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]], "b": eval("[" * 70 + "]" * 70)}},
    ],
)
def test_a_bad_event_is_rejected_alone(edge, fields):
    bad = {"id": "bad", "type": "a.b"} | fields
    got = edge.post("events", {"events": [{"id": "1", "type": "a.b"}, bad, {"id": "2", "type": "a.b"}]}).json
    assert [result["status"] for result in got["results"]] == ["accepted", "rejected", "accepted"]
    assert got["rejected"][0]["index"] == 1
    assert got["rejected"][0]["errors"][0]["message"]
    assert edge.post("events", bad).status == 422


def test_an_address_leads_to_the_contact_and_sending_again_is_still_a_duplicate(edge):
    event = {"id": "1", "type": "a.b", "email": "Ada@Example.com", "data": {"n": 1}}
    edge.post("events", event)
    contact = know_contact(email="ada@example.com")
    assert edge.post("events", event).json["duplicates"] == 1
    edge.post("events", event | {"id": "2"})
    first, second = sent()
    assert (first.contact_id, second.contact_id) == ("", contact.pk)
    assert first.data == {"email": "Ada@Example.com", "n": 1}


def test_order_within_a_request_is_the_order_of_the_log(edge):
    edge.post(
        "events", {"events": [{"id": f"{n * 7919 % 1000:x}", "type": "a.b", "data": {"n": n}} for n in range(500)]}
    )
    assert [row.data["n"] for row in sent()] == list(range(500))

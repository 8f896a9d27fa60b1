"""Calls reported over HTTP."""

import time
from datetime import UTC, datetime

import pytest
from django.utils import timezone

from posthouse.usage.models import Call


def call(number=1, **fields):
    """A call as the client reports it."""
    return {
        "id": f"call_{number}",
        "at": 1_790_000_000.25 + number,
        "method": "GET",
        "route": "/v1/sun/{place}",
        "status": 200,
        "duration_us": 1500,
    } | fields


@pytest.mark.mission("J3.2")
def test_a_call_is_stored_with_the_customer_of_its_key(edge, make_key, customer):
    key, _ = make_key(environment="live")
    sent = call(
        key_id=key.pk,
        environment="test",
        path="/v1/sun/madrid?x=1",
        request_id="r-1",
        version="2026-01-01",
        sdk="sun-python/1.0",
        user_agent="curl/8",
        error_code="bad-place",
        ip="192.0.2.7",
        request_headers={"accept": "*/*"},
        request_body="é",
        response_body=None,
    )
    assert edge.post("calls", {"calls": [sent]}).json == {"accepted": 1, "duplicates": 0, "rejected": []}
    row = Call.objects.get()
    assert (row.customer_id, row.key_id, row.environment) == (customer.pk, key.pk, "live")
    assert row.at == datetime.fromtimestamp(1_790_000_001.25, UTC)
    assert abs((timezone.now() - row.received_at).total_seconds()) < 5
    assert (row.method, row.route, row.path, row.status) == ("GET", "/v1/sun/{place}", "/v1/sun/madrid?x=1", 200)
    assert (row.duration_us, row.request_id, row.version, row.sdk) == (1500, "r-1", "2026-01-01", "sun-python/1.0")
    assert (row.user_agent, row.error_code, row.ip) == ("curl/8", "bad-place", "192.0.2.7")
    assert row.details == {"request_headers": {"accept": "*/*"}, "request_body": "é"}


def test_a_call_without_a_key_is_stored_too(edge):
    edge.post("calls", {"calls": [call(key_id=None, environment=None, status=401)]})
    row = Call.objects.get()
    assert (row.customer_id, row.key_id, row.environment, row.details) == ("", "", "", None)


def test_sending_again_counts_nothing_twice(edge):
    assert edge.post("calls", {"calls": [call(1), call(2), call(2)]}).json["duplicates"] == 1
    again = edge.post("calls", {"calls": [call(2), call(3), call(1)]}).json
    assert again == {"accepted": 1, "duplicates": 2, "rejected": []}
    assert Call.objects.count() == 3


def test_one_bad_call_does_not_spoil_the_batch(edge):
    bad = [
        call(1, status="200"),
        call(2, duration_us=-1),
        call(3, at=1e300),
        call(4, at=0),
        call(5, id=""),
        call(6, id="x" * 65),
        call(7, route="r" * 201),
        call(8, user_agent="\0"),
        call(9, duration_us=2**70),
        call(10, request_body="x" * 300_000),
        7,
        None,
        {},
    ]
    answer = edge.post("calls", {"calls": [call(100), *bad, call(101)]}).json
    assert answer["accepted"] == 2
    assert [item["index"] for item in answer["rejected"]] == list(range(1, len(bad) + 1))
    assert answer["rejected"][0]["errors"] == [{"path": "status", "message": "Expected `int`, got `str`"}]
    assert all(error["message"] for item in answer["rejected"] for error in item["errors"])
    assert set(Call.objects.values_list("id", flat=True)) == {"call_100", "call_101"}


def test_what_is_only_shown_is_cut_to_its_column(edge):
    long = dict.fromkeys(("path", "request_id", "version", "sdk", "user_agent", "error_code"), "x" * 900)
    assert edge.post("calls", {"calls": [call(**long)]}).json["accepted"] == 1
    row = Call.objects.get()
    assert [len(getattr(row, name)) for name in long] == [500, 80, 40, 80, 200, 80]


def test_a_batch_is_bounded(edge):
    assert edge.post("calls", {"calls": [call(n) for n in range(1000)]}).json["accepted"] == 1000
    refused = edge.post("calls", {"calls": [call(n) for n in range(1001)]})
    assert (refused.status, refused.json["code"]) == (422, "invalid-request")


def test_the_last_use_of_key_and_token_is_noted(edge, make_key, team_member):
    key, secret = make_key()
    other, _ = make_key()
    edge.verify(secret)
    edge.post("calls", {"calls": [call(key_id=other.pk, at=time.time() - 60)]})
    engine = edge.edge._engine
    engine.loop.call_soon_threadsafe(engine._submit_uses)
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        key.refresh_from_db()
        other.refresh_from_db()
        if key.last_used_at and other.last_used_at:
            break
        time.sleep(0.02)
    moment = timezone.now()
    assert (moment - key.last_used_at).total_seconds() < 6
    assert 59 < (moment - other.last_used_at).total_seconds() < 70
    assert (moment - team_member.tokens.get().last_used_at).total_seconds() < 6

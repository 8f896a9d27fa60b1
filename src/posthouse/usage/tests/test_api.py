"""Calls and usage over the HTTP API."""

from datetime import timedelta

import pytest

from posthouse.foundation.clock import now
from posthouse.people import actions as people

pytestmark = pytest.mark.django_db


@pytest.fixture
def ask(client, team):
    """Ask with a token that has the scopes."""

    def ask(path, *, scopes=("usage:read",), expect=200, **query):
        token = people.make_token(owner=team.team_member, name="t", scopes=list(scopes))
        secret = token[1] if isinstance(token, tuple) else token
        response = client.get(f"/api/v1/{path}", query, headers={"Authorization": f"Bearer {secret}"})
        assert response.status_code == expect, response.content
        return response.json()

    return ask


@pytest.fixture
def busy(called, ada):
    called(
        *({"customer_id": ada.customer_id, "duration_us": 1000 * n} for n in range(1, 11)),
        {"customer_id": ada.customer_id, "status": 500, "route": "/moon", "details": {"response_body": "oh"}},
        {"customer_id": "cus_other", "id": "call_other"},
    )


def test_usage_grouped_by_anything(ask, busy, ada):
    found = ask("usage", customer_id=ada.customer_id, group_by=["route", "status"], grain="hour")
    rows = {(row["group"]["route"], row["group"]["status"]): row for row in found["rows"]}
    assert rows["/sun", 200]["calls"] == 10
    assert rows["/sun", 200]["p50_us"] == pytest.approx(5500, abs=500)
    assert rows["/moon", 500]["errors"] == 1
    everybody = ask("usage", group_by=["customer_id"])
    assert sum(row["calls"] for row in everybody["rows"]) == 12
    assert ask("usage", environment="live")["rows"] == []
    by_day = ask("usage", customer_id=ada.customer_id, group_by=["period"])["rows"]
    assert by_day[0]["group"]["period"].endswith("T00:00:00+00:00")


@pytest.mark.parametrize(
    "query",
    [
        {"grain": "week"},
        {"group_by": "pepper"},
        {"since": "yesterday"},
        {"since": "2026-01-01T00:00:00"},
        {"since": "2026-01-02T00:00:00Z", "until": "2026-01-01T00:00:00Z"},
        {"since": "0001-01-01T00:00:00Z"},
        {"since": "9999-12-31T23:59:59Z", "until": "9999-12-31T23:59:59.9Z"},
        {"since": "2020-01-01T00:00:00Z", "until": "2026-01-01T00:00:00Z", "grain": "minute"},
        {"status": "abc"},
        {"route": "\0"},
        {"until": "0001-01-01T00:00:00+14:00"},
        {"since": "9999-12-31T23:59:59-14:00"},
    ],
)
def test_what_cannot_be_read_is_said(ask, query):
    assert ask("usage", expect=422, **query)["status"] == 422


def test_calls_in_pages(ask, busy, ada):
    first = ask("calls", customer_id=ada.customer_id, limit=6)
    rest = ask("calls", customer_id=ada.customer_id, limit=6, before=first["next"])
    assert len({call["id"] for call in first["items"] + rest["items"]}) == 11
    assert rest["next"] is None
    assert [call["route"] for call in ask("calls", customer_id=ada.customer_id, status="failed")["items"]] == ["/moon"]
    assert len(ask("calls")["items"]) == 12
    until = (now() - timedelta(days=1)).isoformat()
    assert ask("calls", until=until)["items"] == []
    ask("calls", before="x", expect=422)
    ask("calls", status="5", expect=422)
    ask("calls", customer_id="cus_none", expect=404)
    ask("usage", customer_id="cus_none", expect=404)


def test_one_call_with_its_details(ask, busy, ada):
    call = ask("calls", customer_id=ada.customer_id, status="failed")["items"][0]
    assert ask(f"calls/{call['id']}")["details"] == {"response_body": "oh"}
    ask("calls/call_none", expect=404)
    ask("calls/a%00b", expect=422)
    ask("calls", until="9999-12-31T23:59:59-14:00", expect=422)


def test_the_scope_is_needed(ask, client):
    assert ask("usage", scopes=["keys:read"], expect=403)["code"] == "scope-missing"
    assert client.get("/api/v1/calls").status_code == 401

"""The timeline over the HTTP API: pages that neither skip nor repeat, also when a transaction commits late."""

import base64
import threading
import time
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test import Client

from posthouse.foundation.clock import now
from posthouse.people import actions as people


@pytest.fixture
def reader(team_as):
    """A program that may read timelines."""
    member, _ = team_as("analyst")
    _, secret = people.make_token(owner=member, name="warehouse", scopes=["timeline:read"])
    return Client(headers={"authorization": f"Bearer {secret}"})


def follow(reader, address, name, **asked):
    """Everything, page by page, until a page is the last."""
    items, cursor = [], ""
    while True:
        page = reader.get(f"/api/v1/{address}", asked | ({name: cursor} if cursor else {})).json()
        items += page["items"]
        if not page["next"] or not page["items"]:
            return items, cursor
        cursor = page["next"]


@pytest.mark.django_db
def test_the_log_is_read_to_its_end_and_on_from_there(reader, happen):
    for number in range(25):
        happen("lamp.lit", number=number)
    items, cursor = follow(reader, "events", "after", type="lamp.lit", limit=10)
    assert [item["data"]["number"] for item in items] == list(range(25))
    happen("lamp.lit", number=25)
    more = reader.get("/api/v1/events", {"after": cursor, "type": "lamp.lit"}).json()
    assert [item["data"]["number"] for item in more["items"]] == [25]
    assert reader.get("/api/v1/events", {"after": more["next"]}).json() == {"items": [], "next": more["next"]}


@pytest.mark.django_db
def test_several_types_can_be_asked_for(reader, happen):
    happen("lamp.lit")
    happen("lamp.out")
    happen("lamp.sold")
    page = reader.get("/api/v1/events?type=lamp.lit&type=lamp.out").json()
    assert [item["type"] for item in page["items"]] == ["lamp.lit", "lamp.out"]


@pytest.mark.django_db
def test_a_customers_timeline_is_in_the_order_of_occurrence(reader, customer, owner, happen):
    same = now() + timedelta(minutes=1)
    for number in range(20):
        happen("lamp.lit", at=same, number=number)
    happen("lamp.lit", at=now() - timedelta(days=9), number=-1)
    happen("lamp.lit", customer_id="cus_other", number=99)
    items, _ = follow(reader, f"customers/{customer.pk}/timeline", "before", limit=7)
    numbers = [item["data"]["number"] for item in items if item["type"] == "lamp.lit"]
    assert numbers == [*reversed(range(20)), -1]
    assert "account.created" in [item["type"] for item in items]
    assert len({item["id"] for item in items}) == len(items)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "query",
    [
        "after=x",
        "after=-1-2",
        "after=1-2-3",
        "after=" + "9" * 50,
        "after=%00",
        "limit=0",
        "limit=201",
        "limit=many",
        "type=" + "x" * 200,
        "type=%00",
        "&".join(f"type=a.b{number}" for number in range(51)),
    ],
)
def test_what_cannot_be_read_is_refused(reader, query):
    answer = reader.get(f"/api/v1/events?{query}")
    assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")


@pytest.mark.django_db
@pytest.mark.parametrize("cursor", ["99999999999999999999-1", "1-99999999999999999999"])
def test_a_cursor_behind_everything_finds_nothing_or_is_refused(reader, cursor):
    assert reader.get("/api/v1/events", {"after": cursor}).status_code in (200, 422)


def place(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "before",
    ["x", "é", "\x00", place("soon 1"), place("2026-01-01T00:00:00 1"), place("2026-01-01T00:00:00+00:00 " + "9" * 30)],
)
def test_a_place_that_is_not_ours_is_refused(reader, customer, before):
    assert reader.get(f"/api/v1/customers/{customer.pk}/timeline", {"before": before}).status_code == 422


@pytest.mark.django_db
def test_who_is_not_there_has_no_timeline(reader):
    assert reader.get("/api/v1/customers/cus_nobody/timeline").status_code == 404
    assert reader.get("/api/v1/customers/%00/timeline").status_code == 422


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer")
def test_an_event_that_commits_late_is_not_skipped(reader, happen):
    """Its position is lower than one already visible; a reader at the end must still be given it, once."""
    cursor = follow(reader, "events", "after")[1]
    recorded, may_commit = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            happen("lamp.lit", number="late")
            recorded.set()
            may_commit.wait(10)
        connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    assert recorded.wait(10)
    happen("lamp.lit", number="early")
    seen = []
    end = time.monotonic() + 60  # other tests' transactions on the same server hold events back as well
    while len(seen) < 2 and time.monotonic() < end:
        page = reader.get("/api/v1/events", {"after": cursor, "type": "lamp.lit"}).json()
        seen += [item["data"]["number"] for item in page["items"]]
        cursor = page["next"] or cursor
        may_commit.set()
        thread.join(10)
    assert sorted(seen) == ["early", "late"]

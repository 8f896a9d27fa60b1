"""The portal's pages about calls and the desk's page about traffic, from outside."""

import csv
import json
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.db import connections
from django.test import AsyncClient
from django.urls import reverse

from posthouse.usage import live, views
from posthouse.usage.models import CustomerState

pytestmark = pytest.mark.django_db


@pytest.fixture
def mine(client, ada):
    """Ada's browser: open a page of her customer by its name."""
    client.force_login(ada)

    def mine(name, query="", expect=200):
        response = client.get(reverse(name, args=[ada.customer_id]) + query)
        assert response.status_code == expect
        return response

    return mine


@pytest.fixture
def busy(called, ada, ada_key):
    own = {"customer_id": ada.customer_id, "key_id": ada_key.pk}
    called(
        *({**own, "path": f"/sun/{n}", "duration_us": 1000 * n} for n in range(1, 61)),
        {**own, "status": 404, "error_code": "place-unknown", "route": "/moon", "path": "/moon/atlantis"},
        {**own, "environment": "live", "route": "=cmd|calc", "path": "/live"},
        {"customer_id": "cus_other", "path": "/secret-of-others"},
    )


@pytest.mark.mission("J3.4")
def test_the_request_log_shows_filters_and_pages(mine, busy, django_assert_max_num_queries):
    with django_assert_max_num_queries(13):
        page = mine("portal-calls").content.decode()
    assert "/moon/atlantis" in page
    assert "/sun/60" in page
    assert "/secret-of-others" not in page
    assert "before=" in page
    failed = mine("portal-calls", "?status=failed").content.decode()
    assert "place-unknown" in failed
    assert "/sun/60" not in failed
    assert "/live" in mine("portal-calls", "?env=live").content.decode()
    assert "/moon/atlantis" in mine("portal-calls", "?q=place-unknown").content.decode()


def test_older_calls_are_one_link_away(mine, busy):
    response = mine("portal-calls", "?env=test")
    older = response.context["older"]
    assert "env=test" in older
    assert "/sun/5<" in mine("portal-calls", older).content.decode()
    mine("portal-calls", "?before=nonsense", expect=404)


@pytest.mark.parametrize(
    "query", ["?since=x&until=9999-99-99T99:99&status=%00&q=%00'%22;--&env=x", "?status=" + "9" * 400]
)
def test_filters_that_cannot_be_read_break_nothing(mine, busy, query):
    mine("portal-calls", query)
    mine("portal-usage", query + "&period=zz")


def test_without_calls_the_pages_say_what_will_stand_there(mine):
    assert "No calls yet" in mine("portal-calls").content.decode()
    assert "Nothing to count yet" in mine("portal-usage").content.decode()


def test_usage_begins_with_the_finding(mine, busy, django_assert_max_num_queries):
    with django_assert_max_num_queries(20):
        page = mine("portal-usage").content.decode()
    assert "62 calls, 1.6 % failed" in page
    assert "Half of the calls took under 30 ms" in page
    assert "/moon" in page
    assert "1 call, none failed" in mine("portal-usage", "?env=live").content.decode()


def test_usage_speaks_spanish(mine, busy, ada):
    ada.language = "es"
    ada.save()
    page = mine("portal-usage").content.decode()
    assert "62 llamadas" in page
    assert "fallaron" in page


def test_export_as_csv_and_json(mine, busy):
    response = mine("portal-usage-csv", "?period=24h")
    assert response.headers["Content-Disposition"] == 'attachment; filename="usage-24h.csv"'
    rows = list(csv.DictReader(response.content.decode().splitlines()))
    assert sum(int(row["calls"]) for row in rows) == 62
    assert {row["route"] for row in rows} == {"/sun", "/moon", "'=cmd|calc"}
    found = json.loads(mine("portal-usage-json", "?period=24h").content)
    assert sum(row["errors"] for row in found["rows"]) == 1
    assert found["grain"] == "hour"


@pytest.mark.parametrize(
    "name", ["portal-calls", "portal-calls-live", "portal-usage", "portal-usage-csv", "portal-usage-json"]
)
def test_others_find_nothing(client, ada, team, name):
    address = reverse(name, args=[ada.customer_id])
    assert client.get(address).status_code == 302
    client.force_login(team)
    assert client.get(address).status_code == 404
    client.force_login(ada)
    assert client.get(reverse(name, args=["cus_0000"])).status_code == 404
    assert client.post(address).status_code == 405


def test_the_stream_is_a_stream(mine, busy):
    response = mine("portal-calls-live", "?env=test")
    assert response.headers["Content-Type"].startswith("text/event-stream")
    assert response.streaming
    assert response.is_async


@pytest.mark.django_db(transaction=True)
async def test_a_live_tail_ends_when_its_reader_has_signed_out(reader, monkeypatch):
    ada = reader
    monkeypatch.setattr(live, "PING_EVERY", 0.01)
    browser = AsyncClient()
    await browser.aforce_login(ada)
    stream = aiter(await browser.get(reverse("portal-calls-live", args=[ada.customer_id])))
    assert await anext(stream) == b":\n\n"
    assert await anext(stream) == b":\n\n"
    await browser.alogout()
    assert [chunk async for chunk in stream if chunk != b":\n\n"] == []
    await sync_to_async(connections.close_all)()


@pytest.fixture
def reader(transactional_db, ada):
    """Ada, seen by all threads."""
    return ada


def test_the_desk_sees_all_traffic(client, team, ada, busy, called, django_assert_max_num_queries):
    called(customer_id="", key_id="", status=401)
    CustomerState.objects.filter(pk=ada.customer_id).update(spike_since=views.timezone.now())
    CustomerState.objects.filter(pk="cus_other").update(quiet_since=views.timezone.now() - timedelta(days=2))
    client.force_login(team)
    with django_assert_max_num_queries(14):
        page = client.get(reverse("desk-traffic")).content.decode()
    assert "64 calls" in page
    assert "from 2 customers" in page
    assert "1 call came without a known key" in page
    assert "Lanterns" in page
    assert "Far more errors than usual" in page
    assert "cus_other" in page
    client.force_login(ada)
    assert client.get(reverse("desk-traffic")).status_code == 404


def test_the_desk_without_traffic(client, team):
    client.force_login(team)
    page = client.get(reverse("desk-traffic")).content.decode()
    assert "No calls in this period" in page

"""Finding calls and sums, and that the database reads them by an index."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from posthouse.foundation.clock import now
from posthouse.usage import figures, queries
from posthouse.usage.models import Call, Grain
from posthouse.usage.queries import CallFilter, Span
from posthouse.usage.tests.conftest import make_call

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def variety(called):
    called(
        {"id": "call_a", "at": NOON, "path": "/sun/oslo"},
        {"id": "call_b", "at": NOON + HOUR, "status": 404, "error_code": "place-unknown", "method": "POST"},
        {"id": "call_c", "at": NOON + 2 * HOUR, "status": 503, "environment": "live", "route": "/moon"},
        {"id": "call_d", "at": NOON + 3 * HOUR, "request_id": "req-special", "key_id": "key_2", "version": "2"},
        {"id": "call_x", "at": NOON, "customer_id": "cus_2"},
    )


@pytest.mark.mission("J3.4")
@pytest.mark.parametrize(
    ("which", "found"),
    [
        ({}, "dcba"),
        ({"status": "failed"}, "cb"),
        ({"status": "ok"}, "da"),
        ({"status": "4xx"}, "b"),
        ({"status": "503"}, "c"),
        ({"status": "nonsense"}, ""),
        ({"status": "²"}, ""),
        ({"environment": "live"}, "c"),
        ({"method": "POST"}, "b"),
        ({"route": "/moon"}, "c"),
        ({"key_id": "key_2"}, "d"),
        ({"version": "2"}, "d"),
        ({"text": "req-special"}, "d"),
        ({"text": "call_a"}, "a"),
        ({"text": "OSLO"}, "a"),
        ({"text": "unknown"}, "b"),
        ({"request_id": "req-special"}, "d"),
        ({"since": NOON + HOUR, "until": NOON + 3 * HOUR}, "cb"),
        ({"status": "failed", "environment": "test"}, "b"),
    ],
)
def test_filters_of_the_request_log_in_the_database_and_in_the_tail(variety, which, found):
    chosen = CallFilter(**which)
    assert "".join(call.id[-1] for call in queries.calls("cus_1", chosen)) == found
    own = [call for call in Call.objects.filter(customer_id="cus_1").order_by("-at") if chosen.fits(call)]
    assert "".join(call.id[-1] for call in own) == found


@pytest.mark.parametrize("customer_id", ["cus_1", None])
def test_pages_go_on_where_they_ended_also_within_one_moment(called, customer_id):
    called(*({"at": NOON + (n // 3) * HOUR} for n in range(10)))
    seen, cursor = [], ""
    while True:
        page, cursor = queries.calls_page(customer_id, before=cursor, size=3)
        seen += [call.id for call in page]
        if not cursor:
            break
    assert seen == [call.id for call in queries.calls(customer_id)]
    assert len(seen) == 10


@pytest.mark.parametrize("cursor", ["x", "AAAA", "MjAyNi0wMy0wMVQxMjowMDowMCAx", "////", "é"])
def test_a_cursor_that_is_not_ours_is_refused(variety, cursor):
    with pytest.raises(ValueError, match="not a cursor"):
        queries.calls_page("cus_1", before=cursor)


def test_a_call_of_another_customer_is_not_found(variety):
    assert queries.one_call("cus_1", "call_a")
    assert queries.one_call("cus_1", "call_x") is None
    assert queries.call_by_id("call_x")


def test_similar_calls_have_the_same_route_and_answer(called):
    called({"id": "call_1", "status": 404}, {"id": "call_2", "status": 404}, {"status": 404, "route": "/moon"}, {})
    call = queries.one_call("cus_1", "call_1")
    assert [other.id for other in queries.similar_calls(call)] == ["call_2"]


def test_choices_are_what_occurs(variety):
    choices = queries.choices("cus_1")
    assert (choices.methods, choices.routes, choices.versions) == (["GET", "POST"], ["/moon", "/sun"], ["1", "2"])


def test_a_call_in_the_first_instant_of_an_hour_counts_at_once(called):
    with time_machine.travel("2026-11-23T03:00:00.250000Z", tick=False):
        called({"status": 404, "ago": timedelta(milliseconds=100)})
        (row,) = queries.top_errors(queries.PERIODS["24h"].span("cus_1"))
        assert queries.PERIODS["1h"].span("cus_1").periods[-1].minute == 0
    assert row.calls == 1


def test_top_errors_and_sums_of_a_period(called):
    called({"status": 404}, {"status": 404}, {"status": 500}, {}, {"ago": timedelta(days=3), "status": 500})
    span = queries.PERIODS["24h"].span("cus_1", environment="")
    assert [(row.status, row.calls) for row in queries.top_errors(span)] == [(404, 2), (500, 1)]
    assert len(span.periods) == 24
    assert queries.sums(span)[0].calls == 4
    assert queries.calls_by_customer(now() - timedelta(days=7))["cus_1"].errors == 4


def test_since_when_a_customer_waits_for_its_first_call(called, ada, ada_key):
    assert queries.waiting_since(ada.customer_id) == ada_key.created_at
    called(customer_id=ada.customer_id)
    assert queries.waiting_since(ada.customer_id) is None
    assert queries.waiting_since("cus_none") is None


@pytest.mark.parametrize("name", ["calls; DROP TABLE usage_call", "id", "tx"])
def test_only_traits_can_be_grouped_by(db, name):
    with pytest.raises(ValueError, match="cannot be told apart"):
        figures.sums(Span(Grain.DAY, NOON, NOON + HOUR), by=(name,))


@pytest.fixture
def plan(called):
    """The plan of the last query of an act, on tables with something in them."""
    called(*({"customer_id": f"cus_{n % 50}", "ago": n * HOUR, "route": f"/{n % 7}"} for n in range(400)))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")

    def plan(act):
        with CaptureQueriesContext(
            connection,
        ) as captured:
            list(act())
        with connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                cursor.execute(f"EXPLAIN QUERY PLAN {captured.captured_queries[-1]['sql']}")
                return "\n".join(row[3] for row in cursor.fetchall())
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute(f"EXPLAIN {captured.captured_queries[-1]['sql']}")
            return "\n".join(row[0] for row in cursor.fetchall())

    return plan


def test_the_request_log_is_read_by_index(plan):
    page = plan(lambda: queries.calls("cus_1", CallFilter(status="failed"))[:50])
    assert "usage_call_customer" in page
    assert "TEMP B-TREE" not in page
    assert "Sort" not in page
    assert "usage_call_request" in plan(lambda: queries.calls(None, CallFilter(request_id="req-1")))


def test_sums_are_read_by_index(plan):
    span = queries.PERIODS["30d"].span("cus_1")
    own = plan(lambda: figures.sums(span, by=("route",)))
    everybody = plan(lambda: figures.sums(queries.PERIODS["30d"].span(), by=("route",)))
    if connection.vendor == "sqlite":
        assert "USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)" in own
        assert "SCAN" not in own
    else:
        assert "usage_rollup_pkey" in own
    assert "usage_rollup_start" in everybody


def test_making_a_call_costs_no_memory_of_the_details(called):
    called(details={"request_body": "x" * 1000})
    [call] = queries.calls_page("cus_1")[0]
    assert "details" in call.get_deferred_fields()
    assert make_call(status=399).failed is False
    assert make_call(status=400).failed is True

"""Every call is counted once, in its own periods, whatever the batches, orders and crashes."""

import math
import random
import time
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from posthouse.foundation.clock import now
from posthouse.keys.models import Key
from posthouse.usage import actions, figures, sketches
from posthouse.usage.figures import Span
from posthouse.usage.models import Call, Grain, Rollup, RollupCheckpoint
from posthouse.usage.tests.conftest import make_call

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

calls = st.fixed_dictionaries(
    {
        "at": st.integers(0, 3 * 86_400).map(lambda seconds: NOON + timedelta(seconds=seconds)),
        "customer_id": st.sampled_from(["", "cus_1", "cus_2"]),
        "key_id": st.sampled_from(["", "key_1", "key_2"]),
        "environment": st.sampled_from(["", "test", "live"]),
        "method": st.sampled_from(["GET", "POST"]),
        "route": st.sampled_from(["/sun", "/moon"]),
        "status": st.sampled_from([200, 404, 500]),
        "version": st.sampled_from(["", "2"]),
        "duration_us": st.integers(0, 2_000_000_000),
    }
)


@pytest.mark.django_db
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(made=st.lists(calls, max_size=60), batch=st.integers(1, 20))
def test_rollups_equal_what_counting_the_calls_gives(db, made, batch):
    with transaction.atomic():
        actions.store_calls([make_call(**fields) for fields in made])
        while actions.take_in_calls(batch):
            pass
        for grain in Grain:
            counted = Counter(_place(fields, grain) for fields in made)
            totals = Counter()
            for fields in made:
                totals[_place(fields, grain)] += fields["duration_us"]
            span = Span(grain, NOON - timedelta(days=1), NOON + timedelta(days=5))
            rows = figures.sums(span, by=figures.DIMENSIONS)
            assert {tuple(row.traits.values()): row.calls for row in rows} == counted
            assert {tuple(row.traits.values()): row.duration_us_sum for row in rows} == totals
            for customer_id in ("cus_1", "cus_2"):
                own = figures.sums(Span(grain, span.since, span.until, customer_id))
                assert sum(row.calls for row in own) == sum(f["customer_id"] == customer_id for f in made)
        transaction.set_rollback(True)


def _place(fields, grain):
    at = fields["at"].replace(second=0, microsecond=0)
    if grain != Grain.MINUTE:
        at = at.replace(minute=0)
    if grain == Grain.DAY:
        at = at.replace(hour=0)
    return (at, *(fields[name] for name in figures.TRAITS))


def test_a_call_reported_late_goes_to_its_own_period(called):
    with time_machine.travel(NOON, tick=False):
        called(at=NOON)
        called(at=NOON - timedelta(days=3))
    days = figures.sums(Span(Grain.DAY, NOON - timedelta(days=9), NOON + timedelta(days=1), "cus_1"), by=("period",))
    assert {row.period.day: row.calls for row in days} == {1: 1, 26: 1}


def test_the_same_call_stored_twice_counts_once(called):
    called(id="call_x")
    called(id="call_x")
    assert Rollup.objects.filter(grain=Grain.DAY).get().calls == 1


def _take_in_once_settled():
    """Other tests' transactions on the same PostgreSQL server hold calls back."""
    end = time.monotonic() + 60
    while not actions.take_in_calls() and time.monotonic() < end:
        pass


@pytest.mark.django_db(transaction=True)
def test_a_process_that_dies_in_the_middle_leaves_nothing_half_done(called, monkeypatch):
    called({}, {}, {}, take_in=False)
    with monkeypatch.context() as patch:
        patch.setattr(actions, "note_use", lambda **_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            _take_in_once_settled()
    assert not Rollup.objects.exists()
    assert actions.take_in_calls() == 3
    assert actions.take_in_calls() == 0
    assert Rollup.objects.get(grain=Grain.DAY).calls == 3


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgres
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has one writer")
def test_calls_of_a_transaction_that_commits_late_are_not_skipped(late_connection):
    late_connection.insert("call_late")
    actions.store_calls([make_call(id="call_early")])
    assert actions.take_in_calls() == 0
    late_connection.commit()
    assert actions.take_in_calls() == 2


@pytest.fixture
def late_connection(transactional_db):
    """Another connection with a call inserted and not committed."""

    class Late:
        def __init__(self):
            self.connection = connection.copy()

        def insert(self, call_id):
            self.connection.set_autocommit(False)
            with self.connection.cursor() as cursor:
                cursor.execute(
                    "INSERT INTO usage_call (id, at, customer_id, key_id, environment, method, route, path, status,"
                    " duration_us, request_id, version, sdk, user_agent, error_code, ip, received_at)"
                    " VALUES (%s, now(), 'cus_1', '', '', 'GET', '/', '', 200, 1, '', '', '', '', '', '', now())",
                    [call_id],
                )

        def commit(self):
            self.connection.commit()

    late = Late()
    yield late
    late.connection.close()


def test_the_last_use_of_keys_is_noted(called, ada_key):
    called({"key_id": ada_key.pk, "at": NOON}, {"key_id": ada_key.pk, "at": NOON - timedelta(hours=1)})
    called({"key_id": ada_key.pk, "at": NOON - timedelta(days=1)})
    assert Key.objects.get(pk=ada_key.pk).last_used_at == NOON


def test_percentiles_of_few_calls_are_exact(called):
    called(*({"duration_us": value} for value in (1000, 2000, 3000, 4000, 100_000)))
    [row] = figures.percentiles(Span(Grain.DAY, now() - timedelta(days=1), now() + timedelta(days=1), "cus_1"))
    assert row.p50 == 3000
    assert row.p99 == pytest.approx(100_000, rel=0.05)


@pytest.mark.parametrize("sizes", [[1] * 3000, [40, 400, 4000], [7] * 700])
def test_percentiles_of_many_merged_sketches_are_close(sizes):
    source = random.Random(4)
    parts = [[int(source.lognormvariate(9, 1)) for _ in range(size)] for size in sizes]
    kept = [sketches.add(sketches.add(b"", part[: len(part) // 2]), part[len(part) // 2 :]) for part in parts]
    values = sorted(value for part in parts for value in part)
    wanted = (0.5, 0.95, 0.99)
    for share, got in zip(wanted, sketches.percentiles(kept, wanted), strict=True):
        exact = values[math.ceil(share * len(values)) - 1]
        assert got == pytest.approx(exact, rel=0.04)


def test_percentiles_of_nothing_are_none():
    assert sketches.percentiles([]) == [None, None, None]
    assert sketches.percentiles([b""]) == [None, None, None]


def test_raw_calls_are_forgotten_only_once_they_are_in_the_rollups(called, settings):
    settings.CALL_RETENTION_DAYS = 30
    called(ago=timedelta(days=31))
    called(ago=timedelta(days=29))
    called(ago=timedelta(days=40), take_in=False)
    assert actions.forget_old() >= 1
    assert Call.objects.count() == 2
    while actions.take_in_calls():
        pass
    actions.forget_old()
    assert Call.objects.count() == 1
    days = figures.sums(Span(Grain.DAY, now() - timedelta(days=60), now() + timedelta(days=1)))
    assert days[0].calls == 3


def test_minutes_are_forgotten_hours_and_days_stay(called, settings):
    settings.MINUTE_RETENTION_DAYS = 7
    called(ago=timedelta(days=8))
    called(ago=timedelta(days=6))
    while actions.forget_old():
        pass
    assert Counter(Rollup.objects.values_list("grain", flat=True)) == {Grain.MINUTE: 1, Grain.HOUR: 2, Grain.DAY: 2}


def test_nothing_to_do_takes_no_lock(called, django_assert_num_queries):
    called()
    with django_assert_num_queries(2):
        assert actions.take_in_calls() == 0
    assert RollupCheckpoint.objects.count() == 1

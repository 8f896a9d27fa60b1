"""Retention, lifecycle, paths and time to first call: by hand, and against the same in plain Python."""

import random
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine

from posthouse.journeys import paths, patterns
from posthouse.people.models import Customer
from posthouse.timeline import models as timeline
from posthouse.timeline.models import Event

pytestmark = pytest.mark.django_db

T0 = datetime(2026, 3, 20, tzinfo=UTC)
"""Nine days before the clocks change in Europe."""
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def tell(*rows):
    """Events as (who, type, moment)."""
    Event.objects.bulk_create(
        Event(
            source="test",
            id=f"e{n}-{random.random()}",
            type=type_,
            customer_id=who,
            occurred_at=at,
            received_at=at,
            digest=b"",
        )
        for n, (who, type_, at) in enumerate(rows)
    )


def crowd(seed, people=40, longest=40):
    """Random lives: a sign-up, then activity at random moments."""
    source = random.Random(seed)
    rows = []
    for number in range(people):
        who = f"cus_{number}"
        start = T0 + timedelta(hours=source.uniform(0, 200))
        rows.append((who, "customer.created", start))
        for _ in range(source.randrange(12)):
            kind = source.choice(["call.made", "guide.read", "key.created"])
            rows.append((who, kind, start + timedelta(days=source.expovariate(1 / 8)) % timedelta(days=longest)))
    return rows


def _days(rows, zone):
    """By who: the day number of each activity counted from the start."""
    starts = {who: at for who, type_, at in rows if type_ == "customer.created"}
    local = lambda at: at.astimezone(ZoneInfo(zone)).date()  # noqa: E731
    found = {who: set() for who in starts}
    for who, type_, at in rows:
        if type_ != "customer.created" and at >= starts[who]:
            found[who].add((local(at) - local(starts[who])).days if zone else (at - starts[who]) // timedelta(days=1))
    return starts, found


@pytest.mark.parametrize("zone", [None, "UTC", "Europe/Madrid", "America/Los_Angeles"])
@pytest.mark.parametrize(
    "intervals",
    [patterns.n_day(10), patterns.n_day(3, 7), patterns.unbounded(8), patterns.brackets(0, 1, 7, 30)],
    ids=["n-day", "n-week", "unbounded", "brackets"],
)
def test_retention_is_what_plain_python_counts(zone, intervals):
    rows = crowd(1)
    tell(*rows)
    until = T0 + timedelta(days=20)
    with time_machine.travel(NOW, tick=False):
        found = patterns.retention(
            patterns.events(["customer.created"]),
            patterns.events(["call.made", "guide.read", "key.created"]),
            intervals,
            since=T0,
            until=until,
            zone=zone,
        )
    starts, days = _days(rows, zone)
    for kept in found.kept:
        first, after = kept.interval
        assert kept.people == len(starts)  # all intervals are long over on the first of May, but for the last ones
        assert kept.active == sum(any(first <= day < (after or 10**6) for day in days[who]) for who in starts)


def test_nobody_counts_for_an_interval_that_is_not_over():
    tell(
        ("cus_1", "customer.created", T0),
        ("cus_1", "call.made", T0 + timedelta(days=1, hours=1)),
        ("cus_2", "customer.created", T0 + timedelta(days=1)),
        ("cus_2", "call.made", T0 + timedelta(days=2, hours=1)),
    )
    with time_machine.travel(T0 + timedelta(days=2, hours=12), tick=False):
        found = patterns.retention(
            patterns.events(["customer.created"]),
            patterns.events(["call.made"]),
            patterns.n_day(2),
            since=T0,
            until=NOW,
            zone="UTC",
        )
    assert [(kept.people, kept.active) for kept in found.kept] == [(2, 0), (1, 1), (0, 0)]
    assert [(cohort.day, cohort.people, cohort.active) for cohort in found.cohorts] == [
        (date(2026, 3, 20), 1, (0, 1, None)),
        (date(2026, 3, 21), 1, (0, None, None)),
    ]
    assert found.kept[2].share is None


def test_rolling_days_and_those_of_the_calendar_differ():
    """From 23:00 to 01:00 is another day of the calendar, though only two hours."""
    late = T0 + timedelta(hours=23)
    tell(("cus_1", "customer.created", late), ("cus_1", "call.made", late + timedelta(hours=2)))
    active = {}
    with time_machine.travel(NOW, tick=False):
        for zone in (None, "UTC", "America/Los_Angeles"):
            found = patterns.retention(
                patterns.events(["customer.created"]),
                patterns.events(["call.*"]),
                patterns.n_day(1),
                since=T0,
                until=NOW,
                zone=zone,
            )
            active[zone] = [kept.active for kept in found.kept]
    assert active == {None: [1, 0], "UTC": [0, 1], "America/Los_Angeles": [1, 0]}


@pytest.mark.parametrize("edges", [(0,), (3, 1), (0, 0, 1), (-1, 2)])
def test_brackets_ascend(edges):
    with pytest.raises(ValueError, match="ascending"):
        patterns.brackets(*edges)


def _number(unit, day):
    if unit == "month":
        return date(day.year, day.month, 1)
    return day if unit == "day" else day - timedelta(days=day.weekday())


@pytest.mark.parametrize("zone", ["UTC", "Europe/Madrid", "America/Los_Angeles"])
@pytest.mark.parametrize("unit", ["day", "week", "month"])
def test_the_lifecycle_is_what_plain_python_counts(unit, zone):
    rows = [row for row in crowd(2) if row[1] == "call.made"]
    tell(*rows)
    since, until = T0 + timedelta(days=5), T0 + timedelta(days=60)
    with time_machine.travel(NOW, tick=False):
        found = patterns.lifecycle(patterns.events(["call.made"]), since=since, until=until, unit=unit, zone=zone)
    active = defaultdict(set)
    for who, _type, at in rows:
        active[_number(unit, at.astimezone(ZoneInfo(zone)).date())].add(who)
    assert found[0].begins == _number(unit, since.astimezone(ZoneInfo(zone)).date())
    for phase, before in zip(found[1:], found, strict=False):
        ever = set().union(*(who for day, who in active.items() if day < phase.begins))
        here, last = active[phase.begins], active[before.begins]
        assert (phase.new, phase.returning) == (len(here - ever), len(here & last))
        assert (phase.resurrecting, phase.dormant) == (len((here & ever) - last), len(last - here))
        assert phase.active == len(here)


def _sessions(rows, gap, *, repeats):
    lives = defaultdict(list)
    for who, type_, at in sorted(rows, key=lambda row: row[2]):
        lives[who].append((type_, at))
    for life in lives.values():
        session, last = [], None
        for type_, at in life:
            if last is not None and int(at.timestamp()) - int(last.timestamp()) > gap:
                yield session
                session = []
            if repeats or not session or session[-1] != type_:
                session.append(type_)
            last = at
        yield session


@pytest.mark.parametrize("repeats", [True, False])
@pytest.mark.parametrize("days", [2, 1000])
def test_paths_are_what_plain_python_counts(days, repeats):
    rows = crowd(3, longest=20)
    tell(*rows)
    found = paths.paths(
        paths.of_events(["customer.created", "call.*", "guide.read", "key.created"], since=T0, until=NOW),
        gap=timedelta(days=days),
        most=100,
        repeats=repeats,
    )
    edges, ways = Counter(), Counter()
    for session in _sessions(rows, days * 86_400, repeats=repeats):
        edges.update(zip(["", *session], [*session, ""], strict=True))
        ways[tuple(session[: paths.LONGEST_WAY])] += 1
    assert {(edge.first, edge.then): edge.times for edge in found.edges} == edges
    assert dict(found.variants) == dict(ways.most_common())
    assert found.sessions == sum(ways.values())
    assert found.edges_left_out == 0


def test_only_the_most_frequent_edges_are_given_and_the_rest_is_counted():
    moment = lambda minutes: T0 + timedelta(minutes=minutes)  # noqa: E731
    tell(
        ("cus_1", "a.a", moment(0)),
        ("cus_1", "b.b", moment(1)),
        ("cus_2", "a.a", moment(0)),
        ("cus_2", "b.b", moment(3)),
        ("cus_2", "c.c", moment(4)),
    )
    found = paths.paths(paths.of_events(["a.a", "b.b", "c.c"], since=T0, until=NOW), most=2)
    assert [(edge.first, edge.then, edge.times, edge.seconds) for edge in found.edges] == [
        ("", "a.a", 2, None),
        ("a.a", "b.b", 2, 120),
    ]
    assert (found.edges_left_out, found.times_left_out, found.sessions) == (3, 3, 2)


def test_equal_moments_keep_the_order_of_the_log():
    tell(("cus_1", "b.b", T0), ("cus_1", "a.a", T0))
    found = paths.paths(paths.of_events(["a.a", "b.b"], since=T0, until=NOW))
    assert found.variants == ((("b.b", "a.a"), 1),)


@pytest.fixture
def callers():
    for number, channel in enumerate(["search", "search", "referral", ""]):
        Customer.objects.create(
            pk=f"cus_{number}", name=f"C{number}", channel=channel, attributes={"sample": "go"} if number else {}
        )
    minute = timedelta(minutes=1)
    tell(
        ("cus_0", "customer.created", T0), ("cus_0", "key.created", T0 + minute),
        ("cus_0", "call.failed_first", T0 + 2 * minute),
        ("cus_0", "call.first_success", T0 + 5 * minute), ("cus_0", "call.first_success", T0 + 9 * minute),
        ("cus_1", "customer.created", T0), ("cus_1", "key.created", T0 + 3 * minute),
        ("cus_1", "call.failed_first", T0 + 4 * minute),
        ("cus_2", "customer.created", T0), ("cus_2", "key.created", T0),
        ("cus_2", "call.first_success", T0 + 7 * minute),
        ("cus_3", "customer.created", T0),
    )  # fmt: skip


@pytest.mark.mission("J3.2")
def test_time_to_first_call_counts_those_who_have_not_called_and_no_errors(callers):
    with time_machine.travel(T0 + timedelta(minutes=30), tick=False):
        (all_of_them,) = patterns.first_calls(since=T0, until=NOW)
        (by_key,) = patterns.first_calls("first_key", since=T0, until=NOW)
    assert (all_of_them.people, all_of_them.reached, all_of_them.curve.median) == (4, 2, 420)
    assert all_of_them.took == ((300, 1), (420, 1))
    assert all_of_them.waiting == ((1800, 2),)
    assert (by_key.people, by_key.took, by_key.waiting) == (3, ((240, 1), (420, 1)), ((1620, 1),))


@pytest.mark.parametrize(
    ("by", "groups"), [("channel", {"search": 2, "referral": 1, "": 1}), ("attributes.sample", {"go": 3, "": 1})]
)
def test_time_to_first_call_by_a_trait(callers, by, groups):
    with time_machine.travel(T0 + timedelta(minutes=30), tick=False):
        found = patterns.first_calls(since=T0, until=NOW, by=by)
    assert {one.group: one.people for one in found} == groups


def test_an_id_that_stands_for_another_is_one_person():
    tell(("cus_a", "call.made", T0), ("cus_b", "call.made", T0 + timedelta(days=7)))
    timeline.Alias.objects.create(alias="cus_b", target="cus_a", canonical="cus_a", kind="customer", tx=0, position=1)
    with time_machine.travel(NOW, tick=False):
        found = patterns.lifecycle(patterns.events(["call.made"]), since=T0, until=T0 + timedelta(days=8))
    assert [(phase.new, phase.returning) for phase in found] == [(1, 0), (0, 1)]

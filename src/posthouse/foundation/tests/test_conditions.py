"""Conditions: what is refused, what holds, and that predicate and query never differ."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from posthouse.foundation import conditions, durations
from posthouse.foundation.conditions import Invalid, Known, Unqueryable
from posthouse.people.models import Customer

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
COLUMNS = {
    "customer.name": "name",
    "customer.country": "country",
    "customer.external_id": "external_id",
    "customer.created_at": "created_at",
    "customer.attributes": "attributes",
    "customer.plan": "attributes.plan",
}

names = st.sampled_from(["plan", "size", "nested", "Company size", "$x", "a-b", "'quoted'", "%s"])
texts = st.sampled_from(["", "pro", "PRO", "pr", "ñandú", "%", "_", "true", "1", "1.0", "null", '"', "\\", "it's"])
numbers = st.sampled_from([0, 1, -1, 1.0, 1.5, -0.25, 2**53, -(2**53), 10**6, 0.1])
scalars = st.one_of(texts, numbers, st.booleans())
values = st.recursive(
    st.one_of(scalars, st.none()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(names, inner, max_size=3)),
    max_leaves=6,
)
paths = st.lists(names, min_size=1, max_size=2).map(lambda parts: "customer.attributes." + ".".join(parts))
columns = st.sampled_from(["customer.name", "customer.country", "customer.external_id", "customer.plan"])
moments = st.sampled_from([NOW, NOW - timedelta(days=7), NOW - timedelta(days=8), NOW + timedelta(days=1)])


def leaf(field, op, value):
    return {"field": field, "op": op, "value": value}


leaves = st.one_of(
    st.builds(leaf, paths | columns, st.sampled_from(["is", "is_not"]), scalars),
    st.builds(leaf, paths | columns, st.sampled_from(["in", "not_in"]), st.lists(scalars, min_size=1, max_size=3)),
    st.builds(leaf, paths | columns, st.just("contains"), scalars.filter(lambda value: value != "")),
    st.builds(leaf, paths | columns, st.just("starts_with"), texts.filter(bool)),
    st.builds(leaf, paths | columns, st.sampled_from(["gt", "gte", "lt", "lte"]), numbers),
    st.builds(
        leaf, paths | columns | st.just("customer.created_at"), st.sampled_from(["exists", "missing"]), st.none()
    ),
    st.builds(
        leaf,
        st.just("customer.created_at"),
        st.sampled_from(["before", "after"]),
        moments.map(datetime.isoformat) | st.just({"ago": "P7D"}),
    ),
)
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda parts: {"all": parts}),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"any": parts}),
        inner.map(lambda part: {"not": part}),
    ),
    max_leaves=5,
)
customers = st.lists(
    st.fixed_dictionaries(
        {
            "name": texts,
            "country": st.sampled_from(["", "ES", "FR"]),
            "external_id": st.none() | st.just("") | st.uuids().map(str),
            "attributes": st.dictionaries(names, values, max_size=4),
            "created_at": moments,
        }
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda row: row["external_id"] if row["external_id"] is not None else id(row),
)


def facts(row):
    values = {name: getattr(row, name) for name in ("name", "country", "external_id", "attributes", "created_at")}
    plan = conditions.dig(row.attributes, ["plan"])
    return Known({"customer": {**values, "plan": plan}}, moment=NOW)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(customers, trees)
@pytest.mark.django_db
def test_predicate_and_query_agree(rows, condition):
    _agree(rows, condition)


@pytest.mark.slow
@settings(max_examples=1500, deadline=None, suppress_health_check=list(HealthCheck))
@given(customers, trees)
@pytest.mark.django_db
def test_predicate_and_query_agree_at_length(rows, condition):
    _agree(rows, condition)


def _agree(rows, condition):
    Customer.objects.all().delete()
    made = Customer.objects.bulk_create(Customer(**row) for row in rows)
    holds = conditions.predicate(condition)
    asked = Customer.objects.filter(conditions.query(condition, COLUMNS, moment=NOW))
    assert set(asked.values_list("pk", flat=True)) == {row.pk for row in made if holds(facts(row))}


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(customers, trees, trees)
@pytest.mark.django_db
def test_a_prefilter_never_loses_a_row(rows, condition, other):
    """History and moments inside JSON cannot be asked; what is left lets at least the right rows through."""
    Customer.objects.all().delete()
    made = Customer.objects.bulk_create(Customer(**row) for row in rows)
    unasked = leaf("customer.attributes.plan", "before", "2026-01-01")
    tree = {"all": [other, {"any": [condition, unasked]}, {"not": {"all": [unasked, condition]}}]}
    holds = conditions.predicate(tree)
    found = set(Customer.objects.filter(conditions.prefilter(tree, COLUMNS, moment=NOW)).values_list("pk", flat=True))
    assert found >= {row.pk for row in made if holds(facts(row))}
    with pytest.raises(Unqueryable):
        conditions.query(tree, COLUMNS)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "condition",
    [{"happened": "call.first"}, leaf("event.data.x", "is", 1), leaf('customer.attributes.a"b', "exists", None)],
)
def test_what_the_database_cannot_be_asked_is_said(condition):
    with pytest.raises(Unqueryable):
        conditions.query(condition, COLUMNS)
    with pytest.raises(Unqueryable):
        conditions.query({"not": condition}, COLUMNS)
    assert list(Customer.objects.filter(conditions.prefilter(condition, COLUMNS))) == []


KNOWN = Known(
    {
        "event": {
            "type": "key.created",
            "occurred_at": NOW,
            "data": {"plan": "pro", "n": 5, "live": True, "nothing": None, "tags": ["a", 1], "at": "2026-11-20"},
        }
    },
    moment=NOW,
)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (None, True),
        ({}, True),
        ({"all": []}, True),
        (leaf("event.data.plan", "is", "pro"), True),
        (leaf("event.data.plan", "is", "Pro"), False),
        (leaf("event.data.n", "is", 5.0), True),
        (leaf("event.data.n", "is", "5"), False),
        (leaf("event.data.live", "is", 1), False),
        (leaf("event.data.live", "is", True), True),
        (leaf("event.data.nothing", "missing", None), True),
        (leaf("event.data.absent", "is_not", "x"), True),
        (leaf("event.data.absent", "gt", 1), False),
        (leaf("event.data.tags", "contains", 1), True),
        (leaf("event.data.tags", "contains", True), False),
        (leaf("event.data.plan", "contains", "r"), True),
        (leaf("event.data.at", "before", {"ago": "P2D"}), True),
        (leaf("event.data.at", "before", "2026-11-20T00:00:01+00:00"), True),
        (leaf("event.data.plan", "before", "2026-11-20"), False),
        (leaf("event.occurred_at", "after", "2026-11-23T10:59:59+02:00"), True),
        ({"not": leaf("event.data.absent", "exists", None)}, True),
        (leaf("contact.email", "exists", None), False),
    ],
)
def test_what_holds(condition, expected):
    assert conditions.predicate(condition)(KNOWN) is expected


def test_history_is_counted_by_the_facts():
    asked = []

    def counter(event_type, since, where):
        asked.append((event_type, since, where))
        return 2

    known = Known({}, moment=NOW, counter=counter)
    where = leaf("event.data.status", "gte", 500)
    condition = {"happened": "call.*", "times": 2, "within": "P7D", "where": where}
    assert conditions.predicate(condition)(known)
    assert not conditions.predicate({"not": {"happened": "key.created"}})(known)
    assert asked == [("call.*", NOW - timedelta(days=7), where), ("key.created", None, None)]


NESTED = leaf("event.type", "exists", None)
for _ in range(3000):
    NESTED = {"not": NESTED}


@pytest.mark.parametrize(
    ("condition", "place"),
    [
        ("x", ""),
        ([], ""),
        (5, ""),
        ({"field": "event.type"}, "/op"),
        ({"field": "event.type", "op": []}, "/op"),
        ({"field": "event.type", "op": "is"}, "/value"),
        ({"field": "event.type", "op": "is", "value": None}, "/value"),
        ({"field": "event.type", "op": "is", "value": {}}, "/value"),
        ({"field": "event.type", "op": "is", "value": "x" * 501}, "/value"),
        ({"field": "event.type", "op": "is", "value": "\ud800"}, "/value"),
        ({"field": "event.type", "op": "is", "value": "a\0"}, "/value"),
        ({"field": "event.data.n", "op": "gt", "value": "5"}, "/value"),
        ({"field": "event.data.n", "op": "gt", "value": True}, "/value"),
        ({"field": "event.data.n", "op": "gt", "value": float("nan")}, "/value"),
        ({"field": "event.data.n", "op": "is", "value": 10**400}, "/value"),
        ({"field": "event.data.n", "op": "in", "value": []}, "/value"),
        ({"field": "event.data.n", "op": "in", "value": [1, None]}, "/value/1"),
        ({"field": "event.data.n", "op": "in", "value": list(range(201))}, "/value"),
        ({"field": "event.data.n", "op": "contains", "value": ""}, "/value"),
        ({"field": "event.data.n", "op": "before", "value": "tomorrow"}, "/value"),
        ({"field": "event.data.n", "op": "before", "value": {"ago": "P1Y"}}, "/value"),
        ({"field": "event.data.n", "op": "exists", "value": 1}, "/value"),
        ({"field": "event.data.n", "op": "exists", "extra": 1}, "/extra"),
        ({"field": "event.data.n", "op": "exists", "a/b~": 1}, "/a~1b~0"),
        ({"field": "event.occurred_at", "op": "is", "value": "x"}, "/op"),
        ({"field": "event.data.", "op": "exists"}, "/field"),
        ({"field": "event.data.items.0", "op": "exists"}, "/field"),
        ({"field": "event.data", "op": "exists"}, "/field"),
        ({"field": "customer.password", "op": "exists"}, "/field"),
        ({"field": "user__password", "op": "exists"}, "/field"),
        ({"field": 7, "op": "exists"}, "/field"),
        ({"field": "event.data." + "a." * 11 + "b", "op": "exists"}, "/field"),
        ({"any": []}, "/any"),
        ({"all": {}}, "/all"),
        ({"not": None}, "/not"),
        ({"all": [{}, {"not": {"any": [{"op": 1}]}}]}, "/all/1/not/any/0"),
        ({"all": [], "any": []}, ""),
        ({"happened": "x y.*.z"}, "/happened"),
        ({"happened": "a.b", "times": 0}, "/times"),
        ({"happened": "a.b", "times": True}, "/times"),
        ({"happened": "a.b", "within": "7 days"}, "/within"),
        ({"happened": "a.b", "where": {"happened": "a.b"}}, "/where"),
        ({"happened": "a.b", "where": leaf("customer.name", "is", "x")}, "/where/field"),
        ({"all": [leaf("event.type", "exists", None)] * 300}, "/all/199"),
    ],
)
def test_malformed_conditions_are_refused_with_the_place(condition, place):
    with pytest.raises(Invalid) as refusal:
        conditions.check(condition)
    assert refusal.value.place == place
    assert refusal.value.reason
    with pytest.raises(Invalid):
        conditions.predicate(condition)
    with pytest.raises(Invalid):
        conditions.query(condition, COLUMNS)


def test_endless_nesting_is_refused():
    with pytest.raises(Invalid, match="too large"):
        conditions.check(NESTED)


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["all", "any", "not", "field", "op", "value", "happened", "times", "within", "where"]),
            inner | st.sampled_from(["is", "event.data.a", "P1D", "exists"]),
            max_size=4,
        )
    ),
    max_leaves=10,
)


@given(json_like)
def test_anything_is_either_refused_or_judged(thing):
    try:
        conditions.check(thing)
    except Invalid:
        return
    assert conditions.predicate(thing)(Known({}, counter=lambda *_: 0)) in (True, False)
    assert conditions.words(thing)


def test_a_condition_reads_as_a_sentence():
    condition = {
        "all": [
            leaf("customer.country", "in", ["ES", "PT"]),
            {"any": [leaf("customer.plan", "is", "pro"), leaf("event.data.calls", "gte", 1000)]},
            {"not": {"happened": "call.first", "within": "P7D", "times": 2}},
            leaf("customer.created_at", "before", {"ago": "P1DT1H"}),
        ]
    }
    assert conditions.words(condition) == (
        "the customer's country is one of “ES”, “PT” and (the customer's plan is “pro” or the event's “calls” "
        "is at least 1000) and not (“call.first” happened at least 2 times within the last 7 days) and "
        "the customer's first day is before 1 day 1 hour ago"
    )
    with translation.override("es"):
        assert conditions.words(condition) == (
            "el país del cliente es uno de «ES», «PT» y (el plan del cliente es «pro» o «calls» del evento "
            "es al menos 1000) y no («call.first» ocurrió al menos 2 veces en los últimos 7 días) y "
            "el primer día del cliente es antes de hace 1 día 1 hora"
        )


@given(
    st.timedeltas(timedelta(seconds=1), durations.LONGEST).map(
        lambda value: timedelta(seconds=int(value.total_seconds()))
    )
)
def test_a_duration_reads_what_it_wrote(length):
    assert durations.duration(durations.iso(length)) == length


@pytest.mark.parametrize("text", ["", "P", "PT", "3 days", "P1M", "P0D", "-P1D", "P99999D", "P3D ", None, 3, "PT1H1D"])
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(ValueError, match="duration"):
        durations.duration(text)

"""What items say, without a database."""

from datetime import UTC, datetime, timedelta

import pytest

from posthouse.intake.dialects import TRANSLATORS
from posthouse.intake.dialects.naming import normal, type_for
from posthouse.intake.dialects.told import Envelope, Misfit, Rules, Told, group, moment_of, person
from posthouse.timeline.events import TYPE_PATTERN

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "type_"),
    [
        ("Order Completed", "order.completed"),
        ("order_completed", "order.completed"),
        ("orderCompleted", "order.completed"),
        ("APIKeyCopied", "api_key.copied"),
        ("Trial Plan Started", "trial_plan.started"),
        ("order.completed", "order.completed"),
        ("Signup", "track.signup"),
        ("Página Leída", "pagina.leida"),
        ("404 Seen", "n404.seen"),
        ("Level 2", "level.n2"),
        ("Key Created", "track.key.created"),
        ("posthouse", "track.posthouse"),
    ],
)
def test_names_become_types(name, type_):
    assert type_for(name, Rules()) == type_


@pytest.mark.parametrize("name", ["Заказ", "注文", "!!!", "x" * 900, "a " * 400, "9", "é" * 300])
def test_any_name_becomes_a_type_that_is_always_the_same(name):
    type_ = normal(name, "track")
    assert TYPE_PATTERN.fullmatch(type_)
    assert len(type_) <= 120
    assert normal(name, "track") == type_


def test_ids_of_ours_stay_and_others_are_told_apart():
    assert person("42") == "person:42"
    assert group("42") == "group:42"
    assert person("con_01kc") == "con_01kc"
    assert group("cus_01kc") == "cus_01kc"
    assert person("cus_01kc") == "person:cus_01kc"
    assert person("") == ""
    assert len(person("x" * 500)) <= 64
    assert person("x" * 500) != person("x" * 501)


@pytest.mark.parametrize(
    ("sent", "original", "occurred"),
    [
        (NOON, NOON - timedelta(minutes=5), NOON - timedelta(minutes=5)),
        (NOON - timedelta(hours=3), NOON - timedelta(hours=3, minutes=5), NOON - timedelta(minutes=5)),
        (NOON + timedelta(days=9), NOON + timedelta(days=9) - timedelta(minutes=5), NOON - timedelta(minutes=5)),
        (None, NOON - timedelta(days=400), NOON - timedelta(days=400)),
        (NOON, None, NOON),
    ],
)
def test_the_time_is_that_of_our_clock(sent, original, occurred):
    told = Told("1", "a.b", "", "", {}, original_at=original)
    assert told.occurred_at(Envelope(NOON, sent)) == occurred


def test_a_caller_may_say_that_its_clock_is_right():
    told = Told("1", "a.b", "", "", {}, original_at=NOON - timedelta(days=1), trusts_clock=True)
    assert told.occurred_at(Envelope(NOON, NOON - timedelta(hours=5))) == NOON - timedelta(days=1)


@pytest.mark.parametrize("original", [NOON + timedelta(days=2), datetime(1969, 1, 1, tzinfo=UTC)])
def test_a_time_that_cannot_be_right_is_a_misfit(original):
    with pytest.raises(Misfit, match="1970"):
        Told("1", "a.b", "", "", {}, original_at=original).occurred_at(Envelope(NOON, NOON))


@pytest.mark.parametrize("text", ["2026-11-23T12:00:00.000Z", "2026-11-23T13:00:00+01:00", "2026-11-23T12:00:00"])
def test_moments_are_read_with_and_without_a_zone(text):
    assert moment_of(text, "timestamp") == NOON


def told(dialect, rules=None, **item):
    return TRANSLATORS[dialect](item, b"raw", rules or Rules())


def test_an_alias_goes_the_other_way_round_in_posthog():
    [ours] = told("segment", type="alias", userId="new", previousId="old")
    [theirs] = told("posthog", event="$create_alias", distinct_id="old", properties={"alias": "new"})
    assert (ours.contact_id, ours.data["previous"]) == ("person:new", "person:old")
    assert (theirs.contact_id, theirs.data["previous"]) == ("person:new", "person:old")
    [merged] = told("posthog", event="$merge_dangerously", distinct_id="keep", properties={"alias": "gone"})
    assert (merged.contact_id, merged.data["previous"]) == ("person:keep", "person:gone")


def test_traits_are_found_where_each_client_puts_them():
    [ours] = told("segment", type="identify", userId="1", traits={"a": 1}, context={"traits": {"b": 2}, "ip": "::1"})
    assert ours.data["traits"] == {"a": 1, "b": 2}
    assert ours.data["intake"]["context"] == {"ip": "::1"}
    [v0] = told("posthog", event="$set", distinct_id="1", **{"$set": {"a": 1, "$lib": "x"}})
    [v1] = told("posthog", event="$set", distinct_id="1", properties={"$set": {"a": 1}})
    assert v0.data["traits"] == v1.data["traits"] == {"a": 1}
    [identify] = told("posthog", event="$identify", distinct_id="1", properties={"$anon_distinct_id": "0"})
    assert identify.data["also"] == ["person:0"]


def test_what_has_no_place_of_its_own_is_kept():
    [one] = told(
        "segment",
        type="track",
        userId="1",
        event="A B",
        properties={"x": 1},
        channel="server",
        integrations={"All": True},
    )
    assert one.data == {"x": 1, "intake": {"name": "A B", "user_id": "1", "channel": "server"}}


@pytest.mark.parametrize(
    ("groups", "customer"),
    [
        ({"company": "acme"}, "group:acme"),
        ({"project": "x", "organization": "acme"}, "group:acme"),
        ({"team": "acme"}, "group:acme"),
        ({"team": "a", "project": "b"}, ""),
        ({}, ""),
    ],
)
def test_the_organisation_among_posthogs_groups(groups, customer):
    [one] = told("posthog", event="A B", distinct_id="1", properties={"$groups": groups})
    assert one.customer_id == customer


def test_declared_types_go_first():
    rules = Rules({"Bought": "plan.upgraded", "page:Pricing": "plans.compared", "$pageview": "page.read"}, "app")
    assert told("segment", rules, type="track", userId="1", event="Bought")[0].type == "plan.upgraded"
    assert told("segment", rules, type="page", userId="1", name="Pricing")[0].type == "plans.compared"
    assert told("segment", rules, type="page", userId="1", name="Home")[0].type == "page.viewed"
    assert told("segment", rules, type="track", userId="1", event="Signup")[0].type == "app.signup"
    assert told("posthog", rules, event="$pageview", distinct_id="1")[0].type == "page.read"
    assert (
        told("posthog", rules, event="$feature_flag_called", distinct_id="1")[0].type == "posthog.feature_flag_called"
    )

"""Verifying keys over HTTP."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.edge import faces
from posthouse.foundation.clock import now
from posthouse.keys import actions
from posthouse_client import keyformat
from posthouse_client.decision import Decision, KeyRecord
from posthouse_client.limits import Limit, Limiter


@pytest.mark.mission("J2.3")
def test_a_good_key_is_answered_with_its_owner_and_limits(edge, make_key, customer):
    key, secret = make_key(scopes=["read", "admin"], limits=[["burst", 10, 1], ["daily", 100, 86400]])
    answer = edge.post("keys/verify", {"key": secret, "scope": "read", "route": "/x", "method": "GET"})
    assert answer.status == 200
    assert "RateLimit" not in answer.headers
    got = answer.json
    fields = got.pop("headers")
    assert fields.pop("RateLimit-Policy") == '"burst";q=10;w=1, "daily";q=100;w=86400'
    assert fields.pop("RateLimit").startswith('"burst";r=9;t=1, "daily";r=99;t=')
    assert not fields
    assert [limit.pop("reset") > 0 for limit in got["limits"]] == [True, True]
    assert got == {
        "valid": True,
        "code": "ok",
        "key_id": key.pk,
        "customer_id": customer.pk,
        "environment": "test",
        "scopes": ["admin", "read"],
        "limits": [
            {"name": "burst", "quota": 10, "window": 1.0, "remaining": 9},
            {"name": "daily", "quota": 100, "window": 86400.0, "remaining": 99},
        ],
        "retry_after": None,
        "detail": "",
    }


def test_a_key_without_limits_of_its_own_has_those_of_its_environment(edge, make_key, settings):
    _, secret = make_key(environment="live")
    assert [limit["quota"] for limit in edge.verify(secret)["limits"]] == [50, 1_000_000]


def test_a_key_just_made_is_known_at_once(edge, make_key):
    for _ in range(5):
        assert edge.verify(make_key()[1])["valid"]


@pytest.mark.parametrize(
    ("fields", "asked", "code"),
    [
        ({"expires_at": now() - timedelta(seconds=1)}, {}, "key-expired"),
        ({"networks": ["10.0.0.0/8"]}, {"ip": "192.0.2.1"}, "ip-not-allowed"),
        ({"networks": ["10.0.0.0/8"]}, {}, "ip-not-allowed"),
        ({"networks": ["10.0.0.0/8"]}, {"ip": "10.1.2.3"}, "ok"),
        ({"scopes": ["read"]}, {"scope": "write"}, "scope-missing"),
        ({"limits": [["burst", 3, 60]]}, {"cost": 4}, "quota-exceeded"),
        ({"limits": [["burst", 3, 60]]}, {"cost": 0}, "ok"),
    ],
)
def test_reasons(edge, make_key, fields, asked, code):
    key, secret = make_key(**fields)
    got = edge.verify(secret, **asked)
    assert (got["code"], got["valid"], got["key_id"]) == (code, code == "ok", key.pk)
    assert bool(got["detail"]) is not got["valid"]


def test_what_is_no_key_and_what_is_nobodys_key(edge):
    assert edge.verify("hello")["code"] == "key-malformed"
    assert edge.verify("ph_test_" + "0" * 36)["code"] == "key-malformed"
    assert edge.verify("é" * 300)["code"] == "key-malformed"
    unknown = edge.verify(keyformat.make("ph", "test"))
    assert (unknown["code"], unknown["key_id"], unknown["limits"]) == ("key-unknown", None, [])
    assert unknown["headers"] == {"WWW-Authenticate": 'Bearer realm="api", error="invalid_token"'}
    assert edge.verify(keyformat.make("other", "test"))["code"] == "key-unknown"


def test_a_revoked_key_is_refused_at_the_next_look(edge, make_key):
    key, secret = make_key()
    assert edge.verify(secret)["valid"]
    actions.revoke_key(key=key)
    edge.verify(keyformat.make("ph", "test"))  # an unknown key makes the edge look now
    assert edge.verify(secret)["code"] == "key-revoked"


def test_after_rotation_both_secrets_are_the_same_key_until_the_overlap_ends(edge, make_key):
    key, old = make_key()
    assert edge.verify(old)["valid"]
    _, new = actions.rotate_key(key=key, overlap=timedelta(hours=1))
    assert edge.verify(new)["key_id"] == edge.verify(old)["key_id"] == key.pk
    _, newest = actions.rotate_key(key=key, overlap=timedelta(0))
    assert edge.verify(newest)["valid"]
    assert edge.verify(new)["code"] == "key-expired"
    assert edge.verify(new)["key_id"] == key.pk


@pytest.mark.mission("J4.3")
def test_exactly_the_quota_is_let_through_however_many_ask_at_once(edge, make_key):
    _, secret = make_key(limits=[["burst", 37, 3600], ["daily", 1000, 86400]])
    edge.verify(secret, cost=0)
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: edge.verify(secret), range(200)))
    assert sum(answer["valid"] for answer in answers) == 37
    refused = next(answer for answer in answers if not answer["valid"])
    assert (refused["code"], refused["limits"][0]["remaining"]) == ("quota-exceeded", 0)
    assert 0 < refused["retry_after"] <= 100
    assert refused["limits"][1]["remaining"] == 1000 - 37
    assert 0 < int(refused["headers"]["Retry-After"]) <= 100
    assert refused["headers"]["RateLimit"].startswith('"burst";r=0;t=')


def test_a_deleted_key_is_gone(edge, make_key, customer):
    _, secret = make_key()
    assert edge.verify(secret)["valid"]
    follower = edge.edge._engine.follower
    customer.delete()
    follower._counted_at = float("-inf")
    edge.verify(keyformat.make("ph", "test"))
    assert edge.verify(secret)["code"] == "key-unknown"


@given(
    quota=st.integers(1, 10**12),
    window=st.sampled_from([0.5, 1, 60, 86400.0, 2_592_000]),
    cost=st.integers(0, 5),
    name=st.sampled_from(["burst", '100 % "so"', "limits[]"]),
)
def test_prepared_answers_say_what_the_long_way_says(quota, window, cost, name):
    limits = (Limit(name, quota, window), Limit("daily", 10**6, 86400))
    record = KeyRecord("key_1", "cus_%s", "test", scopes=frozenset({'a%b"limits":[]', "b"}), limits=limits)
    allowed, states = Limiter().hit("key_1", limits, 1_790_000_000_123_456_789, cost)
    if not allowed:
        return
    unused = [state.unused for state in states]
    long = faces.long_answer(Decision(True, "ok", record, unused))
    prepared = faces.Faces().make(record)
    assert msgspec.json.decode(prepared.answer(unused)) == msgspec.json.decode(long)

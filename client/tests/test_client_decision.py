"""Which calls pass, for which reason others do not, and that changes are in force at once."""

import dataclasses
from ipaddress import ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse_client import keyformat
from posthouse_client.decision import Decision, KeyRecord, KeyStore
from posthouse_client.headers import PROBLEMS
from posthouse_client.limits import Limit

NOW = 1_800_000_000.0
PEPPER = b"p" * 32
KEY = keyformat.make("sun", "test")


def a_record(key: str = KEY, **changes: Any) -> KeyRecord:
    """A key that passes, but for the changes."""
    plain = KeyRecord(
        key_id="key_1",
        customer_id="cus_1",
        environment="test",
        scopes=frozenset({"read"}),
        secrets=((keyformat.digest(PEPPER, key), None),),
    )
    return dataclasses.replace(plain, **changes)


def a_store(*records: KeyRecord) -> KeyStore:
    """A store that knows these keys."""
    store = KeyStore()
    store.replace(records, {"1": PEPPER})
    return store


@pytest.mark.mission("J2.3")
def test_a_known_key_passes_and_says_whose_it_is() -> None:
    decision = a_store(a_record()).decide(KEY, scope="read", now=NOW)
    assert (decision.valid, decision.code) == (True, "ok")
    assert decision.record is not None
    assert decision.record.customer_id == "cus_1"


@pytest.mark.mission("J2.3")
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"revoked": True}, "key-revoked"),
        ({"expires_at": NOW}, "key-expired"),
        ({"expires_at": NOW - 1}, "key-expired"),
        ({"expires_at": NOW + 0.001}, "ok"),
        ({"secrets": ((keyformat.digest(PEPPER, KEY), NOW),)}, "key-expired"),
        ({"secrets": ((keyformat.digest(PEPPER, KEY), NOW + 1),)}, "ok"),
        ({"suspended": True}, "customer-suspended"),
        ({"networks": (ip_network("10.0.0.0/8"),)}, "ip-not-allowed"),
        ({"scopes": frozenset()}, "scope-missing"),
        ({"limits": (Limit("none", 0, 1.0),)}, "quota-exceeded"),
    ],
)
def test_the_reason_is_named(changes: dict[str, Any], code: str) -> None:
    decision = a_store(a_record(**changes)).decide(KEY, scope="read", ip="192.0.2.1", now=NOW)
    assert decision.code == code
    assert decision.valid == (code == "ok")
    assert code == "ok" or code in PROBLEMS


def test_the_first_reason_in_the_documented_order_is_given() -> None:
    wrong: list[tuple[str, dict[str, Any]]] = [
        ("key-revoked", {"revoked": True}),
        ("key-expired", {"expires_at": NOW}),
        ("customer-suspended", {"suspended": True}),
        ("ip-not-allowed", {"networks": (ip_network("10.0.0.0/8"),)}),
        ("scope-missing", {"scopes": frozenset()}),
        ("quota-exceeded", {"limits": (Limit("none", 0, 1.0),)}),
    ]
    for first in range(len(wrong)):
        changes = {name: value for _, change in wrong[first:] for name, value in change.items()}
        store = a_store(a_record(**changes))
        assert store.decide(KEY, scope="read", ip="192.0.2.1", now=NOW).code == wrong[first][0]


def test_unknown_is_told_from_malformed() -> None:
    store = a_store(a_record())
    assert store.decide(keyformat.make("sun", "test")).code == "key-unknown"
    assert store.decide(KEY[:-1]).code == "key-malformed"


@given(st.text())
def test_any_text_gets_an_answer(text: str) -> None:
    assert a_store(a_record()).decide(text) == Decision(False, "key-malformed")


def test_a_refused_call_takes_nothing_from_the_limits() -> None:
    store = a_store(a_record(limits=(Limit("burst", 2, 60.0),)))
    for _ in range(5):
        assert store.decide(KEY, scope="write", now=NOW).code == "scope-missing"
    assert [store.decide(KEY, now=NOW).code for _ in range(3)] == ["ok", "ok", "quota-exceeded"]
    assert store.decide(KEY, now=NOW).retry_after == 30.0


def test_a_cost_that_never_fits_has_no_time_to_retry() -> None:
    store = a_store(a_record(limits=(Limit("burst", 2, 60.0),)))
    decision = store.decide(KEY, cost=3, now=NOW)
    assert (decision.code, decision.retry_after) == ("quota-exceeded", None)


@pytest.mark.parametrize(
    ("ip", "passes"),
    [
        ("10.1.2.3", True),
        ("11.1.2.3", False),
        ("::ffff:10.1.2.3", True),
        ("2001:db8::1", True),
        ("2001:db9::1", False),
        ("not an address", False),
        ("", False),
        (None, False),
    ],
)
def test_a_key_bound_to_networks_passes_only_from_there(ip: str | None, passes: bool) -> None:
    networks = (ip_network("10.0.0.0/8"), ip_network("2001:db8::/32"))
    assert a_store(a_record(networks=networks)).decide(KEY, ip=ip).valid == passes


@pytest.mark.mission("J2.3")
def test_while_a_rotation_overlaps_both_secrets_are_the_same_key_with_one_set_of_limits() -> None:
    new = keyformat.make("sun", "test")
    both = ((keyformat.digest(PEPPER, KEY), NOW + 60), (keyformat.digest(PEPPER, new), None))
    store = a_store(a_record(secrets=both, limits=(Limit("burst", 2, 60.0),)))
    assert [store.decide(key, now=NOW).code for key in (KEY, new, new)] == ["ok", "ok", "quota-exceeded"]
    late = [store.decide(key, now=NOW + 60) for key in (KEY, new)]
    assert [decision.code for decision in late] == ["key-expired", "ok"]
    assert late[0].record is late[1].record


@pytest.mark.mission("J2.3")
def test_a_change_is_in_force_with_the_next_decision() -> None:
    store = a_store(a_record())
    store.upsert(a_record(revoked=True))
    assert store.decide(KEY).code == "key-revoked"
    store.upsert(a_record())
    assert store.decide(KEY).valid
    store.gone("key_1")
    assert store.decide(KEY).code == "key-unknown"
    assert len(store) == 0


def test_a_secret_that_a_key_no_longer_has_is_unknown() -> None:
    new = keyformat.make("sun", "test")
    store = a_store(a_record())
    store.upsert(a_record(key=new))
    assert store.decide(KEY).code == "key-unknown"
    assert store.decide(new).valid


def test_a_new_snapshot_replaces_everything_but_the_counts() -> None:
    other = keyformat.make("sun", "live")
    limits = (Limit("burst", 2, 60.0),)
    store = a_store(a_record(limits=limits), a_record(key=other, key_id="key_2"))
    store.decide(KEY, now=NOW)
    store.replace([a_record(limits=(Limit("burst", 2, 60.0),))], {"1": PEPPER})
    assert store.decide(other).code == "key-unknown"
    assert store.decide(KEY, cost=0, now=NOW).limits[0].remaining == 1


def test_keys_under_an_older_pepper_are_found_too() -> None:
    store = KeyStore()
    newer = keyformat.make("sun", "test")
    records = [a_record(), a_record(key_id="key_2", secrets=((keyformat.digest(b"q" * 100, newer), None),))]
    store.replace(records, {"2": b"q" * 100, "1": PEPPER})
    assert store.decide(KEY).valid
    assert store.decide(newer).valid


@pytest.mark.mission("J2.3")
def test_a_key_found_while_it_is_being_revoked_is_not_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    store = a_store(a_record())
    find = store._find

    def find_and_revoke(text: str) -> Any:
        found = find(text)
        store.upsert(a_record(revoked=True))
        return found

    monkeypatch.setattr(store, "_find", find_and_revoke)
    assert store.decide(KEY, now=NOW).valid
    monkeypatch.setattr(store, "_find", find)
    assert store.decide(KEY, now=NOW).code == "key-revoked"


def test_what_was_found_is_remembered_for_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    store = a_store(a_record())
    asked = []
    find = store._find
    monkeypatch.setattr(store, "_find", lambda text: asked.append(text) or find(text))
    for moment in (NOW, NOW + 0.9, NOW + 1.1, NOW + 1.2, NOW - 5):
        assert store.decide(KEY, now=moment).valid
    assert len(asked) == 3

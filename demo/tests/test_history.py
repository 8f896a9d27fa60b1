"""The made-up past: repeatable, in order, inside its time, and with something of everything."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise

import pytest

from history import STORIES, make_history
from sunline.errors import CODES

NOW = datetime(2026, 11, 22, 15, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def past():
    return make_history(seed=7, now=NOW, months=4, customers=40, volume=0.3)


@pytest.fixture(scope="module")
def calls(past):
    return list(past.calls())


def test_the_same_arguments_make_the_same_past(past):
    again = make_history(seed=7, now=NOW, months=4, customers=40, volume=0.3)

    assert again.customers == past.customers
    assert again.contacts == past.contacts
    assert again.keys == past.keys
    assert list(islice(again.calls(), 3000)) == list(islice(past.calls(), 3000))


def test_another_seed_makes_another_past(past):
    assert make_history(seed=8, now=NOW, months=4, customers=40).customers != past.customers


def test_calls_come_in_order_and_within_the_past(past, calls):
    assert len(calls) > 20_000
    assert all(earlier.at <= later.at for earlier, later in pairwise(calls))
    assert past.begins.timestamp() <= calls[0].at
    assert calls[-1].at < NOW.timestamp()
    assert len({call.id for call in calls}) == len(calls)


def test_no_key_is_used_before_it_was_made(past, calls):
    made = {key.ref: key.created_at.timestamp() for key in past.keys}

    assert all(call.at >= made[call.key_ref] for call in calls if call.key_ref)
    assert all(call.environment in call.key_ref for call in calls)


def test_things_happen_in_the_order_of_life(past):
    contacts = {contact.ref: contact for contact in past.contacts}
    keys = {key.customer_ref: key for key in reversed(past.keys)}
    for customer in past.customers:
        owner = contacts[customer.owner_ref]
        assert owner.signed_up_at < owner.confirmed_at <= customer.founded_at
        assert customer.founded_at < keys[customer.ref].created_at


def test_every_story_is_told(past, calls):
    assert {customer.story for customer in past.customers} == set(STORIES)
    callers = {call.key_ref.partition("-")[0].replace("k", "c") for call in calls}
    last_call = {}
    for call in calls:
        last_call[call.key_ref.partition("-")[0].replace("k", "c")] = call.at
    for customer in past.customers:
        if customer.story == "never-called":
            assert customer.ref not in callers
        if customer.story == "went-quiet":
            assert last_call[customer.ref] < (NOW - timedelta(days=2)).timestamp()
        if customer.story == "steady":
            assert last_call[customer.ref] > (NOW - timedelta(days=4)).timestamp()


def test_someone_signed_up_and_never_confirmed(past):
    assert [contact for contact in past.contacts if contact.confirmed_at is None and not contact.customer_ref]


def test_errors_are_few_and_have_codes_of_sunline(calls):
    statuses = Counter(call.status // 100 for call in calls)

    assert 0.005 < statuses[4] / len(calls) < 0.12
    assert 0 < statuses[5] / len(calls) < 0.005
    assert {call.error_code for call in calls if call.error_code} <= CODES.keys()
    assert all(CODES[call.error_code].status == call.status for call in calls if call.error_code)


def test_some_customer_had_a_spike_of_errors(calls):
    hours = Counter((call.key_ref, call.at // 3600) for call in calls if call.status == 400)

    assert max(hours.values()) > 20


def test_limits_are_hit_in_bursts(calls):
    seconds = Counter((call.key_ref, int(call.at) // 2) for call in calls if call.status == 429)

    assert len(seconds) >= 5
    assert min(seconds.values()) >= 1
    assert max(seconds.values()) >= 5


def test_both_versions_and_many_tools_are_seen(calls):
    assert {"2026-01-15", "2026-09-01"} <= {call.version for call in calls}
    assert len({call.user_agent for call in calls}) >= 6


def test_the_first_customer_is_steady_whatever_the_seed():
    for seed in range(20):
        history = make_history(seed=seed, now=NOW, months=2, customers=12)
        assert next(customer for customer in history.customers if customer.ref == "c0").story == "steady"

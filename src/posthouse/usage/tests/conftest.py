"""Calls to make up, and people to look at them."""

from datetime import timedelta
from itertools import count

import pytest

from posthouse.foundation.clock import now
from posthouse.keys import actions as keys
from posthouse.people import actions as people
from posthouse.people.models import User
from posthouse.usage import actions
from posthouse.usage.models import Call

_numbers = count()


def make_call(**fields):
    """A call, not yet stored; `ago` is a timedelta."""
    at = fields.pop("at", None) or now() - fields.pop("ago", timedelta())
    number = next(_numbers)
    defaults = {
        "id": f"call_{number:08d}",
        "at": at,
        "received_at": at,
        "customer_id": "cus_1",
        "key_id": "key_1",
        "environment": "test",
        "method": "GET",
        "route": "/sun",
        "status": 200,
        "duration_us": 1000,
        "request_id": f"req-{number}",
        "version": "1",
    }
    return Call(**{**defaults, **fields})


@pytest.fixture
def called(db):
    """Store calls made of the given fields and take them in."""

    def called(*many, take_in=True, **fields):
        actions.store_calls([make_call(**one) for one in many] if many else [make_call(**fields)])
        while take_in and actions.take_in_calls():
            pass

    return called


@pytest.fixture
def ada(db):
    """Owner of a customer of her own."""
    user = User.objects.create_user("ada@example.org", "password")
    contact = people.open_account(user=user, name="Ada")
    customer = people.found_customer(name="Lanterns", owner=contact)
    user.customer_id = customer.pk
    return user


@pytest.fixture
def ada_key(ada):
    return keys.create_key(customer_id=ada.customer_id, name="First", environment="test")[0]


@pytest.fixture
def team(db):
    user = User.objects.create_user("team@vendor.example", "password")
    people.add_team_member(user=user, role="support", name="Team")
    return user

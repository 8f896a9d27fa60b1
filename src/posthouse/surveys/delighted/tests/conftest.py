"""A campaign with a key, and ways to call."""

import base64
import json

import pytest
from django.test import Client

from posthouse.surveys import actions
from posthouse.surveys.delighted import pace
from posthouse.surveys.tests.conftest import WORDS

BASE = "/compat/delighted/v1/"


@pytest.fixture(autouse=True)
def _nobody_called():
    pace.forget()


def basic(key, colon=":"):
    return "Basic " + base64.b64encode(f"{key}{colon}".encode()).decode()


def make_campaign(**changes):
    fields = {"name": "Quarterly", "metric": "nps", "texts": WORDS, "rest_days_any": 0} | changes
    return actions.set_state(campaign=actions.make_campaign(**fields), state="running")


class Caller:
    """Calls as the clients do."""

    def __init__(self, key):
        self.key = key
        self.client = Client()

    def __call__(self, method, path, body=None, *, form="", accept="application/json", **headers):
        fields = {"authorization": basic(self.key), "accept": accept} | headers
        text, kind = (form, "application/x-www-form-urlencoded") if form else ("", "application/json")
        if body is not None:
            text = body if isinstance(body, str | bytes) else json.dumps(body)
        kind = fields.pop("content-type", kind)
        answer = self.client.generic(method, BASE + path, text, content_type=kind, headers=fields)
        assert answer.headers["Content-Type"] == "application/json", answer.content
        return answer


@pytest.fixture
def campaign(db):
    return make_campaign()


@pytest.fixture
def key(campaign):
    return actions.make_key(campaign=campaign)[1]


@pytest.fixture
def call(key):
    return Caller(key)

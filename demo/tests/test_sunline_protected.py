"""Sunline behind Posthouse's middleware: keys, scopes, limits, and what is reported."""

import time

import pytest

from posthouse_client.testing import FakePosthouse
from sunline.app import create_app
from sunline.openapi import document
from sunline.protection import protect, scope_of
from sunline.settings import Settings

SUN = "/v1/sun?lat=40.42&lon=-3.70&date=2026-11-22"
ALL_SCOPES = ["read:sun", "read:moon", "read:places"]


@pytest.fixture
def posthouse():
    with FakePosthouse() as fake:
        yield fake


@pytest.fixture
def api(posthouse, serve, caller_for):
    settings = Settings("http://sunline.example")
    given = posthouse.settings()
    environ = {"POSTHOUSE_URL": given.url, "POSTHOUSE_TOKEN": given.token, "POSTHOUSE_FLUSH_INTERVAL": "0.05"}
    protected = protect(create_app(settings), settings, environ)
    issue = posthouse.issue

    def issue_and_wait(**members):
        key = issue(**members)
        end = time.monotonic() + 5
        while protected.client.store.decide(key, cost=0).code == "key-unknown":
            assert time.monotonic() < end, "the key never arrived at the API"
            time.sleep(0.005)
        return key

    posthouse.issue = issue_and_wait
    with serve(protected) as url:
        yield caller_for(url)


def bearer(key):
    return {"headers": {"Authorization": f"Bearer {key}"}}


def test_a_good_key_is_answered_and_the_call_reported(posthouse, api):
    key = posthouse.issue(key_id="key_a", scopes=ALL_SCOPES, limits=[["burst", 10, 1.0]])
    answer = api.request("GET", SUN, **bearer(key))

    assert answer.status == 200
    assert answer.headers["RateLimit-Policy"] == '"burst";q=10;w=1'
    (call,) = posthouse.wait_for_calls(1)
    assert (call["key_id"], call["route"], call["status"]) == ("key_a", "/v1/sun", 200)
    assert call["version"] == "2026-09-01"
    assert call["request_id"] == answer.headers["X-Request-Id"]


def test_an_error_of_sunline_is_reported_with_its_code(posthouse, api):
    key = posthouse.issue(scopes=ALL_SCOPES)
    api.request("GET", "/v1/sun?lat=95&lon=0&date=2026-11-22", **bearer(key))
    api.request("GET", "/v1/places/atlantis", **bearer(key))

    calls = posthouse.wait_for_calls(2)
    assert {(call["route"], call["error_code"]) for call in calls} == {
        ("/v1/sun", "lat-out-of-range"),
        ("/v1/places/{place_id}", "place-unknown"),
    }


def test_without_a_key_the_type_of_the_problem_is_a_page_of_sunline(api):
    answer = api.request("GET", SUN)

    assert (answer.status, answer.json["code"]) == (401, "key-missing")
    assert answer.json["type"] == "http://sunline.example/docs/en/errors#key-missing"


def test_a_key_without_the_scope_is_refused(posthouse, api):
    key = posthouse.issue(scopes=["read:moon"])

    assert api.request("GET", SUN, **bearer(key)).json["code"] == "scope-missing"
    assert api.request("GET", "/v1/moon?lat=1&lon=1&date=2026-11-22", **bearer(key)).status == 200


def test_over_the_limit_the_answer_says_when_to_come_back(posthouse, api):
    key = posthouse.issue(scopes=ALL_SCOPES, limits=[["burst", 1, 60.0]])
    api.request("GET", SUN, **bearer(key))
    answer = api.request("GET", SUN, **bearer(key))

    assert (answer.status, answer.json["code"]) == (429, "quota-exceeded")
    assert int(answer.headers["Retry-After"]) >= 1


@pytest.mark.parametrize("path", ["/v1/status", "/openapi.json", "/docs/en/errors"])
def test_public_paths_need_no_key(api, path):
    assert api.get(path).status == 200


def test_the_scopes_in_the_document_are_those_asked_for():
    for path, methods in document(Settings()).get("paths").items():
        for operation in methods.values():
            assert operation.get("x-scope") == scope_of({"path": path})

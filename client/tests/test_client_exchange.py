"""Reading requests and error answers, whatever is in them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse_client import exchange
from posthouse_client.config import Settings
from posthouse_client.exchange import PEEK_LIMIT, Peek
from posthouse_client.redaction import READ_LIMIT, Redactor


@pytest.mark.parametrize(
    ("header", "authorization", "key"),
    [
        (None, None, None),
        ("k", None, "k"),
        (" k ", "Bearer other", "k"),
        (None, "Bearer k", "k"),
        (None, "bearer  k ", "k"),
        (None, "Bearer ", None),
        (None, "Basic abc", None),
        ("", "Bearer k", "k"),
    ],
)
def test_where_a_key_is_found(header: str | None, authorization: str | None, key: str | None) -> None:
    assert exchange.key_from(header, authorization) == key


@pytest.mark.parametrize("given_id", ["abc", "req-1.2:3/4", "a" * 64, "0af7651916cd43dd8448eb211c80319c"])
def test_a_sane_request_id_is_kept(given_id: str) -> None:
    assert exchange.request_id_from(given_id) == given_id


@pytest.mark.parametrize("given_id", [None, "", "a" * 65, "a b", "a\r\nX: y", "<script>", "ñ", "-dash"])
def test_any_other_is_replaced(given_id: str | None) -> None:
    made = exchange.request_id_from(given_id)
    assert made.startswith("req_")
    assert made != exchange.request_id_from(given_id)


@pytest.mark.parametrize(
    ("header", "agent", "sdk"),
    [
        ("sunline-python/1.2.0", "python-requests/2.34", "sunline-python/1.2.0"),
        (None, "python-requests/2.34.2", "python-requests/2.34.2"),
        (None, "curl/8.5.0", "curl/8.5.0"),
        (None, "Mozilla/5.0 (X11; Linux) AppleWebKit/537", None),
        (None, "nothing to see", None),
        (None, None, None),
        ("\r\n", "x" * 5000, None),
    ],
)
def test_the_sdk(header: str | None, agent: str | None, sdk: str | None) -> None:
    assert exchange.sdk_from(header, agent) == sdk


def test_only_the_vendors_own_proxies_are_believed() -> None:
    assert exchange.ip_from("10.0.0.1", "6.6.6.6, 192.0.2.7", 0) == "10.0.0.1"
    assert exchange.ip_from("10.0.0.1", "6.6.6.6, 192.0.2.7", 1) == "192.0.2.7"
    assert exchange.ip_from("10.0.0.1", "192.0.2.7, 10.0.0.2", 2) == "192.0.2.7"
    assert exchange.ip_from("10.0.0.1", None, 1) == "10.0.0.1"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"code": "place-unknown"}, "place-unknown"),
        ({"error": {"code": "bad.date"}}, "bad.date"),
        ({"error": "invalid_request"}, "invalid_request"),
        ({"type": "https://docs.example/errors/too-far#why"}, "why"),
        ({"type": "urn:sun:problem:polar-night"}, "polar-night"),
        ({"type": "about:blank", "status": 404}, None),
        ({"code": 1234}, "1234"),
        ({"code": "two words"}, None),
        ({"code": None, "error": []}, None),
        ([1], None),
        ("text", None),
    ],
)
def test_the_code_of_an_error_answer(body: object, code: str | None) -> None:
    peek = Peek("application/problem+json; charset=utf-8")
    for byte in json.dumps(body).encode():
        peek.add(bytes([byte]))
    assert peek.code() == code


@given(st.binary(max_size=300))
def test_any_error_answer_can_be_looked_at(body: bytes) -> None:
    peek = Peek("application/json")
    peek.add(body)
    peek.code()


def test_deep_long_and_other_answers_are_left_alone() -> None:
    for kind, body in (
        ("application/json", b'{"code": "x"}' + b" " * PEEK_LIMIT),
        ("application/json", b"[" * 8000),
        ("text/html", b'{"code": "x"}'),
    ):
        peek = Peek(kind)
        peek.add(body)
        assert peek.code() is None


def test_public_paths() -> None:
    paths = exchange.PublicPaths(("/openapi.json", "/health/*"))
    assert "/openapi.json" in paths
    assert "/health/live" in paths
    assert "/openapi.jsonx" not in paths
    assert "/v1" not in paths
    assert "" not in exchange.PublicPaths(())


REDACTOR = Redactor(("Authorization",), ("password", "card"), 200)


@pytest.mark.parametrize(
    ("kind", "body", "shown"),
    [
        ("application/json", b'{"a": [{"PASSWORD": {"x": 1}}]}', '{"a": [{"PASSWORD": "[redacted]"}]}'),
        ("application/x-www-form-urlencoded", b"card=4242&name=x+y", "card=[redacted]&name=x+y"),
        ("application/problem+json", b'"x"', '"x"'),
        ("application/json", b'{"password": "hunter', "[20 bytes of application/json, not recorded]"),
        ("application/json", b"[" * 5000, "[5000 bytes of application/json, not recorded]"),
        ("text/plain", b"password=x", "[10 bytes of text/plain, not recorded]"),
        ("", b"abc", "[3 bytes of unknown type, not recorded]"),
        ("application/json", b"", None),
        ("application/json", b'"\\ud800"', '"?"'),
        ("application/json", b'"' + b"x" * 400 + b'"', '"' + "x" * 199 + "…"),
    ],
)
def test_bodies_are_shown_only_as_far_as_they_can_be_redacted(kind: str, body: bytes, shown: str | None) -> None:
    assert REDACTOR.body(body, len(body), kind) == shown


def test_a_body_that_was_not_kept_whole_is_not_shown() -> None:
    start = b'{"password": "hunter2"' + b" " * READ_LIMIT
    assert REDACTOR.body(start[:READ_LIMIT], len(start), "application/json") == (
        f"[{len(start)} bytes of application/json, not recorded]"
    )


@given(st.binary(max_size=200))
def test_any_body_can_be_redacted(body: bytes) -> None:
    REDACTOR.body(body, len(body), "application/json")
    REDACTOR.body(body, len(body), "application/x-www-form-urlencoded")


def test_settings_from_the_environment() -> None:
    settings = Settings.from_env(
        {
            "POSTHOUSE_URL": "https://developers.example.com",
            "POSTHOUSE_TOKEN": "t",
            "POSTHOUSE_MAX_STALE": "60",
            "POSTHOUSE_BATCH_SIZE": "10",
            "POSTHOUSE_PUBLIC_PATHS": "/health, /openapi.json",
            "POSTHOUSE_RECORD_BODIES": "yes",
            "POSTHOUSE_ON_UNREACHABLE": "allow",
        },
        realm="sun",
    )
    assert (settings.max_stale, settings.batch_size, settings.record_bodies) == (60.0, 10, True)
    assert settings.public_paths == ("/health", "/openapi.json")
    assert (settings.on_unreachable, settings.realm) == ("allow", "sun")


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"POSTHOUSE_URL": ""}, "url"),
        ({"POSTHOUSE_URL": "ftp://x"}, "url"),
        ({"POSTHOUSE_TOKEN": "a\nb"}, "token"),
        ({"POSTHOUSE_MAX_STALE": "long"}, "POSTHOUSE_MAX_STALE"),
        ({"POSTHOUSE_REPORT": "perhaps"}, "POSTHOUSE_REPORT"),
        ({"POSTHOUSE_ON_UNREACHABLE": "panic"}, "on_unreachable"),
        ({"POSTHOUSE_BATCH_SIZE": "1001"}, "batch_size"),
        ({"POSTHOUSE_TIMEOUT": "0"}, "timeout"),
        ({"POSTHOUSE_START_WAIT": "-1"}, "start_wait"),
    ],
)
def test_settings_that_make_no_sense_are_named(changes: dict[str, str], word: str) -> None:
    with pytest.raises(ValueError, match=word):
        Settings.from_env({"POSTHOUSE_URL": "http://x", "POSTHOUSE_TOKEN": "t", **changes})


def test_a_missing_setting_is_named() -> None:
    with pytest.raises(ValueError, match="POSTHOUSE_TOKEN is not set"):
        Settings.from_env({"POSTHOUSE_URL": "http://x"})

"""Whatever is sent, the answer is a problem that says what is wrong, and never a 5xx."""

import functools
import gzip as gzip_module
import json
import socket
import time
import zlib
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from posthouse.config.http_api import openapi_document
from posthouse.edge import bodies
from posthouse.edge.app import ROUTES as ROUTES_OF_THE_EDGE
from posthouse.edge.calls import CallIn
from posthouse.edge.eventform import EventIn
from posthouse.edge.openapi import paths as edge_paths
from posthouse.people.actions import make_token, revoke_token
from posthouse.timeline.models import Event

POSTS = ["keys/verify", "calls", "events"]
ROUTES = [("POST", path) for path in POSTS] + [("GET", "keys/snapshot"), ("GET", "keys/changes?cursor=0-0-0")]
JSON = "application/json"
gzip = functools.partial(gzip_module.compress, mtime=0)


def problem(answer, status, code):
    """Check the form every error has."""
    assert (answer.status, answer.json["code"]) == (status, code), answer.body
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert {"type", "title", "status", "code", "instance"} <= answer.json.keys()
    assert answer.json["status"] == status
    return answer


def test_without_a_good_token_nothing_is_answered(edge):
    for method, path in ROUTES:
        unknown = "Bearer ph_team_" + "0" * 36
        for authorization in ["", "Bearer", "Bearer ", "Bearer x", "Basic y", unknown, "Bearer " + "é" * 30, "x" * 999]:
            answer = edge.ask(method, f"/api/v1/{path}", b"{}", Authorization=authorization.encode())
            problem(answer, 401, "token-invalid")
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_token_without_the_scope_is_told_which_one_it_lacks(edge, team_member):
    for method, path, scope in [
        ("POST", "keys/verify", "keys:verify"),
        ("POST", "calls", "calls:write"),
        ("POST", "events", "events:write"),
        ("GET", "keys/snapshot", "keys:sync"),
        ("GET", "keys/changes", "keys:sync"),
    ]:
        _, token = make_token(owner=team_member, name="narrow", scopes=["usage:read"])
        answer = problem(edge.ask(method, f"/api/v1/{path}", b"{}", token=token), 403, "scope-missing")
        assert answer.json["scope"] == scope


def test_a_revoked_token_stops_within_a_second(edge, team_member):
    row, token = make_token(owner=team_member, name="short", scopes=["*"])
    assert edge.ask("GET", "/api/v1/keys/snapshot", token=token).status == 200
    revoke_token(token=row)
    deadline = time.monotonic() + 1
    while edge.ask("GET", "/api/v1/keys/snapshot", token=token).status == 200:
        assert time.monotonic() < deadline


def test_other_methods_are_405_and_name_the_right_one(edge):
    for method, path in ROUTES:
        for wrong in {"PUT", "DELETE", "PATCH", "POST", "TRACE"} - {method}:
            answer = problem(edge.ask(wrong, f"/api/v1/{path}"), 405, "method-not-allowed")
            assert method in answer.headers["Allow"]


def test_what_is_not_of_the_edge_goes_on(edge):
    for method, path in [("GET", "/"), ("GET", "/api/v1/events"), ("POST", "/api/v1/calls/"), ("GET", "/api/v1/%00")]:
        assert edge.ask(method, path).json["method"] == method


def test_every_documented_route_that_is_not_of_the_edge_gets_past_it():
    answered_here = edge_paths()[0]
    for path, item in openapi_document()["paths"].items():
        for method in item:
            route = ROUTES_OF_THE_EDGE.get(path)
            if route is not None and method not in answered_here[path]:
                assert method.upper() in route.others, f"{method} {path} is refused by the edge"


def test_what_is_not_json_is_400_or_422(edge):
    for path in POSTS:
        for body in [b"", b"{", b"nul", b'{"data":\xff', b"\0", b"{'a': 1}", b'{"data": ' + b"[" * 15_000]:
            problem(edge.post(path, body, Content_Type=JSON), 400, "bad-request")
        for body in [b"{} 1", b'{"data": NaN}', b'{"id": "\\ud800"}', b'{"id": "\xff"}', b"[" * 15_000]:
            assert edge.post(path, body, Content_Type=JSON).status in (400, 422)


def test_json_of_another_form_is_422_and_says_where(edge):
    for path in POSTS:
        for body in [[], 1, "x", None, {}, {"calls": 1, "events": {}, "key": []}, {"key": 1}]:
            answer = problem(edge.post(path, json.dumps(body).encode(), Content_Type=JSON), 422, "invalid-request")
            assert answer.json["errors"][0]["message"]


def test_other_media_types_are_415(edge):
    for path in POSTS:
        for media_type in ["text/plain", "application/x-www-form-urlencoded", f"{JSON}; charset=latin-1", "é", "x;;"]:
            problem(edge.post(path, b"{}", Content_Type=media_type.encode("latin-1")), 415, "unsupported-media-type")


def test_other_codings_are_415(edge):
    for coding in ["br", "zstd", "deflate", "gzip, gzip", "x"]:
        answer = edge.post("events", b"{}", Content_Type=JSON, Content_Encoding=coding)
        assert "gzip" in problem(answer, 415, "unsupported-media-type").headers["Accept-Encoding"]


def an_event(data=None):
    return json.dumps({"id": "1", "type": "a.b", "data": data or {}}).encode()


def test_gzip_is_unpacked(edge):
    first, second = an_event()[:10], an_event()[10:]
    large = an_event({"a": "x" * 60_000})
    for number, packed in enumerate([gzip(an_event()), gzip(first) + gzip(second), gzip(large)]):
        answer = edge.post("events", packed, Content_Type=JSON, Content_Encoding="gzip")
        assert answer.status == [200, 200, 409][number], answer.body


def test_damaged_gzip_is_400(edge):
    whole = gzip(an_event())
    other = zlib.compress(b"{}")
    for packed in [b"", b"no gzip", whole[:-1], whole[:12], whole + b"more", whole[:-8] + b"\0" * 8, other]:
        problem(edge.post("events", packed, Content_Type=JSON, Content_Encoding="gzip"), 400, "bad-request")


@pytest.mark.parametrize("members", [1, 3])
def test_a_gzip_bomb_is_413_and_never_unpacked_whole(edge, members):
    bomb = gzip(b" " * (300 * bodies.MIB // members)) * members
    assert len(bomb) < bodies.WIRE_LIMIT
    began = time.monotonic()
    problem(edge.post("events", bomb, Content_Type=JSON, Content_Encoding="gzip"), 413, "too-large")
    assert time.monotonic() - began < 2


def test_too_much_is_413_whether_its_length_is_told_or_not(edge):
    problem(edge.post("events", b" " * (8 * bodies.MIB + 1), Content_Type=JSON), 413, "too-large")
    piece = b" " * bodies.MIB
    problem(edge.post("events", (piece for _ in range(9)), Content_Type=JSON), 413, "too-large")
    noise = (bytes(range(256)) * 4096 for _ in range(2))
    problem(edge.post("events", noise, Content_Type=JSON, Content_Encoding="gzip"), 400, "bad-request")
    assert edge.edge._engine.room.free == bodies.BUDGET


def raw(edge, request, wait=5.0):
    """Send bytes as they are; what came back until the server closed or stayed silent."""
    with socket.create_connection(("127.0.0.1", edge.port), timeout=wait) as line:
        line.sendall(request)
        answer = b""
        try:
            while piece := line.recv(65536):
                answer += piece
        except TimeoutError:
            pass
        return answer


POST = b"POST /api/v1/events HTTP/1.1\r\nHost: x\r\n"


def test_hostile_requests_get_4xx_and_the_server_lives(edge):
    for request in [
        POST + b"Content-Length: -1\r\n\r\n",
        POST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        POST + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\nzzz\r\n",
        POST + b"A\0: b\r\n\r\n",
        POST + b"X: " + b"y" * 100_000 + b"\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"POST /api/v1/events HTTP/9.9\r\n\r\n",
        b"POST /api/v1/events\xff HTTP/1.1\r\nHost: x\r\n\r\n",
    ]:
        answer = raw(edge, request, 0.5)
        assert b" 5" not in answer[8:11]
        assert edge.ask("GET", "/api/v1/keys/snapshot").status == 200


def test_a_body_that_does_not_come_is_given_up(edge, monkeypatch):
    monkeypatch.setattr(bodies, "SECONDS", 0)
    request = (
        f"POST /api/v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {edge.token}\r\nContent-Length: 5\r\n\r\n{{"
    )
    answer = raw(edge, request.encode())
    assert answer.startswith(b"HTTP/1.1 408")
    assert b'"request-timeout"' in answer
    assert edge.edge._engine.room.running == {}


def test_a_client_that_leaves_in_the_middle_of_a_body_leaves_nothing_behind(edge):
    request = POST.decode() + f"Authorization: Bearer {edge.token}\r\nContent-Length: 50000\r\n\r\n"
    for _ in range(5):
        with socket.create_connection(("127.0.0.1", edge.port)) as line:
            line.sendall(request.encode() + b" " * 20_000)
            time.sleep(0.02)
    deadline = time.monotonic() + 3
    while edge.edge._engine.room.running and time.monotonic() < deadline:
        time.sleep(0.01)
    assert (edge.edge._engine.room.running, edge.edge._engine.room.free) == ({}, bodies.BUDGET)


def test_more_at_once_than_can_be_done_is_503_with_a_time_to_come_back(edge, monkeypatch):
    engine = edge.edge._engine
    monkeypatch.setattr("posthouse.edge.app.AT_ONCE", 0)
    assert problem(edge.post("events", {}), 503, "overloaded").headers["Retry-After"] == "1"
    monkeypatch.undo()
    monkeypatch.setattr(engine.room, "free", 10)
    assert problem(edge.post("events", {"id": "1", "type": "a.b"}), 503, "overloaded").headers["Retry-After"] == "1"
    monkeypatch.undo()
    monkeypatch.setattr("posthouse.edge.writer.ROWS_WAITING", 1)
    monkeypatch.setattr(engine.writer, "_waiting", 1)
    problem(edge.post("events", {"id": "1", "type": "a.b"}), 503, "overloaded")
    monkeypatch.undo()
    assert edge.post("events", {"id": "1", "type": "a.b"}).status == 200


def test_two_hundred_clients_at_once_are_all_answered_and_nothing_is_lost(edge):
    def send(number):
        answer = edge.post("events", {"events": [{"id": f"{number}-{n}", "type": "a.b"} for n in range(5)]})
        return answer.status, answer.json["accepted"]

    with ThreadPoolExecutor(200) as pool:
        assert set(pool.map(send, range(400))) == {(200, 5)}
    assert Event.objects.exclude(source="posthouse").count() == 2000


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
    | st.sampled_from(["\0", "2026-01-01T00:00:00Z", "posthouse", "x" * 300, "GET", "test"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5).filter(str.isprintable), inner, max_size=3)
    ),
    max_leaves=6,
)
event_fields = st.sampled_from([*EventIn.__struct_fields__])
call_fields = st.sampled_from([*CallIn.__struct_fields__])
bounded = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@bounded
@given(st.lists(st.dictionaries(event_fields, values, max_size=5), max_size=4))
def test_any_json_as_events_is_answered_item_by_item(edge, wrong):
    events = [{"id": "1", "type": "a.b"} | fields for fields in wrong]
    answer = edge.post("events", {"events": events})
    assert answer.status == 200, answer.body
    assert [result["index"] for result in answer.json["results"]] == list(range(len(events)))


@bounded
@given(st.lists(st.dictionaries(call_fields, values, max_size=5), max_size=4))
def test_any_json_as_calls_is_answered(edge, wrong):
    fine = {"id": "1", "at": 1_790_000_000, "method": "GET", "route": "/", "status": 200, "duration_us": 1}
    answer = edge.post("calls", {"calls": [fine | fields for fields in wrong]})
    assert answer.status == 200, answer.body
    got = answer.json
    assert got["accepted"] + got["duplicates"] + len(got["rejected"]) == len(wrong)


@bounded
@given(st.dictionaries(st.sampled_from(["key", "cost", "scope", "ip", "route", "method"]), values))
def test_any_json_to_verify_is_200_or_422(edge, question):
    assert edge.post("keys/verify", question).status in (200, 422)


@bounded
@given(st.sampled_from(POSTS), st.binary(max_size=200), st.sampled_from(["gzip", "identity", ""]))
def test_any_bytes_are_a_4xx(edge, path, body, coding):
    answer = edge.post(path, body, Content_Type=JSON, Content_Encoding=coding)
    assert answer.status in (400, 422) or (answer.status == 200 and body)

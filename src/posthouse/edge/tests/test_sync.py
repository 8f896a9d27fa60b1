"""Following all keys: the snapshot, the stream of changes, and revocation in other processes."""

import base64
import http.client
import json
import socket
import subprocess
import sys
import threading
import time
from contextlib import closing, contextmanager
from datetime import timedelta
from urllib.parse import quote

import pytest
from tests.children import same_database

from posthouse.edge import sync
from posthouse.foundation.credentials import peppers
from posthouse.keys import actions
from posthouse.people.actions import make_token, revoke_token
from posthouse_client import keyformat


def snapshot(edge):
    lines = [json.loads(line) for line in edge.ask("GET", "/api/v1/keys/snapshot").body.splitlines()]
    return lines[0], lines[1:-1], lines[-1]


@contextmanager
def following(edge, cursor, token=None):
    """An open stream of changes; gives a function that reads its next line."""
    line = http.client.HTTPConnection("127.0.0.1", edge.port, timeout=5)
    with closing(line):
        fields = {"Authorization": f"Bearer {token or edge.token}"}
        line.request("GET", f"/api/v1/keys/changes?cursor={quote(cursor)}", headers=fields)
        answer = line.getresponse()
        assert answer.status == 200
        yield lambda: json.loads(answer.readline() or b"null")


def keys_only(read, count):
    found = []
    while len(found) < count:
        members = read()
        if members["type"] != "ping":
            found.append(members)
    return found


@pytest.mark.mission("J2.3")
def test_a_snapshot_has_every_key_with_what_is_needed_to_decide(edge, make_key, customer):
    key, secret = make_key(scopes=["read"], limits=[["burst", 10, 1]], networks=["10.0.0.0/8"])
    other, _ = make_key(environment="live")
    actions.revoke_key(key=other)
    start, keys, end = snapshot(edge)
    assert start["issuer"] == "ph"
    assert abs(start["at"] - time.time()) < 5
    assert end == {"type": "end", "count": 2}
    digest = keyformat.digest(next(iter(peppers().values())), secret).hex()
    by_id = {line["key_id"]: line for line in keys}
    assert by_id[key.pk] == {
        "type": "key",
        "key_id": key.pk,
        "customer_id": customer.pk,
        "environment": "test",
        "scopes": ["read"],
        "expires_at": None,
        "revoked": False,
        "suspended": False,
        "limits": [["burst", 10, 1.0]],
        "networks": ["10.0.0.0/8"],
        "secrets": [[digest, None, "1"]],
    }
    assert by_id[other.pk]["revoked"]
    assert by_id[other.pk]["limits"] == [["burst", 50, 1.0], ["daily", 1_000_000, 86_400.0]]


@pytest.mark.mission("J2.3")
def test_changes_come_within_a_second_and_signs_of_life_at_least_as_often(edge, make_key, customer):
    start, _, _ = snapshot(edge)
    with following(edge, start["cursor"]) as read:
        key, _ = make_key()
        began = time.monotonic()
        assert keys_only(read, 1)[0]["key_id"] == key.pk
        actions.rotate_key(key=key, overlap=timedelta(hours=1))
        assert [secret[1] is None for secret in keys_only(read, 1)[0]["secrets"]] == [False, True]
        actions.revoke_key(key=key)
        assert keys_only(read, 1)[0]["revoked"]
        assert time.monotonic() - began < 3
        before = time.monotonic()
        assert [read()["type"] for _ in range(3)] == ["ping"] * 3
        assert time.monotonic() - before < 3
        customer.delete()
        edge.edge._engine.follower._counted_at = float("-inf")
        assert keys_only(read, 1) == [{"type": "gone", "key_id": key.pk}]


def test_following_goes_on_from_any_cursor_without_missing_anything(edge, make_key):
    start, _, _ = snapshot(edge)
    first, _ = make_key()
    cursor = snapshot(edge)[0]["cursor"]
    second, _ = make_key()
    with following(edge, cursor) as read:
        assert [line["key_id"] for line in keys_only(read, 1)] == [second.pk]
        while (ping := read())["type"] != "ping":
            pass
    with following(edge, start["cursor"]) as read:
        assert {line["key_id"] for line in keys_only(read, 2)} == {first.pk, second.pk}
    with following(edge, ping["cursor"]) as read:
        assert read()["type"] == "ping"
    with following(edge, "0-0-0") as read:
        assert {line["key_id"] for line in keys_only(read, 2)} == {first.pk, second.pk}


def test_a_cursor_of_another_log_is_410(edge, make_key):
    make_key()
    good = snapshot(edge)[0]["cursor"]
    for cursor in ["", "x", "1", "0-99999-0", good[:-1], good + "0", "9" * 50, "-1--1-0", "0-1-zz", "\x00", "é"]:
        answer = edge.ask("GET", f"/api/v1/keys/changes?cursor={quote(cursor)}")
        assert (answer.status, answer.json["code"]) == (410, "cursor-gone"), cursor
    assert edge.ask("GET", "/api/v1/keys/changes").status == 410
    assert edge.ask("GET", "/api/v1/keys/changes?cursor=%ff%fe&cursor[]=1;'--").status == 410


def test_a_stream_ends_with_its_token(edge, team_member, make_key):
    row, token = make_token(owner=team_member, name="short", scopes=["keys:sync"])
    with following(edge, snapshot(edge)[0]["cursor"], token) as read:
        read()
        revoke_token(token=row)
        began = time.monotonic()
        while read() is not None:
            assert time.monotonic() - began < 3


def test_many_listeners_hear_everything_and_leave_nothing_behind(edge, make_key):
    cursor = snapshot(edge)[0]["cursor"]
    heard = []

    def listen():
        with following(edge, cursor) as read:
            heard.append({line["key_id"] for line in keys_only(read, 3)})

    threads = [threading.Thread(target=listen) for _ in range(60)]
    for thread in threads:
        thread.start()
    made = {make_key()[0].pk for _ in range(3)}
    for thread in threads:
        thread.join(20)
    assert heard == [made] * 60
    feed = edge.edge._engine.feed
    deadline = time.monotonic() + 5
    while len(feed) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert len(feed) == 0
    assert edge.edge._engine.room.running == {}


def test_more_listeners_than_there_is_room_for_are_told_to_come_back(edge, monkeypatch):
    monkeypatch.setattr(sync, "MOST", 0)
    answer = edge.ask("GET", f"/api/v1/keys/changes?cursor={snapshot(edge)[0]['cursor']}")
    assert (answer.status, answer.headers["Retry-After"]) == (503, "1")


@pytest.fixture
def another_process(edge):
    """A second edge, in a process of its own, on the same database."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    texts = ",".join(f"{name}={base64.b64encode(pepper).decode()}" for name, pepper in peppers().items())
    environment = same_database(POSTHOUSE_PEPPERS=texts)
    command = [sys.executable, "-m", "uvicorn", "posthouse.edge.alone:application", "--port", str(port)]
    process = subprocess.Popen([*command, "--log-level", "warning"], env=environment)
    deadline = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            break
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    yield type(edge)(port, edge.token, extra={"process": process})
    process.terminate()
    assert process.wait(10) in (0, -15)


@pytest.mark.mission("J2.3")
def test_a_revocation_is_in_force_within_a_second_in_every_process(edge, another_process, make_key):
    for _ in range(3):
        key, secret = make_key()
        assert edge.verify(secret)["valid"]
        assert another_process.verify(secret)["valid"]
        actions.revoke_key(key=key)
        began = time.monotonic()
        for process in (edge, another_process):
            while process.verify(secret)["code"] != "key-revoked":
                assert time.monotonic() - began < 1


def test_what_one_process_took_in_is_a_duplicate_for_the_other(edge, another_process):
    event = {"id": "1", "type": "a.b"}
    assert edge.post("events", event).json["accepted"] == 1
    assert another_process.post("events", event).json["duplicates"] == 1
    assert another_process.post("events", event | {"data": {"x": 1}}).status == 409


def test_a_process_with_open_streams_ends_when_told_to(another_process):
    with following(another_process, snapshot(another_process)[0]["cursor"]) as read:
        read()
        another_process.extra["process"].terminate()
        began = time.monotonic()
        while read() is not None:
            pass
        another_process.extra["process"].wait(5)
        assert time.monotonic() - began < 5

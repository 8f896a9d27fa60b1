"""Keys are followed over a real connection: loaded, changed, lost, found again."""

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from posthouse_client.client import Client
from posthouse_client.testing import FakePosthouse


@contextmanager
def a_client(posthouse: FakePosthouse, **changes: Any) -> Iterator[Client]:
    """A client that is closed afterwards."""
    client = Client(posthouse.settings(report=False, **changes))
    try:
        yield client
    finally:
        client.close()


def until(condition: Callable[[], bool], timeout: float = 5.0) -> float:
    """Wait until something is so; returns how many seconds that took."""
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > timeout:
            raise TimeoutError
        time.sleep(0.002)
    return time.monotonic() - began


def test_the_first_keys_are_there_before_the_first_call_is_decided(posthouse: FakePosthouse) -> None:
    key = posthouse.issue(customer_id="cus_7", scopes=["read"], limits=[["burst", 2, 60.0]])
    with a_client(posthouse) as client:
        assert client.wait_ready()
        decision = client.verify(key, scope="read")
        assert decision.valid
        assert decision.record is not None
        assert (decision.record.customer_id, decision.limits[0].remaining) == ("cus_7", 1)


@pytest.mark.mission("J2.3")
def test_a_revocation_is_in_force_within_a_second(posthouse: FakePosthouse) -> None:
    key = posthouse.issue()
    with a_client(posthouse) as client:
        client.wait_ready()
        until(lambda: client.sync.silent_for < 1)
        assert client.verify(key).valid
        posthouse.change("key_1", revoked=True)
        assert until(lambda: client.verify(key).code == "key-revoked") < 1.0


@pytest.mark.mission("J6.4")
def test_new_limits_new_keys_and_removed_keys_are_followed(posthouse: FakePosthouse) -> None:
    first = posthouse.issue(limits=[["daily", 5, 86400.0]])
    with a_client(posthouse) as client:
        client.wait_ready()
        client.verify(first)
        second = posthouse.issue()
        assert until(lambda: client.verify(second).valid) < 1.0
        posthouse.change("key_1", limits=[["daily", 50, 86400.0]])
        assert until(lambda: client.verify(first, cost=0).limits[0].remaining == 49) < 1.0
        posthouse.remove("key_2")
        assert until(lambda: client.verify(second).code == "key-unknown") < 1.0


def test_changes_made_while_the_connection_was_lost_are_caught_up(posthouse: FakePosthouse) -> None:
    key = posthouse.issue()
    with a_client(posthouse) as client:
        client.wait_ready()
        posthouse.stop()
        posthouse.change("key_1", suspended=True)
        assert client.verify(key).valid
        posthouse.start()
        assert until(lambda: client.verify(key).code == "customer-suspended") < 5.0
        assert client.sync.status().snapshots == 1


def test_a_cursor_that_is_gone_leads_to_a_new_snapshot(posthouse: FakePosthouse) -> None:
    key = posthouse.issue()
    with a_client(posthouse) as client:
        client.wait_ready()
        posthouse.stop()
        posthouse.change("key_1", revoked=True)
        posthouse.forget_changes()
        posthouse.start()
        until(lambda: client.verify(key).code == "key-revoked")
        assert client.sync.status().snapshots == 2


def test_a_connection_that_is_silent_is_given_up(posthouse: FakePosthouse) -> None:
    key = posthouse.issue()
    with a_client(posthouse, dead_after=0.5) as client:
        client.wait_ready()
        posthouse.mute = True
        until(lambda: client.sync.status().last_error is not None)
        posthouse.change("key_1", revoked=True)
        posthouse.mute = False
        until(lambda: client.verify(key).code == "key-revoked")


def test_keys_under_a_pepper_that_is_new_lead_to_a_new_snapshot(posthouse: FakePosthouse) -> None:
    posthouse.issue()
    with a_client(posthouse) as client:
        client.wait_ready()
        posthouse.change("key_1", secrets=[["00" * 32, None, "2"]])
        until(lambda: client.sync.status().snapshots >= 2)


def test_one_key_that_cannot_be_read_is_refused_and_the_others_are_followed(posthouse: FakePosthouse) -> None:
    odd, good = posthouse.issue(networks=["nonsense"]), posthouse.issue()
    with a_client(posthouse) as client:
        client.wait_ready()
        assert client.verify(odd).code == "key-unknown"
        assert client.verify(good).valid
        posthouse.change("key_2", limits=[["bad", -1, 0]])
        until(lambda: client.verify(good).code == "key-unknown")


@pytest.mark.parametrize("policy", ["serve-stale", "refuse"])
def test_before_the_first_keys_nothing_passes(posthouse: FakePosthouse, policy: str) -> None:
    key = posthouse.issue()
    posthouse.stop()
    with a_client(posthouse, on_unreachable=policy, start_wait=0.05) as client:
        assert not client.wait_ready()
        decision = client.verify(key)
        assert (decision.code, decision.retry_after) == ("verifier-unavailable", 5.0)
        posthouse.start()
        assert until(lambda: client.verify(key).valid) < 5.0


def test_allow_lets_keys_through_that_cannot_be_looked_up(posthouse: FakePosthouse) -> None:
    key = posthouse.issue()
    posthouse.stop()
    with a_client(posthouse, on_unreachable="allow", start_wait=0.0) as client:
        decision = client.verify(key)
        assert (decision.valid, decision.record) == (True, None)
        assert client.verify("nonsense").code == "key-malformed"


def test_stale_keys_serve_as_long_as_they_may(posthouse: FakePosthouse) -> None:
    key = posthouse.issue()
    with a_client(posthouse, dead_after=0.3, max_stale=0.8) as client:
        client.wait_ready()
        posthouse.stop()
        until(lambda: client.sync.silent_for > 0.35)
        assert client.verify(key).valid
        assert 0.3 < until(lambda: client.verify(key).code == "verifier-unavailable") < 0.8
        posthouse.start()
        until(lambda: client.verify(key).valid)


def test_refuse_refuses_as_soon_as_the_connection_counts_as_lost(posthouse: FakePosthouse) -> None:
    key = posthouse.issue()
    with a_client(posthouse, on_unreachable="refuse", dead_after=0.3) as client:
        client.wait_ready()
        posthouse.stop()
        assert until(lambda: client.verify(key).code == "verifier-unavailable") < 1.0


def test_allow_goes_on_refusing_what_is_known_to_be_revoked(posthouse: FakePosthouse) -> None:
    revoked, limited = posthouse.issue(revoked=True), posthouse.issue(limits=[["one", 1, 60.0]])
    with a_client(posthouse, on_unreachable="allow", dead_after=0.2, max_stale=0.2) as client:
        client.wait_ready()
        posthouse.stop()
        until(lambda: client.sync.silent_for > 0.3)
        assert client.verify(revoked).code == "key-revoked"
        assert [client.verify(limited).code for _ in range(2)] == ["ok", "quota-exceeded"]


def test_a_wrong_token_is_named_in_the_status(posthouse: FakePosthouse) -> None:
    with a_client(posthouse, token="ph_team_wrong", start_wait=0.1) as client:
        client.sync.ensure()
        until(lambda: "401" in (client.sync.status().last_error or ""))


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\x00\xff nonsense",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n[]\n",
        b'HTTP/1.1 200 OK\r\n\r\n{"type":"start","cursor":"1","peppers":{"1":"!"}}\n',
        b'HTTP/1.1 200 OK\r\n\r\n{"type":"start","cursor":"1","peppers":{}}\n{"type":"end","count":9}\n',
        b'HTTP/1.1 200 OK\r\n\r\n{"type":"start","cursor":"1","peppers":{}}\n',
        b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 1_100_000,
    ],
)
def test_whatever_answers_the_client_goes_on_trying(posthouse: FakePosthouse, answer: bytes) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    attempts: list[int] = []

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                attempts.append(1)
                connection.recv(65536)
                connection.sendall(answer)

    threading.Thread(target=serve, daemon=True).start()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with a_client(posthouse, url=url) as client:
        client.sync.ensure()
        until(lambda: len(attempts) >= 2)
        assert not client.ready
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_child_follows_on_its_own(posthouse: FakePosthouse) -> None:
    key = posthouse.issue()
    with a_client(posthouse) as client:
        client.wait_ready()
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            verdict = b"bad"
            try:
                assert client.verify(key).valid
                os.write(writer, b"go")
                until(lambda: client.verify(key).code == "key-revoked")
                verdict = b"ok"
            finally:
                os.write(writer, verdict)
                os._exit(0)
        assert os.read(reader, 2) == b"go"
        posthouse.change("key_1", revoked=True)
        assert os.read(reader, 3) == b"ok"
        os.waitpid(child, 0)
        until(lambda: client.verify(key).code == "key-revoked")


@pytest.mark.mission("J2.3")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_child_that_was_forked_long_ago_does_not_begin_with_old_keys(posthouse: FakePosthouse) -> None:
    key = posthouse.issue()
    with a_client(posthouse) as client:
        client.wait_ready()
        ready, go = os.pipe()
        result, verdict = os.pipe()
        child = os.fork()
        if child == 0:
            code = "bad"
            try:
                os.read(ready, 1)
                client.wait_ready()
                code = client.verify(key).code
            finally:
                os.write(verdict, code.encode())
                os._exit(0)
        posthouse.change("key_1", revoked=True)
        os.write(go, b".")
        assert os.read(result, 100) == b"key-revoked"
        os.waitpid(child, 0)


def test_closing_ends_the_thread_and_starting_begins_again(posthouse: FakePosthouse) -> None:
    key = posthouse.issue()
    with a_client(posthouse) as client:
        client.wait_ready()
        client.close()
        until(lambda: not any(thread.name == "posthouse-keys" for thread in threading.enumerate()))
        posthouse.change("key_1", revoked=True)
        client.start()
        until(lambda: client.verify(key).code == "key-revoked")

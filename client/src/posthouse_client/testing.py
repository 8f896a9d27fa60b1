"""A small Posthouse in memory, over real sockets, for testing an API that uses this client.

    with FakePosthouse() as posthouse:
        key = posthouse.issue(customer_id="cus_1", limits=[("burst", 10, 1.0)])
        app = PosthouseMiddleware(my_app, Client(posthouse.settings()))

It speaks the three endpoints the client uses, can be stopped and started again on the same port, and can
be told to misbehave.
"""

import base64
import gzip
import json
import socket
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, Self
from urllib.parse import parse_qs, urlsplit

from posthouse_client import keyformat
from posthouse_client.config import Settings

TOKEN = "ph_team_" + "0" * 36
PEPPER = b"a pepper for tests, 32 bytes long"

Misbehaviour = Literal["hang", "commit-then-drop", "drop"]
"""What happens to a report: no answer for long; taken but unanswered; neither."""


class FakePosthouse:
    """Issues keys, streams changes, and remembers the calls reported to it."""

    def __init__(self, issuer: str = "sun", ping_every: float = 0.2) -> None:
        self.issuer = issuer
        self.ping_every = ping_every
        self.calls: dict[str, dict[str, Any]] = {}
        """Reported calls by id."""
        self.batches: list[list[str]] = []
        """The ids of every report that was read, also of those that were not taken."""
        self.report_headers: list[dict[str, str]] = []
        self.duplicates = 0
        self.snapshots = 0
        self.next_answers: list[int | Misbehaviour] = []
        """How the next reports are answered: a status, or a misbehaviour. Then 200 again."""
        self.retry_after: str | None = None
        self.mute = False
        """True: streams stay open but nothing is written any more."""
        self._keys: dict[str, dict[str, Any]] = {}
        self._changes: list[dict[str, Any]] = []
        self._first_cursor = 0
        self._changed = threading.Condition()
        self._server: _Server | None = None
        self._port = 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Where it listens; the same after a stop and a start."""
        return f"http://127.0.0.1:{self._port}"

    def settings(self, **changes: Any) -> Settings:
        """Settings for a client of this server."""
        return Settings(**{"url": self.url, "token": TOKEN, **changes})

    def start(self) -> None:
        """Listen, on the former port if there was one."""
        fake = self

        class Handler(_Handler):
            posthouse = fake

        self._server = _Server(("127.0.0.1", self._port), Handler)
        self._port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """Stop listening and cut all connections."""
        server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            server.server_close()
            server.cut()
        with self._changed:
            self._changed.notify_all()

    @property
    def running(self) -> bool:
        """Whether it listens."""
        return self._server is not None

    def issue(self, kind: str = "test", **members: Any) -> str:
        """Make a key and announce it; returns its text. `members` as in a line of type key."""
        text = keyformat.make(self.issuer, kind)
        key_id = members.get("key_id", f"key_{len(self._keys) + 1}")
        digest = keyformat.digest(PEPPER, text).hex()
        plain: dict[str, Any] = {
            "type": "key",
            "key_id": key_id,
            "customer_id": "cus_1",
            "environment": kind,
            "scopes": [],
            "expires_at": None,
            "revoked": False,
            "suspended": False,
            "limits": [],
            "networks": [],
            "secrets": [[digest, None, "1"]],
        }
        self._announce({**plain, **members})
        return text

    def change(self, key_id: str, **members: Any) -> None:
        """Change a key and announce it: `change("key_1", revoked=True)`."""
        self._announce({**self._keys[key_id], **members})

    def remove(self, key_id: str) -> None:
        """Remove a key and announce it."""
        with self._changed:
            del self._keys[key_id]
            self._changes.append({"type": "gone", "key_id": key_id})
            self._changed.notify_all()

    def forget_changes(self) -> None:
        """Make every cursor handed out so far unknown."""
        with self._changed:
            self._first_cursor += len(self._changes) + 1
            self._changes.clear()
            self._changed.notify_all()

    def wait_for_calls(self, count: int, timeout: float = 5.0) -> list[dict[str, Any]]:
        """Wait until so many calls were reported; returns them in the order of their coming in."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self.calls) >= count, timeout):
                raise TimeoutError(f"{len(self.calls)} of {count} calls were reported")
            return list(self.calls.values())

    def _announce(self, line: dict[str, Any]) -> None:
        with self._changed:
            self._keys[line["key_id"]] = line
            self._changes.append(line)
            self._changed.notify_all()

    def snapshot_lines(self) -> list[dict[str, Any]]:
        """What the snapshot says now."""
        with self._changed:
            self.snapshots += 1
            cursor = str(self._first_cursor + len(self._changes))
            keys = list(self._keys.values())
        peppers = {"1": base64.b64encode(PEPPER).decode()}
        start = {
            "type": "start",
            "cursor": cursor,
            "peppers": peppers,
            "issuer": self.issuer,
            "at": time.time(),
        }
        return [start, *keys, {"type": "end", "count": len(keys)}]

    def changes_after(self, cursor: int) -> list[dict[str, Any]] | None:
        """Changes from a cursor on, after waiting for the next ping at most; None if it is unknown."""
        with self._changed:
            if not self._first_cursor <= cursor <= self._first_cursor + len(self._changes):
                return None
            if cursor == self._first_cursor + len(self._changes):
                self._changed.wait(self.ping_every)
            return self._changes[max(0, cursor - self._first_cursor) :]

    def take(self, calls: list[dict[str, Any]], headers: dict[str, str], keep: bool) -> dict[str, Any]:
        """Take a report in, as `POST /api/v1/calls` does."""
        with self._changed:
            self.batches.append([call["id"] for call in calls])
            self.report_headers.append(headers)
            duplicates = sum(call["id"] in self.calls for call in calls)
            if keep:
                self.duplicates += duplicates
                for call in calls:
                    self.calls.setdefault(call["id"], call)
            self._changed.notify_all()
        return {"accepted": len(calls) - duplicates, "duplicates": duplicates, "rejected": []}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(address, handler)
        self._open: set[socket.socket] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away in the middle is nothing to print."""

    def cut(self) -> None:
        """Cut every connection that is still open."""
        for one in list(self._open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    posthouse: FakePosthouse
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """The snapshot and the stream of changes."""
        parts = urlsplit(self.path)
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self._answer(401, {"code": "token-unknown"})
        elif parts.path == "/api/v1/keys/snapshot":
            self._begin_stream()
            for line in self.posthouse.snapshot_lines():
                self._write(line)
            self.wfile.write(b"0\r\n\r\n")
        elif parts.path == "/api/v1/keys/changes":
            self._stream(int(parse_qs(parts.query)["cursor"][0]))
        else:
            self._answer(404, {"code": "not-found"})

    def do_POST(self) -> None:
        """Reports of calls."""
        posthouse = self.posthouse
        calls = json.loads(gzip.decompress(self.rfile.read(int(self.headers["Content-Length"]))))["calls"]
        answer = posthouse.next_answers.pop(0) if posthouse.next_answers else 200
        keep = answer in (200, "commit-then-drop")
        taken = posthouse.take(calls, dict(self.headers.items()), keep)
        if answer == "hang":
            while posthouse.running:
                time.sleep(0.02)
        if isinstance(answer, str):
            self.close_connection = True
        else:
            self._answer(answer, taken if answer == 200 else {"code": "told-to"})

    def log_message(self, *_: Any, **__: Any) -> None:
        """Keep quiet."""

    def _stream(self, cursor: int) -> None:
        posthouse = self.posthouse
        if posthouse.changes_after(cursor) is None:
            self._answer(410, {"code": "cursor-gone"})
            return
        self._begin_stream()
        self.close_connection = True
        while posthouse.running:
            lines = posthouse.changes_after(cursor)
            if lines is None:
                return
            if posthouse.mute:
                time.sleep(0.02)
                continue
            cursor += len(lines)
            try:
                for line in lines:
                    self._write(line)
                self._write({"type": "ping", "cursor": str(cursor), "at": time.time()})
            except OSError:
                return

    def _begin_stream(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/x-ndjson")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def _write(self, line: dict[str, Any]) -> None:
        content = json.dumps(line).encode() + b"\n"
        self.wfile.write(b"%x\r\n%s\r\n" % (len(content), content))
        self.wfile.flush()

    def _answer(self, status: int, members: dict[str, Any]) -> None:
        content = json.dumps(members).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        if self.posthouse.retry_after is not None and status in (429, 503):
            self.send_header("Retry-After", self.posthouse.retry_after)
        self.end_headers()
        self.wfile.write(content)

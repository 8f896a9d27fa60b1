"""HTTP to Posthouse, on the standard library alone.

A library that lives inside other people's APIs should bring nothing along, and needs little: one
connection for reports, one endless answer for changes that another thread can cut off, and time limits.
"""

import http.client
import socket
import ssl
from collections.abc import Generator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from posthouse_client import __version__

MAX_LINE = 1024 * 1024
MAX_ANSWER = 4 * 1024 * 1024

FAILURES = (OSError, http.client.HTTPException)
"""What any use of the network may raise."""


class UnexpectedAnswer(Exception):
    """Posthouse answered with another status than the one hoped for."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(f"Posthouse answered {status}: {body[:200].decode(errors='replace')}")
        self.status = status


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer, read. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Connection:
    """One connection to Posthouse, opened when needed and again after a failure. For one thread at a time,
    except `abort`, which any thread may call.
    """

    def __init__(self, url: str, token: str, timeout: float) -> None:
        parts = urlsplit(url)
        self._secure = parts.scheme == "https"
        self._host = parts.hostname or ""
        self._port = parts.port
        self._base = parts.path.rstrip("/")
        self._timeout = timeout
        self._headers = {
            "Authorization": f"Bearer {token}",
            "User-Agent": f"posthouse-client/{__version__}",
        }
        self._open: http.client.HTTPConnection | None = None
        self._socket: socket.socket | None = None
        self._aborted = False

    def request(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None) -> Answer:
        """Send one request and read its whole answer. Raises one of `FAILURES`.

        Servers close connections that idle, which is only noticed when one is used again: then the request is sent
        once more on a new one. All requests to Posthouse may be repeated.
        """
        was_open = self._open is not None
        try:
            return self._exchange(method, path, headers, body)
        except ConnectionError:
            if not was_open or self._aborted:
                raise
            return self._exchange(method, path, headers, body)

    def _exchange(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        try:
            response = self._send(method, path, headers, body)
            content = response.read(MAX_ANSWER)
            if response.will_close or not response.isclosed():
                self.close()
            return Answer(response.status, {name.lower(): value for name, value in response.headers.items()}, content)
        except BaseException:
            self.close()
            raise

    def lines(self, path: str, silence: float) -> Generator[bytes, None, None]:
        """Yield the lines of an answer as they come, until it ends or is silent for so many seconds.

        Raises UnexpectedAnswer for another status than 200, and one of `FAILURES`.
        """
        try:
            response = self._send("GET", path, {"Accept": "application/x-ndjson"}, None, silence)
            if response.status != 200:
                raise UnexpectedAnswer(response.status, response.read(MAX_LINE))
            while line := response.readline(MAX_LINE + 1):
                if len(line) > MAX_LINE:
                    raise http.client.LineTooLong("line")
                yield line
        finally:
            self.close()

    def abort(self) -> None:
        """Make whatever waits on this connection, and whatever is asked of it later, fail at once."""
        self._aborted = True
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close; the next request opens anew."""
        self._socket = None
        if self._open is not None:
            self._open.close()
            self._open = None

    def _send(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes | None,
        silence: float | None = None,
    ) -> http.client.HTTPResponse:
        if self._open is None:
            self._open = self._connect()
        self._open.request(method, self._base + path, body, {**self._headers, **headers})
        self._socket = self._open.sock
        if self._aborted:
            raise ConnectionAbortedError
        if silence is not None:
            self._open.sock.settimeout(silence)
        return self._open.getresponse()

    def _connect(self) -> http.client.HTTPConnection:
        if self._secure:
            context = ssl.create_default_context()
            return http.client.HTTPSConnection(self._host, self._port, timeout=self._timeout, context=context)
        return http.client.HTTPConnection(self._host, self._port, timeout=self._timeout)

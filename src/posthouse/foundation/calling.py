"""Calls to addresses that somebody else chose: signed, without redirects, and never into a private network.

The name is resolved once and the connection made to that very address, so that it cannot lead elsewhere the second
time (DNS rebinding); redirects are not followed. Signed as Standard Webhooks says (standardwebhooks.com).
"""

import base64
import hashlib
import hmac
import http.client
import ipaddress
import secrets
import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

KEPT = 500
"""Letters of an answer that are kept."""
SECRET_PREFIX = "whsec_"  # noqa: S105  says what follows
SECRET_BYTES = 32
LONGEST_URL = 500


class Forbidden(Exception):
    """The address may not be called, whoever asks for it."""


class NotReached(Exception):
    """Nothing left: nobody answers there."""


class Unanswered(Exception):
    """It left, and nobody knows what came of it."""


@dataclass(frozen=True)
class Answer:
    """What was answered: the status, the beginning of the body, and for how long the other side wants to be left."""

    status: int
    text: str
    retry_after: int | None = None
    """Seconds, where the answer names any."""


def new_secret() -> str:
    """256 random bits, as Standard Webhooks writes them."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def sign(id_: str, moment: str, body: bytes, secret: str) -> str:
    """`v1,` and the base64 HMAC-SHA256 of `id.moment.body`; the secret is `whsec_` and base64."""
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    digest = hmac.new(key, f"{id_}.{moment}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def post(url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    """POST a body to an address and return what was answered, whatever the status; redirects are not followed.

    All of it ends within WEBHOOK_TIMEOUT seconds for each of: connecting, and the rest. Raises Forbidden for an
    address that may not be called, NotReached where nobody answers, Unanswered where the answer did not come.
    """
    where = _split(url)
    line = _line(where)
    try:
        line.connect()
    except OSError as error:
        raise NotReached(f"{type(error).__name__}: {error}") from error
    watchdog = threading.Timer(settings.WEBHOOK_TIMEOUT, _hang_up, [line])
    watchdog.daemon = True
    watchdog.start()
    try:
        return _ask(line, where, body, headers)
    except (OSError, http.client.HTTPException) as error:
        raise Unanswered(f"{type(error).__name__}: {error}") from error
    finally:
        watchdog.cancel()
        line.close()


def check_address(url: str) -> None:
    """Raises Forbidden, with the reason, for what will never be called: to be asked when an address is given.

    Names are not resolved here; what they lead to is looked at with every call.
    """
    if len(url) > LONGEST_URL or any(ord(letter) <= ord(" ") or ord(letter) > ord("~") for letter in url):
        raise Forbidden("not an address")
    where = _split(url)
    host, _port = _host_and_port(where)
    if where.username is not None or where.fragment:
        raise Forbidden("an address has neither a user nor a fragment")
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return
    if not settings.WEBHOOK_PRIVATE and not is_public(host):
        raise Forbidden(f"{host} leads into a private network")


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public internet, also when it is wrapped into IPv6."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        nat64 = ip in ipaddress.ip_network("64:ff9b::/96")
        if inner is None and nat64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError as error:
        raise Forbidden("not an address") from error


def _host_and_port(url: SplitResult) -> tuple[str, int]:
    try:
        host, port = url.hostname or "", url.port or (443 if url.scheme == "https" else 80)
    except ValueError as error:
        raise Forbidden("not an address") from error
    if url.scheme != "https" and not (url.scheme == "http" and settings.WEBHOOK_PRIVATE):
        raise Forbidden("only https addresses are called")
    if not host:
        raise Forbidden("not an address")
    return host, port


def _line(url: SplitResult) -> http.client.HTTPConnection:
    """A connection to an address that may be called."""
    host, port = _host_and_port(url)
    address = _address(host, port)
    if url.scheme == "https":
        return _Secure(host, port, address)
    return http.client.HTTPConnection(address, port, timeout=settings.WEBHOOK_TIMEOUT)


def _address(host: str, port: int) -> str:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NotReached(f"{host} is not known: {error}") from error
    addresses = [str(row[4][0]).partition("%")[0] for row in found]
    if not settings.WEBHOOK_PRIVATE and not all(map(is_public, addresses)):
        raise Forbidden(f"{host} leads into a private network")
    return addresses[0]


class _Secure(http.client.HTTPSConnection):
    """TLS to a name, over a connection to the address that was looked at."""

    def __init__(self, host: str, port: int, address: str) -> None:
        super().__init__(host, port, timeout=settings.WEBHOOK_TIMEOUT)
        self.address = address

    def connect(self) -> None:
        """To the address, asking for a certificate of the name."""
        plain = socket.create_connection((self.address, self.port), self.timeout)
        self.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=self.host)


def _ask(line: http.client.HTTPConnection, url: SplitResult, body: bytes, headers: Mapping[str, str]) -> Answer:
    path = (url.path or "/") + (f"?{url.query}" if url.query else "")
    line.request("POST", path, body, {"Host": url.netloc.rpartition("@")[2], **headers})
    answer = line.getresponse()
    pause = answer.headers.get("Retry-After", "").strip()
    seconds = int(pause) if pause.isascii() and pause.isdigit() and len(pause) < 9 else None
    return Answer(answer.status, answer.read(KEPT).decode("utf-8", "replace"), seconds)


def _hang_up(line: http.client.HTTPConnection) -> None:
    """A receiver that answers a letter at a time does not hold the worker for ever."""
    with suppress(OSError):
        if line.sock is not None:
            line.sock.shutdown(socket.SHUT_RDWR)

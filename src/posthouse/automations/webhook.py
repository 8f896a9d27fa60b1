"""Calls the vendor's own systems: signed, with an idempotency key, and never into a private network.

The name is resolved once and the connection made to that very address, so that it cannot lead elsewhere the second
time (DNS rebinding); redirects are not followed. Signed as Standard Webhooks says (standardwebhooks.com).
"""

import base64
import hashlib
import hmac
import http.client
import ipaddress
import json
import socket
import ssl
import threading
from typing import Any
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

from posthouse.automations.facts import Situation, event_values
from posthouse.automations.kinds import NotReached, Refused, Unanswered, effect_kind
from posthouse.automations.models import Effect, Settings
from posthouse.foundation.clock import now
from posthouse.people import queries as people

KEPT = 500
"""Letters of an answer that are kept."""
AGAIN = (408, 425, 429, 500, 503)
"""The receiver says that it did nothing, for now."""
NOBODY_KNOWS = (502, 504)
"""Somebody between us and the receiver lost the answer."""


@effect_kind("webhook", outside=True)
def call_webhook(effect: Effect, facts: Situation) -> dict[str, Any]:
    """POST what happened to an address of the vendor."""
    url = urlsplit(effect.payload["url"])
    line = _line(url)
    body = json.dumps(_told(effect, facts), default=str, ensure_ascii=False).encode()
    try:
        line.connect()
    except OSError as error:
        raise NotReached(f"{type(error).__name__}: {error}") from error
    watchdog = threading.Timer(settings.WEBHOOK_TIMEOUT, _hang_up, [line])
    watchdog.start()
    try:
        status, text = _ask(line, url, body, _headers(effect, body))
    except (OSError, http.client.HTTPException) as error:
        raise Unanswered(f"{type(error).__name__}: {error}") from error
    finally:
        watchdog.cancel()
        line.close()
    return _judged(status, text)


def _judged(status: int, text: str) -> dict[str, Any]:
    if 200 <= status < 300:
        return {"status": status, "text": text}
    said = f"answered {status}: {text}"
    if status in AGAIN:
        raise NotReached(said)
    if status in NOBODY_KNOWS:
        raise Unanswered(said)
    raise Refused(said, status=status)


def _told(effect: Effect, facts: Situation) -> dict[str, Any]:
    return {
        "id": effect.key,
        "automation": effect.automation_id,
        "run_id": effect.run_id,
        "step": effect.step,
        "event": event_values(facts.event) if facts.event else None,
        "contact": people.contact_values(facts.contact) if facts.contact else None,
        "customer": people.customer_values(facts.customer) if facts.customer else None,
    }


def _headers(effect: Effect, body: bytes) -> dict[str, str]:
    moment = str(int(now().timestamp()))
    signature = sign(effect.key, moment, body, secret())
    return {
        "Content-Type": "application/json",
        "User-Agent": "Posthouse",
        "Idempotency-Key": effect.key,
        "webhook-id": effect.key,
        "webhook-timestamp": moment,
        "webhook-signature": signature,
    }


def secret() -> str:
    """What receivers check the signature with; made at the first call."""
    return Settings.objects.get_or_create(pk=1)[0].webhook_secret


def sign(id_: str, moment: str, body: bytes, secret: str) -> str:
    """`v1,` and the base64 HMAC-SHA256 of `id.moment.body`; the secret is `whsec_` and base64."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, f"{id_}.{moment}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def _line(url: SplitResult) -> http.client.HTTPConnection:
    """A connection to an address that may be called. Raises Refused for one that may not."""
    try:
        host, port = url.hostname or "", url.port or (443 if url.scheme == "https" else 80)
    except ValueError as error:
        raise Refused("not an address") from error
    if url.scheme != "https" and not (url.scheme == "http" and settings.WEBHOOK_PRIVATE):
        raise Refused("only https addresses are called")
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
        raise Refused(f"{host} leads into a private network")
    return addresses[0]


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


class _Secure(http.client.HTTPSConnection):
    """TLS to a name, over a connection to the address that was looked at."""

    def __init__(self, host: str, port: int, address: str) -> None:
        super().__init__(host, port, timeout=settings.WEBHOOK_TIMEOUT)
        self.address = address

    def connect(self) -> None:
        """To the address, asking for a certificate of the name."""
        plain = socket.create_connection((self.address, self.port), self.timeout)
        self.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=self.host)


def _ask(line: http.client.HTTPConnection, url: SplitResult, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
    path = (url.path or "/") + (f"?{url.query}" if url.query else "")
    line.request("POST", path, body, {"Host": url.netloc.rpartition("@")[2], **headers})
    answer = line.getresponse()
    return answer.status, answer.read(KEPT).decode("utf-8", "replace")


def _hang_up(line: http.client.HTTPConnection) -> None:
    """A receiver that answers a letter at a time does not hold the worker for ever."""
    if line.sock is not None:
        line.sock.shutdown(socket.SHUT_RDWR)

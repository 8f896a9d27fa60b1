"""What is the same for every framework: reading a request, refusing it, and the record of a call."""

import functools
import json
import os
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from posthouse_client import headers
from posthouse_client.client import Caller, Client, caller_of
from posthouse_client.config import Settings
from posthouse_client.decision import Decision
from posthouse_client.redaction import READ_LIMIT, RawExchange
from posthouse_client.reporter import Call

UNMATCHED = "unmatched"
"""The route of a call that no route of the API took."""

CLIENT_GONE = 499
"""Status of a call whose client left before an answer began (as nginx logs it)."""

PEEK_LIMIT = 8 * 1024
"""Bytes of an error answer that are read to find its code."""

_LONGEST_US = 2**31 - 1
"""Posthouse keeps durations in 32 bits: 35 minutes, which only streams and websockets outlast."""

_REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/+=@-]{0,63}", re.ASCII)
_PRODUCT = re.compile(r"[A-Za-z0-9._@-]{1,40}/[A-Za-z0-9.+_-]{1,23}", re.ASCII)
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,99}", re.ASCII)


@dataclass(slots=True)
class Exchange:
    """One request on its way through the middleware, and what became of it.

    `at`: Unix seconds when it came in. `began`: the same moment on the performance counter, nanoseconds.
    """

    method: str
    path: str
    key_text: str | None
    request_id: str
    ip: str | None = None
    user_agent: str | None = None
    sdk: str | None = None
    version: str | None = None
    decision: Decision = field(default_factory=lambda: Decision(False, "key-missing"))
    error_code: str | None = None
    raw: RawExchange | None = None
    at: float = field(default_factory=time.time)
    began: int = field(default_factory=time.perf_counter_ns)

    def caller(self) -> Caller:
        """Who makes the request, once it was let through."""
        return caller_of(self.decision, self.request_id)


class PublicPaths:
    """Which paths need no key: listed ones, and everything below those that end with `*`."""

    def __init__(self, paths: Sequence[str]) -> None:
        self._whole = frozenset(path for path in paths if not path.endswith("*"))
        self._starts = tuple(path[:-1] for path in paths if path.endswith("*"))

    def __contains__(self, path: str) -> bool:
        return path in self._whole or (bool(self._starts) and path.startswith(self._starts))


def key_from(key_header: str | None, authorization: str | None) -> str | None:
    """The presented key: the header of its own first, as Authorization may carry something else."""
    if key_header:
        return key_header.strip()
    if authorization is not None and authorization[:7].lower() == "bearer ":
        return authorization[7:].strip() or None
    return None


def request_id_from(given: str | None) -> str:
    """The client's request id if it is short and plain, else a new random one."""
    if given and _REQUEST_ID.fullmatch(given):
        return given
    return f"req_{os.urandom(12).hex()}"


@functools.lru_cache(maxsize=1024)
def sdk_from(sdk_header: str | None, user_agent: str | None) -> str | None:
    """`name/version` of the SDK: from its own header, else the first product of the user agent.

    Browsers call themselves Mozilla, which says nothing; they have none.
    """
    for text in (sdk_header, user_agent):
        match = _PRODUCT.match(text or "")
        if match is not None and not match[0].startswith("Mozilla/"):
            return match[0]
    return None


def ip_from(peer: str | None, forwarded_for: str | None, hops: int) -> str | None:
    """The caller's address behind `hops` proxies of the vendor's own; what is further left anybody can write."""
    if not hops or not forwarded_for:
        return peer
    addresses = [part.strip() for part in forwarded_for.split(",")]
    return addresses[-hops] if len(addresses) >= hops else addresses[0]


def admit(exchange: Exchange, client: Client, scope: str | None, cost: int) -> Decision:
    """Decide on a request and remember the decision with it. Raises ValueError for a negative cost."""
    if exchange.key_text is None:
        decision = Decision(False, "key-missing")
    else:
        decision = client.verify(exchange.key_text, cost=cost, scope=scope, ip=exchange.ip)
    exchange.decision = decision
    return decision


def refusal(exchange: Exchange, settings: Settings) -> tuple[int, list[tuple[str, str]], bytes]:
    """Status, header fields and body with which a request is refused."""
    decision = exchange.decision
    members = headers.problem(
        decision.code,
        instance=exchange.path,
        limits=decision.limits,
        type_base=settings.problem_type_base,
    )
    body = headers.problem_body(members)
    fields = headers.refusal_headers(decision.code, decision.limits, decision.retry_after, settings.realm)
    fields += [
        ("Content-Type", headers.PROBLEM_MEDIA_TYPE),
        ("Content-Length", str(len(body))),
        ("Cache-Control", "no-store"),
        ("X-Request-Id", exchange.request_id),
    ]
    exchange.error_code = decision.code
    return members["status"], fields, body


def answer_fields(exchange: Exchange) -> list[tuple[str, str]]:
    """Header fields that are added to the API's own answer."""
    fields = headers.limit_headers(exchange.decision.limits)
    fields.append(("X-Request-Id", exchange.request_id))
    return fields


class Peek:
    """Collects the start of an error answer, to find its code when it is complete."""

    __slots__ = ("_content", "_is_json", "_length")

    def __init__(self, content_type: str) -> None:
        kind = content_type.partition(";")[0].strip().lower()
        self._is_json = kind == "application/json" or kind.endswith("+json")
        self._content = bytearray()
        self._length = 0

    def add(self, chunk: bytes) -> None:
        """Take a part of the body; beyond the limit nothing is kept."""
        self._length += len(chunk)
        if self._is_json and self._length <= PEEK_LIMIT:
            self._content += chunk

    def code(self) -> str | None:
        """The error's code: `code`, or `error.code`, or the last part of `type`; None if there is none."""
        if not self._content or self._length > PEEK_LIMIT:
            return None
        try:
            members = json.loads(bytes(self._content))
        except (ValueError, RecursionError):
            return None
        return _code_in(members)


def _code_in(members: Any) -> str | None:
    if not isinstance(members, dict):
        return None
    inner = members.get("error")
    kind = members.get("type")
    for found in (
        members.get("code"),
        inner.get("code") if isinstance(inner, dict) else inner,
        re.split(r"[/#:]", kind.rstrip("/"))[-1] if isinstance(kind, str) and kind != "about:blank" else None,
    ):
        code = clean_code(str(found) if isinstance(found, int) else found)
        if code is not None:
            return code
    return None


def clean_code(text: object) -> str | None:
    """An error code if it is one: short, without spaces."""
    return text if isinstance(text, str) and _CODE.fullmatch(text) else None


def _shown(text: str, length: int) -> str:
    """What somebody else wrote, so that every database can store it: cut, no NUL, no lone surrogate."""
    text = text[:length]
    if text.isascii():
        return text.replace("\0", "\N{REPLACEMENT CHARACTER}") if "\0" in text else text
    return text.encode(errors="replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")


class Captured:
    """The start of one body, for the request inspector, and its length."""

    __slots__ = ("content", "length")

    def __init__(self) -> None:
        self.content = bytearray()
        self.length = 0

    def add(self, chunk: bytes) -> None:
        """Take a part; beyond what could be read whole only the length is kept."""
        self.length += len(chunk)
        if self.length <= READ_LIMIT:
            self.content += chunk


def report(exchange: Exchange, client: Client, status: int, route: str) -> None:
    """Hand a finished exchange to the reporter."""
    if client.reporter is None:
        return
    record = exchange.decision.record
    call: Call = {
        "at": exchange.at,
        "key_id": record.key_id if record else None,
        "environment": record.environment if record else None,
        "method": exchange.method[:10],
        "route": route[:200],
        "path": _shown(exchange.path, 1024),
        "status": status,
        "duration_us": min((time.perf_counter_ns() - exchange.began) // 1000, _LONGEST_US),
        "request_id": exchange.request_id,
        "version": _shown(exchange.version, 40) if exchange.version else None,
        "sdk": exchange.sdk,
        "user_agent": _shown(exchange.user_agent, 200) if exchange.user_agent else None,
        "error_code": exchange.error_code,
    }
    if client.settings.record_ip:
        call["ip"] = exchange.ip
    size = 0
    raw = exchange.raw
    if raw is not None:
        call["raw"] = raw
        size = (
            len(raw.query)
            + len(raw.request)
            + len(raw.response)
            + sum(len(name) + len(value) for name, value in raw.headers)
        )
    client.record(call, size)

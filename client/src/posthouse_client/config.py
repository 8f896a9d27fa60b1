"""Everything that can be set, in one frozen dataclass, from code or from the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal, Self, get_args
from urllib.parse import urlsplit

OnUnreachable = Literal["serve-stale", "allow", "refuse"]

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How the middleware behaves. Times are seconds. Raises ValueError when something makes no sense.

    Reaching Posthouse:
    `url`: where Posthouse is, for example `https://developers.example.com`.
    `token`: an API token of the vendor's team with the scopes `keys:sync` and `calls:write`.
    `timeout`: for connecting, and for each answer to a report.

    When Posthouse cannot be reached:
    `on_unreachable`: "serve-stale" decides from the last known keys for `max_stale`, then refuses with
    503 `verifier-unavailable`; "allow" decides known keys from what is known however old it is and lets
    well-formed unknown keys through, unattributed and marked; "refuse" refuses as soon as nothing was
    heard for `dead_after`.
    `dead_after`: Posthouse writes at least once a second; silence longer than this is a lost connection.
    `start_wait`: how long the first request, or the start of an ASGI server, waits for the first keys.

    Reading requests (header names in any case):
    `key_header`: header that carries the key; `accept_bearer`: also take `Authorization: Bearer`.
    `public_paths`: paths that need no key and are not recorded; a `*` at the end means "and below".
    `forwarded_hops`: how many proxies of your own add to X-Forwarded-For; 0 takes the peer's address.
    `version_header`, `sdk_header`, `request_id_header`, `error_code_header`: where these are found.

    Answering: `realm` in challenges; `problem_type_base` before the code in a problem's type.

    Reporting calls:
    `report`: False verifies only. `flush_interval`, `batch_size`: a batch leaves after this time or at
    this many calls (1,000 at most). `max_queue` (calls) and `max_queue_bytes` (an estimate) bound what
    waits in memory; `shutdown_timeout` bounds the last flush.
    `record_ip`: report the caller's address. `record_bodies`: report request headers, the query and
    JSON and form bodies, with the values of `redact_headers` and `redact_fields` replaced, up to `max_body_bytes` each.
    """

    url: str
    token: str = field(repr=False)
    timeout: float = 5.0

    on_unreachable: OnUnreachable = "serve-stale"
    max_stale: float = 900.0
    dead_after: float = 3.0
    start_wait: float = 2.0

    key_header: str = "x-api-key"
    accept_bearer: bool = True
    public_paths: tuple[str, ...] = ()
    forwarded_hops: int = 0
    version_header: str = "x-api-version"
    sdk_header: str = "x-sdk"
    request_id_header: str = "x-request-id"
    error_code_header: str = "x-error-code"

    realm: str = "api"
    problem_type_base: str = "urn:posthouse:problem:"

    report: bool = True
    flush_interval: float = 0.3
    batch_size: int = 500
    max_queue: int = 10_000
    max_queue_bytes: int = 16 * 1024 * 1024
    shutdown_timeout: float = 3.0

    record_ip: bool = False
    record_bodies: bool = False
    max_body_bytes: int = 4096
    redact_headers: tuple[str, ...] = ("authorization", "cookie", "proxy-authorization", "set-cookie")
    redact_fields: tuple[str, ...] = (
        "password",
        "secret",
        "token",
        "access_token",
        "refresh_token",
        "client_secret",
        "api_key",
        "apikey",
        "authorization",
        "card_number",
        "cvc",
    )

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("url is the http or https address of Posthouse")
        if not self.token or not self.token.isascii() or not self.token.isprintable():
            raise ValueError("token is an API token of Posthouse")
        if self.on_unreachable not in get_args(OnUnreachable):
            raise ValueError(f"on_unreachable is one of {', '.join(get_args(OnUnreachable))}")
        if not 1 <= self.batch_size <= 1000:
            raise ValueError("batch_size is 1 to 1000")
        positive = ("timeout", "max_stale", "dead_after", "flush_interval", "max_queue", "max_queue_bytes")
        for name in positive:
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} is above 0")
        for name in ("start_wait", "shutdown_timeout", "forwarded_hops", "max_body_bytes"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} is not below 0")

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None, **overrides: Any) -> Self:
        """Read `POSTHOUSE_URL`, `POSTHOUSE_TOKEN` and so on: `POSTHOUSE_` and a setting's name in capitals.

        Lists are separated by commas, yes and no written `1`/`0`, `true`/`false`, `yes`/`no`, `on`/`off`.
        `overrides` win. Raises ValueError naming the variable when one is missing or cannot be read.
        """
        source = os.environ if environ is None else environ
        values = dict(overrides)
        for one in fields(cls):
            name = f"POSTHOUSE_{one.name.upper()}"
            if one.name not in values and name in source:
                values[one.name] = _read(name, source[name], one.default)
        for needed in ("url", "token"):
            if needed not in values:
                raise ValueError(f"POSTHOUSE_{needed.upper()} is not set")
        return cls(**values)


def _read(name: str, text: str, default: object) -> object:
    """A variable's text as the type its default has."""
    if isinstance(default, bool):
        if text.lower() in _TRUE | _FALSE:
            return text.lower() in _TRUE
        raise ValueError(f"{name} is yes or no, not {text!r}")
    if isinstance(default, (int, float)):
        try:
            return type(default)(text)
        except ValueError:
            raise ValueError(f"{name} is a number, not {text!r}") from None
    if isinstance(default, tuple):
        return tuple(part.strip() for part in text.split(",") if part.strip())
    return text

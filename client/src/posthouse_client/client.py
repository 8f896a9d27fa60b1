"""One process's client: the keys it knows, the policy when Posthouse is silent, and the reporter.

Make one per process and give it to the middleware; nothing runs before the first request or `start()`,
so it may be made before a server forks its workers.
"""

import atexit
import weakref
from dataclasses import dataclass

from posthouse_client.config import Settings
from posthouse_client.decision import Decision, KeyStore
from posthouse_client.limits import LimitState
from posthouse_client.redaction import Redactor
from posthouse_client.reporter import Call, Reporter, ReporterStatus
from posthouse_client.snapshot import KeySync, SyncStatus

UNAVAILABLE_RETRY = 5.0
"""Retry-After in seconds with `verifier-unavailable`: by then a lost connection was tried again."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who makes a request, for the vendor's own code.

    `verified` is False only under `on_unreachable="allow"`, for a key that could not be looked up; then
    `key_id`, `customer_id` and `environment` are None and nothing was limited. `limits`: after this call.
    """

    verified: bool
    key_id: str | None
    customer_id: str | None
    environment: str | None
    scopes: frozenset[str]
    limits: tuple[LimitState, ...]
    request_id: str

    def has_scope(self, scope: str) -> bool:
        """Whether the key has a scope."""
        return scope in self.scopes


@dataclass(frozen=True, slots=True)
class Status:
    """How this process's client stands. `calls` is None when it does not report."""

    keys: SyncStatus
    calls: ReporterStatus | None


class Client:
    """Verifies keys and reports calls. Safe to share between threads; starts by itself."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.store = KeyStore()
        self.sync = KeySync(self.store, settings)
        redactor = Redactor(
            (*settings.redact_headers, settings.key_header), settings.redact_fields, settings.max_body_bytes
        )
        self.reporter = Reporter(settings, redactor.finish) if settings.report else None
        _close_at_exit(self)

    def start(self) -> None:
        """Start following keys now, also after a close, rather than with the first request."""
        self.sync.start()
        if self.reporter is not None:
            self.reporter.start()

    def close(self) -> None:
        """Stop following and deliver what was recorded, within `shutdown_timeout`."""
        self.sync.close()
        if self.reporter is not None:
            self.reporter.close()

    def wait_ready(self) -> bool:
        """Block until the first keys are there, at most `start_wait` after the start; True when they are."""
        return self.sync.wait_loaded()

    @property
    def ready(self) -> bool:
        """Whether the first keys are there."""
        return self.sync.loaded

    def verify(self, key_text: str, *, cost: int = 1, scope: str | None = None, ip: str | None = None) -> Decision:
        """Decide on one call, by the policy for an unreachable Posthouse where it applies.

        A call let through without being looked up has `valid` True, `code` "ok" and no `record`.
        Raises ValueError for a negative cost.
        """
        sync = self.sync
        sync.ensure()
        silent_for = sync.silent_for
        if silent_for <= self.settings.dead_after:
            return self.store.decide(key_text, cost=cost, scope=scope, ip=ip)
        return self._verify_in_silence(key_text, silent_for, cost, scope, ip)

    def record(self, call: Call, size: int = 0) -> None:
        """Report a call, if this client reports at all. Never blocks, never raises."""
        if self.reporter is not None:
            self.reporter.record(call, size)

    def status(self) -> Status:
        """For health pages and logs."""
        return Status(self.sync.status(), self.reporter.status() if self.reporter else None)

    def _verify_in_silence(
        self, key_text: str, silent_for: float, cost: int, scope: str | None, ip: str | None
    ) -> Decision:
        policy = self.settings.on_unreachable
        if policy == "allow":
            decision = self.store.decide(key_text, cost=cost, scope=scope, ip=ip)
            return Decision(True, "ok") if decision.code == "key-unknown" else decision
        if policy == "serve-stale" and silent_for <= self.settings.max_stale:
            return self.store.decide(key_text, cost=cost, scope=scope, ip=ip)
        return Decision(False, "verifier-unavailable", retry_after=UNAVAILABLE_RETRY)


def caller_of(decision: Decision, request_id: str) -> Caller:
    """The caller of a request that was let through."""
    record = decision.record
    if record is None:
        return Caller(False, None, None, None, frozenset(), (), request_id)
    return Caller(
        True,
        record.key_id,
        record.customer_id,
        record.environment,
        record.scopes,
        decision.limits,
        request_id,
    )


def _close_at_exit(client: Client) -> None:
    """Deliver the last calls when the interpreter ends, without keeping the client alive until then."""
    reference = weakref.ref(client)

    def close() -> None:
        living = reference()
        if living is not None:
            living.close()

    atexit.register(close)
    weakref.finalize(client, atexit.unregister, close).atexit = False

"""May this call pass? One look-up in memory, the same rules in the middleware and in Posthouse.

The hot path is measured by `benchmarks/client_decision.py`. Of the ways to the digest of a 45-character
key (CPython 3.11, OpenSSL 3, one core, best of 5): `hmac.digest` 1.33 µs; two SHA-256 states prepared
with the padded pepper and copied (RFC 2104, section 4) 0.62 µs, with the private `_sha256` module
0.57 µs. The prepared states are used. Between other work OpenSSL costs several times that, because its code and
tables have left the processor's caches; so what was found for a key is remembered, but for a second at most and
only until anything changes: a busy key is hashed once a second, and none stays readable in memory much
longer than its request.

Finding a digest by a dictionary is not done in constant time, and need not be: what an attacker could
learn from timing are leading bits of an HMAC under a pepper it does not have, of a 178-bit random key.
"""

import hashlib
import math
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from posthouse_client import forking, keyformat
from posthouse_client.limits import Limit, Limiter, LimitState, states_of

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address

_BLOCK = 64
"""Bytes in one block of SHA-256."""
_REMEMBERED = 1_000_000_000
"""Nanoseconds for which what was found for a key is kept beside it."""


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """What a verifier knows of one key. Times are Unix seconds.

    `secrets`: pairs of digest and the time until which it is good, None for no end; two while a rotation
    overlaps. `networks` empty means any address.
    """

    key_id: str
    customer_id: str
    environment: str
    scopes: frozenset[str] = frozenset()
    expires_at: float | None = None
    revoked: bool = False
    suspended: bool = False
    limits: tuple[Limit, ...] = ()
    networks: tuple[Network, ...] = ()
    secrets: tuple[tuple[bytes, float | None], ...] = ()
    bound: bool = field(init=False, repr=False, compare=False)
    """Whether anything but limits can refuse a call that asks for no scope."""

    def __post_init__(self) -> None:
        bound = self.revoked or self.suspended or self.expires_at is not None or bool(self.networks)
        object.__setattr__(self, "bound", bound)


_Found = tuple[KeyRecord, float | None]
"""A key's record, and until when the presented secret is good."""


@dataclass(slots=True)
class Decision:
    """The answer. `record` is set whenever the key is known, also when the call is refused.

    `code` is "ok" or one of `posthouse_client.headers.PROBLEMS`. `retry_after`: seconds until the same
    call would pass, on "quota-exceeded" only; None when there is no such time. `unused` and `refusals` are
    for `limits`, which is worked out when asked for.
    """

    valid: bool
    code: str
    record: KeyRecord | None = None
    unused: Sequence[int] = ()
    refusals: tuple[LimitState, ...] = ()
    retry_after: float | None = None

    @property
    def limits(self) -> tuple[LimitState, ...]:
        """Where each of the key's limits stands after this call; empty when they were not looked at."""
        if self.record is None or self.refusals:
            return self.refusals
        return states_of(self.record.limits, self.unused)


@dataclass(slots=True)
class _Table:
    """Everything that is swapped at once."""

    by_id: dict[str, KeyRecord]
    by_digest: dict[bytes, _Found]
    hashers: tuple[tuple["hashlib._Hash", "hashlib._Hash"], ...]


class KeyStore:
    """The known keys of this process and their limits.

    Any number of threads may decide; changes are put in order by a lock and are visible to the next
    decision. `peppers`: pepper id to secret; a presented key is tried under each, in the order given.
    """

    def __init__(self, peppers: Mapping[str, bytes] | None = None) -> None:
        self.limiter = Limiter()
        self._write = threading.Lock()
        self._table = _Table({}, {}, _hashers(peppers or {}))
        self._recent: tuple[int, dict[str, _Found]] = (0, {})
        """What was found for keys since a moment. A change is put in force first and then empties this, and who
        finds an old state writes it into the dictionary taken before looking, so it does not outlive the change."""
        forking.register(self)

    def after_fork(self) -> None:
        """Make the locks anew in a forked child; keys and counts are kept as they were."""
        self._write = threading.Lock()
        self.limiter.after_fork()

    def __len__(self) -> int:
        return len(self._table.by_id)

    def get(self, key_id: str) -> KeyRecord | None:
        """What is known of one key."""
        return self._table.by_id.get(key_id)

    def replace(self, records: Iterable[KeyRecord], peppers: Mapping[str, bytes]) -> None:
        """Put a whole new set of keys in force at once; the limits of keys that stay go on counting."""
        table = _Table({}, {}, _hashers(peppers))
        for record in records:
            _put(table, record)
        with self._write:
            gone = self._table.by_id.keys() - table.by_id.keys()
            self._table = table
            self._recent = (0, {})
        for key_id in gone:
            self.limiter.forget(key_id)

    def upsert(self, record: KeyRecord) -> None:
        """Put one key's full new state in force."""
        with self._write:
            _put(self._table, record)
            self._recent = (0, {})

    def gone(self, key_id: str) -> None:
        """Forget a key; a call with it is answered "key-unknown" from now on."""
        with self._write:
            record = self._table.by_id.pop(key_id, None)
            for digest, _ in record.secrets if record else ():
                self._table.by_digest.pop(digest, None)
            self._recent = (0, {})
        self.limiter.forget(key_id)

    def decide(
        self,
        key_text: str,
        *,
        cost: int = 1,
        scope: str | None = None,
        ip: str | Address | None = None,
        now: float | None = None,
    ) -> Decision:
        """Decide on one call, and if it passes take `cost` from the key's limits.

        Order: malformed, unknown, revoked, expired, suspended, address, scope, limits; a refused call
        takes nothing. `ip`: the caller's address, needed only by keys bound to networks. `now`: Unix
        seconds, the clock if left out. Raises ValueError for a negative cost.
        """
        now_ns = time.time_ns() if now is None else int(now * 1_000_000_000)
        since, recent = self._recent
        if not 0 <= now_ns - since < _REMEMBERED:
            recent = {}
            self._recent = (now_ns, recent)
        found = recent.get(key_text)
        if found is None:
            found = self._find(key_text)
            if found is None:
                known_shape = keyformat.parse(key_text) is not None
                return Decision(False, "key-unknown" if known_shape else "key-malformed")
            recent[key_text] = found
        record, ends_at = found
        if record.bound or ends_at is not None or scope is not None:
            code = _refusal(record, ends_at, now_ns, ip, scope)
            if code is not None:
                return Decision(False, code, record)
        if not record.limits:
            return Decision(True, "ok", record)
        unused, refusals = self.limiter.take(record.key_id, record.limits, now_ns, cost)
        if not refusals:
            return Decision(True, "ok", record, unused)
        wait = max([state.retry_after for state in refusals])
        return Decision(False, "quota-exceeded", record, (), refusals, None if wait == math.inf else wait)

    def _find(self, key_text: str) -> _Found | None:
        """Look a key up under each pepper; anything too long or not ASCII is not hashed at all."""
        if len(key_text) > keyformat.MAX_LENGTH or not key_text.isascii():
            return None
        table = self._table
        encoded = key_text.encode()
        for inner, outer in table.hashers:
            first = inner.copy()
            first.update(encoded)
            second = outer.copy()
            second.update(first.digest())
            found = table.by_digest.get(second.digest())
            if found is not None:
                return found
        return None


def _refusal(
    record: KeyRecord, ends_at: float | None, now_ns: int, ip: str | Address | None, scope: str | None
) -> str | None:
    """The first reason, in the documented order, why a known key does not pass, limits left out."""
    if record.revoked:
        return "key-revoked"
    if (ends_at is not None and ends_at * 1e9 <= now_ns) or (
        record.expires_at is not None and record.expires_at * 1e9 <= now_ns
    ):
        return "key-expired"
    if record.suspended:
        return "customer-suspended"
    if record.networks and not _inside(record.networks, ip):
        return "ip-not-allowed"
    if scope is not None and scope not in record.scopes:
        return "scope-missing"
    return None


def _inside(networks: tuple[Network, ...], ip: str | Address | None) -> bool:
    """Whether an address is in one of the networks; one that cannot be read is in none."""
    if ip is None:
        return False
    try:
        address = ip_address(ip)
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return any(address in network for network in networks)


def _put(table: _Table, record: KeyRecord) -> None:
    """Index a record, and un-index secrets of its former state that it no longer has."""
    former = table.by_id.get(record.key_id)
    for digest, ends_at in record.secrets:
        table.by_digest[digest] = (record, ends_at)
    table.by_id[record.key_id] = record
    if former is not None:
        kept = {digest for digest, _ in record.secrets}
        for digest, _ in former.secrets:
            if digest not in kept:
                table.by_digest.pop(digest, None)


def _hashers(peppers: Mapping[str, bytes]) -> tuple[tuple["hashlib._Hash", "hashlib._Hash"], ...]:
    """The inner and outer SHA-256 of HMAC (RFC 2104), fed with the padded pepper and ready to be copied."""
    return tuple(_hmac_states(pepper) for pepper in peppers.values())


def _hmac_states(pepper: bytes) -> tuple["hashlib._Hash", "hashlib._Hash"]:
    block = hashlib.sha256(pepper).digest() if len(pepper) > _BLOCK else pepper
    padded = block.ljust(_BLOCK, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in padded))
    outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in padded))
    return inner, outer

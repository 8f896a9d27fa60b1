"""Named limits per key by GCRA: several at once, all or nothing, exact within the process.

GCRA (ITU-T I.371, "generic cell rate algorithm") keeps one number per limit, the theoretical arrival
time: when the quota will be whole again. A call costs the emission interval, window / quota; it is let
through as long as the debt stays within one window. So `quota` calls may come at once, then one per
interval, and in any stretch of `d` seconds at most `quota + d * quota / window` calls pass.

Everything is counted in whole numbers, in units of 1 / quota nanosecond, where a call costs exactly
`window_ns` and the tolerance is exactly `quota * window_ns`: with floats the tenth call of "10 per
second" is refused or not depending on how the sums happen to round.
"""

import math
import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field

_IDLE_NS = 60_000_000_000
"""A key's state stays this long after its quotas are whole, or busy keys would be dropped and made anew."""


@dataclass(frozen=True, slots=True)
class Limit:
    """`quota` calls per `window` seconds, under a name; quota 0 lets nothing through.

    Raises ValueError for a negative quota, a window that is not above zero, and a name that is not
    1 to 64 printable ASCII characters (it is sent in header fields).
    """

    name: str
    quota: int
    window: float
    window_ns: int = field(init=False, repr=False, compare=False)
    tolerance: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.quota < 0 or not 1e-9 <= self.window < math.inf:
            raise ValueError("a limit needs a quota of at least 0 and a window above 0 seconds")
        if not (1 <= len(self.name) <= 64 and self.name.isascii() and self.name.isprintable()):
            raise ValueError("a limit's name is 1 to 64 printable ASCII characters")
        object.__setattr__(self, "window_ns", round(self.window * 1_000_000_000))
        object.__setattr__(self, "tolerance", self.quota * self.window_ns)


@dataclass(slots=True)
class LimitState:
    """Where one limit stands after a call was let through or refused.

    `unused`: what is left of the tolerance, in the limiter's own units; everything else is worked out
    from it when asked for, which keeps the decision short. `retry_after`: 0.0, or, on the limits that
    refused, the seconds until the same call would pass; `math.inf` when it costs more than the quota.
    """

    limit: Limit
    unused: int
    retry_after: float = 0.0

    @property
    def name(self) -> str:
        """The limit's name."""
        return self.limit.name

    @property
    def quota(self) -> int:
        """Calls in one window."""
        return self.limit.quota

    @property
    def window(self) -> float:
        """Seconds in one window."""
        return self.limit.window

    @property
    def remaining(self) -> int:
        """Calls that would be let through right now."""
        return self.unused // self.limit.window_ns

    @property
    def reset(self) -> float:
        """Seconds until `remaining` grows by one; 0.0 when the quota is whole, infinite when it is 0.

        draft-ietf-httpapi-ratelimit-headers-11 calls this the effective window: "the time within which
        the client can use no more than the available quota". For GCRA it is exactly this.
        """
        limit = self.limit
        if not limit.quota:
            return math.inf
        if self.unused == limit.tolerance:
            return 0.0
        return (limit.window_ns - self.unused % limit.window_ns) / (limit.quota * 1_000_000_000)


def states_of(limits: Iterable[Limit], unused: Iterable[int]) -> tuple[LimitState, ...]:
    """The states of limits that let a call through."""
    return tuple(map(LimitState, limits, unused))


class Limiter:
    """The limits of all keys in this process. Safe to share between threads.

    Memory: a few hundred bytes for each key seen within its longest window and a minute. Each newly seen
    key looks at two old ones and evicts those whose quotas have been whole for a minute, which changes
    no answer.
    """

    __slots__ = ("_lock", "_states")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._states: OrderedDict[str, _Arrivals] = OrderedDict()

    def __len__(self) -> int:
        return len(self._states)

    def hit(
        self, key_id: str, limits: tuple[Limit, ...], now_ns: int, cost: int = 1
    ) -> tuple[bool, tuple[LimitState, ...]]:
        """Take `cost` calls from every limit of the key, or from none if one of them refuses.

        `now_ns`: Unix time in nanoseconds. A clock set back costs a key at most one window, never more.
        Cost 0 asks without taking. When a key's limits change, calls already made keep counting under
        the limit of the same name. Raises ValueError for a negative cost.
        """
        unused, refusals = self.take(key_id, limits, now_ns, cost)
        return (False, refusals) if refusals else (True, states_of(limits, unused))

    def take(
        self, key_id: str, limits: tuple[Limit, ...], now_ns: int, cost: int = 1
    ) -> tuple[list[int], tuple[LimitState, ...]]:
        """As `hit`, for those in a hurry: what is left unused of each limit's tolerance, see `states_of`; or, when
        a limit refuses, an empty list and the states of all of them."""
        if cost < 0:
            raise ValueError("a cost is not negative")
        with self._lock:
            entry = self._states.get(key_id)
            if entry is None:
                entry = self._admit(key_id, limits, now_ns)
            elif entry.limits is not limits:
                entry.change(limits, now_ns)
            taken: list[int] = []
            unused: list[int] = []
            for limit, arrival in zip(limits, entry.arrivals):  # noqa: B905  as long as each other; strict costs time
                now = now_ns * limit.quota
                tolerance = limit.tolerance
                debt = arrival - now
                if debt < 0:
                    debt = 0
                elif debt > tolerance:
                    debt = tolerance
                debt += cost * limit.window_ns
                if debt > tolerance:
                    return [], _refuse(entry, now_ns, cost)
                taken.append(now + debt)
                unused.append(tolerance - debt)
            entry.arrivals = taken
            return unused, ()

    def after_fork(self) -> None:
        """Make the lock anew in a forked child, where nobody is left to release it."""
        self._lock = threading.Lock()

    def forget(self, key_id: str) -> None:
        """Drop what is known of a key that is gone."""
        with self._lock:
            self._states.pop(key_id, None)

    def evict(self, now_ns: int) -> None:
        """Drop every key whose quotas are whole again; nothing but memory changes."""
        with self._lock:
            for key_id in [key_id for key_id, entry in self._states.items() if entry.is_whole(now_ns)]:
                del self._states[key_id]

    def _admit(self, key_id: str, limits: tuple[Limit, ...], now_ns: int) -> "_Arrivals":
        """Begin the state of a new key and let two old ones go, or queue them again if still needed."""
        states = self._states
        for _ in range(min(2, len(states))):
            oldest, entry = states.popitem(last=False)
            if not entry.is_whole(now_ns - _IDLE_NS):
                states[oldest] = entry
        states[key_id] = entry = _Arrivals(limits, [0] * len(limits))
        return entry


@dataclass(slots=True)
class _Arrivals:
    """The theoretical arrival times of one key, in the order of its limits."""

    limits: tuple[Limit, ...]
    arrivals: list[int]

    def debts(self, now_ns: int) -> list[int]:
        """What is still owed of each tolerance; never more than all of it, whatever the clock did."""
        return [
            min(max(0, arrival - now_ns * limit.quota), limit.tolerance)
            for limit, arrival in zip(self.limits, self.arrivals, strict=True)
        ]

    def is_whole(self, now_ns: int) -> bool:
        """Whether all quotas are whole again, so that forgetting this changes nothing."""
        return not any(self.debts(now_ns))

    def change(self, limits: tuple[Limit, ...], now_ns: int) -> None:
        """Take over new limits: a call made stays a call made under the limit of the same name."""
        owed = {
            limit.name: (debt, limit.window_ns) for limit, debt in zip(self.limits, self.debts(now_ns), strict=True)
        }
        arrivals = []
        for limit in limits:
            debt, window_ns = owed.get(limit.name, (0, limit.window_ns))
            arrivals.append(now_ns * limit.quota + debt * limit.window_ns // window_ns)
        self.limits, self.arrivals = limits, arrivals


def _refuse(entry: _Arrivals, now_ns: int, cost: int) -> tuple[LimitState, ...]:
    """The states of all limits when at least one refuses; nothing is taken from any.

    The debts are written back as they were read, so that one cut down after the clock was set back runs
    off from now on.
    """
    states = []
    debts = entry.debts(now_ns)
    entry.arrivals = [now_ns * limit.quota + debt for limit, debt in zip(entry.limits, debts, strict=True)]
    for limit, debt in zip(entry.limits, debts, strict=True):
        excess = debt + cost * limit.window_ns - limit.tolerance
        if excess <= 0:
            wait = 0.0
        elif cost > limit.quota:
            wait = math.inf
        else:
            wait = excess / (limit.quota * 1_000_000_000)
        states.append(LimitState(limit, limit.tolerance - debt, wait))
    return tuple(states)

"""Milestones in a customer's traffic. Calls themselves are not on the timeline."""

from dataclasses import dataclass
from typing import ClassVar

from posthouse.timeline.events import Event


@dataclass(frozen=True, kw_only=True)
class _FirstOfItsKind:
    """Facts about that call. Times to it are in seconds, null where the beginning is not known."""

    call_id: str
    key_id: str
    environment: str
    method: str
    route: str
    status: int
    seconds_since_customer: float | None = None
    seconds_since_key: float | None = None


@dataclass(frozen=True, kw_only=True)
class FirstCall(_FirstOfItsKind, Event):
    """The customer's first call, whatever its answer."""

    type: ClassVar[str] = "call.first"


@dataclass(frozen=True, kw_only=True)
class FirstSuccess(_FirstOfItsKind, Event):
    """The first call that was answered without an error."""

    type: ClassVar[str] = "call.first_success"


@dataclass(frozen=True, kw_only=True)
class FirstFailure(_FirstOfItsKind, Event):
    """The first call that failed (status 400 or higher)."""

    type: ClassVar[str] = "call.failed_first"


@dataclass(frozen=True, kw_only=True)
class FirstLiveCall(_FirstOfItsKind, Event):
    """The first call with a live key."""

    type: ClassVar[str] = "call.first_live"


@dataclass(frozen=True, kw_only=True)
class FirstLiveSuccess(_FirstOfItsKind, Event):
    """The first call with a live key that was answered without an error."""

    type: ClassVar[str] = "call.first_live_success"


@dataclass(frozen=True, kw_only=True)
class ErrorSpike(Event):
    """Far more calls fail than is usual for this customer (rule: spikes.py). `share` and `usual_share` are 0 to 1."""

    type: ClassVar[str] = "error.spike"
    calls: int
    errors: int
    share: float
    usual_share: float
    route: str
    status: int


@dataclass(frozen=True, kw_only=True)
class ErrorSpikeEnded(Event):
    """The error spike is over."""

    type: ClassVar[str] = "error.spike_ended"
    seconds: float


@dataclass(frozen=True, kw_only=True)
class TrafficGoneQuiet(Event):
    """A customer that called regularly has stopped (rule: quiet.py)."""

    type: ClassVar[str] = "traffic.gone_quiet"
    last_call_at: str
    usual_gap_seconds: float


@dataclass(frozen=True, kw_only=True)
class TrafficResumed(Event):
    """A customer that had gone quiet calls again."""

    type: ClassVar[str] = "traffic.resumed"
    quiet_seconds: float

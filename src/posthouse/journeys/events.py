"""What is announced about journeys. The engine itself takes none of the `journey.` events in."""

from dataclasses import dataclass
from typing import ClassVar

from posthouse.timeline.events import Event


@dataclass(frozen=True, kw_only=True)
class JourneyEntered(Event):
    """A customer or contact began a journey. `replayed`: long ago, found in a replay; nothing should act on it."""

    type: ClassVar[str] = "journey.entered"
    journey: str
    run_id: str
    revision: int
    replayed: bool = False


@dataclass(frozen=True, kw_only=True)
class StepReached(Event):
    """A step of a journey was reached; `occurrence` counts repetitions, `late`: later ones had been reached before."""

    type: ClassVar[str] = "journey.step_reached"
    journey: str
    step: str
    run_id: str
    occurrence: int
    late: bool
    replayed: bool = False


@dataclass(frozen=True, kw_only=True)
class JourneyCompleted(Event):
    """All required steps of a journey were reached."""

    type: ClassVar[str] = "journey.completed"
    journey: str
    run_id: str
    replayed: bool = False


@dataclass(frozen=True, kw_only=True)
class JourneyExited(Event):
    """A journey ended before its last step: by an exit rule, or `window`, `order_broken`, `definition_changed`."""

    type: ClassVar[str] = "journey.exited"
    journey: str
    run_id: str
    reason: str
    replayed: bool = False


@dataclass(frozen=True, kw_only=True)
class JourneyStuck(Event):
    """Somebody waits too long at a step: `kind` is limit (the declared one), slow (90 % were faster) or engine."""

    type: ClassVar[str] = "journey.stuck"
    journey: str
    step: str
    run_id: str
    kind: str


@dataclass(frozen=True, kw_only=True)
class EnrolmentMade(Event):
    """A customer or contact was put into a journey by the team or an automation; `key` where runs are kept apart."""

    type: ClassVar[str] = "enrolment.made"
    journey: str
    key: str = ""


@dataclass(frozen=True, kw_only=True)
class EnrolmentEnded(Event):
    """A customer or contact was taken out of a journey; of one run where `occurrence` is not 0."""

    type: ClassVar[str] = "enrolment.ended"
    journey: str
    reason: str
    key: str = ""
    occurrence: int = 0

"""What is announced by pages made of several features."""

from dataclasses import dataclass
from typing import ClassVar

from posthouse.timeline.events import Event


@dataclass(frozen=True, kw_only=True)
class ErrorExamined(Event):
    """A customer's people opened the explanation of a failing call for the first time."""

    type: ClassVar[str] = "error.examined"
    call_id: str
    error_code: str


@dataclass(frozen=True, kw_only=True)
class GoLiveConfirmed(Event):
    """Somebody confirmed one point of the go-live checklist: `limits` or `incidents`."""

    type: ClassVar[str] = "golive.confirmed"
    item: str


@dataclass(frozen=True, kw_only=True)
class GoLiveCompleted(Event):
    """Every point of the go-live checklist is done."""

    type: ClassVar[str] = "golive.completed"

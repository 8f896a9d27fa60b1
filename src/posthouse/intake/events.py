"""What is announced about sources, and what clients of other tools tell about people and organisations."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from posthouse.timeline.events import Event


@dataclass(frozen=True, kw_only=True)
class SourceMade(Event):
    """A source of events was set up."""

    type: ClassVar[str] = "source.made"
    source_id: str
    name: str
    dialect: str


@dataclass(frozen=True, kw_only=True)
class SourceChanged(Event):
    """A source is set up differently; `changed` names the fields."""

    type: ClassVar[str] = "source.changed"
    source_id: str
    changed: list[str]


@dataclass(frozen=True, kw_only=True)
class SourceKeyRotated(Event):
    """A source has a new write key; the old one works on until `overlap_ends_at`."""

    type: ClassVar[str] = "source.key_rotated"
    source_id: str
    overlap_ends_at: str


@dataclass(frozen=True, kw_only=True)
class SourceSwitchedOff(Event):
    """Nothing is taken in from a source any more."""

    type: ClassVar[str] = "source.switched_off"
    source_id: str


@dataclass(frozen=True, kw_only=True)
class SourceSwitchedOn(Event):
    """A source is taken in again."""

    type: ClassVar[str] = "source.switched_on"
    source_id: str


@dataclass(frozen=True, kw_only=True)
class PersonIdentified(Event):
    """A client said who somebody is: traits to set, traits to set once, and further ids (`also`) of the same person."""

    type: ClassVar[str] = "intake.identified"
    traits: dict[str, Any] = field(default_factory=dict)
    once: dict[str, Any] = field(default_factory=dict)
    also: list[str] = field(default_factory=list)
    original_id: str = ""
    intake: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class GroupTold(Event):
    """A client said to which organisation somebody belongs, and what that is like."""

    type: ClassVar[str] = "intake.grouped"
    traits: dict[str, Any] = field(default_factory=dict)
    original_id: str = ""
    kind: str = ""
    intake: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class AliasTold(Event):
    """A client said that the person of this event was called `previous` before."""

    type: ClassVar[str] = "intake.aliased"
    previous: str
    intake: dict[str, Any] = field(default_factory=dict)

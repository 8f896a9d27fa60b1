"""What is announced about keys."""

from dataclasses import dataclass
from typing import ClassVar

from posthouse.timeline.events import Event


@dataclass(frozen=True, kw_only=True)
class KeyCreated(Event):
    """A key was made; its secret was shown once."""

    type: ClassVar[str] = "key.created"
    key_id: str
    name: str
    environment: str


@dataclass(frozen=True, kw_only=True)
class KeyRotated(Event):
    """A key got a new secret; the old one works until `overlap_ends_at`."""

    type: ClassVar[str] = "key.rotated"
    key_id: str
    name: str
    environment: str
    overlap_ends_at: str


@dataclass(frozen=True, kw_only=True)
class KeyChanged(Event):
    """Name, scopes, limits, networks or expiry of a key changed; `changed` names which."""

    type: ClassVar[str] = "key.changed"
    key_id: str
    name: str
    environment: str
    changed: list[str]


@dataclass(frozen=True, kw_only=True)
class KeyRevoked(Event):
    """A key was ended for good; it is refused everywhere within a second."""

    type: ClassVar[str] = "key.revoked"
    key_id: str
    name: str
    environment: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class KeyExpired(Event):
    """A key reached its expiry date."""

    type: ClassVar[str] = "key.expired"
    key_id: str
    name: str
    environment: str

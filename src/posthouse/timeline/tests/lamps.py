"""An event for the tests of this folder."""

from dataclasses import dataclass
from typing import ClassVar

from posthouse.timeline import events


@dataclass(frozen=True, kw_only=True)
class LampLit(events.Event):
    """Only for these tests."""

    type: ClassVar[str] = "lamp.lit"
    watts: int

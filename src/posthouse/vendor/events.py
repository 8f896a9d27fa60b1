"""What is announced about the vendor."""

from dataclasses import dataclass
from typing import ClassVar

from posthouse.timeline.events import Event


@dataclass(frozen=True, kw_only=True)
class VendorDescribed(Event):
    """The vendor's name, look or addresses changed; `changed` names the fields."""

    type: ClassVar[str] = "vendor.described"
    changed: list[str]

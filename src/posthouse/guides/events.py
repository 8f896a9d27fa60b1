"""What is announced about guides."""

from dataclasses import dataclass
from typing import ClassVar

from posthouse.timeline.events import Event


@dataclass(frozen=True, kw_only=True)
class GuideRead(Event):
    """A contact opened a page of the documentation; announced once a day for each page."""

    type: ClassVar[str] = "guide.read"
    page: str
    title: str

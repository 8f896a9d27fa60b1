"""What is announced about themes."""

from dataclasses import dataclass
from typing import ClassVar

from posthouse.timeline.events import Event


@dataclass(frozen=True, kw_only=True)
class SurveyThemeChanged(Event):
    """A theme has another name, was merged into another one, hidden or shown again."""

    type: ClassVar[str] = "survey.theme_changed"
    key: str
    name: str
    merged_into: str
    hidden: bool


@dataclass(frozen=True, kw_only=True)
class SurveyThemeCorrected(Event):
    """The team said that an answer is, or is not, about a theme; None: its words decide again."""

    type: ClassVar[str] = "survey.theme_corrected"
    campaign_id: str
    response_id: str
    key: str
    about: bool | None

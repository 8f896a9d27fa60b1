"""What is announced about tags, notes and who looks after answers."""

from dataclasses import dataclass
from typing import ClassVar

from posthouse.timeline.events import Event


@dataclass(frozen=True, kw_only=True)
class SurveyResponseTagged(Event):
    """The team put a tag on an answer."""

    type: ClassVar[str] = "survey.response_tagged"
    campaign_id: str
    response_id: str
    tag: str


@dataclass(frozen=True, kw_only=True)
class SurveyResponseUntagged(Event):
    """The team took a tag off an answer."""

    type: ClassVar[str] = "survey.response_untagged"
    campaign_id: str
    response_id: str
    tag: str


@dataclass(frozen=True, kw_only=True)
class SurveyResponseNoted(Event):
    """The team wrote a note on an answer; its words stay out of the log."""

    type: ClassVar[str] = "survey.response_noted"
    campaign_id: str
    response_id: str
    note_id: str


@dataclass(frozen=True, kw_only=True)
class SurveyNoteDeleted(Event):
    """A note on an answer was taken away."""

    type: ClassVar[str] = "survey.note_deleted"
    campaign_id: str
    response_id: str
    note_id: str


@dataclass(frozen=True, kw_only=True)
class SurveyResponseAssigned(Event):
    """Somebody of the team looks after an answer: `assignee` is a user id, None is nobody."""

    type: ClassVar[str] = "survey.response_assigned"
    campaign_id: str
    response_id: str
    assignee: int | None


@dataclass(frozen=True, kw_only=True)
class SurveyResponseHandled(Event):
    """The team has dealt with an answer."""

    type: ClassVar[str] = "survey.response_handled"
    campaign_id: str
    response_id: str


@dataclass(frozen=True, kw_only=True)
class SurveyResponseReopened(Event):
    """An answer has not been dealt with after all."""

    type: ClassVar[str] = "survey.response_reopened"
    campaign_id: str
    response_id: str


@dataclass(frozen=True, kw_only=True)
class SurveyTagMade(Event):
    """There is a new tag for answers."""

    type: ClassVar[str] = "survey.tag_made"
    tag_id: str
    name: str


@dataclass(frozen=True, kw_only=True)
class SurveyTagChanged(Event):
    """A tag for answers has another name or colour."""

    type: ClassVar[str] = "survey.tag_changed"
    tag_id: str
    name: str


@dataclass(frozen=True, kw_only=True)
class SurveyTagDeleted(Event):
    """A tag is gone from all answers."""

    type: ClassVar[str] = "survey.tag_deleted"
    tag_id: str
    name: str

"""What is announced about campaigns, sends and responses."""

from dataclasses import dataclass
from typing import ClassVar

from posthouse.timeline.events import Event


@dataclass(frozen=True, kw_only=True)
class CampaignMade(Event):
    """A survey campaign was made, as a draft."""

    type: ClassVar[str] = "survey.campaign_made"
    campaign_id: str
    name: str
    metric: str


@dataclass(frozen=True, kw_only=True)
class CampaignChanged(Event):
    """A survey campaign says or does something else; `changed` names the fields."""

    type: ClassVar[str] = "survey.campaign_changed"
    campaign_id: str
    changed: list[str]


@dataclass(frozen=True, kw_only=True)
class CampaignStateChanged(Event):
    """A survey campaign was started, paused, resumed or ended: `state` is the new one, `was` the one before."""

    type: ClassVar[str] = "survey.campaign_state_changed"
    campaign_id: str
    state: str
    was: str


@dataclass(frozen=True, kw_only=True)
class SendScheduled(Event):
    """A contact is going to be asked at `due_at`."""

    type: ClassVar[str] = "survey.send_scheduled"
    campaign_id: str
    send_id: str
    channel: str
    due_at: str
    source: str


@dataclass(frozen=True, kw_only=True)
class SendRefused(Event):
    """A contact was to be asked and is not; `outcome` says why, `throttled_until` when it could be (or empty)."""

    type: ClassVar[str] = "survey.send_refused"
    campaign_id: str
    send_id: str
    outcome: str
    throttled_until: str = ""


@dataclass(frozen=True, kw_only=True)
class SendMoved(Event):
    """A contact is going to be asked at another time; `because` is quiet, weekday or cap (empty: somebody did)."""

    type: ClassVar[str] = "survey.send_moved"
    campaign_id: str
    send_id: str
    due_at: str
    because: str = ""


@dataclass(frozen=True, kw_only=True)
class SendCancelled(Event):
    """A contact is not going to be asked after all."""

    type: ClassVar[str] = "survey.send_cancelled"
    campaign_id: str
    send_id: str


@dataclass(frozen=True, kw_only=True)
class SurveySent(Event):
    """A contact was asked: the mail with the scale was handed to the queue (`message_id`), or the link was given."""

    type: ClassVar[str] = "survey.sent"
    campaign_id: str
    send_id: str
    channel: str
    message_id: str


@dataclass(frozen=True, kw_only=True)
class SurveyReminded(Event):
    """A contact that has not answered was reminded; `number` counts the reminders of this send from 1."""

    type: ClassVar[str] = "survey.reminded"
    campaign_id: str
    send_id: str
    number: int
    message_id: str


@dataclass(frozen=True, kw_only=True)
class SurveyDeclined(Event):
    """A contact that was asked does not want to answer now, and is left alone for a while."""

    type: ClassVar[str] = "survey.declined"
    campaign_id: str
    send_id: str


@dataclass(frozen=True, kw_only=True)
class SurveyResponded(Event):
    """Somebody answered; `group` is low, middle or high. The words of the comment stay out of the log."""

    type: ClassVar[str] = "survey.responded"
    campaign_id: str
    response_id: str
    metric: str
    score: int
    group: str
    has_comment: bool


@dataclass(frozen=True, kw_only=True)
class SurveyResponseImported(Event):
    """An answer that somebody gave elsewhere, some time ago, was brought in: nothing is to follow from it now."""

    type: ClassVar[str] = "survey.response_imported"
    campaign_id: str
    response_id: str
    metric: str
    score: int
    group: str
    has_comment: bool


@dataclass(frozen=True, kw_only=True)
class SurveyResponseChanged(Event):
    """An answer was changed; `score_was` and `group_was` tell what it was before."""

    type: ClassVar[str] = "survey.response_changed"
    campaign_id: str
    response_id: str
    metric: str
    score: int
    group: str
    has_comment: bool
    score_was: int
    group_was: str


@dataclass(frozen=True, kw_only=True)
class OpenLinkMade(Event):
    """A campaign got an address at which everybody who has it may answer."""

    type: ClassVar[str] = "survey.open_link_made"
    campaign_id: str
    link_id: str
    name: str


@dataclass(frozen=True, kw_only=True)
class OpenLinkWithdrawn(Event):
    """An open link of a campaign takes no further answers."""

    type: ClassVar[str] = "survey.open_link_withdrawn"
    campaign_id: str
    link_id: str


@dataclass(frozen=True, kw_only=True)
class CampaignKeyMade(Event):
    """A campaign got a key for programs; what opened it before ends at `before_ends_at` (or empty: there was none)."""

    type: ClassVar[str] = "survey.key_made"
    campaign_id: str
    hint: str
    before_ends_at: str = ""


@dataclass(frozen=True, kw_only=True)
class CampaignKeyRevoked(Event):
    """No key opens the campaign any more."""

    type: ClassVar[str] = "survey.key_revoked"
    campaign_id: str


@dataclass(frozen=True, kw_only=True)
class SurveyPersonDeleted(Event):
    """A program had all deleted that a campaign held of a person."""

    type: ClassVar[str] = "survey.person_deleted"
    campaign_id: str


@dataclass(frozen=True, kw_only=True)
class HookMade(Event):
    """A survey campaign got an address to which another system reports."""

    type: ClassVar[str] = "survey.hook_made"
    campaign_id: str
    hook_id: str


@dataclass(frozen=True, kw_only=True)
class HookChanged(Event):
    """The incoming webhook of a campaign reads deliveries otherwise; `changed` names the fields."""

    type: ClassVar[str] = "survey.hook_changed"
    campaign_id: str
    hook_id: str
    changed: list[str]


@dataclass(frozen=True, kw_only=True)
class HookRotated(Event):
    """The incoming webhook of a campaign has a new secret; the old one works until `overlap_ends_at`."""

    type: ClassVar[str] = "survey.hook_rotated"
    campaign_id: str
    hook_id: str
    overlap_ends_at: str


@dataclass(frozen=True, kw_only=True)
class HookRemoved(Event):
    """The incoming webhook of a campaign is gone, with its address and its secret."""

    type: ClassVar[str] = "survey.hook_removed"
    campaign_id: str
    hook_id: str


@dataclass(frozen=True, kw_only=True)
class AnonymousAnswers(Event):
    """How many answers an anonymous campaign got on a day (UTC) that is over; single ones are not announced."""

    type: ClassVar[str] = "survey.anonymous_answers"
    campaign_id: str
    day: str
    answers: int


@dataclass(frozen=True, kw_only=True)
class SurveyPlanSaved(Event):
    """A plan of how programs send a survey was finished, or changed after that; `number` is its version."""

    type: ClassVar[str] = "survey.plan_saved"
    plan_id: str
    campaign_id: str
    number: int


@dataclass(frozen=True, kw_only=True)
class WidgetChanged(Event):
    """The question within the vendor's pages was set up, or otherwise; `changed` names the fields."""

    type: ClassVar[str] = "survey.widget_changed"
    campaign_id: str
    widget_id: str
    changed: list[str]


@dataclass(frozen=True, kw_only=True)
class WidgetRotated(Event):
    """A widget has a new secret; the old one works until `overlap_ends_at`."""

    type: ClassVar[str] = "survey.widget_rotated"
    campaign_id: str
    widget_id: str
    overlap_ends_at: str

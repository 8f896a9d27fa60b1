"""Open links: made, withdrawn, and answered by people of whom nothing is known."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from posthouse.foundation.clock import now
from posthouse.surveys import announcing, anonymity, events, texts
from posthouse.surveys.actions.answering import Answer, about, change, checked
from posthouse.surveys.actions.campaigns import Refused
from posthouse.surveys.models import Campaign, CampaignState, OpenLink, Response
from posthouse.surveys.public_models import LONGEST_NAME
from posthouse.surveys.rounding import rounded
from posthouse.surveys.texts import Invalid
from posthouse.timeline.actions import record

MOST_LINKS = 200
MOST_ATTRIBUTES = 10
MOST_ANSWERS = 1_000_000
LONGEST_VALUE = 100
ATTRIBUTE = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,39}", re.ASCII)
TAKEN = frozenset({"score", "language"})
"""What in an address means something to the page itself."""


@dataclass(frozen=True, kw_only=True)
class Door:
    """By which way an answer of nobody in particular comes in, and what the way says of it.

    `token` is the one-time link of an anonymous campaign's mail.
    """

    campaign: Campaign
    channel: str
    attributes: dict[str, Any] = field(default_factory=dict)
    link: OpenLink | None = None
    token: str = ""


@transaction.atomic
def make_open_link(
    *,
    campaign: Campaign,
    name: str,
    attributes: list[str] | None = None,
    expires_at: datetime | None = None,
    most_answers: int | None = None,
    actor: str = "",
) -> OpenLink:
    """An address at which everybody who has it may answer. Announces OpenLinkMade.

    `attributes` names what an address may say about an answer. Raises Invalid for what cannot be, and Refused when the
    campaign has ended, or has as many links as it may.
    """
    campaign = Campaign.objects.select_for_update().get(pk=campaign.pk)
    if campaign.state == CampaignState.ENDED:
        raise Refused("campaign-ended", _("This campaign has ended; make a new one."))
    if OpenLink.objects.filter(campaign=campaign, withdrawn_at=None).count() >= MOST_LINKS:
        raise Refused("too-many-links", _("A campaign has at most %(count)d open links.") % {"count": MOST_LINKS})
    if expires_at is not None and expires_at <= now():
        raise Invalid("/expires_at", _("This moment has passed already."))
    if most_answers is not None and not 1 <= most_answers <= MOST_ANSWERS:
        raise Invalid(
            "/most_answers",
            _("This is a whole number from %(lowest)d to %(highest)d.") % {"lowest": 1, "highest": MOST_ANSWERS},
        )
    link = OpenLink.objects.create(
        campaign=campaign,
        name=_name(name),
        attributes=_attributes(attributes or []),
        expires_at=expires_at,
        most_answers=most_answers,
        created_at=now(),
        created_by=actor,
    )
    record(events.OpenLinkMade(campaign_id=campaign.pk, link_id=link.pk, name=link.name), actor=actor)
    return link


@transaction.atomic
def withdraw_open_link(*, link: OpenLink, actor: str = "") -> OpenLink:
    """Take no further answers by it; it cannot be given back. Announces OpenLinkWithdrawn; twice is once."""
    link = OpenLink.objects.select_for_update().get(pk=link.pk)
    if link.withdrawn_at is None:
        link.withdrawn_at = now()
        link.save(update_fields=["withdrawn_at"])
        record(events.OpenLinkWithdrawn(campaign_id=link.campaign_id, link_id=link.pk), actor=actor)
    return link


def attributes_of(link: OpenLink, said: Mapping[str, str]) -> dict[str, str]:
    """What of an address is kept with the answer: the names the link allows, with short printable values.

    Everything else in it is passed over: whoever forwards an address may have added anything.
    """
    found = {name: said.get(name, "").strip() for name in link.attributes}
    return {name: value for name, value in found.items() if value and len(value) <= LONGEST_VALUE and is_plain(value)}


def is_plain(value: str) -> bool:
    """Whether a text can be kept and shown."""
    return value.isprintable() and not any("\ud800" <= letter <= "\udfff" for letter in value)


def check_open(door: Door) -> None:
    """Raises Refused, with what happened, where nobody new can answer by this door."""
    if door.link is not None and door.link.withdrawn_at is not None:
        raise Refused("link-withdrawn", _("This link was withdrawn. Thank you for wanting to answer."))
    if door.campaign.state == CampaignState.ENDED:
        raise Refused("campaign-ended", _("This survey has ended. Thank you for wanting to answer."))
    if door.campaign.state not in (CampaignState.RUNNING, *([CampaignState.PAUSED] if door.token else [])):
        raise Refused("campaign-not-running", _("This survey takes no answers at the moment."))
    if door.link is not None and door.link.is_over:
        raise Refused("link-expired", _("This link has expired. Thank you for wanting to answer."))
    if door.link is not None and door.link.is_full:
        raise Refused("link-full", _("This survey has as many answers as it needs. Thank you for wanting to answer."))
    if door.token:
        _check_token(door.campaign, door.token)


def _check_token(campaign: Campaign, token: str) -> None:
    day = anonymity.day_of(campaign, token)
    if day is None:
        raise Refused("link-unknown", _("This link is not whole. Please open it from the mail itself."))
    if anonymity.is_spent(campaign, token):
        raise Refused(
            "link-used", _("This link was used already. Your answer is stored; nobody knows which one it is.")
        )
    if anonymity.is_over(campaign, day):
        raise Refused("link-expired", _("This link has expired. Thank you for wanting to answer."))


@transaction.atomic
def answer_openly(*, door: Door, response_id: str, given: Answer) -> Response:
    """Store the answer with the id that its page carried, or change it when it is there; the same again is nothing.

    The link is held locked meanwhile, so that its bound holds however many answer at once. Announces SurveyResponded
    or SurveyResponseChanged, of nobody; in an anonymous campaign neither. Raises Refused and Invalid as `answer` does.
    """
    link = OpenLink.objects.select_for_update().get(pk=door.link.pk) if door.link else None
    campaign = Campaign.objects.get(pk=door.campaign.pk)
    door = replace(door, campaign=campaign, link=link)
    response = Response.objects.filter(pk=response_id).select_related("campaign").first()
    if response is not None:
        return _changed(response, campaign, given)
    check_open(door)
    taken = checked(campaign, given, None)
    if door.token and not anonymity.spend(campaign, door.token):
        raise Refused(
            "link-used", _("This link was used already. Your answer is stored; nobody knows which one it is.")
        )
    response = Response.objects.create(
        id=response_id,
        campaign=campaign,
        language=given.language,
        channel=door.channel,
        device=given.device,
        attributes=door.attributes,
        created_at=rounded(now()) if campaign.anonymous else now(),
        **taken,
    )
    if link is not None:
        link.answers += 1
        link.save(update_fields=["answers"])
    if not campaign.anonymous:  # what is announced tells moments; the day's number is, when the day is over
        told = record(events.SurveyResponded(**about(response, campaign)))
        announcing.given(response, campaign, event_id=told.id)
    return response


def _changed(response: Response, campaign: Campaign, given: Answer) -> Response:
    if response.campaign_id != campaign.pk or response.send_id is not None:
        raise Refused("answer-unknown", _("This answer belongs to another survey."))
    if not response.can_change(campaign.change_hours):
        raise Refused("answer-final", _("Your answer can no longer be changed."))
    return change(response, campaign, checked(campaign, given, response), "")


def _name(value: str) -> str:
    name = texts.check_text(value, LONGEST_NAME, "/name")
    if not name:
        raise Invalid("/name", _("A link needs a name, by which the team knows it again."))
    if not name.isprintable():
        raise Invalid("/name", _("It holds characters that cannot be kept."))
    return name


def _attributes(names: list[str]) -> list[str]:
    if len(names) > MOST_ATTRIBUTES:
        raise Invalid("/attributes", _("At most %(count)d attributes.") % {"count": MOST_ATTRIBUTES})
    for number, name in enumerate(names):
        if not ATTRIBUTE.fullmatch(name):
            raise Invalid(
                f"/attributes/{number}",
                _("A name is up to 40 letters, digits, dots, hyphens and underscores, and begins with a letter."),
            )
        if name in TAKEN:
            raise Invalid(f"/attributes/{number}", _("This name means something to the page itself."))
    return list(dict.fromkeys(names))

"""Answers that come from elsewhere: told by a program, not given on a page of ours."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from posthouse.foundation.clock import now
from posthouse.people import queries as people
from posthouse.people.actions import check_attributes
from posthouse.surveys import announcing, events, questions
from posthouse.surveys.actions.answering import about
from posthouse.surveys.models import Campaign, Channel, Response, ResponseChange
from posthouse.surveys.texts import COMMENT_LENGTH, Invalid, check_text
from posthouse.timeline.actions import record

AHEAD = timedelta(minutes=10)
"""A program's clock may be ahead by this much."""


@dataclass(frozen=True, kw_only=True)
class Told:
    """What a program says that somebody answered; None: as it is. `created_at` None is now."""

    score: int | None = None
    comment: str | None = None
    attributes: dict[str, Any] | None = None
    language: str = ""
    channel: str = Channel.EMAIL
    created_at: datetime | None = None
    updated_at: datetime | None = None


@transaction.atomic
def record_response(
    *, campaign: Campaign, contact: Any, told: Told, actor: str = "", imported_as: str = ""
) -> Response:
    """An answer that belongs to no send of ours: it counts for the score, and never for the response rate.

    With `imported_as`, the id that history from elsewhere has under it, and announced by SurveyResponseImported, upon
    which nobody acts; without, by SurveyResponded. Raises Invalid, with the place, for what cannot be.
    """
    if campaign.anonymous:
        raise Invalid("/campaign", _("The campaign is anonymous: no answer in it belongs to a person."))
    checked = _checked(campaign, told)
    if "score" not in checked:
        raise Invalid("/score", _("This score is not on the scale."))
    if told.created_at and told.created_at > now() + AHEAD:
        raise Invalid("/created_at", _("An answer cannot lie in the future."))
    member = people.customers_of(contact).first()
    response = Response.objects.create(
        campaign=campaign,
        contact=contact,
        customer_id=member.customer_id if member else "",
        language=told.language,
        channel=told.channel,
        created_at=told.created_at or now(),
        updated_at=told.updated_at,
        **({"id": imported_as} if imported_as else {}),
        **{"comment": "", "attributes": {}} | checked,
    )
    if imported_as:
        record(events.SurveyResponseImported(**about(response, campaign)), actor=actor)
        return response
    recorded = record(events.SurveyResponded(**about(response, campaign)), actor=actor)
    announcing.given(response, campaign, event_id=recorded.id)
    return response


@transaction.atomic
def correct_response(*, response: Response, told: Told, contact: Any = None, actor: str = "") -> Response:
    """Change what a program says of an answer, or whose it is; what it said before is kept. The same again is nothing.

    Announces SurveyResponseChanged. Raises Invalid as `record_response` does.
    """
    campaign = response.campaign
    response = Response.objects.select_for_update().get(pk=response.pk)
    checked = _checked(campaign, told) | ({"contact_id": contact.pk} if contact else {})
    changed = {name: value for name, value in checked.items() if getattr(response, name) != value}
    if not changed:
        return response
    before = {name: getattr(response, name) for name in ("score", "comment", "answers")}
    ResponseChange.objects.create(response=response, changed_at=now(), changed_by=actor, **before)
    for name, value in changed.items():
        setattr(response, name, value)
    if "score" in changed:
        asked: dict[str, Any] = {"score": response.score, "group": campaign.group_of(response.score)}
        still = {one["id"] for one in questions.asked(campaign.questions, **asked, answers=response.answers)}
        response.answers = {name: value for name, value in response.answers.items() if name in still}
    response.updated_at = now()
    response.save(update_fields=[*changed, "answers", "updated_at"])
    was = {"score_was": before["score"], "group_was": campaign.group_of(before["score"])}
    recorded = record(events.SurveyResponseChanged(**about(response, campaign), **was), actor=actor)
    announcing.changed(response, campaign, before, event_id=recorded.id)
    return response


def _checked(campaign: Campaign, told: Told) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if told.score is not None:
        if not questions.is_whole(told.score) or told.score not in campaign.scores:
            raise Invalid("/score", _("This score is not on the scale."))
        found["score"] = told.score
    if told.comment is not None:
        found["comment"] = check_text(told.comment, COMMENT_LENGTH, "/comment")
    if told.attributes is not None:
        try:
            found["attributes"] = check_attributes(told.attributes)
        except ValueError as error:
            raise Invalid("/attributes", str(error)) from error
    return found

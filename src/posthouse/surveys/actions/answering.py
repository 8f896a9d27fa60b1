"""Taking in what somebody answered, and what it is changed to."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from posthouse.foundation.clock import now
from posthouse.surveys import announcing, events, questions
from posthouse.surveys.actions.campaigns import Refused
from posthouse.surveys.models import Campaign, CampaignState, Response, ResponseChange, Send, SendState
from posthouse.surveys.texts import COMMENT_LENGTH, Invalid, check_text
from posthouse.timeline.actions import record


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What was answered. `comment` and `answers` None: as they are; `seen`: the questions that were on the page."""

    score: int
    comment: str | None = None
    answers: dict[str, Any] | None = None
    seen: frozenset[str] | None = None
    language: str = ""
    device: str = ""


def answerable(send: Send, response: Response | None) -> None:
    """Raises Refused, with what happened, where nothing can be answered by this send any more."""
    campaign = send.campaign
    if campaign.anonymous:
        raise Refused("campaign-anonymous", _("This survey is anonymous: only the link in the mail itself opens it."))
    if send.state != SendState.SENT or campaign.state == CampaignState.DRAFT or send.sent_at is None:
        raise Refused("survey-not-sent", _("This survey was not sent."))
    if response is not None:
        if not response.can_change(campaign.change_hours):
            raise Refused("answer-final", _("Your answer can no longer be changed."))
        return
    if campaign.state == CampaignState.ENDED:
        raise Refused("campaign-ended", _("This survey has ended. Thank you for wanting to answer."))
    if now() >= expires_at(send):
        raise Refused("link-expired", _("This link has expired. Thank you for wanting to answer."))


def expires_at(send: Send) -> datetime:
    """Until when a send can be answered for the first time."""
    return (send.sent_at or send.created_at) + timedelta(days=send.campaign.link_days)


@transaction.atomic
def answer(*, send: Send, given: Answer) -> Response:
    """Store the answer to a send, or change the one there is; what it said before is kept. The same again is nothing.

    Announces SurveyResponded or SurveyResponseChanged. Raises Refused where it is too late, and Invalid, with the
    place, for a score the scale does not have, or an answer that the questions do not allow.
    """
    send = Send.objects.select_for_update(of=("self",)).select_related("campaign").get(pk=send.pk)
    response = Response.objects.filter(send=send).select_related("campaign").first()
    answerable(send, response)
    taken = checked(send.campaign, given, response)
    actor = f"contact:{send.contact_id}"
    if response is None:
        return _store(send, given, taken, actor)
    return change(response, send.campaign, taken, actor)


def _store(send: Send, given: Answer, taken: dict[str, Any], actor: str) -> Response:
    response = Response.objects.create(
        campaign=send.campaign,
        send=send,
        contact_id=send.contact_id,
        customer_id=send.customer_id,
        language=given.language,
        channel=send.channel,
        device=given.device,
        attributes=send.attributes,
        created_at=now(),
        **taken,
    )
    told = record(events.SurveyResponded(**about(response, send.campaign)), actor=actor)
    announcing.given(response, send.campaign, event_id=told.id)
    return response


def change(response: Response, campaign: Campaign, taken: dict[str, Any], actor: str) -> Response:
    """Let a response say something else; what it said is kept. Announces SurveyResponseChanged, if anything is."""
    before = {name: getattr(response, name) for name in ("score", "comment", "answers")}
    if before == taken:
        return response
    if campaign.anonymous:  # no history, no moment, and nothing on the timeline
        for name, value in taken.items():
            setattr(response, name, value)
        response.save(update_fields=list(taken))
        return response
    ResponseChange.objects.create(response=response, changed_at=now(), changed_by=actor, **before)
    for name, value in taken.items():
        setattr(response, name, value)
    response.updated_at = now()
    response.save(update_fields=[*taken, "updated_at"])
    was = {"score_was": before["score"], "group_was": campaign.group_of(before["score"])}
    told = record(events.SurveyResponseChanged(**about(response, campaign), **was), actor=actor)
    announcing.changed(response, campaign, before, event_id=told.id)
    return response


def about(response: Response, campaign: Campaign) -> dict[str, Any]:
    """What an event about a response tells of it."""
    return {
        "customer_id": response.customer_id,
        "contact_id": response.contact_id or "",
        "campaign_id": campaign.pk,
        "response_id": response.pk,
        "metric": campaign.metric,
        "score": response.score,
        "group": campaign.group_of(response.score),
        "has_comment": bool(response.comment),
    }


def checked(campaign: Campaign, given: Answer, before: Response | None) -> dict[str, Any]:
    """Score, comment and answers as they will stand; answers whose questions are no longer asked fall away."""
    if not questions.is_whole(given.score) or given.score not in campaign.scores:
        raise Invalid("/score", _("This score is not on the scale."))
    comment = given.comment if given.comment is not None else (before.comment if before else "")
    asked: dict[str, Any] = {"score": given.score, "group": campaign.group_of(given.score)}
    if given.answers is not None:
        answers = questions.check_answers(campaign.questions, given.answers, seen=given.seen, **asked)
    else:
        kept = before.answers if before else {}
        still = {one["id"] for one in questions.asked(campaign.questions, **asked, answers=kept)}
        answers = {name: value for name, value in kept.items() if name in still}
    return {"score": given.score, "comment": check_text(comment, COMMENT_LENGTH, "/comment"), "answers": answers}

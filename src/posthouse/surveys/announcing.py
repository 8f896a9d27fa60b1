"""What programs outside are told about responses, by the webhooks they subscribed to.

`survey.response.created`: somebody confirmed a score for the first time; opening a link tells nothing.
`survey.response.updated`: score, comment or additional answers were changed (the comment that follows the score is
such a change), or emptied because the person was erased (`change` is "erased"). The same answer again tells nothing.
Responses are never deleted, so there is no event for that.
"""

from typing import Any

from django.utils.translation import gettext_lazy as _

from posthouse.foundation.ids import new_id
from posthouse.people import queries as people
from posthouse.surveys.models import Campaign, Response
from posthouse.webhooks.actions import PublicEvent, campaigns_from, declare, publish

GROUP = {"type": "string", "enum": ["low", "middle", "high"], "description": "NPS: detractor, passive, promoter."}
ANSWERS = {"type": "object", "description": "Additional answers by the id of their question."}
MOMENT = {"type": "string", "format": "date-time"}
RESPONSE_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": [
        "id", "campaign_id", "send_id", "contact_id", "score", "group", "comment", "answers", "language", "channel",
        "device", "attributes", "created_at", "updated_at",
    ],
    "properties": {
        "id": {"type": "string"},
        "campaign_id": {"type": "string"},
        "send_id": {"type": ["string", "null"]},
        "contact_id": {"type": ["string", "null"]},
        "score": {"type": "integer"},
        "group": GROUP,
        "comment": {"type": "string"},
        "answers": ANSWERS,
        "language": {"type": "string"},
        "channel": {"type": "string"},
        "device": {"type": "string"},
        "attributes": {"type": "object", "description": "What was sent along when the person was asked."},
        "created_at": MOMENT,
        "updated_at": {"type": ["string", "null"], "format": "date-time"},
    },
}  # fmt: skip
DATA_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["change", "campaign", "response", "contact", "previous"],
    "properties": {
        "change": {"type": "string", "enum": ["given", "changed", "erased"]},
        "campaign": {
            "type": "object",
            "required": ["id", "name", "metric", "scale"],
            "properties": {name: {"type": "string"} for name in ("id", "name", "metric", "scale")},
        },
        "response": RESPONSE_SCHEMA,
        "contact": {
            "type": ["object", "null"],
            "description": "Null where the campaign is anonymous, or the person was erased.",
            "required": ["id", "email", "name"],
            "properties": {name: {"type": "string"} for name in ("id", "email", "name")},
        },
        "previous": {
            "type": ["object", "null"],
            "description": "What a changed response said before.",
            "required": ["score", "group", "comment", "answers"],
            "properties": {
                "score": {"type": "integer"},
                "group": GROUP,
                "comment": {"type": "string"},
                "answers": ANSWERS,
            },
        },
    },
}


MOST_CAMPAIGNS = 200


@campaigns_from
def campaign_names() -> list[tuple[str, str]]:
    """The newest campaigns, which webhooks can be narrowed to."""
    return list(Campaign.objects.order_by("-created_at").values_list("pk", "name")[:MOST_CAMPAIGNS])


def _example() -> dict[str, Any]:
    return {
        "change": "given",
        "campaign": {"id": "cmp_01kb0000000000000000000000", "name": "Quarterly", "metric": "nps", "scale": "0-10"},
        "response": {
            "id": "rsp_01kb0000000000000000000000",
            "campaign_id": "cmp_01kb0000000000000000000000",
            "send_id": "snd_01kb0000000000000000000000",
            "contact_id": "con_01kb0000000000000000000000",
            "score": 9,
            "group": "high",
            "comment": "Quick and clear.",
            "answers": {},
            "language": "en",
            "channel": "email",
            "device": "phone",
            "attributes": {"plan": "pro"},
            "created_at": "2026-05-04T12:00:00+00:00",
            "updated_at": None,
        },
        "contact": {"id": "con_01kb0000000000000000000000", "email": "ada@example.org", "name": "Ada"},
        "previous": None,
    }


def _example_of_change() -> dict[str, Any]:
    told = _example()
    before = {"score": 6, "group": "low", "comment": "", "answers": {}}
    response = told["response"] | {"updated_at": "2026-05-04T12:05:00+00:00"}
    return told | {"change": "changed", "response": response, "previous": before}


CREATED = declare(
    PublicEvent(
        type="survey.response.created",
        summary=_("Somebody answered a survey"),
        scope="surveys:read",
        schema=DATA_SCHEMA,
        example=_example,
        by_campaign=True,
    )
)
UPDATED = declare(
    PublicEvent(
        type="survey.response.updated",
        summary=_("An answer was changed, completed, or emptied"),
        scope="surveys:read",
        schema=DATA_SCHEMA,
        example=_example_of_change,
        by_campaign=True,
    )
)


def given(response: Response, campaign: Campaign, *, event_id: str) -> None:
    """Tell of a first answer, in its transaction."""
    _publish(CREATED, response, campaign, event_id, "given", None)


def changed(response: Response, campaign: Campaign, before: dict[str, Any], *, event_id: str) -> None:
    """Tell of a changed answer; `before` is its score, comment and answers as they were."""
    was = before | {"group": campaign.group_of(before["score"])}
    _publish(UPDATED, response, campaign, event_id, "changed", was)


def emptied(response: Response) -> None:
    """Tell that a response holds nothing any more that the person wrote or that was known of it."""
    _publish(UPDATED, response, response.campaign, new_id("evt"), "erased", None)


def _publish(
    event: PublicEvent, response: Response, campaign: Campaign, event_id: str, change: str, was: dict[str, Any] | None
) -> None:
    erased = change == "erased"
    publish(
        event.type,
        event_id=event_id,
        at=response.updated_at or response.created_at,
        data=lambda: {
            "change": change,
            "campaign": {name: getattr(campaign, name) for name in ("id", "name", "metric", "scale")},
            "response": response_data(response, campaign),
            "contact": None if erased else _contact(response.contact_id),
            "previous": was,
        },
        contact_id="" if erased else response.contact_id or "",
        campaign_id=campaign.pk,
    )


def response_data(response: Response, campaign: Campaign) -> dict[str, Any]:
    """A response as RESPONSE_SCHEMA has it."""
    names = (
        "id", "campaign_id", "send_id", "contact_id", "score", "comment", "answers", "language", "channel", "device",
        "attributes",
    )  # fmt: skip
    return {name: getattr(response, name) for name in names} | {
        "channel": str(response.channel),
        "group": campaign.group_of(response.score),
        "created_at": response.created_at.isoformat(),
        "updated_at": response.updated_at.isoformat() if response.updated_at else None,
    }


def _contact(contact_id: str | None) -> dict[str, Any] | None:
    found = people.contact(contact_id) if contact_id else None
    return {"id": found.pk, "email": found.email, "name": found.name} if found else None

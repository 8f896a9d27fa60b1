"""What is held about a person here, to hand it out and to erase it. For `trust`."""

from typing import Any

from posthouse.surveys.actions import forget_contact
from posthouse.surveys.models import Response, Send


def export(contact: Any) -> dict[str, Any]:
    """When a person was to be asked, what became of it, and every answer with what it said before."""
    sends = Send.objects.filter(contact_id=contact.pk).select_related("campaign").order_by("created_at")
    answers = (
        Response.objects.filter(contact_id=contact.pk)
        .select_related("campaign")
        .prefetch_related("changes", "notes", "taggings__tag")
    )
    return {
        "survey_sends": [
            {
                "survey": send.campaign.name,
                "outcome": send.outcome,
                "state": send.state,
                "asked_at": send.created_at.isoformat(),
                "sent_at": send.sent_at.isoformat() if send.sent_at else None,
                "declined_at": send.declined_at.isoformat() if send.declined_at else None,
                "attributes": send.attributes,
            }
            for send in sends
        ],
        "survey_responses": [_response(response) for response in answers.order_by("created_at")],
    }


def _response(response: Response) -> dict[str, Any]:
    return {
        "survey": response.campaign.name,
        "score": response.score,
        "comment": response.comment,
        "answers": response.answers,
        "device": response.device,
        "attributes": response.attributes,
        "answered_at": response.created_at.isoformat(),
        "tags": [tagging.tag.name for tagging in response.taggings.all()],
        "notes": [{"text": note.text, "at": note.at.isoformat()} for note in response.notes.all()],
        "before": [
            {"score": row.score, "comment": row.comment, "answers": row.answers, "until": row.changed_at.isoformat()}
            for row in response.changes.all()
        ],
    }


def erase(contact: Any) -> None:
    """Empty what the person wrote and what was known of it."""
    forget_contact(contact_id=contact.pk)

"""How people and answers look to Delighted's clients."""

from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings

from posthouse.people import queries as people
from posthouse.people.actions import as_team
from posthouse.surveys import texts
from posthouse.surveys.delighted import finding
from posthouse.surveys.delighted.reading import seconds
from posthouse.surveys.models import Campaign, Response

Shape = dict[str, Any]
VALUES = {"text": "free_response", "scale": "scale", "one_of": "select_one", "many_of": "select_many"}
"""What our kinds of questions are called there."""


def listed(campaign: Campaign, contacts: Iterable[Any]) -> list[Shape]:
    """People as lists show them. Four queries."""
    rows = list(contacts)
    ids = [contact.pk for contact in rows]
    sent, answered = finding.last_sent(campaign, ids), finding.last_responded(campaign, ids)
    pending, numbers = finding.pending(campaign, ids), finding.phone_numbers(campaign, ids)
    return [
        {
            "id": contact.pk,
            "email": contact.email,
            "name": contact.name or None,
            "phone_number": numbers.get(contact.pk),
            "created_at": seconds(contact.created_at),
            "last_sent_at": seconds(sent.get(contact.pk)),
            "last_responded_at": seconds(answered.get(contact.pk)),
            "next_survey_scheduled_at": seconds(pending[contact.pk].due_at) if contact.pk in pending else None,
        }
        for contact in rows
    ]


def responses(rows: Iterable[Response], expand: Iterable[str]) -> list[Shape]:
    """Answers, with their people and notes whole if `expand` says so."""
    found, wanted = list(rows), set(expand)
    person: Callable[[Response], Any] = _expanded(found) if "person" in wanted else (lambda one: one.contact_id)
    notes = _noted(found) if "notes" in wanted else (lambda one: [note.pk for note in one.notes.all()])
    return [_response(one) | {"person": person(one), "notes": notes(one)} for one in found]


def _noted(rows: list[Response]) -> Callable[[Response], list[Any]]:
    wrote = {note.by for one in rows for note in one.notes.all()}
    emails = {as_team(member): member.user.email for member in people.team()} if wrote else {}

    def notes(one: Response) -> list[Any]:
        return [
            {"id": note.pk, "text": note.text, "user_email": emails.get(note.by), "created_at": seconds(note.at)}
            for note in one.notes.all()
        ]

    return notes


def _expanded(rows: list[Response]) -> Callable[[Response], Any]:
    ids = [one.contact_id for one in rows if one.contact_id]
    campaign = rows[0].campaign if rows else None
    numbers = finding.phone_numbers(campaign, ids) if campaign else {}
    sent = finding.last_sent(campaign, ids) if campaign else {}

    def person(one: Response) -> Shape | None:
        contact = one.contact
        if contact is None:
            return None
        return {
            "id": contact.pk,
            "email": contact.email,
            "name": contact.name or None,
            "phone_number": numbers.get(contact.pk),
            "created_at": seconds(contact.created_at),
            "last_sent_at": seconds(sent.get(contact.pk)),
        }

    return person


def _response(one: Response) -> Shape:
    return {
        "id": one.pk,
        "survey_type": one.campaign.metric,
        "score": one.score,
        "comment": one.comment or None,
        "permalink": f"{settings.PUBLIC_URL}/desk/surveys/responses/{one.pk}/",
        "created_at": seconds(one.created_at),
        "updated_at": seconds(one.updated_at),
        "person_properties": one.attributes or None,
        "tags": [tagging.tag.name for tagging in one.taggings.all()],
        "additional_answers": list(_answers(one)),
    }


def _answers(one: Response) -> Iterable[Shape]:
    for question in one.campaign.questions:
        if question["id"] not in one.answers:
            continue
        kind, given = VALUES[question["kind"]], one.answers[question["id"]]
        options = {option["id"]: _said(option["text"], one.language) for option in question.get("options", [])}
        value = dict.fromkeys(VALUES.values()) | {kind: _value(kind, given, options)}
        asked = {"id": question["id"], "type": kind, "text": _said(question["text"], one.language)}
        yield {"id": f"{one.pk}_{question['id']}", "value": value, "question": asked}


def _value(kind: str, given: Any, options: dict[str, str]) -> Any:
    if kind == "select_one":
        return {"id": given, "text": options.get(given, given)}
    if kind == "select_many":
        return [{"id": one, "text": options.get(one, one)} for one in given]
    return given


def _said(words: dict[str, str], language: str) -> str:
    return str(texts.in_language(words, language or "en")[1])

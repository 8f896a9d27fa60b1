"""The request that a plan leads to, in seven languages, with real ids and the name of a variable for the token."""

from typing import Any

from django.conf import settings

from posthouse.foundation.snippets import KEY, Call, snippets
from posthouse.surveys.planning import steps

VARIABLE = "POSTHOUSE_TOKEN"


def call_of(campaign_id: str, answers: dict[str, Any]) -> Call:
    """POST …/sends for one person, or …/sends/batch where a job asks many."""
    many = is_for_many(answers)
    one = body_of(answers)
    path = f"/api/v1/surveys/{campaign_id}/sends" + ("/batch" if many else "")
    name = steps.EVENT_NAMES.get(answers.get("trigger", {}).get("kind", ""), "event")
    headers = [("Authorization", f"Bearer {KEY}"), ("Idempotency-Key", f"{name}-4711")]
    body = {"items": [one, one | {"email": "grace@example.org"}]} if many else one
    return Call("POST", settings.PUBLIC_URL + path, headers=headers, body=body, body_kind="json", key=VARIABLE)


def body_of(answers: dict[str, Any]) -> dict[str, Any]:
    """What is sent for one person."""
    body: dict[str, Any] = {"email": "ada@example.org"}
    if attributes := answers.get("attributes", {}).get("values"):
        body["attributes"] = attributes
    if delay := steps.delay_seconds(answers):
        body["delay"] = delay
    language = answers.get("language", {}).get("code", steps.OF_CONTACT)
    if language != steps.OF_CONTACT:
        body["language"] = language
    return body


def is_for_many(answers: dict[str, Any]) -> bool:
    """Whether a job asks a list of people."""
    return bool(answers.get("source", {}).get("kind") == "warehouse")


def samples(campaign_id: str, answers: dict[str, Any]) -> list[tuple[str, str, str]]:
    """(highlighting language, title, code) in every language."""
    return snippets(call_of(campaign_id, answers))

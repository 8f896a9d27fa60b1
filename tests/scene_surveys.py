"""The surveys of the house in `scene.py`: a campaign, who is asked and has answered, links, a webhook, tags."""

import json
from contextlib import suppress
from datetime import timedelta
from typing import Any

from posthouse.foundation.clock import now
from posthouse.people.models import Contact, User
from posthouse.surveys import actions as surveys
from posthouse.surveys import links
from posthouse.surveys.handling import acting, tagging
from posthouse.surveys.hooks import signing
from posthouse.surveys.models import Campaign, Hook

QUESTIONS = [{"id": "why", "kind": "one_of", "text": {"en": "Why?", "es": "¿Por qué?"}, "options": [
    {"id": "docs", "text": {"en": "The documentation", "es": "La documentación"}},
    {"id": "speed", "text": {"en": "Speed", "es": "Velocidad"}},
]}]  # fmt: skip


def make_surveys(*, owner: Contact, admin: User, long: str, foreign: str) -> dict[str, Any]:
    """All of it; what addresses call it."""
    words = {"subject": long[:150], "question": f"{long}: {foreign}?", "low": long[:60], "thanks": {"high": foreign}}
    made = surveys.make_campaign(
        name=long, metric="nps", texts={"en": words, "es": words}, questions=QUESTIONS, rest_days_any=0
    )
    campaign = surveys.set_state(campaign=made, state="running")
    answered = _send(campaign, contact_id=owner.pk, channel="link", attributes={"plan": long[:60], "نوع": foreign})
    given = surveys.Answer(score=2, comment=f"{foreign} {long} " * 5, answers={"why": "docs"}, language="es")
    response = surveys.answer(send=answered, given=given)
    surveys.answer(send=answered, given=surveys.Answer(score=9, device="phone"))
    waiting = _send(campaign, email="waiting@one.example.org", delay=timedelta(days=1), attributes={"plan": long[:60]})
    open_question = _send(campaign, email="open@one.example.org", channel="link", language="es")
    tag = tagging.make_tag(name=long[:40])
    act = acting.tag_responses(responses=[response], tag=tag)
    note = acting.write_note(response=response, text=f"{foreign} {long}", actor=f"team:{admin.pk}")
    link = surveys.make_open_link(campaign=campaign, name=long[:60], attributes=["place"])
    hook = _hook(campaign)
    return {
        "campaign_id": campaign.pk,
        "/desk/surveys/sends/<slug:send_id>/qr send_id": open_question.pk,
        "/desk/surveys/ send_id": waiting.pk,
        "response_id": response.pk,
        "note_id": note.pk,
        "act_id": act.pk if act else "zz",
        "tag_id": tag.pk,
        "link_id": link.pk,
        "hook_id": hook.pk,
        "/survey/open/ token": link.token,
        "link": links.token(open_question.pk, 9),
        "/desk/surveys/ form": "svg",
    }


def _send(campaign: Campaign, **wish: Any) -> Any:
    return surveys.ask(campaign=campaign, wish=surveys.Wish(**wish)).send


def _hook(campaign: Campaign) -> Hook:
    """With a delivery that was taken in, one that could not be read, and one that nobody signed."""
    mapping = {"email": "/person/email", "delay": "=P1D", "attributes": {"plan": "/" + "long" * 30}}
    hook = surveys.make_hook(campaign=campaign, mapping=mapping | {"only": {"/state": "solved"}})
    for number, payload in enumerate(({"person": {"email": "hook@one.example.org"}}, {"person": None})):
        body = json.dumps(payload | {"state": "solved"}).encode()
        _deliver(hook, body, signing.signed(signing.secret_of(hook), f"msg_{number}" * 12, now(), body))
    _deliver(hook, b"{}", {})
    return hook


def _deliver(hook: Hook, body: bytes, headers: dict[str, str]) -> None:
    with suppress(surveys.NotTaken):  # what is refused is on the list, too
        surveys.receive(hook=hook, headers=headers, body=body)

"""Sets up the surveys of the demo and puts into Posthouse what people were asked and answered.

Since the history begins it happens through the house's own verbs, in the order of life; what the tool before asked is
put in at once, as an import does.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from crowd.personas import make_persona
from opinions import Opinion
from posthouse.automations import actions as automations
from posthouse.automations.models import Automation
from posthouse.foundation import clock
from posthouse.people.models import Contact
from posthouse.surveys import actions as surveys
from posthouse.surveys.figures import touching
from posthouse.surveys.models import IMPORTED, Campaign, Outcome, Response, Send, SendState
from posthouse.surveys.texts import usual

LANGUAGES = ("en", "es")
CAMPAIGNS: dict[str, dict[str, Any]] = {
    "nps": {"name": "Would you recommend Sunline?", "rest_days": 85, "rest_days_any": 7},
    "csat": {"name": "After support", "rest_days": 14, "rest_days_any": 0},
    "ces": {"name": "After the first call", "rest_days": 30, "rest_days_any": 0},
}
TRIGGERS = {"csat_after_support": "csat", "ces_after_first_call": "ces"}
"""Ready-made automations that are on in the demo, and what they send: at once, for visitors do not wait for hours."""


def make_campaigns(*, at: datetime) -> dict[str, Campaign]:
    """The three campaigns, running since a moment, by their kind."""
    found = {}
    with clock.at(at):
        for metric, fields in CAMPAIGNS.items():
            texts = {code: usual(metric, code) for code in LANGUAGES}
            made = surveys.make_campaign(metric=metric, texts=texts, sender_name="Sunline", **fields)
            found[metric] = surveys.set_state(campaign=made, state="running")
    return found


def switch_on(campaigns: dict[str, Campaign]) -> None:
    """Let the automations run that send them, without their delay."""
    for key, metric in TRIGGERS.items():
        automation = Automation.objects.select_related("published").get(pk=key)
        assert automation.published is not None
        body = dict(automation.published.body)
        body["do"] = [_at_once(step, campaigns[metric].pk) for step in body["do"]]
        revision = automations.save_revision(key=key, body=body, note="At once, with the survey of this house")
        automations.switch(automation=automations.publish_revision(revision=revision), state="on")


def _at_once(step: dict[str, Any], campaign_id: str) -> dict[str, Any]:
    return {name: value for name, value in step.items() if name != "delay"} | {"campaign": campaign_id}


class Asked:
    """What comes of the opinions, one after the other."""

    def __init__(self, campaigns: dict[str, Campaign]) -> None:
        self._campaigns = campaigns
        self._sends: dict[int, Send] = {}

    def ask(self, one: Opinion, contact: Contact, customer_id: str) -> None:
        """The mail goes out, unless the person was asked a moment ago."""
        wish = surveys.Wish(
            contact_id=contact.pk, customer_id=customer_id, attributes=one.attributes, with_contact=False
        )
        self._sends[id(one)] = surveys.ask(campaign=self._campaigns[one.campaign], wish=wish).send
        surveys.send_due()

    def answer(self, one: Opinion) -> None:
        """What the person answered, if it was asked."""
        send = Send.objects.select_related("campaign").get(pk=self._sends[id(one)].pk)
        if send.state == SendState.SENT:
            given = surveys.Answer(score=one.score, comment=one.comment, language=one.language, device=one.device)
            surveys.answer(send=send, given=given)


@transaction.atomic
def bring_in(former: list[Opinion], campaigns: dict[str, Campaign], seed: int) -> None:
    """The answers that the tool before collected, with the people it asked: a few statements for all of them."""
    numbers = sorted({one.former for one in former})
    people = {number: _person(number, seed, former[0].asked_at) for number in numbers}
    Contact.objects.bulk_create(people.values())
    sends = {id(one): _send(one, campaigns[one.campaign], people[one.former]) for one in former}
    Send.objects.bulk_create(sends.values())
    answers = [_response(one, sends[id(one)]) for one in former if one.answered_at]
    Response.objects.bulk_create(answers)
    touching.touch_sends(Send.objects.filter(source=IMPORTED))
    touching.touch_answers(Response.objects.filter(send__source=IMPORTED))


def _person(number: int, seed: int, at: datetime) -> Contact:
    persona = make_persona(seed, number)
    fields = {"name": persona.name, "job_role": persona.job_role, "channel": "import"}
    return Contact(email=f"{number}.{persona.email}", created_at=at - timedelta(days=1), **fields)


def _send(one: Opinion, campaign: Campaign, contact: Contact) -> Send:
    return Send(
        campaign=campaign,
        contact=contact,
        state=SendState.SENT,
        outcome=Outcome.SCHEDULED,
        due_at=one.asked_at,
        sent_at=one.asked_at,
        created_at=one.asked_at,
        language=one.language,
        attributes=one.attributes,
        source=IMPORTED,
    )


def _response(one: Opinion, send: Send) -> Response:
    return Response(
        campaign=send.campaign,
        send=send,
        contact=send.contact,
        score=one.score,
        comment=one.comment,
        language=one.language,
        device=one.device,
        attributes=one.attributes,
        created_at=one.answered_at or one.asked_at,
    )

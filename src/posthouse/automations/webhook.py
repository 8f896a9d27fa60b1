"""Calls the vendor's own systems: signed, with an idempotency key, and never into a private network."""

import json
from typing import Any

from posthouse.automations.facts import Situation, event_values
from posthouse.automations.kinds import NotReached, Refused, Unanswered, effect_kind
from posthouse.automations.models import Effect, Settings
from posthouse.foundation import calling
from posthouse.foundation.clock import now
from posthouse.people import queries as people

AGAIN = (408, 425, 429, 500, 503)
"""The receiver says that it did nothing, for now."""
NOBODY_KNOWS = (502, 504)
"""Somebody between us and the receiver lost the answer."""


@effect_kind("webhook", outside=True)
def call_webhook(effect: Effect, facts: Situation) -> dict[str, Any]:
    """POST what happened to an address of the vendor."""
    body = json.dumps(_told(effect, facts), default=str, ensure_ascii=False).encode()
    try:
        answer = calling.post(effect.payload["url"], body, _headers(effect, body))
    except calling.Forbidden as error:
        raise Refused(str(error)) from error
    except calling.NotReached as error:
        raise NotReached(str(error)) from error
    except calling.Unanswered as error:
        raise Unanswered(str(error)) from error
    return _judged(answer.status, answer.text)


def _judged(status: int, text: str) -> dict[str, Any]:
    if 200 <= status < 300:
        return {"status": status, "text": text}
    said = f"answered {status}: {text}"
    if status in AGAIN:
        raise NotReached(said)
    if status in NOBODY_KNOWS:
        raise Unanswered(said)
    raise Refused(said, status=status)


def _told(effect: Effect, facts: Situation) -> dict[str, Any]:
    return {
        "id": effect.key,
        "automation": effect.automation_id,
        "run_id": effect.run_id,
        "step": effect.step,
        "event": event_values(facts.event) if facts.event else None,
        "contact": people.contact_values(facts.contact) if facts.contact else None,
        "customer": people.customer_values(facts.customer) if facts.customer else None,
    }


def _headers(effect: Effect, body: bytes) -> dict[str, str]:
    moment = str(int(now().timestamp()))
    signature = calling.sign(effect.key, moment, body, secret())
    return {
        "Content-Type": "application/json",
        "User-Agent": "Posthouse",
        "Idempotency-Key": effect.key,
        "webhook-id": effect.key,
        "webhook-timestamp": moment,
        "webhook-signature": signature,
    }


def secret() -> str:
    """What receivers check the signature with; made at the first call."""
    return Settings.objects.get_or_create(pk=1)[0].webhook_secret

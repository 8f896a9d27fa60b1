"""The kind of effect that sends a survey: whether and when it goes out is decided by the rules of surveys."""

from datetime import datetime
from typing import Any

from posthouse.automations.definition.surveys import LANGUAGE
from posthouse.automations.effects import why_path
from posthouse.automations.facts import Situation
from posthouse.automations.kinds import LeftOut, Refused, effect_actor, effect_kind
from posthouse.automations.models import Effect
from posthouse.foundation.conditions import MISSING
from posthouse.foundation.durations import duration
from posthouse.people.actions import check_attributes
from posthouse.surveys import actions as surveys
from posthouse.surveys import queries

SOURCE = "automation"
LONGEST = 500
"""Longer texts out of an event are cut: they are to tell answers apart."""


@effect_kind("send_survey")
def send_survey(effect: Effect, facts: Situation) -> dict[str, Any] | LeftOut:
    """Asks the contact. A refusal by the rules of surveys (asked too recently, not in the sample …) is left out with
    the outcome as its reason; its row stays with the campaign, where it is shown like all others.
    """
    if not effect.contact_id:
        raise LeftOut("no_contact")
    campaign = queries.campaign_for(effect.payload["campaign"])
    if campaign is None:
        raise LeftOut("no_campaign")
    try:
        send = surveys.ask(campaign=campaign, wish=_wish(effect, facts), actor=effect_actor(effect)).send
    except surveys.Refused as refused:
        raise Refused(str(refused), code=refused.code) from refused
    answer = {"outcome": send.outcome, "campaign_id": campaign.pk, "send_id": send.pk}
    if send.outcome == queries.SCHEDULED:
        return {**answer, "due_at": _iso(send.due_at)}
    until = {"throttled_until": _iso(send.throttled_until)} if send.throttled_until else {}
    return LeftOut(send.outcome, **answer, **until)


def _wish(effect: Effect, facts: Situation) -> surveys.Wish:
    payload = effect.payload
    return surveys.Wish(
        contact_id=effect.contact_id,
        customer_id=effect.customer_id,
        delay=duration(payload["delay"]) if payload.get("delay") else None,
        attributes=attributes(payload.get("attributes") or {}, facts),
        language=_language(payload.get("language") or "", facts),
        source=SOURCE,
        key=f"{SOURCE}:{effect.key}",
        with_contact=False,
        why_url=why_path(effect),
    )


def attributes(fields: dict[str, str], facts: Situation) -> dict[str, Any]:
    """The values of fields by the names they are to have; what has none, or one that cannot be kept, is left out."""
    found = {name: _plain(facts.value(field)) for name, field in fields.items()}
    return {name: value for name, value in found.items() if value is not None and _can_be_kept(value)}


def _plain(value: Any) -> Any:
    if value is MISSING or value is None:
        return None
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bool | int | float):
        return value
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)[:LONGEST]
    return str(value)[:LONGEST] if isinstance(value, str) else None


def _can_be_kept(value: Any) -> bool:
    try:
        check_attributes({"value": value})
    except ValueError:
        return False
    return True


def _language(wanted: str, facts: Situation) -> str:
    """A code as it is, the value of a field if that is one, else the person's own."""
    if "." not in wanted:
        return wanted
    value = facts.value(wanted)
    return value if isinstance(value, str) and LANGUAGE.fullmatch(value) else ""


def _iso(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""

"""What automations know of journeys: their names, and how to put somebody in or take somebody out."""

from collections.abc import Iterable
from typing import Any

from posthouse.automations import actions as automations
from posthouse.journeys import actions, queries


@automations.journeys_from
def named() -> Iterable[automations.Place]:
    """The journeys that are live, with their steps."""
    for row in queries.journeys():
        steps = tuple((step["key"], step.get("name") or {"en": step["key"]}) for step in row.body.get("steps", ()))
        yield automations.Place(row.key, row.body.get("name") or {"en": row.key}, steps)


@automations.effect_kind("journey")
def move(effect: Any, facts: Any) -> dict[str, Any]:
    """Enrols the customer or contact in a journey, or ends its open runs there; once, by the id of the effect."""
    journey = queries.journey(effect.payload["journey"])
    if journey is None:
        raise automations.Refused("there is no such journey")
    subject = facts.customer_id if journey.body.get("subject", "customer") == "customer" else facts.contact_id
    if not subject:
        raise automations.LeftOut(f"no_{journey.body.get('subject', 'customer')}")
    actor = automations.effect_actor(effect)
    if effect.payload["act"] == "enrol":
        actions.enrol(journey=journey.key, subject=subject, actor=actor, event_id=effect.pk)
        return {"journey": journey.key}
    open_runs = list(queries.open_runs(journey.key, subject))
    for run in open_runs:
        actions.exit_run(run=run, reason="automation", actor=actor, event_id=f"{effect.pk}:{run.pk}")
    return {"journey": journey.key, "runs": len(open_runs)}

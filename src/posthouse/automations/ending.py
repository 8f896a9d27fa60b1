"""How effects end: done, to be tried later, given up, or nobody knows; each said in the journal, and to the log."""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db import connection

from posthouse.automations.events import AutomationActed, AutomationGaveUp
from posthouse.automations.journal import note
from posthouse.automations.kinds import effect_actor
from posthouse.automations.models import Effect, EffectState
from posthouse.foundation.clock import now
from posthouse.foundation.ids import new_id
from posthouse.foundation.plainrows import stored
from posthouse.timeline.actions import record, record_many
from posthouse.timeline.events import ToRecord

BACK_OFF = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 720))
DONE = (
    "UPDATE automations_effect SET state = %s, answer = %s, finished_at = %s, leased_until = NULL, attempts = %s, "
    "message_id = %s WHERE id = %s"
)


def done(ended: Sequence[tuple[Effect, dict[str, Any]]]) -> None:
    """These were carried out, with these answers. Announces AutomationActed for each."""
    if not ended:
        return
    moment = now()
    for effect, answer in ended:
        note(effect.run, "done", effect=effect, answer=answer)
    with connection.cursor() as cursor:
        cursor.executemany(DONE, [_row(effect, answer, stored(moment)) for effect, answer in ended])
    record_many(
        ToRecord(event=AutomationActed(**_about(effect)), actor=effect_actor(effect), event_id=new_id("evt"))
        for effect, _answer in ended
        if effect.contact_id or effect.customer_id
    )


def _row(effect: Effect, answer: dict[str, Any], moment: Any) -> tuple[Any, ...]:
    message_id = str(answer.get("message_id", ""))
    return (EffectState.DONE.value, json.dumps(answer), moment, effect.attempts, message_id, effect.pk)


def after_unknown_outcome(effect: Effect, error: str) -> None:
    """The action's policy: call it again with the same key, or leave it to people."""
    policy = effect.payload.get("after_crash", "retry")
    note(effect.run, "unknown_outcome", effect=effect, error=error, policy=policy)
    if policy == "retry":
        try_later(effect, error)
    else:
        _end(effect, EffectState.UNKNOWN, {"error": error})


def try_later(effect: Effect, error: str) -> None:
    """Again after a while; given up when that did not help often enough."""
    attempts = max(effect.attempts, 1) if effect.attempts else _counted(effect)
    if attempts > len(BACK_OFF):
        give_up(effect, {"error": error})
        return
    due_at = now() + BACK_OFF[attempts - 1]
    note(effect.run, "again", effect=effect, error=error[:500], attempt=attempts, at=due_at.isoformat())
    fields = {"state": EffectState.DUE, "due_at": due_at, "leased_until": None, "told_at": None}
    Effect.objects.filter(pk=effect.pk).update(**fields, attempts=attempts, answer={"error": error[:1000]})


def _counted(effect: Effect) -> int:
    return (Effect.objects.filter(pk=effect.pk).values_list("attempts", flat=True).first() or 0) + 1


def give_up(effect: Effect, answer: dict[str, Any]) -> None:
    """To the list of what is dead. Announces AutomationGaveUp."""
    note(effect.run, "gave_up", effect=effect, **answer)
    _end(effect, EffectState.FAILED, answer)
    if effect.contact_id or effect.customer_id:
        record(AutomationGaveUp(**_about(effect), error=str(answer.get("error", ""))[:500]), actor=effect_actor(effect))


def _end(effect: Effect, state: EffectState, answer: dict[str, Any]) -> None:
    fields = {"state": state, "answer": answer, "finished_at": now(), "leased_until": None}
    Effect.objects.filter(pk=effect.pk).update(**fields, attempts=effect.attempts)


def _about(effect: Effect) -> dict[str, str]:
    return {
        "customer_id": effect.customer_id,
        "contact_id": effect.contact_id,
        "automation": effect.automation_id,
        "run_id": effect.run_id,
        "effect_id": effect.pk,
        "kind": effect.kind,
    }

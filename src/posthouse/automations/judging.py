"""Whether an effect may be carried out now: paused, stopped, too late, quiet hours, caps. Each answer is journalled."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.db import connection

from posthouse.automations import runs
from posthouse.automations.facts import Situation
from posthouse.automations.journal import note
from posthouse.automations.models import Effect, EffectState, RunState, Settings, Switch
from posthouse.automations.plans import plan_of
from posthouse.foundation.clock import now
from posthouse.foundation.timing import quiet_until, spread

CHANGING = ("set_attribute", "tag")
"""Kinds that read what they change."""
HOLD = "SELECT pg_advisory_xact_lock(hashtextextended(id, 7303016)) FROM unnest(%s::text[]) AS id ORDER BY id"
OUTAGE = timedelta(minutes=15)
"""Messages found due for longer than this were held up by us: they are not sent all at once."""


class Sent:
    """When those whom some effects are about had messages of automations lately. Asked for all of them at once."""

    def __init__(self, effects: Iterable[Effect], settings: Settings) -> None:
        self._effects, self._settings = list(effects), settings

    def to(self, contact_id: str) -> list[datetime]:
        """Within the days of the cap, the last first."""
        return self._times.get(contact_id, [])

    @cached_property
    def _times(self) -> dict[str, list[datetime]]:
        counted = [effect.contact_id for effect in self._effects if effect.counted]
        rows = Effect.objects.filter(contact_id__in=counted, counted=True, state=EffectState.DONE)
        rows = rows.filter(finished_at__gt=now() - timedelta(days=self._settings.cap_days)).order_by("-finished_at")
        times: dict[str, list[datetime]] = {}
        for contact_id, at in rows.values_list("contact_id", "finished_at"):
            times.setdefault(contact_id, []).append(at or now())
        return times


def hold_people(effects: Iterable[Effect], settings: Settings) -> None:
    """Nobody else counts messages to these contacts, or changes those that will be changed, until the transaction ends.

    All of them at once and in one order, so that two workers never wait for each other.
    """
    capped = {effect.contact_id for effect in effects if effect.counted and settings.cap_most and settings.cap_days}
    changed = {
        effect.contact_id if effect.payload.get("of", "contact") == "contact" else effect.customer_id
        for effect in effects
        if effect.kind in CHANGING
    }
    one_at_a_time(*(capped | changed) - {""})


def may_go(effect: Effect, facts: Situation, settings: Settings, sent: Sent) -> bool:
    """True when it may be carried out now; else its row says until when it waits, or how it ended."""
    state = effect.automation.state
    if effect.automation.paused_at is not None:
        return _set(effect, EffectState.PAUSED)
    if state == Switch.OFF:
        return leave_out(effect, "switched_off")
    if effect.run.state == RunState.STOPPED:
        return leave_out(effect, effect.run.reason)
    if plan_of(effect.run.revision_id).stops_for(facts):
        if not runs.stop_now(effect.run_id, "stop_if", unless_busy=True):
            leave_out(effect, "stop_if")
        return False
    if effect.valid_until is not None and now() > effect.valid_until:
        return _expire(effect)
    return not effect.counted or _message_may_go(effect, facts, settings, sent)


def _message_may_go(effect: Effect, facts: Situation, settings: Settings, sent: Sent) -> bool:
    width = timedelta(minutes=settings.spread_minutes)
    if not effect.spread_out and width and now() - effect.due_at > OUTAGE:
        effect.spread_out = True
        effect.save(update_fields=["spread_out"])
        return _hold(effect, now() + spread(effect.key, width), "spread", late=str(now() - effect.due_at))
    if settings.quiet_from is not None and settings.quiet_to is not None:
        end = quiet_until(now(), facts.zone, settings.quiet_from, settings.quiet_to)
        if end is not None:
            window = f"{settings.quiet_from:%H:%M}-{settings.quiet_to:%H:%M}"
            return _hold(effect, end + spread(effect.key, width), "quiet", zone=str(facts.zone), window=window)
    return _under_cap(effect, settings, sent)


def _under_cap(effect: Effect, settings: Settings, sent: Sent) -> bool:
    """Whether the contact has had fewer messages than the cap, of all automations; else it waits until one is old."""
    if not settings.cap_most or not settings.cap_days or not effect.contact_id:
        return True
    times = sent.to(effect.contact_id)
    cap = {"had": len(times), "most": settings.cap_most, "days": settings.cap_days}
    if len(times) < settings.cap_most:
        note(effect.run, "cap", effect=effect, held=False, **cap)
        return True
    oldest = times[settings.cap_most - 1]
    until = oldest + timedelta(days=settings.cap_days, seconds=1)
    return _hold(effect, until, "cap", held=True, **cap)


def one_at_a_time(*ids: str) -> None:
    """Nobody else does anything to these contacts or customers until the transaction ends (SQLite has one writer)."""
    if ids and connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(HOLD, [sorted(ids)])


def _hold(effect: Effect, until: datetime, why: str, **data: object) -> bool:
    """Keep it back until a moment; where that is beyond its validity it will never go, which is said at once."""
    note(effect.run, why, effect=effect, until=until.isoformat(), **data)
    if effect.valid_until is not None and until > effect.valid_until:
        return _expire(effect)
    Effect.objects.filter(pk=effect.pk).update(state=EffectState.HELD, due_at=until, told_at=None)
    return False


def _expire(effect: Effect) -> bool:
    valid_until = effect.valid_until.isoformat() if effect.valid_until else ""
    note(effect.run, "expired", effect=effect, valid_until=valid_until)
    return _set(effect, EffectState.EXPIRED)


def leave_out(effect: Effect, reason: str, **answer: Any) -> bool:
    """It will not be done: never."""
    runs.leave_out(effect, reason, **answer)
    return False


def _set(effect: Effect, state: EffectState) -> bool:
    ended = state in (EffectState.EXPIRED, EffectState.SKIPPED)
    Effect.objects.filter(pk=effect.pk).update(state=state, leased_until=None, finished_at=now() if ended else None)
    return False

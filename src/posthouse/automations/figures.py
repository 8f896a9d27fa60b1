"""Counts for the list of automations: how often each fired lately, what waits, what failed. One query each."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Count, Max

from posthouse.automations import definition, sentences
from posthouse.automations.models import (
    PENDING_WAITS,
    Automation,
    AutomationRevision,
    AutomationRun,
    Effect,
    EffectState,
    RunState,
    Wait,
)
from posthouse.automations.ready import shipped
from posthouse.automations.sentences import Names
from posthouse.foundation.clock import now

LATELY = timedelta(days=30)
DEAD = (EffectState.FAILED, EffectState.UNKNOWN)


@dataclass(frozen=True)
class Row:
    """One automation in the list."""

    automation: Automation
    name: str
    sentence: str
    mission: str
    fired: int
    last: Any
    failed: int


@dataclass(frozen=True)
class Counts:
    """What wants attention, for the tabs."""

    waiting: int
    failed: int


def rows(names: Names) -> list[Row]:
    """All automations, those that act first."""
    since = now() - LATELY
    lately = AutomationRun.objects.filter(started_at__gte=since).values("automation_id")
    fired: dict[str, Any] = {
        row["automation_id"]: row for row in lately.order_by().annotate(n=Count("pk"), last=Max("started_at"))
    }
    dead = {row["automation_id"]: row["n"] for row in _dead_effects().values("automation_id").annotate(n=Count("pk"))}
    stuck = {row["automation_id"]: row["n"] for row in _stuck_runs().values("automation_id").annotate(n=Count("pk"))}
    missions = {one.key: one.mission for one in shipped()}
    found = [
        Row(
            automation=one,
            name=name_of(one),
            sentence=sentence_of(one.published, names),
            mission=missions.get(one.key, ""),
            fired=fired.get(one.key, {}).get("n", 0),
            last=fired.get(one.key, {}).get("last"),
            failed=dead.get(one.key, 0) + stuck.get(one.key, 0),
        )
        for one in Automation.objects.select_related("published")
    ]
    order = {"on": 0, "dry": 1, "off": 2}
    return sorted(found, key=lambda row: (order[row.automation.state], _place(row.mission), row.name.lower()))


def counts() -> Counts:
    """How many wait and how many failed. Three queries."""
    failed = _dead_effects().count() + _stuck_runs().count()
    return Counts(Wait.objects.filter(state__in=PENDING_WAITS).count(), failed)


def name_of(automation: Automation) -> str:
    """What an automation is called in the language of the page."""
    body = automation.published.body if automation.published else {}
    return sentences.title(body.get("name", {})) or automation.key


def sentence_of(revision: AutomationRevision | None, names: Names) -> str:
    """What a revision says; empty when there is none."""
    return sentences.sentence(definition.parse(revision.body), names) if revision else ""


def names_of(keys: Iterable[str]) -> dict[str, str]:
    """Names of automations by key. One query."""
    return {one.key: name_of(one) for one in Automation.objects.select_related("published").filter(pk__in=set(keys))}


def _dead_effects() -> Any:
    return Effect.objects.filter(state__in=DEAD).order_by()


def _stuck_runs() -> Any:
    return AutomationRun.objects.filter(state=RunState.FAILED).order_by()


def _place(mission: str) -> list[int]:
    return [int(part) for part in mission[1:].split(".")] if mission else [99]

"""Questions about automations: how they stand, what they did, and why."""

from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from posthouse.automations.editing.fields import step_kinds
from posthouse.automations.models import (
    Automation,
    AutomationRevision,
    AutomationRun,
    Decision,
    Effect,
    EffectState,
    RunState,
    Settings,
    Task,
    Wait,
)
from posthouse.automations.past import Fired, Trial, try_on_past
from posthouse.automations.runs import event_of
from posthouse.automations.runs import settings as runs_settings
from posthouse.automations.sentences import title
from posthouse.timeline.events import Recorded

__all__ = ["Explanation", "Fired", "Trial", "try_on_past"]


def settings() -> Settings:
    """What holds for all automations together: caps, quiet hours, spreading."""
    return runs_settings()


def automations() -> QuerySet[Automation]:
    """All of them, with the revision in force, by key."""
    return Automation.objects.select_related("published").order_by("key")


def names() -> dict[str, str]:
    """What automations are called in the language of the page. One query."""
    return {row.key: title((row.published.body if row.published else {}).get("name", {})) for row in automations()}


def kind_name(kind: str) -> str:
    """What a step of this kind does."""
    return str(dict(step_kinds()).get(kind, kind))


def one(key: str) -> Automation | None:
    """An automation by key, with the revision in force."""
    return Automation.objects.select_related("published").filter(pk=key).first()


def revisions(automation: Automation) -> QuerySet[AutomationRevision]:
    """Its wordings, newest first."""
    return automation.revisions.order_by("-number")


def runs(*, key: str = "", state: str = "", contact_id: str = "", customer_id: str = "") -> QuerySet[AutomationRun]:
    """Runs, newest first."""
    wanted = {"automation_id": key, "state": state, "contact_id": contact_id, "customer_id": customer_id}
    rows = AutomationRun.objects.filter(**{name: value for name, value in wanted.items() if value})
    return rows.select_related("automation", "revision").order_by("-started_at", "-pk")


def run(run_id: str) -> AutomationRun | None:
    """A run by id."""
    return AutomationRun.objects.select_related("automation", "revision").filter(pk=run_id).first()


def effects(
    *, key: str = "", state: str = "", contact_id: str = "", customer_id: str = "", kind: str = ""
) -> QuerySet[Effect]:
    """What automations did, are about to do or left out, newest first."""
    wanted = {
        "automation_id": key,
        "state": state,
        "contact_id": contact_id,
        "customer_id": customer_id,
        "kind": kind,
    }
    rows = Effect.objects.filter(**{name: value for name, value in wanted.items() if value})
    return rows.select_related("automation", "run").order_by("-created_at", "-pk")


def effect(effect_id: str) -> Effect | None:
    """An effect by id."""
    return Effect.objects.select_related("automation", "run__revision").filter(pk=effect_id).first()


def counts(key: str) -> dict[str, dict[str, int]]:
    """How many runs and effects of an automation are in each state."""
    runs_ = AutomationRun.objects.filter(automation_id=key).order_by().values_list("state")
    effects_ = Effect.objects.filter(automation_id=key).order_by().values_list("state")
    return {"runs": dict(runs_.annotate(Count("pk"))), "effects": dict(effects_.annotate(Count("pk")))}


def dead_effects() -> QuerySet[Effect]:
    """Effects that failed for good, or of which nobody knows what came of them, newest first."""
    dead = Effect.objects.filter(state__in=[EffectState.FAILED, EffectState.UNKNOWN])
    return dead.select_related("automation", "run").order_by("-created_at", "-pk")


def stuck_runs() -> QuerySet[AutomationRun]:
    """Runs that an error has stopped, newest first."""
    rows = AutomationRun.objects.filter(state=RunState.FAILED)
    return rows.select_related("automation", "revision").order_by("-started_at", "-pk")


@dataclass(frozen=True)
class Explanation:
    """Why something was done, or not, or not yet."""

    effect: Effect
    run: AutomationRun
    revision: AutomationRevision
    event: Recorded | None
    decisions: list[Decision]
    """The journal of the run up to this step, and of the effect: what was decided, when, and on what."""
    wait: Wait | None
    """What the run waits for now, if it does."""


def explain(effect: Effect) -> Explanation:
    """Everything that led to an effect: event, run, revision, filters, caps, windows, the provider's answer."""
    run = AutomationRun.objects.select_related("revision", "automation").get(pk=effect.run_id)
    journal = Decision.objects.filter(Q(effect=effect) | Q(effect=None), run=run).order_by("pk")
    wait = Wait.objects.filter(run=run, state__in=["waiting", "paused"]).first()
    return Explanation(effect, run, run.revision, event_of(run), list(journal), wait)


def explain_message(message_id: str) -> Explanation | None:
    """Why a mail was sent, for its footer's "Why did I get this?"; None when no automation sent it."""
    found = Effect.objects.filter(message_id=message_id).first() if message_id else None
    return explain(found) if found else None


def tasks(*, is_open: bool | None = None, assignee: int | None = None, customer_id: str = "") -> QuerySet[Task]:
    """What the team is to do, the most urgent first."""
    rows = Task.objects.select_related("effect__automation").order_by("due_at", "created_at", "pk")
    if is_open is not None:
        rows = rows.filter(done_at__isnull=is_open)
    if assignee is not None:
        rows = rows.filter(assignee=assignee)
    return rows.filter(customer_id=customer_id) if customer_id else rows


def task(task_id: str) -> Task | None:
    """A task by id."""
    return Task.objects.filter(pk=task_id).first()

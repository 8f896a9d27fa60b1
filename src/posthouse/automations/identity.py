"""What becomes of runs when two contacts or customers turn out to be one, or a person is forgotten.

Nothing is done again: runs of both count for the one that stays. Where both are under way in what may happen only
once, the one that got further goes on.
"""

from typing import Literal

from posthouse.automations import runs
from posthouse.automations.models import PENDING_EFFECTS, AutomationRun, Effect, RunState, Task, Wait
from posthouse.timeline.events import Recorded

Whose = Literal["contact_id", "customer_id"]
MERGED: dict[str, Whose] = {"contact.merged": "contact_id", "customer.merged": "customer_id"}


def follow(event: Recorded) -> None:
    """Let runs, waits, effects and tasks follow a merge; end what is under way for a person who was erased."""
    if event.type in MERGED:
        whose = MERGED[event.type]
        keep = event.contact_id if whose == "contact_id" else event.customer_id
        move(whose, str(event.data.get("gone_id", "")), keep)
    elif event.type == "contact.erased":
        forget(event.contact_id)


def move(whose: Whose, gone: str, keep: str) -> None:
    """All rows of `gone` belong to `keep` from now on."""
    if not gone or not keep or gone == keep:
        return
    moved = list(AutomationRun.objects.filter(**{whose: gone}))
    for run in moved:
        _rename(run, gone, keep)
    ids = [run.pk for run in moved]
    Wait.objects.filter(run__in=ids).update(**{whose: keep})
    Effect.objects.filter(run__in=ids).update(**{whose: keep})
    AutomationRun.objects.filter(pk__in=ids).update(**{whose: keep})
    Task.objects.filter(**{whose: gone}).update(**{whose: keep})


def _rename(run: AutomationRun, gone: str, keep: str) -> None:
    """Give the run the occurrence it would have had, unless the one that stays has it already."""
    if not run.occurrence.startswith(gone):
        return
    wanted = keep + run.occurrence.removeprefix(gone)
    other = AutomationRun.objects.filter(automation_id=run.automation_id, occurrence=wanted).first()
    if other is not None and run.state == other.state == RunState.OPEN:
        behind = min(run, other, key=lambda one: (one.steps, one.pk == other.pk))
        runs.stop_now(behind.pk, "merged")
    occurrence = f"{wanted}~{run.pk}"[:250] if other is not None else wanted
    AutomationRun.objects.filter(pk=run.pk).update(occurrence=occurrence)


def forget(contact_id: str) -> None:
    """End what is under way for a contact."""
    under_way = AutomationRun.objects.filter(contact_id=contact_id, state=RunState.OPEN)
    for run_id in list(under_way.values_list("pk", flat=True)):
        runs.stop_now(run_id, "erased")
    pending = Effect.objects.filter(run__contact_id=contact_id, state__in=PENDING_EFFECTS)
    for effect in pending.select_related("run"):
        runs.leave_out(effect, "erased")

"""HTTP routes about runs, what they wait for, what failed, and the settings."""

from datetime import datetime, time
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from ninja import Router, Schema

from posthouse.automations import actions, models, queries
from posthouse.automations.api.common import (
    DecisionOut,
    IdInPath,
    IdInQuery,
    Strict,
    actor_of,
    found_or_404,
    not_possible,
    page_of,
)
from posthouse.foundation.moments import Moment
from posthouse.foundation.paging import ApiLimit
from posthouse.foundation.problems import Problem
from posthouse.people.access import scope

router = Router()
READ, WRITE = scope("automations:read"), scope("automations:write")


class RunOut(Schema):
    """One going-through of an automation."""

    id: str
    automation_id: str
    contact_id: str
    customer_id: str
    event_source: str
    event_id: str
    state: str
    dry: bool
    step: str
    reason: str
    error: str
    started_at: datetime
    ended_at: datetime | None


class RunsOut(Schema):
    """A page of runs."""

    items: list[RunOut]
    next: str | None


class EffectOut(Schema):
    """Something an automation does."""

    id: str
    run_id: str
    automation_id: str
    step: str
    key: str
    kind: str
    state: str
    due_at: datetime
    attempts: int
    answer: dict[str, Any]
    finished_at: datetime | None


class EffectsOut(Schema):
    """A page of effects."""

    items: list[EffectOut]
    next: str | None


class WaitOut(Schema):
    """What a run waits for."""

    id: int
    run_id: str
    step: str
    state: str
    due_at: datetime
    event_type: str


class ExplainedOut(RunOut):
    """A run with everything that was decided."""

    revision: int
    decisions: list[DecisionOut]
    effects: list[EffectOut]
    waits: list[WaitOut]

    @staticmethod
    def resolve_revision(row: models.AutomationRun) -> int:
        """The number of the wording it follows."""
        return row.revision.number


class WaitMoveIn(Strict):
    """When the run goes on."""

    due_at: Moment


class SettingsOut(Schema):
    """What holds for all automations together."""

    cap_most: int
    cap_days: int
    quiet_from: time | None
    quiet_to: time | None
    spread_minutes: int
    valid_hours: int
    hourly_limit: int
    late_hours: int


class SettingsPatch(Strict):
    """What is left out stays as it is."""

    cap_most: int = 0
    cap_days: int = 1
    quiet_from: time | None = None
    quiet_to: time | None = None
    spread_minutes: int = 0
    valid_hours: int = 1
    hourly_limit: int = 1
    late_hours: int = 1


@router.get(
    "/automation-runs", response=RunsOut, auth=READ, operation_id="list_automation_runs", summary="Runs of automations"
)
def list_runs(
    request: HttpRequest,
    automation: IdInQuery = "",
    state: IdInQuery = "",
    contact_id: IdInQuery = "",
    customer_id: IdInQuery = "",
    after: IdInQuery = "",
    limit: ApiLimit = 50,
) -> Any:
    """Newest first; send `next` as `after` for the page behind."""
    rows = queries.runs(key=automation, state=state, contact_id=contact_id, customer_id=customer_id)
    return page_of(rows, after, limit)


@router.get(
    "/automation-runs/{run_id}",
    response=ExplainedOut,
    auth=READ,
    operation_id="explain_automation_run",
    summary="One run, explained",
)
def get_run(request: HttpRequest, run_id: IdInPath) -> Any:
    """One run with every decision: event, filter, caps, windows, the provider's answer."""
    return found_or_404(queries.run(run_id))


@router.post(
    "/automation-runs/{run_id}/cancel",
    response=RunOut,
    auth=WRITE,
    operation_id="cancel_automation_run",
    summary="End a run",
)
def cancel_run(request: HttpRequest, run_id: IdInPath) -> Any:
    """End it, with what it waits for and has not done yet."""
    if not actions.cancel_run(run=found_or_404(queries.run(run_id)), actor=actor_of(request)):
        raise not_possible("The run is over.")
    return queries.run(run_id)


@router.post(
    "/automation-runs/{run_id}/retry",
    response=RunOut,
    auth=WRITE,
    operation_id="retry_automation_run",
    summary="Take a stuck run on",
)
def retry_run(request: HttpRequest, run_id: IdInPath) -> Any:
    """Let a run that an error has stopped go on from where it was."""
    if not actions.retry_run(run=found_or_404(queries.run(run_id)), actor=actor_of(request)):
        raise not_possible("The run is not stuck.")
    return queries.run(run_id)


@router.get(
    "/automation-waits",
    response=list[WaitOut],
    auth=READ,
    operation_id="list_automation_waits",
    summary="What runs wait for",
)
def list_waits(request: HttpRequest, automation: IdInQuery = "", limit: ApiLimit = 50) -> Any:
    """The soonest first."""
    rows = models.Wait.objects.filter(state__in=models.PENDING_WAITS).order_by("due_at", "pk")
    return list((rows.filter(run__automation_id=automation) if automation else rows)[:limit])


@router.post(
    "/automation-waits/{int:wait_id}/move",
    response=WaitOut,
    auth=WRITE,
    operation_id="move_automation_wait",
    summary="Move a wait",
)
def move_wait(request: HttpRequest, wait_id: int, body: WaitMoveIn) -> Any:
    """Let the run go on at another time."""
    rows = models.Wait.objects.select_related("run").filter(pk=wait_id if wait_id < 2**63 else 0)
    if not actions.move_wait(wait=found_or_404(rows.first()), due_at=body.due_at, actor=actor_of(request)):
        raise not_possible("The wait is over.")
    return rows.get()


@router.get(
    "/automation-failures",
    response=EffectsOut,
    auth=READ,
    operation_id="list_automation_failures",
    summary="What could not be done",
)
def list_failures(request: HttpRequest, after: IdInQuery = "", limit: ApiLimit = 50) -> Any:
    """Failed for good, or of unknown outcome; newest first."""
    return page_of(queries.dead_effects(), after, limit)


@router.post(
    "/automation-failures/{effect_id}/retry",
    response=EffectOut,
    auth=WRITE,
    operation_id="retry_automation_effect",
    summary="Try again",
)
def retry_effect(request: HttpRequest, effect_id: IdInPath) -> Any:
    """Try it once more, with all attempts before it."""
    if not actions.retry_effect(effect=found_or_404(queries.effect(effect_id)), actor=actor_of(request)):
        raise not_possible("It is not among the failed.")
    return queries.effect(effect_id)


@router.post(
    "/automation-failures/{effect_id}/skip",
    response=EffectOut,
    auth=WRITE,
    operation_id="skip_automation_effect",
    summary="Leave out",
)
def skip_effect(request: HttpRequest, effect_id: IdInPath) -> Any:
    """Take it off the list without doing it."""
    if not actions.drop_effect(effect=found_or_404(queries.effect(effect_id)), actor=actor_of(request)):
        raise not_possible("It is not among the failed.")
    return queries.effect(effect_id)


@router.get(
    "/automation-settings",
    response=SettingsOut,
    auth=READ,
    operation_id="get_automation_settings",
    summary="Caps and quiet hours",
)
def get_settings(request: HttpRequest) -> Any:
    """What holds for all automations together."""
    return queries.settings()


@router.patch(
    "/automation-settings",
    response=SettingsOut,
    auth=WRITE,
    operation_id="change_automation_settings",
    summary="Change caps and quiet hours",
)
def change_settings(request: HttpRequest, body: SettingsPatch) -> Any:
    """What is left out stays as it is."""
    try:
        return actions.change_settings(actor=actor_of(request), **body.dict(exclude_unset=True))
    except ValidationError as error:
        raise Problem(
            status=422, code="settings-invalid", title="These settings do not fit", detail=" ".join(error.messages)
        ) from error

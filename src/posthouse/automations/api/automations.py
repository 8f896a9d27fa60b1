"""HTTP routes about automations themselves."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from django.db import transaction
from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import StringConstraints

from posthouse.automations import actions, catalogue, definition, figures, models, queries
from posthouse.automations.api.common import IdInPath, Strict, actor_of, found_or_404, invalid, not_possible
from posthouse.foundation.clock import now
from posthouse.people.access import scope

router = Router()
State = Literal["off", "dry", "on"]
READ, WRITE = scope("automations:read"), scope("automations:write")


class AutomationOut(Schema):
    """An automation, with the wording in force."""

    key: str
    state: State
    paused_at: datetime | None
    revision: int | None
    sentence: str
    body: dict[str, Any]

    @staticmethod
    def resolve_revision(row: models.Automation) -> int | None:
        """The number of the wording in force."""
        return row.published.number if row.published else None

    @staticmethod
    def resolve_body(row: models.Automation) -> dict[str, Any]:
        """The wording in force."""
        return dict(row.published.body) if row.published else {}

    @staticmethod
    def resolve_sentence(row: models.Automation, context: dict[str, Any]) -> str:
        """What it says, in the language of the caller."""
        names = context["request"].__dict__.setdefault("automation_names", None) or catalogue.names()
        context["request"].automation_names = names
        return figures.sentence_of(row.published, names)


class AutomationIn(Strict):
    """A new wording. With `based_on`, the number of the revision it was made from, nobody else's is overwritten."""

    body: dict[str, Any]
    note: Annotated[str, StringConstraints(max_length=200)] = ""
    based_on: int | None = None


class SwitchIn(Strict):
    """Off, dry run or on."""

    state: State


class ResumeIn(Strict):
    """What becomes of what is overdue."""

    overdue: Literal["skip", "latest", "all"]


class RevisionOut(Schema):
    """One wording; never changed."""

    number: int
    body: dict[str, Any]
    note: str
    created_by: str
    created_at: datetime


class TryIn(Strict):
    """A wording to try, or none for the one in force."""

    body: dict[str, Any] | None = None
    days: int = 30


class FiredOut(Schema):
    """Once that it would have begun."""

    at: datetime
    contact_id: str
    customer_id: str


class TrialOut(Schema):
    """What the past would have brought."""

    seen: int
    fired: int
    complete: bool
    passed_over: dict[str, int]
    examples: list[FiredOut]


@router.get(
    "/automations", response=list[AutomationOut], auth=READ, operation_id="list_automations", summary="All automations"
)
def list_automations(request: HttpRequest) -> Any:
    """All of them, by key."""
    return list(queries.automations())


@router.get(
    "/automations/{key}", response=AutomationOut, auth=READ, operation_id="get_automation", summary="One automation"
)
def get_automation(request: HttpRequest, key: IdInPath) -> Any:
    """One, with the wording in force."""
    return found_or_404(queries.one(key))


@router.put(
    "/automations/{key}",
    response=AutomationOut,
    auth=WRITE,
    operation_id="write_automation",
    summary="Make or change an automation",
)
def write_automation(request: HttpRequest, key: IdInPath, body: AutomationIn) -> Any:
    """A new revision, in force for runs that begin from now on. A new automation is off."""
    with transaction.atomic():
        _no_conflict(key, body.based_on)
        try:
            revision = actions.save_revision(
                key=key, body=definition.with_ids(body.body), note=body.note, actor=actor_of(request)
            )
        except definition.InvalidDefinition as error:
            raise invalid(error.faults) from error
        actions.publish_revision(revision=revision, actor=actor_of(request))
    return queries.one(key)


def _no_conflict(key: str, based_on: int | None) -> None:
    row = models.Automation.objects.select_for_update(no_key=True).filter(pk=key).first()
    latest = queries.revisions(row).first() if row else None
    number = latest.number if latest else 0
    if based_on is not None and based_on != number:
        raise not_possible(f"The latest revision is {number}, not {based_on}: somebody else has changed it.")


@router.get(
    "/automations/{key}/revisions",
    response=list[RevisionOut],
    auth=READ,
    operation_id="list_automation_revisions",
    summary="Revisions",
)
def list_revisions(request: HttpRequest, key: IdInPath) -> Any:
    """Newest first, at most 200."""
    return list(queries.revisions(found_or_404(queries.one(key)))[:200])


@router.post(
    "/automations/{key}/switch",
    response=AutomationOut,
    auth=WRITE,
    operation_id="switch_automation",
    summary="Off, dry run or on",
)
def switch(request: HttpRequest, key: IdInPath, body: SwitchIn) -> Any:
    """Off ends the runs under way; dry run and on hold for runs that begin from now on."""
    try:
        actions.switch(automation=found_or_404(queries.one(key)), state=body.state, actor=actor_of(request))
    except ValueError as error:
        raise not_possible(str(error)) from error
    return queries.one(key)


@router.post(
    "/automations/{key}/pause",
    response=AutomationOut,
    auth=WRITE,
    operation_id="pause_automation",
    summary="Pause an automation",
)
def pause(request: HttpRequest, key: IdInPath) -> Any:
    """Everything waits where it is."""
    actions.pause(automation=found_or_404(queries.one(key)), actor=actor_of(request))
    return queries.one(key)


@router.post(
    "/automations/{key}/resume",
    response=AutomationOut,
    auth=WRITE,
    operation_id="resume_automation",
    summary="Go on after a pause",
)
def resume(request: HttpRequest, key: IdInPath, body: ResumeIn) -> Any:
    """Go on: what is overdue is skipped, or only the latest is done for each, or all of it, spread."""
    actions.resume(automation=found_or_404(queries.one(key)), overdue=body.overdue, actor=actor_of(request))
    return queries.one(key)


@router.post(
    "/automations/{key}/try",
    response=TrialOut,
    auth=READ,
    operation_id="try_automation",
    summary="Try an automation on the past",
)
def try_on_past(request: HttpRequest, key: IdInPath, body: TryIn) -> Any:
    """How often it would have begun, and for whom. Nothing is written."""
    row = found_or_404(queries.one(key))
    wording = body.body or (row.published.body if row.published else {})
    try:
        return queries.try_on_past(wording, since=now() - timedelta(days=min(max(body.days, 1), 90)))
    except definition.InvalidDefinition as error:
        raise invalid(error.faults) from error

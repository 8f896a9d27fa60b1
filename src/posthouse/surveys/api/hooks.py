"""Routes about the incoming webhook of a campaign."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import Field

from posthouse.foundation.paging import ApiLimit
from posthouse.foundation.problems import not_found
from posthouse.people.access import scope
from posthouse.surveys import actions, queries
from posthouse.surveys.api.common import Id, In, actor_of, campaign_or_404, conflict, invalid
from posthouse.surveys.hooks import samples, signing
from posthouse.surveys.hooks.mapping import check_mapping, read
from posthouse.surveys.models import Hook, HookDelivery

router = Router()
SigningName = Literal["standard", "body", "header"]


class SurveyHookIn(In):
    """How it is set up. `mapping`: `email` and, where they are wanted, `name`, `language`, `delay`, `id`, each a JSON
    pointer or `=` and the value; `attributes` (name to source) and `only` (pointer to what must stand there).
    """

    signing: SigningName = "standard"
    mapping: dict[str, Any]


class SurveyHookOut(Schema):
    """An incoming webhook, without its secret."""

    id: str
    address: str
    signing: SigningName
    mapping: dict[str, Any]
    old_secret_ends_at: datetime | None
    created_at: datetime

    @staticmethod
    def resolve_address(hook: Hook) -> str:
        """Where deliveries are sent to."""
        return samples.address(hook)

    @staticmethod
    def resolve_old_secret_ends_at(hook: Hook) -> datetime | None:
        """Until when the secret before works."""
        return hook.old_ends_at


class SurveyHookSecretOut(Schema):
    """An incoming webhook with its secret, which no other answer holds."""

    hook: SurveyHookOut
    secret: str


class SurveyHookRotateIn(In):
    """For how long the old secret works on."""

    overlap_seconds: Annotated[int, Field(strict=True, ge=0, le=int(actions.MAX_OVERLAP.total_seconds()))] = 86_400


class SurveyHookTryIn(In):
    """A payload, and a mapping to read it by (left out: the one in force)."""

    payload: Any
    mapping: dict[str, Any] | None = None


class SurveyHookFault(Schema):
    """What cannot be used: the part of the mapping, the pointer, and why."""

    path: str
    pointer: str
    message: str


class SurveyHookTryOut(Schema):
    """What a delivery with this payload would say. `meant` false: it would be passed over."""

    meant: bool
    email: str
    name: str
    language: str
    delay: int | None
    id: str
    attributes: dict[str, Any]
    not_found: list[str]
    errors: list[SurveyHookFault]


class SurveyDeliveryOut(Schema):
    """What became of a delivery: `code` is empty for one that was taken in."""

    id: str
    code: str
    message_id: str
    detail: str
    send_id: str | None
    outcome: str | None
    times: int
    first_at: datetime
    last_at: datetime

    @staticmethod
    def resolve_outcome(row: HookDelivery) -> str | None:
        """What was decided on the send."""
        return row.send.outcome if row.send else None


class SurveyDeliveryList(Schema):
    """The latest deliveries."""

    items: list[SurveyDeliveryOut]


@router.get(
    "/surveys/{campaign_id}/webhook",
    response=SurveyHookOut,
    auth=scope("surveys:read"),
    operation_id="get_survey_hook",
    summary="The incoming webhook of a campaign",
)
def get_survey_hook(request: HttpRequest, campaign_id: Id) -> Hook:
    """Its address, and what is read out of a delivery."""
    return _hook_or_404(campaign_id)


@router.put(
    "/surveys/{campaign_id}/webhook",
    response={200: SurveyHookOut, 201: SurveyHookSecretOut},
    auth=scope("surveys:write"),
    operation_id="put_survey_hook",
    summary="Set up the incoming webhook",
)
def put_survey_hook(request: HttpRequest, campaign_id: Id, body: SurveyHookIn) -> Status[Any]:
    """201 with the secret for a new one; an existing one keeps its address and secret."""
    campaign, actor = campaign_or_404(campaign_id), actor_of(request)
    hook = queries.hook_of(campaign)
    try:
        if hook is None:
            return Status(201, _with_secret(actions.make_hook(campaign=campaign, actor=actor, **body.dict())))
        return Status(200, actions.change_hook(hook=hook, actor=actor, **body.dict()))
    except actions.Invalid as fault:
        raise invalid(fault) from fault
    except actions.Refused as refused:
        raise conflict(refused) from refused


@router.post(
    "/surveys/{campaign_id}/webhook/rotate",
    response=SurveyHookSecretOut,
    auth=scope("surveys:write"),
    operation_id="rotate_survey_hook",
    summary="A new secret for the incoming webhook",
)
def rotate_survey_hook(request: HttpRequest, campaign_id: Id, body: SurveyHookRotateIn) -> dict[str, Any]:
    """The old secret works on for the overlap."""
    hook = _hook_or_404(campaign_id)
    overlap = timedelta(seconds=body.overlap_seconds)
    return _with_secret(actions.rotate_hook(hook=hook, overlap=overlap, actor=actor_of(request)))


@router.delete(
    "/surveys/{campaign_id}/webhook",
    response={204: None},
    auth=scope("surveys:write"),
    operation_id="remove_survey_hook",
    summary="Remove the incoming webhook",
)
def remove_survey_hook(request: HttpRequest, campaign_id: Id) -> Status[None]:
    """Its address answers no more; what was asked stays."""
    actions.remove_hook(hook=_hook_or_404(campaign_id), actor=actor_of(request))
    return Status(204, None)


@router.post(
    "/surveys/{campaign_id}/webhook/try",
    response=SurveyHookTryOut,
    auth=scope("surveys:write"),
    operation_id="try_survey_hook",
    summary="Try the mapping on a payload",
)
def try_survey_hook(request: HttpRequest, campaign_id: Id, body: SurveyHookTryIn) -> dict[str, Any]:
    """What would be read out of it. Nobody is asked, and nothing is kept."""
    campaign = campaign_or_404(campaign_id)
    try:
        mapping = check_mapping(body.mapping) if body.mapping is not None else _hook_or_404(campaign.pk).mapping
    except actions.Invalid as fault:
        raise invalid(fault) from fault
    found = read(mapping, body.payload)
    return {
        **{name: getattr(found, name) for name in ("meant", "email", "name", "language", "id", "attributes")},
        "delay": int(found.delay.total_seconds()) if found.delay is not None else None,
        "not_found": found.missing,
        "errors": [{"path": one.part, "pointer": one.pointer, "message": one.reason} for one in found.faults],
    }


@router.get(
    "/surveys/{campaign_id}/webhook/deliveries",
    response=SurveyDeliveryList,
    auth=scope("surveys:read"),
    operation_id="list_survey_deliveries",
    summary="The latest deliveries",
)
def list_survey_deliveries(request: HttpRequest, campaign_id: Id, limit: ApiLimit = 50) -> dict[str, Any]:
    """What came to the incoming webhook and what became of it, the latest first; the last two hundred are kept."""
    return {"items": list(queries.deliveries(_hook_or_404(campaign_id))[:limit])}


def _hook_or_404(campaign_id: str) -> Hook:
    found = queries.hook_of(campaign_or_404(campaign_id))
    if found is None:
        raise not_found("webhook")
    return found


def _with_secret(hook: Hook) -> dict[str, Any]:
    return {"hook": hook, "secret": signing.secret_of(hook)}

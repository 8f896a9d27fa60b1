"""HTTP routes about webhooks."""

import json
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Path, Query, Router, Schema, Status
from pydantic import ConfigDict, Field, StringConstraints

from posthouse.foundation.moments import Moment
from posthouse.foundation.paging import ApiLimit
from posthouse.foundation.problems import Problem, not_found
from posthouse.people import access
from posthouse.people import actions as people
from posthouse.people.access import scope
from posthouse.webhooks import actions, queries
from posthouse.webhooks.models import Delivery, Subscription

router = Router(tags=["webhooks"])

Id = Annotated[str, Path(max_length=40, pattern=r"^[A-Za-z0-9_]+$")]
After = Annotated[str, Query(max_length=40, pattern=r"^[A-Za-z0-9_]*$", description="The `next` of an earlier answer")]
Url = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
EventName = Annotated[str, StringConstraints(max_length=80, pattern=r"^[a-z0-9_.]+$")]
CampaignId = Annotated[str, StringConstraints(max_length=40, pattern=r"^[A-Za-z0-9_]+$")]
Description = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00-\x1f]*$")]
Events = Annotated[list[EventName], Field(min_length=1, max_length=50)]
Campaigns = Annotated[list[CampaignId], Field(max_length=actions.MOST_CAMPAIGNS)]
DeliveryStateName = Literal["due", "claimed", "delivered", "failed", "dropped"]


class WebhookStrict(Schema):
    """A body in which a member nobody knows is an error, not a surprise."""

    model_config = ConfigDict(extra="forbid")


class WebhookIn(WebhookStrict):
    """An address to be told of public events; `campaign_ids` narrows those about surveys, empty: all campaigns."""

    url: Url
    events: Events
    campaign_ids: Campaigns = []
    description: Description = ""


class WebhookPatch(WebhookStrict):
    """What to change; members left out stay as they are. `on` switches it off and on."""

    url: Url = ""
    events: Events = []
    campaign_ids: Campaigns = []
    description: Description = ""
    on: bool = True


class RotateWebhookSecretIn(WebhookStrict):
    """For how long deliveries are also signed with the secret before: 0 to 604800 seconds."""

    overlap_seconds: Annotated[int, Field(strict=True, ge=0, le=int(actions.LONGEST_OVERLAP.total_seconds()))] = 86_400


class TestWebhookIn(WebhookStrict):
    """Which public event to send an example of; left out: the first that is subscribed to."""

    event: EventName | None = None


class RedeliverFailedIn(WebhookStrict):
    """From when on; left out: everything that is still kept."""

    since: Moment | None = None


class WebhookOut(Schema):
    """A subscription, without its secret. `failing_since`: nothing was taken since then."""

    id: str
    url: str
    description: str
    events: list[str]
    campaign_ids: list[str]
    on: bool
    off_reason: Literal["", "team", "failing", "gone"]
    failing_since: datetime | None
    last_error: str
    last_success_at: datetime | None
    old_secret_ends_at: datetime | None
    created_at: datetime

    @staticmethod
    def resolve_on(row: Subscription) -> bool:
        """Whether it is told of events."""
        return row.off_at is None


class WebhookWithSecretOut(Schema):
    """A subscription with its secret, which is shown in this answer and never again."""

    webhook: WebhookOut
    secret: str


class WebhookList(Schema):
    """All subscriptions, oldest first."""

    items: list[WebhookOut]


class WebhookAttemptOut(Schema):
    """One call: the status and the beginning of what was answered, or the error."""

    at: datetime
    duration_ms: int
    status: int | None
    answer: str
    error: str


class WebhookDeliveryOut(Schema):
    """One event for one subscription; `event_id` is what the receiver sees as `webhook-id`, each time."""

    id: str
    event_id: str
    type: str
    campaign_id: str
    test: bool
    state: DeliveryStateName
    attempts: int
    due_at: datetime | None
    delivered_at: datetime | None
    created_at: datetime

    @staticmethod
    def resolve_test(row: Delivery) -> bool:
        """Whether it is a test."""
        return row.is_test

    @staticmethod
    def resolve_due_at(row: Delivery) -> datetime | None:
        """When it is sent next."""
        return row.due_at if row.state == "due" else None


class WholeWebhookDeliveryOut(WebhookDeliveryOut):
    """A delivery with what is sent (null: deleted, because the person was erased) and what came of each attempt."""

    body: dict[str, Any] | None
    attempted: list[WebhookAttemptOut]

    @staticmethod
    def resolve_body(row: Delivery) -> Any:
        """As JSON."""
        return json.loads(row.body) if row.body else None

    @staticmethod
    def resolve_attempted(row: Delivery) -> list[Any]:
        """Oldest first."""
        return list(queries.attempts(row))


class WebhookDeliveryPage(Schema):
    """A page of deliveries, newest first; ask again with `after` set to `next` (null: that was all)."""

    items: list[WebhookDeliveryOut]
    next: str | None


class PublicEventOut(Schema):
    """A kind of event that can be subscribed to, with the JSON Schema of the whole body that is sent."""

    type: str
    version: int
    summary: str
    scope: str
    by_campaign: bool
    body_schema: dict[str, Any]
    example: dict[str, Any]


class PublicEventList(Schema):
    """All public events."""

    items: list[PublicEventOut]


class Redelivered(Schema):
    """How many deliveries are sent again."""

    count: int


@router.get(
    "/webhook-events",
    response=PublicEventList,
    auth=scope("webhooks:read"),
    operation_id="list_public_events",
    summary="Public events",
)
def list_public_events(request: HttpRequest) -> dict[str, Any]:
    """What can be subscribed to, with the form of each body. A member may be added without a new version."""
    return {
        "items": [
            {
                "type": one.type,
                "version": one.version,
                "summary": str(one.summary),
                "scope": one.scope,
                "by_campaign": one.by_campaign,
                "body_schema": one.envelope_schema(),
                "example": one.example(),
            }
            for one in queries.public_events().values()
        ]
    }


@router.get(
    "/webhooks",
    response=WebhookList,
    auth=scope("webhooks:read"),
    operation_id="list_webhooks",
    summary="All webhooks",
)
def list_webhooks(request: HttpRequest) -> dict[str, Any]:
    """Subscriptions with their state, without their secrets."""
    return {"items": list(queries.subscriptions())}


@router.post(
    "/webhooks",
    response={201: WebhookWithSecretOut},
    auth=scope("webhooks:write"),
    operation_id="make_webhook",
    summary="Subscribe an address",
)
def make_webhook(request: HttpRequest, body: WebhookIn) -> Status[dict[str, Any]]:
    """From now on each event is sent to the address at least once, in no particular order.

    The token also needs the scope that reading the events' data needs, such as surveys:read. Deliveries are signed
    after Standard Webhooks with the secret of this answer; what is not answered with 2xx within ten seconds is sent
    again for about three days, with the same webhook-id.
    """
    _may_hear(request, body.events)
    try:
        row = actions.subscribe(
            url=body.url,
            events_=body.events,
            campaign_ids=body.campaign_ids,
            description=body.description,
            actor=_actor(request),
        )
    except actions.Refused as refused:
        raise _problem(refused) from refused
    return Status(201, {"webhook": row, "secret": row.secret})


@router.get(
    "/webhooks/{webhook_id}",
    response=WebhookOut,
    auth=scope("webhooks:read"),
    operation_id="get_webhook",
    summary="One webhook",
)
def get_webhook(request: HttpRequest, webhook_id: Id) -> Subscription:
    """Where it leads, what it is told, and whether it takes it."""
    return _subscription(webhook_id)


@router.patch(
    "/webhooks/{webhook_id}",
    response=WebhookOut,
    auth=scope("webhooks:write"),
    operation_id="change_webhook",
    summary="Change a webhook",
)
def change_webhook(request: HttpRequest, webhook_id: Id, body: WebhookPatch) -> Subscription:
    """Change what was sent. What waits is sent to the new address; what happens while it is off is not told later."""
    row = _subscription(webhook_id)
    changes = body.dict(exclude_unset=True)
    on = changes.pop("on", None)
    _may_hear(request, [*row.events, *changes.get("events", [])])
    try:
        row = actions.change_subscription(subscription=row, actor=_actor(request), **changes)
    except actions.Refused as refused:
        raise _problem(refused) from refused
    if on is False:
        actions.switch_off(subscription=row, reason="team", actor=_actor(request))
    elif on:
        actions.switch_on(subscription=row, actor=_actor(request))
    return row


@router.delete(
    "/webhooks/{webhook_id}",
    response={204: None},
    auth=scope("webhooks:write"),
    operation_id="delete_webhook",
    summary="Delete a webhook",
)
def delete_webhook(request: HttpRequest, webhook_id: Id) -> Status[None]:
    """It is told of nothing any more, and its deliveries are forgotten."""
    actions.remove_subscription(subscription=_subscription(webhook_id), actor=_actor(request))
    return Status(204, None)


@router.post(
    "/webhooks/{webhook_id}/rotate-secret",
    response=WebhookWithSecretOut,
    auth=scope("webhooks:write"),
    operation_id="rotate_webhook_secret",
    summary="Make a new secret",
)
def rotate_webhook_secret(request: HttpRequest, webhook_id: Id, body: RotateWebhookSecretIn) -> dict[str, Any]:
    """Until the overlap ends deliveries carry a signature by each of the two secrets."""
    row = _subscription(webhook_id)
    _may_hear(request, row.events)
    overlap = timedelta(seconds=body.overlap_seconds)
    row = actions.rotate_secret(subscription=row, overlap=overlap, actor=_actor(request))
    return {"webhook": row, "secret": row.secret}


@router.post(
    "/webhooks/{webhook_id}/test",
    response={202: WebhookDeliveryOut},
    auth=scope("webhooks:write"),
    operation_id="test_webhook",
    summary="Send a test",
)
def test_webhook(request: HttpRequest, webhook_id: Id, body: TestWebhookIn) -> Status[Delivery]:
    """Send an example of an event once, with `"test": true` in it; read the delivery to see what was answered."""
    try:
        return Status(202, actions.send_test(subscription=_subscription(webhook_id), type_=body.event or ""))
    except actions.Refused as refused:
        raise _problem(refused) from refused


@router.get(
    "/webhooks/{webhook_id}/deliveries",
    response=WebhookDeliveryPage,
    auth=scope("webhooks:read"),
    operation_id="list_webhook_deliveries",
    summary="Deliveries of a webhook",
)
def list_webhook_deliveries(
    request: HttpRequest,
    webhook_id: Id,
    state: DeliveryStateName | None = None,
    event: Annotated[str, Query(max_length=80, description="Only this kind of event")] = "",
    after: After = "",
    limit: ApiLimit = 50,
) -> dict[str, Any]:
    """What was or will be sent, newest first; kept for WEBHOOK_RETENTION_DAYS (30)."""
    rows = queries.deliveries(_subscription(webhook_id), state=state or "", type_=event)
    if after:
        rows = rows.filter(pk__lt=after)
    found = list(rows[: limit + 1])
    return {"items": found[:limit], "next": found[limit - 1].pk if len(found) > limit else None}


@router.get(
    "/webhooks/{webhook_id}/deliveries/{delivery_id}",
    response=WholeWebhookDeliveryOut,
    auth=scope("webhooks:read"),
    operation_id="get_webhook_delivery",
    summary="One delivery",
)
def get_webhook_delivery(request: HttpRequest, webhook_id: Id, delivery_id: Id) -> Delivery:
    """What is sent, and what was answered to each attempt: the first 500 letters, without secrets.

    The token also needs the scope that reading the event's data needs.
    """
    row = _delivery(webhook_id, delivery_id)
    _may_hear(request, [row.type])
    return row


@router.post(
    "/webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver",
    response={202: WebhookDeliveryOut},
    auth=scope("webhooks:write"),
    operation_id="redeliver_webhook_delivery",
    summary="Send a delivery again",
)
def redeliver_webhook_delivery(request: HttpRequest, webhook_id: Id, delivery_id: Id) -> Status[Delivery]:
    """Under the same webhook-id, whatever came of it before."""
    try:
        return Status(202, actions.redeliver(delivery=_delivery(webhook_id, delivery_id)))
    except actions.Refused as refused:
        raise _problem(refused) from refused


@router.post(
    "/webhooks/{webhook_id}/redeliver",
    response={202: Redelivered},
    auth=scope("webhooks:write"),
    operation_id="redeliver_failed_webhook_deliveries",
    summary="Send again what failed",
)
def redeliver_failed_webhook_deliveries(
    request: HttpRequest, webhook_id: Id, body: RedeliverFailedIn
) -> Status[dict[str, int]]:
    """Everything that was given up or not sent, the oldest thousand at a time."""
    count = actions.redeliver_failed(subscription=_subscription(webhook_id), since=body.since)
    return Status(202, {"count": count})


def _actor(request: HttpRequest) -> str:
    return people.as_team(request.auth.owner)  # type: ignore[attr-defined]  # set by django-ninja


def _may_hear(request: HttpRequest, types: list[str]) -> None:
    """Raises a 403 problem for events whose data the token may not read."""
    known = queries.public_events()
    for name in sorted({known[type_].scope for type_ in types if type_ in known}):
        access.need_scope(request.auth, name)  # type: ignore[attr-defined]  # set by django-ninja


def _subscription(webhook_id: str) -> Subscription:
    found = queries.subscription(webhook_id)
    if found is None:
        raise not_found("webhook")
    return found


def _delivery(webhook_id: str, delivery_id: str) -> Delivery:
    found = queries.delivery(delivery_id)
    if found is None or found.subscription_id != webhook_id:
        raise not_found("delivery")
    return found


CONFLICTS = {"webhooks-too-many", "webhook-emptied", "webhook-under-way"}


def _problem(refused: actions.Refused) -> Problem:
    if refused.code in CONFLICTS:
        return Problem(status=409, code=refused.code, title="Not possible now", detail=str(refused))
    return Problem(
        status=422,
        code=refused.code,
        title="The webhook cannot be set up like this",
        detail=str(refused),
        extra={"errors": [{"path": refused.place, "message": str(refused)}]},
    )

"""Verbs about webhooks: subscribe addresses, tell them of events, deliver again."""

import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from posthouse.foundation import calling
from posthouse.foundation.clock import now
from posthouse.foundation.ids import new_id
from posthouse.timeline.actions import record
from posthouse.webhooks import events
from posthouse.webhooks.delivering import TRIES, carry_on, forget_old
from posthouse.webhooks.models import Delivery, DeliveryState, Subscription
from posthouse.webhooks.places import campaigns_from
from posthouse.webhooks.public import PublicEvent, declare, declared
from posthouse.webhooks.switching import switch_off, switch_on

MOST_SUBSCRIPTIONS = 50
MOST_CAMPAIGNS = 100
LONGEST_OVERLAP = timedelta(days=7)
AGAIN_AT_ONCE = 1_000
DELIVERY_WORDS = (
    "Sent to every subscription that asks for it, at least once and in no particular order: compare `timestamp`, or "
    "read the object again. Signed after Standard Webhooks. What is not answered with 2xx is sent again for about "
    "three days, with growing pauses."
)


class Refused(Exception):
    """It cannot be done; `code` names why and the text says it to people."""

    def __init__(self, code: str, reason: str, place: str = "") -> None:
        super().__init__(reason)
        self.code = code
        self.place = place


@transaction.atomic
def subscribe(
    *, url: str, events_: Iterable[str], campaign_ids: Iterable[str] = (), description: str = "", actor: str = ""
) -> Subscription:
    """Tell an address of public events, of what happens from now on. Announces WebhookSubscribed.

    Its `secret` is to be shown once. Raises Refused for an address that is never called, events that nobody
    announces, and where there are MOST_SUBSCRIPTIONS already.
    """
    if Subscription.objects.count() >= MOST_SUBSCRIPTIONS:
        reason = _("There are %(most)s webhooks already: delete one first.") % {"most": MOST_SUBSCRIPTIONS}
        raise Refused("webhooks-too-many", reason)
    fields = _checked({"url": url, "events": events_, "campaign_ids": campaign_ids, "description": description})
    row = Subscription.objects.create(**fields, created_by=actor)
    told = events.WebhookSubscribed(subscription_id=row.pk, host=row.host, events=row.events)
    record(told, actor=actor)
    return row


@transaction.atomic
def change_subscription(*, subscription: Subscription, actor: str = "", **changes: Any) -> Subscription:
    """Change url, events, campaign_ids or description. Announces WebhookChanged when something did. Raises Refused."""
    row = Subscription.objects.select_for_update().get(pk=subscription.pk)
    fields = _checked(changes)
    changed = sorted(name for name, value in fields.items() if getattr(row, name) != value)
    for name in changed:
        setattr(row, name, fields[name])
    if changed:
        row.save(update_fields=changed)
        record(events.WebhookChanged(subscription_id=row.pk, changed=changed), actor=actor)
    return row


@transaction.atomic
def rotate_secret(*, subscription: Subscription, overlap: timedelta, actor: str = "") -> Subscription:
    """A new secret; until the overlap ends deliveries are signed with both. Announces WebhookChanged.

    Raises ValueError for an overlap that is negative or longer than LONGEST_OVERLAP.
    """
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        raise ValueError("the overlap is between nothing and a week")
    row = Subscription.objects.select_for_update().get(pk=subscription.pk)
    row.old_secret, row.secret = (row.secret if overlap else ""), calling.new_secret()
    row.old_secret_ends_at = now() + overlap if overlap else None
    row.save(update_fields=["old_secret", "secret", "old_secret_ends_at"])
    record(events.WebhookChanged(subscription_id=row.pk, changed=["secret"]), actor=actor)
    return row


@transaction.atomic
def remove_subscription(*, subscription: Subscription, actor: str = "") -> None:
    """Tell the address nothing any more and forget its deliveries. Announces WebhookRemoved."""
    row = Subscription.objects.select_for_update().filter(pk=subscription.pk).first()
    if row is not None:
        row.delete()
        record(events.WebhookRemoved(subscription_id=subscription.pk, host=subscription.host), actor=actor)


def publish(
    type_: str,
    *,
    event_id: str,
    at: datetime,
    data: Callable[[], dict[str, Any]],
    contact_id: str = "",
    campaign_id: str = "",
) -> int:
    """Write a delivery for every subscription that wants the event, in the transaction of the change it tells of.

    `event_id` is the id that receivers see; a second call with it changes nothing. `data` is asked only where somebody
    wants it. What happened before somebody subscribed is not told. Returns how many deliveries there are. Raises
    LookupError for an event nobody declared.
    """
    event = declared()[type_]
    rows = Subscription.objects.filter(off_at=None, created_at__lte=at).order_by()
    wanting = [row for row in rows if row.wants(type_, campaign_id)]
    if not wanting:
        return 0
    body = _body(event, event_id, at, data())
    Delivery.objects.bulk_create(
        [_delivery(row, event, event_id, body, contact_id=contact_id, campaign_id=campaign_id) for row in wanting],
        ignore_conflicts=True,
    )
    return len(wanting)


@transaction.atomic
def send_test(*, subscription: Subscription, type_: str = "") -> Delivery:
    """Send an example of an event (of the first subscribed where none is named), marked as a test, once.

    Raises Refused for an event nobody announces. It is sent also to an address that is switched off.
    """
    chosen = type_ or next(iter(subscription.events), "")
    event = declared().get(chosen)
    if event is None:
        raise Refused("webhook-invalid", _("There is no public event of this name."), "/event")
    event_id = new_id("evt")
    body = _body(event, event_id, now(), event.example(), test=True)
    row = _delivery(subscription, event, event_id, body, is_test=True)
    row.tries_left = 1
    row.save()
    return row


@transaction.atomic
def redeliver(*, delivery: Delivery) -> Delivery:
    """Send it once more, whatever came of it before, under the same id, with all its attempts before it.

    Raises Refused for one that is on its way, and for one whose words are no longer kept.
    """
    row = Delivery.objects.select_for_update().select_related("subscription").get(pk=delivery.pk)
    if not row.body:
        raise Refused("webhook-emptied", _("What it said was deleted, because the person it was about was erased."))
    if row.state == DeliveryState.CLAIMED:
        raise Refused("webhook-under-way", _("It is on its way just now."))
    _again(row)
    return row


@transaction.atomic
def redeliver_failed(*, subscription: Subscription, since: datetime | None = None) -> int:
    """Send again what was given up or not sent, the oldest AGAIN_AT_ONCE of it; returns how many."""
    lost = (DeliveryState.FAILED, DeliveryState.DROPPED)
    rows = Delivery.objects.select_for_update().filter(subscription=subscription, state__in=lost, is_test=False)
    rows = rows.exclude(body="")
    if since:
        rows = rows.filter(created_at__gte=since)
    found = list(rows.order_by("pk")[:AGAIN_AT_ONCE])
    for row in found:
        _again(row)
    return len(found)


@transaction.atomic
def forget_contact(*, contact_id: str) -> None:
    """Empty what was told of a person, and call off what is not sent yet."""
    mine = Delivery.objects.filter(contact_id=contact_id)
    mine.filter(state__in=(DeliveryState.DUE, DeliveryState.CLAIMED)).update(
        state=DeliveryState.DROPPED, leased_until=None
    )
    mine.update(body="", contact_id="")


def declared_webhooks() -> dict[str, Any]:
    """All public events as the member `webhooks` of an OpenAPI 3.1 document."""
    with translation.override("en"):
        return _declared_webhooks()


def _declared_webhooks() -> dict[str, Any]:
    headers = [
        {"name": name, "in": "header", "required": True, "description": text, "schema": {"type": "string"}}
        for name, text in (
            ("webhook-id", "The event's id, the same each time it is sent: what was seen before can be passed over."),
            ("webhook-timestamp", "When it was sent, in seconds since 1970. Refuse what is older than five minutes."),
            ("webhook-signature", "`v1,` and a base64 HMAC-SHA256, one for each secret that is good, with spaces."),
        )
    ]
    return {
        name: {
            "post": {
                "operationId": "on_" + name.replace(".", "_"),
                "summary": str(event.summary),
                "description": DELIVERY_WORDS,
                "tags": ["webhooks"],
                "parameters": headers,
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": event.envelope_schema(), "example": example_of(event)}},
                },
                "responses": {"2XX": {"description": "Taken. Anything else, redirects too, is sent again."}},
            }
        }
        for name, event in declared().items()
    }


def example_of(event: PublicEvent) -> dict[str, Any]:
    """A whole body as it is sent."""
    at = datetime(2026, 5, 4, 12, tzinfo=UTC)
    told: dict[str, Any] = json.loads(_body(event, "evt_01kb0000000000000000000000", at, event.example()))
    return told


def follow_contact(*, gone_id: str, keep_id: str) -> None:
    """What was told of one contact belongs to the other now."""
    Delivery.objects.filter(contact_id=gone_id).update(contact_id=keep_id)


def _again(row: Delivery) -> None:
    row.state, row.due_at, row.leased_until = DeliveryState.DUE, now(), None
    row.tries_left = 1 if row.is_test else TRIES
    row.save(update_fields=["state", "due_at", "leased_until", "tries_left"])


def _body(event: PublicEvent, event_id: str, at: datetime, data: dict[str, Any], *, test: bool = False) -> str:
    told = {"id": event_id, "type": event.type, "version": event.version, "timestamp": at.isoformat()}
    return json.dumps(told | ({"test": True} if test else {}) | {"data": data}, ensure_ascii=False, default=str)


def _delivery(row: Subscription, event: PublicEvent, event_id: str, body: str, **more: Any) -> Delivery:
    return Delivery(
        subscription=row,
        event_id=event_id,
        type=event.type,
        body=body,
        due_at=now(),
        created_at=now(),
        tries_left=TRIES,
        **more,
    )


def _checked(given: dict[str, Any]) -> dict[str, Any]:
    fields = dict(given)
    if "url" in fields:
        fields["url"] = fields["url"].strip()
        try:
            calling.check_address(fields["url"])
        except calling.Forbidden as fault:
            reason = _("Give an https address of the public internet, without a user and a fragment.")
            raise Refused("webhook-invalid", f"{reason} ({fault})", "/url") from fault
    if "events" in fields:
        fields["events"] = sorted(set(fields["events"]))
        unknown = [name for name in fields["events"] if name not in declared()]
        if unknown or not fields["events"]:
            reason = _("Choose at least one of the public events: %(known)s.") % {"known": ", ".join(declared())}
            raise Refused("webhook-invalid", reason, "/events")
    if "campaign_ids" in fields:
        fields["campaign_ids"] = sorted(set(fields["campaign_ids"]))
        if len(fields["campaign_ids"]) > MOST_CAMPAIGNS:
            reason = _("At most %(most)s campaigns.") % {"most": MOST_CAMPAIGNS}
            raise Refused("webhook-invalid", reason, "/campaign_ids")
    if "description" in fields:
        fields["description"] = " ".join(fields["description"].split())[:200]
    return fields


__all__ = [
    "PublicEvent",
    "Refused",
    "campaigns_from",
    "carry_on",
    "change_subscription",
    "declare",
    "declared_webhooks",
    "follow_contact",
    "forget_contact",
    "forget_old",
    "publish",
    "redeliver",
    "redeliver_failed",
    "remove_subscription",
    "rotate_secret",
    "send_test",
    "subscribe",
    "switch_off",
    "switch_on",
]

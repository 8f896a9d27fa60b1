"""Questions about webhooks."""

from django.db.models import Count, QuerySet

from posthouse.foundation.ids import is_id
from posthouse.webhooks.models import Attempt, Delivery, DeliveryState, Subscription
from posthouse.webhooks.places import campaigns
from posthouse.webhooks.public import PublicEvent, declared


def public_events() -> dict[str, PublicEvent]:
    """What can be subscribed to, by type."""
    return declared()


def campaign_names() -> dict[str, str]:
    """What a webhook can be narrowed to, by id."""
    return dict(campaigns())


def subscriptions() -> QuerySet[Subscription]:
    """All subscriptions, oldest first."""
    return Subscription.objects.order_by("created_at", "pk")


def subscription(subscription_id: str) -> Subscription | None:
    """One subscription."""
    return Subscription.objects.filter(pk=subscription_id).first() if is_id(subscription_id) else None


def deliveries(subscription: Subscription, *, state: str = "", type_: str = "") -> QuerySet[Delivery]:
    """The deliveries of a subscription, newest first."""
    rows = Delivery.objects.filter(subscription=subscription).order_by("-pk")
    if state:
        rows = rows.filter(state=state)
    return rows.filter(type=type_) if type_ else rows


def delivery(delivery_id: str) -> Delivery | None:
    """One delivery with its subscription."""
    rows = Delivery.objects.select_related("subscription")
    return rows.filter(pk=delivery_id).first() if is_id(delivery_id) else None


def attempts(delivery: Delivery) -> QuerySet[Attempt]:
    """What came of each call, oldest first."""
    return Attempt.objects.filter(delivery=delivery).order_by("pk")


def state_counts(subscription_ids: list[str]) -> dict[str, dict[str, int]]:
    """How many deliveries of each subscription are in each state. One query."""
    rows = Delivery.objects.filter(subscription_id__in=subscription_ids).order_by().values("subscription_id", "state")
    found: dict[str, dict[str, int]] = {one: {} for one in subscription_ids}
    for row in rows.annotate(number=Count("pk")):
        found[row["subscription_id"]][row["state"]] = row["number"]
    return found


def first_delivered(campaign_id: str) -> Delivery | None:
    """The first delivery about a survey campaign that was taken; tests do not count."""
    rows = Delivery.objects.filter(campaign_id=campaign_id, state=DeliveryState.DELIVERED, is_test=False)
    return rows.order_by("delivered_at").first()

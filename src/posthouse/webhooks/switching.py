"""Switching subscriptions off and on, and telling the team when the house did it."""

from django.db import transaction
from django.urls import reverse

from posthouse.foundation.clock import now
from posthouse.messages.actions import send_mail
from posthouse.people import queries as people
from posthouse.people.access import TeamRole
from posthouse.timeline.actions import record
from posthouse.webhooks import events
from posthouse.webhooks.models import Delivery, DeliveryState, OffReason, Subscription

PENDING = (DeliveryState.DUE, DeliveryState.CLAIMED)


@transaction.atomic
def switch_off(*, subscription: Subscription, reason: str, actor: str = "") -> bool:
    """Tell the address nothing any more; what waits is not sent. False when it was off already.

    Announces WebhookSwitchedOff. The admins and engineers of the team are written to when the house did it itself.
    """
    row = Subscription.objects.select_for_update().get(pk=subscription.pk)
    if row.off_at is not None:
        return False
    subscription.off_at = row.off_at = now()
    subscription.off_reason = row.off_reason = reason
    row.save(update_fields=["off_at", "off_reason"])
    Delivery.objects.filter(subscription=row, state__in=PENDING).update(state=DeliveryState.DROPPED, leased_until=None)
    record(events.WebhookSwitchedOff(subscription_id=row.pk, reason=reason), actor=actor)
    if reason != OffReason.TEAM:
        _tell_team(row)
    return True


@transaction.atomic
def switch_on(*, subscription: Subscription, actor: str = "") -> bool:
    """Tell the address again, of what happens from now on. False when it was on. Announces WebhookChanged."""
    row = Subscription.objects.select_for_update().get(pk=subscription.pk)
    if row.off_at is None:
        return False
    for one in (row, subscription):
        one.off_at, one.off_reason, one.failing_since, one.last_error = None, "", None, ""
    row.save(update_fields=["off_at", "off_reason", "failing_since", "last_error"])
    record(events.WebhookChanged(subscription_id=row.pk, changed=["on"]), actor=actor)
    return True


def _tell_team(subscription: Subscription) -> None:
    moment = (subscription.off_at or now()).isoformat()
    concerned = people.team().filter(role__in=(TeamRole.ADMIN, TeamRole.ENGINEER), user__is_active=True)
    for member in concerned:
        send_mail(
            template="webhooks/switched_off",
            to=member.user.email,
            language=member.user.language,
            context={
                "name": str(subscription),
                "host": subscription.host,
                "gone": subscription.off_reason == OffReason.GONE,
                "error": subscription.last_error,
                "path": reverse("desk-webhook", args=[subscription.pk]),
            },
            key=f"webhook-off:{subscription.pk}:{moment}:{member.user_id}",
        )

"""Verbs of the checklists: examining an error, confirming a point, being done."""

from django.db import transaction
from django.urls import reverse

from posthouse.foundation.clock import now
from posthouse.messages.actions import send_mail
from posthouse.pages import events, models, queries
from posthouse.people import queries as people
from posthouse.people.access import TeamRole
from posthouse.timeline.actions import record


@transaction.atomic
def note_error_examined(
    *, customer_id: str, call_id: str, error_code: str, actor: str = "", contact_id: str = ""
) -> None:
    """Remember that somebody read why a call failed. Announces ErrorExamined, once per customer."""
    event = events.ErrorExamined(customer_id=customer_id, contact_id=contact_id, call_id=call_id, error_code=error_code)
    record(event, actor=actor, event_id=f"error.examined:{customer_id}")


@transaction.atomic
def confirm_limits(*, customer_id: str, actor: str = "", contact_id: str = "") -> None:
    """The customer knows its limits. Announces GoLiveConfirmed once."""
    row = _row(customer_id)
    if row.limits_known_at is None:
        row.limits_known_at = now()
        row.save(update_fields=["limits_known_at"])
        _confirmed("limits", customer_id, contact_id, actor)


@transaction.atomic
def set_incident_contact(*, customer_id: str, email: str, actor: str = "", contact_id: str = "") -> None:
    """Whom to write to when something is wrong. Announces GoLiveConfirmed when it is set for the first time."""
    row = _row(customer_id)
    is_first = row.incident_set_at is None
    row.incident_email, row.incident_set_at = email, row.incident_set_at or now()
    row.save(update_fields=["incident_email", "incident_set_at"])
    if is_first:
        _confirmed("incidents", customer_id, contact_id, actor)


@transaction.atomic
def complete_golive(*, customer_id: str) -> bool:
    """Announce GoLiveCompleted, once, when every point is done, and write to the vendor's admins."""
    if not all(step.at for step in queries.golive(customer_id)):
        return False
    row = _row(customer_id)
    if row.completed_at:
        return False
    row.completed_at = now()
    row.save(update_fields=["completed_at"])
    record(events.GoLiveCompleted(customer_id=customer_id), event_id=f"golive.completed:{customer_id}")
    _tell_admins(customer_id)
    return True


@transaction.atomic
def join_golive(*, gone_id: str, customer_id: str) -> None:
    """Let a customer have confirmed what the one that was merged into it had; nothing is announced."""
    gone = models.GoLive.objects.filter(pk=gone_id).first()
    if gone is None:
        return
    row = _row(customer_id)
    for name in ("limits_known_at", "incident_email", "incident_set_at", "completed_at"):
        setattr(row, name, getattr(row, name) or getattr(gone, name))
    row.save()
    gone.delete()


def _row(customer_id: str) -> models.GoLive:
    models.GoLive.objects.get_or_create(customer_id=customer_id)
    return models.GoLive.objects.select_for_update().get(customer_id=customer_id)


def _confirmed(item: str, customer_id: str, contact_id: str, actor: str) -> None:
    event = events.GoLiveConfirmed(customer_id=customer_id, contact_id=contact_id, item=item)
    record(event, actor=actor, event_id=f"golive.confirmed:{item}:{customer_id}")


def _tell_admins(customer_id: str) -> None:
    customer = people.customer(customer_id)
    if customer is None:
        return
    for member in people.team().filter(role=TeamRole.ADMIN, user__is_active=True):
        send_mail(
            template="pages/went_live",
            to=member.user.email,
            language=member.user.language,
            context={"customer": customer.name, "path": reverse("desk-customer", args=[customer_id])},
            key=f"went-live:{customer_id}:{member.user_id}",
        )

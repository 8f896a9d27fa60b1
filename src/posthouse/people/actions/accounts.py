"""Signing up, proving the address, and telling who one is."""

from django.db import transaction

from posthouse.people import events, models
from posthouse.people.actions.contacts import know_contact, update_contact
from posthouse.people.models import as_contact
from posthouse.timeline.actions import record


@transaction.atomic
def open_account(*, user: models.User, name: str = "", channel: str = "") -> models.Contact:
    """Join a new login to its contact (made now, or known before). Announces AccountCreated."""
    contact = know_contact(email=user.email, name=name)
    contact.user = user
    contact.channel = contact.channel or channel
    contact.save(update_fields=["user", "channel"])
    record(
        events.AccountCreated(contact_id=contact.pk, language=user.language or "en", channel=channel),
        actor=as_contact(contact),
    )
    return contact


@transaction.atomic
def confirm_email(*, user: models.User) -> None:
    """The person proved that the address is theirs. Announces EmailConfirmed, once however often it is called."""
    contact = models.Contact.objects.filter(user=user).first()
    if contact:
        record(
            events.EmailConfirmed(contact_id=contact.pk),
            actor=as_contact(contact),
            event_id=f"email-confirmed-{contact.pk}-{user.pk}",
        )


@transaction.atomic
def save_profile(
    *, contact: models.Contact, name: str, job_role: str, use_case: str, language: str, time_zone: str
) -> models.Contact:
    """What a person tells of itself. Announces ContactUpdated, and once, when nothing is missing, ProfileCompleted."""
    actor = as_contact(contact)
    update_contact(contact=contact, actor=actor, name=name, job_role=job_role, use_case=use_case)
    models.User.objects.filter(contact=contact).update(language=language, time_zone=time_zone)
    if job_role and use_case:
        record(
            events.ProfileCompleted(contact_id=contact.pk, job_role=job_role),
            actor=actor,
            event_id=f"profile-completed-{contact.pk}",
        )
    return contact


def speak_language(*, user: models.User, language: str) -> None:
    """Remember which language a person reads."""
    models.User.objects.filter(pk=user.pk).update(language=language)

"""Contacts and customers that turn out to be others, and those that are forgotten."""

from django.db import transaction

from posthouse.foundation.clock import now
from posthouse.surveys import announcing
from posthouse.surveys.actions.asking import cancel
from posthouse.surveys.figures import touching
from posthouse.surveys.handling_models import Note
from posthouse.surveys.models import Person, Response, ResponseChange, Send, SendState


@transaction.atomic
def follow_contact(*, gone_id: str, keep_id: str) -> None:
    """Move sends and responses from one contact to the other; the later one of two pending sends is called off."""
    pending = Send.objects.select_for_update().filter(contact_id__in=(gone_id, keep_id), state=SendState.PENDING)
    for send in list(pending.order_by("due_at", "pk"))[1:]:
        cancel(send)
    for model in (Send, Response):
        model.objects.filter(contact_id=gone_id).update(contact_id=keep_id)
    Response.objects.filter(contact_id=keep_id).update(touched_at=now())
    for person in Person.objects.filter(contact_id=gone_id):
        if Person.objects.filter(campaign=person.campaign_id, contact_id=keep_id).exists():
            person.delete()
        else:
            person.contact_id, person.made_contact = keep_id, False
            person.save(update_fields=["contact", "made_contact"])
    touching.touch_answers(Response.objects.filter(contact_id=keep_id))  # whose answers are one person's now


@transaction.atomic
def follow_customer(*, gone_id: str, keep_id: str) -> None:
    """Move sends and responses from one customer to the other."""
    for model in (Send, Response):
        model.objects.filter(customer_id=gone_id).update(customer_id=keep_id)


@transaction.atomic
def forget_contact(*, contact_id: str) -> None:
    """Call off what is pending and empty comments, answers and attributes; notes go.

    Scores stay, they are the campaign's.
    """
    for send in Send.objects.select_for_update().filter(contact_id=contact_id, state=SendState.PENDING):
        cancel(send)
    Person.objects.filter(contact_id=contact_id).delete()
    sends, mine = Send.objects.filter(contact_id=contact_id), Response.objects.filter(contact_id=contact_id)
    sends.update(attributes={})
    ResponseChange.objects.filter(response__in=mine).delete()
    Note.objects.filter(response__in=mine).delete()
    mine.update(comment="", answers={}, attributes={}, device="", updated_at=now(), touched_at=now())
    for response in mine.select_related("campaign"):
        announcing.emptied(response)
    touching.touch_sends(sends)
    touching.touch_answers(mine)

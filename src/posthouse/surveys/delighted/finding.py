"""Who and what a campaign's key can reach: its people, by the ways in which clients name them, and its answers."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Exists, Max, OuterRef, QuerySet

from posthouse.foundation.ids import is_id
from posthouse.messages.queries import is_address
from posthouse.people import queries as people
from posthouse.surveys.handling.finding import with_all
from posthouse.surveys.models import Campaign, Person, Response, Send, SendState


def people_of(campaign: Campaign) -> QuerySet[Any]:
    """The contacts that a campaign has asked, that answered it, or that its client told of."""
    mine = [model.objects.filter(campaign=campaign, contact=OuterRef("pk")) for model in (Person, Send, Response)]
    rows: QuerySet[Any] = people.find_contacts().filter(Exists(mine[0]) | Exists(mine[1]) | Exists(mine[2]))
    return rows.exclude(email__endswith="@erased.invalid").order_by("pk")


def by_id(campaign: Campaign, contact_id: str) -> Any | None:
    """A person by its id; by that of a contact that was merged, the one that remains."""
    contact = people.contact(contact_id) if is_id(contact_id) else None
    return _mine(campaign, contact)


def by_email(campaign: Campaign, email: str) -> Any | None:
    """A person by its address."""
    return _mine(campaign, people.contact_by_email(email)) if is_address(email.strip()) else None


def by_phone(campaign: Campaign, number: str) -> Any | None:
    """A person by its phone number, with or without the plus, which addresses turn into a blank."""
    number = "+" + number.strip().lstrip("+")
    if not number[1:].isdecimal() or not number.isascii():
        return None
    person = Person.objects.filter(campaign=campaign, phone_number=number).select_related("contact").first()
    return _mine(campaign, person.contact) if person else None


def by_any(campaign: Campaign, text: str) -> Any | None:
    """A person as paths name it: an id, `email:…`, `phone_number:…`, or a bare address."""
    for beginning, find in (("email:", by_email), ("phone_number:", by_phone), ("id:", by_id)):
        if text.startswith(beginning):
            return find(campaign, text.removeprefix(beginning))
    return by_email(campaign, text) if "@" in text else by_id(campaign, text)


def _mine(campaign: Campaign, contact: Any | None) -> Any | None:
    return people_of(campaign).filter(pk=contact.pk).first() if contact else None


def response(campaign: Campaign, response_id: str) -> Response | None:
    """An answer of this campaign."""
    rows = with_all(Response.objects.filter(campaign=campaign, campaign__anonymous=False))
    return rows.filter(pk=response_id).first() if is_id(response_id) else None


def phone_numbers(campaign: Campaign, contact_ids: Iterable[str]) -> dict[str, str]:
    """Phone numbers by contact. One query."""
    rows = Person.objects.filter(campaign=campaign, contact__in=list(contact_ids)).exclude(phone_number="")
    return dict(rows.values_list("contact_id", "phone_number"))


def last_sent(campaign: Campaign, contact_ids: Iterable[str]) -> dict[str, Any]:
    """When each was last asked by this campaign, here or before it came here. One query."""
    rows = Send.objects.filter(campaign=campaign, contact__in=list(contact_ids), state=SendState.SENT)
    return dict(rows.order_by().values_list("contact_id").annotate(Max("sent_at")))


def last_responded(campaign: Campaign, contact_ids: Iterable[str]) -> dict[str, Any]:
    """When each last answered. One query."""
    rows = Response.objects.filter(campaign=campaign, contact__in=list(contact_ids))
    return dict(rows.order_by().values_list("contact_id").annotate(Max("created_at")))


def pending(campaign: Campaign, contact_ids: Iterable[str]) -> dict[str, Send]:
    """What each is going to be asked. One query."""
    rows = Send.objects.filter(campaign=campaign, contact__in=list(contact_ids), state=SendState.PENDING)
    return {send.contact_id: send for send in rows}

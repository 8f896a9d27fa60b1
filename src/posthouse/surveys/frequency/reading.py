"""Those whose turn it is, as deciding sees them: read for many at once."""

from collections.abc import Collection, Iterator
from typing import Any

from posthouse.foundation import conditions
from posthouse.messages.queries import is_address, refusals
from posthouse.people import queries as people
from posthouse.surveys.clocks import CATEGORY
from posthouse.surveys.frequency.deciding import Person
from posthouse.surveys.models import Outcome
from posthouse.vendor.queries import vendor


def read_people(contact_ids: Collection[str]) -> dict[str, Person]:
    """By id; those that are gone or were merged into others are left out. Five queries for all of them."""
    contacts = {id_: one for id_, one in people.contacts(contact_ids).items() if one.pk == id_}
    customers_of = people.oldest_customers(contacts)
    customers = people.customers(set(customers_of.values()))
    unwanted = _unwanted([one.email for one in contacts.values()])
    found = {}
    for (id_, contact), refused in zip(contacts.items(), unwanted, strict=True):
        customer = customers.get(customers_of.get(id_, ""))
        own = people.contact_values(contact)
        theirs = people.customer_values(customer) if customer else {}
        zone = people.zone_of(own, theirs, vendor().time_zone)
        facts = {"contact": own, "customer": theirs}
        found[id_] = Person(id_, customer.pk if customer else "", facts, zone, refused)
    return found


def _unwanted(emails: list[str]) -> list[str]:
    """Why no survey may be mailed to an address: the name of an outcome, empty where nothing speaks against it."""
    said = refusals((email, CATEGORY) for email in emails)
    return [_outcome(email, refused) for email, refused in zip(emails, said, strict=True)]


def _outcome(email: str, refused: str) -> str:
    if not is_address(email):
        return Outcome.BOUNCED
    return {"": "", "unsubscribed": Outcome.UNSUBSCRIBED}.get(refused, Outcome.BOUNCED)


def likely(audience: Any) -> Any:
    """Contacts for whom a condition may hold, as rows in the order of their ids; the rest is for a predicate."""
    rows = people.find_contacts().filter(conditions.prefilter(audience, people.CONTACT_COLUMNS))
    return rows.order_by("pk").values_list("pk", flat=True)


def likely_ids(audience: Any, *, after: str = "", most: int = 5000) -> list[str]:
    """Some of them, behind an id."""
    return list(likely(audience).filter(pk__gt=after)[:most])


def all_likely(audience: Any) -> Iterator[str]:
    """All of them, a chunk at a time."""
    return iter(likely(audience).iterator(chunk_size=5000))

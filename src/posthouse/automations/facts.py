"""What conditions of automations are judged on: an event, its contact, its customer, and the log."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db.models import Q, QuerySet

from posthouse.foundation import conditions
from posthouse.foundation.clock import now
from posthouse.foundation.conditions import MISSING, Known, dig
from posthouse.people import queries as people
from posthouse.timeline import queries as timeline
from posthouse.timeline.events import Recorded
from posthouse.vendor.queries import vendor

EVENT_COLUMNS = {
    "event.type": "type",
    "event.source": "source",
    "event.occurred_at": "occurred_at",
    "event.data": "data",
}


class Situation:
    """Facts about one contact and customer at a moment; who they are is read once, when first asked.

    `known` holds `contact` and `customer` where they are at hand already.
    """

    def __init__(
        self,
        *,
        contact_id: str,
        customer_id: str,
        moment: datetime,
        event: Recorded | Callable[[], Recorded | None] | None = None,
        known: Mapping[str, Any] | None = None,
    ) -> None:
        self.contact_id, self.customer_id = contact_id, customer_id
        self.moment = moment
        self._event = event
        self.__dict__.update(known or {})

    def value(self, path: str) -> Any:
        """A field of the event, the contact or the customer."""
        head, *names = path.split(".")
        if head == "event":
            return MISSING if self.event is None else dig(event_values(self.event), names)
        return dig(self._contact_values if head == "contact" else self._customer_values, names)

    def count(self, event_type: str, since: datetime | None, where: Mapping[str, Any] | None) -> int:
        """Asks the log of the customer and of the contact."""
        rows = history(self.customer_id, self.contact_id, event_type).filter(occurred_at__lte=self.moment)
        if since is not None:
            rows = rows.filter(occurred_at__gte=since)
        return count_where(rows, where, self.moment)

    def happened(self, event_type: str, after: datetime, until: datetime) -> bool:
        """Whether it did behind one moment and up to another. Asks the log."""
        rows = history(self.customer_id, self.contact_id, event_type)
        return rows.filter(occurred_at__gt=after, occurred_at__lte=until).exists()

    @cached_property
    def event(self) -> Recorded | None:
        """The event, or None; read when first asked where a function was given."""
        return self._event() if callable(self._event) else self._event

    @cached_property
    def contact(self) -> Any:
        """The contact, or None."""
        return people.contact(self.contact_id) if self.contact_id else None

    @cached_property
    def customer(self) -> Any:
        """The customer, or None."""
        return people.customer(self.customer_id) if self.customer_id else None

    @cached_property
    def _contact_values(self) -> dict[str, Any]:
        return people.contact_values(self.contact) if self.contact else {}

    @cached_property
    def _customer_values(self) -> dict[str, Any]:
        return people.customer_values(self.customer) if self.customer else {}

    @property
    def zone(self) -> Any:
        """The time zone of the person, else of the customer, else of the vendor."""
        return people.zone_of(self._contact_values, self._customer_values, vendor().time_zone)


def event_values(event: Recorded) -> dict[str, Any]:
    """An event as conditions see it."""
    return {"type": event.type, "source": event.source, "occurred_at": event.occurred_at, "data": event.data}


def history(customer_id: str, contact_id: str, event_type: str) -> QuerySet[Any]:
    """What happened of a type (`call.first`, `call.*`) to a customer and to a contact."""
    if customer_id:
        rows = timeline.of_customer(customer_id, [contact_id] if contact_id else [])
    else:
        rows = timeline.of_contact(contact_id)
    return rows.alias(kind=timeline.KIND).filter(of_type(event_type, "kind"))


def of_type(event_type: str, name: str = "type") -> Q:
    """Events of a type, or of all that begin so. `name`: that of the type in the query."""
    if event_type.endswith(".*"):
        return Q(**{f"{name}__startswith": event_type[:-1]})
    return Q(**{name: event_type})


def is_of_type(name: str, event_type: str) -> bool:
    """Whether an event of type `name` is meant by `event_type`."""
    return name.startswith(event_type[:-1]) if event_type.endswith(".*") else name == event_type


def count_where(rows: QuerySet[Any], where: Mapping[str, Any] | None, moment: datetime) -> int:
    """How many events fulfil a condition: asked of the database, or one by one where it cannot be."""
    try:
        return rows.filter(conditions.query(where, EVENT_COLUMNS, moment=moment)).count()
    except conditions.Unqueryable:
        rows = rows.filter(conditions.prefilter(where, EVENT_COLUMNS, moment=moment))
        holds = conditions.predicate(where)
        return sum(holds(Known({"event": event_values(row)}, moment)) for row in rows.iterator(chunk_size=500))


def of_contact(contact: Any) -> Situation:
    """Where a contact stands without any event: as a member of the customer it joined first, now."""
    membership = min(contact.memberships.all(), key=lambda row: (row.created_at, row.pk), default=None)
    customer = membership.customer if membership else None
    return Situation(
        contact_id=contact.pk,
        customer_id=customer.pk if customer else "",
        moment=now(),
        known={"contact": contact, "customer": customer},
    )

"""Single calls: the request log, newest first, and one call."""

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from posthouse.foundation.clock import now
from posthouse.timeline.queries import aliases_of
from posthouse.usage.models import ERROR, Call, Series

CLASSES = {
    "ok": (0, ERROR),
    "failed": (ERROR, 1000),
    "2xx": (200, 300),
    "3xx": (300, 400),
    "4xx": (400, 500),
    "5xx": (500, 600),
}
"""Words for ranges of statuses: from the first, below the second."""
MOST_CHOICES = 200


@dataclass(frozen=True)
class CallFilter:
    """Which calls; what is empty does not matter.

    `status` is a number or one of `CLASSES`. `text` is a request id, a call id, or a part of the path or of the error
    code. `since` and `until` bound the time of the call, the second one exclusive.
    """

    environment: str = ""
    status: str = ""
    method: str = ""
    route: str = ""
    key_id: str = ""
    version: str = ""
    request_id: str = ""
    text: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def __bool__(self) -> bool:
        return self != CallFilter()

    @property
    def statuses(self) -> tuple[int, int] | None:
        """From the first, below the second; None for all. A status that cannot be read fits no call."""
        if not self.status:
            return None
        if self.status in CLASSES:
            return CLASSES[self.status]
        code = int(self.status) if self.status.isascii() and self.status.isdigit() and len(self.status) < 4 else 0
        return code, code + 1 if code else code

    def fits(self, call: Call) -> bool:
        """Whether a call is one of them; the same as the query, for calls that are just coming in."""
        exact = ("environment", "method", "route", "key_id", "version", "request_id")
        if any(getattr(self, name) and getattr(self, name) != getattr(call, name) for name in exact):
            return False
        if self.statuses and not self.statuses[0] <= call.status < self.statuses[1]:
            return False
        if (self.since and call.at < self.since) or (self.until and call.at >= self.until):
            return False
        wanted = self.text.lower()
        return (
            self.text in (call.request_id, call.id) or wanted in call.path.lower() or wanted in call.error_code.lower()
        )

    def narrow(self, rows: QuerySet[Call]) -> QuerySet[Call]:
        """Only those calls."""
        for name in ("environment", "method", "route", "key_id", "version", "request_id"):
            if value := getattr(self, name):
                rows = rows.filter(**{name: value})
        if self.statuses:
            rows = rows.filter(status__gte=self.statuses[0], status__lt=self.statuses[1])
        if self.since:
            rows = rows.filter(at__gte=self.since)
        if self.until:
            rows = rows.filter(at__lt=self.until)
        if self.text:
            named = Q(request_id=self.text) | Q(id=self.text)
            rows = rows.filter(named | Q(path__icontains=self.text) | Q(error_code__icontains=self.text))
        return rows


def calls(customer_id: str | None, which: CallFilter | None = None) -> QuerySet[Call]:
    """Calls of a customer, newest first by the time they were made; with None those of everybody, as they came in."""
    which = which or CallFilter()
    if customer_id is None:
        return which.narrow(Call.objects.all()).order_by("-position")
    return which.narrow(Call.objects.filter(customer_id__in=aliases_of(customer_id))).order_by("-at", "-position")


def calls_page(
    customer_id: str | None, which: CallFilter | None = None, *, before: str = "", size: int = 50
) -> tuple[list[Call], str]:
    """A page of the request log, and the cursor for the older ones (empty: there are none).

    Raises ValueError for a cursor that is not one of ours.
    """
    rows = calls(customer_id, which).defer("details")
    if before:
        at, position = _read_place(before)
        if customer_id is None:
            rows = rows.filter(position__lt=position)
        else:
            rows = rows.filter(Q(at__lt=at) | Q(at=at, position__lt=position), at__lte=at)
    page = list(rows[: size + 1])
    older = f"{page[size - 1].at.isoformat()} {page[size - 1].position}" if len(page) > size else ""
    return page[:size], base64.urlsafe_b64encode(older.encode()).decode()


def _read_place(text: str) -> tuple[datetime, int]:
    try:
        at, _, position = base64.urlsafe_b64decode(text.encode()).decode().partition(" ")
        moment = datetime.fromisoformat(at)
        number = int(position)
    except (ValueError, binascii.Error) as error:
        raise ValueError("not a cursor of the request log") from error
    if moment.tzinfo is None or not 0 <= number < 2**63:
        raise ValueError("not a cursor of the request log")
    return moment, number


def one_call(customer_id: str, call_id: str) -> Call | None:
    """A call by its id, if it is this customer's."""
    return Call.objects.filter(id=call_id, customer_id__in=aliases_of(customer_id)).first()


def call_by_id(call_id: str) -> Call | None:
    """A call by its id, whose ever it is. For the team."""
    return Call.objects.filter(id=call_id).first()


def similar_calls(call: Call, limit: int = 10) -> list[Call]:
    """The latest other calls of the same customer to the same route with the same answer."""
    rows = Call.objects.filter(customer_id=call.customer_id, status=call.status, at__lte=now())
    rows = rows.filter(method=call.method, route=call.route, error_code=call.error_code).exclude(pk=call.pk)
    return list(rows.defer("details").order_by("-at", "-position")[:limit])


@dataclass(frozen=True)
class Choices:
    """What occurs in a customer's calls: what filters can offer."""

    methods: list[str]
    routes: list[str]
    versions: list[str]
    key_ids: list[str]


def choices(customer_id: str) -> Choices:
    """What occurs in a customer's calls, in order. One query, over its series."""
    rows: list[tuple[Any, ...]] = list(
        Series.objects.filter(customer_id=customer_id).values_list("method", "route", "version", "key_id").distinct()
    )
    methods, routes, versions, key_ids = ({row[place] for row in rows if row[place]} for place in range(4))
    return Choices(sorted(methods), sorted(routes)[:MOST_CHOICES], sorted(versions), sorted(key_ids))

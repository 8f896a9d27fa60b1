"""Reads the period, the filters and the comparison of a page of journeys from its address.

What cannot be read is left out, so that a link never breaks a page.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.core.cache import cache
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from posthouse.design.wording import day
from posthouse.foundation import conditions
from posthouse.foundation.clock import now
from posthouse.journeys import summaries
from posthouse.journeys.queries import Filters, Period
from posthouse.people import queries as people

LONGEST = 200
REMEMBERED_SECONDS = 300
PERIODS: dict[str, tuple[int, str | Promise]] = {
    "7d": (7, gettext_lazy("Last 7 days")),
    "30d": (30, gettext_lazy("Last 30 days")),
    "90d": (90, gettext_lazy("Last 90 days")),
    "12m": (365, gettext_lazy("Last 12 months")),
    "all": (0, gettext_lazy("All time")),
}
DEFAULT = "90d"
BEFORE, GROUP = "before", "group"
COLUMNS = {
    "customer.plan": "attributes.plan",
    "customer.channel": "channel",
    "customer.country": "country",
    "customer.attributes": "attributes",
}
NAMES = ("plan", "channel", "country")


@dataclass(frozen=True)
class Group:
    """Whom a page is about; empty values do not narrow."""

    plan: str = ""
    channel: str = ""
    country: str = ""
    attribute: str = ""
    """name=value"""

    def __bool__(self) -> bool:
        return any((self.plan, self.channel, self.country, self.condition_of_attribute()))

    def traits(self) -> dict[str, str]:
        """Plan, channel and country, those that are asked for."""
        return {name: value for name in NAMES if (value := getattr(self, name))}

    def condition(self) -> dict[str, Any] | None:
        """The same in the language of conditions; None: everybody."""
        found = [_is(f"customer.{name}", value) for name in NAMES if (value := getattr(self, name))]
        found += [one] if (one := self.condition_of_attribute()) else []
        return {"all": found} if found else None

    def condition_of_attribute(self) -> dict[str, Any] | None:
        """The part about an attribute."""
        name, equals, value = (part.strip() for part in self.attribute.partition("="))
        return _is(f"customer.attributes.{name}", _plain(value)) if name and equals else None

    def customers(self) -> QuerySet[Any] | None:
        """The ids of the customers; None: everybody."""
        condition = self.condition()
        return people.having("customer", conditions.query(condition, COLUMNS)) if condition else None

    def words(self) -> str:
        """Who that is, in a few words."""
        said = [_("plan %(value)s") % {"value": self.plan}] if self.plan else []
        said += [_("channel %(value)s") % {"value": self.channel}] if self.channel else []
        said += [_("country %(value)s") % {"value": self.country}] if self.country else []
        said += [self.attribute] if self.condition_of_attribute() else []
        return ", ".join(said) or _("everybody")


@dataclass(frozen=True)
class View:
    """What a page shows: since when, of whom, against what."""

    period: str
    since: datetime | None
    until: datetime | None
    group: Group
    compare: str = ""
    other: Group = field(default_factory=Group)
    first_day: date | None = None
    last_day: date | None = None

    @property
    def period_words(self) -> str:
        """The period, in words."""
        if self.period in PERIODS:
            return str(PERIODS[self.period][1])
        first = day(self.first_day) if self.first_day else "…"
        return f"{first} – {day(self.last_day)}" if self.last_day else _("since %(day)s") % {"day": first}

    @property
    def narrowed(self) -> bool:
        """Whether something other than the default is asked for."""
        return bool(self.group) or bool(self.compare) or self.period != DEFAULT

    def others(self) -> "View | None":
        """What it is compared with: the period of equal length before, or another group in the same period."""
        if self.compare == GROUP:
            return View(self.period, self.since, self.until, self.other)
        if self.compare == BEFORE and self.since:
            end = self.until or now()
            return View("", self.since - (end - self.since), self.since, self.group)
        return None

    def other_words(self) -> str:
        """What it is compared with, in words."""
        return self.other.words() if self.compare == GROUP else _("the same time before")

    def as_period(self) -> Period:
        """For the figures."""
        return Period(self.since, self.until)

    def as_filters(self) -> Filters:
        """For the figures."""
        group = self.group
        return Filters(group.plan, group.channel, group.country, group.condition_of_attribute())

    def query(self) -> QueryDict:
        """The address that shows the same again."""
        query = QueryDict(mutable=True)
        given = {
            "period": self.period if self.period in PERIODS and self.period != DEFAULT else "",
            **_names(self.group),
        }
        given |= {"from": str(self.first_day or ""), "to": str(self.last_day or ""), "compare": self.compare}
        given |= {f"b_{name}": value for name, value in _names(self.other).items()} if self.compare == GROUP else {}
        for name, value in given.items():
            if value:
                query[name] = str(value)
        return query


def read(query: QueryDict) -> View:
    """The view an address asks for."""
    first, last = _date(query, "from"), _date(query, "to")
    if first or last:
        since = _midnight(first) if first else None
        until = _midnight(last + timedelta(days=1)) if last and last < date.max else None
        period = "own"
    else:
        period = query.get("period", "") if query.get("period", "") in PERIODS else DEFAULT
        days = PERIODS[period][0]
        since, until = (now() - timedelta(days=days) if days else None), None
    compare = query.get("compare", "")
    compare = compare if compare == GROUP or (compare == BEFORE and since) else ""
    return View(period, since, until, _group(query, ""), compare, _group(query, "b_"), first, last)


def choices() -> dict[str, list[str]]:
    """What can be chosen for each filter; remembered for some minutes."""
    return {
        "plans": _remembered("plan", people.plans),
        "channels": _remembered("channel", people.channels),
        "countries": _remembered("country", people.countries),
    }


def text_in(query: QueryDict, name: str) -> str:
    """A plain text from the address; what no database could find is left out."""
    return str(query.get(name, "")).replace("\0", "").strip()[:LONGEST]


def _remembered(facet: str, find: Callable[[], list[str]]) -> list[str]:
    # From the summary, because asking people means reading all of them; before there is one there are few.
    known = lambda: summaries.values_of(facet) or find()  # noqa: E731
    return cache.get_or_set(f"journeys:{facet}", known, REMEMBERED_SECONDS) or []


def _group(query: QueryDict, prefix: str) -> Group:
    plan, channel, country, attribute = (text_in(query, prefix + name) for name in (*NAMES, "attr"))
    return Group(plan, channel, country, attribute)


def _names(group: Group) -> dict[str, str]:
    return {"plan": group.plan, "channel": group.channel, "country": group.country, "attr": group.attribute}


def _is(field_name: str, value: Any) -> dict[str, Any]:
    return {"field": field_name, "op": "is", "value": value}


def _plain(value: str) -> Any:
    """true, false and whole numbers as what they are in an attribute."""
    if value in ("true", "false"):
        return value == "true"
    return int(value) if value.lstrip("-").isdecimal() and len(value) < 16 else value


def _date(query: QueryDict, name: str) -> date | None:
    try:
        return parse_date(query.get(name, ""))
    except ValueError:
        return None


def _midnight(value: date) -> datetime:
    try:
        return timezone.make_aware(datetime.combine(value, time()))
    except (OverflowError, ValueError):
        return datetime.combine(value, time(), UTC)

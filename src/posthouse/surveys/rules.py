"""The rules of a campaign about how often and when it asks, as one JSON value; checked here.

    {"quiet_from": "21:00", "quiet_to": "08:00", "days": ["mon", "tue", "wed", "thu", "fri"], "daily_cap": 500,
     "answer_days": 90, "answer_days_any": 30, "decline_days": 180, "decline_days_any": 90,
     "every": 3, "unit": "month", "starts_on": "2026-01-01", "spread_days": 0, "at": "10:00", "audience": CONDITION}

What is left out is as in `Rules()`. The two clocks since a mere mail (`rest_days`, `rest_days_any`) and the sample are
columns of the campaign.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date, time
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _

from posthouse.foundation import conditions
from posthouse.foundation.timing import EVERY_DAY, Hours
from posthouse.surveys.texts import Invalid

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)
LONGEST = 3650
EARLIEST, LATEST = date(2000, 1, 1), date(2200, 1, 1)


@dataclass(frozen=True)
class Rules:
    """What a campaign keeps to besides its two clocks; the defaults are those of a campaign that says nothing.

    The numbers of days begin with an answer, or with a decline ("not now"), to this campaign or (`…_any`) to any.
    `daily_cap` is how many mails a day of the vendor may see, 0: any number.

    Who has not answered is reminded `reminders` times, each `remind_after_days` behind the last mail.

    With `every` above 0 it comes round by itself: every so many days, weeks or months everybody for whom the condition
    `audience` holds (nothing: everybody) is asked, each on a day of its own within the first `spread_days` of the
    cycle (0: within all of it), at the time `at` where the person lives. Cycles are counted from `starts_on`, without
    it from the day behind the start of the campaign.
    """

    quiet_from: time | None = None
    quiet_to: time | None = None
    days: tuple[int, ...] = EVERY_DAY
    daily_cap: int = 0
    answer_days: int = 0
    answer_days_any: int = 0
    decline_days: int = 180
    decline_days_any: int = 90
    reminders: int = 0
    remind_after_days: int = 7
    every: int = 0
    unit: str = "month"
    starts_on: date | None = None
    spread_days: int = 0
    at: time = time(10)
    audience: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def hours(self) -> Hours:
        """When its mails may arrive, where people live."""
        return Hours(self.quiet_from, self.quiet_to, self.days)


def tag_of(campaign_id: str) -> str:
    """What contacts are tagged with that a program made members of a campaign (Delighted's Autopilot)."""
    return f"autopilot:{campaign_id}"


def members_of(campaign_id: str) -> dict[str, Any]:
    """The audience that is these members."""
    return {"field": "contact.attributes.tags", "op": "contains", "value": tag_of(campaign_id)}


NUMBERS = {
    "daily_cap": (0, 10_000_000),
    "answer_days": (0, LONGEST),
    "answer_days_any": (0, LONGEST),
    "decline_days": (0, LONGEST),
    "decline_days_any": (0, LONGEST),
    "reminders": (0, 3),
    "remind_after_days": (1, 60),
    "every": (0, LONGEST),
    "spread_days": (0, LONGEST),
}
TIMES = ("quiet_from", "quiet_to", "at")
UNITS = {"day": (7, LONGEST), "week": (1, 520), "month": (1, 120)}
"""How a cycle is counted, and how many of it at least and at most: a week, and ten years."""


def check_rules(value: Any, place: str = "/frequency") -> dict[str, Any]:
    """The rules in full, as they are kept. Raises Invalid, with the place."""
    if not isinstance(value, Mapping):
        raise Invalid(place, _("This is an object of rules."))
    known = {field.name for field in fields(Rules)}
    for name in value:
        if name not in known:
            raise Invalid(f"{place}/{name}"[:100], _("This is not known here."))
    found = as_json(Rules()) | {name: _checked(name, one, f"{place}/{name}") for name, one in value.items()}
    if bool(found["quiet_from"]) != bool(found["quiet_to"]):
        missing = "quiet_to" if found["quiet_from"] else "quiet_from"
        raise Invalid(f"{place}/{missing}", _("Quiet hours have a beginning and an end, or neither."))
    _check_cycle(found, place)
    return found


def _check_cycle(found: dict[str, Any], place: str) -> None:
    lowest, highest = UNITS[found["unit"]]
    if found["every"] and not lowest <= found["every"] <= highest:
        raise Invalid(
            f"{place}/every",
            _("A cycle lasts from a week to ten years: from %(lowest)d to %(highest)d of these.")
            % {"lowest": lowest, "highest": highest},
        )
    at, begin, end = (time.fromisoformat(found[name] or "00:00") for name in ("at", "quiet_from", "quiet_to"))
    quiet = begin <= at < end if begin <= end else at >= begin or at < end
    if found["every"] and quiet:
        raise Invalid(f"{place}/at", _("This time lies in the quiet hours."))


def read_rules(kept: Mapping[str, Any]) -> Rules:
    """The rules that a campaign keeps to, from what `check_rules` gave (or nothing)."""
    found = {name: kept[name] for name in (field.name for field in fields(Rules)) if name in kept}
    for name in TIMES:
        if name in found:
            found[name] = time.fromisoformat(found[name]) if found[name] else None
    if "starts_on" in found:
        found["starts_on"] = date.fromisoformat(found["starts_on"]) if found["starts_on"] else None
    if "days" in found:
        found["days"] = tuple(DAYS.index(day) for day in found["days"])
    return Rules(**found)


def as_json(rules: Rules) -> dict[str, Any]:
    """The rules as they are kept: the inverse of `read_rules`."""
    found = {field.name: getattr(rules, field.name) for field in fields(Rules)}
    for name in TIMES:
        found[name] = f"{found[name]:%H:%M}" if found[name] is not None else ""
    found["starts_on"] = found["starts_on"].isoformat() if found["starts_on"] else ""
    return found | {"days": [DAYS[day] for day in rules.days], "audience": dict(rules.audience)}


def _checked(name: str, value: Any, place: str) -> Any:
    if name in NUMBERS:
        return _number(value, *NUMBERS[name], place)
    if name in TIMES:
        if (value != "" or name == "at") and not (isinstance(value, str) and TIME.fullmatch(value)):
            raise Invalid(place, _("A time of day is written like 21:00."))
        return value
    return {"days": _days, "unit": _unit, "starts_on": _day, "audience": _audience}[name](value, place)


def _unit(value: Any, place: str) -> str:
    if not isinstance(value, str) or value not in UNITS:
        raise Invalid(place, _("This is one of: %(kinds)s.") % {"kinds": ", ".join(UNITS)})
    return value


def _day(value: Any, place: str) -> str:
    try:
        if value == "":
            return ""
        found = date.fromisoformat(value) if isinstance(value, str) and len(value) == 10 else None
    except ValueError:
        found = None
    if found is None or not EARLIEST <= found <= LATEST:
        raise Invalid(place, _("A day is written like 2026-03-01."))
    return found.isoformat()


def _audience(value: Any, place: str) -> dict[str, Any]:
    """A condition on the contact and its customer as they are; what happened before cannot be asked for here."""
    try:
        conditions.check(value, place)
    except conditions.Invalid as fault:
        raise Invalid(fault.place[:100], fault.reason) from fault
    kept = dict(value) if value else {}
    if next(conditions.event_types(kept), None) or any(name.startswith("event.") for name in conditions.fields(kept)):
        raise Invalid(place, _("Only fields of the contact and of the customer can stand here."))
    try:
        return dict(json.loads(json.dumps(kept, allow_nan=False)))
    except ValueError as error:
        raise Invalid(place, _("It holds characters that cannot be kept.")) from error


def _number(value: Any, lowest: int, highest: int, place: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value <= highest:
        raise Invalid(
            place, _("This is a whole number from %(lowest)d to %(highest)d.") % {"lowest": lowest, "highest": highest}
        )
    return value


def _days(value: Any, place: str) -> list[str]:
    if not isinstance(value, list) or not value or not all(isinstance(day, str) and day in DAYS for day in value):
        raise Invalid(place, _("This is a list of at least one of: %(days)s.") % {"days": ", ".join(DAYS)})
    return [day for day in DAYS if day in value]

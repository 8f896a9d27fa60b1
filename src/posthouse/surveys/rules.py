"""The rules of a campaign about how often and when it asks, as one JSON value; checked here.

    {"quiet_from": "21:00", "quiet_to": "08:00", "days": ["mon", "tue", "wed", "thu", "fri"], "daily_cap": 500,
     "answer_days": 90, "answer_days_any": 30, "decline_days": 180, "decline_days_any": 90}

What is left out is as in `Rules()`. The two clocks since a mere mail (`rest_days`, `rest_days_any`) and the sample are
columns of the campaign.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import time
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _

from posthouse.foundation.timing import EVERY_DAY, Hours
from posthouse.surveys.texts import Invalid

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)
LONGEST = 3650


@dataclass(frozen=True)
class Rules:
    """What a campaign keeps to besides its two clocks; the defaults are those of a campaign that says nothing.

    The numbers of days begin with an answer, or with a decline ("not now"), to this campaign or (`…_any`) to any.
    `daily_cap` is how many mails a day of the vendor may see, 0: any number.
    """

    quiet_from: time | None = None
    quiet_to: time | None = None
    days: tuple[int, ...] = EVERY_DAY
    daily_cap: int = 0
    answer_days: int = 0
    answer_days_any: int = 0
    decline_days: int = 180
    decline_days_any: int = 90

    @cached_property
    def hours(self) -> Hours:
        """When its mails may arrive, where people live."""
        return Hours(self.quiet_from, self.quiet_to, self.days)


NUMBERS = {
    "daily_cap": (0, 10_000_000),
    "answer_days": (0, LONGEST),
    "answer_days_any": (0, LONGEST),
    "decline_days": (0, LONGEST),
    "decline_days_any": (0, LONGEST),
}
TIMES = ("quiet_from", "quiet_to")


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
    return found


def read_rules(kept: Mapping[str, Any]) -> Rules:
    """The rules that a campaign keeps to, from what `check_rules` gave (or nothing)."""
    found = {name: kept[name] for name in (field.name for field in fields(Rules)) if name in kept}
    for name in TIMES:
        if name in found:
            found[name] = time.fromisoformat(found[name]) if found[name] else None
    if "days" in found:
        found["days"] = tuple(DAYS.index(day) for day in found["days"])
    return Rules(**found)


def as_json(rules: Rules) -> dict[str, Any]:
    """The rules as they are kept: the inverse of `read_rules`."""
    found = {field.name: getattr(rules, field.name) for field in fields(Rules)}
    for name in TIMES:
        found[name] = f"{found[name]:%H:%M}" if found[name] is not None else ""
    return found | {"days": [DAYS[day] for day in rules.days]}


def _checked(name: str, value: Any, place: str) -> Any:
    if name in NUMBERS:
        return _number(value, *NUMBERS[name], place)
    if name in TIMES:
        if value != "" and not (isinstance(value, str) and TIME.fullmatch(value)):
            raise Invalid(place, _("A time of day is written like 21:00."))
        return value
    return _days(value, place)


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

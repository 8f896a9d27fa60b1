"""Reads what callers send, strictly: a value is either exactly right or answered with the code that says why not."""

import re
from datetime import date
from zoneinfo import ZoneInfo, available_timezones

from starlette.requests import Request

from sunline.almanac import FIRST_DATE, LAST_DATE
from sunline.errors import ProblemError, shown

_DECIMAL = re.compile(r"[+-]?[0-9]{1,20}(\.[0-9]{1,20})?", re.ASCII)
_WHOLE = re.compile(r"[0-9]{1,6}", re.ASCII)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_TIME_ZONES = frozenset(available_timezones())
_DEGREES = {"lat": 90.0, "lon": 180.0}

LARGEST_PAGE = 100
LONGEST_SEARCH = 80


class Query:
    """The query parameters of one call, none of them unknown or repeated."""

    def __init__(self, request: Request, *allowed: str) -> None:
        self._values: dict[str, str] = {}
        for name, value in request.query_params.multi_items():
            if name not in allowed:
                known = ", ".join(allowed) or "none"
                raise ProblemError(
                    "parameter-unknown",
                    f"“{shown(name)}” is not read here. Known parameters: {known}.",
                    parameter=shown(name),
                )
            if name in self._values:
                raise ProblemError("parameter-repeated", f"“{name}” was sent more than once.", parameter=name)
            self._values[name] = value

    def optional(self, name: str) -> str | None:
        """The text of a parameter, or None when it was not sent."""
        return self._values.get(name)

    def required(self, name: str) -> str:
        """The text of a parameter that must be there."""
        value = self._values.get(name)
        if not value:
            raise ProblemError("parameter-missing", f"“{name}” is required.", parameter=name)
        return value

    def degrees(self, name: str) -> float:
        """`lat` or `lon`."""
        text = self.required(name)
        if not _DECIMAL.fullmatch(text):
            raise ProblemError(
                f"{name}-invalid", f"“{shown(text)}” is not a decimal number such as 40.42.", parameter=name
            )
        return check_degrees(name, float(text))

    def day(self, name: str) -> date:
        """A date."""
        return read_date(self.required(name), parameter=name)

    def zone(self) -> ZoneInfo:
        """The time zone asked for, UTC if none was."""
        return read_zone(self.optional("tz") or "UTC", parameter="tz")

    def page_size(self, default: int) -> int:
        """How many rows a page may have."""
        text = self.optional("limit")
        if text is None:
            return default
        if not _WHOLE.fullmatch(text) or not 1 <= int(text) <= LARGEST_PAGE:
            raise ProblemError(
                "page-size-invalid",
                f"“{shown(text)}” is not a whole number from 1 to {LARGEST_PAGE}.",
                parameter="limit",
            )
        return int(text)

    def search_text(self) -> str:
        """What to search for, empty for everything."""
        text = self.optional("q") or ""
        if len(text) > LONGEST_SEARCH:
            raise ProblemError(
                "search-invalid", f"{len(text)} characters; at most {LONGEST_SEARCH} are read.", parameter="q"
            )
        return text


def check_degrees(name: str, value: float, **members: object) -> float:
    """The number of degrees if it is on the globe; `name` is lat or lon."""
    end = _DEGREES[name]
    if not -end <= value <= end:
        raise ProblemError(
            f"{name}-out-of-range",
            f"{value:g} is not between -{end:g} and {end:g}.",
            **(members or {"parameter": name}),
        )
    return value


def read_date(text: str, **members: object) -> date:
    """A date of the almanac, written YYYY-MM-DD."""
    if not _DATE.fullmatch(text):
        raise ProblemError("date-invalid", f"“{shown(text)}” is not written YYYY-MM-DD, such as 2026-11-22.", **members)
    try:
        day = date.fromisoformat(text)
    except ValueError as reason:
        raise ProblemError("date-invalid", f"“{text}” does not exist in the calendar.", **members) from reason
    if not FIRST_DATE <= day <= LAST_DATE:
        raise ProblemError("date-out-of-range", f"{text} is not between {FIRST_DATE} and {LAST_DATE}.", **members)
    return day


def read_zone(text: str, **members: object) -> ZoneInfo:
    """A time zone of the IANA database."""
    if text not in _TIME_ZONES:
        raise ProblemError("time-zone-unknown", f"“{shown(text)}” is not in the IANA time zone database.", **members)
    return ZoneInfo(text)

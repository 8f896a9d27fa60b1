"""Durations as ISO 8601 writes them (`P3D`, `PT12H`, `P1DT30M`), up to ten years; no months, which differ in length."""

import re
from datetime import timedelta

from django.utils.translation import ngettext

LONGEST = timedelta(days=3660)
_ISO = re.compile(
    r"P(?:(?P<weeks>\d{1,4})W)?(?:(?P<days>\d{1,4})D)?"
    r"(?:T(?:(?P<hours>\d{1,5})H)?(?:(?P<minutes>\d{1,7})M)?(?:(?P<seconds>\d{1,9})S)?)?",
    re.ASCII,
)


def duration(text: object) -> timedelta:
    """Read a duration. Raises ValueError for anything that is none, is zero, or is longer than ten years."""
    found = _ISO.fullmatch(text) if isinstance(text, str) else None
    parts = {name: int(number) for name, number in found.groupdict().items() if number} if found else {}
    length = timedelta(**parts)
    if not timedelta(0) < length <= LONGEST:
        raise ValueError("must be a duration such as P3D or PT12H, of ten years at most")
    return length


def iso(length: timedelta) -> str:
    """A duration as ISO 8601, to the second: the inverse of `duration`."""
    hours, rest = divmod(length.seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    clock = "".join(f"{number}{unit}" for number, unit in ((hours, "H"), (minutes, "M"), (seconds, "S")) if number)
    days = f"{length.days}D" if length.days else ""
    return f"P{days}" + (f"T{clock}" if clock else "") if days or clock else "PT0S"


def words(length: timedelta) -> str:
    """A duration for people, in the active language: `3 days`, `1 hour 30 minutes`."""
    hours, rest = divmod(length.seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    parts = [
        (length.days, ngettext("%(n)s day", "%(n)s days", length.days)),
        (hours, ngettext("%(n)s hour", "%(n)s hours", hours)),
        (minutes, ngettext("%(n)s minute", "%(n)s minutes", minutes)),
        (seconds, ngettext("%(n)s second", "%(n)s seconds", seconds)),
    ]
    return " ".join(text % {"n": number} for number, text in parts if number)

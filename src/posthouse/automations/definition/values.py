"""Reading single values out of a body, and noting what is wrong with them at its place."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import time, timedelta
from typing import Any, Literal, cast
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from django.utils.translation import gettext as _

from posthouse.automations.definition.shapes import Condition, Words
from posthouse.foundation import conditions
from posthouse.foundation.conditions.checking import check_event_type
from posthouse.foundation.durations import duration

MAX_TEXT = 2_000
LANGUAGES = ("en", "es")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

KEY = re.compile(r"[a-z][a-z0-9_]{0,59}")
STEP_ID = re.compile(r"[a-z][a-z0-9_]{0,39}")
TEMPLATE = re.compile(r"(?=.{1,80}$)[a-z0-9_-]+(/[a-z0-9_-]+)?")
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_ .-]{0,59}")
TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong: where (a JSON pointer into the body) and why, in the active language."""

    place: str
    reason: str


class InvalidDefinition(ValueError):
    """The body cannot be used; `faults` names everything that is wrong with it."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("; ".join(f"{fault.place or '/'}: {fault.reason}" for fault in faults))
        self.faults = faults


class Reader:
    """Collects what is wrong while the body is read; what cannot be read becomes a harmless stand-in."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.ids: set[str] = set()
        self.count = 0

    def fail(self, place: str, reason: str) -> Literal[False]:
        self.faults.append(Fault(place, reason))
        return False


@dataclass
class Members:
    """An object of the body at its place; members are taken out one by one, and what is left over is a fault."""

    reader: Reader
    place: str
    members: dict[str, Any]
    taken: set[str] = field(default_factory=set)

    def must(self, name: str, read: "Read") -> Any:
        """A member that has to be there."""
        if self.members.get(name) is None:
            self.taken.add(name)
            self.reader.fail(f"{self.place}/{name}", _("This is missing."))
            return None
        return self.may(name, read)

    def may(self, name: str, read: "Read", default: Any = None) -> Any:
        """A member that may be left out."""
        self.taken.add(name)
        if self.members.get(name) is None:
            return default
        return read(self.reader, self.members[name], f"{self.place}/{name}")

    def done(self) -> None:
        """Nothing else may stand here."""
        for name in sorted(set(self.members) - self.taken, key=str):
            self.reader.fail(f"{self.place}/{_escaped(name)}", _("Nobody knows this member."))


Read = Callable[[Reader, Any, str], Any]


def _escaped(name: str) -> str:
    return str(name).replace("~", "~0").replace("/", "~1")


def read_members(reader: Reader, raw: Any, place: str) -> Members | None:
    if isinstance(raw, dict):
        return Members(reader, place, raw)
    reader.fail(place, _("An object must stand here."))
    return None


def read_condition(reader: Reader, raw: Any, place: str) -> Condition:
    try:
        conditions.check(raw, place)
    except conditions.Invalid as error:
        reader.fail(error.place, error.reason)
        return None
    return cast("Condition", raw)


def read_text(reader: Reader, raw: Any, place: str) -> str:
    if isinstance(raw, str):
        return raw
    reader.fail(place, _("A text must stand here."))
    return ""


def matching(pattern: re.Pattern[str], form: str) -> Read:
    def read(reader: Reader, raw: Any, place: str) -> str:
        text = read_text(reader, raw, place)
        if isinstance(raw, str) and not pattern.fullmatch(text):
            reader.fail(place, _("“%(text)s” does not fit: it takes %(form)s.") % {"text": text[:80], "form": form})
            return ""
        return text

    return read


def one_of(words: tuple[str, ...]) -> Read:
    def read(reader: Reader, raw: Any, place: str) -> str:
        if isinstance(raw, str) and raw in words:
            return raw
        reader.fail(place, _("One of these must stand here: %(words)s.") % {"words": ", ".join(words)})
        return ""

    return read


def read_event(reader: Reader, raw: Any, place: str) -> str:
    try:
        check_event_type(raw, place)
    except conditions.Invalid as error:
        reader.fail(error.place, error.reason)
        return ""
    return str(raw)


def read_key(reader: Reader, raw: Any, place: str) -> str:
    return str(matching(KEY, _("small letters, digits and underscores, a letter first"))(reader, raw, place))


def read_of(reader: Reader, raw: Any, place: str) -> str:
    return str(one_of(("contact", "customer"))(reader, raw, place))


def read_flag(reader: Reader, raw: Any, place: str) -> bool:
    if isinstance(raw, bool):
        return raw
    return reader.fail(place, _("Yes or no (true or false) must stand here."))


def read_plain(reader: Reader, raw: Any, place: str) -> Any:
    if isinstance(raw, bool | int | float) or (isinstance(raw, str) and len(raw) <= MAX_TEXT):
        return raw
    reader.fail(place, _("A short text, a number, or yes or no must stand here."))
    return None


def read_user(reader: Reader, raw: Any, place: str) -> int | None:
    if isinstance(raw, int) and not isinstance(raw, bool) and 0 < raw < 2**63:
        return raw
    reader.fail(place, _("The number of a team member must stand here."))
    return None


def read_period(reader: Reader, raw: Any, place: str) -> timedelta | None:
    try:
        return duration(raw)
    except ValueError:
        reader.fail(place, _("A length of time such as P3D, PT12H or P1W must stand here, of ten years at most."))
        return None


def read_time(reader: Reader, raw: Any, place: str) -> time | None:
    found = TIME.fullmatch(raw) if isinstance(raw, str) else None
    if found is None:
        reader.fail(place, _("A time of day such as 09:30 must stand here."))
        return None
    return time(int(found[1]), int(found[2]))


def read_days(reader: Reader, raw: Any, place: str) -> tuple[int, ...]:
    if isinstance(raw, list) and raw and all(isinstance(day, str) and day in DAYS for day in raw):
        return tuple(sorted({DAYS.index(day) for day in raw}))
    reader.fail(place, _("A list of days must stand here: %(words)s.") % {"words": ", ".join(DAYS)})
    return ()


def read_zone(reader: Reader, raw: Any, place: str) -> str:
    if isinstance(raw, str) and (raw == "contact" or raw in available_timezones()):
        return raw
    reader.fail(place, _("“contact” or a time zone such as Europe/Madrid must stand here."))
    return "contact"


def read_words(longest: int) -> Read:
    def read(reader: Reader, raw: Any, place: str) -> Words:
        body = read_members(reader, raw, place)
        if body is None:
            return {}
        given = {name: body.may(name, read_short(longest)) for name in LANGUAGES}
        body.done()
        if not any(given.values()):
            reader.fail(place, _("It needs words in at least one language."))
        return {name: text for name, text in given.items() if text}

    return read


def read_short(longest: int) -> Read:
    def read(reader: Reader, raw: Any, place: str) -> str:
        text = read_text(reader, raw, place).strip()
        if len(text) > longest or "\x00" in text:
            reader.fail(place, _("It must be at most %(number)s characters long.") % {"number": longest})
        return text

    return read


def read_url(reader: Reader, raw: Any, place: str) -> str:
    text = read_text(reader, raw, place)
    if not isinstance(raw, str) or _is_http(text):
        return text
    reader.fail(place, _("An address that begins with https:// must stand here."))
    return ""


def read_link(reader: Reader, raw: Any, place: str) -> str:
    text = read_text(reader, raw, place)
    own = text.startswith("/") and not text.startswith("//") and len(text) <= MAX_TEXT
    if not isinstance(raw, str) or text == "" or own or _is_http(text):
        return text
    reader.fail(place, _("An address must stand here: /docs/… of this house, or https://…"))
    return ""


def _is_http(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and len(text) <= MAX_TEXT and " " not in text
    except ValueError:
        return False

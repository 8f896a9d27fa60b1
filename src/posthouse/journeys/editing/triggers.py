"""Events with conditions as lines that people write: `key.created when {field: …}`."""

import re
from typing import Any

from django.utils.translation import gettext as _

from posthouse.journeys.definition import TYPE
from posthouse.journeys.editing.text import on_one_line
from posthouse.journeys.reading import Unreadable, read

EXIT = re.compile(r"^(?P<reason>[a-z][a-z0-9_]*)\s*:\s*(?P<rest>.+)$", re.I)


class WrongLine(ValueError):
    """A line that cannot be read; `number` counts from 1."""

    def __init__(self, number: int, reason: str) -> None:
        super().__init__(_("Line %(number)s: %(reason)s") % {"number": number, "reason": reason})
        self.number = number


def to_lines(triggers: Any) -> str:
    """One line for each event."""
    return "\n".join(_to_line(one) for one in triggers or [])


def from_lines(text: str) -> list[dict[str, Any]]:
    """The events named in the lines. Raises WrongLine."""
    return [_from_line(number, line) for number, line in _lines(text)]


def exits_to_lines(exits: Any) -> str:
    """One line for each event that ends a run, with the reason before it."""
    return "\n".join(f"{rule.get('reason', '')}: {_to_line(one)}" for rule in exits or [] for one in rule.get("on", []))


def exits_from_lines(text: str) -> list[dict[str, Any]]:
    """The rules named in the lines, in the order in which their reasons come first. Raises WrongLine."""
    rules: dict[str, list[dict[str, Any]]] = {}
    for number, line in _lines(text):
        found = EXIT.match(line)
        if not found:
            raise WrongLine(number, _("write the reason, a colon and the event, such as left: customer.left"))
        rules.setdefault(found["reason"], []).append(_from_line(number, found["rest"]))
    return [{"on": triggers, "reason": reason} for reason, triggers in rules.items()]


def _lines(text: str) -> list[tuple[int, str]]:
    return [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1) if line.strip()]


def _to_line(trigger: Any) -> str:
    event = str(trigger.get("event", ""))
    return f"{event} when {on_one_line(trigger['when'])}" if trigger.get("when") else event


def _from_line(number: int, line: str) -> dict[str, Any]:
    event, when, condition = line.partition(" when ")
    event = event.strip()
    if not TYPE.fullmatch(event):
        raise WrongLine(number, _("“%(event)s” is not the type of an event, such as key.created") % {"event": event})
    if not when:
        return {"event": event}
    try:
        return {"event": event, "when": _condition(condition)}
    except Unreadable as error:
        raise WrongLine(number, error.reason) from error


def _condition(text: str) -> dict[str, Any]:
    value = read(text)
    if not isinstance(value, dict):
        raise Unreadable("", _("a condition stands in braces, such as {field: event.data.plan, op: is, value: pro}"))
    return value


def moves_to_lines(moved: Any) -> str:
    """One line for each step that went: its old key, a colon, the key it leads to."""
    return "\n".join(f"{old}: {new}" for old, new in (moved or {}).items())


def moves_from_lines(text: str) -> dict[str, str]:
    """Where those stand now who waited for a step that went. Raises WrongLine."""
    pairs = {}
    for number, line in _lines(text):
        old, colon, new = (part.strip() for part in line.partition(":"))
        if not (old and colon and new):
            raise WrongLine(number, _("write the old key, a colon and the new key, such as verified: confirmed"))
        pairs[old] = new
    return pairs

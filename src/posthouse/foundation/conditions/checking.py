"""Refuses malformed conditions, with the place and the reason; bounded, for conditions come from outside too."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from posthouse.foundation.conditions.values import moment_of
from posthouse.foundation.durations import duration

Condition = Mapping[str, Any]

DEPTH = 10
NODES = 200
CHOICES = 200
TEXT = 500
SEGMENTS = 10
TIMES = 10_000
LARGEST = 2**53
"""Beyond this a double no longer holds every whole number, and SQLite and PostgreSQL would differ."""

EVENT_COLUMNS = frozenset({"type", "source", "occurred_at"})
CONTACT_COLUMNS = frozenset({"id", "email", "name", "job_role", "channel", "language", "time_zone", "created_at"})
CUSTOMER_COLUMNS = frozenset({"id", "name", "external_id", "country", "channel", "plan", "created_at"})
COLUMNS = {
    **{f"event.{name}": "event" for name in EVENT_COLUMNS},
    **{f"contact.{name}": "contact" for name in CONTACT_COLUMNS},
    **{f"customer.{name}": "customer" for name in CUSTOMER_COLUMNS},
}
MOMENTS = frozenset({"event.occurred_at", "contact.created_at", "customer.created_at"})
TREES = ("event.data.", "contact.attributes.", "customer.attributes.")

EQUAL = frozenset({"is", "is_not"})
AMONG = frozenset({"in", "not_in"})
PART = frozenset({"contains", "starts_with"})
ORDER = frozenset({"gt", "gte", "lt", "lte"})
PRESENCE = frozenset({"exists", "missing"})
TIME = frozenset({"before", "after"})
OPERATORS = EQUAL | AMONG | PART | ORDER | PRESENCE | TIME

TYPE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_\-:/ ]*(\.[A-Za-z0-9_\-:/ ]+)*(\.\*)?", re.ASCII)
"""Wider than our own types: other systems announce `Order Completed`, too."""
NUMBER = re.compile(r"[+-]?\d+")


class Invalid(ValueError):
    """A condition is malformed; `place` is a JSON pointer to what, `reason` says why, in the active language."""

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(f"{place or '/'}: {reason}")
        self.place = place
        self.reason = reason


def check(condition: Any, place: str = "") -> None:
    """Raises Invalid unless `condition` is a condition, or nothing (None, {}). `place` is where it stands itself."""
    budget = iter(range(NODES))
    _check(condition, place, DEPTH, budget, inside_history=False)


def fields(condition: Condition | None) -> Iterator[str]:
    """Every field that a checked condition speaks of, not those inside `where`."""
    for node in _nodes(condition):
        if "field" in node:
            yield node["field"]


def event_types(condition: Condition | None) -> Iterator[str]:
    """Every type of event whose history a checked condition asks for."""
    for node in _nodes(condition):
        if "happened" in node:
            yield node["happened"]


def _nodes(condition: Condition | None) -> Iterator[Condition]:
    if not condition:
        return
    yield condition
    for child in [*condition.get("all", ()), *condition.get("any", ()), condition.get("not")]:
        yield from _nodes(child)


def _check(node: Any, place: str, depth: int, budget: Iterator[int], *, inside_history: bool) -> None:
    if node is None or node == {}:
        return
    if not isinstance(node, Mapping):
        raise Invalid(place, _("must be a condition: an object"))
    if depth == 0 or next(budget, None) is None:
        raise Invalid(
            place, _("is too large: at most %(depth)s levels and %(nodes)s parts") % {"depth": DEPTH, "nodes": NODES}
        )
    kinds = [kind for kind in KINDS if kind in node]
    if len(kinds) != 1:
        raise Invalid(place, _("must have exactly one of: %(names)s") % {"names": ", ".join(KINDS)})
    allowed, act = KINDS[kinds[0]]
    _known(node, place, {kinds[0], *allowed})

    def inner(child: Any, name: str, *, history: bool = inside_history) -> None:
        _check(child, f"{place}/{name}", depth - 1, budget, inside_history=history)

    if kinds[0] == "happened" and inside_history:
        raise Invalid(place, _("history cannot be asked for within history"))
    if kinds[0] == "field" and inside_history and not str(node["field"]).startswith("event."):
        raise Invalid(f"{place}/field", _("must be a field of the event here"))
    act(node, place, inner)


def _known(node: Condition, place: str, allowed: set[str]) -> None:
    for name in node:
        if name not in allowed:
            raise Invalid(f"{place}/{_escaped(name)}", _("is not known here"))


def _escaped(name: object) -> str:
    return str(name)[:60].replace("~", "~0").replace("/", "~1")


def _several(kind: str) -> Callable[..., None]:
    def act(node: Condition, place: str, inner: Callable[..., None]) -> None:
        children = node[kind]
        if not isinstance(children, list) or (kind == "any" and not children):
            raise Invalid(f"{place}/{kind}", _("must be a list of conditions"))
        for number, child in enumerate(children):
            inner(child, f"{kind}/{number}")

    return act


def _one(node: Condition, place: str, inner: Callable[..., None]) -> None:
    if not node["not"]:
        raise Invalid(f"{place}/not", _("must be a condition: an object"))
    inner(node["not"], "not")


def _happened(node: Condition, place: str, inner: Callable[..., None]) -> None:
    check_event_type(node["happened"], f"{place}/happened")
    times = node.get("times", 1)
    if type(times) is not int or not 1 <= times <= TIMES:
        raise Invalid(f"{place}/times", _("must be a whole number from 1 to %(most)s") % {"most": TIMES})
    if node.get("within") is not None:
        check_duration(node["within"], f"{place}/within")
    inner(node.get("where"), "where", history=True)


def check_event_type(value: Any, place: str) -> None:
    """Raises Invalid unless `value` is a type of event, or the beginning of some: `call.*`."""
    if not isinstance(value, str) or len(value) > 120 or not TYPE.fullmatch(value):
        raise Invalid(place, _("must be a type of event such as call.first or call.*"))


def check_duration(value: Any, place: str) -> None:
    """Raises Invalid unless `value` is an ISO 8601 duration."""
    try:
        duration(value)
    except ValueError as error:
        raise Invalid(place, _("must be a duration such as P3D or PT12H, of ten years at most")) from error


def _field(node: Condition, place: str, _inner: Callable[..., None]) -> None:
    name, operator = node["field"], node.get("op")
    check_field(name, f"{place}/field")
    if not isinstance(operator, str) or operator not in OPERATORS:
        raise Invalid(f"{place}/op", _("must be one of: %(names)s") % {"names": ", ".join(sorted(OPERATORS))})
    if operator in PRESENCE:
        if node.get("value") is not None:
            raise Invalid(f"{place}/value", _("has no place beside exists and missing"))
        return
    if "value" not in node:
        raise Invalid(f"{place}/value", _("is missing"))
    if name in MOMENTS and operator not in TIME:
        raise Invalid(f"{place}/op", _("must be before, after, exists or missing for a moment"))
    _check_value(operator, node["value"], f"{place}/value")


def check_field(name: Any, place: str) -> None:
    """Raises Invalid unless `name` is a field that conditions can ask for."""
    if not isinstance(name, str) or len(name) > TEXT:
        raise Invalid(place, _("must be the name of a field"))
    if name in COLUMNS:
        return
    tree = next((tree for tree in TREES if name.startswith(tree)), None)
    if tree is None:
        raise Invalid(place, _("is not a field that conditions know"))
    segments = name.removeprefix(tree).split(".")
    if len(segments) > SEGMENTS or not all(map(_is_name, segments)):
        raise Invalid(place, _("must be names with dots between them; lists have no numbered members here"))


def _is_name(segment: str) -> bool:
    return segment == segment.strip() != "" and not NUMBER.fullmatch(segment) and _is_text(segment)


def _is_text(text: str) -> bool:
    """Whether every database can hold it: no NUL, no half of a character."""
    return "\0" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)


def _check_value(operator: str, value: Any, place: str) -> None:
    if operator in TIME:
        if moment_of(value) is None and not _is_ago(value):
            raise Invalid(place, _('must be a moment such as 2026-11-23T09:00:00Z, or {"ago": "P7D"}'))
    elif operator in ORDER:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise Invalid(place, _("must be a number"))
        _check_scalar(value, place)
    elif operator in AMONG:
        if not isinstance(value, list) or not 1 <= len(value) <= CHOICES:
            raise Invalid(place, _("must be a list of 1 to %(most)s values") % {"most": CHOICES})
        for number, choice in enumerate(value):
            _check_scalar(choice, f"{place}/{number}")
    elif operator == "starts_with" or (operator == "contains" and isinstance(value, str)):
        if not isinstance(value, str) or not value:
            raise Invalid(place, _("must be a text that is not empty"))
        _check_scalar(value, place)
    else:
        _check_scalar(value, place)


def _is_ago(value: Any) -> bool:
    if not isinstance(value, Mapping) or set(value) != {"ago"}:
        return False
    try:
        duration(value["ago"])
    except ValueError:
        return False
    return True


def _check_scalar(value: Any, place: str) -> None:
    if isinstance(value, str):
        if len(value) > TEXT or not _is_text(value):
            raise Invalid(place, _("must be a text of at most %(most)s letters") % {"most": TEXT})
    elif not isinstance(value, int | float):
        raise Invalid(place, _("must be a text, a number, true or false"))
    elif not -LARGEST <= value <= LARGEST:  # not so for NaN either
        raise Invalid(place, _("must be a number between -2^53 and 2^53"))


KINDS: dict[str, tuple[tuple[str, ...], Callable[..., None]]] = {
    "field": (("op", "value"), _field),
    "all": ((), _several("all")),
    "any": ((), _several("any")),
    "not": ((), _one),
    "happened": (("times", "within", "where"), _happened),
}

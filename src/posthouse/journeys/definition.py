"""What a definition of a journey may say. `problems` tells all that is wrong with one, each with its place and reason.

A definition is data: the body of a revision as JSON, or a file that `reading.read` makes the same of. Triggers look
at the event alone, never at what a contact or customer is today or at the clock: so a journey replayed from the log
gives the same state again.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from posthouse.foundation import conditions
from posthouse.foundation.durations import duration

KEY = re.compile(r"[a-z][a-z0-9_]{0,59}", re.ASCII)
TYPE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_\-:/ ]*(\.[A-Za-z0-9_\-:/ ]+)*(\.\*)?", re.ASCII)
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*", re.ASCII)
OWN = "journey."
"""Events of the engine itself move no journey: they would go in circles."""

SUBJECTS = ("customer", "contact")
ORDERS = ("any", "ordered", "strict")
REPEATS = ("first", "last", "each")
AGAIN = ("once", "after_exit", "parallel")
STEPS, TRIGGERS, TEXT, LANE = 60, 30, 300, 999


class Fault(NamedTuple):
    """Something wrong at a place, a JSON pointer such as `/steps/2/on/0/event`."""

    place: str
    reason: str


class Malformed(ValueError):
    """A definition is refused; `problems` says where and why, in the active language."""

    def __init__(self, problems: list[Fault]) -> None:
        super().__init__("; ".join(f"{place or '/'}: {reason}" for place, reason in problems))
        self.problems = problems


def check(body: Any) -> None:
    """Raises Malformed unless `body` is a definition."""
    if found := problems(body):
        raise Malformed(found)


def problems(body: Any) -> list[Fault]:
    """All that is wrong with a definition, in the order of its parts; empty when it may be published."""
    found = list(_object(body, "", TOP, {"key", "name", "entry", "steps"}))
    if isinstance(body, Mapping):
        found += _across(body)
    return list(dict.fromkeys(found))


Check = Callable[[Any, str], Iterator[Fault]]


def _object(value: Any, place: str, known: Mapping[str, Check], needed: set[str]) -> Iterator[Fault]:
    if not isinstance(value, Mapping):
        yield Fault(place, _("must be an object with names and values"))
        return
    for name in sorted(needed - set(value)):
        yield Fault(f"{place}/{name}", _("is missing"))
    for name, part in value.items():
        at = f"{place}/{str(name)[:60].replace('~', '~0').replace('/', '~1')}"
        if name not in known:
            yield Fault(at, _("is not known here; known are: %(names)s") % {"names": ", ".join(known)})
        else:
            yield from known[name](part, at)


def _list_of(check_one: Check, most: int, least: int = 1) -> Check:
    def check_list(value: Any, place: str) -> Iterator[Fault]:
        if not isinstance(value, list) or not least <= len(value) <= most:
            yield Fault(place, _("must be a list of %(least)s to %(most)s") % {"least": least, "most": most})
            return
        for number, part in enumerate(value):
            yield from check_one(part, f"{place}/{number}")

    return check_list


def _key(value: Any, place: str) -> Iterator[Fault]:
    if not isinstance(value, str) or not KEY.fullmatch(value):
        yield Fault(place, _("must be a short name of small letters, digits and _, beginning with a letter"))


def _one_of(*choices: str) -> Check:
    def check_choice(value: Any, place: str) -> Iterator[Fault]:
        if value not in choices:
            yield Fault(place, _("must be one of: %(names)s") % {"names": ", ".join(choices)})

    return check_choice


def _truth(value: Any, place: str) -> Iterator[Fault]:
    if not isinstance(value, bool):
        yield Fault(place, _("must be true or false"))


def _text(value: Any, place: str) -> Iterator[Fault]:
    if not isinstance(value, str) or not value.strip() or len(value) > TEXT or "\0" in value:
        yield Fault(place, _("must be a text of 1 to %(most)s letters") % {"most": TEXT})


def _texts(value: Any, place: str) -> Iterator[Fault]:
    if not isinstance(value, Mapping) or not value:
        yield Fault(place, _('must be a text per language, such as {"en": …, "es": …}'))
        return
    for language, text in value.items():
        if not isinstance(language, str) or not LANGUAGE.fullmatch(language):
            yield Fault(f"{place}/{str(language)[:20]}", _("is not the code of a language"))
        yield from _text(text, f"{place}/{str(language)[:20]}")


def _duration(value: Any, place: str) -> Iterator[Fault]:
    try:
        duration(value)
    except ValueError:
        yield Fault(place, _("must be a duration such as P3D or PT12H, of ten years at most"))


def _lane(value: Any, place: str) -> Iterator[Fault]:
    if type(value) is not int or not 0 <= value <= LANE:
        yield Fault(place, _("must be a whole number from 0 to %(most)s") % {"most": LANE})


def _event(value: Any, place: str) -> Iterator[Fault]:
    if not isinstance(value, str) or len(value) > 120 or not TYPE.fullmatch(value):
        yield Fault(place, _("must be a type of event such as call.first or call.*"))
    elif value.startswith(OWN):
        yield Fault(place, _("the events of journeys themselves move no journey"))


def _when(value: Any, place: str) -> Iterator[Fault]:
    try:
        conditions.check(value, place)
    except conditions.Invalid as error:
        yield Fault(error.place, error.reason)
        return
    if any(not field.startswith("event.") for field in conditions.fields(value)) or any(conditions.event_types(value)):
        yield Fault(
            place, _("may look at the event alone (event.…): a replay must give the same, whatever has changed since")
        )


def _trigger(value: Any, place: str) -> Iterator[Fault]:
    yield from _object(value, place, {"event": _event, "when": _when}, {"event"})


def _again(value: Any, place: str) -> Iterator[Fault]:
    if isinstance(value, Mapping):
        if len(value) != 1:
            yield Fault(place, _("must be either per or after"))
        yield from _object(value, place, {"per": _per, "after": _duration}, set())
    elif value not in AGAIN:
        words = ", ".join([*AGAIN, "{per: event.data.…}", "{after: P30D}"])
        yield Fault(place, _("must be one of: %(names)s") % {"names": words})


def _per(value: Any, place: str) -> Iterator[Fault]:
    if not isinstance(value, str) or not value.startswith("event.data.") or len(value) > 120 or ".." in value:
        yield Fault(place, _("must be a field of the event's data, such as event.data.version"))


def _entry(value: Any, place: str) -> Iterator[Fault]:
    yield from _object(value, place, {"on": _TRIGGERS, "again": _again}, {"on"})


def _exit(value: Any, place: str) -> Iterator[Fault]:
    yield from _object(value, place, {"on": _TRIGGERS, "reason": _key}, {"on", "reason"})


def _step(value: Any, place: str) -> Iterator[Fault]:
    yield from _object(value, place, STEP, {"key", "name", "on"})


def _moved(value: Any, place: str) -> Iterator[Fault]:
    if not isinstance(value, Mapping):
        yield Fault(place, _("must be an object with names and values"))
        return
    for old, new in value.items():
        yield from _key(old, f"{place}/{str(old)[:60]}")
        yield from _key(new, f"{place}/{str(old)[:60]}")


_TRIGGERS = _list_of(_trigger, TRIGGERS)
STEP: dict[str, Check] = {
    "key": _key,
    "mission": _text,
    "name": _texts,
    "words": _texts,
    "todo": _texts,
    "on": _TRIGGERS,
    "required": _truth,
    "expected": _duration,
    "milestone": _truth,
    "repeat": _one_of(*REPEATS),
}
TOP: dict[str, Check] = {
    "key": _key,
    "lane": _lane,
    "mission": _text,
    "name": _texts,
    "about": _texts,
    "subject": _one_of(*SUBJECTS),
    "portal": _truth,
    "order": _one_of(*ORDERS),
    "entry": _entry,
    "window": _duration,
    "exit": _list_of(_exit, TRIGGERS, least=0),
    "steps": _list_of(_step, STEPS),
    "moved": _moved,
}
IN_TRIGGERS = ("event", "when", "per", "after", "reason")
IN_CONDITIONS = ("field", "op", "value", "happened", "times", "within", "where", "all", "any", "not")
READ_IN_ORDER = tuple(dict.fromkeys([*TOP, *STEP, "on", "again", *IN_TRIGGERS, *IN_CONDITIONS, "en"]))
"""The order of names in a definition that is written for people."""


def _across(body: Mapping[str, Any]) -> Iterator[Fault]:
    """What only shows when the parts are looked at together."""
    found = body.get("steps")
    steps = [step for step in found if isinstance(step, Mapping)] if isinstance(found, list) else []
    keys = [step.get("key") for step in steps]
    for number, key in enumerate(keys):
        if isinstance(key, str) and key in keys[:number]:
            yield Fault(f"/steps/{number}/key", _("another step has this key"))
    if steps and not any(step.get("required", True) for step in steps):
        yield Fault("/steps", _("at least one step must be required, or the journey never ends"))
    for old, new in body["moved"].items() if isinstance(body.get("moved"), Mapping) else ():
        if old in keys:
            yield Fault(f"/moved/{old}", _("is still a step"))
        if new not in keys:
            yield Fault(f"/moved/{old}", _("must lead to a step of this definition"))
    if body.get("portal") is True:
        yield from _portal_words(steps)


def _portal_words(steps: list[Mapping[str, Any]]) -> Iterator[Fault]:
    for number, step in enumerate(steps):
        for name in ("words", "todo"):
            if step.get("required", True) and name not in step:
                yield Fault(f"/steps/{number}/{name}", _("is needed where customers see the journey"))

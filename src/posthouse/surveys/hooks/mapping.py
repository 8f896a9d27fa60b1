"""What is read out of a foreign payload, and where it stands there.

    {"email": "/data/user/email", "name": "/data/user/name", "language": "=es", "delay": "=PT2H", "id": "/data/id",
     "attributes": {"plan": "/data/plan", "from": "=helpdesk"}, "only": {"/data/status": "solved"}}

A text that begins with a slash is a JSON Pointer into the payload (RFC 6901), one that begins with an equals sign is
the value itself. `only`: what else the payload must say, or it is passed over.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _

from posthouse.foundation import pointers
from posthouse.foundation.durations import duration
from posthouse.messages.queries import is_address
from posthouse.people.actions import check_attributes, check_name
from posthouse.surveys.texts import LANGUAGE, Invalid

PLACES = ("email", "name", "language", "delay", "id")
MOST_ATTRIBUTES = 30
MOST_DEMANDS = 10
LONGEST_DELAY = timedelta(days=366)
NAME_LENGTH = 60
VALUE_LENGTH = 500
LONGEST = {"email": 254, "name": 120, "id": 500}


@dataclass(frozen=True)
class Fault:
    """What is wrong with a payload: which part of the mapping, the pointer (or value) that led there, and why."""

    part: str
    pointer: str
    reason: str


@dataclass
class Found:
    """What a payload says. `missing`: pointers of what may be left out that led nowhere; `meant` False: passed over."""

    email: str = ""
    name: str = ""
    language: str = ""
    delay: timedelta | None = None
    id: str = ""
    attributes: dict[str, Any] = field(default_factory=dict)
    meant: bool = True
    missing: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


# the mapping itself


def check_mapping(raw: Any) -> dict[str, Any]:
    """The mapping without what is empty. Raises Invalid with the place of what cannot be."""
    if not isinstance(raw, Mapping):
        raise Invalid("/mapping", _("This is an object: what is read, and where it stands."))
    unknown = sorted(set(map(str, raw)) - {*PLACES, "attributes", "only"})
    if unknown:
        raise Invalid(f"/mapping/{unknown[0]}"[:100], _("This is not known here."))
    found: dict[str, Any] = {name: _source(raw.get(name, ""), f"/mapping/{name}") for name in PLACES}
    if not found["email"]:
        raise Invalid("/mapping/email", _("Where the address stands is needed, such as /user/email."))
    if found["id"].startswith("="):
        raise Invalid("/mapping/id", _("An id that is always the same would let one delivery in, ever."))
    found["attributes"] = {
        _attribute_name(name): _source(value, f"/mapping/attributes/{name}"[:100], needed=True)
        for name, value in _members(raw.get("attributes"), "/mapping/attributes", MOST_ATTRIBUTES).items()
    }
    found["only"] = {
        _pointer(pointer, "/mapping/only"): _value(value, "/mapping/only")
        for pointer, value in _members(raw.get("only"), "/mapping/only", MOST_DEMANDS).items()
    }
    _check_constants(found)
    return {name: value for name, value in found.items() if value}


def _members(raw: Any, place: str, most: int) -> Mapping[str, Any]:
    if raw is None:
        return {}
    if not isinstance(raw, Mapping):
        raise Invalid(place, _("This is an object: name by name."))
    if len(raw) > most:
        raise Invalid(place, _("At most %(count)d of them.") % {"count": most})
    return raw


def _attribute_name(name: Any) -> str:
    if not isinstance(name, str) or not name.strip() or len(name) > NAME_LENGTH or not name.isprintable():
        raise Invalid("/mapping/attributes", _("An attribute has a short name."))
    return name


def _source(raw: Any, place: str, *, needed: bool = False) -> str:
    if not isinstance(raw, str) or len(raw) > pointers.LONGEST or not raw.isprintable():
        raise Invalid(place, _("This is a text: a pointer such as /user/email, or = and a value."))
    if raw == "" and needed:
        raise Invalid(place, _("This is a text: a pointer such as /user/email, or = and a value."))
    return raw if raw == "" or raw.startswith("=") else _pointer(raw, place)


def _pointer(raw: Any, place: str) -> str:
    try:
        pointers.parse(raw if raw else "-")
    except ValueError:
        raise Invalid(
            place, _("“%(text)s” is no JSON pointer: it begins with a slash.") % {"text": str(raw)[:60]}
        ) from None
    return str(raw)


def _value(raw: Any, place: str) -> str:
    if not isinstance(raw, str) or len(raw) > VALUE_LENGTH or not raw.isprintable():
        raise Invalid(place, _("What it must say is a short text."))
    return raw


def _check_constants(mapping: dict[str, Any]) -> None:
    """Values that are given outright must be good ones: nobody would look at each delivery to find out."""
    named = {part: mapping[part] for part in PLACES} | {f"attributes/{k}": v for k, v in mapping["attributes"].items()}
    for part, source in named.items():
        if source.startswith("="):
            found = Found()
            _take(found, part, source, {})
            if found.faults:
                raise Invalid(f"/mapping/{part}"[:100], found.faults[0].reason)


# a payload


def read(mapping: Mapping[str, Any], payload: Any) -> Found:
    """What a payload says by a checked mapping; `faults` names everything in it that cannot be used."""
    found = Found()
    for pointer, demanded in mapping.get("only", {}).items():
        if said(pointers.find(payload, pointer)) != demanded:
            found.meant = False
            return found
    for part in PLACES:
        if mapping.get(part):
            _take(found, part, mapping[part], payload)
    for name, source in mapping.get("attributes", {}).items():
        _take(found, f"attributes/{name}", source, payload)
    if not found.faults:
        try:
            check_attributes(found.attributes)
        except ValueError as error:
            found.faults.append(Fault("attributes", "", str(error)))
    return found


def said(value: Any) -> str | None:
    """A single value as people write it; None for what is none."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return json.dumps(value)
    return value if isinstance(value, str) else None


NEEDED = ("email", "delay", "id")
"""What the sender must say where the mapping looks for it; the rest may be missing or null."""


def _take(found: Found, part: str, source: str, payload: Any) -> None:
    value = source[1:] if source.startswith("=") else pointers.find(payload, source)
    if value is pointers.MISSING or value is None:
        if part in NEEDED:
            found.faults.append(Fault(part, source, _("The pointer finds nothing in the payload.")))
        else:
            found.missing.append(source)
        return
    try:
        if part.startswith("attributes/"):
            found.attributes[part.removeprefix("attributes/")] = _attribute(value)
        else:
            setattr(found, part, READERS[part](value))
    except ValueError as error:
        found.faults.append(Fault(part, source, str(error)))


def _text(value: Any, part: str) -> str:
    if not isinstance(value, str):
        raise ValueError(_("A text is needed, and this is %(kind)s.") % {"kind": _kind(value)})  # noqa: TRY004
    if len(value) > LONGEST[part]:
        raise ValueError(_("It is longer than %(count)d letters.") % {"count": LONGEST[part]})
    return value.strip()


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return _("true or false")
    if isinstance(value, int | float):
        return _("a number")
    return _("a list") if isinstance(value, list) else _("an object") if isinstance(value, dict) else _("a text")


def _email(value: Any) -> str:
    text = _text(value, "email")
    if not is_address(text):
        raise ValueError(_("This is not an e-mail address."))
    return text


def _name(value: Any) -> str:
    return check_name(_text(value, "name"))


def _language(value: Any) -> str:
    """As other systems write it: `es`, `pt-BR`, `pt_BR`, `ES`."""
    text = value.strip() if isinstance(value, str) else ""
    first, _dash, rest = text.replace("_", "-").partition("-")
    code = "-".join(part for part in (first.lower(), rest.upper() if len(rest) == 2 else rest) if part)
    if text and not LANGUAGE.fullmatch(code):
        raise ValueError(_("A language is written like en, es or pt-BR."))
    if not isinstance(value, str):
        raise ValueError(_("A text is needed, and this is %(kind)s.") % {"kind": _kind(value)})  # noqa: TRY004
    return code


def _delay(value: Any) -> timedelta:
    """Seconds, or a duration such as PT2H or P1D."""
    reason = _("A number of seconds or a duration such as PT2H is needed, of a year at most.")
    if isinstance(value, str):
        text = value.strip()
        value = int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else text
    try:
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise ValueError(reason)  # noqa: TRY004
        length = duration(value) if isinstance(value, str) else timedelta(seconds=value)
    except (ValueError, OverflowError):
        raise ValueError(reason) from None
    if not timedelta() <= length <= LONGEST_DELAY:
        raise ValueError(reason)
    return length


def _id(value: Any) -> str:
    text = said(value)
    if text is None or not text.strip():
        raise ValueError(_("An id is a text or a number."))
    return _text(text, "id")


def _attribute(value: Any) -> Any:
    if isinstance(value, list):
        value = ", ".join(_single(one) for one in value)
    elif not isinstance(value, bool | int | float):
        value = _single(value)
    check_attributes({"value": value})
    return value[:VALUE_LENGTH] if isinstance(value, str) else value


def _single(value: Any) -> str:
    text = said(value)
    if text is None:
        raise ValueError(_("A single value is needed, and this is %(kind)s.") % {"kind": _kind(value)})
    return text


READERS = {"email": _email, "name": _name, "language": _language, "delay": _delay, "id": _id}

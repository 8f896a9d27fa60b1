"""Understanding a call: parameters from the address, from JSON and from forms with names such as `properties[plan]`.

The clients differ: some send JSON with a DELETE, others a form, others put it all into the address; some send `{}`
with a GET. What nobody asks for is left alone, as their service did.
"""

import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from posthouse.foundation.moments import FIRST, LAST
from posthouse.surveys.delighted.faults import Fault, unreadable, wrong

LONGEST_BODY = 1024 * 1024
MOST_FIELDS = 1_000
DEEPEST = 4
FORM, JSON = "application/x-www-form-urlencoded", "application/json"
PARTS = re.compile(r"\[([^\[\]]*)\]")
WHOLE = re.compile(r"-?[0-9]{1,18}", re.ASCII)
TRUE, FALSE = {"true", "1"}, {"false", "0"}

Params = dict[str, Any]


def params_of(query: str, media_type: str, body: bytes, *, reads_body: bool) -> Params:
    """All parameters of a request, those of the body before those of the address. Raises 400, 413 and 415 faults."""
    found = nested(_pairs(query))
    if reads_body and body.strip():
        found |= _body(media_type, body)
    return found


def _body(media_type: str, body: bytes) -> Params:
    if len(body) > LONGEST_BODY:
        raise Fault(status=413, message=f"At most {LONGEST_BODY} bytes are taken at once.")
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise unreadable("The body is not UTF-8.") from error
    if media_type == FORM or (not media_type and not text.lstrip().startswith("{")):
        return nested(_pairs(text.strip()))
    if media_type and media_type != JSON and not media_type.endswith("+json"):
        raise Fault(status=415, message=f"Send {JSON} or {FORM}.")
    return _object(text)


def _object(text: str) -> Params:
    try:
        found = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise unreadable("The body is not JSON.") from error
    if not isinstance(found, dict):
        raise unreadable("The body is not an object of JSON.")
    return found


def _no_number(text: str) -> None:
    raise ValueError(text)


def _pairs(text: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except (ValueError, UnicodeDecodeError) as error:
        raise unreadable("The parameters cannot be read.") from error


def nested(pairs: Iterable[tuple[str, str]]) -> Params:
    """`a[b]=1` as an object in an object, `a[]=1` and a name given again as a list. Raises 400 faults."""
    found: Params = {}
    for name, value in pairs:
        first, bracket, _rest = name.partition("[")
        path = [first, *(PARTS.findall(name[len(first) :]) if bracket else [])]
        if bracket and first + "".join(f"[{part}]" for part in path[1:]) != name:
            path = [name]  # brackets that are not a pair are part of the name
        if len(path) > DEEPEST:
            raise unreadable(f"{name[:60]} is nested too deeply.")
        _put(found, path, value, name)
    return found


def _put(place: Params, path: list[str], value: str, name: str) -> None:
    is_list = len(path) > 1 and path[-1] == ""
    for part in path[: -2 if is_list else -1]:
        place = place.setdefault(part, {})
        if not isinstance(place, dict):
            raise unreadable(f"{name[:60]} is given in two ways that do not go together.")
    last = path[-2] if is_list else path[-1]
    before = place.get(last)
    if isinstance(before, dict):
        raise unreadable(f"{name[:60]} is given in two ways that do not go together.")
    if is_list or last in place:
        place[last] = [*(before if isinstance(before, list) else [] if before is None else [before]), value]
    else:
        place[last] = value


def text_of(params: Params, name: str, longest: int = 254) -> str | None:
    """A text; None when it is not given. Raises 422 faults."""
    value = params.get(name)
    if value is None:
        return None
    if isinstance(value, bool | float | list | dict):
        raise wrong(name, "is not a text")
    text = str(value)
    if len(text) > longest:
        raise wrong(name, f"is longer than {longest} characters")
    if "\x00" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise wrong(name, "holds characters that cannot be kept")
    return text


def whole_of(params: Params, name: str, lowest: int, highest: int) -> int | None:
    """A whole number, as such or as a text; None when it is not given. Raises 422 faults."""
    value = params.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, str) and WHOLE.fullmatch(value.strip()):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise wrong(name, "is not a whole number")
    if not lowest <= value <= highest:
        raise wrong(name, f"is not between {lowest} and {highest}")
    return value


def truth_of(params: Params, name: str, otherwise: bool) -> bool:
    """True or false, as such or as forms write it. Raises 422 faults."""
    value = params.get(name)
    if value is None or value == "":
        return otherwise
    word = str(value).strip().lower()
    if isinstance(value, bool | int | str) and word in TRUE | FALSE:
        return word in TRUE
    raise wrong(name, "is neither true nor false")


def moment_of(params: Params, name: str) -> datetime | None:
    """A moment given as seconds since 1970; None when it is not given. Raises 422 faults."""
    seconds = whole_of(params, name, int(FIRST.timestamp()), int(LAST.timestamp()) - 1)
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def words_of(params: Params, name: str) -> list[str]:
    """One or many words, under `name` or `name[]`. Raises 422 faults."""
    value = params.get(name)
    given = value if isinstance(value, list) else [] if value is None or value == "" else [value]
    if not all(isinstance(one, str) for one in given):
        raise wrong(name, "is not a list of words")
    return given


def map_of(params: Params, name: str) -> dict[str, Any] | None:
    """An object of plain values; None when it is not given. Raises 422 faults."""
    value = params.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, dict) or any(isinstance(one, dict) for one in value.values()):
        raise wrong(name, "is not a map of names and plain values")
    return value


def seconds(moment: datetime | None) -> int | None:
    """A moment as whole seconds since 1970."""
    return None if moment is None else int(moment.timestamp())

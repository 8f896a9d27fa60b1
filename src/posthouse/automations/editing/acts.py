"""Adding, removing and moving steps and rows of conditions, by one button each."""

import copy
from typing import Any

NEW: dict[str, dict[str, Any]] = {
    "wait": {"for": "P1D"},
    "wait_until": {"time": "09:00", "days": ["mon", "tue", "wed", "thu", "fri"]},
    "wait_for": {"deadline": "P7D", "then": [], "else": []},
    "if": {"then": [], "else": []},
    "send_mail": {"valid_for": "P3D"},
    "send_survey": {"delay": "P1D", "valid_for": "P3D"},
    "notice": {},
    "webhook": {"after_crash": "retry"},
    "task": {"due": "P1D"},
    "set_attribute": {"of": "contact"},
    "tag": {"of": "customer", "act": "add"},
    "journey": {"act": "enrol"},
}
"""What a new step of each kind begins with."""


def apply(body: dict[str, Any], act: str, kinds: dict[str, str]) -> tuple[dict[str, Any], str]:
    """The body after a button was pressed, and the place to look at next.

    `act` is `add:/do`, `remove:/do/0`, `up:/do/1` or `down:/do/0`; `kinds` says by list which kind of step to add.
    """
    verb, _colon, place = act.partition(":")
    changed = copy.deepcopy(body)
    if verb == "add":
        return changed, _add(changed, place, kinds.get(place, ""))
    path = place.split("/")[1:]
    steps = _list_at(changed, path[:-1])
    number = int(path[-1]) if path and path[-1].isascii() and path[-1].isdigit() else -1
    if steps is None or not 0 <= number < len(steps):
        return changed, ""
    parent = "/".join(["", *path[:-1]])
    if verb == "remove":
        steps.pop(number)
        return changed, parent
    other = number + {"up": -1, "down": 1}.get(verb, 0)
    if 0 <= other < len(steps):
        steps[number], steps[other] = steps[other], steps[number]
        number = other
    return changed, f"{parent}/{number}"


def _add(body: dict[str, Any], place: str, kind: str) -> str:
    path = place.split("/")[1:]
    if kind not in NEW or not path:
        return ""
    if path[-1] in ("do", "then", "else"):
        holder = _at(body, path[:-1])
        if isinstance(holder, dict) and not isinstance(holder.get(path[-1]), list):
            holder[path[-1]] = []
    steps = _list_at(body, path)
    if steps is None:
        return ""
    steps.append({"do": kind, **copy.deepcopy(NEW[kind])})
    return f"{place}/{len(steps) - 1}"


def _at(body: Any, path: list[str]) -> Any:
    for part in path:
        if isinstance(body, dict):
            body = body.get(part)
        elif isinstance(body, list) and part.isascii() and part.isdigit() and int(part) < len(body):
            body = body[int(part)]
        else:
            return None
    return body


def _list_at(body: Any, path: list[str]) -> list[Any] | None:
    found = _at(body, path)
    return found if isinstance(found, list) else None

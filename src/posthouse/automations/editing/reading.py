"""From the fields of the form to a body."""

import json
import re
from typing import Any

from django.http import QueryDict

UNITS = {"minutes": 60, "hours": 3_600, "days": 86_400, "weeks": 604_800}
LISTS = ("in", "not_in")
WITHOUT_VALUE = ("exists", "missing")
NUMBER = re.compile(r"-?(0|[1-9]\d{0,14})(\.\d{1,9})?")
INDEX = re.compile(r"\d{1,4}")
CONDITIONS = ("if", "stop_if", "whom", "when")
MOST_FIELDS = 3_000


def body_of(data: QueryDict) -> dict[str, Any]:
    """The body that a form describes; `data` holds fields named by JSON pointers among others."""
    tree: dict[str, Any] = {}
    for name in list(data)[:MOST_FIELDS]:
        if name.startswith("/"):
            _put(tree, name[1:].split("/"), data.getlist(name))
    body = _shaped(tree, "")
    return body if isinstance(body, dict) else {}


def _put(tree: dict[str, Any], path: list[str], values: list[str]) -> None:
    if len(path) > 40:
        return
    for part in path[:-1]:
        below = tree.get(part)
        if not isinstance(below, dict):
            below = tree[part] = {}
        tree = below
    if not isinstance(tree.get(path[-1]), dict):
        tree[path[-1]] = values


def _shaped(node: Any, name: str) -> Any:
    """One place of the tree as it stands in a body; None for what was left empty."""
    if isinstance(node, list):
        return _single(name, node)
    if "unit" in node:
        return _period(node)
    if name == "attributes" and isinstance(node.get("rows"), dict):
        return _pairs(node["rows"])
    if "match" in node or "json" in node:
        return _condition(node)
    if node and all(INDEX.fullmatch(key) for key in node):
        return [_shaped(node[key], "") for key in sorted(node, key=int)]
    shaped = {key: _shaped(value, key) for key, value in node.items()}
    return _joined({key: value for key, value in shaped.items() if value is not None})


def _joined(found: dict[str, Any]) -> dict[str, Any]:
    """Two members that stand in one field, and one that stands in two."""
    place = found.pop("place", None)
    if isinstance(place, str):
        journey, _slash, step = place.partition("/")
        found["journey"] = journey
        if step:
            found["step"] = step
    often, after = found.pop("often", None), found.pop("after", None)
    if often:
        found["again"] = {"after": after} if often == "after" else often
    if "do" in found and not isinstance(found["do"], str) and found.get("do") == {}:
        found["do"] = []
    return found


def _single(name: str, values: list[str]) -> Any:
    text = values[-1].replace("\r\n", "\n").strip()
    if name == "days":
        return [value for value in values if value] or None
    if name == "transactional":
        return True if text == "yes" else None
    if name in ("then", "else", "do") and text == "":
        return []
    if text == "":
        return None
    if name == "assignee":
        return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else text
    return scalar(text) if name == "value" else text


def _pairs(rows: dict[str, Any]) -> dict[str, str] | None:
    """Rows of a name and what it stands for; of two with one name the later one holds."""
    found = [rows[key] for key in sorted(rows, key=_number) if isinstance(rows[key], dict)]
    pairs = {_last(row, "name"): _last(row, "field") for row in found if _last(row, "name") or _last(row, "field")}
    return pairs or None


def _period(node: dict[str, Any]) -> Any:
    """A number and a unit as ISO 8601; what is no number stays as it was typed."""
    text, unit = _last(node, "n"), _last(node, "unit")
    if text == "":
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 7) or unit not in UNITS:
        return text
    return iso(int(text), unit)


def iso(number: int, unit: str) -> str:
    """3 days as P3D."""
    letters = {"minutes": "PT%dM", "hours": "PT%dH", "days": "P%dD", "weeks": "P%dW"}
    return letters[unit] % number


def _condition(node: dict[str, Any]) -> Any:
    if "json" in node:
        return read_json(_last(node, "json"))
    rows = node.get("rows")
    rows = [rows[key] for key in sorted(rows, key=_number)] if isinstance(rows, dict) else []
    leaves = [leaf for leaf in (_leaf(row) for row in rows if isinstance(row, dict)) if leaf is not None]
    if not leaves:
        return None
    return leaves[0] if len(leaves) == 1 else {"any" if _last(node, "match") == "any" else "all": leaves}


def _number(key: str) -> int:
    return int(key) if INDEX.fullmatch(key) else 0


def _leaf(row: dict[str, Any]) -> dict[str, Any] | None:
    if _last(row, "kind") in ("happened", "not_happened"):
        return _history(row)
    name, op, text = _last(row, "field"), _last(row, "op"), _last(row, "value")
    if not name and not text:
        return None
    leaf: dict[str, Any] = {"field": name, "op": op}
    if op in WITHOUT_VALUE:
        return leaf
    if op in LISTS:
        return leaf | {"value": [scalar(part.strip()) for part in text.split(",") if part.strip()]}
    if op in ("before", "after") and re.fullmatch(r"P[0-9DWTHMS]+", text):
        return leaf | {"value": {"ago": text}}
    return leaf | {"value": scalar(text)}


def _history(row: dict[str, Any]) -> dict[str, Any] | None:
    event, times = _last(row, "event"), _last(row, "times")
    within = _shaped(row["within"], "within") if isinstance(row.get("within"), dict) else None
    if not event and not times and not within:
        return None
    leaf: dict[str, Any] = {"happened": event}
    if times:
        leaf["times"] = int(times) if times.isascii() and times.isdigit() and len(times) < 9 else times
    if within:
        leaf["within"] = within
    return {"not": leaf} if _last(row, "kind") == "not_happened" else leaf


def _last(node: dict[str, Any], name: str) -> str:
    values = node.get(name)
    return str(values[-1]).strip() if isinstance(values, list) else ""


def scalar(text: str) -> Any:
    """A number, true or false when it looks like one; between quotation marks, or else, a text."""
    if text in ("true", "false"):
        return text == "true"
    if NUMBER.fullmatch(text):
        return float(text) if "." in text else int(text)
    if len(text) >= 2 and text[0] == text[-1] == '"':
        return text[1:-1]
    return text


def read_json(text: str) -> Any:
    """What JSON says; what is none stays a text, which is refused at its place."""
    try:
        return json.loads(text) if text else None
    except (ValueError, RecursionError):
        return text

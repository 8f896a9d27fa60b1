"""A definition's body as the values of the editor's form, and back; what the form does not know is carried along."""

import json
from typing import Any

from posthouse.journeys.editing import durations, triggers

LANGUAGES = ("en", "es")
TEXTS = ("name", "about")
STEP_TEXTS = ("name", "words", "todo")
AGAIN = ("once", "after_exit", "parallel", "after", "per")
"""How often one may enter; the last two take a value."""
KNOWN = {
    "key",
    "lane",
    "mission",
    "name",
    "about",
    "subject",
    "portal",
    "order",
    "entry",
    "window",
    "exit",
    "steps",
    "moved",
}
KNOWN_OF_STEP = {"key", "mission", "name", "words", "todo", "on", "required", "expected", "milestone", "repeat"}
DEFAULTS: dict[str, Any] = {"required": True, "milestone": False, "repeat": "first"}
TOP_DEFAULTS: dict[str, Any] = {"subject": "customer", "order": "any", "portal": False}


def of_journey(body: dict[str, Any]) -> dict[str, Any]:
    """What stands in the fields about the whole journey."""
    entry = _mapping(body.get("entry"))
    again, value = _again(entry.get("again", "once"))
    plain = {name: body.get(name, "") for name in ("key", "lane", "mission")}
    return (
        plain
        | _split(body, TEXTS)
        | {
            "window": durations.short(body.get("window", "")),
            "subject": body.get("subject", "customer"),
            "order": body.get("order", "any"),
            "portal": body.get("portal", False) is True,
            "entry_on": triggers.to_lines(entry.get("on")),
            "again": again,
            "again_value": value,
            "exits": triggers.exits_to_lines(body.get("exit")),
            "moved": triggers.moves_to_lines(body.get("moved")),
            "rest": _rest(body, KNOWN),
        }
    )


def of_step(step: dict[str, Any]) -> dict[str, Any]:
    """What stands in the fields of one step."""
    plain = {name: step.get(name, "") for name in ("key", "mission")}
    return (
        plain
        | _split(step, STEP_TEXTS)
        | {
            "expected": durations.short(step.get("expected", "")),
            "on": triggers.to_lines(step.get("on")),
            "required": step.get("required", True) is not False,
            "milestone": step.get("milestone", False) is True,
            "repeat": step.get("repeat", "first"),
            "rest": _rest(step, KNOWN_OF_STEP),
        }
    )


def to_journey(values: dict[str, Any], steps: list[dict[str, Any]]) -> dict[str, Any]:
    """The body that the fields describe; what is empty or as it is anyway is left out."""
    entry: dict[str, Any] = {"on": values["entry_on"], "again": _again_of(values)}
    body = {
        "key": values["key"],
        "lane": values["lane"],
        "mission": values["mission"],
        "name": _joined(values, "name"),
        "about": _joined(values, "about"),
        "subject": values["subject"],
        "portal": values["portal"] or None,
        "order": values["order"],
        "entry": entry,
        "window": values["window"],
        "exit": values["exits"],
        "moved": values["moved"],
    }
    return _filled(body) | _carried(values) | {"steps": [to_step(step) for step in steps]}


def to_step(values: dict[str, Any]) -> dict[str, Any]:
    """The step that its fields describe."""
    step = {"key": values["key"], "mission": values["mission"]}
    step |= {name: _joined(values, name) for name in STEP_TEXTS}
    step |= {name: values[name] for name in ("on", "required", "expected", "milestone", "repeat")}
    kept = {name: value for name, value in step.items() if DEFAULTS.get(name) != value}
    return _filled(kept) | _carried(values)


def normal(body: dict[str, Any]) -> dict[str, Any]:
    """The same definition with all that may be left out left out, to be compared with another."""
    found = _filled(body)
    found |= {name: value for name, value in TOP_DEFAULTS.items() if name not in found}
    found["entry"] = {"again": "once", **_mapping(found.get("entry"))}
    found["steps"] = [_filled(DEFAULTS | step) for step in body.get("steps", [])]
    found["exit"] = triggers.exits_to_lines(body.get("exit"))
    return found


def _split(source: dict[str, Any], names: tuple[str, ...]) -> dict[str, str]:
    """{name: {en, es}} -> {name_en, name_es}; a single text stands for English."""
    found: dict[str, str] = {}
    for name in names:
        value = source.get(name, "")
        texts = value if isinstance(value, dict) else {"en": value}
        found |= {f"{name}_{language}": str(texts.get(language, "") or "") for language in LANGUAGES}
    return found


def _joined(values: dict[str, Any], name: str) -> dict[str, str]:
    pairs = {language: values[f"{name}_{language}"] for language in LANGUAGES}
    return {language: text for language, text in pairs.items() if text}


def _again(rule: Any) -> tuple[str, str]:
    if isinstance(rule, dict) and len(rule) == 1:
        name, value = next(iter(rule.items()))
        return str(name), str(value)
    return str(rule), ""


def _again_of(values: dict[str, Any]) -> Any:
    return {values["again"]: values["again_value"]} if values["again"] in AGAIN[3:] else values["again"]


def _rest(source: dict[str, Any], known: set[str]) -> str:
    rest = {name: value for name, value in source.items() if name not in known}
    return json.dumps(rest, ensure_ascii=False) if rest else ""


def _carried(values: dict[str, Any]) -> dict[str, Any]:
    return dict(values.get("rest") or {})


def _filled(source: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in source.items() if value not in (None, "", [], {})}


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}

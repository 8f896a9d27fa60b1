"""Conditions as functions over facts."""

import operator
from collections.abc import Callable
from typing import Any

from posthouse.foundation.conditions.checking import Condition, check
from posthouse.foundation.conditions.facts import Facts
from posthouse.foundation.conditions.values import is_there, kind_of, moment_of, same, wanted_moment
from posthouse.foundation.durations import duration

Predicate = Callable[[Facts], bool]
ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}


def predicate(condition: Condition | None) -> Predicate:
    """A function that says whether the condition holds for the facts. Raises Invalid as `check` does."""
    check(condition)
    return _compiled(condition)


def _compiled(node: Condition | None) -> Predicate:
    if not node:
        return lambda facts: True
    if "all" in node:
        every = [_compiled(child) for child in node["all"]]
        return lambda facts: all(holds(facts) for holds in every)
    if "any" in node:
        some = [_compiled(child) for child in node["any"]]
        return lambda facts: any(holds(facts) for holds in some)
    if "not" in node:
        inner = _compiled(node["not"])
        return lambda facts: not inner(facts)
    return _history(node) if "happened" in node else _leaf(node["field"], node["op"], node.get("value"))


def _history(node: Condition) -> Predicate:
    times: int = node.get("times", 1)
    within = duration(node["within"]) if node.get("within") else None

    def holds(facts: Facts) -> bool:
        since = facts.moment - within if within else None
        return facts.count(node["happened"], since, node.get("where") or None) >= times

    return holds


def _leaf(path: str, op: str, wanted: Any) -> Predicate:
    if op in ("is_not", "not_in", "missing"):
        inner = _leaf(path, {"is_not": "is", "not_in": "in", "missing": "exists"}[op], wanted)
        return lambda facts: not inner(facts)
    if op in ("before", "after"):
        return _time(path, op, wanted)
    test = _test(op, wanted)
    return lambda facts: test(facts.value(path))


def _time(path: str, op: str, wanted: Any) -> Predicate:
    def holds(facts: Facts) -> bool:
        value = moment_of(facts.value(path))
        if value is None:
            return False
        limit = wanted_moment(wanted, facts.moment)
        return value < limit if op == "before" else value > limit

    return holds


def _test(op: str, wanted: Any) -> Callable[[Any], bool]:
    if op in ORDERS:
        compare = ORDERS[op]
        return lambda value: kind_of(value) == "number" and bool(compare(value, wanted))
    tests: dict[str, Callable[[Any], bool]] = {
        "exists": is_there,
        "is": lambda value: same(value, wanted),
        "in": lambda value: any(same(value, choice) for choice in wanted),
        "contains": lambda value: _contains(value, wanted),
        "starts_with": lambda value: isinstance(value, str) and value.startswith(wanted),
    }
    return tests[op]


def _contains(value: Any, wanted: Any) -> bool:
    if kind_of(value) == "list":
        return any(same(member, wanted) for member in value)
    return isinstance(value, str) and isinstance(wanted, str) and wanted in value

"""Conditions as queries.

What stands below a negation is made true or false, never unknown: SQL's third value would make `not` differ from
what a predicate says."""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import BooleanField, Case, F, Q, Value, When
from django.db.models.functions import StrIndex
from django.db.models.lookups import Exact, GreaterThan

from posthouse.foundation.clock import now
from posthouse.foundation.conditions.checking import MOMENTS, TIME, Condition, check
from posthouse.foundation.conditions.in_json import InJson
from posthouse.foundation.conditions.values import kind_of, wanted_moment

NEVER = Q(pk__in=[])
NEGATIONS = {"is_not": "is", "not_in": "in", "missing": "exists"}
PLAIN_NAME = re.compile(r"[ !#-\[\]-~]+", re.ASCII)
"""Names that SQLite's JSON paths find however the object was written: ASCII without quotation mark and backslash."""


class Unqueryable(ValueError):
    """The database cannot be asked this: `prefilter` narrows down what it can, a predicate does the rest."""


def query(condition: Condition | None, columns: Mapping[str, str], *, moment: datetime | None = None) -> Q:
    """The rows for which the condition holds.

    `columns` says where fields stand in the table asked: `{"customer.country": "country", "customer.attributes":
    "attributes"}`, with dots inside JSON: `{"customer.plan": "attributes.plan"}`. Raises Invalid as `check` does, and
    Unqueryable for history, for a field without a column, and for moments inside JSON.
    """
    check(condition)
    return _asked(condition or {}, columns, moment or now(), negated=False)


def prefilter(condition: Condition | None, columns: Mapping[str, str], *, moment: datetime | None = None) -> Q:
    """All rows for which the condition holds, and perhaps more: what cannot be asked is taken to let them through."""
    check(condition)
    return _asked(condition or {}, columns, moment or now(), negated=False, rough=True)


def _asked(node: Condition, columns: Mapping[str, str], moment: datetime, *, negated: bool, rough: bool = False) -> Q:
    if not node:
        return Q()

    def inner(child: Condition, *, turned: bool = negated) -> Q:
        return _asked(child or {}, columns, moment, negated=turned, rough=rough)

    if "all" in node:
        parts = [inner(child) for child in node["all"]]
        return _joined(parts, Q.AND)
    if "any" in node:
        parts = [inner(child) for child in node["any"]]
        return _joined(parts, Q.OR)
    if "not" in node:
        return _inverse(inner(node["not"], turned=not negated))
    try:
        leaf = _leaf(node, columns, moment)
        return _certain(leaf) if negated else leaf
    except Unqueryable:
        if not rough:
            raise
        return NEVER if negated else Q()


def _joined(parts: list[Q], how: str) -> Q:
    """Like & and |, but an empty Q counts as true here, where Django drops it."""
    if how == Q.OR and any(not part for part in parts):
        return Q()
    return Q(*[part for part in parts if part], _connector=how)


def _inverse(part: Q) -> Q:
    return ~part if part else NEVER


def _certain(part: Q) -> Q:
    """True or false, never unknown; only where a negation stands above, for no index helps with it."""
    return Q(Exact(Case(When(part, then=Value(True)), default=Value(False), output_field=BooleanField()), True))


def _leaf(node: Condition, columns: Mapping[str, str], moment: datetime) -> Q:
    if "happened" in node:
        raise Unqueryable("history")
    name, op, value = node["field"], node["op"], node.get("value")
    if op in NEGATIONS:
        return ~_certain(_leaf({**node, "op": NEGATIONS[op]}, columns, moment))
    column, path = _place(name, columns)
    if path and op in TIME:
        raise Unqueryable(f"moments inside JSON: {name}")
    if path:
        return Q(InJson(column, path, op, json.dumps(value)))
    if name in MOMENTS:
        return _moment(column, op, value, moment)
    return _column(column, op, value)


def _place(name: str, columns: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """The column of a field and the path inside it. Raises Unqueryable when there is none."""
    head, tail = name, list[str]()
    while head not in columns:
        head, _, last = head.rpartition(".")
        if not head:
            raise Unqueryable(name)
        tail.insert(0, last)
    column, *rest = columns[head].split(".")
    path = (*rest, *tail)
    if not all(PLAIN_NAME.fullmatch(segment) for segment in path):
        raise Unqueryable(name)
    return column, path


def _moment(column: str, op: str, value: Any, moment: datetime) -> Q:
    if op == "exists":
        return Q(**{f"{column}__isnull": False})
    return Q(**{f"{column}__{'lt' if op == 'before' else 'gt'}": wanted_moment(value, moment)})


def _column(column: str, op: str, value: Any) -> Q:
    """A column of text or of truth."""
    if op == "exists":
        return Q(**{f"{column}__isnull": False}) & ~Q(Exact(F(column), Value("")))
    if op in ("is", "in"):
        choices = value if op == "in" else [value]
        texts = [choice for choice in choices if kind_of(choice) == "text"]
        return Q(**{f"{column}__in": texts}) if texts else NEVER
    if op in ("contains", "starts_with") and kind_of(value) == "text":
        place = StrIndex(F(column), Value(value))
        return Q(GreaterThan(place, 0)) if op == "contains" else Q(Exact(place, 1))
    return NEVER

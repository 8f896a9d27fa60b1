"""Conditions said to people, in the active language."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext, pgettext_lazy

from posthouse.foundation import durations
from posthouse.foundation.conditions.checking import TIME, Condition
from posthouse.foundation.conditions.values import moment_of

NAMES = {
    "event.type": gettext_lazy("the event's type"),
    "event.source": gettext_lazy("the event's source"),
    "event.occurred_at": gettext_lazy("the event's time"),
    "contact.id": gettext_lazy("the contact's id"),
    "contact.email": gettext_lazy("the contact's e-mail"),
    "contact.name": gettext_lazy("the contact's name"),
    "contact.job_role": gettext_lazy("the contact's role"),
    "contact.channel": gettext_lazy("the contact's channel"),
    "contact.language": gettext_lazy("the contact's language"),
    "contact.time_zone": gettext_lazy("the contact's time zone"),
    "contact.created_at": gettext_lazy("the contact's first day"),
    "customer.id": gettext_lazy("the customer's id"),
    "customer.name": gettext_lazy("the customer's name"),
    "customer.external_id": gettext_lazy("the customer's id in your systems"),
    "customer.country": gettext_lazy("the customer's country"),
    "customer.channel": gettext_lazy("the customer's channel"),
    "customer.plan": gettext_lazy("the customer's plan"),
    "customer.created_at": gettext_lazy("the customer's first day"),
}
TREES = {
    "event.data.": gettext_lazy("the event's “%(name)s”"),
    "contact.attributes.": gettext_lazy("the contact's “%(name)s”"),
    "customer.attributes.": gettext_lazy("the customer's “%(name)s”"),
}
SENTENCES = {
    "is": gettext_lazy("%(field)s is %(value)s"),
    "is_not": gettext_lazy("%(field)s is not %(value)s"),
    "in": gettext_lazy("%(field)s is one of %(value)s"),
    "not_in": gettext_lazy("%(field)s is none of %(value)s"),
    "contains": gettext_lazy("%(field)s contains %(value)s"),
    "starts_with": gettext_lazy("%(field)s starts with %(value)s"),
    "gt": gettext_lazy("%(field)s is more than %(value)s"),
    "gte": gettext_lazy("%(field)s is at least %(value)s"),
    "lt": gettext_lazy("%(field)s is less than %(value)s"),
    "lte": gettext_lazy("%(field)s is at most %(value)s"),
    "exists": gettext_lazy("%(field)s has a value"),
    "missing": gettext_lazy("%(field)s has no value"),
    "before": gettext_lazy("%(field)s is before %(value)s"),
    "after": gettext_lazy("%(field)s is after %(value)s"),
}
TRUTHS = {True: pgettext_lazy("value", "true"), False: pgettext_lazy("value", "false")}


def words(condition: Condition | None) -> str:
    """A checked condition as part of a sentence; nothing is "always"."""
    return _said(condition or {}, inside=False)


def _said(node: Condition, *, inside: bool) -> str:
    if not node or node.get("all") == []:
        return pgettext("condition", "always")
    if "field" in node:
        return str(SENTENCES[node["op"]]) % {"field": field(node["field"]), "value": _value(node)}
    if "happened" in node:
        return _history(node)
    if "not" in node:
        return _("not (%(condition)s)") % {"condition": _said(node["not"], inside=False)}
    children = [_said(child or {}, inside=True) for child in node.get("all") or node["any"]]
    joined = (pgettext("condition", " and ") if "all" in node else pgettext("condition", " or ")).join(children)
    return f"({joined})" if inside and len(children) > 1 else joined


def field(name: str) -> str:
    """The name of a field, for people."""
    if name in NAMES:
        return str(NAMES[name])
    tree = next(tree for tree in TREES if name.startswith(tree))
    return str(TREES[tree]) % {"name": name.removeprefix(tree)}


def _value(node: Condition) -> str:
    value = node.get("value")
    if isinstance(value, list):
        return ", ".join(map(_scalar, value))
    moment = moment_of(value) if node["op"] in TIME else None
    return _moment(moment) if moment else _scalar(value)


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return str(TRUTHS[value])
    if isinstance(value, Mapping):
        return _("%(duration)s ago") % {"duration": durations.words(durations.duration(value["ago"]))}
    if isinstance(value, str):
        return pgettext("a text in a sentence", "“%(text)s”") % {"text": value}
    return "" if value is None else number_format(value)


def _moment(moment: datetime) -> str:
    return date_format(moment, "DATETIME_FORMAT" if (moment.hour, moment.minute) != (0, 0) else "DATE_FORMAT")


def _history(node: Condition) -> str:
    times = node.get("times", 1)
    parts = [_("“%(event)s” happened") % {"event": node["happened"]}]
    if times > 1:
        parts.append(ngettext("at least %(n)s time", "at least %(n)s times", times) % {"n": times})
    if node.get("within"):
        length = durations.words(durations.duration(node["within"]))
        parts.append(_("within the last %(duration)s") % {"duration": length})
    if node.get("where"):
        parts.append(_("where %(condition)s") % {"condition": _said(node["where"], inside=True)})
    return " ".join(parts)

"""Filters for the pages about people."""

import json
from typing import Any

from django import template

from posthouse.people import values

register = template.Library()


@register.filter
def country(code: str) -> str:
    """Name of a country in the language of the page."""
    return values.country_name(code)


@register.filter
def pretty_json(value: Any) -> str:
    """JSON on several lines."""
    return json.dumps(value, indent=2, ensure_ascii=False)


@register.filter
def short_json(value: Any) -> str:
    """JSON on one line, its end cut when it is long."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 120 else f"{text[:119]}…"


@register.filter
def of(names: dict[str, str], key: str) -> str:
    """The entry of a dictionary; nothing when there is none."""
    return names.get(key, "")

"""Words for what a key may do and how often."""

from typing import Any

from django import template
from django.utils.translation import gettext as _

from posthouse.design.wording import number
from posthouse.keys.forms import WINDOWS

register = template.Library()


@register.filter
def limit_words(limit: list[Any]) -> str:
    """`["burst", 10, 1]` -> 10 per second."""
    _name, quota, seconds = limit
    words = dict(WINDOWS).get(seconds) or _("per %(seconds)s seconds") % {"seconds": number(seconds)}
    return f"{number(quota)} {words}"

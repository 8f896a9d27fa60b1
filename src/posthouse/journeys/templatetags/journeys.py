"""How figures of journeys stand on a page."""

from django import template

from posthouse.journeys import words
from posthouse.journeys.editing import durations

register = template.Library()

register.filter("span", words.span)
register.filter("percent", words.percent)
register.filter("in_words", durations.in_words)
register.filter("said", words.said)
register.filter("trouble", words.trouble)


@register.filter
def hundredths(share: float | None) -> str:
    """0.784 -> 78.4, for drawings that are 100 high; with a point in every language."""
    return f"{(share or 0) * 100:.2f}"


@register.filter
def from_top(share: float | None) -> str:
    """Where what has a share of the height begins, counted from the top: 0.784 -> 21.6."""
    return f"{100 - (share or 0) * 100:.2f}"

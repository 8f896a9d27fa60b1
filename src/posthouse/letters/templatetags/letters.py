"""Words for the history of choices."""

from django import template

from posthouse.messages.queries import category_name

register = template.Library()


@register.filter
def mail_kind(key: str) -> str:
    """How a kind of mail is called."""
    return category_name(key)

"""Tags of the documentation's pages."""

from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from posthouse.guides import book
from posthouse.guides.links import docs_link, outside_link
from posthouse.guides.openapi.nodes import Node
from posthouse.guides.openapi.operations import Answer, ErrorCode, error_of
from posthouse.guides.openapi.values import as_json
from posthouse.guides.text import html_of, plain_of

register = template.Library()

PLACES = {
    "path": _("Path parameters"),
    "query": _("Query parameters"),
    "querystring": _("Query parameters"),
    "header": _("Headers"),
    "cookie": _("Cookies"),
    "": _("Other parameters"),
}
KINDS = {"oneOf": _("One of these"), "anyOf": _("Any of these")}
REASONS = {
    "bearer": _("Bearer token"),
    "basic": _("User name and password"),
    "apiKey": _("Key"),
    "oauth2": _("OAuth 2"),
    "openIdConnect": _("OpenID Connect"),
    "mutualTLS": _("Client certificate"),
}


@register.filter
def markdown(text: str, top: int = 3) -> SafeString:
    """The vendor's Markdown as safe HTML; its highest heading becomes `<h{top}>`."""
    return html_of(text, top=top)


@register.filter
def plain(text: str, length: int = 160) -> str:
    """The first words of a Markdown text."""
    return plain_of(text, length)


@register.filter
def method(name: str) -> SafeString:
    """GET, POST … as a badge; the colour only tells reading from changing and deleting."""
    return format_html('<span class="method {}">{}</span>', name, name.upper())


@register.filter
def place(name: str) -> Any:
    """The heading of a group of parameters."""
    return PLACES.get(name, PLACES[""])


@register.filter
def kind(name: str) -> Any:
    """What stands over the forms of a value."""
    return KINDS.get(name, name)


@register.filter
def scheme(name: str) -> Any:
    """What a security scheme is called."""
    return REASONS.get(name, name or _("Unknown"))


@register.filter
def type_of(node: Node) -> str:
    """`string`, `Place[]`, `integer | null`: the same in every language."""
    words = node.type or "any"
    if node.arrays and " | " in words:
        words = f"({words})"
    return words + "[]" * node.arrays + (" | null" if node.nullable else "")


@register.filter
def json_of(value: Any) -> str:
    """A value as JSON."""
    return as_json(value)


@register.filter
def errors(answer: Answer) -> list[ErrorCode]:
    """The codes of an answer in the reader's language."""
    language = (get_language() or "en").partition("-")[0]
    return [error_of(code, given, language) for code, given in answer.errors.items()]


@register.simple_tag
def docs_page(page: str, *arguments: str) -> str:
    """The address of a page of the book that is open."""
    return book.address(page, *arguments)


@register.simple_tag(takes_context=True)
def schema_url(context: template.Context, name: str) -> str:
    """The page of a schema; empty when it has none."""
    spec = context.get("spec")
    slug = spec.schema_slugs.get(name) if spec and name else None
    return book.address("schema", slug) if slug else ""


@register.simple_tag(takes_context=True)
def docs_url(context: template.Context, address: str) -> str:
    """Where an error code's `docs` leads: an imported guide, or the web."""
    return docs_link(address, context.get("guide_slugs") or ())


@register.filter
def web(address: str) -> str:
    """An address of the web, or nothing."""
    return outside_link(address)

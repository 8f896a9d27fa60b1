"""The tags and filters of the safe subset: Django's own, and a button."""

from typing import Any

from django.template import Context, Library, Node, TemplateSyntaxError, defaultfilters, defaulttags, engines
from django.template.base import FilterExpression, Parser, Token
from django.utils.translation import gettext as _

from posthouse.design.templatetags.design import number

BLOCKS = ("comment", "for", "if", "with")
FILTERS = (
    "capfirst", "cut", "date", "default", "default_if_none", "divisibleby", "escape", "first", "floatformat", "join",
    "last", "length", "linebreaks", "linebreaksbr", "lower", "pluralize", "slice", "time", "title", "truncatechars",
    "truncatewords", "upper", "urlencode", "yesno",
)  # fmt: skip
SAFE_SCHEMES = ("https://", "http://", "mailto:")

register = Library()
for _name in BLOCKS:
    register.tag(_name, defaulttags.register.tags[_name])
for _name in FILTERS:
    register.filters[_name] = defaultfilters.register.filters[_name]
register.filter("number", number)


class ButtonNode(Node):
    """A button in HTML; in plain text its words and the address."""

    def __init__(self, values: list[FilterExpression]) -> None:
        self.values = values

    def render(self, context: Context) -> str:
        """Only addresses that a mail program may open become a link."""
        href, text = (str(value.resolve(context) or "") for value in self.values)
        context.spend(len(href) + len(text) + 1000)  # type: ignore[attr-defined]  # see safe._Context
        if not href.startswith(SAFE_SCHEMES):
            href = ""
        if not context.autoescape:
            return f"{text}:\n{href}"
        values: dict[str, Any] = {"href": href, "text": text, "vendor": context.get("vendor")}
        return str(engines["django"].get_template("messages/mail/_button.html").render(values))


@register.tag
def button(parser: Parser, token: Token) -> ButtonNode:
    """`{% button url "Words on it" %}`."""
    parts = token.split_contents()[1:]
    if len(parts) != 2:
        raise TemplateSyntaxError(_("A button is written {% button url “words” %}."))
    return ButtonNode([parser.compile_filter(part) for part in parts])

"""The safe subset of Django's template language in which the words of mails may be written by people of the desk.

No tag that reads a file or the clock (load, include, extends, now, debug …), no filter that switches escaping off or
can make a text of any length from a short one. Values are plain data (`plain`), so that a template can reach nothing
but what it was given. What it may do is counted while it is filled in: a template that would not end raises TooMuch.
"""

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from itertools import islice
from typing import Any

from django.template import Context, Engine, Template, TemplateSyntaxError
from django.template.base import FilterExpression, Lexer, Node, NodeList, Parser, TextNode, TokenType, VariableNode
from django.template.defaulttags import ForNode
from django.utils.translation import gettext as _

TAGS = {"if", "elif", "else", "endif", "for", "empty", "endfor", "with", "endwith", "comment", "endcomment", "button"}
OPENING = {"if", "for", "with"}
DEEPEST = 12
MOST_WORK = 500_000
"""Characters written plus steps taken while one text is filled in."""
MOST_ROUNDS = 1_000
LONGEST_ARGUMENT = 200
MAY_NAME_VALUES = {"default", "default_if_none"}
"""Filters whose argument may be a value; that of the others stands in the template itself, short."""


class TooMuch(Exception):
    """A template asked for more than one mail may cost."""


@dataclass(frozen=True)
class Flaw:
    """Why words are refused, and where: a field (subject, text, html), a line, a sentence."""

    place: str
    line: int
    reason: str


def plain(value: Any) -> Any:
    """Data that a template may see: texts, numbers, moments, lists and mappings of such; anything else as its text."""
    if callable(value):
        value = value()
    if value is None or isinstance(value, bool | int | float | dt.date | dt.time | dt.timedelta):
        return value
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, Mapping):
        return {str(name): plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(one) for one in value]
    return str(value)


def check(source: str, place: str) -> list[Flaw]:
    """Everything that keeps a source from being used, first things first; an empty list when it is sound."""
    flaws = list(_token_flaws(source, place))
    if flaws:
        return flaws
    try:
        _compiled(source)
    except TemplateSyntaxError as error:
        token = getattr(error, "token", None)
        return [Flaw(place, token.lineno if token else 1, _said(str(error)))]
    except RecursionError:
        return [Flaw(place, 1, _("This is nested too deeply."))]
    return []


def fill(source: str, values: dict[str, Any], *, escaped: bool) -> str:
    """Fill a source in. Raises TemplateSyntaxError for a bad one and TooMuch for one that does not come to an end."""
    return str(_compiled(source).render(_Context(values, autoescape=escaped)))


def names_in(source: str) -> set[str]:
    """The values that a source asks for: `customer.name`, `url`; those it makes itself (for, with) left out."""
    asked: set[str] = set()
    own: set[str] = {"forloop"}
    for node in _compiled(source).nodelist.get_nodes_by_type(Node):
        own |= set(getattr(node, "loopvars", [])) | set(getattr(node, "extra_context", {}))
        asked |= {name for expression in _expressions(node) for name in _names(expression)}
    return {name for name in asked if name.partition(".")[0] not in own}


class _Context(Context):
    """Counts what a template does."""

    work = 0

    def spend(self, amount: int) -> None:
        """Raises TooMuch when the budget is used up."""
        self.work += amount
        if self.work > MOST_WORK:
            raise TooMuch(_("The mail would become too long, or its loops too many."))


class _Engine(Engine):
    """Django's engine without its own tags and filters."""

    default_builtins = ["posthouse.messages.safe_tags"]


ENGINE = _Engine(string_if_invalid="")


class _Parser(Parser):
    """Looks at every expression, wherever it stands."""

    def compile_filter(self, token: str) -> FilterExpression:
        expression = super().compile_filter(token)
        for function, arguments in expression.filters:
            name = getattr(function, "_filter_name", "")
            for is_value, argument in arguments:
                if is_value and name not in MAY_NAME_VALUES:
                    raise TemplateSyntaxError(
                        _("What follows “|%(name)s:” must be a text or a number.") % {"name": name}
                    )
                if not is_value and len(str(argument)) > LONGEST_ARGUMENT:
                    raise TemplateSyntaxError(_("What follows “|%(name)s:” is too long.") % {"name": name})
                if name == "floatformat" and not re.fullmatch(r"-?\d{1,2}[gu]{0,2}", str(argument)):
                    raise TemplateSyntaxError(_("What follows “|%(name)s:” is too long.") % {"name": name})
        return expression


@lru_cache(maxsize=500)
def _compiled(source: str) -> Template:
    for flaw in _token_flaws(source, ""):
        raise TemplateSyntaxError(flaw.reason)
    template = Template("", engine=ENGINE)
    parser = _Parser(Lexer(source).tokenize(), {}, ENGINE.template_builtins, template.origin)
    template.nodelist = parser.parse()
    _count(template.nodelist)
    return template


def _count(nodes: NodeList) -> None:
    """Make every node that writes or repeats say so to the context."""
    for node in nodes.get_nodes_by_type(Node):
        if type(node) is TextNode:
            node.__class__ = _CountedText
        elif type(node) is VariableNode:
            node.__class__ = _CountedValue
        elif type(node) is ForNode:
            body = len(node.nodelist_loop.get_nodes_by_type(Node)) + 1  # type: ignore[union-attr]
            node.sequence = _CountedRounds(node.sequence, body)  # type: ignore[assignment,arg-type]


class _CountedText(TextNode):
    def render(self, context: Context) -> str:
        context.spend(len(self.s) + 1)  # type: ignore[attr-defined]  # always ours
        return self.s


class _CountedValue(VariableNode):
    def render(self, context: Context) -> str:
        text = super().render(context)
        context.spend(len(text) + 1)  # type: ignore[attr-defined]  # always ours
        return text


class _CountedRounds:
    """What a loop goes over: at most so many, each paid for with all that stands in the loop."""

    def __init__(self, sequence: FilterExpression, body: int) -> None:
        self.sequence, self.body = sequence, body
        self.filters = sequence.filters
        self.var = sequence.var

    def resolve(self, context: Context, ignore_failures: bool = False) -> list[Any]:
        found = self.sequence.resolve(context, ignore_failures=ignore_failures)
        rounds = list(islice(found, MOST_ROUNDS + 1)) if hasattr(found, "__iter__") else []
        if len(rounds) > MOST_ROUNDS:
            raise TooMuch(_("A loop of more than %(most)s rounds is too long for a mail.") % {"most": MOST_ROUNDS})
        context.spend(len(rounds) * self.body)  # type: ignore[attr-defined]  # always ours
        return rounds


def _token_flaws(source: str, place: str) -> Iterator[Flaw]:
    """Tags that are not in the subset, and nesting without end."""
    depth = 0
    for token in Lexer(source).tokenize():
        if token.token_type != TokenType.BLOCK:
            continue
        name = (token.contents.split() or [""])[0]
        depth += (name in OPENING) - (name.startswith("end"))
        if name not in TAGS:
            reason = _("“{%% %(name)s %%}” cannot be used in mails. There are: %(tags)s.")
            yield Flaw(place, token.lineno or 1, reason % {"name": name[:40], "tags": "if, for, with, comment, button"})
        elif depth > DEEPEST:
            yield Flaw(place, token.lineno or 1, _("This is nested too deeply."))
            return


def _said(error: str) -> str:
    """Django's own complaint, in our words where it is a common one."""
    if found := re.match(r"Invalid filter: '([^']*)'", error):
        return _("There is no filter “%(name)s” in mails.") % {"name": found[1]}
    if found := re.match(r"Unclosed tag on line \d+: '([^']*)'", error):
        return _("“{%% %(name)s %%}” has no end.") % {"name": found[1]}
    if found := re.match(r"Invalid block tag on line \d+: '([^']*)'", error):
        return _("“{%% %(name)s %%}” stands where nothing was begun.") % {"name": found[1]}
    return error


def _expressions(node: Node) -> Iterator[FilterExpression]:
    if isinstance(node, VariableNode):
        yield node.filter_expression
    if isinstance(node, ForNode):
        yield node.sequence  # type: ignore[misc]
    yield from getattr(node, "extra_context", {}).values()
    yield from getattr(node, "values", [])
    for condition, _nodes in getattr(node, "conditions_nodelists", []):
        yield from _in_condition(condition)


def _in_condition(condition: Any) -> Iterator[FilterExpression]:
    if condition is None:
        return
    if isinstance(getattr(condition, "value", None), FilterExpression):
        yield condition.value
    for side in ("first", "second"):
        yield from _in_condition(getattr(condition, side, None))


def _names(expression: FilterExpression | _CountedRounds) -> Iterator[str]:
    lookups = getattr(expression.var, "lookups", None)
    if lookups:
        yield ".".join(lookups)
    for _function, arguments in expression.filters:
        yield from (".".join(one.lookups) for is_value, one in arguments if is_value and one.lookups)

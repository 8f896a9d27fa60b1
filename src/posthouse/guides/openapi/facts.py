"""The small print of a schema: format, default, bounds, pattern."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from posthouse.guides.openapi.shapes import Shape
from posthouse.guides.openapi.values import Json, as_json, as_word, number, sequence, text

RULES = (
    *("not", "if", "then", "else", "dependentSchemas", "dependentRequired", "propertyNames"),
    *("contains", "minContains", "maxContains", "unevaluatedProperties", "unevaluatedItems"),
)
LONGEST_VALUE = 400


@dataclass(frozen=True)
class Fact:
    """A label and a value that is the same in every language."""

    label: str | Promise
    value: str = ""


def facts_of(shape: Shape) -> list[Fact]:
    """What there is to say about a value besides its type, in a fixed order."""
    given = shape.facts
    found: list[tuple[str | Promise, str]] = [
        (_("Format"), text(given.get("format"))),
        (_("Default"), _word(given, "default")),
        (_("Example"), _example(given)),
        (_("Range"), _range(given)),
        (_("Multiple of"), _word(given, "multipleOf")),
        (_("Length"), _span(given, "minLength", "maxLength")),
        (_("Pattern"), text(given.get("pattern"))),
        (_("Items"), _span(given, "minItems", "maxItems")),
        (_("Members"), _span(given, "minProperties", "maxProperties")),
        (_("Encoding"), text(given.get("contentEncoding"))),
        (_("Content"), text(given.get("contentMediaType"))),
    ]
    facts = [Fact(label, value) for label, value in found if value]
    if given.get("uniqueItems") is True:
        facts.append(Fact(_("No item twice")))
    if given.get("additionalProperties") is False:
        facts.append(Fact(_("No other members")))
    facts += [Fact(_("Rule"), _cut(f"{name}: {as_json(given[name])}")) for name in RULES if name in given]
    return facts


def _word(given: Json, name: str) -> str:
    return _cut(as_json(given[name])) if name in given else ""


def _example(given: Json) -> str:
    values = [given["example"]] if "example" in given else sequence(given.get("examples"))
    return _cut(as_word(values[0])) if values else ""


def _range(given: Json) -> str:
    """Bounds in either dialect: in 3.0 `exclusiveMinimum: true` sharpens `minimum`, in 3.1 it is itself a number."""
    words = []
    for inclusive, exclusive, sign in (("minimum", "exclusiveMinimum", ">"), ("maximum", "exclusiveMaximum", "<")):
        bound, sharp = number(given.get(inclusive)), given.get(exclusive)
        if (edge := number(sharp)) is not None:
            words.append(f"{sign} {edge}")
        elif bound is not None:
            words.append(f"{sign} {bound}" if sharp is True else f"{'≥' if sign == '>' else '≤'} {bound}")
    return ", ".join(words)


def _span(given: Json, least: str, most: str) -> str:
    low, high = number(given.get(least)), number(given.get(most))
    if low is not None and high is not None:
        return f"{low}" if low == high else f"{low}–{high}"
    if low is not None:
        return f"≥ {low}"
    return f"≤ {high}" if high is not None else ""


def _cut(written: str) -> str:
    return written if len(written) <= LONGEST_VALUE else written[:LONGEST_VALUE] + "…"

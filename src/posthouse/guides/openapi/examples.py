"""Examples: those of the document, and for what has none, values made from the schema that are valid against it."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

from posthouse.guides.openapi.refs import Refs
from posthouse.guides.openapi.shapes import Choice, Shape, Shapes
from posthouse.guides.openapi.values import Json, as_json, as_word, mapping, number, sequence, text

DEEPEST = 8
MOST_OPTIONAL = 40
LONGEST = 5000
MOST_ITEMS = 20
_MISSING = object()

FORMATS = {
    "date-time": "2026-11-22T09:30:00Z",
    "date": "2026-11-22",
    "time": "09:30:00Z",
    "duration": "PT15M",
    "email": "ada@example.com",
    "idn-email": "ada@example.com",
    "hostname": "api.example.com",
    "idn-hostname": "api.example.com",
    "ipv4": "192.0.2.10",
    "ipv6": "2001:db8::10",
    "uri": "https://example.com/page",
    "url": "https://example.com/page",
    "uri-reference": "/page",
    "iri": "https://example.com/page",
    "uri-template": "/pages/{id}",
    "uuid": "5f0c954e-3ae9-4d59-8a86-2f6c8e1d7b20",
    "json-pointer": "/items/0",
    "regex": "^[a-z]+$",
    "byte": "aGVsbG8=",
    "password": "correct-horse",
    "snowflake": "175928847299117063",
    "binary": "…",
}
_TRIES = (
    *(
        "string",
        "text",
        "Text",
        "abc",
        "a",
        "A",
        "ABC",
        "name",
        "my_name",
        "0",
        "1",
        "7",
        "10",
        "42",
        "1234",
        "12345678",
    ),
    *(
        "#1f6feb",
        "1f6feb",
        "en",
        "es-ES",
        "EUR",
        "ES",
        "2026-11-22",
        "2026-11",
        "2026",
        "09:30",
        "09:30:00",
        "1.0.0",
        "v1",
    ),
    *("+34600000000", "a-b", "a.b", "a/b", "/a", "a@b.co", "id_1234567890abcdef", "0123456789abcdef", "0123456789" * 4),
    *("0123456789abcdef01234567", "{a}", "[a]", "a b", "a,b", "a:b", "1x1", "https://example.com"),
    *FORMATS.values(),
)

# Repeated repetitions can take a search for ever.
_RISKY = re.compile(r"(?:[+*]|,\})\)(?:[+*]|\{\d+,\})")


@dataclass(frozen=True)
class Example:
    """An example as it is shown."""

    title: str
    description: str
    code: str
    language: str
    value: Any = None
    made: bool = False
    """Made from the schema, not given by the vendor."""


class Examples:
    """Finds or makes the examples of one document."""

    def __init__(self, shapes: Shapes) -> None:
        self.shapes = shapes

    def of_media(self, media: str, given: Json, schema: Any, refs: Refs, *, writing: bool) -> list[Example]:
        """The examples given for a body; else one made from its schema."""
        named = [(name, refs.follow(one).value) for name, one in mapping(given.get("examples")).items()]
        found = [
            _shown(media, one["value"], text(one.get("summary")) or name, text(one.get("description")))
            for name, one in named
            if "value" in one
        ]
        if not found and "example" in given:
            found = [_shown(media, given["example"])]
        if found or schema is None:
            return found
        made = self.make(schema, writing=writing)
        return [] if made is None else [_shown(media, made, made=True)]

    def of_parameter(self, given: Json, schema: Any) -> tuple[Any, bool]:
        """A value to fill in, and whether the vendor gave it."""
        if "example" in given:
            return given["example"], True
        for one in mapping(given.get("examples")).values():
            found = self.shapes.refs.follow(one).value
            if "value" in found:
                return found["value"], True
        shape = self.shapes.of(schema)
        own = _given(shape)
        return (self.make(schema), False) if own is _MISSING else (own, "default" not in shape.facts)

    def make(self, schema: Any, *, writing: bool = False) -> Any:
        """A value that is valid against the schema, as far as one can be made; None when nothing is known of it."""
        return self._value(self.shapes.of(schema), frozenset(), 0, writing=writing)

    def _value(self, shape: Shape, above: frozenset[str], level: int, *, writing: bool) -> Any:
        own = _given(shape)
        if own is not _MISSING and (own is not None or shape.nullable):
            return own
        if shape.constants:
            return shape.constants[0].value
        if level > 2 * DEEPEST:
            return _empty(shape)
        above = above | shape.refs
        chosen = [self._choice(choice, above, level, writing=writing) for choice in shape.choices]
        if shape.kind == "object" or (not shape.kind and any(isinstance(one, dict) for one in chosen)):
            made = self._object(shape, above, level, writing=writing)
            for one in chosen:
                made |= one if isinstance(one, dict) else {}
            return made
        if chosen:
            return chosen[0]
        if shape.kind == "array":
            return self._array(shape, above, level, writing=writing)
        return _scalar(shape)

    def _object(self, shape: Shape, above: frozenset[str], level: int, *, writing: bool) -> Json:
        hidden = "readOnly" if writing else "writeOnly"
        made: Json = {}
        for name, schema in shape.properties.items():
            inner = self.shapes.of(schema)
            needed = name in shape.required
            if level > DEEPEST and not needed:
                continue
            if (inner.facts.get(hidden) is True and not needed) or (len(made) >= MOST_OPTIONAL and not needed):
                continue
            if inner.facts.get("deprecated") is True and not needed:
                continue
            if self._circle(inner, above):
                if needed:
                    made[name] = None if inner.nullable else _empty(inner)
                continue
            if self.shapes.of(inner.items).refs & above and not needed:
                continue
            made[name] = self._value(inner, above, level + 1, writing=writing)
        rest = shape.facts.get("additionalProperties")
        if not made and isinstance(rest, dict) and not self._circle(self.shapes.of(rest), above):
            made["key"] = self._value(self.shapes.of(rest), above, level + 1, writing=writing)
        for name in sorted(shape.required - made.keys()):
            made[name] = "value"
        return made

    def _array(self, shape: Shape, above: frozenset[str], level: int, *, writing: bool) -> list[Any]:
        made = [
            self._value(self.shapes.of(item), above, level + 1, writing=writing)
            for item in sequence(shape.facts.get("prefixItems"))
        ]
        least = int(number(shape.facts.get("minItems")) or 0)
        most = number(shape.facts.get("maxItems"))
        if shape.items is None or (most is not None and len(made) >= most):
            return made
        inner = self.shapes.of(shape.items)
        if not least and (level > DEEPEST or self._circle(inner, above)):
            return made
        values = [one.value for one in inner.constants] or [self._value(inner, above, level + 1, writing=writing)]
        if values == [None] and not least and not inner.nullable:
            return made
        wanted = min(max(least, 1) - len(made) if not made or least > len(made) else 0, MOST_ITEMS)
        unique = shape.facts.get("uniqueItems") is True
        return made + [_another(values, at) if unique else values[at % len(values)] for at in range(wanted)]

    def _choice(self, choice: Choice, above: frozenset[str], level: int, *, writing: bool) -> Any:
        """The first member that is no circle, with the discriminator's value filled in."""
        for member in choice.members:
            shape = self.shapes.of(member)
            if self._circle(shape, above):
                continue
            made = self._value(shape, above, level + 1, writing=writing)
            if isinstance(made, dict) and shape.name in choice.values:
                made[choice.discriminator] = choice.values[shape.name]
            return made
        return None

    def _circle(self, shape: Shape, above: frozenset[str]) -> bool:
        return bool(shape.refs & above) and not shape.constants


def _another(values: list[Any], at: int) -> Any:
    """The value at a place of an array in which none may come twice."""
    value = values[at % len(values)]
    turn = at // len(values)
    if isinstance(value, str) and turn:
        return f"{value[:-1]}{turn}" if value[-1:].isdigit() else f"{value}{turn}"
    return value + turn if isinstance(value, int | float) and not isinstance(value, bool) else value


def _given(shape: Shape) -> Any:
    """An example, or else the default, that stands in the schema itself."""
    facts = shape.facts
    if "example" in facts:
        return facts["example"]
    if sequence(facts.get("examples")):
        return facts["examples"][0]
    return facts.get("default", _MISSING)


def _empty(shape: Shape) -> Any:
    if shape.nullable:
        return None
    return {"object": {}, "array": []}.get(shape.kind, _scalar(shape))


def _scalar(shape: Shape) -> Any:
    if shape.kind in {"integer", "number"}:
        try:
            return _number(shape.facts, whole=shape.kind == "integer")
        except OverflowError:
            # Bounds of hundreds of digits: no calculation, but a bound itself is always right where it is included.
            return number(shape.facts.get("minimum")) or 1
    if shape.kind == "boolean":
        return True
    if shape.kind == "string":
        return _string(shape.facts)
    return None


def _number(facts: Json, *, whole: bool) -> int | float:
    """A number near 1 that keeps to bounds and steps in either dialect; the lower bound if none is found."""
    low, low_is_out = _bound(facts, "minimum", "exclusiveMinimum", max)
    high, high_is_out = _bound(facts, "maximum", "exclusiveMaximum", min)
    step = number(facts.get("multipleOf")) or 0
    edges = [edge for edge in (low, high) if edge is not None]
    wanted = [
        1,
        *edges,
        *(edge + 1 for edge in edges),
        *(edge - 1 for edge in edges),
        sum(edges) / max(len(edges), 1),
        0,
    ]
    if step > 0:
        wanted = [math.ceil(one / step) * step for one in wanted] + [math.floor(one / step) * step for one in wanted]
    if whole:
        wanted = [math.ceil(one) for one in wanted]
    fitting = (
        one
        for one in wanted
        if (low is None or one > low or (one == low and not low_is_out))
        and (high is None or one < high or (one == high and not high_is_out))
    )
    return next(fitting, low if low is not None else 1)


def _bound(
    facts: Json, inclusive: str, exclusive: str, sharper: Callable[[float, float], float]
) -> tuple[float | None, bool]:
    """A bound, and whether it is itself outside: `exclusiveMinimum` is a flag in 3.0 and a bound of its own in 3.1."""
    edge, sharp = number(facts.get(inclusive)), facts.get(exclusive)
    own = number(sharp)
    if own is None:
        return edge, sharp is True
    return (own, True) if edge is None or sharper(own, edge) == own else (edge, False)


def _string(facts: Json) -> str:
    pattern = text(facts.get("pattern"))
    least, most = min(number(facts.get("minLength")) or 0, LONGEST), number(facts.get("maxLength"))
    made = FORMATS.get(text(facts.get("format")), "string")
    if pattern:
        made = _matching(pattern, made, least, most)
    elif len(made) < least:
        made = (made * (int(least) // max(len(made), 1) + 1))[: int(least)]
    if most is not None and len(made) > most >= 0 and not pattern:
        made = made[: int(most)]
    return made


def _matching(pattern: str, first: str, least: float, most: float | None) -> str:
    """A text that fits the pattern, out of a list of common ones; the pattern itself if none does."""
    if _RISKY.search(pattern):
        return first
    try:
        compiled = re.compile(pattern)
    except (re.error, RecursionError, OverflowError):
        return first
    tries = (first, *_TRIES, *(one * int(min(least, 200)) for one in ("a", "A", "1") if least > 1))
    fitting = (one for one in tries if least <= len(one) <= (most if most is not None else 10**6))
    return next((one for one in fitting if compiled.search(one)), pattern)


def _shown(media: str, value: Any, title: str = "", description: str = "", *, made: bool = False) -> Example:
    kind = media.partition(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded" and isinstance(value, dict):
        code, language = "\n".join(f"{name}={as_word(item)}" for name, item in value.items()), "text"
    elif kind.startswith("multipart/") and isinstance(value, dict):
        code, language = "\n".join(f"{name}: {as_word(item)}" for name, item in value.items()), "text"
    elif isinstance(value, str) and not ("json" in kind and made):
        code, language = value, _language_of(kind, value)
    elif kind.endswith("xml") and isinstance(value, dict) and made:
        code, language = _xml("root", value), "xml"
    else:
        code, language = as_json(value, indent=2), "json"
    return Example(title, description, code, language, value, made)


def _language_of(kind: str, value: str) -> str:
    if "json" in kind or value.lstrip()[:1] in {"{", "["}:
        return "json"
    return next((name for name in ("xml", "html", "yaml") if name in kind), "text")


def _xml(name: str, value: Any) -> str:
    if isinstance(value, dict):
        inner = "\n".join(_xml(key, item) for key, item in value.items())
        return f"<{name}>\n{inner}\n</{name}>"
    if isinstance(value, list):
        return "\n".join(_xml(name, item) for item in value)
    return f"<{name}>{escape(as_word(value))}</{name}>"

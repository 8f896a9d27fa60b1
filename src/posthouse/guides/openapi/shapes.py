"""What one schema says, with its references, `allOf` and `null` variants put together."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from posthouse.guides.openapi.refs import Refs, as_schema, schema_name
from posthouse.guides.openapi.values import Json, mapping, sequence, text, texts

MERGED = frozenset(("properties", "patternProperties", "required", "type", "allOf", "oneOf", "anyOf", "$ref", "items"))
LONGEST_CHAIN = 60


@dataclass
class Choice:
    """One `oneOf` or `anyOf` that is left after `null` and single constants were taken out."""

    kind: str
    members: list[Json]
    discriminator: str = ""
    values: dict[str, str] = field(default_factory=dict)
    """Schema name to the value of the discriminator that stands for it."""


@dataclass
class Constant:
    """One allowed value, with the name and text that a `oneOf` of constants gives it."""

    value: Any
    title: str = ""
    description: str = ""


@dataclass
class Shape:
    """One schema, flattened. `facts` holds every other keyword; the one written nearest wins."""

    types: list[str] = field(default_factory=list)
    nullable: bool = False
    facts: Json = field(default_factory=dict)
    properties: dict[str, Json] = field(default_factory=dict)
    patterns: dict[str, Json] = field(default_factory=dict)
    required: set[str] = field(default_factory=set)
    items: Json | None = None
    choices: list[Choice] = field(default_factory=list)
    constants: list[Constant] = field(default_factory=list)
    name: str = ""
    """Of the schema under `components` that this is."""
    refs: frozenset[str] = frozenset()
    """All references that went into it: one of them again further down is a circle."""
    missing: str = ""

    @property
    def kind(self) -> str:
        """The main type; guessed from other keywords where none is written."""
        if self.types:
            return self.types[0]
        if self.properties or self.patterns or "additionalProperties" in self.facts:
            return "object"
        if self.items is not None or "prefixItems" in self.facts:
            return "array"
        return _type_of(self.constants[0].value) if self.constants else ""


class Shapes:
    """Makes and remembers the shapes of one document. A schema is told by its identity: documents never change."""

    def __init__(self, refs: Refs) -> None:
        self.refs = refs
        self._made: dict[int, tuple[Json, Shape]] = {}

    def of(self, value: Any, _inside: tuple[int, ...] = ()) -> Shape:
        """The shape of a schema, whatever stands there. A schema that is made of itself ends where it begins."""
        schema = as_schema(value)
        if schema is None or id(schema) in _inside or len(_inside) > LONGEST_CHAIN:
            return Shape()
        known = self._made.get(id(schema))
        if known is None:
            # The schema is kept beside its shape, so that its id cannot be given to another object meanwhile.
            known = self._made[id(schema)] = (schema, self._make(schema, (*_inside, id(schema))))
        return known[1]

    def _make(self, schema: Json, inside: tuple[int, ...]) -> Shape:
        shape = Shape()
        parts: list[Shape] = []
        ref = schema.get("$ref")
        if isinstance(ref, str):
            target = self.refs.follow({"$ref": ref})
            if target.missing:
                return Shape(missing=target.missing, name=schema_name(ref))
            parts.append(self.of(self.refs.at(ref), inside))
            shape.refs = frozenset((ref,))
            shape.name = schema_name(ref)
        parts += [self.of(member, inside) for member in sequence(schema.get("allOf"))]
        together = list(parts)
        parts += self._choices(schema, shape, inside)
        others = shape.nullable
        own = _own(schema)
        shape.name = shape.name or _name_of_parts([*parts, own, shape])
        for part in [*parts, own]:
            _lay_over(shape, part)
        shape.nullable = _allows_null(schema, others, [*together, own])
        return shape

    def _choices(self, schema: Json, shape: Shape, inside: tuple[int, ...]) -> list[Shape]:
        """Fill in choices and constants; a choice with one member left is that member."""
        single: list[Shape] = []
        for kind in ("oneOf", "anyOf"):
            members = [as_schema(member) or {} for member in sequence(schema.get(kind))]
            if not members:
                continue
            left = [member for member in members if not _is_null(member)]
            shape.nullable = shape.nullable or len(left) < len(members)
            constants = [_constant(self.refs.follow(member).value) for member in left]
            if left and all(constants):
                shape.constants = [found for found in constants if found is not None]
            elif len(left) == 1:
                single.append(self.of(left[0], inside))
            elif left:
                shape.choices.append(_choice(kind, left, mapping(schema.get("discriminator"))))
        return single


def _allows_null(schema: Json, by_choice: bool, together: list[Shape]) -> bool:
    """Null must be allowed by everything that says a type, unless `nullable` (3.0) or a `null` variant decides it."""
    if isinstance(schema.get("nullable"), bool):
        return bool(schema["nullable"])
    said = [part.nullable for part in together if part.types or part.facts.get("nullable") is False]
    return by_choice or (bool(said) and all(said)) or (not said and any(part.nullable for part in together))


def _name_of_parts(parts: list[Shape]) -> str:
    """The schema's name where one named schema is only described further (`allOf: [$ref, {description}]`)."""
    weighty = [part for part in parts if part.properties or part.choices or part.constants or part.items or part.name]
    return weighty[0].name if len(weighty) == 1 else ""


def _own(schema: Json) -> Shape:
    """The keywords that stand in the schema itself."""
    types = texts(schema.get("type"))
    items = as_schema(schema.get("items"))
    shape = Shape(
        types=[name for name in types if name != "null"],
        nullable="null" in types or schema.get("nullable") is True,
        facts={name: value for name, value in schema.items() if name not in MERGED and not name.startswith("x-")},
        properties=_schemas(schema.get("properties")),
        patterns=_schemas(schema.get("patternProperties")),
        required=set(texts(schema.get("required"))),
        items=items,
    )
    if "const" in schema:
        shape.constants = [Constant(schema["const"])]
    elif isinstance(schema.get("enum"), list):
        shape.nullable = shape.nullable or (None in schema["enum"] and types in ([], ["null"]))
        shape.constants = [Constant(value) for value in schema["enum"] if value is not None]
    return shape


def _lay_over(shape: Shape, part: Shape) -> None:
    """Add what `part` says; where both speak of the same keyword, `part` wins."""
    if part.types:
        both = [name for name in shape.types if name in part.types]
        shape.types = both or list(part.types)
    shape.facts = shape.facts | part.facts
    shape.properties = _both(shape.properties, part.properties)
    shape.patterns = _both(shape.patterns, part.patterns)
    shape.required |= part.required
    shape.items = part.items if part.items is not None else shape.items
    shape.choices += [choice for choice in part.choices if all(choice is not known for known in shape.choices)]
    shape.constants = _narrowed(shape.constants, part.constants)
    shape.refs |= part.refs
    shape.missing = shape.missing or part.missing


def _both(first: dict[str, Json], second: dict[str, Json]) -> dict[str, Json]:
    """All properties; one that both describe is described by both together."""
    shared = {
        name: {"allOf": [first[name], second[name]]}
        for name in second
        if name in first and first[name] is not second[name]
    }
    return first | second | shared


def _narrowed(first: list[Constant], second: list[Constant]) -> list[Constant]:
    if not (first and second):
        return second or first
    allowed = [(type(one.value), one.value) for one in second]
    return [one for one in first if (type(one.value), one.value) in allowed] or second


def _schemas(value: Any) -> dict[str, Json]:
    return {name: schema for name, item in mapping(value).items() if (schema := as_schema(item)) is not None}


def _is_null(schema: Json) -> bool:
    return (
        schema.get("type") == "null"
        or schema.get("type") == ["null"]
        or schema.get("enum") == [None]
        or ("const" in schema and schema["const"] is None)
    )


def _constant(schema: Json) -> Constant | None:
    """The one value a member of a choice allows, if it is only that."""
    if schema.keys() & {"properties", "items", "oneOf", "anyOf", "allOf"}:
        return None
    enum = sequence(schema.get("enum"))
    if "const" not in schema and len(enum) != 1:
        return None
    value = schema["const"] if "const" in schema else enum[0]
    return Constant(value, text(schema.get("title")), text(schema.get("description")))


def _choice(kind: str, members: list[Json], discriminator: Json) -> Choice:
    values = {
        schema_name(ref) or ref: value
        for value, ref in mapping(discriminator.get("mapping")).items()
        if isinstance(ref, str)
    }
    return Choice(kind, members, text(discriminator.get("propertyName")), values)


def _type_of(value: Any) -> str:
    kinds: Iterable[tuple[type, str]] = (
        (bool, "boolean"),
        (int, "integer"),
        (float, "number"),
        (str, "string"),
        (list, "array"),
        (dict, "object"),
    )
    return next((name for kind, name in kinds if isinstance(value, kind)), "")

"""Schemas as trees for pages: what is nested stands under its parent, circles and great depths become links."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from posthouse.guides.openapi.facts import Fact, facts_of
from posthouse.guides.openapi.refs import schema_name
from posthouse.guides.openapi.shapes import Choice, Constant, Shape, Shapes
from posthouse.guides.openapi.values import Json, sequence, text

NAMED_LEVELS = 2
"""So many levels of properties are shown in place even when they are schemas with a page of their own."""
LEVELS = 24
MOST_NODES = 500
"""A page that has so many nodes opens no further named schema."""
LONGEST_ARRAY_CHAIN = 6


@dataclass
class Variants:
    """The forms a value can have: one of them, or any of them."""

    kind: str
    discriminator: str
    nodes: list["Node"]


@dataclass
class Node:
    """One property, item or whole schema."""

    name: str
    type: str = ""
    schema: str = ""
    title: str = ""
    description: str = ""
    required: bool = False
    nullable: bool = False
    deprecated: bool = False
    read_only: bool = False
    write_only: bool = False
    arrays: int = 0
    facts: list[Fact] = field(default_factory=list)
    constants: list[Constant] = field(default_factory=list)
    children: list["Node"] = field(default_factory=list)
    variants: list[Variants] = field(default_factory=list)
    cut: str = ""
    """`circle` or `deep` where the tree ends although the schema goes on."""
    missing: str = ""

    @property
    def opens(self) -> bool:
        """Whether something stands under it."""
        return bool(self.children or self.variants)

    def walk(self) -> Iterator["Node"]:
        """Itself and everything under it."""
        yield self
        for child in [*self.children, *(node for group in self.variants for node in group.nodes)]:
            yield from child.walk()


class Tree:
    """Builds nodes for one page, and counts them."""

    def __init__(self, shapes: Shapes, named_levels: int = NAMED_LEVELS) -> None:
        self.shapes = shapes
        self.named_levels = named_levels
        self.count = 0

    def build(
        self, value: Any, name: str = "", *, required: bool = False, above: frozenset[str] = frozenset(), level: int = 0
    ) -> Node:
        """The node of a schema. `above`: references that led here; `level`: how many properties deep."""
        self.count += 1
        shape = self.shapes.of(value)
        core, arrays, refs = self._core(shape)
        node = _described(name, shape, core, arrays, required=required)
        node.cut = self._cut(core, refs, above, level)
        if node.cut:
            node.schema = node.schema or next(iter(sorted(filter(None, map(schema_name, refs & above)))), "")
        else:
            node.children = list(self._children(core, above | refs, level + 1))
            node.variants = [self._variants(choice, above | refs, level) for choice in core.choices]
        return node

    def _core(self, shape: Shape) -> tuple[Shape, int, frozenset[str]]:
        """What stands inside of arrays, how many arrays there are around it, and the references passed."""
        arrays, refs = 0, shape.refs
        while shape.kind == "array" and shape.items is not None and arrays < LONGEST_ARRAY_CHAIN:
            inner = self.shapes.of(shape.items)
            if inner.refs & refs:
                return inner, arrays + 1, refs
            shape, arrays, refs = inner, arrays + 1, refs | inner.refs
        return shape, arrays, refs

    def _cut(self, core: Shape, refs: frozenset[str], above: frozenset[str], level: int) -> str:
        if not (core.properties or core.patterns or core.choices or "additionalProperties" in core.facts):
            return ""
        if refs & above:
            return "circle"
        too_many = self.count > MOST_NODES and level > 0
        return "deep" if level > LEVELS or (core.name and (level >= self.named_levels or too_many)) else ""

    def _children(self, core: Shape, above: frozenset[str], level: int) -> Iterator[Node]:
        for name, schema in core.properties.items():
            yield self.build(schema, name, required=name in core.required, above=above, level=level)
        for pattern, schema in core.patterns.items():
            yield self.build(schema, f"/{pattern}/", above=above, level=level)
        rest = core.facts.get("additionalProperties")
        if isinstance(rest, dict) and rest:
            yield self.build(rest, "*", above=above, level=level)
        for at, schema in enumerate(sequence(core.facts.get("prefixItems"))):
            yield self.build(schema, f"[{at}]", above=above, level=level)

    def _variants(self, choice: Choice, above: frozenset[str], level: int) -> Variants:
        nodes = [self.build(member, above=above, level=level) for member in choice.members]
        for node, member in zip(nodes, choice.members, strict=True):
            node.name = _variant_name(node, member, choice)
        return Variants(choice.kind, choice.discriminator, nodes)


def _described(name: str, shape: Shape, core: Shape, arrays: int, *, required: bool) -> Node:
    facts = shape.facts
    return Node(
        name=name,
        type=_type_words(core),
        schema=core.name,
        arrays=arrays,
        title=text(facts.get("title")) or text(core.facts.get("title")),
        description=text(facts.get("description")) or text(core.facts.get("description")),
        required=required,
        nullable=shape.nullable,
        deprecated=facts.get("deprecated") is True,
        read_only=facts.get("readOnly") is True,
        write_only=facts.get("writeOnly") is True,
        facts=facts_of(shape) + (facts_of(core) if core is not shape else []),
        constants=core.constants,
        missing=shape.missing or core.missing,
    )


def _type_words(core: Shape) -> str:
    return " | ".join(core.types) or core.kind


def _variant_name(node: Node, member: Json, choice: Choice) -> str:
    """The discriminator's value if there is one, else title, schema or type."""
    ref = member.get("$ref")
    if choice.discriminator and isinstance(ref, str):
        return choice.values.get(node.schema) or choice.values.get(ref) or node.schema
    return node.title or node.schema or node.type

from itertools import pairwise

import pytest

from posthouse.guides.openapi.nodes import Tree
from posthouse.guides.openapi.refs import Refs
from posthouse.guides.openapi.shapes import Shapes
from posthouse.guides.openapi.spec import Spec
from posthouse.guides.templatetags.guides import type_of


def node(schema, **schemas):
    return Tree(Shapes(Refs({"components": {"schemas": schemas}}))).build(schema)


def facts(schema):
    return {str(fact.label): fact.value for fact in node(schema).facts}


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "string"}, "string"),
        ({"type": "string", "nullable": True}, "string | null"),
        ({"type": ["string", "null"]}, "string | null"),
        ({"type": ["string", "integer"]}, "string | integer"),
        ({"type": "array", "items": {"type": "array", "items": {"type": "number"}}}, "number[][]"),
        ({"type": "array", "items": {"type": ["string", "integer"]}}, "(string | integer)[]"),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "integer | null"),
        ({"properties": {"a": {}}}, "object"),
        ({"items": {}}, "any[]"),
        ({"enum": ["a", "b"]}, "string"),
        ({"const": 1}, "integer"),
        ({"allOf": [{"type": "string", "nullable": True}, {"description": "x"}]}, "string | null"),
        ({"allOf": [{"type": "string", "nullable": True}, {"nullable": False}]}, "string"),
        ({"nullable": True, "allOf": [{"$ref": "#/components/schemas/A"}]}, "object | null"),
        ({"type": "object", "allOf": [{"$ref": "#/components/schemas/N"}]}, "object"),
        (True, "any"),
        ({}, "any"),
        ("nonsense", "any"),
        ({"type": 7}, "any"),
    ],
)
def test_types_of_both_dialects(schema, words):
    named = {"A": {"type": "object", "properties": {"x": {}}}, "N": {"type": "object", "nullable": True}}
    assert type_of(node(schema, **named)) == words


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"minimum": 1, "maximum": 5}, "≥ 1, ≤ 5"),
        ({"minimum": 1, "exclusiveMinimum": True}, "> 1"),
        ({"exclusiveMinimum": 1, "exclusiveMaximum": 2.5}, "> 1, < 2.5"),
        ({"minimum": 0, "exclusiveMinimum": False}, "≥ 0"),
    ],
)
def test_bounds_of_both_dialects(schema, words):
    assert facts({"type": "number"} | schema)["Range"] == words


def test_the_small_print_is_complete():
    found = facts(
        {
            "type": "string",
            "format": "email",
            "default": "a@b.c",
            "examples": ["x@y.z"],
            "minLength": 3,
            "maxLength": 9,
            "pattern": "@",
            "contentEncoding": "base64",
            "contentMediaType": "text/plain",
            "not": {"const": "no"},
        }
    )
    assert found == {
        "Format": "email",
        "Default": '"a@b.c"',
        "Example": "x@y.z",
        "Length": "3–9",
        "Pattern": "@",
        "Encoding": "base64",
        "Content": "text/plain",
        "Rule": 'not: {"const": "no"}',
    }


def test_all_of_is_put_together_and_the_nearest_word_wins():
    found = node(
        {
            "allOf": [
                {"$ref": "#/components/schemas/Base"},
                {"required": ["b"], "properties": {"b": {"type": "integer"}}},
            ],
            "description": "mine",
        },
        Base={
            "type": "object",
            "description": "theirs",
            "required": ["a"],
            "properties": {"a": {"type": "string"}, "b": {"title": "B"}},
        },
    )
    assert [(child.name, child.required, child.type) for child in found.children] == [
        ("a", True, "string"),
        ("b", True, "integer"),
    ]
    assert found.children[1].title == "B"
    assert found.description == "mine"
    assert found.schema == ""


def test_a_reference_that_is_only_described_keeps_its_name():
    found = node(
        {"allOf": [{"$ref": "#/components/schemas/A"}, {"description": "here"}]},
        A={"type": "object", "properties": {"x": {}}},
    )
    assert (found.schema, found.description) == ("A", "here")


def test_siblings_of_a_reference_count_in_3_1():
    found = node(
        {"$ref": "#/components/schemas/A", "description": "here", "deprecated": True},
        A={"type": "string", "description": "there"},
    )
    assert (found.description, found.deprecated, found.type) == ("here", True, "string")


def test_a_choice_of_constants_is_a_list_of_values_with_names():
    found = node({"oneOf": [{"const": 1, "title": "ONE", "description": "first"}, {"enum": [2]}, {"type": "null"}]})
    assert [(one.value, one.title, one.description) for one in found.constants] == [(1, "ONE", "first"), (2, "", "")]
    assert found.nullable
    assert not found.variants


def test_forms_are_named_by_discriminator_title_or_schema(small):
    food = next(child for child in Spec(small).schema("Pet").children if child.name == "food")
    assert [(form.name, form.schema) for form in food.variants[0].nodes] == [("fish", "Fish"), ("meat", "Meat")]
    assert food.variants[0].discriminator == "of"
    assert [child.name for child in food.variants[0].nodes[1].children] == ["email", "pets", "of", "cut"]


def test_circles_end_with_a_link(small):
    pet = Spec(small).schema("Pet")
    parents = next(child for child in pet.children if child.name == "parents")
    assert (parents.cut, parents.schema, type_of(parents)) == ("circle", "Pet", "object[]")
    owner = next(child for child in pet.children if child.name == "owner")
    assert [child.cut for child in owner.children] == ["", "circle"]


def test_circles_without_names_end_too():
    tree = {"type": "object", "properties": {"next": {"$ref": "#/x/tree"}}}
    found = Tree(Shapes(Refs({"x": {"tree": tree}}))).build({"$ref": "#/x/tree"})
    assert found.children[0].cut == "circle"


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#/components/schemas/A"},
        {"allOf": [{"$ref": "#/components/schemas/A"}]},
        {"anyOf": [{"$ref": "#/components/schemas/A"}]},
    ],
)
def test_schemas_made_of_themselves_end(schema):
    assert node(schema, A=schema) is not None


def test_doubling_schemas_stay_small():
    names = [f"S{n}" for n in range(40)]
    schemas = {
        name: {
            "allOf": [{"$ref": f"#/components/schemas/{after}"}] * 2,
            "properties": {name: {"$ref": f"#/components/schemas/{after}"}},
        }
        for name, after in pairwise(names)
    }
    schemas["S39"] = {"type": "object", "oneOf": [{"type": "object", "properties": {"x": {}}}, {"type": "object"}]}
    assert sum(1 for _ in node({"$ref": "#/components/schemas/S0"}, **schemas).walk()) < 5000


def test_great_depths_become_links():
    schemas = {
        f"S{n}": {"type": "object", "properties": {"down": {"$ref": f"#/components/schemas/S{n + 1}"}}}
        for n in range(9)
    }
    schemas["S9"] = {"type": "object", "properties": {"end": {}}}
    deepest = list(node({"$ref": "#/components/schemas/S0"}, **schemas).walk())[-1]
    assert (deepest.cut, deepest.schema) == ("deep", "S2")


def test_missing_references_are_shown_as_missing():
    assert (
        node({"type": "object", "properties": {"a": {"$ref": "#/components/schemas/Gone"}}}).children[0].missing
        == "#/components/schemas/Gone"
    )


def test_other_members_are_shown():
    found = node(
        {
            "type": "object",
            "additionalProperties": {"type": "integer"},
            "patternProperties": {"^x-": {"type": "string"}},
            "prefixItems": [{"type": "null"}],
        }
    )
    assert [child.name for child in found.children] == ["/^x-/", "*", "[0]"]
    assert "No other members" in facts({"type": "object", "additionalProperties": False})

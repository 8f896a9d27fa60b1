import pytest
from jsonschema import Draft202012Validator

from posthouse.guides.openapi.examples import Examples
from posthouse.guides.openapi.refs import Refs
from posthouse.guides.openapi.shapes import Shapes
from posthouse.guides.openapi.source import read_source
from posthouse.guides.openapi.spec import Spec
from posthouse.guides.openapi.values import mapping


def as_2020(value):
    """A 3.0 schema in the dialect the validator knows."""
    if isinstance(value, list):
        return [as_2020(item) for item in value]
    if not isinstance(value, dict):
        return value
    made = {
        name: as_2020(item)
        for name, item in value.items()
        if name not in ("nullable", "example", "discriminator") and (item or name not in ("oneOf", "enum"))
    }
    for inclusive, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        sharp = made.get(exclusive)
        if isinstance(sharp, bool):
            del made[exclusive]
            if sharp:
                made[exclusive] = made.pop(inclusive)
    return {"anyOf": [{"type": "null"}, made]} if value.get("nullable") is True else made


def errors(schema, value, schemas):
    whole = {"components": {"schemas": as_2020(schemas)}, "allOf": [as_2020(schema)]}
    return [error.message for error in Draft202012Validator(whole).iter_errors(value)]


def make(schema, **schemas):
    return Examples(Shapes(Refs({"components": {"schemas": schemas}}))).make(schema)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "integer", "minimum": 5},
        {"type": "integer", "minimum": 5, "exclusiveMinimum": True},
        {"type": "integer", "exclusiveMinimum": 5},
        {"type": "integer", "maximum": -3},
        {"type": "number", "exclusiveMaximum": 0},
        {"type": "number", "minimum": 0.2, "maximum": 0.4},
        {"type": "integer", "multipleOf": 7},
        {"type": "integer", "minimum": 8, "multipleOf": 5},
        {"type": "number", "minimum": 0, "maximum": 1, "exclusiveMaximum": True},
        {"type": "string", "minLength": 30},
        {"type": "string", "maxLength": 2},
        {"type": "string", "format": "uuid"},
        {"type": "string", "pattern": r"^[1-9]\d*$"},
        {"type": "string", "pattern": "^#([0-9a-f]{6})$"},
        {"type": "string", "enum": ["x"]},
        {"const": {"a": [1]}},
        {"type": "array", "items": {"type": "string"}, "minItems": 2},
        {"type": "array", "items": {"enum": [1, 2]}, "uniqueItems": True, "minItems": 2},
        {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}]},
        {"type": ["null", "boolean"]},
        {"type": "string", "nullable": True},
        {"type": "object", "required": ["a", "b"], "properties": {"a": {"type": "string"}}},
        {"type": "object", "additionalProperties": {"type": "integer"}},
        {"oneOf": [{"type": "object", "required": ["a"], "properties": {"a": {"const": 1}}}, {"type": "string"}]},
        {
            "allOf": [
                {"properties": {"a": {"type": "integer"}}},
                {"required": ["a", "b"], "properties": {"b": {"type": "boolean"}}},
            ]
        },
        {"type": "object", "properties": {"me": {"$ref": "#/components/schemas/Loop"}}, "required": ["me"]},
        True,
        {},
    ],
)
def test_what_is_made_is_valid(schema):
    schemas = {
        "Loop": {
            "type": "object",
            "properties": {"loop": {"$ref": "#/components/schemas/Loop"}, "n": {"type": "integer"}},
        }
    }
    assert errors(schema, make(schema, **schemas), schemas) == []


def test_read_only_members_are_not_sent_and_write_only_ones_not_answered():
    schema = {
        "type": "object",
        "properties": {"id": {"type": "string", "readOnly": True}, "secret": {"type": "string", "writeOnly": True}},
    }
    examples = Examples(Shapes(Refs({})))
    assert examples.make(schema, writing=True) == {"secret": "string"}
    assert examples.make(schema) == {"id": "string"}


def test_the_vendors_examples_come_first():
    assert make({"type": "object", "properties": {"a": {"type": "string", "example": "mine"}}}) == {"a": "mine"}
    assert make({"type": "integer", "examples": [7], "default": 3}) == 7
    assert make({"type": "integer", "default": 3}) == 3


def test_hostile_bounds_cost_nothing():
    assert len(make({"type": "string", "minLength": 10**15})) == 5000
    assert len(make({"type": "array", "items": {"type": "string"}, "minItems": 10**15})) == 20
    assert make({"type": "integer", "minimum": 10**400}) == 10**400
    assert make({"type": "string", "pattern": "^(a+)+$", "minLength": 100})
    assert make({"type": "string", "pattern": "("}) == "string"


def test_discriminators_are_filled_in(small):
    pet = Spec(small).example("Pet")
    assert pet["food"]["of"] == "fish"
    assert errors({"$ref": "#/components/schemas/Pet"}, pet, small["components"]["schemas"]) == []


def made_examples(spec):
    for slug in spec.heads:
        operation = spec.operation(slug)
        item = spec.item(slug)[2][operation.method]
        responses = spec.responses(slug)
        groups = [
            (
                mapping(spec.refs.follow(item.get("requestBody")).value.get("content")),
                operation.body.media if operation.body else [],
            )
        ]
        groups += [
            (mapping(responses[answer.status.lower()].get("content")), answer.media) for answer in operation.answers
        ]
        for raw, media in groups:
            for medium in media:
                for example in medium.examples:
                    if example.made:
                        yield slug, mapping(raw[medium.type]).get("schema"), example.value


@pytest.mark.slow
def test_nearly_all_examples_made_for_the_real_documents_are_valid(real):
    """The rest are the documents' own faults, such as an example of theirs that does not fit its schema."""
    spec = Spec(read_source(real).content)
    schemas = spec.content["components"]["schemas"]
    validator = Draft202012Validator({"components": {"schemas": as_2020(schemas)}})
    counted, wrong = 0, []
    for slug, schema, value in made_examples(spec):
        counted += 1
        found = validator.evolve(schema={"components": validator.schema["components"], "allOf": [as_2020(schema)]})
        wrong += [(slug, error.json_path, error.message[:120]) for error in found.iter_errors(value)][:1]
    assert counted > 100
    assert len(wrong) <= counted * 0.03, wrong

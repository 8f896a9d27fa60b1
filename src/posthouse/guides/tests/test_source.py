import json

import pytest

from posthouse.guides.openapi import source
from posthouse.guides.openapi.check import check
from posthouse.guides.openapi.findings import ImportRefused
from posthouse.guides.openapi.source import read_source


def refused(given):
    try:
        check(read_source(given if isinstance(given, bytes) else given.encode()).content)
    except ImportRefused as error:
        return error.findings
    return pytest.fail("it was not refused")


def test_json_and_yaml_say_the_same():
    as_yaml = b"""
openapi: 3.1.0
info: {title: A, version: 1.0}
paths:
  /a:
    get:
      responses:
        200: {description: on}
"""
    content = read_source(as_yaml).content
    assert content["paths"]["/a"]["get"]["responses"] == {"200": {"description": "on"}}
    assert read_source(json.dumps(content).encode()).content == content


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("2026-01-01", "2026-01-01"),
        ("yes", "yes"),
        ("12:30:45", "12:30:45"),
        ("0777", "0777"),
        ("true", True),
        ("~", None),
        ("1.5", 1.5),
        (".nan", ".nan"),
        ("1e3", 1000.0),
        ("-7", -7),
    ],
)
def test_yaml_values_mean_what_json_means(written, value):
    assert read_source(f"a: {written}".encode()).content == {"a": value}


def test_a_place_is_named_where_the_text_is_broken():
    (found,) = refused('{"openapi": "3.1.0",\n  "info": {,}}')
    assert found.code == "json-broken"
    assert found.where == "line 2, column 12"
    (found,) = refused("openapi: 3.1.0\ninfo: [")
    assert found.code == "yaml-broken"
    assert found.where.startswith("line ")


def test_yaml_bombs_are_refused_before_they_are_built():
    bomb = "a: &a [1,2,3]\nb: &b [*a,*a]\nc: [*b,*b]\n"
    (found,) = refused(bomb)
    assert (found.code, found.values["alias"]) == ("yaml-alias", "a")


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"\xff\xfe{}", "not-utf8"),
        (b"[]", "not-object"),
        (b"just text", "not-object"),
        (b'{"a": NaN}', "json-broken"),
        (b'{"a": %s}' % (b"9" * 6000), "json-broken"),
        (b"[" * 100_000, "too-deep"),
        (b'{"a":' * 500 + b"1" + b"}" * 500, "too-deep"),
        (b"a: " + b"[" * 300 + b"]" * 300, "too-deep"),
        (b"a: 1\n---\nb: 2\n", "yaml-documents"),
        (b"a: !!python/object:os.system {}", "yaml-broken"),
        (b"? [1]\n: 2", "yaml-broken"),
        (b'{"swagger": "2.0"}', "swagger"),
        (b"{}", "no-version"),
        (b'{"openapi": "4.0.0"}', "other-version"),
        (b'{"openapi": "3.1.0", "paths": {}}', "no-operations"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_reason(given, code):
    found = refused(given)
    assert found[0].code == code
    assert found[0].reason


def test_a_document_that_is_too_large_is_refused(monkeypatch):
    monkeypatch.setattr(source, "MAX_BYTES", 1024 * 1024)
    (found,) = refused(b" " * (1024 * 1024 + 1))
    assert found.reason == "The document is larger than 1 MB."


def test_swagger_2_comes_with_advice():
    assert "swagger2openapi" in refused('{"swagger": "2.0"}')[0].reason


def test_what_no_database_carries_is_replaced():
    content = read_source(b'{"a\\u0000b": "\\ud800x"}').content
    assert content == {"a\ufffdb": "\ufffdx"}


def test_a_name_written_twice_is_noted():
    (note,) = read_source(b'{"a": 1, "a": 2}').notes
    assert "“a”" in note.reason


def test_external_references_are_refused_with_their_places(small):
    small["paths"]["/pets"]["get"]["responses"]["200"] = {"$ref": "other.yaml#/x"}
    (found,) = refused(json.dumps(small))
    assert found.where == "paths › /pets › get › responses › 200"
    assert "other.yaml" in found.reason


def test_broken_and_circular_references_are_only_noted(small):
    small["components"]["schemas"]["A"] = {"$ref": "#/components/schemas/B"}
    small["components"]["schemas"]["B"] = {"$ref": "#/components/schemas/A"}
    small["components"]["schemas"]["C"] = {"$ref": "#/components/schemas/Nowhere"}
    notes = check(small)
    assert {note.code for note in notes if note.code.startswith("ref-")} == {"ref-circle", "ref-broken"}


def test_data_may_contain_what_looks_like_references(small):
    pet = small["components"]["schemas"]["Pet"]["properties"]
    pet["name"] |= {"example": {"$ref": "http://elsewhere"}, "default": {"$ref": "#/no"}, "enum": [{"$ref": "x"}]}
    pet["$ref"] = {"type": "string"}
    pet["example"] = {"type": "object", "properties": {"default": {"$ref": "#/components/schemas/Owner"}}}
    assert check(small) == []


def test_flaws_are_noted_with_their_places(small):
    small["paths"]["/pets/{pet_id}"]["get"] |= {"operationId": "listPets", "parameters": "none", "responses": {}}
    small["paths"]["nowhere"] = {"get": {"responses": {"200": {"description": ""}}}}
    small["paths"]["/broken"] = 7
    small["info"] = []
    codes = [note.code for note in check(small)]
    assert sorted(codes) == sorted(
        [
            "no-title",
            "wrong-kind",
            "repeated-id",
            "no-responses",
            "wrong-kind",
            "no-parameter",
            "no-path-slash",
            "wrong-kind",
        ]
    )


def test_references_into_true_and_false_schemas_lead_somewhere(small):
    small["components"]["schemas"] |= {
        "Any": True,
        "None": False,
        "Both": {"allOf": [{"$ref": "#/components/schemas/Any"}]},
    }
    assert check(small) == []

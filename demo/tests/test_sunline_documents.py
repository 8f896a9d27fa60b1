"""The OpenAPI document and the written pages say what the running API does."""

import json
import re
from typing import Any

import pytest

from sunline.docs import page_names, read_page
from sunline.errors import CODES, LANGUAGES
from sunline.openapi import document
from sunline.settings import Settings
from sunline.write_docs import errors_page

DOCUMENT = document(Settings("http://127.0.0.1:8001"))


def resolve(node: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in node:
        return node
    target: Any = DOCUMENT
    for step in node["$ref"].removeprefix("#/").split("/"):
        target = target[step]
    return dict(target)


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method.upper(), path, operation)
        for path, methods in DOCUMENT["paths"].items()
        for method, operation in methods.items()
    ]


def references(node: object) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [found for value in node.values() for found in references(value)]
    if isinstance(node, list):
        return [found for value in node for found in references(value)]
    return []


def test_it_is_served_with_its_own_address(sunline):
    served = sunline.get("/openapi.json").json

    assert served["openapi"] == "3.1.0"
    assert served["servers"][0]["url"] == sunline.url
    assert served["paths"].keys() == DOCUMENT["paths"].keys()


def test_every_reference_leads_somewhere():
    for reference in references(DOCUMENT):
        assert resolve({"$ref": reference})


def test_every_operation_is_described_with_all_its_failures():
    for _, path, operation in operations():
        assert operation["summary"]
        assert operation["description"]
        assert operation["operationId"]
        for status, response in operation["responses"].items():
            if status == "200":
                continue
            codes = response["x-error-codes"]
            assert codes, (path, status)
            for code, words in codes.items():
                assert str(CODES[code].status) == status
                assert words.keys() == {"title", "description", "fix", "docs", "translations"}
        assert ("429" in operation["responses"]) == ("security" not in operation)


def test_no_code_is_left_out_of_the_document():
    described = set(re.findall(r"errors#([a-z-]+)", json.dumps(DOCUMENT)))

    assert described == set(CODES) - {"route-unknown", "method-not-allowed"}


@pytest.mark.parametrize(("method", "path", "operation"), operations(), ids=lambda value: str(value)[:24])
def test_examples_are_what_the_api_answers(sunline, method, path, operation):
    parameters = [resolve(parameter) for parameter in operation["parameters"]]
    query = {p["name"]: p["example"] for p in parameters if p["in"] == "query" and "example" in p}
    address = path.replace("{place_id}", "madrid-spain")
    if method == "POST":
        body = operation["requestBody"]["content"]["application/json"]["examples"]["Mixed"]["value"]
        answer = sunline.post_json(address, body)
    else:
        if path == "/v1/sun/range":
            query |= {"limit": 2, "tz": "UTC"}
        answer = sunline.get(address, **query)

    assert answer.status == 200
    example = next(iter(operation["responses"]["200"]["content"]["application/json"]["examples"].values()))
    expected = json.loads(json.dumps(example["value"]).replace("http://127.0.0.1:8001", sunline.url))
    assert answer.json == expected


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_of_errors_is_up_to_date(language):
    assert read_page(language, "errors") == errors_page(language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_links_between_pages_lead_somewhere(language):
    for name in page_names():
        for page, anchor in re.findall(r"\]\(([\w-]+)\.md(?:#([\w-]+))?\)", read_page(language, name)):
            target = read_page(language, page)
            assert not anchor or f"## {anchor}\n" in target


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_answer_shown_in_getting_started_is_true(sunline, language):
    shown = re.findall(r"```json\n(.*?)```", read_page(language, "getting-started"), re.DOTALL)[0]

    answer = sunline.get("/v1/sun", lat=40.42, lon="-3.70", date="2026-11-22", tz="Europe/Madrid")
    assert json.loads(shown) == answer.json


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", page_names())
def test_pages_are_served_as_html_and_as_markdown(sunline, language, name):
    assert "<h1" in sunline.get(f"/docs/{language}/{name}").body.decode()
    assert sunline.get(f"/docs/{language}/{name}.md").body.decode() == read_page(language, name)


def test_the_type_of_a_problem_is_a_place_on_a_page(sunline):
    address, _, anchor = sunline.get("/v1/sun").json["type"].partition("#")

    page = sunline.request("GET", address.removeprefix(sunline.url)).body.decode()
    assert f'id="{anchor}"' in page

"""The real documents come through whole: counted in the raw JSON and in the finished pages, and compared."""

import json

import pytest

from posthouse.guides import parts, queries
from posthouse.guides.tests.counting import look_up, members, operations, parameters, resolved
from posthouse.guides.tests.dom import parse

pytestmark = pytest.mark.django_db


def shown_members(elements):
    """Name to elements of the properties right under these: forms of a value are looked through."""
    found = {}
    for element in elements:
        for prop in element.all("li", "prop", into=lambda child: "prop" not in child.classes):
            if "form-of" in prop.classes:
                for name, inner in shown_members([prop]).items():
                    found.setdefault(name, []).extend(inner)
            else:
                found.setdefault(prop.one("code", "name").text, []).append(prop)
    return found


def ends(elements):
    """Schemas whose pages the reader is sent to, because the tree is cut in one of these elements (forms included)."""
    here = []
    for element in elements:
        into = lambda child: "prop" not in child.classes or "form-of" in child.classes  # noqa: E731
        here += [one.attributes["hx-get"].split("/")[3] for one in element.all("details", "deeper", into=into)]
        here += ["above" for one in element.all("p", into=into) if one.text.startswith("The same as above")]
    return here


def compare(content, spec, schemas, elements, place):
    """All properties of the schemas are on the page, at every depth, down to where it links to a schema's page."""
    raw, shown = members(content, schemas), shown_members(elements)
    cut = ends(elements)
    for slug in cut:
        assert slug == "above" or slug in spec.schemas, (place, slug)
    if cut:
        assert set(shown) <= set(raw), place
    else:
        assert set(shown) == set(raw), place
    return len(shown) + sum(compare(content, spec, raw[name], shown[name], (*place, name)) for name in shown)


def compare_media(content, spec, given, element, place):
    """Media types, and the schema of each."""
    shown = {one.one("code").text: one for one in element.all("div", "medium")} if element else {}
    assert set(shown) == set(given), place
    return sum(
        compare(content, spec, [given[name]["schema"]], [medium], (*place, name))
        for name, medium in shown.items()
        if "schema" in given[name]
    )


def compare_operation(content, published, head, item, operation):
    """The page of an operation against the document; returns how many properties were compared."""
    text, _examples = parts.operation(published, head)
    page = parse(text)
    place = (head.method, head.path)
    titles = {
        "path": "path-parameters",
        "query": "query-parameters",
        "header": "header-parameters",
        "cookie": "cookie-parameters",
    }
    shown = set()
    for where, anchor in titles.items():
        heading = next((one for one in page.all("section") if one.by_id(anchor) is not None), None)
        shown |= {(where, name) for name in shown_members([heading])} if heading else set()
    assert shown == parameters(content, item, operation), place
    answers = {one.attributes["id"].removeprefix("answer-"): one for one in page.all("details", "answer")}
    given = {status.lower(): resolved(content, one) for status, one in operation["responses"].items()}
    assert set(answers) == set(given), place
    count = 0
    for status, answer in answers.items():
        headers = [one for one in answer.all("details") if one.one("summary").text.endswith(("header", "headers"))]
        assert {name for one in headers[:1] for name in shown_members([one])} == set(
            given[status].get("headers", {})
        ), place
        count += compare_media(content, published.spec, given[status].get("content", {}), answer, (*place, status))
    if "requestBody" in operation:
        body = next(one for one in page.all("section") if one.by_id("body") is not None)
        content_of_body = resolved(content, operation["requestBody"])["content"]
        count += compare_media(content, published.spec, content_of_body, body, (*place, "body"))
    return count


@pytest.mark.mission("J2.4")
@pytest.mark.slow
def test_every_operation_of_a_real_document_comes_through_whole(real, publish):
    publish(real)
    published = queries.published()
    content = json.loads(real)
    heads = {(head.method, head.path): head for head in published.spec.heads.values() if not head.webhook}
    listed = list(operations(content))
    assert set(heads) == {(method, path) for method, path, *_ in listed}
    assert len(listed) in (296, 242, 223)
    count = sum(
        compare_operation(content, published, heads[method, path], item, operation)
        for method, path, item, operation in listed
    )
    assert count > 10_000


@pytest.mark.mission("J2.4")
def test_some_operations_of_a_real_document_come_through_whole(real, publish):
    publish(real)
    published = queries.published()
    content = json.loads(real)
    heads = {(head.method, head.path): head for head in published.spec.heads.values() if not head.webhook}
    assert len(heads) == len(list(operations(content)))
    for method, path, item, operation in list(operations(content))[::25]:
        compare_operation(content, published, heads[method, path], item, operation)


@pytest.mark.slow
def test_every_schema_of_a_real_document_has_a_whole_page(real, publish):
    publish(real)
    published = queries.published()
    content = json.loads(real)
    schemas = content["components"]["schemas"]
    assert set(published.spec.schemas.values()) == set(schemas)
    for name, schema in schemas.items():
        text, _example = parts.schema(published, name)
        page = parse(text)
        assert set(shown_members([page])) == set(members(content, [schema], (f"#/components/schemas/{name}",))), name
        compare(content, published.spec, [schema], [page], (name,))


def test_the_counting_itself_counts():
    content = {
        "components": {"schemas": {"A": {"properties": {"x": {}, "me": {"$ref": "#/components/schemas/A"}}}}},
    }
    found = members(content, [{"allOf": [{"$ref": "#/components/schemas/A"}, {"items": {"properties": {"y": {}}}}]}])
    assert set(found) == {"x", "me", "y"}
    assert look_up(content, "#/components/schemas/A")["properties"]["x"] == {}

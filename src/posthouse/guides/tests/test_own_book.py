"""The reference of our own API: the same pages at another address; neither book holds anything of the other."""

import json
import re

import pytest

from posthouse.config.http_api import api
from posthouse.guides import book
from posthouse.vendor import queries as vendor
from posthouse.vendor.models import Vendor

pytestmark = [pytest.mark.django_db, pytest.mark.mission("S15")]
OURS = "/docs/posthouse/"


@pytest.fixture
def support(db):
    """The vendor has an address for support, and one of its API."""
    vendor.forget()
    fields = {"support_email": "help@vendor.example", "api_base_url": "https://api.vendor.example"}
    Vendor.objects.update_or_create(pk=1, defaults=fields)
    yield
    vendor.forget()


def test_every_route_of_the_api_has_a_page_that_opens(client):
    _document, spec = book.own_document()
    routes = {
        (method.lower(), "/api/v1/" + "/".join(part.strip("/") for part in (prefix, path) if part.strip("/")))
        for prefix, router in api._routers
        for path, view in router.path_operations.items()
        for operation in view.operations
        for method in operation.methods
    }
    listed = {(head.method, re.sub(r"{\w+:", "{", head.path)): head.slug for head in spec.heads.values()}
    assert {(method, re.sub(r"{\w+:", "{", path)) for method, path in routes} <= set(listed)
    surveys = [slug for (_method, path), slug in listed.items() if "/survey" in path or "/webhook" in path]
    assert len(surveys) > 30
    for slug in surveys:
        assert client.get(f"{OURS}reference/{slug}/").status_code == 200
        assert client.get(f"{OURS}reference/{slug}.md").status_code == 200
    for head in spec.heads.values():
        if head.webhook:
            assert client.get(f"{OURS}reference/{head.slug}/").status_code == 200


def test_pages_speak_of_our_own_address_and_token(client, support, settings):
    shown = client.get(f"{OURS}reference/send-survey/").content.decode()
    assert settings.PUBLIC_URL in shown
    assert "api.vendor.example" not in shown
    assert "POSTHOUSE_TOKEN" in shown
    text = client.get(f"{OURS}reference/send-survey.md").content.decode()
    assert "POSTHOUSE_TOKEN" in text
    for title in ("curl", "Python", "JavaScript", "Go", "Ruby", "PHP", "Java"):
        assert f"## {title}" in text


def test_the_two_books_know_nothing_of_each_other(client, publish, small):
    publish(json.dumps(small).encode())
    home = client.get(OURS).content.decode()
    assert f'href="{OURS}reference/send-survey/"' in home
    assert "add-pet" not in home
    assert "docs/quickstart" not in home.partition('id="docs-menu"')[2].partition("</article>")[0]
    vendors = client.get("/docs/").content.decode()
    assert "add-pet" in vendors
    assert "send-survey" not in vendors
    assert client.get("/docs/reference/send-survey/").status_code == 404
    assert client.get(f"{OURS}reference/add-pet/").status_code == 404
    found = client.get(f"{OURS}search/?q=redeliver").content.decode()
    assert f"{OURS}reference/" in found
    assert "add-pet" not in client.get(f"{OURS}search/?q=pets").content.decode()


def test_links_within_a_book_stay_in_it(client):
    shown = client.get(f"{OURS}reference/list-survey-responses/").content.decode()
    inside = re.findall(r'href="(/docs/[^"]+)"', shown.partition("<article")[2])
    assert inside
    assert all(address.startswith((OURS, "/docs/problems/")) for address in inside)
    schemas = client.get(f"{OURS}schemas/").content.decode()
    one = re.search(rf'href="({OURS}schemas/[^"]+/)"', schemas)[1]
    assert client.get(one).status_code == 200


def test_the_document_is_handed_out_with_its_webhooks(client):
    document = client.get(f"{OURS}openapi.json").json()
    assert document["paths"]["/api/v1/webhooks"]["post"]["operationId"] == "make_webhook"
    assert "survey.response.created" in document["webhooks"]


def test_support_is_asked_with_the_operation_filled_in(client, support):
    shown = client.get(f"{OURS}reference/send-survey/").content.decode()
    begun = re.search(r'href="(mailto:[^"]+)"', shown)[1]
    assert begun.startswith("mailto:help@vendor.example?subject=")
    assert "POST%20%2Fapi%2Fv1%2Fsurveys%2F%7Bcampaign_id%7D%2Fsends" in begun


def test_without_an_address_nobody_is_asked(client):
    assert "mailto:" not in client.get(f"{OURS}reference/send-survey/").content.decode().partition("<article")[2]


def test_reading_our_own_book_is_no_reading_of_the_vendors(client, django_assert_max_num_queries):
    client.get(f"{OURS}reference/send-survey/")
    with django_assert_max_num_queries(2):
        client.get(f"{OURS}reference/send-survey/")

import cProfile
import json
import re

import pytest
from django.test import Client

from posthouse.guides import actions, models, queries, remember
from posthouse.guides.tests.dom import parse
from posthouse.people import actions as people
from posthouse.people.models import User
from posthouse.timeline.models import Event

pytestmark = pytest.mark.django_db
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def get(client, path, status=200, **headers):
    response = client.get(path, **headers)
    assert response.status_code == status, path
    return response.content.decode()


@pytest.fixture
def reader():
    """A signed-in contact with a customer."""
    user = User.objects.create_user("reader@orrery.example", "x")
    contact = people.open_account(user=user, name="Rea Reader")
    customer = people.found_customer(name="Orrery", owner=contact)
    client = Client()
    client.force_login(user, backend=BACKEND)
    client.contact, client.customer = contact, customer
    return client


def test_before_there_is_a_document_pages_say_so(client):
    assert "The reference will stand here" in get(client, "/docs/")
    assert "The quickstart will stand here" in get(client, "/docs/quickstart/")
    for path in (
        "/docs/reference/x/",
        "/docs/reference/x.md",
        "/docs/schemas/",
        "/docs/schemas/X/",
        "/docs/openapi.json",
        "/docs/guides/x/",
    ):
        get(client, path, 404)
    assert "Nothing was found" in get(client, "/docs/search/?q=pet")


def test_the_overview_lists_all_tags_and_operations(client, publish, small):
    publish(small)
    html = get(client, "/docs/")
    parse(html)
    assert "<strong>kept</strong>" in html
    for words in (
        "List pets",
        "/pets/{pet_id}",
        "All about pets",
        "petBorn",
        "https://{region}.pets.example/v2",
        "X-Key",
    ):
        assert words in html


def test_an_operations_page_has_everything(client, publish, small):
    publish(small)
    html = get(client, "/docs/reference/list-pets/")
    page = parse(html)
    assert page.one("h1").text == "List pets"
    assert {one.text for one in page.all("code", "name")} >= {
        "limit",
        "ids",
        "X-Trace",
        "X-Next",
        "kind",
        "weight",
        "owner",
        "email",
    }
    assert [one.attributes["id"] for one in page.all("details", "answer")] == [
        "answer-200",
        "answer-4xx",
        "answer-default",
    ]
    assert "curl" in html
    assert "https://eu.pets.example/v2/pets" in html
    current = [one for one in page.all("a") if one.attributes.get("aria-current") == "page"]
    assert [one.attributes["href"] for one in current] == ["/docs/reference/list-pets/"]
    assert "open" in page.by_id("nav-pets").attributes


def test_forms_constants_callbacks_and_webhooks_are_shown(client, publish, small):
    publish(small)
    html = get(client, "/docs/reference/add-pet/")
    assert "{$request.body#/callback}" in html
    assert "amount" in html
    assert "Purrs" in html
    assert "One of these" in html
    assert "fish" in html
    assert "petBorn" in get(client, "/docs/reference/post-pet-born/")
    assert "deprecated" in get(client, "/docs/reference/get-pets-pet-id/")


def test_error_codes_are_in_the_readers_language(client, publish, small):
    publish(small)
    assert "There is no such pet" in get(client, "/docs/reference/get-pets-pet-id/")
    html = get(client, "/docs/reference/get-pets-pet-id/", headers={"accept-language": "es"})
    assert "No existe esa mascota" in html
    assert "Qué hacer" in html
    assert "Parámetros de la ruta" in html


def test_missing_references_are_shown_as_missing(client, publish, small):
    small["paths"]["/pets"]["get"]["responses"]["200"] = {"$ref": "#/components/responses/Gone"}
    small["paths"]["/pets"]["get"]["parameters"].append({"$ref": "#/components/parameters/Lost"})
    publish(small)
    html = get(client, "/docs/reference/list-pets/")
    assert "#/components/responses/Gone" in html
    assert "#/components/parameters/Lost" in html


def test_the_vendors_html_is_cleaned_everywhere(client, publish, small):
    evil = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    published = json.loads(json.dumps(small).replace('"Pets"', json.dumps(evil)))
    for holder in (published["info"], published["paths"]["/pets"]["get"], published["components"]["schemas"]["Pet"]):
        holder["title"] = holder["summary"] = holder["description"] = evil
    published["components"]["schemas"]["Pet"]["properties"][evil] = {
        "type": evil,
        "default": evil,
        "description": evil,
        "enum": [evil],
    }
    publish(published)
    for path in (
        "/docs/",
        "/docs/reference/list-pets/",
        "/docs/reference/add-pet/",
        "/docs/schemas/Pet/",
        "/docs/search/?q=alert",
        "/docs/quickstart/",
    ):
        html = get(client, path)
        assert "<script>alert" not in html
        assert "<img" not in html
        parse(html)


def test_links_lead_to_the_web_or_to_guides(client, publish, small):
    operation = small["paths"]["/pets/{pet_id}"]["get"]
    operation["externalDocs"] = {"url": "javascript:alert(1)"}
    operation["responses"]["404"]["x-error-codes"]["evil"] = {"title": "Evil", "docs": "javascript:alert(1)"}
    publish(small)
    html = get(client, "/docs/reference/get-pets-pet-id/")
    assert "javascript:" not in html
    assert 'href="https://pets.example/errors#pet-unknown"' in html
    models.GuidePage.objects.create(slug="errors", language="en", title="Errors", body="")
    assert 'href="/docs/guides/errors/#pet-unknown"' in get(client, "/docs/reference/get-pets-pet-id/")


def test_a_schema_has_a_page_and_opens_in_place(client, publish, small):
    publish(small)
    html = get(client, "/docs/schemas/Pet/")
    assert "parents" in html
    assert "List pets" in html, "who uses it"
    part = get(client, "/docs/schemas/Pet/?part=members")
    assert part.startswith("<ul")
    assert "<html" not in part
    get(client, "/docs/schemas/Nope/", 404)
    assert "Owner" in get(client, "/docs/schemas/")


def test_an_operation_as_markdown(client, publish, small):
    publish(small)
    response = client.get("/docs/reference/list-pets.md")
    assert response["Content-Type"].startswith("text/markdown")
    text = response.content.decode()
    assert text.startswith("# List pets\n\n`GET https://eu.pets.example/v2/pets`")
    assert "- `limit` (integer): \n  - Range: `≥ 1, ≤ 100`" in text
    assert "```python" in text


def test_the_document_can_be_downloaded(client, publish, small):
    publish(small)
    assert json.loads(get(client, "/docs/openapi.json")) == small


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("list pets", "List pets"),
        ("LIST", "List pets"),
        ("limit", "List pets"),
        ("owner", "Owner"),
        ("pet-unknown", "GET /pets/{pet_id}"),
        ("/pets/{pet_id}", "GET /pets/{pet_id}"),
        ("getting", "Getting started"),
    ],
)
def test_search_finds_operations_parameters_schemas_codes_and_guides(client, publish, small, question, first):
    publish(small)
    models.GuidePage.objects.create(
        slug="getting-started", language="en", title="Getting started", body="Begin **here**."
    )
    found = parse(
        get(client, "/docs/search/", headers={})
        if not question
        else client.get("/docs/search/", {"q": question}).content.decode()
    )
    assert next(found.all("span", "found-title")).text == first


@pytest.mark.parametrize("question", ["%00", "a" * 5000, "%22%3E%3Cscript%3E", "%F0%9F%A6%86", "+++", "a " * 100])
def test_search_takes_anything(client, publish, small, question):
    publish(small)
    assert "<script>" not in get(client, f"/docs/search/?q={question}")


def test_search_while_typing_answers_with_a_part(client, publish, small):
    publish(small)
    html = get(client, "/docs/search/?q=pet", headers={"hx-request": "true"})
    assert html.startswith("<ul")
    assert get(client, "/docs/search/?q=", headers={"hx-request": "true"}).strip() == ""


@pytest.mark.mission("J2.4")
def test_the_quickstart_begins_with_a_call_that_works(client, publish, sunline):
    publish(sunline)
    html = get(client, "/docs/quickstart/")
    assert "http://127.0.0.1:8001/v1/moon" in html or "http://127.0.0.1:8001/v1/sun" in html
    assert "SUNLINE_KEY" in html
    spanish = get(client, "/docs/quickstart/", headers={"accept-language": "es"})
    assert "quota-exceeded" in spanish
    assert "Too many calls" not in spanish
    samples = queries.quickstart_samples("https://api.example.org/", "sun_test_abc", "en")
    assert [title for _, title, _ in samples] == ["curl", "Python", "JavaScript", "Go", "Ruby", "PHP", "Java"]
    assert all("https://api.example.org/v1/" in code and "sun_test_abc" in code for _, _, code in samples)


def test_the_operation_marked_for_the_quickstart_is_taken(publish, small):
    small["paths"]["/pets"]["post"]["x-quickstart"] = True
    publish(small)
    assert queries.published().spec.first_call.slug == "add-pet"
    assert queries.quickstart_samples("", "", "en")[0][2].startswith('curl "https://eu.pets.example/v2/pets"')


def test_reading_is_announced_once_a_day_for_each_page(reader, publish, small, time_machine):
    publish(small)
    time_machine.move_to("2026-11-22T10:00:00Z")
    for path in ("/docs/reference/list-pets/", "/docs/reference/list-pets/", "/docs/reference/add-pet/", "/docs/"):
        get(reader, path)
    actions.forget_readings()
    get(reader, "/docs/reference/list-pets/")
    time_machine.move_to("2026-11-23T10:00:00Z")
    get(reader, "/docs/reference/list-pets/")
    events = Event.objects.filter(type="guide.read").order_by("position")
    assert [event.data["page"] for event in events] == [
        "reference/list-pets",
        "reference/add-pet",
        "reference/list-pets",
    ]
    assert {(event.customer_id, event.contact_id) for event in events} == {(reader.customer.pk, reader.contact.pk)}
    assert events[0].data["title"] == "List pets"


def test_visitors_and_the_team_announce_nothing(client, publish, small):
    publish(small)
    get(client, "/docs/reference/list-pets/")
    user = User.objects.create_user("admin@vendor.example", "x")
    people.add_team_member(user=user, role="admin")
    client.force_login(user, backend=BACKEND)
    get(client, "/docs/reference/list-pets/")
    assert not Event.objects.filter(type="guide.read").exists()


@pytest.mark.parametrize(
    "path", ["/docs/", "/docs/reference/get-files-id/", "/docs/schemas/", "/docs/schemas/File/", "/docs/search/?q=file"]
)
def test_pages_take_few_queries_however_large_the_document(client, publish, box, path, django_assert_max_num_queries):
    publish(box)
    get(client, path)
    with django_assert_max_num_queries(4):
        get(client, path)


def test_reading_again_takes_no_write(reader, publish, small, django_assert_max_num_queries):
    publish(small)
    get(reader, "/docs/reference/list-pets/")
    with django_assert_max_num_queries(12) as taken:
        get(reader, "/docs/reference/list-pets/")
    assert not [query["sql"] for query in taken.captured_queries if re.match(r"INSERT|UPDATE|SAVEPOINT", query["sql"])]


@pytest.mark.slow
def test_a_large_document_makes_pages_hardly_slower(client, publish, box, small):
    """Calls of functions: a page of the document with 296 operations against one of the document with four."""
    publish(small)
    little = _work(client, "/docs/reference/list-pets/")
    publish(box)
    remember.parts.clear()
    much = _work(client, "/docs/reference/put-files-id/")
    assert much < 6 * little


def _work(client, path):
    """How many functions are called for a page that was asked for before: the same on any machine."""
    get(client, path)
    with cProfile.Profile() as profile:
        get(client, path)
    return sum(entry.callcount for entry in profile.getstats())


def test_guides_come_from_a_folder(client, tmp_path, publish, small):
    publish(small)
    for name, text in {
        "en/getting-started.md": "# Getting\n\n[errors](errors.md#a-1), [this](https://x.example).\n\n## First\n",
        "en/errors.md": "# Errors\n\n## A 1\n",
        "es/errors.md": "# Errores\n\nHola.",
        "en/alpha.md": "no title",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    actions.import_pages(folder=tmp_path)
    html = get(client, "/docs/guides/getting-started/")
    assert 'href="/docs/guides/errors/#a-1"' in html
    assert '<h2 id="first">First</h2>' in html
    assert [page.slug for page in queries.guide_pages("en")] == ["getting-started", "alpha", "errors"]
    assert "Errores" in get(client, "/docs/guides/errors/", headers={"accept-language": "es"})
    assert "aún no está en tu idioma" in get(client, "/docs/guides/alpha/", headers={"accept-language": "es"})
    actions.import_pages(folder=tmp_path)
    assert models.GuidePage.objects.count() == 4

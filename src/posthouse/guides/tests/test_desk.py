import io
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client

from posthouse.guides import models, queries
from posthouse.people import actions as people
from posthouse.people.models import User

pytestmark = pytest.mark.django_db
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def member(role):
    user = User.objects.create_user(f"{role}@vendor.example", "x")
    people.add_team_member(user=user, role=role)
    client = Client()
    client.force_login(user, backend=BACKEND)
    return client


@pytest.fixture
def engineer():
    return member("engineer")


def upload(client, content, name="api.json"):
    source = content if isinstance(content, bytes) else json.dumps(content).encode()
    return client.post("/desk/guides/", {"file": SimpleUploadedFile(name, source)})


def test_a_document_is_looked_at_then_published(engineer, small):
    response = upload(engineer, small)
    document = models.Document.objects.get()
    assert response["Location"] == f"/desk/guides/{document.pk}/"
    assert queries.published() is None
    page = engineer.get(response["Location"]).content.decode()
    assert "4 operations and 5 schemas were found" in page
    assert "List pets" in page
    engineer.post(f"/desk/guides/{document.pk}/publish/")
    assert queries.published().document.pk == document.pk
    assert document.imported_by.startswith("team:")


def test_going_back_and_what_changes(engineer, small, publish):
    first = publish(small)
    del small["paths"]["/pets"]["post"]
    small["paths"]["/owners"] = {"get": {"responses": {"200": {"description": "x"}}}}
    upload(engineer, small)
    second = models.Document.objects.get(is_current=False)
    page = engineer.get(f"/desk/guides/{second.pk}/").content.decode()
    assert "1 operations are new, 1 are gone, 3 stay." in page
    engineer.post(f"/desk/guides/{second.pk}/publish/")
    engineer.post(f"/desk/guides/{first.pk}/publish/")
    assert queries.published().document.pk == first.pk
    assert "Go back to this one" in engineer.get(f"/desk/guides/{second.pk}/").content.decode()


def test_deleting_asks_first_and_spares_what_is_shown(engineer, small, publish):
    shown = publish(small)
    small["info"]["version"] = "2"
    upload(engineer, small)
    other = models.Document.objects.get(is_current=False)
    assert engineer.get(f"/desk/guides/{other.pk}/delete/").status_code == 200
    assert models.Document.objects.count() == 2
    engineer.post(f"/desk/guides/{other.pk}/delete/")
    engineer.post(f"/desk/guides/{shown.pk}/delete/")
    assert [row.pk for row in models.Document.objects.all()] == [shown.pk]
    assert engineer.get("/desk/guides/doc_nothing/").status_code == 404


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "Choose a file or paste the text."),
        (b"{", "line 1, column 2"),
        (b'{"swagger": "2.0"}', "swagger2openapi"),
        (b"a: &x 1\nb: *x", "line 2, column 4"),
        (b"\xff", "not UTF-8"),
    ],
)
def test_a_refused_document_says_where_and_why(engineer, content, words):
    response = (
        engineer.post("/desk/guides/", {"text": content.decode("latin-1")})
        if content == b""
        else upload(engineer, content)
    )
    assert response.status_code == 422
    assert words in response.content.decode()
    assert not models.Document.objects.exists()


def test_a_document_can_be_pasted(engineer, small):
    assert engineer.post("/desk/guides/", {"text": json.dumps(small)}).status_code == 302
    assert models.Document.objects.get().title == "Petstore API"


def test_notes_are_shown_in_the_readers_language(engineer, small):
    small["components"]["schemas"]["Odd"] = {"$ref": "#/components/schemas/Gone"}
    upload(engineer, small)
    path = f"/desk/guides/{models.Document.objects.get().pk}/"
    assert "leads nowhere" in engineer.get(path).content.decode()
    assert "no lleva a ninguna parte" in engineer.get(path, headers={"accept-language": "es"}).content.decode()


@pytest.mark.parametrize("role", ["support", "analyst", "auditor"])
def test_other_roles_may_not(role):
    assert member(role).get("/desk/guides/").status_code == 403


def test_the_same_document_again_is_the_same(small, publish):
    first = publish(small)
    assert publish(json.dumps(small, indent=4).encode()).pk == first.pk
    assert models.Document.objects.count() == 1


@pytest.fixture
def token():
    def make(*scopes):
        user = User.objects.create_user(f"bot{len(scopes)}@vendor.example", "x")
        owner = people.add_team_member(user=user, role="engineer")
        return people.make_token(owner=owner, name="bot", scopes=list(scopes))[1]

    return make


def put(client, token, content, **headers):
    source = content if isinstance(content, bytes) else json.dumps(content).encode()
    return client.put(
        "/api/v1/guides/document?name=api.yaml",
        source,
        content_type="application/json",
        headers={"Authorization": f"Bearer {token}"} | headers,
    )


def test_a_program_publishes_a_document(client, token, small):
    response = put(client, token("guides:write"), small)
    assert response.status_code == 200
    assert response.json() | {"id": ""} == {
        "id": "",
        "title": "Petstore API",
        "version": "1.2",
        "openapi": "3.1.0",
        "operations": 4,
        "schemas": 5,
        "notes": [],
    }
    assert queries.published().spec.title == "Petstore API"


def test_a_program_gets_clear_problems(client, token, small):
    secret = token("guides:write")
    refused = put(client, secret, b'{"openapi": "3.1.0",')
    assert (refused.status_code, refused["Content-Type"]) == (422, "application/problem+json")
    assert refused.json()["errors"] == [{"path": "1:21", "message": refused.json()["errors"][0]["message"]}]
    assert put(client, secret, b" " * (20 * 1024 * 1024 + 1)).status_code == 413
    assert put(client, secret, b"").status_code == 422
    assert put(client, token("keys:read", "keys:write"), small).status_code == 403
    assert put(client, "nonsense", small).status_code == 401


def test_commands(tmp_path, small):
    path = tmp_path / "api.json"
    path.write_text(json.dumps(small))
    out = io.StringIO()
    call_command("import_openapi", path, stdout=out)
    assert out.getvalue() == "Petstore API 1.2: 4 operations, 5 schemas\n"
    assert queries.published()
    path.write_text("{")
    with pytest.raises(CommandError, match="line 1, column 2"):
        call_command("import_openapi", path)
    with pytest.raises(CommandError, match="No such file"):
        call_command("import_openapi", tmp_path / "none.json")
    with pytest.raises(CommandError, match="Markdown"):
        call_command("import_guides", tmp_path)

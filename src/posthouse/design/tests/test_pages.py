"""Error pages, and the choices a person makes about the look."""

import pytest
from django.conf import settings as django_settings
from django.test import Client, RequestFactory
from django.utils import translation

from posthouse.design import views
from posthouse.design.theme import COOKIE
from posthouse.people.models import User

ERROR_PAGES = [
    (views.forbidden, 403),
    (views.bad_request, 400),
    (views.not_found, 404),
    (views.method_not_allowed, 405),
]


@pytest.mark.django_db
def test_a_missing_page_says_what_to_do(client):
    answer = client.get("/no/such/page")
    assert answer.status_code == 404
    assert "There is no such page" in answer.content.decode()
    assert "/accounts/login/?next=/no/such/page" in answer.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(("view", "status"), ERROR_PAGES)
def test_error_pages_speak_spanish(rf, view, status):
    request = rf.get("/x")
    request.user = User()
    with translation.override("es"):
        answer = view(request)
    assert answer.status_code == status
    assert '<html lang="es"' in answer.content.decode()
    assert "Ir a la página de inicio" in answer.content.decode()


def test_the_page_for_failures_needs_no_database():
    """No `db` fixture here: any query would fail the test."""
    answer = views.broken(RequestFactory().get("/x", headers={"cookie": f"{COOKIE}=dark"}))
    assert answer.status_code == 500
    assert 'data-theme="dark"' in answer.content.decode()
    assert "Something failed on our side" in answer.content.decode()


@pytest.mark.django_db
def test_a_form_without_its_token_is_refused_with_a_way_back():
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post("/design/theme/", {"theme": "dark", "next": "/docs/"})
    assert answer.status_code == 403
    assert 'href="/docs/"' in answer.content.decode()


@pytest.mark.django_db
def test_the_theme_is_in_the_page_before_any_script_runs(client):
    client.post("/design/theme/", {"theme": "dark", "next": "/"})
    assert client.cookies[COOKIE].value == "dark"
    assert 'data-theme="dark"' in client.get("/").content.decode()
    client.post("/design/theme/", {"theme": "", "next": "/"})
    assert "data-theme=" not in client.get("/").content.decode().partition("<head>")[0]


@pytest.mark.django_db
@pytest.mark.parametrize("cookie", ["purple", '"><script>', ""])
def test_an_odd_theme_cookie_is_ignored(client, cookie):
    client.cookies[COOKIE] = cookie
    assert "data-theme=" not in client.get("/").content.decode().partition("<head>")[0]


@pytest.mark.django_db
@pytest.mark.parametrize("next_", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_nobody_is_sent_elsewhere(client, next_):
    assert client.post("/design/theme/", {"theme": "dark", "next": next_}).headers["Location"] == "/"
    assert "evil" not in client.post("/design/language/", {"language": "es", "next": next_}).headers["Location"]


@pytest.mark.django_db
def test_a_visitors_language_is_kept_in_a_cookie(client):
    client.post("/design/language/", {"language": "es", "next": "/"})
    assert client.cookies[django_settings.LANGUAGE_COOKIE_NAME].value == "es"
    assert '<html lang="es"' in client.get("/").content.decode()


@pytest.mark.django_db
def test_a_persons_language_is_kept_in_the_profile(client):
    user = User.objects.create_user("ann@example.org", "x")
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    client.post("/design/language/", {"language": "es", "next": "/"})
    user.refresh_from_db()
    assert user.language == "es"
    client.post("/design/language/", {"language": "klingon", "next": "/"})
    user.refresh_from_db()
    assert user.language == "es"


@pytest.mark.django_db
def test_only_forms_change_anything(client):
    assert client.get("/design/theme/").status_code == 405
    assert client.get("/design/language/").status_code == 405

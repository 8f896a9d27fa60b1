"""Whatever part of the house refuses: programs get problem details, browsers a page."""

import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient, Client

from posthouse.people.actions import add_team_member_by_email

pytestmark = pytest.mark.django_db

JSON = "application/json"


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/v1/nope", 404, "not-found"),
        ("GET", "/api/v1/customers/..%2f..", 404, "not-found"),
        ("POST", "/api/v1/", 404, "not-found"),
        ("DELETE", "/api/v1/customers", 405, "method-not-allowed"),
        ("GET", "/api/v1/customers?" + "a=1&" * 1500, 400, "bad-request"),
    ],
)
def test_programs_get_problem_details(method, path, status, code):
    answer = Client(enforce_csrf_checks=True).generic(method, path, b"{}", JSON)
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json")
    problem = answer.json()
    assert (problem["status"], problem["code"], problem["instance"][:8]) == (status, code, "/api/v1/")
    if status == 405:
        assert answer.headers["Allow"] == "GET, POST"


def test_a_fault_of_ours_is_a_problem_too(monkeypatch):
    monkeypatch.setattr("posthouse.people.token_auth.find_token", lambda text: 1 / 0)
    client = Client(raise_request_exception=False)
    answer = client.get("/api/v1/customers", headers={"authorization": "Bearer x"})
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")


@pytest.mark.parametrize("key", [r"abcdefghij\000", "x" * 300, r"\355\240\200aaaaaaaa", "../../../../etc"])
def test_a_session_cookie_that_is_none_of_ours_is_a_visitor(key):
    cookie = f'posthouse_session="{key}"'
    assert Client().get("/accounts/login/", headers={"cookie": cookie}).status_code == 200
    assert Client().get("/profile/", headers={"cookie": cookie}).status_code == 302


def test_the_address_of_a_form_opened_like_a_page_says_so(client):
    answer = client.get("/design/theme/", headers={"accept-language": "es"})
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert "Aquí no hay nada que mostrar" in answer.content.decode()


@pytest.mark.parametrize(("path", "kind"), [("/design/theme/", "text/html"), ("/api/v1/x", "application/problem+json")])
def test_the_same_from_an_asynchronous_server(path, kind):
    answer = async_to_sync(AsyncClient().get)(path)
    assert answer.headers["Content-Type"].startswith(kind)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("get", "mail/?q=%00&state=%00", 200),
        ("get", "mail/%00/", 404),
        ("post", "mail/%00/retry/", 404),
        ("get", "guides/%00/", 404),
        ("post", "events/parked/retry/", 302),
        ("get", "customers/?q=%00&channel=%00", 200),
        ("get", "events/?type=%00&customer=%00", 200),
    ],
)
def test_a_nul_is_found_nowhere_and_breaks_nothing(client, method, path, status):
    user = add_team_member_by_email(email="ada@vendor.example", role="admin", password="pass-word-9").user
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    data = {"consumer": "\x00"} if method == "post" else {}
    answer = client.post(f"/desk/{path}", data) if data else client.get(f"/desk/{path}")
    assert answer.status_code == status

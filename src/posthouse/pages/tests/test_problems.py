"""The address in a problem's `type` leads to a page that explains it."""

import ast
from pathlib import Path

import pytest
from django.test import Client

import posthouse
from posthouse.people.actions import refusal_sentences
from posthouse_client.headers import PROBLEMS

pytestmark = pytest.mark.django_db
PACKAGE = Path(posthouse.__file__).parent


def codes_in_the_source() -> set[str]:
    """Every code that a problem is made with: texts in the argument `code` of `Problem(…)`."""
    found = set()
    for path in PACKAGE.rglob("*.py"):
        if "tests" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Problem":
                codes = [word.value for word in node.keywords if word.arg == "code"]  # none: a Problem of another kind
                found |= {part.value for code in codes for part in ast.walk(code) if isinstance(part, ast.Constant)}
    return found


CODES = sorted(codes_in_the_source() | set(PROBLEMS) | set(refusal_sentences()))


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("code", CODES)
def test_every_problem_has_a_page(code, language):
    answer = Client(headers={"Accept-Language": language}).get(f"/docs/problems/{code}", follow=True)
    assert answer.status_code == 200
    assert f"<code>{code}</code>" in answer.content.decode()
    assert f'<html lang="{language}"' in answer.content.decode()


def test_all_of_them_are_listed():
    page = Client().get("/docs/problems/").content.decode()
    assert all(f'href="/docs/problems/{code}/"' in page for code in CODES)


def test_other_codes_have_none():
    assert Client().get("/docs/problems/no-such-thing/").status_code == 404


@pytest.mark.parametrize("address", ["/api/v1/nope", "/api/v2/customers", "/api/"])
def test_an_unknown_address_of_the_api_is_a_problem_too(address):
    answer = Client().get(address)
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "not-found"
    assert Client().get(answer.json()["type"], follow=True).status_code == 200


def test_another_method_is_a_problem_too():
    answer = Client().delete("/api/v1/customers")
    assert answer.status_code == 405
    assert answer.json()["code"] == "method-not-allowed"
    assert "GET" in answer.headers["Allow"]

"""HEAD says what GET would say, without saying it."""

import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient, Client
from django.urls import reverse

from posthouse.people import actions as people
from posthouse.people.models import User

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/accounts/login/", "/docs/", "/api/v1/customers", "/nowhere/", "/profile/"])
def test_status_and_fields_are_those_of_get(path):
    got, head = Client().get(path), Client().head(path)
    assert (head.status_code, head.content) == (got.status_code, b"")
    kind = "Content-Type"
    assert head.headers.get(kind) == got.headers.get(kind)
    assert head.headers["Content-Security-Policy"] == got.headers["Content-Security-Policy"]
    assert abs(int(head.headers["Content-Length"]) - len(got.content)) < 100  # tokens against forgery differ


def test_an_asynchronous_server_says_the_same():
    assert async_to_sync(AsyncClient().head)("/accounts/login/").status_code == 200


def test_a_stream_is_not_begun():
    user = User.objects.create_user("ada@example.org")
    contact = people.open_account(user=user, name="Ada")
    customer = people.found_customer(name="Lanterns", owner=contact)
    client = Client()
    client.force_login(user)
    answer = client.head(reverse("portal-waiting", args=[customer.pk]))
    assert (answer.status_code, answer.headers["Content-Type"], answer.streaming) == (200, "text/event-stream", False)
    assert "Content-Length" not in answer.headers


def test_a_form_without_a_page_has_no_head_either():
    assert Client().head("/design/theme/").status_code == 405

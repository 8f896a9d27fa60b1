"""The request inspector: all of one call, what its error means, and how to make it again."""

import html
import re
import shlex

import pytest
from django.urls import reverse

from posthouse.foundation.clock import now
from posthouse.pages import replay
from posthouse.timeline.models import Event
from posthouse.usage.models import Call
from posthouse.vendor import queries as vendor
from posthouse.vendor.actions import describe_vendor

pytestmark = pytest.mark.django_db


def text_of(response):
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", response.content.decode())))


@pytest.fixture
def made_call(customer, make_key):
    key, _ = make_key(name="Website")

    def make(call_id: str, **fields: object) -> Call:
        known = {
            "at": now(),
            "received_at": now(),
            "customer_id": customer.pk,
            "key_id": key.pk,
            "environment": "test",
            "method": "GET",
            "route": "/v1/sun",
            "path": "/v1/sun?date=soon",
            "status": 400,
            "error_code": "date-invalid",
            "duration_us": 1234,
            "request_id": f"req_{call_id}",
        }
        return Call.objects.create(id=call_id, **(known | fields))

    return make


def inspect(browser, customer, call_id):
    return browser.get(reverse("portal-call", args=[customer.pk, call_id]))


@pytest.mark.mission("J3.4")
def test_a_failing_call_is_explained_from_the_vendors_docs(owner, customer, made_call, published):
    call = made_call("call_1", user_agent="curl/8", sdk="sunline-python 1.0", ip="203.0.113.7", version="2026-01-01")
    made_call("call_2", path="/v1/sun?date=never")
    made_call("call_3", status=200, error_code="", path="/v1/sun?date=2026-11-22")
    page = inspect(owner.browser, customer, call.id)
    text = text_of(page)
    for words in ("That is not a date", "Write it like 2026-11-22.", "req_call_1", "curl/8", "203.0.113.7", "Website"):
        assert words in text
    assert "/docs/reference/" in page.content.decode()
    assert "date=never" in text
    assert "date=2026-11-22" not in text
    assert "Authorization: Bearer YOUR_KEY" in text
    assert Event.objects.get(type="error.examined").data == {"call_id": "call_1", "error_code": "date-invalid"}


def test_the_explanation_is_in_the_readers_language(owner, customer, made_call, published):
    owner.contact.user.language = "es"
    owner.contact.user.save()
    made_call("call_1")
    text = text_of(inspect(owner.browser, customer, "call_1"))
    assert "Eso no es una fecha" in text
    assert "Qué hacer" in text


def test_a_call_that_went_well_ticks_nothing(owner, customer, made_call):
    made_call("call_1", status=200, error_code="")
    assert inspect(owner.browser, customer, "call_1").status_code == 200
    assert not Event.objects.filter(type="error.examined").exists()


def test_a_call_without_docs_still_says_what_its_status_means(owner, customer, made_call):
    made_call("call_1", status=429, error_code="quota-exceeded", key_id="key_gone")
    assert "What to do" in text_of(inspect(owner.browser, customer, "call_1"))


@pytest.mark.parametrize("call_id", ["a/b c", "c:1.2~x", "é", "%2F"])
def test_ids_are_the_clients_own(owner, customer, made_call, call_id):
    made_call(call_id)
    assert inspect(owner.browser, customer, call_id).status_code == 200


def test_other_customers_calls_are_not_there(outsider, owner, customer, made_call, client):
    made_call("call_1")
    theirs = outsider.contact.memberships.get().customer
    assert inspect(outsider.browser, customer, "call_1").status_code == 404
    assert inspect(outsider.browser, theirs, "call_1").status_code == 404
    assert inspect(owner.browser, customer, "call_unknown").status_code == 404
    assert owner.browser.get(reverse("portal-calls", args=[customer.pk]) + "%00/").status_code == 404
    assert client.get(reverse("portal-call", args=[customer.pk, "call_1"])).status_code == 302


def test_the_curl_line_is_safe_to_paste():
    vendor.forget()
    describe_vendor(api_base_url="https://api.sunline.example/v1")
    line = replay.as_curl(
        method="POST",
        target="/v1/batch?x='; rm -rf $HOME #",
        details={"request_headers": {"content-type": "application/json"}, "request_body": '{"a": "it\'s $(x)"}'},
    )
    assert shlex.split(line.replace("\\\n", " ")) == [
        "curl",
        "-X",
        "POST",
        "https://api.sunline.example/v1/batch?x='; rm -rf $HOME #",
        "-H",
        "Authorization: Bearer YOUR_KEY",
        "-H",
        "Content-Type: application/json",
        "--data-raw",
        '{"a": "it\'s $(x)"}',
    ]
    vendor.forget()

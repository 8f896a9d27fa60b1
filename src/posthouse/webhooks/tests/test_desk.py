"""The desk's pages about webhooks, and what becomes of a person's wish to get no mail."""

import re

import pytest
from django.test import Client

from posthouse.foundation.jobs import run_until_idle
from posthouse.messages import actions as mail
from posthouse.people.actions import know_contact
from posthouse.webhooks import actions
from posthouse.webhooks.models import Delivery, Subscription
from posthouse.webhooks.tests.conftest import BACKEND

pytestmark = pytest.mark.django_db
FORM = {"description": "CRM", "events": ["survey.response.created"]}


@pytest.mark.mission("S11")
def test_an_engineer_subscribes_tries_and_sends_again(desk, receiver, settle, told):
    assert "No webhooks yet" in desk.get("/desk/webhooks/").content.decode()
    made = desk.post("/desk/webhooks/new/", {**FORM, "url": receiver.url}).content.decode()
    row = Subscription.objects.get()
    assert row.secret in made
    one = f"/desk/webhooks/{row.pk}/"
    assert row.secret not in desk.get(one).content.decode()
    sent = desk.post(f"{one}test/")
    assert "under way" in desk.get(sent.url).content.decode()
    settle()
    part = desk.get(sent.url, headers={"HX-Request": "true"}).content.decode()
    assert "noted" in part
    assert "hx-get" not in part, "what is done is not asked for any more"
    desk.post(f"{sent.url}again/")
    settle()
    assert [body["test"] for body in told()] == [True, True]
    assert "Delivered" in desk.get(f"{one}?state=delivered").content.decode()
    assert "Nothing fits" in desk.get(f"{one}?state=failed").content.decode()


def test_what_was_lost_is_sent_again_by_one_click(desk, subscribe, publish, settle, receiver):
    row = subscribe()
    publish()
    one = f"/desk/webhooks/{row.pk}/"
    desk.post(f"{one}switch/")
    assert "1 delivery was given up or not sent" in desk.get(one).content.decode()
    desk.post(f"{one}switch/")
    desk.post(f"{one}again/")
    settle()
    assert len(receiver.calls) == 1


def test_what_was_typed_stays_when_it_cannot_be(desk):
    answer = desk.post("/desk/webhooks/new/", {**FORM, "url": "https://10.0.0.1/hooks"})
    assert answer.status_code == 422
    shown = answer.content.decode()
    assert 'value="https://10.0.0.1/hooks"' in shown
    assert 'value="CRM"' in shown
    assert re.search(r'id="id_url"[^>]*aria-invalid="true"|aria-invalid="true"[^>]*id="id_url"', shown)
    assert desk.post("/desk/webhooks/new/", {"url": "https://example.org/"}).status_code == 422
    assert not Subscription.objects.exists()


def test_rotating_and_deleting_ask_first(desk, subscribe):
    row = subscribe()
    one = f"/desk/webhooks/{row.pk}/"
    assert desk.post(f"{one}rotate/", {"hours": "-1"}).status_code == 422
    shown = desk.post(f"{one}rotate/", {"hours": "2"}).content.decode()
    assert Subscription.objects.get().secret in shown
    assert "Delete" in desk.get(f"{one}delete/").content.decode()
    assert Subscription.objects.exists()
    assert desk.post(f"{one}delete/").status_code == 302
    assert not Subscription.objects.exists()


def test_support_reads_without_the_query_of_the_address_and_changes_nothing(member, subscribe):
    row = subscribe(url="http://127.0.0.1:9/hook?token=abc")
    support = Client()
    support.force_login(member("support").user, backend=BACKEND)
    shown = support.get(f"/desk/webhooks/{row.pk}/").content.decode()
    assert "/hook?…" in shown
    assert "token=abc" not in shown
    for act in ("test", "switch", "again", "rotate", "delete"):
        assert support.post(f"/desk/webhooks/{row.pk}/{act}/").status_code == 403


@pytest.mark.mission("S11")
@pytest.mark.parametrize(("category", "said"), [("surveys", "surveys"), ("", None)])
def test_a_person_that_unsubscribes_is_told_of(subscribe, settle, told, category, said):
    contact = know_contact(email="ada@example.org", name="Ada")
    subscribe("contact.unsubscribed")
    mail.unsubscribe(addressee=mail.addressee("ada@example.org"), category=category, how="one_click")
    run_until_idle()
    settle()
    (body,) = told()
    assert body["type"] == "contact.unsubscribed"
    assert body["data"] == {
        "contact": {"id": contact.pk, "email": "ada@example.org", "name": "Ada"},
        "category": said,
        "how": "one_click",
    }
    mail.unsubscribe(addressee=mail.addressee("ada@example.org"), category=category, how="one_click")
    run_until_idle()
    assert Delivery.objects.count() == 1, "who has unsubscribed already does not do so again"


def test_a_switch_off_by_the_team_sends_no_mail(subscribe):
    row = subscribe()
    assert actions.switch_off(subscription=row, reason="team")
    assert not actions.switch_off(subscription=row, reason="team")

"""The incoming webhook of a campaign: who may send, what a delivery leads to, what is said of one that is refused."""

import base64
import hashlib
import hmac
import json
from datetime import timedelta

import pytest
from django.test import Client

from posthouse.foundation.clock import now
from posthouse.people.models import Contact
from posthouse.surveys import actions
from posthouse.surveys.hooks import signing
from posthouse.surveys.models import Hook, HookDelivery, Send
from posthouse.timeline import models as timeline

pytestmark = pytest.mark.django_db
MAPPING = {
    "email": "/person/email",
    "name": "/person/name",
    "language": "/person/language",
    "delay": "=PT1H",
    "attributes": {"ticket": "/ticket", "plan": "/plan"},
}
PAYLOAD = {"person": {"email": "ada@example.org", "name": "Ada", "language": "es"}, "ticket": 812}


@pytest.fixture(autouse=True)
def monday(time_machine):
    time_machine.move_to("2026-11-23T09:00:00Z", tick=False)


@pytest.fixture
def hook(campaign):
    return actions.make_hook(campaign=campaign, mapping=MAPPING)


def post(hook, body, headers):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Client().post(f"/hooks/surveys/{hook.pk}", raw, content_type="application/json", headers=headers)


def deliver(hook, body=None, id_="msg_1", secret="", at=None):
    """As Standard Webhooks sends it."""
    raw = body if isinstance(body, bytes) else json.dumps(PAYLOAD if body is None else body).encode()
    return post(hook, raw, signing.signed(secret or signing.secret_of(hook), id_, at or now(), raw))


def codes():
    return list(HookDelivery.objects.order_by("code").values_list("code", flat=True))


def refused(response, status, code):
    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.json()["code"] == code
    assert not Send.objects.exists()
    return response.json()


@pytest.mark.mission("S3")
def test_a_delivery_asks_the_person_that_it_names(hook, campaign):
    said = deliver(hook).json()
    send = Send.objects.get()
    assert said == {
        "outcome": "scheduled",
        "send_id": send.pk,
        "send_at": "2026-11-23T10:00:00+00:00",
        "throttled_until": None,
        "repeated": False,
        "not_found": ["/plan"],
    }
    assert (send.campaign, send.contact.email, send.contact.name) == (campaign, "ada@example.org", "Ada")
    assert (send.language, send.attributes, send.source) == ("es", {"ticket": 812}, "webhook")
    assert timeline.Event.objects.filter(type="survey.send_scheduled", contact_id=send.contact_id).exists()
    row = HookDelivery.objects.get()
    assert (row.code, row.message_id, row.send, row.detail) == ("", "msg_1", send, "/plan")


def test_the_same_delivery_again_asks_nobody_twice(hook):
    first, again = deliver(hook).json(), deliver(hook).json()
    assert again == first | {"repeated": True, "not_found": []}
    assert Send.objects.count() == 1
    assert HookDelivery.objects.get().times == 2


def test_a_repeat_is_known_after_the_mapping_was_changed(hook):
    deliver(hook)
    actions.change_hook(hook=hook, mapping=MAPPING | {"delay": "=P1D"})
    assert deliver(hook).json()["repeated"]


def test_an_id_that_says_something_else_is_refused(hook):
    deliver(hook)
    response = deliver(hook, PAYLOAD | {"ticket": 813})
    assert (response.status_code, response.json()["code"]) == (409, "hook-id-reused")
    assert Send.objects.count() == 1


def test_what_the_rules_refuse_is_an_outcome_and_no_error(hook, campaign):
    actions.set_state(campaign=campaign, state="paused")
    response = deliver(hook)
    assert (response.status_code, response.json()["outcome"]) == (200, "paused")
    assert HookDelivery.objects.get().send.outcome == "paused"


def test_a_refused_delivery_can_come_again_once_it_is_mended(hook):
    wrong = actions.change_hook(hook=hook, mapping={"email": "/mail"})
    refused(deliver(wrong), 422, "hook-unreadable")
    actions.change_hook(hook=hook, mapping=MAPPING)
    assert deliver(hook).json()["outcome"] == "scheduled"
    assert codes() == ["", "hook-unreadable"]


# who may send


def test_the_signature_is_that_of_standard_webhooks(hook):
    """The example of the specification, with our secret."""
    body, id_, stamp = b'{"test": 2432232314}', "msg_p5jXN8AQM9LWM0D4loKWxJek", str(int(now().timestamp()))
    key = base64.b64decode(signing.secret_of(hook).removeprefix("whsec_"))
    mac = hmac.new(key, f"{id_}.{stamp}.".encode() + body, hashlib.sha256).digest()
    signature = f"v1,{base64.b64encode(mac).decode()}"
    fields = {"webhook-id": id_, "webhook-timestamp": stamp, "webhook-signature": signature}
    assert len(key) == 32
    assert signing.checked(hook, fields, body) == id_
    assert signing.checked(hook, {name.replace("webhook", "svix"): text for name, text in fields.items()}, body) == id_
    assert signing.checked(hook, fields | {"webhook-signature": f"v1,AAAA {signature}"}, body) == id_


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_unsigned_deliveries_are_refused(hook, name):
    body = json.dumps(PAYLOAD).encode()
    fields = signing.signed(signing.secret_of(hook), "msg_1", now(), body)
    del fields[name]
    refused(post(hook, body, fields), 401, "hook-signature-missing")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("webhook-id", "msg_2"),
        ("webhook-id", "x" * 201),
        ("webhook-timestamp", "1795424401"),
        ("webhook-signature", "v1,AAAA"),
        ("webhook-signature", "v2,x"),
        ("webhook-signature", "ü"),
        ("webhook-signature", " ".join(["v1,AAAA"] * 10_000)),
    ],
)
def test_nothing_of_a_signature_can_be_exchanged(hook, name, value):
    body = json.dumps(PAYLOAD).encode()
    fields = signing.signed(signing.secret_of(hook), "msg_1", now(), body) | {name: value}
    refused(post(hook, body, fields), 401, "hook-signature-invalid")
    fields = signing.signed(signing.secret_of(hook), "msg_1", now(), body)
    refused(post(hook, body + b" ", fields), 401, "hook-signature-invalid")


@pytest.mark.parametrize("minutes", [-6, 6])
def test_an_old_time_stamp_is_refused_and_so_is_one_to_come(hook, minutes):
    refused(deliver(hook, at=now() + timedelta(minutes=minutes)), 401, "hook-time-invalid")


@pytest.mark.parametrize("minutes", [-4, 4])
def test_clocks_may_differ_a_little(hook, minutes):
    assert deliver(hook, at=now() + timedelta(minutes=minutes)).status_code == 200


@pytest.mark.parametrize("stamp", ["now", "1e9", "-1", "9" * 13, "١٧٩٥", "2026-11-23T09:00:00Z"])
def test_a_time_stamp_that_is_none_is_refused(hook, stamp):
    fields = {"webhook-id": "m", "webhook-timestamp": stamp, "webhook-signature": "v1,AAAA"}
    refused(post(hook, PAYLOAD, fields), 401, "hook-time-invalid")


def test_a_secret_of_another_campaign_opens_nothing(hook, make):
    other = actions.make_hook(campaign=make(), mapping=MAPPING)
    refused(deliver(hook, secret=signing.secret_of(other)), 401, "hook-signature-invalid")


def test_strangers_leave_one_line_however_often_they_come(hook, time_machine):
    for _turn in range(5):
        post(hook, PAYLOAD, {})
        deliver(hook, secret="whsec_AAAA")
        time_machine.shift(timedelta(seconds=2))
    rows = {row.code: row.times for row in HookDelivery.objects.all()}
    assert rows == {"hook-signature-missing": 5, "hook-signature-invalid": 5}
    post(hook, PAYLOAD, {})
    post(hook, PAYLOAD, {})
    assert HookDelivery.objects.get(code="hook-signature-missing").times == 6


def test_a_body_signed_as_github_does(hook):
    actions.change_hook(hook=hook, signing="body")
    hook.refresh_from_db()
    body = json.dumps(PAYLOAD).encode()
    mac = hmac.new(signing.secret_of(hook).encode(), body, hashlib.sha256).hexdigest()
    right = {"X-Hub-Signature-256": f"sha256={mac}", "X-GitHub-Delivery": "one"}
    refused(post(hook, body, {}), 401, "hook-signature-missing")
    refused(deliver(hook), 401, "hook-signature-missing")
    for wrong in (mac, f"sha1={mac}", "sha256=", f"sha256={mac[:-1]}", f"sha256={mac}0"):
        refused(post(hook, body, {"X-Hub-Signature-256": wrong}), 401, "hook-signature-invalid")
    refused(post(hook, body + b" ", right), 401, "hook-signature-invalid")
    assert post(hook, body, right).json()["repeated"] is False
    assert post(hook, body, right | {"X-GitHub-Delivery": "two"}).json()["repeated"] is True


@pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", ""])
def test_the_secret_in_a_header(hook, scheme):
    actions.change_hook(hook=hook, signing="header")
    hook.refresh_from_db()
    name = "Authorization" if scheme else "X-Webhook-Secret"
    secret = signing.secret_of(hook)
    refused(post(hook, PAYLOAD, {}), 401, "hook-signature-missing")
    refused(post(hook, PAYLOAD, {name: f"{scheme}{secret}x"}), 401, "hook-signature-invalid")
    right = {name: f"{scheme}{secret}"}
    assert post(hook, PAYLOAD, right | {"X-Request-Id": "1"}).json()["repeated"] is False
    assert post(hook, PAYLOAD, right | {"X-Request-Id": "1"}).json()["repeated"] is True


def test_an_id_in_the_payload_tells_repeats_apart(hook):
    actions.change_hook(hook=hook, signing="header", mapping=MAPPING | {"id": "/ticket"})
    hook.refresh_from_db()
    right = {"X-Webhook-Secret": signing.secret_of(hook)}
    assert post(hook, PAYLOAD, right).json()["outcome"] == "scheduled"
    assert post(hook, PAYLOAD | {"ticket": 813}, right).json()["outcome"] == "already_pending"
    assert post(hook, PAYLOAD, right).json()["repeated"] is True


def test_the_old_secret_works_until_its_overlap_ends(hook, time_machine):
    old = signing.secret_of(hook)
    hook = actions.rotate_hook(hook=hook, overlap=timedelta(hours=1))
    new = signing.secret_of(hook)
    assert new != old
    assert deliver(hook, id_="1", secret=old).status_code == 200
    assert deliver(hook, id_="2", secret=new).status_code == 200
    time_machine.shift(timedelta(hours=1))
    assert deliver(hook, id_="3", secret=old).status_code == 401
    assert deliver(hook, id_="4", secret=new).status_code == 200


def test_without_overlap_the_old_secret_ends_at_once(hook):
    old = signing.secret_of(hook)
    refused(deliver(actions.rotate_hook(hook=hook, overlap=timedelta()), secret=old), 401, "hook-signature-invalid")


def test_a_form_sent_twice_rotates_once(hook):
    actions.rotate_hook(hook=hook, overlap=timedelta(), replacing=1)
    with pytest.raises(actions.Refused):
        actions.rotate_hook(hook=hook, overlap=timedelta(), replacing=1)
    assert Hook.objects.get().turn == 2


def test_the_secret_is_nowhere_in_the_database(hook):
    deliver(hook)
    bare = signing.secret_of(hook).removeprefix("whsec_")
    kept = [str(list(rows.values_list())) for rows in (Hook.objects, HookDelivery.objects, timeline.Event.objects)]
    assert not any(bare in text for text in kept)


def test_a_pepper_that_was_taken_away_takes_its_secrets_along(hook, settings):
    secret = signing.secret_of(hook)
    settings.PEPPERS = {"another": base64.b64encode(b"x" * 32).decode()}
    refused(deliver(hook, secret=secret), 401, "hook-signature-invalid")


# what is refused


@pytest.mark.parametrize(
    "body", [b"", b"{", b"{'a': 1}", b'{"a": NaN}', b"\xff\xfe", b"[" * 100_000, b"payload=%7B%7D", b'{"a": 1} x']
)
def test_what_is_no_json_is_refused(hook, body):
    refused(deliver(hook, body), 400, "hook-not-json")
    assert codes() == ["hook-not-json"]


def test_huge_bodies_are_refused_before_they_are_looked_at(hook):
    refused(deliver(hook, b" " * (actions.MAX_BODY + 1)), 413, "hook-too-large")
    refused(deliver(hook, b" " * (11 * 1024 * 1024)), 413, "hook-too-large")
    assert deliver(hook, json.dumps(PAYLOAD).encode() + b" " * 200_000).status_code == 200


def test_packed_bodies_are_refused(hook):
    refused(post(hook, b"x", {"Content-Encoding": "gzip"}), 415, "hook-packed")


def test_a_pointer_that_finds_nothing_and_a_wrong_type_are_named(hook):
    said = refused(deliver(hook, {"person": {"name": 3, "language": "Klingon"}}), 422, "hook-unreadable")
    assert [(one["path"], one["pointer"]) for one in said["errors"]] == [
        ("email", "/person/email"),
        ("name", "/person/name"),
        ("language", "/person/language"),
    ]
    assert "email /person/email: The pointer finds nothing" in HookDelivery.objects.get().detail
    assert not Contact.objects.exists()


@pytest.mark.parametrize("text", ["a\x00b", "\ud800"])
def test_what_no_database_stores_is_refused(hook, text):
    body = PAYLOAD | {"plan": text}
    response = deliver(hook, body)
    assert response.status_code in {400, 422}
    assert not Send.objects.exists()


def test_attributes_that_would_become_too_large_are_refused(hook, ask, make):
    ask(make(), attributes={"long": "x" * 16_000}, delay=timedelta(days=1))
    actions.change_hook(hook=hook, mapping=MAPPING | {"attributes": {f"a{n}": "/long" for n in range(5)}})
    response = deliver(hook, PAYLOAD | {"long": "y" * 400})
    assert (response.status_code, response.json()["code"]) == (422, "attributes-refused")
    assert codes() == ["attributes-refused"]


def test_other_methods_and_addresses(hook):
    get = Client().get(f"/hooks/surveys/{hook.pk}")
    assert (get.status_code, get.headers["Allow"]) == (405, "POST")
    for address in ("hok_nobody", "zz", "x" * 300):
        response = Client().post(f"/hooks/surveys/{address}", "{}", content_type="application/json")
        assert (response.status_code, response.json()["code"]) == (404, "not-found")


def test_what_is_not_meant_is_passed_over(hook):
    actions.change_hook(hook=hook, mapping=MAPPING | {"only": {"/state": "closed"}})
    assert deliver(hook, PAYLOAD | {"state": "open"}).json() == {"outcome": "passed_over", "repeated": False}
    assert not Send.objects.exists()
    assert deliver(hook, PAYLOAD | {"state": "closed"}).json()["outcome"] == "scheduled"
    assert codes() == ["", "passed-over"]


def test_the_list_is_kept_short(hook, time_machine):
    rows = [
        HookDelivery(hook=hook, message_id=str(n), first_at=now(), last_at=now() + timedelta(seconds=n))
        for n in range(205)
    ]
    HookDelivery.objects.bulk_create(rows)
    assert actions.trim_deliveries() == 5
    assert not HookDelivery.objects.filter(message_id__in="01234").exists()

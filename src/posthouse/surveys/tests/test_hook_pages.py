"""The desk's pages and the API about incoming webhooks."""

import json
import shutil
import subprocess
from datetime import timedelta

import pytest
from django.test import Client

from posthouse.foundation.clock import now
from posthouse.surveys import actions
from posthouse.surveys.hooks import samples, signing
from posthouse.surveys.models import Hook, HookDelivery
from posthouse.surveys.tests.conftest import BACKEND
from posthouse.timeline import models as timeline

pytestmark = pytest.mark.django_db
FORM = {"email": "/person/email", "delay": "=PT1H", "signing": "standard", "attributes": "plan = /plan", "only": ""}
PAYLOAD = {"person": {"email": "ada@example.org"}, "plan": "pro"}


def page(campaign, more=""):
    return f"/desk/surveys/{campaign.pk}/webhook/{more}"


def test_it_is_set_up_on_the_desk_and_the_secret_shown_once(desk, campaign):
    assert "No incoming webhook yet" in desk.get(page(campaign)).text
    made = desk.post(page(campaign, "edit/"), FORM | {"act": "save"})
    hook = Hook.objects.get()
    secret = signing.secret_of(hook)
    assert secret in made.text
    assert f"/hooks/surveys/{hook.pk}" in made.text
    assert made.headers["Cache-Control"].count("no-store")
    assert hook.mapping == {"email": "/person/email", "delay": "=PT1H", "attributes": {"plan": "/plan"}}
    for address in (page(campaign), page(campaign, "edit/"), page(campaign, "rotate/"), page(campaign, "remove/")):
        assert secret not in desk.get(address).text
    assert timeline.Event.objects.filter(type="survey.hook_made").exists()


def test_a_mapping_is_tried_on_a_payload_before_it_is_saved(desk, campaign):
    tried = desk.post(page(campaign, "edit/"), FORM | {"act": "try", "payload": json.dumps(PAYLOAD)})
    assert "It would be taken in." in tried.text
    assert "ada@example.org" in tried.text
    assert "1:00:00" in tried.text
    assert not Hook.objects.exists()
    wrong = desk.post(page(campaign, "edit/"), FORM | {"act": "try", "payload": '{"plan": {}}'})
    assert "It would be refused" in wrong.text
    assert "The pointer finds nothing in the payload." in wrong.text
    other = FORM | {"act": "try", "only": "/state = closed", "payload": json.dumps(PAYLOAD)}
    assert "It would be passed over" in desk.post(page(campaign, "edit/"), other).text


@pytest.mark.parametrize(
    "wrong",
    [
        {"email": ""},
        {"email": "person.email"},
        {"delay": "=soon"},
        {"attributes": "plan"},
        {"attributes": "plan = /a\nplan = /b"},
        {"attributes": "plan = pro"},
        {"only": "state = closed"},
        {"signing": "none"},
        {"payload": "{"},
        {"payload": "", "act": "try"},
        {"payload": "[" * 100_000, "act": "try"},
    ],
)
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(desk, campaign, wrong):
    answer = desk.post(page(campaign, "edit/"), FORM | {"act": "save", "name": "/typed"} | wrong)
    assert answer.status_code == 422
    assert 'value="/typed"' in answer.text
    assert not Hook.objects.exists()


def test_it_is_changed_rotated_and_removed(desk, campaign):
    hook = actions.make_hook(campaign=campaign, mapping={"email": "/mail"})
    first = signing.secret_of(hook)
    assert desk.post(page(campaign, "edit/"), FORM | {"act": "save", "signing": "body"}).status_code == 302
    hook.refresh_from_db()
    assert (hook.signing, signing.secret_of(hook)) == ("body", first)
    rotated = desk.post(page(campaign, "rotate/"), {"hours": "24", "replacing": "1"})
    hook.refresh_from_db()
    assert signing.secret_of(hook) in rotated.text
    assert "The old one works on until" in rotated.text
    assert signing.secrets_of(hook) == [signing.secret_of(hook), first]
    assert desk.post(page(campaign, "rotate/"), {"hours": "24", "replacing": "1"}).status_code == 302
    assert Hook.objects.get().turn == 2
    assert desk.post(page(campaign, "rotate/"), {"hours": "-1"}).status_code == 422
    assert desk.post(page(campaign, "remove/")).status_code == 302
    assert not Hook.objects.exists()
    assert desk.post(page(campaign, "remove/")).status_code == 404


def test_the_last_deliveries_are_listed_with_what_became_of_them(desk, campaign):
    hook = actions.make_hook(campaign=campaign, mapping={"email": "/person/email", "name": "/name"})
    for id_, body in (("good", PAYLOAD), ("bad", {"person": 3})):
        raw = json.dumps(body).encode()
        fields = signing.signed(signing.secret_of(hook), id_, now(), raw)
        Client().post(f"/hooks/surveys/{hook.pk}", raw, content_type="application/json", headers=fields)
    Client().post(f"/hooks/surveys/{hook.pk}", b"{}", content_type="application/json")
    text = desk.get(page(campaign)).text
    assert "ada@example.org</a>: Scheduled" in text
    assert "hook-unreadable" in text
    assert "hook-signature-missing" in text
    send = HookDelivery.objects.get(code="").send
    assert page(campaign) in desk.get(f"/desk/surveys/sends/{send.pk}/").text


def test_an_analyst_sees_it_and_changes_nothing(campaign, member):
    hook = actions.make_hook(campaign=campaign, mapping={"email": "/mail"})
    browser = Client()
    browser.force_login(member("analyst").user, backend=BACKEND)
    text = browser.get(page(campaign)).text
    assert hook.pk in text
    assert page(campaign, "rotate/") not in text
    assert browser.post(page(campaign, "rotate/"), {"hours": "0"}).status_code == 403


def test_all_of_it_by_api(call, campaign):
    base = f"surveys/{campaign.pk}/webhook"
    assert call("get", base).status_code == 404
    wrong = call("put", base, {"mapping": {"email": "mail"}})
    assert (wrong.status_code, wrong.json()["errors"][0]["path"]) == (422, "/mapping/email")
    made = call("put", base, {"mapping": {"email": "/mail", "attributes": {"plan": "/plan"}}})
    hook = Hook.objects.get()
    assert (made.status_code, made.json()["secret"]) == (201, signing.secret_of(hook))
    assert made.json()["hook"]["address"].endswith(f"/hooks/surveys/{hook.pk}")
    changed = call("put", base, {"mapping": {"email": "/mail"}, "signing": "header"})
    assert (changed.status_code, changed.json()["signing"]) == (200, "header")
    assert "secret" not in changed.text.replace("old_secret_ends_at", "")
    tried = call("post", f"{base}/try", {"payload": {"mail": 3}}).json()
    assert [one["path"] for one in tried["errors"]] == ["email"]
    tried = call("post", f"{base}/try", {"payload": {"m": "a@b.example"}, "mapping": {"email": "/m", "delay": "=60"}})
    assert (tried.json()["email"], tried.json()["delay"]) == ("a@b.example", 60)
    rotated = call("post", f"{base}/rotate", {"overlap_seconds": 60}).json()
    hook.refresh_from_db()
    assert rotated["secret"] == signing.secret_of(hook)
    assert hook.old_ends_at == now() + timedelta(seconds=60) or hook.old_ends_at > now()
    assert call("post", f"{base}/rotate", {"overlap_seconds": 99_999_999}).status_code == 422
    raw, fields = b'{"mail": "a@b.example"}', {"X-Webhook-Secret": rotated["secret"]}
    Client().post(f"/hooks/surveys/{hook.pk}", raw, content_type="application/json", headers=fields)
    (row,) = call("get", f"{base}/deliveries").json()["items"]
    assert (row["code"], row["outcome"], row["times"]) == ("", "scheduled", 1)
    assert call("delete", base).status_code == 204
    assert call("get", f"{base}/deliveries").status_code == 404


@pytest.mark.skipif(not all(map(shutil.which, ("bash", "curl", "openssl"))), reason="needs bash, curl and openssl")
@pytest.mark.parametrize("way", ["standard", "body", "header"])
def test_the_lines_that_the_page_shows_work_in_a_shell(campaign, live_server, settings, tmp_path, way):
    settings.PUBLIC_URL = live_server.url
    hook = actions.make_hook(campaign=campaign, mapping={"email": "/person/email"}, signing=way)
    (tmp_path / "delivery.json").write_text(json.dumps(PAYLOAD))
    lines = samples.sample(hook, signing.secret_of(hook)).replace("curl ", "curl -s ")
    done = subprocess.run(
        ["bash", "-euc", lines], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert json.loads(done.stdout)["outcome"] == "scheduled", done

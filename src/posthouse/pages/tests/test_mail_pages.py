"""The mail log of the desk and the viewer of development."""

import json

import pytest
from django.core import mail as django_mail
from django.urls import reverse

from posthouse.messages import actions
from posthouse.messages.models import Message, State
from posthouse.people import actions as people
from posthouse.people.models import User


@pytest.fixture
def desk(client, db):
    def desk(role="support"):
        user = User.objects.create_user(f"{role}@vendor.example", "password")
        people.add_team_member(user=user, role=role, name="Team")
        client.force_login(user)
        return client

    return desk


@pytest.fixture
def written(db):
    def written(to="ada@example.org", **fields):
        context = {"name": "Ada", "link": "http://127.0.0.1:8000/accounts/reset/secret-token-123/"}
        message = actions.send_mail(template="messages/test_mail", to=to, language="en", context=context)
        Message.objects.filter(pk=message.pk).update(**fields)
        return message

    return written


@pytest.fixture
def folder(settings, tmp_path):
    settings.MAIL_VIEWER = True
    settings.MAIL_FOLDER = tmp_path
    settings.EMAIL_BACKEND = "posthouse.messages.folder.FolderBackend"
    return tmp_path


def test_the_log_lists_searches_and_filters(desk, written, django_assert_max_num_queries):
    client = desk("auditor")
    for number in range(60):
        written(to=f"person{number}@example.org")
    written(to="eve@example.org", state=State.FAILED, last_error="550 no")
    with django_assert_max_num_queries(10):
        page = client.get(reverse("desk-mail")).content.decode()
    assert "1 mail could not be delivered" in page
    assert "eve@example.org" in page
    assert "person3@" not in page
    assert "person3@" in client.get(reverse("desk-mail") + "?page=2").content.decode()
    filtered = client.get(reverse("desk-mail") + "?state=failed").content.decode()
    assert "eve@" in filtered
    assert "person59@" not in filtered
    assert "person7@" in client.get(reverse("desk-mail") + "?q=PERSON7").content.decode()


def test_the_team_sees_the_words_but_cannot_use_the_links(desk, written):
    page = desk().get(reverse("desk-mail-message", args=[written().pk])).content.decode()
    assert "Hello Ada" in page
    assert "secret-token" not in page
    assert "http://127.0.0.1:8000/…" in page


def test_a_failed_mail_is_tried_again_and_a_waiting_one_cancelled(desk, written):
    client = desk("engineer")
    failed, waiting = written(state=State.FAILED), written()
    client.post(reverse("desk-mail-retry", args=[failed.pk]))
    client.post(reverse("desk-mail-cancel", args=[waiting.pk]))
    assert Message.objects.get(pk=failed.pk).state == State.WAITING
    assert Message.objects.get(pk=waiting.pk).state == State.CANCELLED


def test_who_may_only_look_cannot_act_and_outsiders_find_nothing(desk, written, client):
    message = written(state=State.FAILED)
    user = User.objects.create_user("ada@example.org", "password")
    client.force_login(user)
    assert client.get(reverse("desk-mail")).status_code == 404
    assert desk("auditor").post(reverse("desk-mail-retry", args=[message.pk])).status_code == 403
    assert desk().get(reverse("desk-mail-retry", args=[message.pk])).status_code == 405
    assert desk("admin").get(reverse("desk-mail-message", args=["msg_none"])).status_code == 404


def test_one_can_send_oneself_a_test_mail(desk):
    desk("admin").post(reverse("desk-mail-test"))
    assert Message.objects.get().to == "admin@vendor.example"


@pytest.fixture
def delivered(folder, written):
    def delivered(to):
        written(to=to)
        actions.send_due()

    return delivered


def test_the_viewer_lists_newest_first_and_finds_by_recipient(client, delivered):
    delivered("ada@example.org")
    delivered("bob@example.org")
    page = client.get("/mail/").content.decode()
    assert page.index("bob@example.org") < page.index("ada@example.org")
    assert "bob@" not in client.get("/mail/?to=ADA").content.decode()


def test_scripts_get_the_links(client, delivered):
    delivered("ada@example.org")
    delivered("bob@example.org")
    found = json.loads(client.get("/mail/messages.json?to=ada@example.org&limit=5").content)["messages"]
    assert [mail["to"] for mail in found] == ["ada@example.org"]
    assert "http://127.0.0.1:8000/accounts/reset/secret-token-123/" in found[0]["links"]
    for odd in ("x", "-1", "9" * 5000):
        assert client.get(f"/mail/messages.json?limit={odd}").status_code == 200


@pytest.mark.django_db
def test_html_is_shown_in_a_frame_that_can_do_nothing(client, folder):
    hostile = django_mail.EmailMultiAlternatives("s", "t <script>", to=["a@example.org"])
    hostile.attach_alternative("<script>alert(1)</script><img src=http://evil.example/x>", "text/html")
    hostile.send()
    name = json.loads(client.get("/mail/messages.json").content)["messages"][0]["name"]
    page = client.get(f"/mail/{name}/")
    assert "frame-src 'self'" in page.headers["Content-Security-Policy"]
    assert "t &lt;script&gt;" in page.content.decode()
    body = client.get(f"/mail/{name}/body/")
    policy = body.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox allow-popups")
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert body.headers["X-Frame-Options"] == "SAMEORIGIN"
    raw = client.get(f"/mail/{name}.eml")
    assert raw.headers["Content-Type"] == "message/rfc822"
    assert b"evil.example" in raw.content


@pytest.mark.parametrize("name", ["nothing", "mail_00000000000000000000000000", "..%2f..%2fpeppers", ".hidden"])
def test_only_mails_can_be_read(client, folder, db, name):
    for address in (f"/mail/{name}/", f"/mail/{name}/body/", f"/mail/{name}.eml"):
        assert client.get(address).status_code == 404


def test_where_the_viewer_is_off_it_does_not_exist(client, db, delivered, settings):
    delivered("ada@example.org")
    settings.MAIL_VIEWER = False
    for address in ("/mail/", "/mail/messages.json"):
        assert client.get(address).status_code == 404

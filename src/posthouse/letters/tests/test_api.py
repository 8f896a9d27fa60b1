"""Mail over the HTTP API: the suppression list, what contacts want, and the words of mails."""

import json

import pytest
from django.test import Client

from posthouse.messages import actions, queries
from posthouse.messages.models import Change, MailTemplate, Message, Suppression, TemplateRevision
from posthouse.people import actions as people
from posthouse.people.models import TeamRole, User
from posthouse.timeline.models import Event

KEY = "automations/first_call_done"
WORDS = {"subject": "It works", "text": "Hello {{ contact.name }}, it works.", "html": ""}
HOSTILE = [
    "{% load static %}",
    "{% include 'people/mail/invitation.txt' %}",
    "{{ contact.__class__ }}",
    "{{ contact.name|safe }}",
    "{% for a in b %}",
    "{% debug %}",
]


@pytest.fixture
def admin(db):
    return people.add_team_member(user=User.objects.create_user("admin@vendor.example.org", "x"), role=TeamRole.ADMIN)


@pytest.fixture
def asking(admin):
    """Asks with a token of these scopes."""

    def asking(*scopes):
        _token, secret = people.make_token(owner=admin, name="t", scopes=list(scopes))

        def call(method, path, data=None, status=200):
            headers = {"Authorization": f"Bearer {secret}"}
            extra = {} if method == "get" else {"data": json.dumps(data or {}), "content_type": "application/json"}
            answer = getattr(Client(), method)(f"/api/v1{path}", headers=headers, **extra)
            assert answer.status_code == status, answer.content
            if status >= 400:
                assert answer.headers["Content-Type"].startswith("application/problem+json")
            return answer.json() if answer.content else None

        return call

    return asking


@pytest.fixture
def ask(asking):
    return asking("mail:read", "mail:write")


@pytest.fixture
def contact(db):
    return people.know_contact(email="ada@one.example.org")


def test_an_address_is_suppressed_found_and_released(ask, admin, contact):
    made = ask("post", "/suppressions", {"email": " Ada@One.example.org", "note": "She called"}, 201)
    again = ask("post", "/suppressions", {"email": "ada@one.example.org", "note": "Twice"})

    assert made == again
    assert (made["email"], made["reason"], made["note"]) == ("ada@one.example.org", "manual", "She called")
    assert made["actor"] == people.as_team(admin)
    assert not queries.may_receive("ada@one.example.org", "service")
    assert ask("get", f"/suppressions/{made['id']}") == made
    assert ask("get", "/suppressions?search=one.example&reason=manual")["items"] == [made]
    assert ask("get", "/suppressions?reason=bounce")["items"] == []
    ask("post", f"/suppressions/{made['id']}/release", {"note": "She asked to"}, 204)
    ask("post", f"/suppressions/{made['id']}/release", {"note": "Again"}, 404)
    assert queries.may_receive("ada@one.example.org", "service")
    history = ask("get", f"/contacts/{contact.pk}/mail-changes")["items"]
    assert [(row["wanted"], row["how"], row["note"]) for row in history] == [
        (True, "api", "She asked to"),
        (False, "api", "She called"),
    ]
    assert set(Event.objects.filter(contact_id=contact.pk).values_list("type", flat=True)) >= {
        "address.suppressed",
        "address.released",
    }


def test_the_list_comes_in_pages_and_many_are_brought_in_at_once(ask):
    items = [{"email": f"n{number}@list.example.org", "note": "old list"} for number in range(5)]
    told = ask("post", "/suppressions/import", {"items": [*items, {"email": "nobody"}, items[0]]})
    assert told == {"added": 5, "known": 1, "wrong": [{"place": 6, "email": "nobody"}]}
    first = ask("get", "/suppressions?limit=3")
    second = ask("get", f"/suppressions?limit=3&after={first['next']}")
    assert (len(first["items"]), len(second["items"]), second["next"]) == (3, 2, None)
    assert len({row["id"] for row in first["items"] + second["items"]}) == 5
    ask("post", "/suppressions/import", {"items": []}, 422)
    ask("post", "/suppressions/import", {"items": [{"email": "a@b.example"}] * 1001}, 422)
    assert Suppression.objects.count() == 5


@pytest.mark.parametrize(
    "email", ["", "nobody", "a@b", "a\x00@b.example", "a@b.example\nBcc: c@d.example", "\ud800@b.example"]
)
def test_what_is_no_address_is_not_suppressed(ask, email):
    ask("post", "/suppressions", {"email": email, "note": "x"}, 422)
    assert not Suppression.objects.exists()


def test_a_suppression_needs_its_reason_and_nothing_else(ask):
    for body in ({"email": "a@b.example"}, {"email": "a@b.example", "note": " "}, {"email": 1, "note": "x"}):
        ask("post", "/suppressions", body, 422)
    ask("post", "/suppressions", {"email": "a@b.example", "note": "x", "reason": "erased"}, 422)
    ask("post", "/suppressions", {"email": "a@b.example", "note": "x" * 501}, 422)
    ask("get", "/suppressions?reason=whim", status=422)
    ask("get", "/suppressions?search=%00", status=422)
    ask("get", "/suppressions?limit=201", status=422)
    assert not Suppression.objects.exists()


def test_a_contacts_choices_are_read_and_set(ask, contact):
    before = ask("get", f"/contacts/{contact.pk}/mail-preferences")
    after = ask("put", f"/contacts/{contact.pk}/mail-preferences/surveys", {"wanted": False})

    def wanted(answer):
        return {row["category"]: row["wanted"] for row in answer["choices"]}

    assert wanted(before)["surveys"] is True
    assert wanted(after) == wanted(before) | {"surveys": False}
    assert after["suppression"] is None
    assert not queries.may_receive(contact.email, "surveys")
    ask("put", f"/contacts/{contact.pk}/mail-preferences/surveys", {"wanted": False})
    assert Change.objects.filter(contact_id=contact.pk, how="api").count() == 1
    assert Event.objects.filter(type="message.unsubscribed", contact_id=contact.pk).count() == 1
    ask("put", f"/contacts/{contact.pk}/mail-preferences/surveys", {"wanted": True})
    assert queries.may_receive(contact.email, "surveys")


def test_a_suppressed_contact_says_so_and_a_choice_does_not_change_it(ask, contact):
    known = queries.addressee(contact.email)
    actions.unsubscribe(addressee=known, how=queries.How.PAGE)
    told = ask("put", f"/contacts/{contact.pk}/mail-preferences/surveys", {"wanted": True})
    assert told["suppression"]["reason"] == "unsubscribed"
    assert not queries.may_receive(contact.email, "surveys")


def test_choices_that_cannot_be_made(ask, contact):
    own = f"/contacts/{contact.pk}/mail-preferences"
    assert ask("put", f"{own}/service", {"wanted": False}, 422)["code"] == "category-transactional"
    ask("put", f"{own}/poems", {"wanted": False}, 404)
    ask("put", f"{own}/surveys", {"wanted": "perhaps"}, 422)
    ask("put", f"{own}/surveys", {}, 422)
    for path in ("/contacts/con_nobody/mail-preferences", "/contacts/con_nobody/mail-changes"):
        ask("get", path, status=404)
    ask("put", "/contacts/con_nobody/mail-preferences/surveys", {"wanted": True}, 404)
    assert not Change.objects.exists()


def test_words_are_read_revised_and_taken_back(ask, admin):
    shipped = ask("get", f"/mail-templates/en/{KEY}")
    written = ask("put", f"/mail-templates/en/{KEY}", {**WORDS, "note": "Shorter", "based_on": 0})

    assert (shipped["revision"], shipped["is_shipped"]) == (0, True)
    assert "contact.name" in shipped["values"]
    assert (written["revision"], written["subject"]) == (1, "It works")
    assert ask("put", f"/mail-templates/en/{KEY}", {**WORDS, "based_on": 0}, 409)["code"] == "edited-meanwhile"
    ask("delete", f"/mail-templates/en/{KEY}", status=204)
    assert ask("get", f"/mail-templates/en/{KEY}") == shipped | {"revision": 2}
    first = ask("get", f"/mail-template-revisions/en/{KEY}?limit=1")
    rest = ask("get", f"/mail-template-revisions/en/{KEY}?before={first['next']}")
    assert [row["is_shipped"] for row in first["items"] + rest["items"]] == [True, False]
    assert (rest["items"][0]["note"], rest["items"][0]["actor"]) == ("Shorter", people.as_team(admin))
    assert rest["next"] is None


def test_all_mails_are_listed_in_pages(ask):
    ask("put", "/mail-templates/es/our_own", WORDS)
    rows, after = [], ""
    while after is not None:
        page = ask("get", f"/mail-templates?limit=40&after={after}")
        rows, after = rows + page["items"], page["next"]
    named = [(row["key"], row["language"]) for row in rows]
    assert len(named) == len(set(named))
    assert {(KEY, "en"), (KEY, "es"), ("our_own", "es")} <= set(named)
    assert [row["key"] for row in rows if row["is_edited"]] == ["our_own"]


def test_a_preview_saves_nothing_and_a_test_goes_to_oneself(ask, admin):
    draft = {"key": KEY, "language": "en", **WORDS}
    shown = ask("post", "/mail-template-previews", draft)
    sent = ask("post", "/mail-template-tests", draft, 202)

    assert shown["subject"] == "It works"
    assert "it works." in shown["text"]
    assert "<html" in shown["html"]
    assert sent["to"] == admin.user.email == Message.objects.get(pk=sent["message_id"]).to
    assert not TemplateRevision.objects.exists()


@pytest.mark.parametrize("source", HOSTILE)
def test_words_that_could_do_harm_are_refused_with_their_place(ask, source):
    wrong = {**WORDS, "text": f"Hello\n{source}"}
    refused = ask("put", f"/mail-templates/en/{KEY}", wrong, 422)
    ask("post", "/mail-template-previews", {"key": KEY, "language": "en", **wrong}, 422)
    ask("post", "/mail-template-tests", {"key": KEY, "language": "en", **wrong}, 422)

    assert refused["code"] == "mail-words-refused"
    assert refused["errors"][0]["place"] == "text"
    assert all(error["reason"] for error in refused["errors"])
    assert not MailTemplate.objects.exists()
    assert not Message.objects.exists()


def test_words_without_shape_are_refused(ask):
    for wrong in (
        {**WORDS, "subject": ""},
        {**WORDS, "subject": "a\nb"},
        {**WORDS, "text": "x" * 50_001},
        {**WORDS, "text": "a\x00b"},
        {**WORDS, "text": "\ud800"},
        {**WORDS, "html": "<script>1</script>"},
        {**WORDS, "colour": "red"},
        {**WORDS, "based_on": -1},
        {"subject": "x"},
    ):
        ask("put", f"/mail-templates/en/{KEY}", wrong, 422)
    ask("put", "/mail-templates/xx/our_own", WORDS, 404)
    ask("put", "/mail-templates/en/Our/own", WORDS, 422)
    for path in ("/mail-templates/en/nothing_like_it", f"/mail-templates/xx/{KEY}"):
        ask("get", path, status=404)
    ask("get", "/mail-templates/en/../../etc", status=422)
    ask("delete", "/mail-templates/en/nothing_like_it", status=404)
    ask("get", "/mail-template-revisions/en/nothing_like_it", status=404)
    assert not MailTemplate.objects.exists()


def test_reading_is_no_writing(asking, contact):
    reading = asking("mail:read")
    assert reading("post", "/suppressions", {"email": "a@b.example", "note": "x"}, 403)["scope"] == "mail:write"
    reading("put", f"/contacts/{contact.pk}/mail-preferences/surveys", {"wanted": False}, 403)
    reading("put", f"/mail-templates/en/{KEY}", WORDS, 403)
    asking("customers:read")("get", f"/contacts/{contact.pk}/mail-preferences", status=403)

"""Keys in the portal."""

import html
import re
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from posthouse.foundation.clock import now
from posthouse.keys import actions, models

pytestmark = pytest.mark.django_db
SECRET = re.compile(r"ph_(?:test|live)_[0-9A-Za-z]{36}")


def address(name, customer, *rest):
    return reverse(name, args=[customer.pk, *rest])


def once(browser, customer):
    """The word that the form carries."""
    page = browser.get(address("portal-key-new", customer)).content.decode()
    return re.search(r'name="once" value="([^"]+)"', page)[1]


def text_of(response):
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", response.content.decode())))


@pytest.mark.mission("J2.3")
def test_a_new_key_shows_its_secret_once_and_nowhere_else(owner, customer, settings):
    settings.KEY_SCOPES = ["read:sun", "read:moon"]
    form = {
        "name": "Website",
        "environment": "test",
        "scopes": ["read:sun"],
        "networks": "203.0.113.7\n2001:db8::/32",
        "expires_on": (now() + timedelta(days=30)).date().isoformat(),
        "once": once(owner.browser, customer),
    }
    made = owner.browser.post(address("portal-key-new", customer), form)
    assert made.status_code == 200
    secret = SECRET.search(made.content.decode())[0]
    assert made["Cache-Control"] == "no-store"
    assert f"Authorization: Bearer {secret}" in html.unescape(made.content.decode())
    key = models.Key.objects.get()
    assert (key.scopes, key.networks) == (["read:sun"], ["203.0.113.7/32", "2001:db8::/32"])
    assert secret not in str([session.get_decoded() for session in Session.objects.all()])

    again = owner.browser.post(address("portal-key-new", customer), form, follow=True)
    assert models.Key.objects.count() == 1
    assert secret not in again.content.decode()
    assert "cannot be shown again" in text_of(again)
    for name in ("portal-key", "portal-key-edit", "portal-key-rotate", "portal-key-revoke"):
        assert secret not in owner.browser.get(address(name, customer, key.pk)).content.decode()
    page = text_of(owner.browser.get(address("portal-keys", customer)))
    assert key.secrets.get().hint in page
    assert secret not in page


@pytest.mark.parametrize(
    ("field", "value", "complaint"),
    [
        ("name", "", "required"),
        ("name", "x" * 81, "80"),
        ("name", "a\x00b", "Null"),
        ("environment", "production", "production"),
        ("networks", "10.0.0.1/8", "10.0.0.0/8"),
        ("networks", "my office", "not a network"),
        ("networks", " ".join(f"10.0.{n}.0/24" for n in range(51)), "At most 50"),
        ("expires_on", "2020-01-01", "between today"),
        ("expires_on", "someday", "date"),
        ("expires_on", "9999-12-31", "ten years"),
        ("scopes", "read:stars", "read:stars"),
        ("once", "<script>", "value"),
    ],
)
def test_a_form_that_makes_no_sense_says_why_and_keeps_what_was_typed(
    owner, customer, settings, field, value, complaint
):
    settings.KEY_SCOPES = ["read:sun"]
    form = {"name": "My key", "environment": "live", "once": once(owner.browser, customer)} | {field: value}
    answer = owner.browser.post(address("portal-key-new", customer), form)
    assert answer.status_code == 422
    assert complaint in text_of(answer)
    if field != "name":
        assert 'value="My key"' in answer.content.decode()
    assert not models.Key.objects.exists()


def test_rotating_shows_both_hints_and_when_the_old_secret_ends(owner, customer, make_key):
    key, old = make_key()
    newest = key.secrets.get()
    form = {"overlap": "3600", "replacing": newest.pk}
    rotated = owner.browser.post(address("portal-key-rotate", customer, key.pk), form)
    assert SECRET.search(rotated.content.decode())[0] != old
    page = text_of(owner.browser.get(address("portal-key", customer, key.pk)))
    assert all(secret.hint in page for secret in key.secrets.all())
    assert "works until" in page
    again = owner.browser.post(address("portal-key-rotate", customer, key.pk), form, follow=True)
    assert "done already" in text_of(again)
    assert key.secrets.count() == 2


@pytest.mark.parametrize("form", [{}, {"overlap": "60"}, {"overlap": "-1"}, {"overlap": "x"}, {"overlap": "0"}])
def test_rotating_needs_one_of_the_offered_overlaps_and_the_secret_it_replaces(owner, customer, make_key, form):
    key, _ = make_key()
    assert owner.browser.post(address("portal-key-rotate", customer, key.pk), form).status_code == 422
    assert key.secrets.count() == 1


def test_revoking_asks_first_and_names_what_will_happen(owner, customer, make_key):
    key, _ = make_key()
    actions.note_use(last_used={key.pk: now() - timedelta(minutes=3)})
    asked = text_of(owner.browser.get(address("portal-key-revoke", customer, key.pk)))
    assert "3 minutes ago" in asked
    assert "401 key-revoked" in asked
    assert models.Key.objects.get().revoked_at is None
    owner.browser.post(address("portal-key-revoke", customer, key.pk), {"reason": "leaked"})
    assert models.Key.objects.get().revoked_reason == "leaked"
    page = text_of(owner.browser.get(address("portal-keys", customer)))
    assert "1 key that has ended" in page


def test_a_key_can_be_renamed_and_narrowed_without_touching_the_rest(owner, customer, make_key, settings):
    settings.KEY_SCOPES = ["read:sun", "read:moon"]
    expires = now() + timedelta(days=3, minutes=7)
    key, _ = make_key(scopes=["read:sun", "read:moon"], expires_at=expires)
    page = owner.browser.get(address("portal-key-edit", customer, key.pk))
    form = page.context["form"]
    sent = {"name": "New name", "scopes": ["read:moon"], "networks": "", "expires_on": form["expires_on"].value()}
    assert owner.browser.post(address("portal-key-edit", customer, key.pk), sent).status_code == 302
    key.refresh_from_db()
    assert (key.name, key.scopes, key.expires_at) == ("New name", ["read:moon"], expires)


def test_an_ended_key_can_only_be_looked_at(owner, customer, make_key):
    key, _ = make_key()
    newest = key.secrets.get().pk
    actions.revoke_key(key=key, reason="leaked")
    for name, form in (
        ("portal-key-edit", {"name": "x"}),
        ("portal-key-rotate", {"overlap": "0", "replacing": newest}),
    ):
        answer = owner.browser.post(address(name, customer, key.pk), form, follow=True)
        assert "has ended" in text_of(answer)
    assert key.secrets.count() == 1
    assert "leaked" in text_of(owner.browser.get(address("portal-key", customer, key.pk)))


PAGES = ["portal-key", "portal-key-edit", "portal-key-rotate", "portal-key-revoke"]


@pytest.mark.parametrize("role", ["developer", "billing", "auditor"])
def test_developers_write_and_others_only_read(member_as, customer, make_key, role):
    key, _ = make_key()
    browser = member_as(role).browser
    may_write = role == "developer"
    listing = browser.get(address("portal-keys", customer))
    assert listing.status_code == 200
    assert (address("portal-key-new", customer) in listing.content.decode()) == may_write
    assert browser.get(address("portal-key", customer, key.pk)).status_code == 200
    expected = 200 if may_write else 403
    assert browser.get(address("portal-key-new", customer)).status_code == expected
    for name in PAGES[1:]:
        assert browser.get(address(name, customer, key.pk)).status_code == expected
    assert browser.post(address("portal-key-revoke", customer, key.pk)).status_code == (302 if may_write else 403)


def test_other_customers_keys_are_not_there(outsider, owner, customer, make_key, client):
    key, _ = make_key()
    theirs = outsider.contact.memberships.get().customer
    for name in PAGES:
        assert outsider.browser.get(address(name, customer, key.pk)).status_code == 404
        assert outsider.browser.get(address(name, theirs, key.pk)).status_code == 404
        assert outsider.browser.post(address(name, theirs, key.pk)).status_code in (404, 405)
        assert client.get(address(name, customer, key.pk)).status_code == 302
    for name in ("portal-keys", "portal-key-new"):
        assert outsider.browser.get(address(name, customer)).status_code == 404
    assert owner.browser.get(f"/c/{customer.pk}/keys/%00/").status_code == 404


def test_the_list_takes_the_same_few_queries_for_one_key_and_for_many(owner, customer, make_key):
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert owner.browser.get(address("portal-keys", customer)).status_code == 200
        return len(asked)

    make_key()
    actions.revoke_key(key=make_key()[0])
    queries()
    few = queries()
    for n in range(12):
        key, _ = make_key(("test", "live")[n % 2], name=f"Key {n}")
        if n % 3 == 0:
            actions.revoke_key(key=key)
    assert queries() == few <= 10


def test_the_pages_speak_spanish(owner, customer, make_key):
    owner.contact.user.language = "es"
    owner.contact.user.save()
    make_key(limits=[["burst", 10, 1]])
    page = text_of(owner.browser.get(address("portal-keys", customer)))
    assert "Crear una clave" in page
    assert "10 por segundo" in page


# the team


@pytest.mark.parametrize("role", ["admin", "support", "engineer", "analyst", "auditor"])
def test_the_team_sees_a_key_and_those_who_may_revoke_it_with_a_reason(team_as, customer, make_key, role):
    key, _ = make_key()
    _, browser = team_as(role)
    page = browser.get(address("desk-key", customer, key.pk))
    assert page.status_code == 200
    may_write = role in ("admin", "support", "engineer")
    assert ("Revoke for good" in text_of(page)) == may_write
    no_reason = browser.post(address("desk-key-revoke", customer, key.pk), {})
    assert no_reason.status_code == (422 if may_write else 403)
    done = browser.post(address("desk-key-revoke", customer, key.pk), {"reason": "abuse"})
    assert done.status_code == (302 if may_write else 403)
    assert (models.Key.objects.get().revoked_reason == "abuse") == may_write


def rows(*limits):
    form = {"limits-TOTAL_FORMS": str(len(limits)), "limits-INITIAL_FORMS": "0"}
    for n, (name, quota, window) in enumerate(limits):
        form |= {f"limits-{n}-name": name, f"limits-{n}-quota": quota, f"limits-{n}-window": window}
    return form


def test_the_team_gives_a_key_limits_of_its_own_and_takes_them_back(team_as, customer, make_key):
    key, _ = make_key()
    _, browser = team_as("engineer")
    where = address("desk-key-limits", customer, key.pk)
    assert browser.post(where, rows(("burst", "5", "1.0"), ("", "", "1.0"))).status_code == 302
    assert models.Key.objects.get().limits == [["burst", 5, 1]]
    assert "5 per second" in text_of(browser.get(address("desk-key", customer, key.pk)))
    assert browser.post(where, rows(("", "", "1.0"))).status_code == 302
    assert models.Key.objects.get().limits == []


@pytest.mark.parametrize(
    "limits",
    [
        [("burst", "", "1.0")],
        [("", "5", "1.0")],
        [("burst", "-5", "1.0")],
        [("burst", "five", "1.0")],
        [("burst", "5", "2.0")],
        [("día", "5", "1.0")],
        [("burst", "5", "1.0"), ("burst", "6", "60.0")],
    ],
)
def test_limits_that_make_no_sense_are_refused(team_as, customer, make_key, limits):
    key, _ = make_key()
    _, browser = team_as("engineer")
    assert browser.post(address("desk-key-limits", customer, key.pk), rows(*limits)).status_code == 422
    assert models.Key.objects.get().limits == []


def test_customers_do_not_reach_the_desk(owner, customer, make_key):
    key, _ = make_key()
    assert owner.browser.get(address("desk-key", customer, key.pk)).status_code == 404
    assert owner.browser.post(address("desk-key-revoke", customer, key.pk), {"reason": "x"}).status_code == 404
    assert owner.browser.post(address("desk-key-limits", customer, key.pk), rows()).status_code == 404

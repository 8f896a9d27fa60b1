"""The portal's and the desk's first pages and the keys' pages in a real browser: both themes, both widths."""

import contextlib
from datetime import timedelta

import pytest
from django.urls import reverse
from playwright.sync_api import Error, expect
from tests.browser import DESKTOP, PHONE, check_page, shot

from posthouse.foundation.clock import now
from posthouse.keys import actions as keys
from posthouse.usage.models import Call
from posthouse.vendor.actions import describe_vendor

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def house(site, published, owner, customer, happen, make_key, team_as, settings):
    """A customer on its way: keys of every state, a first call, and somebody of the team."""
    settings.KEY_SCOPES = ["read:sun", "read:moon", "read:places"]
    describe_vendor(name="Sunline", api_base_url="https://api.sunline.example/v1", support_email="help@sunline.example")
    whose = {"customer_id": "", "contact_id": owner.contact.pk}
    happen("email.confirmed", **whose)
    happen("profile.completed", **whose, job_role="developer")
    key, _ = make_key(name="Website", scopes=["read:sun", "read:moon"])
    keys.rotate_key(key=key, overlap=keys.MAX_OVERLAP)
    make_key("live", name="Shop", networks=["203.0.113.0/24"])
    keys.revoke_key(key=make_key(name="Old laptop")[0], reason="leaked in a screenshot")
    call = {"call_id": "call_1", "method": "GET", "route": "/v1/sun", "status": 200}
    happen("call.first", **call)
    happen("call.first_success", **call)
    at = now() - timedelta(minutes=4)
    fields = {"customer_id": customer.pk, "key_id": key.pk, "environment": "test", "method": "GET", "route": "/v1/sun"}
    fields |= {"path": "/v1/sun?date=soon", "status": 400, "error_code": "date-invalid", "duration_us": 3210}
    for number in range(3):
        Call.objects.create(id=f"call_{number}", at=at, received_at=at, user_agent="curl/8.5", **fields)
    member, _ = team_as("admin")
    return customer, key, owner.contact.user, member.user


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_every_page(browse, house, theme, width):
    customer, key, owner, member = house
    here = [customer.pk]
    portal = {
        "landing": (reverse("home"), None),
        "home": (reverse("portal-home", args=here), owner),
        "call": (reverse("portal-call", args=[*here, "call_1"]), owner),
        "golive": (reverse("portal-golive", args=here), owner),
        "keys": (reverse("portal-keys", args=here), owner),
        "key": (reverse("portal-key", args=[*here, key.pk]), owner),
        "key-new": (reverse("portal-key-new", args=here), owner),
        "key-rotate": (reverse("portal-key-rotate", args=[*here, key.pk]), owner),
        "key-revoke": (reverse("portal-key-revoke", args=[*here, key.pk]), owner),
        "desk-home": (reverse("desk-home"), member),
        "desk-customer": (reverse("desk-customer", args=here), member),
        "desk-events": (reverse("desk-events"), member),
        "desk-key": (reverse("desk-key", args=[*here, key.pk]), member),
    }
    for name, (address, user) in portal.items():
        page = browse(address, user=user, theme=theme, width=width)
        shot(page, f"pages-{name}-{theme}-{width}")
        check_page(page)
        page.context.close()


@pytest.mark.mission("J2.4")
@pytest.mark.parametrize("javascript", [True, False])
def test_the_first_key_its_samples_and_the_box_that_waits(browse, site, published, owner, customer, happen, javascript):
    page = browse(reverse("portal-home", args=[customer.pk]), user=owner.contact.user, javascript=javascript)
    page.get_by_role("button", name="Make a test key").click()
    page.get_by_text("Waiting for your first call").wait_for()
    secret = page.locator("code").first.inner_text().strip()
    assert secret.startswith("ph_test_")
    assert secret not in page.url
    for language in ("curl", "Python", "JavaScript"):
        page.get_by_text(language, exact=True).first.click()
        expect(page.locator(".pane:visible")).to_contain_text(secret)
    if javascript:
        shot(page, "pages-waiting")
        check_page(page)
    happen("call.first_success", call_id="call_1", method="GET", route="/v1/sun", status=200)
    if not javascript:
        page.get_by_role("link", name="Look again").click()
    page.get_by_text("Your first call has arrived").wait_for()
    expect(page.locator(".wait.done")).to_have_count(1)
    page.reload()
    expect(page.get_by_text(secret)).to_have_count(0)


def test_a_key_made_by_hand_is_shown_once(browse, site, owner, customer):
    page = browse(reverse("portal-key-new", args=[customer.pk]), user=owner.contact.user)
    page.get_by_label("Name").fill("Website")
    page.get_by_role("button", name="Make the key").click()
    page.get_by_role("heading", name="Your new key").wait_for()
    shot(page, "pages-secret")
    check_page(page)
    secret = page.locator("code").first.inner_text().strip()
    page.get_by_role("link", name="I have kept it").click()
    with contextlib.suppress(Error):  # Chromium asks whether to send the form again
        page.go_back()
    expect(page.get_by_text(secret)).to_have_count(0)

"""The pages about calls in Chromium: how they look, and calls that appear by themselves."""

import random
from datetime import timedelta

import pytest
from playwright.sync_api import expect
from tests.browser import DESKTOP, PHONE, check_page, shot

from posthouse.timeline.models import Event
from posthouse.usage import actions
from posthouse.usage.models import Call
from posthouse.usage.tests.conftest import make_call

pytestmark = [pytest.mark.browser, pytest.mark.slow]
ROUTES = ["/v1/sun/{place}/times", "/v1/moon/{place}/phase", "/v1/places", "/v1/sun/{place}/position"]


@pytest.fixture
def traffic(called, ada, ada_key):
    """Three weeks of calls, with a worse day."""
    source = random.Random(8)
    own = {"customer_id": ada.customer_id, "key_id": ada_key.pk}

    def one(ago):
        bad = source.random() < (0.3 if 30 < ago.total_seconds() / 3600 < 40 else 0.03)
        status = source.choice((400, 404, 429, 500)) if bad else 200
        route = source.choice(ROUTES)
        return {
            **own,
            "ago": ago,
            "status": status,
            "error_code": "place-unknown" if status == 404 else "",
            "route": route,
            "path": route.replace("{place}", source.choice(("oslo", "lima", "quito"))),
            "environment": source.choice(("test", "live")),
            "duration_us": int(source.lognormvariate(9.5, 0.6)),
        }

    called(*(one(timedelta(minutes=60 * 24 * 21 * source.random() ** 2)) for _ in range(3000)))


@pytest.mark.parametrize(("width", "theme"), [(DESKTOP, "light"), (DESKTOP, "dark"), (PHONE, "light")])
@pytest.mark.parametrize("page_name", ["calls", "usage"])
def test_portal_pages(browse, ada, traffic, page_name, width, theme):
    page = browse(f"/c/{ada.customer_id}/{page_name}/?period=24h", user=ada, width=width, theme=theme)
    if page_name == "usage":
        expect(page.locator("[data-drawn] canvas").first).to_be_visible()
    check_page(page)
    shot(page, f"usage-{page_name}-{width}-{theme}")


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_desk_page(browse, team, traffic, width):
    page = browse("/desk/traffic/?period=7d", user=team, width=width)
    check_page(page)
    shot(page, f"usage-desk-{width}")


def test_pages_without_calls(browse, ada):
    page = browse(f"/c/{ada.customer_id}/calls/", user=ada)
    check_page(page)
    shot(page, "usage-calls-empty")


@pytest.mark.mission("J3.4")
def test_new_calls_appear_by_themselves_and_only_those_that_fit(browse, ada, called):
    called(customer_id=ada.customer_id, path="/before")
    page = browse(f"/c/{ada.customer_id}/calls/?live=1&status=failed", user=ada)
    expect(page.get_by_text("Following.")).to_be_visible()
    page.wait_for_timeout(1500)
    actions.store_calls(
        [
            make_call(customer_id=ada.customer_id, path="/fine"),
            make_call(customer_id=ada.customer_id, path="/wrong", status=404),
            make_call(customer_id="cus_other", path="/others", status=404),
        ]
    )
    expect(page.get_by_text("/wrong")).to_be_visible()
    expect(page.get_by_text("/fine")).to_have_count(0)
    expect(page.get_by_text("/others")).to_have_count(0)
    check_page(page)
    shot(page, "usage-calls-live")


def test_following_pauses_by_itself(browse, ada, called, monkeypatch):
    monkeypatch.setattr("posthouse.usage.live.PAUSE_AFTER_CALLS", 2)
    called(customer_id=ada.customer_id)
    page = browse(f"/c/{ada.customer_id}/calls/?live=1", user=ada)
    expect(page.get_by_text("Following.")).to_be_visible()
    page.wait_for_timeout(1500)
    actions.store_calls([make_call(customer_id=ada.customer_id) for _ in range(5)])
    expect(page.get_by_text("Paused")).to_be_visible()
    expect(page.locator("tbody tr")).to_have_count(3)
    assert Call.objects.count() == 6
    page.get_by_role("link", name="Go on").click()
    expect(page.get_by_text("Following.")).to_be_visible()


def test_everything_is_there_without_a_script(browse, ada, traffic):
    page = browse(f"/c/{ada.customer_id}/usage/", user=ada, javascript=False)
    expect(page.get_by_role("heading", name="Usage")).to_be_visible()
    expect(page.locator(".chart table").first).to_be_visible()
    assert Event.objects.filter(type="call.first").count() == 1

"""The pages about sources in Chromium: wide and narrow, light and dark, English and Spanish."""

import json

import pytest
from django.urls import reverse
from tests.browser import DESKTOP, PHONE, check_page, shot

from posthouse.intake import actions
from posthouse.intake.models import Rejected
from posthouse.people.actions import add_team_member
from posthouse.people.models import User

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LOOKS = [("light", DESKTOP, "en"), ("dark", PHONE, "es")]


@pytest.fixture
def engineer(transactional_db):
    return add_team_member(user=User.objects.create_user("e@vendor.example", "x"), role="engineer").user


@pytest.fixture
def busy(transactional_db, source, reject):
    """A source that much came from."""
    actions.change_source(source=source, names={"Bought a very long thing": "order.completed"})
    page = {"type": "page", "userId": "7e4cf1de-8f4f-4a6c-9a55-3b0f2d7d7d11", "name": "Pricing"}
    actions.take_in(source=source, items=[page | {"messageId": str(n)} for n in range(30)])
    for number in range(3):
        reject(json.dumps({"type": "track", "event": "Order Completed", "properties": {"n": number}}))
    reject("{", reason="not-json", detail="Input data was truncated.")
    return source


@pytest.mark.parametrize(("theme", "width", "language"), LOOKS)
@pytest.mark.parametrize("name", ["desk-sources", "desk-source-new"])
def test_pages_of_all_sources(browse, engineer, busy, name, theme, width, language):
    look(browse, engineer, reverse(name), name, theme, width, language)


@pytest.mark.parametrize(("theme", "width", "language"), LOOKS)
@pytest.mark.parametrize("name", ["desk-source", "desk-source-edit", "desk-source-rotate", "desk-source-rejected"])
def test_pages_of_one_source(browse, engineer, busy, name, theme, width, language):
    look(browse, engineer, reverse(name, args=[busy.pk]), name, theme, width, language)


@pytest.mark.parametrize(("theme", "width", "language"), LOOKS)
def test_a_rejected_item(browse, engineer, busy, theme, width, language):
    address = reverse("desk-reject", args=[busy.pk, Rejected.objects.filter(reason="no-person").first().pk])
    look(browse, engineer, address, "desk-reject", theme, width, language)


def look(browse, user, address, name, theme, width, language):
    User.objects.filter(pk=user.pk).update(language=language)
    page = browse(address, user=user, theme=theme, width=width, language=language)
    shot(page, f"intake-{name}-{theme}-{width}")
    check_page(page)


def test_a_rejected_item_is_mended_by_hand(browse, engineer, busy):
    row = Rejected.objects.filter(reason="no-person").first()
    page = browse(reverse("desk-source-rejected", args=[busy.pk]), user=engineer)
    page.locator(f'a[href$="{row.pk}/"]').click()
    page.get_by_label("The item").fill('{"type": "track", "userId": "42", "event": "Order Completed"}')
    page.get_by_role("button", name="Take it in").click()
    page.get_by_text("It is taken in.").wait_for()
    assert not Rejected.objects.filter(pk=row.pk).exists()

"""Every page of the house in a real browser, as the person it is for: wide, light, English; narrow, dark, Spanish.

In a house with one of everything (`tests.scene`), so that the pages of one thing are looked at as well.
"""

import pytest

from posthouse.config.permissions import page_rules
from posthouse.people.models import User
from tests.browser import DESKTOP, PHONE, check_page, head_of, shot
from tests.scene import make_scene
from tests.test_permissions import ARGUMENT

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LEFT_OUT = ("/design/", "/favicon.ico", "/desk/surveys/<slug:campaign_id>/preview/")
"""The last is a mail in a sandbox in which nothing runs, not even what looks at it here."""
STREAMS = ("/waiting/", "/calls-live/", "/comments-live/")
PAGES = [
    (address, rule)
    for address, rule in page_rules()
    if not address.startswith(LEFT_OUT) and not (address.endswith(STREAMS) and address.startswith("/c/"))
]
LOOKS = [("light", DESKTOP, "en"), ("dark", PHONE, "es")]
NOTHING_TO_SEE = {302, 404, 405}


def part_of(address):
    """Pages that are looked at together, so that the house is furnished once for all of them."""
    return "/".join(address.split("/")[1:3]) if address.startswith(("/desk/", "/c/")) else address.split("/")[1]


PARTS = sorted({part_of(address) for address, _rule in PAGES})
OF_ONE_THING = [
    "/desk/journeys/<slug:key>/",
    "/desk/journeys/<slug:key>/revisions/<int:number>/",
    "/desk/journeys/all-runs/<slug:run_id>/",
    "/desk/automations/a/<slug:key>/edit/",
    "/desk/automations/a/<slug:key>/revisions/<int:number>/",
    "/desk/automations/runs/<slug:run_id>/",
    "/desk/tasks/<slug:task_id>/",
    "/desk/mail/<slug:message_id>/",
    "/desk/mail/words/<slug:language>/<path:key>/",
    "/desk/sources/<slug:source_id>/rejected/<slug:reject_id>/",
    "/desk/customers/<slug:customer_id>/merge/<slug:gone_id>/",
    "/desk/contacts/<slug:contact_id>/merge/<slug:gone_id>/",
    "/desk/events/<int:position>/",
    "/desk/guides/<slug:document_id>/",
    "/letters/<slug:token>/unsubscribe/",
    "/desk/surveys/<slug:campaign_id>/",
    "/desk/surveys/<slug:campaign_id>/webhook/",
    "/desk/surveys/sends/<slug:send_id>/",
    "/desk/surveys/responses/<slug:response_id>/",
    "/desk/surveys/links/<slug:link_id>/",
    "/survey/<str:link>/",
    "/survey/open/<str:token>/",
    "/c/<slug:customer_id>/keys/<slug:key_id>/",
]
"""That these open shows that the scene is complete: else nobody would miss them."""


@pytest.fixture
def scene(transactional_db):
    return make_scene()


def address_in(scene, pattern):
    """The pattern filled in with what is in the scene; what is not there has an id that does not exist."""

    def fill(found):
        value = scene.argument(pattern, found["name"])
        return value if value is not None else ("1" if found["kind"] == "int" else "zz")

    return ARGUMENT.sub(fill, pattern.replace("^", "").replace("$", ""))


def person_for(scene, audience):
    return {"public": None, "team": scene.admin}.get(audience, scene.member)


@pytest.mark.parametrize("part", PARTS)
def test_the_pages_of(browse, site, scene, part):
    browse.expect("status of 4[0-9][0-9]", "Blocked script execution")
    wrong = []
    for theme, width, language in LOOKS:
        User.objects.update(language=language)
        opened = {}
        for pattern, rule in PAGES:
            if part_of(pattern) != part:
                continue
            user = person_for(scene, rule.audience)
            address = address_in(scene, pattern)
            status, media_type = head_of(site, address, user)
            assert status < 500, address
            if "text/html" not in media_type or status in NOTHING_TO_SEE:
                continue
            if user not in opened:
                opened[user] = browse(user=user, theme=theme, width=width, language=language)
            page = opened[user]
            page.goto(address)
            shot(page, f"page{address.replace('/', '_')[:120]}-{theme}-{width}")
            try:
                check_page(page)
            except AssertionError as found:
                wrong.append(str(found))
        browse.clear()
    assert not wrong, "\n".join(wrong)


def test_the_pages_of_one_thing_are_among_them(site, scene):
    patterns = dict(PAGES)
    closed = {
        pattern: head_of(site, address_in(scene, pattern), person_for(scene, patterns[pattern].audience))[0]
        for pattern in OF_ONE_THING
    }
    assert set(closed.values()) == {200}, closed

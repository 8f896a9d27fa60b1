"""The pages of surveys in a real browser: wide and light in English, narrow and dark in Spanish; the mail answered."""

import pytest
from playwright.sync_api import expect
from tests.browser import DESKTOP, PHONE, check_page, shot

from posthouse.people import actions as people
from posthouse.people.models import TeamRole, User
from posthouse.surveys import actions, links, models, texts

pytestmark = [pytest.mark.browser, pytest.mark.slow]
LOOKS = [("light", DESKTOP, "en"), ("dark", PHONE, "es")]
PAGES = {
    "campaigns": "/desk/surveys/",
    "new": "/desk/surveys/new/",
    "one": "/desk/surveys/{campaign}/",
    "edit": "/desk/surveys/{campaign}/edit/",
    "sends": "/desk/surveys/{campaign}/sends/",
    "send": "/desk/surveys/sends/{send}/",
    "responses": "/desk/surveys/{campaign}/responses/",
    "response": "/desk/surveys/responses/{response}/",
    "closed": "/survey/example/",
    "links": "/desk/surveys/{campaign}/links/",
    "link": "/desk/surveys/links/{link}/",
    "open": "/survey/open/{token}/?score=9",
}


@pytest.fixture
def house(transactional_db):
    admin = User.objects.create_user("admin@vendor.example.org", "x")
    people.add_team_member(user=admin, role=TeamRole.ADMIN)
    words = {code: texts.usual("nps", code) for code in ("en", "es")}
    campaign = actions.make_campaign(name="Quarterly", metric="nps", texts=words)
    campaign = actions.set_state(campaign=campaign, state="running")
    sends = []
    for n in range(3):
        wish = actions.Wish(
            email=f"somebody-with-a-long-name-{n}@example.org", channel="link", attributes={"plan": "pro"}
        )
        sends.append(actions.ask(campaign=campaign, wish=wish).send)
    response = actions.answer(send=sends[0], given=actions.Answer(score=9, comment="Good docs. " * 30))
    actions.answer(send=sends[0], given=actions.Answer(score=3, comment="long" * 80))
    link = actions.make_open_link(campaign=campaign, name="A poster at the entrance", attributes=["place", "event"])
    ids = {"link": link.pk, "token": link.token}
    return ids | {"admin": admin, "campaign": campaign.pk, "send": sends[1].pk, "response": response.pk}


@pytest.mark.parametrize("name", PAGES)
def test_a_page(browse, house, name):
    for theme, width, language in LOOKS:
        User.objects.update(language=language)
        address = PAGES[name].format(**house)
        user = house["admin"] if address.startswith("/desk") else None
        page = browse(address, user=user, theme=theme, width=width, language=language)
        shot(page, f"surveys-{name}-{theme}-{width}")
        check_page(page)


@pytest.mark.mission("S5")
@pytest.mark.parametrize(("theme", "width", "language"), LOOKS)
def test_a_score_is_confirmed_changed_and_thanked_for_by_keyboard_alone(browse, house, theme, width, language):
    models.Send.objects.filter(pk=house["send"]).update(language=language)
    page = browse(f"/survey/{links.token(house['send'], 9)}/", user=None, theme=theme, width=width, language=language)
    expect(page.locator("input[name=score]:checked")).to_have_attribute("value", "9")
    shot(page, f"surveys-answer-{theme}-{width}")
    check_page(page)
    page.locator("input[name=score]:checked").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.wait_for_url("**/more/")
    assert models.Response.objects.get(send_id=house["send"]).score == 10
    shot(page, f"surveys-thanks-{theme}-{width}")
    check_page(page)


@pytest.mark.mission("S5")
@pytest.mark.parametrize(("theme", "width", "language"), LOOKS)
def test_an_open_link_is_answered_and_the_answer_changed_without_a_cookie(browse, house, theme, width, language):
    page = browse(f"/survey/open/{house['token']}/?score=9", theme=theme, width=width, language=language)
    for score in ("10", "8"):
        page.locator(f"input[name=score][value='{score}']").check()
        page.keyboard.press("Enter")
        expect(page.locator("main p").filter(has_text=score)).to_be_visible()
        shot(page, f"surveys-open-thanks-{theme}-{width}")
        check_page(page)
        page.click("button[value=change]")
        expect(page.locator("input[name=score]:checked")).to_have_attribute("value", score)
    response = models.Response.objects.get(channel="open")
    assert (response.score, response.language, response.changes.count()) == (8, language, 1)
    assert page.context.cookies() == []


def test_the_editor_shows_the_mail_in_the_dark_as_it_would_be_there(browse, house):
    page = browse(f"/desk/surveys/{house['campaign']}/edit/", user=house["admin"], theme="light", width=DESKTOP)
    page.click("button[value=preview]")
    frame = page.locator("iframe.mail-frame.dark")
    frame.scroll_into_view_if_needed()
    sheet = page.frame_locator("iframe.mail-frame.dark").locator(".sheet")
    assert sheet.evaluate("one => getComputedStyle(one).backgroundColor") == "rgb(30, 32, 36)"
    light = page.frame_locator("iframe.mail-frame:not(.dark) >> nth=0").locator(".sheet")
    assert light.evaluate("one => getComputedStyle(one).backgroundColor") == "rgb(255, 255, 255)"
    check_page(page)

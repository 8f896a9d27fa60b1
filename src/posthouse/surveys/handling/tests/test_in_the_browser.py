"""Comments in a browser: followed live, chosen, tagged, taken back; readable everywhere."""

import pytest
from playwright.sync_api import expect
from tests.browser import DESKTOP, PHONE, check_page, shot

from posthouse.people import actions as people
from posthouse.people.models import TeamRole, User
from posthouse.surveys import actions
from posthouse.surveys.handling import acting, tagging

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.mission("S8")]


@pytest.fixture
def admin(transactional_db):
    user = User.objects.create_user("admin@vendor.example.org", "x")
    people.add_team_member(user=user, role=TeamRole.ADMIN, name="Ines")
    return user


@pytest.fixture
def sends(admin):
    """Three people that were asked, two of whom answered."""
    words = {"en": {"subject": "One question", "question": "How likely?"}}
    campaign = actions.make_campaign(name="Quarterly", metric="nps", texts=words)
    campaign = actions.set_state(campaign=campaign, state="running")
    wishes = [actions.Wish(email=f"p{n}@example.org", channel="link") for n in range(3)]
    found = [actions.ask(campaign=campaign, wish=wish).send for wish in wishes]
    answer(found[0], 3, "The limits are hard to find, and nothing says when they were reached.")
    answer(found[1], 10, "Good docs")
    return found


def answer(send, score, comment):
    return actions.answer(send=send, given=actions.Answer(score=score, comment=comment))


def test_comments_are_tagged_and_taken_back(browse, site, admin, sends):
    page = browse(f"/desk/surveys/{sends[0].campaign_id}/figures/", user=admin)
    page.get_by_label("Choose the 3 of p0@example.org").check()
    page.get_by_text("Do something with the chosen answers").click()
    page.get_by_label("or a new one").fill("limits")
    page.get_by_role("button", name="Put it on").click()
    expect(page.get_by_text("1 answer has the tag “limits” now.")).to_be_visible()
    expect(page.locator("li.comment .badge", has_text="limits")).to_be_visible()
    page.get_by_role("button", name="Take that back").click()
    expect(page.get_by_text("Taken back for 1 answer.")).to_be_visible()
    expect(page.locator("li.comment .badge", has_text="limits")).to_have_count(0)


def test_a_new_comment_appears_by_itself_and_a_changed_one_takes_its_place(browse, site, admin, sends):
    page = browse(f"/desk/surveys/{sends[0].campaign_id}/figures/?live=1", user=admin)
    expect(page.locator("li.comment")).to_have_count(2)
    expect(page.get_by_text("Following.")).to_be_visible()
    answer(sends[2], 7, "It came while you were looking")
    expect(page.locator("li.comment").first).to_contain_text("It came while you were looking")
    expect(page.locator("li.comment")).to_have_count(3)
    answer(sends[2], 8, "And then it changed")
    expect(page.locator("li.comment").first).to_contain_text("And then it changed")
    expect(page.locator("li.comment")).to_have_count(3)


@pytest.mark.parametrize(("theme", "width", "language"), [("light", DESKTOP, "en"), ("dark", PHONE, "es")])
@pytest.mark.parametrize("which", ["results", "answer", "tags", "themes"])
def test_pages_are_readable_everywhere(browse, site, admin, sends, which, theme, width, language):
    User.objects.filter(pk=admin.pk).update(language=language)
    for name, tone in (("docs", "plain"), ("limits", "warn"), ("praise", "good"), ("angry", "bad")):
        tag = tagging.make_tag(name=name, tone=tone)
        acting.tag_responses(responses=sends[0].campaign.responses.filter(score=3), tag=tag)
    response = sends[0].response
    acting.assign_responses(responses=[response], assignee=admin.pk)
    acting.write_note(response=response, text="Called, will write again.", actor=f"team:{admin.pk}")
    act = acting.finish_responses(responses=[response])
    campaign = f"/desk/surveys/{sends[0].campaign_id}"
    address = {
        "results": f"{campaign}/figures/?act={act.pk}&search=limits",
        "answer": f"/desk/surveys/responses/{response.pk}/",
        "tags": "/desk/surveys/tags/",
        "themes": f"{campaign}/themes/",
    }[which]
    page = browse(address, user=admin, theme=theme, width=width, language=language)
    if which == "themes":
        page.locator("main details > summary").click()
    shot(page, f"survey-handling-{which}-{theme}-{width}")
    check_page(page)

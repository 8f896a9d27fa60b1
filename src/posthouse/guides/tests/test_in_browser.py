"""The documentation in a real browser: legible for everybody, and better, not different, with a script."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.browser import DESKTOP, PHONE, check_page

from posthouse.guides import actions
from posthouse.guides.tests.conftest import ROOT
from posthouse.people import actions as people
from posthouse.people.models import User

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PAGES = ["/docs/", "/docs/quickstart/", "/docs/schemas/", "/docs/guides/errors/", "/docs/search/?q=date"]


@pytest.mark.parametrize(
    ("width", "theme", "language"), [(DESKTOP, "light", "en"), (DESKTOP, "dark", "es"), (PHONE, "light", "es")]
)
def test_every_page_is_legible(browse, publish, sunline, width, theme, language):
    publish(sunline)
    actions.import_pages(folder=ROOT / "demo" / "sunline" / "docs")
    page = browse("/docs/reference/get-sun/", width=width, theme=theme, language=language)
    page.evaluate("document.querySelectorAll('article details').forEach((one) => { one.open = true; })")
    check_page(page)
    for path in PAGES:
        page.goto(path)
        check_page(page)


def test_the_largest_document_is_legible(browse, publish, box):
    publish(box)
    page = browse("/docs/reference/get-search/", width=PHONE)
    check_page(page)
    page.get_by_role("button", name="Contents").click()
    expect(page.get_by_role("link", name="Search for content")).to_be_visible()


def test_deep_schemas_open_in_place_and_samples_stay_chosen(browse, publish, box):
    publish(box)
    page = browse("/docs/reference/put-files-id/")
    page.get_by_text("JavaScript", exact=True).click()
    expect(page.locator(".pane:visible")).to_contain_text("await fetch")
    page.evaluate("document.querySelectorAll('article details:not(.deeper)').forEach((one) => { one.open = true; })")
    deeper = page.locator("details.deeper").first
    deeper.locator("summary").first.click()
    expect(deeper.locator(".props .name").first).to_be_visible()
    page.goto("/docs/reference/get-files-id/")
    expect(page.locator(".pane:visible")).to_contain_text("await fetch")


def test_search_answers_while_typing(browse, publish, box):
    publish(box)
    page = browse("/docs/")
    page.get_by_role("searchbox").first.press_sequentially("upload file")
    expect(page.locator("#docs-found a").first).to_contain_text("Upload file")
    page.locator("#docs-found a").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Upload file")


def test_everything_is_there_without_a_script(browse, publish, sunline):
    publish(sunline)
    page = browse("/docs/reference/get-sun/", javascript=False)
    page.get_by_text("Python", exact=True).click()
    expect(page.locator(".pane:visible")).to_contain_text("import requests")
    page.get_by_text("A limit of the key is used up.").click()
    expect(page.get_by_text("quota-exceeded", exact=True)).to_be_visible()
    page.get_by_role("searchbox").first.fill("moon")
    page.get_by_role("searchbox").first.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("moon")


def test_the_desk_imports_and_publishes(browse, publish, small, tmp_path):
    user = User.objects.create_user("engineer@vendor.example", "x")
    people.add_team_member(user=user, role="engineer")
    path = Path(tmp_path / "api.json")
    path.write_text(
        json.dumps(
            small
            | {
                "components": small["components"]
                | {"schemas": small["components"]["schemas"] | {"Odd": {"$ref": "#/nowhere"}}}
            }
        )
    )
    page = browse("/desk/guides/", user=user)
    check_page(page)
    browse.expect("422")
    page.get_by_label("Or the text itself").fill("{")
    page.get_by_role("button", name="Look at it").click()
    expect(page.get_by_role("alert").first).to_contain_text("line 1, column 2")
    check_page(page)
    page.get_by_label("File").set_input_files(path)
    page.get_by_label("Or the text itself").fill("")
    page.get_by_role("button", name="Look at it").click()
    expect(page.get_by_text("leads nowhere")).to_be_visible()
    check_page(page)
    page.get_by_role("button", name="Publish").click()
    page.get_by_role("link", name="Open the documentation").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Petstore API")

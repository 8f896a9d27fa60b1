"""The house's own pages in a real browser: both themes, both widths, no complaint from axe or the console."""

import pytest
from playwright.sync_api import expect
from tests.browser import DESKTOP, PHONE, check_page, shot

from posthouse.vendor import queries as vendor_queries

pytestmark = [pytest.mark.browser, pytest.mark.slow]

BOTH = [(theme, width) for theme in ("light", "dark") for width in (DESKTOP, PHONE)]


@pytest.fixture
def gallery(browse, settings):
    """Opens the gallery in the frame named first."""
    settings.DEBUG = True
    return lambda base, **how: browse(f"/design/gallery/{base}/", **how)


@pytest.mark.parametrize("base", ["portal", "desk", "bare"])
def test_every_component_in_every_frame(gallery, base):
    for theme, width in BOTH:
        page = gallery(base, theme=theme, width=width)
        page.wait_for_timeout(400)
        shot(page, f"gallery-{base}-{theme}-{width}")
        check_page(page)
        page.context.close()


def test_the_vendors_colours_in_the_portal(gallery, orange):
    for theme in ("light", "dark"):
        page = gallery("portal", theme=theme)
        page.wait_for_timeout(400)
        shot(page, f"vendor-{theme}", full=False)
        expect(page.get_by_role("link", name="Sunline API").first).to_be_visible()
        check_page(page)


@pytest.mark.parametrize("language", ["en", "es"])
def test_pages_for_errors(browse, analyst, language):
    browse.expect("404", "403", "500")
    for theme, width in BOTH:
        look = {"theme": theme, "width": width, "language": language}
        page = browse("/no/such/page", **look)
        shot(page, f"error-404-{language}-{theme}-{width}", full=False)
        check_page(page)
        page = browse("/", **look)
        page.context.clear_cookies()
        page.get_by_role("button", name="English").click()
        expect(page.locator("h1")).to_contain_text("form" if language == "en" else "formulario")
        check_page(page)
        page = browse("/desk/settings/", user=analyst(language), **look)
        expect(page.locator("h1")).to_contain_text("role" if language == "en" else "rol")
        check_page(page)


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_page_for_failures_needs_nothing_that_may_have_failed(browse, monkeypatch, language):
    browse.expect("500")
    monkeypatch.setattr(vendor_queries, "vendor", lambda: 1 / 0)
    for theme, width in BOTH:
        page = browse("/accounts/login/", theme=theme, width=width, language=language)
        expect(page.locator("h1")).to_contain_text("our side" if language == "en" else "nuestra parte")
        shot(page, f"error-500-{language}-{theme}-{width}", full=False)
        check_page(page)


def test_the_theme_is_remembered_without_a_flash(browse):
    page = browse("/")
    page.get_by_role("button", name="Dark").click()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    answer = page.reload()
    assert 'data-theme="dark"' in answer.text()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == background
    page.get_by_role("button", name="As the system").click()
    assert 'data-theme="dark"' not in page.reload().text()


def test_language_and_theme_can_be_chosen_without_a_script(browse):
    page = browse("/", javascript=False)
    page.get_by_role("button", name="Español").click()
    expect(page.locator("html")).to_have_attribute("lang", "es")
    page.get_by_role("button", name="Oscuro").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_a_sample_is_copied(gallery):
    page = gallery("portal")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    button = page.get_by_role("button", name="Copy").first
    button.click()
    expect(page.locator("#announcer")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()").startswith('curl "https://api.example.com')


def test_the_desk_is_driven_by_keys(gallery, admin):
    page = gallery("desk", user=admin)
    page.locator("body").press("j")
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.search") == "?row=2"
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    page.wait_for_url("**/?row=1")
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keyboard")
    expect(dialog).to_be_visible()
    shot(page, "keys", full=False)
    check_page(page)
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_slash_goes_to_the_search_but_not_while_typing(gallery, admin):
    page = gallery("desk", user=admin)
    search = page.locator("[data-search]")
    page.locator("body").press("/")
    expect(search).to_be_focused()
    page.keyboard.type("a/?g")
    expect(search).to_have_value("a/?g")


def test_two_keys_go_to_a_page(gallery, admin):
    page = gallery("desk", user=admin)
    page.locator("body").press("g")
    page.keyboard.press("c")
    page.wait_for_url("**/desk/customers/")


def test_the_menu_of_the_desk_opens_on_a_phone_without_a_script(gallery, admin):
    page = gallery("desk", user=admin, width=PHONE, javascript=False)
    inside = page.get_by_role("button", name="Español")
    expect(inside).to_be_hidden()
    page.get_by_role("button", name="Menu").click()
    expect(inside).to_be_visible()
    shot(page, "menu-desk-390", full=False)
    page.keyboard.press("Escape")
    expect(inside).to_be_hidden()


def test_figures_are_in_a_table_without_a_script(gallery):
    page = gallery("portal", javascript=False)
    table = page.get_by_role("table").first
    expect(table).to_be_visible()
    expect(page.locator("canvas").first).to_be_hidden()
    expect(page.get_by_role("button", name="Copy").first).to_be_hidden()


def test_a_chart_is_drawn_and_drawn_again_in_the_other_theme(gallery):
    page = gallery("portal")
    canvas = page.locator("canvas").first
    expect(canvas).to_be_visible()
    expect(page.locator("details.figures").first).not_to_have_attribute("open", "")
    page.wait_for_function("document.querySelector('canvas').toDataURL().length > 5000")
    before = canvas.evaluate("c => c.toDataURL()")
    page.get_by_role("button", name="Dark").click()
    page.wait_for_function("before => document.querySelector('canvas').toDataURL() !== before", arg=before)


def test_the_content_is_one_key_away(gallery):
    page = gallery("portal")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


@pytest.mark.parametrize("base", ["portal", "desk"])
def test_targets_are_large_enough(gallery, admin, base):
    page = gallery(base, user=admin, width=PHONE)
    small = page.evaluate(
        """() => [...document.querySelectorAll(
            "button, .button, input:not([type=checkbox], [type=radio]), .tabs a, summary, nav a")]
          .map((one) => [one, one.getBoundingClientRect()])
          .filter(([one, box]) => box.width && (box.height < 24 || box.width < 24))
          .map(([one, box]) => `${one.outerHTML.slice(0, 80)} ${box.width}x${box.height}`)"""
    )
    assert small == []


def test_fragments_come_in_by_events_under_the_policy(browse):
    page = browse("/")
    stream = "event: row\ndata: <b id='came'>came</b>\n\n"
    page.route("**/stream", lambda route: route.fulfill(content_type="text/event-stream", body=stream))
    page.evaluate(
        """() => {
          const main = document.getElementById("main");
          main.insertAdjacentHTML("beforeend",
            '<div id="live" hx-ext="sse" sse-connect="/stream"><p sse-swap="row">waiting</p></div>');
          htmx.process(document.getElementById("live"));
        }"""
    )
    expect(page.locator("#came")).to_have_text("came")


def test_a_fragment_that_fails_is_said(browse):
    browse.expect("404", "Response Status Error Code 404")
    page = browse("/")
    page.evaluate("htmx.ajax('GET', '/no/such/fragment', '#main')")
    expect(page.get_by_role("alert")).to_contain_text("That did not work")
    check_page(page)

"""The widget in Chromium, on a page of another origin whose Content-Security-Policy allows it and nothing else."""

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import expect
from tests.browser import DESKTOP, PHONE, check_page, shot

from posthouse.people import actions as people
from posthouse.people.models import TeamRole, User
from posthouse.surveys import actions, models, texts
from posthouse.surveys.widget.identity import secret_of, sign

pytestmark = [pytest.mark.browser, pytest.mark.slow]
LOOKS = [("light", DESKTOP, "en"), ("dark", PHONE, "es")]
WORDS = {
    "en": {"send": "Send my answer", "not_now": "Not now", "thanks": "Thank you", "page": "Our product"},
    "es": {"send": "Enviar mi respuesta", "not_now": "Ahora no", "thanks": "Gracias", "page": "Nuestro producto"},
}
PAGE = """<!doctype html><html lang="{language}"><head><title>{title}</title>
<meta name="viewport" content="width=device-width"></head>
<body><main><h1>{title}</h1><p><button id="before">{title}</button></p></main>
<script src="{site}/survey/widget.js" data-widget="{widget}" {more} async></script></body></html>"""


@pytest.fixture
def vendor_page(site):
    """A page of the vendor on a second port: `vendor_page.show(...)` sets what it holds and says where it is."""
    pages = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            body = pages.get(self.path, "").encode()
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            policy = f"default-src 'none'; script-src {site.url}; connect-src {site.url}; base-uri 'none'"
            self.send_header("Content-Security-Policy", f"{policy}; require-trusted-types-for 'script'")
            self.end_headers()
            self.wfile.write(body or b"-")

        def log_message(self, *_given):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    server.origin = f"http://127.0.0.1:{server.server_port}"

    def show(widget, language, more=""):
        title = WORDS[language]["page"]
        pages["/"] = PAGE.format(language=language, title=title, site=site.url, widget=widget.pk, more=more)
        return f"{server.origin}/"

    server.show = show
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def widget(vendor_page):
    words = {code: texts.usual("nps", code) for code in ("en", "es")}
    campaign = actions.make_campaign(
        name="Quarterly", metric="nps", texts=words, links={"high": "https://example.org/"}
    )
    campaign = actions.set_state(campaign=campaign, state="running")
    return actions.set_up_widget(campaign=campaign, origins=[vendor_page.origin], attributes=["plan"], wait_seconds=0)


def opened(browse, address, theme="light", width=DESKTOP, language="en"):
    page = browse("", theme=theme, width=width, language=language)
    page.goto(address)
    return page


@pytest.mark.mission("S5")
@pytest.mark.parametrize(("theme", "width", "language"), LOOKS)
def test_a_visitor_answers_by_keyboard_alone_on_a_page_of_another_origin(
    browse, vendor_page, widget, theme, width, language
):
    address = vendor_page.show(widget, language, 'data-attributes=\'{"plan": "pro"}\'')
    page = opened(browse, address, theme, width, language)
    box = page.get_by_role("dialog")
    expect(box).to_be_focused()
    expect(box).to_have_accessible_name(models.Campaign.objects.get().texts[language]["question"])
    shot(page, f"surveys-widget-{theme}-{width}")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    for _step in range(9):
        page.keyboard.press("ArrowRight")
    expect(page.get_by_role("radio", name="9")).to_be_checked()
    page.keyboard.press("Tab")
    page.keyboard.type("Good docs")
    shot(page, f"surveys-widget-chosen-{theme}-{width}")
    check_page(page)
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name=WORDS[language]["send"])).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=WORDS[language]["thanks"])).to_be_visible()
    shot(page, f"surveys-widget-thanks-{theme}-{width}")
    check_page(page)
    response = models.Response.objects.get()
    assert (response.score, response.comment, response.language) == (9, "Good docs", language)
    assert (response.channel, response.attributes, response.contact_id) == ("widget", {"plan": "pro"}, None)
    page.keyboard.press("Escape")
    expect(box).to_have_count(0)
    assert page.context.cookies() == []
    assert page.evaluate("Object.keys(localStorage)") == [f"posthouse-survey:{widget.pk}"]


@pytest.mark.mission("S5")
def test_escape_says_not_now_gives_the_focus_back_and_is_remembered_only_where_that_is_wished(
    browse, vendor_page, widget
):
    address = vendor_page.show(widget, "en", "data-manual")
    page = opened(browse, address)
    page.focus("#before")
    page.evaluate("posthouseSurvey.ask()")
    expect(page.get_by_role("dialog")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator("#before")).to_be_focused()
    assert page.evaluate("posthouseSurvey.ask()") == {"show": False, "why": "remembered"}
    page.evaluate("localStorage.clear()")
    actions.set_up_widget(campaign=widget.campaign, remember=False)
    page.evaluate("posthouseSurvey.ask()")
    page.get_by_role("button", name="Not now").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert page.evaluate("localStorage.length") == 0


@pytest.mark.mission("S5")
def test_a_visitor_whom_the_vendor_knows_is_asked_by_name(browse, vendor_page, widget):
    said = {"email": "ada@example.org", "at": int(time.time())}
    identity = sign(widget.pk, secret_of(widget), said)
    page = opened(browse, vendor_page.show(widget, "en", f'data-identity="{identity}"'))
    page.get_by_role("radio", name="3").check(force=True)
    page.get_by_role("button", name="Send my answer").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert models.Response.objects.get().contact.email == "ada@example.org"


def test_a_page_of_an_origin_that_is_not_listed_shows_nothing(browse, vendor_page, widget):
    actions.set_up_widget(campaign=widget.campaign, origins=["https://app.example.org"])
    browse.expect("CORS policy", "net::ERR_FAILED", "403")
    page = opened(browse, vendor_page.show(widget, "en", "data-manual"))
    assert page.evaluate("posthouseSurvey.ask()")["show"] is False
    expect(page.get_by_role("dialog")).to_have_count(0)


@pytest.mark.parametrize(("theme", "width", "language"), LOOKS)
def test_the_desk_shows_the_widget_and_how_it_is_set_up(browse, widget, theme, width, language):
    admin = User.objects.create_user("admin@vendor.example.org", "x", language=language)
    people.add_team_member(user=admin, role=TeamRole.ADMIN)
    for rest in ("", "preview/"):
        page = browse(
            f"/desk/surveys/{widget.campaign_id}/widget/{rest}", user=admin, theme=theme, width=width, language=language
        )
        if rest:
            expect(page.get_by_role("dialog")).to_be_visible()
        shot(page, f"surveys-widget-desk-{rest.strip('/') or 'setup'}-{theme}-{width}")
        check_page(page)
    assert not models.Response.objects.exists()

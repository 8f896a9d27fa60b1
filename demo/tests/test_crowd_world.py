"""The world: lives are carried out in order of time against a real Sunline, and go on after a restart."""

import json
import threading
import time
from email.message import EmailMessage
from urllib.parse import parse_qsl

import pytest
import urllib3
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse
from starlette.routing import Route

from crowd.browser import Browser
from crowd.caller import Caller
from crowd.mailbox import Mailbox
from crowd.personas import make_persona
from crowd.world import Known, Roster, World


class EasyPortal:
    """A portal where everything works at once."""

    def __init__(self, persona):
        self.persona = persona

    def visit(self, page):
        return True

    def sign_up(self, password):
        return len(password) > 8

    def confirm(self, *, resend):
        return True

    def log_in(self):
        return True

    def complete_profile(self):
        return True

    def make_key(self, environment):
        return f"sun_{environment}_{self.persona.number:036}"

    def inspect(self, request_id):
        return True

    def confirm_golive(self):
        return True


class Clock:
    """Time that passes only when somebody moves it."""

    now = 1_795_000_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def run_for(world, clock, seconds):
    end = clock.now + seconds
    while (due := world.next_due()) is not None and due < end:
        clock.now = max(clock.now, due)
        world.step()
    clock.now = end


def test_a_crowd_lives_on_sunline(sunline, clock, tmp_path):
    world = World(EasyPortal, Caller(sunline.url), Roster(tmp_path / "roster.json"), clock)
    for number in range(25):
        world.bring_in(make_persona(3, number), 3, pace=60)
    run_for(world, clock, 600)

    assert world.counts["SignUp"] > 10
    assert world.counts["MakeKey"] > 8
    assert world.counts["status 200"] > 100
    assert world.counts["status 400"] > 3
    assert not [status for status in world.counts if status.startswith("status 5")]
    assert 0 < len(Roster(tmp_path / "roster.json").all()) < 25


def test_a_second_start_goes_on_with_those_who_have_keys(sunline, clock, tmp_path):
    roster = Roster(tmp_path / "roster.json")
    roster.keep(Known(4, {"test": "t", "live": "l"}))
    again = Roster(tmp_path / "roster.json")
    world = World(EasyPortal, Caller(sunline.url), again, clock)
    for known in again.all():
        world.bring_back(make_persona(3, known.number), 3, 60, known.keys)
    run_for(world, clock, 6 * 3600)

    assert world.counts["Call"] > 0
    assert world.counts["SignUp"] == 0


def test_a_number_is_given_out_once(tmp_path):
    roster = Roster(tmp_path / "roster.json", first_number=12)
    assert [roster.take_number(), roster.take_number()] == [12, 13]
    assert Roster(tmp_path / "roster.json").take_number() == 14


def test_a_portal_that_does_not_answer_ends_nobody_elses_life(sunline, clock, tmp_path):
    class BrokenPortal(EasyPortal):
        def sign_up(self, password):
            raise urllib3.exceptions.HTTPError("gone")

    world = World(BrokenPortal, Caller(sunline.url), Roster(tmp_path / "roster.json"), clock)
    for number in range(5):
        world.bring_in(make_persona(3, number), 3, pace=60)
    run_for(world, clock, 600)

    assert world.counts["MakeKey"] == 0
    assert world.next_due() is None


def test_running_ends_when_told(sunline, tmp_path):
    world = World(EasyPortal, Caller(sunline.url), Roster(tmp_path / "roster.json"))
    world.bring_in(make_persona(3, 1), 3, pace=0.001)
    stop = threading.Event()
    thread = threading.Thread(target=world.run, args=(stop, time.time() + 60))
    thread.start()
    stop.set()
    thread.join(timeout=5)

    assert not thread.is_alive()


async def show_form(request: Request):
    return HTMLResponse(
        f"""<form method="post" action="/send"><input type="hidden" name="token" value="{request.cookies.get("c", "")}">
        <input name="email"><select name="role"><option value="a"><option value="b" selected></select>
        <textarea name="text">kept</textarea>
        <input type="checkbox" name="s" value="1" checked><input type="checkbox" name="s" value="2" checked>
        <input type="checkbox" name="s" value="3"><button name="go" value="1">Go</button></form>
        <a href="other/">x</a>"""
    )


async def take_form(request: Request):
    fields = parse_qsl((await request.body()).decode(), keep_blank_values=True)
    answer = RedirectResponse("/done", 303)
    answer.set_cookie("got", json.dumps(sorted(fields)).encode().hex())
    return answer


async def show_cookie(request: Request):
    return HTMLResponse(bytes.fromhex(request.cookies["got"]).decode())


async def begin(request: Request):
    answer = RedirectResponse("/form", 302)
    answer.set_cookie("c", "secret")
    return answer


def test_the_browser_keeps_cookies_follows_redirects_and_fills_forms(serve):
    routes = [
        Route("/", begin),
        Route("/form", show_form),
        Route("/send", take_form, methods=["POST"]),
        Route("/done", show_cookie),
    ]
    with serve(Starlette(routes=routes)) as url:
        browser = Browser(url, "es", urllib3.PoolManager())
        page = browser.get("/")
        form = page.form("email", "token")
        after = browser.send(page, form, email="a@b.example")

    assert page.url == f"{url}/form"
    assert page.links() == [f"{url}/other/"]
    assert form.choices == {"role": ["a", "b"], "s": ["1", "2", "3"], "go": ["1"]}
    sent = [["email", "a@b.example"], ["role", "b"], ["s", "1"], ["s", "2"], ["text", "kept"], ["token", "secret"]]
    assert json.loads(after.text) == sent


def write_mail(folder, name, to, text):
    message = EmailMessage()
    message["To"] = to
    message["Subject"] = "Hello"
    message.set_content(text)
    (folder / f"{name}.eml").write_bytes(message.as_bytes())


def test_the_mailbox_finds_the_newest_link_of_one_person(tmp_path):
    mailbox = Mailbox(tmp_path)
    write_mail(tmp_path, "mail_1", "a@team.example", "Go to http://x.example/confirm/1/ now.")
    write_mail(tmp_path, "mail_2", "B <b@team.example>", "Go to http://x.example/confirm/2/.")

    assert mailbox.newest_link("A@team.example", "/confirm/") == "http://x.example/confirm/1/"
    assert mailbox.newest_link("b@team.example", "/confirm/") == "http://x.example/confirm/2/"
    write_mail(tmp_path, "mail_3", "a@team.example", "Again: <http://x.example/confirm/3/>")
    assert mailbox.newest_link("a@team.example", "/confirm/") == "http://x.example/confirm/3/"
    assert mailbox.newest_link("a@team.example", "/reset/") == ""

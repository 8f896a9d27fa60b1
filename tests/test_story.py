"""The whole story in a real browser: from sign-up to live, and the team sees every step. On a clean database, with the
processes as they run in production, and a real API behind Posthouse's middleware."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
import urllib3
from playwright.sync_api import Page, expect

from sunline.errors import CODES
from tests.browser import Opener, Site, Watcher, check_page, shot

pytestmark = [pytest.mark.slow, pytest.mark.browser]

ROOT = Path(__file__).parent.parent
PASSWORD = "a quiet little observatory"
EMAIL = "ada@orrery.example"
TEAM = "team@sunline.example"
http = urllib3.PoolManager(timeout=10, retries=False)
PREPARE = """
from posthouse.people.actions import make_token
from posthouse.people.models import TeamMember
from posthouse.vendor.actions import describe_vendor
describe_vendor(name="Sunline", api_base_url="{api}")
print(make_token(owner=TeamMember.objects.get(), name="Sunline", scopes=["keys:sync", "keys:verify", "calls:write"])[1])
"""


@dataclass
class Words:
    """What the person reads and clicks, in one language."""

    make_key: str
    waiting: str
    arrived: str
    all_done: str
    timeline: list[str]


WORDS = {
    "en": Words(
        make_key="Make a test key",
        waiting="Waiting for your first call",
        arrived="Your first call has arrived",
        all_done="Everything is done. You are live.",
        timeline=["Account created", "Address confirmed", "Profile completed", "Key “First key” made (Test)"],
    ),
    "es": Words(
        make_key="Crear una clave de prueba",
        waiting="Esperando tu primera llamada",
        arrived="Ha llegado tu primera llamada",
        all_done="Todo está hecho. Estás en producción.",
        timeline=[
            "Cuenta creada",
            "Dirección confirmada",
            "Perfil completado",
            "Clave «Primera clave» creada (Prueba)",
        ],
    ),
}
STEPS = [
    "account.created",
    "email.confirmed",
    "profile.completed",
    "customer.created",
    "member.joined",
    "key.created",
    "call.first",
    "call.first_success",
    "call.failed_first",
    "error.examined",
    "golive.confirmed",
    "call.first_live",
    "golive.completed",
]


@dataclass
class House:
    """Everything that runs: addresses, and the folder that mail is written to."""

    portal: str
    api: str
    mail: Path


@pytest.fixture
def house(tmp_path) -> Iterator[House]:
    """Posthouse with its worker, and Sunline behind the middleware, each a process of its own, with nothing in them."""
    portal, api = (f"http://127.0.0.1:{_free_port()}" for _ in range(2))
    env = os.environ | {
        "POSTHOUSE_DATA": str(tmp_path / "data"),
        "POSTHOUSE_PUBLIC_URL": portal,
        "POSTHOUSE_ISSUER": "sun",
        "POSTHOUSE_KEY_SCOPES": "read:sun,read:moon,read:places",
        "POSTHOUSE_TEAM_PASSWORD": PASSWORD,
        "PYTHONPATH": os.pathsep.join(str(ROOT / one) for one in ("src", "client/src", "demo")),
    }
    env.pop("DJANGO_SETTINGS_MODULE", None)

    def tell(*words: str) -> str:
        command = [sys.executable, "-m", "posthouse.config.cli", *words]
        return subprocess.run(command, env=env, cwd=tmp_path, check=True, capture_output=True, text=True).stdout

    with ExitStack() as closing:
        tell("migrate")
        tell("team", TEAM, "--role", "admin")
        token = tell("manage", "shell", "-v", "0", "-c", PREPARE.format(api=api)).split()[-1]
        posthouse = [sys.executable, "-m", "posthouse.config.cli", "run", "--port", portal.rpartition(":")[2]]
        closing.enter_context(_running(posthouse, env, f"{portal}/"))
        sunline = [sys.executable, "-m", "sunline", "--port", api.rpartition(":")[2]]
        knows = env | {"POSTHOUSE_URL": portal, "POSTHOUSE_TOKEN": token}
        closing.enter_context(_running(sunline, knows, f"{api}/v1/status"))
        (tmp_path / "openapi.json").write_bytes(http.request("GET", f"{api}/openapi.json").data)
        tell("manage", "import_openapi", str(tmp_path / "openapi.json"))
        yield House(portal, api, tmp_path / "data" / "mail")


@contextmanager
def _running(command: list[str], env: dict[str, str], address: str) -> Iterator[None]:
    process = subprocess.Popen(command, env=env)
    try:
        _until(lambda: _answers(address), 60)
        yield
    finally:
        process.terminate()
        process.wait(20)


def _answers(address: str) -> bool:
    try:
        return http.request("GET", address).status < 500
    except urllib3.exceptions.HTTPError:
        return False


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _until(ready: Callable[[], object], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.05)


def link_in_mail(house: House, to: str, pattern: str) -> str:
    """The first address that fits in a mail to somebody; waits until the worker has sent it."""
    found: list[str] = []

    def look() -> bool:
        for path in sorted(house.mail.glob("*.eml")):
            mail = message_from_bytes(path.read_bytes(), policy=default)
            body = mail.get_body(("plain",))
            if mail["To"] == to and body is not None:
                found.extend(re.findall(pattern, body.get_content()))
        return bool(found)

    _until(look, 20)
    return found[0]


def call(house: House, secret: str, lat: str) -> int:
    """One real call to the vendor's API."""
    headers = {"Authorization": f"Bearer {secret}"}
    fields = {"lat": lat, "lon": "-3.70", "date": "2026-11-22"}
    return http.request("GET", f"{house.api}/v1/sun", headers=headers, fields=fields).status


def shown_secret(page: Page, kind: str) -> str:
    """The secret that the page shows this once."""
    return re.search(rf"sun_{kind}_[0-9A-Za-z]{{36}}", page.content())[0]


@pytest.fixture
def browse(chromium, house) -> Iterator[Opener]:
    """People with browsers of their own; no page may complain."""
    opener = Opener(chromium, Site(house.portal), Watcher())
    yield opener
    opener.clear()
    assert not opener.watcher.problems, "\n".join(opener.watcher.problems)


@pytest.mark.mission("J2.1", "J2.2", "J2.3", "J2.4", "J3.2", "J3.4", "J4.1")
@pytest.mark.parametrize("language", ["en", "es"])
def test_from_sign_up_to_live_and_the_team_sees_every_step(house, browse, language):
    words = WORDS[language]
    page = browse("/", language=language)
    sign_up(page, house)
    customer = re.search(r"/c/(cus_\w+)/", page.url)[1]
    secret = make_first_key(page, words)
    wait_for_first_call(page, house, words, secret, language)
    look_into_an_error(page, house, secret, customer, language)
    go_live(page, house, customer, words)
    member = browse("/accounts/login/", language=language)
    the_team_sees_it(member, house, customer, words, language)


def sign_up(page: Page, house: House) -> None:
    """Account, confirmation through the mail, organisation and profile."""
    page.locator("main a[href='/accounts/signup/']").first.click()
    page.locator("[name=name]").fill("Ada")
    page.locator("[name=email]").fill(EMAIL)
    page.locator("[name=password1]").fill(PASSWORD)
    page.locator("main form button").first.click()
    page.goto(link_in_mail(house, EMAIL, rf"{house.portal}/accounts/confirm-email/\S+"))
    page.locator("main form button").first.click()
    page.locator("[name=organisation]").fill("Orrery")
    page.locator("[name=job_role]").select_option("developer")
    page.locator("[name=use_case]").fill("A clock that knows when the sun goes down")
    page.locator("main form.form button").click()
    page.wait_for_url("**/c/cus_*/")


def make_first_key(page: Page, words: Words) -> str:
    """One click; the samples carry the secret."""
    page.get_by_role("button", name=words.make_key).click()
    page.get_by_text(words.waiting).wait_for()
    secret = shown_secret(page, "test")
    assert page.locator(".pane:visible").inner_text().count(secret) == 1
    assert secret not in page.url
    return secret


def wait_for_first_call(page: Page, house: House, words: Words, secret: str, language: str) -> None:
    """The box turns green by itself, at most two seconds after the call."""
    shot(page, f"story-waiting-{language}")
    check_page(page)
    _until(lambda: call(house, secret, "40.42") == 200, 3)
    page.locator(".wait.done").get_by_text(words.arrived).wait_for()
    expect(page.locator("#getting-started li.done")).to_have_count(5)
    shot(page, f"story-arrived-{language}")


def look_into_an_error(page: Page, house: House, secret: str, customer: str, language: str) -> None:
    """A failing call stands in the request log, and the inspector explains it in the vendor's words."""
    assert call(house, secret, "91") == 400
    row = page.locator(f"main table a[href*='/c/{customer}/calls/']")

    def listed() -> int:
        page.goto(f"/c/{customer}/calls/?status=failed")
        return row.count()

    _until(listed, 5)
    row.first.click()
    error = CODES["lat-out-of-range"]
    page.locator("h2#why").get_by_text(error.words[language].title).wait_for()
    shot(page, f"story-inspector-{language}")
    check_page(page)


def go_live(page: Page, house: House, customer: str, words: Words) -> None:
    """A live key, what has to be confirmed, the first live call: then the checklist is done."""
    page.goto(f"/c/{customer}/golive/")
    page.locator("a[href$='/keys/new/?environment=live']").click()
    page.locator("[name=name]").fill("Shop")
    page.locator("main form .button.primary").click()
    page.locator(".code").first.wait_for()
    live = shown_secret(page, "live")
    page.goto(f"/c/{customer}/golive/")
    page.locator("form[action$='/golive/limits/'] button").click()
    page.locator("form[action$='/golive/incidents/'] [name=email]").fill("night@orrery.example")
    page.locator("form[action$='/golive/incidents/'] button").click()
    _until(lambda: call(house, live, "40.42") == 200, 3)

    def done() -> bool:
        page.goto(f"/c/{customer}/golive/")
        return page.get_by_text(words.all_done).count() == 1

    _until(done, 5)
    page.goto(f"/c/{customer}/")
    shot(page, f"story-live-{page.locator('html').get_attribute('lang')}")
    check_page(page)
    assert live not in page.content()


def the_team_sees_it(page: Page, house: House, customer: str, words: Words, language: str) -> None:
    """The mail to the admins leads to the customer, and every step stands on its timeline."""
    page.locator("[name=login]").fill(TEAM)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("main form button.primary").first.click()
    page.wait_for_url("**/desk/")
    expect(page.get_by_text("Orrery").first).to_be_visible()
    page.goto(link_in_mail(house, TEAM, rf"{house.portal}/desk/customers/{customer}/"))
    types = page.locator("ol.timeline dd code:first-child").all_text_contents()
    assert set(STEPS) <= set(types)
    first_seen = [types[::-1].index(step) for step in STEPS if step not in ("golive.confirmed", "error.examined")]
    assert first_seen == sorted(first_seen)
    timeline = page.locator("ol.timeline").inner_text()
    for sentence in words.timeline:
        assert sentence in timeline
    shot(page, f"story-desk-{language}")
    check_page(page)

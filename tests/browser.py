"""Fixtures that drive a real Chromium against a real uvicorn with the test database.

`site` serves the product on loopback; `browse` opens pages in it. When the test ends it fails if any page logged an
error or broke the Content-Security-Policy. `check_page` looks at accessibility (axe) and sideways scrolling.
"""

import http.client
import os
import re
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from django.conf import LazySettings, settings
from django.core.cache import cache
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from posthouse.config.asgi import application
from posthouse.design.theme import COOKIE
from posthouse.vendor import queries as vendor

PATIENCE = 30_000
"""Milliseconds a page may take on a busy machine: how fast pages are is measured, not tested."""
PHONE = 390
DESKTOP = 1280
HEIGHT = {PHONE: 844, DESKTOP: 900}
SHOTS = Path(os.environ.get("POSTHOUSE_SHOTS", tempfile.gettempdir())) / "posthouse-shots"
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`CSP: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`));
"""
STREAM_ENDED = r"\[object Event\]$"
"""What htmx logs when a stream of events ends; it then connects again by itself."""
GRAVE = {"serious", "critical"}
AXE = """
(options) => {
  const say = (found) => { window.axeFound = found; document.documentElement.dataset.axe = "done"; };
  delete document.documentElement.dataset.axe;
  axe.run(options).then((found) => say(found.violations), (error) => say(String(error)));
}
"""
"""Starts axe without waiting for it: nothing but a wait for an element has a time limit in Playwright."""
AXE_LIMIT = 90_000
"""Milliseconds, far more than the longest page needs; in a page without scripts axe would never come to an end."""


@dataclass
class Site:
    """The product as it is served: `url` without a slash at its end."""

    url: str


@dataclass
class Watcher:
    """What the pages of a test complained about; patterns in `expected` are no complaints."""

    problems: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=lambda: [STREAM_ENDED])

    def hear(self, text: str) -> None:
        """Keep it, once, unless it was expected."""
        if text[:300] not in self.problems and not any(re.search(pattern, text) for pattern in self.expected):
            self.problems.append(text[:300])


@dataclass
class Opener:
    """Opens pages: each call is a new browser profile, as if another person came."""

    browser: Browser
    site: Site
    watcher: Watcher
    contexts: list[BrowserContext] = field(default_factory=list)

    def __call__(
        self,
        path: str = "",
        *,
        user: Any = None,
        width: int = DESKTOP,
        theme: str = "light",
        language: str = "en",
        javascript: bool = True,
    ) -> Page:
        """A page at the path, signed in as `user`; system prefers `theme`, browser asks for `language`."""
        context = self.browser.new_context(
            base_url=self.site.url,
            viewport={"width": width, "height": HEIGHT.get(width, 900)},
            color_scheme="dark" if theme == "dark" else "light",
            locale=language,
            java_script_enabled=javascript,
            reduced_motion="reduce",
        )
        context.set_default_timeout(PATIENCE)
        expect.set_options(timeout=PATIENCE)
        self.contexts.append(context)
        if user is not None:
            context.add_cookies([_session(self.site.url, user)])
        page = context.new_page()
        page.add_init_script(VIOLATIONS)
        page.on("console", lambda message: message.type == "error" and self.watcher.hear(f"{page.url}: {message.text}"))
        page.on("pageerror", lambda error: self.watcher.hear(f"{page.url}: {error}"))
        if path:
            page.goto(path)
        return page

    def expect(self, *patterns: str) -> None:
        """Console errors that belong to the test, such as the one Chromium logs for a 404."""
        self.watcher.expected += patterns

    def clear(self) -> None:
        """Close what is open."""
        while self.contexts:
            self.contexts.pop().close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser for the tests of a module (not longer: its event loop would stand in the way of asyncio tests)."""
    path = os.environ.get("POSTHOUSE_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture
def site(transactional_db: None, settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """The whole product on a free loopback port, on the test database; links in mail point to it."""
    monkeypatch.setenv(
        "DJANGO_ALLOW_ASYNC_UNSAFE", "1"
    )  # Playwright keeps a loop in this thread; the tests use the ORM
    vendor.forget()
    cache.clear()  # attempts are counted in a table that is no model's, so no flush empties it
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    settings.PUBLIC_URL = url
    server = uvicorn.Server(uvicorn.Config(application, log_level="error", lifespan="on", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    _wait_for(lambda: server.started or not thread.is_alive())
    assert server.started, "the server did not start"
    yield Site(url)
    server.should_exit = True
    thread.join(10)
    listener.close()
    vendor.forget()


@pytest.fixture
def browse(chromium: Browser, site: Site) -> Iterator[Opener]:
    """Open pages with `browse("/path/", user=…, width=PHONE, theme="dark")`; fails at the end on any console error."""
    opener = Opener(chromium, site, Watcher())
    yield opener
    opener.clear()
    assert not opener.watcher.problems, "\n".join(opener.watcher.problems)


def check_page(page: Page, *, sideways: bool = True) -> None:
    """Nothing serious or critical for axe, and nothing that makes the page scroll sideways. The page needs scripts."""
    found = _axe(page)
    grave = [
        f"{one['id']} ({one['impact']}) {one['help']}\n" + "\n".join(f"   {_told(node)}" for node in one["nodes"][:5])
        for one in found
        if one["impact"] in GRAVE
    ]
    assert not grave, f"{page.url}\n" + "\n".join(grave)
    if sideways:
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, f"{page.url} scrolls sideways"


def _axe(page: Page) -> list[dict[str, Any]]:
    page.evaluate(Axe().axe_script)
    page.evaluate(AXE, {"resultTypes": ["violations"]})
    page.wait_for_selector("html[data-axe]", state="attached", timeout=AXE_LIMIT)
    found = page.evaluate("window.axeFound")
    assert isinstance(found, list), f"{page.url}: axe failed: {found}"
    return found


def shot(page: Page, name: str, *, full: bool = True) -> Path:
    """A picture in the temporary folder (or under POSTHOUSE_SHOTS), to look at."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    target = SHOTS / f"{name}.png"
    page.screenshot(path=target, full_page=full)
    return target


def choose_theme(page: Page, theme: str) -> None:
    """As if the person had chosen light or dark on an earlier visit."""
    page.context.add_cookies([{"name": COOKIE, "value": theme, "url": page.url}])


def head_of(site: Site, path: str, user: Any = None) -> tuple[int, str]:
    """Status and media type of an answer whose body may never end."""
    connection = http.client.HTTPConnection(site.url.removeprefix("http://"), timeout=20)
    cookie = _session(site.url, user) if user else None
    connection.request("GET", path, headers={"Cookie": f"{cookie['name']}={cookie['value']}"} if cookie else {})
    answer = connection.getresponse()
    connection.close()
    return answer.status, answer.headers.get("Content-Type", "")


def _session(url: str, user: Any) -> dict[str, str]:
    client = Client()
    client.force_login(user, backend=BACKEND)
    return {
        "name": settings.SESSION_COOKIE_NAME,
        "value": client.cookies[settings.SESSION_COOKIE_NAME].value,
        "url": url,
    }


def _told(node: dict[str, Any]) -> str:
    messages = "; ".join(check["message"] for kind in ("any", "all", "none") for check in node[kind])
    return f"{node['html'][:160]}\n      {messages[:300]}"


def _wait_for(ready: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not ready() and time.monotonic() < end:
        time.sleep(0.01)

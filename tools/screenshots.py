"""Makes the README's pictures from the running demo: python tools/screenshots.py [--data .demo] [--all FOLDER]

With `--all FOLDER` every page worth looking at, in light and dark, at desktop and phone width, in both languages.
"""

import argparse
import json
import secrets
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

ROOT = Path(__file__).parent.parent
DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}


def pages(facts: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """Name: who looks (`developer`, `team` or nobody) and the address."""
    customer = facts["developer"]["customer_id"]
    return {
        "landing": ("", "/"),
        "login": ("", "/accounts/login/"),
        "signup": ("", "/accounts/signup/"),
        "docs": ("", "/docs/"),
        "quickstart": ("", "/docs/quickstart/"),
        "mail-viewer": ("", "/mail/"),
        "portal-home": ("developer", f"/c/{customer}/"),
        "portal-keys": ("developer", f"/c/{customer}/keys/"),
        "portal-calls": ("developer", f"/c/{customer}/calls/"),
        "portal-usage": ("developer", f"/c/{customer}/usage/"),
        "portal-golive": ("developer", f"/c/{customer}/golive/"),
        "portal-people": ("developer", f"/c/{customer}/people/"),
        "profile": ("developer", "/profile/"),
        "desk-home": ("team", "/desk/"),
        "desk-journeys": ("team", "/desk/journeys/"),
        "desk-journey": ("team", "/desk/journeys/integration/"),
        "desk-journey-edit": ("team", "/desk/journeys/onboarding/edit/"),
        "desk-runs": ("team", "/desk/journeys/all-runs/"),
        "desk-first-calls": ("team", "/desk/journeys/first-calls/"),
        "desk-returning": ("team", "/desk/journeys/who-returns/"),
        "desk-paths": ("team", "/desk/journeys/ways-taken/"),
        "portal-journeys": ("developer", f"/c/{customer}/journeys/"),
        "desk-customers": ("team", "/desk/customers/"),
        "desk-customer": ("team", f"/desk/customers/{customer}/"),
        "desk-contacts": ("team", "/desk/contacts/"),
        "desk-traffic": ("team", "/desk/traffic/"),
        "desk-events": ("team", "/desk/events/"),
        "desk-mail": ("team", "/desk/mail/"),
        "desk-guides": ("team", "/desk/guides/"),
        "desk-team": ("team", "/desk/team/"),
        "desk-settings": ("team", "/desk/settings/"),
    }


SUBMIT = "main form[method=post] button[type=submit], main form[method=post] button:not([type])"
README = ("desk-customer",)
"""Pictures of the README that are there at once; the others need a way to get there."""


def main() -> int:
    """Take the pictures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", default=".demo")
    parser.add_argument("--all", default="")
    parser.add_argument("--only", default="")
    given = parser.parse_args()
    facts = json.loads(Path(given.data, "demo.json").read_text())
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        if given.all:
            _everything(browser, facts, Path(given.all), given.only)
        else:
            _for_readme(browser, facts, ROOT / "docs" / "screenshots")
    return 0


def _for_readme(browser: Browser, facts: dict[str, Any], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    addresses = pages(facts)
    for who in ("developer", "team", ""):
        context = _context(browser, facts, who, DESKTOP, "light", "en")
        page = context.new_page()
        for name in README:
            if name in addresses and addresses[name][0] == who:
                _shoot(page, facts, addresses[name][1], folder / f"{name}.png", whole=False)
        if who == "":
            _sign_up(page, facts)
            page.screenshot(path=folder / "portal-home.png")
            context.clear_cookies()
        if who == "developer":
            _shoot(page, facts, _a_failing_call(page, facts), folder / "portal-call.png", whole=False)
        if who == "":
            _shoot(page, facts, _an_operation(page, facts), folder / "docs-operation.png", whole=False)
        context.close()


def _everything(browser: Browser, facts: dict[str, Any], folder: Path, only: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    looks = [("desktop", DESKTOP, "light", "en"), ("phone", PHONE, "light", "es"), ("dark", DESKTOP, "dark", "es")]
    for look, size, scheme, language in looks:
        for who in ("", "developer", "team"):
            context = _context(browser, facts, who, size, scheme, language)
            page = context.new_page()
            for name, (reader, address) in pages(facts).items():
                if reader == who and only in name:
                    _shoot(page, facts, address, folder / f"{name}-{look}.png", whole=True)
            if who == "developer" and only in "portal-call":
                _shoot(page, facts, _a_failing_call(page, facts), folder / f"portal-call-{look}.png", whole=True)
            if who == "" and only in "docs-operation":
                _shoot(page, facts, _an_operation(page, facts), folder / f"docs-operation-{look}.png", whole=True)
            context.close()


def _sign_up(page: Page, facts: dict[str, Any]) -> None:
    """Somebody new, as far as the key that waits for its first call."""
    email = f"new-{secrets.token_hex(4)}@team.example.org"
    page.goto(_at(facts, "/accounts/signup/"))
    page.fill("input[name=name]", "Lighthouse developer")
    page.fill("input[name=email]", email)
    page.fill("input[name=password1]", secrets.token_urlsafe(12))
    page.locator(SUBMIT).first.click()
    page.goto(_link_in_mail(page, facts, email))
    page.locator(SUBMIT).first.click()
    page.fill("input[name=organisation]", "Lighthouse")
    page.select_option("select[name=job_role]", "developer")
    page.fill("textarea[name=use_case]", "Switches a light at dusk.")
    page.locator(SUBMIT).first.click()
    page.locator("form[action$='/first-key/'] button").click()
    page.locator("#waiting").wait_for()
    page.wait_for_timeout(700)


def _link_in_mail(page: Page, facts: dict[str, Any], email: str) -> str:
    for _ in range(50):
        found = page.request.get(f"{facts['mail']}messages.json?to={email}").json()["messages"]
        links = [link for mail in found for link in mail["links"] if "/confirm-email/" in link]
        if links:
            return str(links[0])
        page.wait_for_timeout(200)
    raise AssertionError(f"no mail came to {email}")


def _a_failing_call(page: Page, facts: dict[str, Any]) -> str:
    page.goto(_at(facts, f"/c/{facts['developer']['customer_id']}/calls/?status=4xx"))
    return str(page.locator("main table a").first.get_attribute("href"))


def _an_operation(page: Page, facts: dict[str, Any]) -> str:
    page.goto(_at(facts, "/docs/"))
    return str(page.locator("a[href*='/docs/reference/']").first.get_attribute("href"))


def _context(
    browser: Browser, facts: dict[str, Any], who: str, size: dict[str, int], scheme: Any, language: str
) -> BrowserContext:
    context = browser.new_context(viewport=size, color_scheme=scheme, locale=language)  # type: ignore[arg-type]  # a dict will do
    if who:
        page = context.new_page()
        page.goto(_at(facts, "/accounts/login/"))
        page.fill("input[name=login]", facts[who]["email"])
        page.fill("input[name=password]", facts[who]["password"])
        page.locator(SUBMIT).first.click()
        page.wait_for_load_state()
        page.close()
    return context


def _at(facts: dict[str, Any], path: str) -> str:
    return str(facts["portal"]).rstrip("/") + path


def _shoot(page: Page, facts: dict[str, Any], path: str, target: Path, *, whole: bool) -> None:
    answer = page.goto(_at(facts, path))
    page.wait_for_timeout(700)
    page.screenshot(path=target, full_page=whole)
    print(f"{answer.status if answer else '---'} {path} {target.name}", flush=True)


if __name__ == "__main__":
    sys.exit(main())

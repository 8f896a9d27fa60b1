"""Posthouse's pages as the crowd uses them: the one place that knows their addresses and the names of their fields."""

import random
import re

import urllib3

from crowd.acts import Environment
from crowd.browser import Browser, Page
from crowd.mailbox import Mailbox
from crowd.personas import Persona
from crowd.site import Site, first_look, identify

_CUSTOMER = re.compile(r"/c/(cus_[0-9a-z]+)/")
_SECRET = re.compile(r"\b[a-z][a-z0-9]{1,9}_(?:test|live)_[0-9A-Za-z]{36}\b")

_OPEN_PAGES = {"home": "/", "sign-up": "/accounts/signup/", "quickstart": "/docs/quickstart/", "reference": "/docs/"}
_CUSTOMER_PAGES = {"keys": "keys/", "calls": "calls/", "go-live": "golive/"}


class HttpPortal:
    """One developer's use of the portal, over HTTP."""

    def __init__(
        self, persona: Persona, base_url: str, mailbox: Mailbox, pool: urllib3.PoolManager, site: Site | None = None
    ) -> None:
        self._persona = persona
        self._site = site
        self._dice = random.Random(f"site:{persona.number}")
        self._mailbox = mailbox
        self._browser = Browser(base_url, persona.language, pool)
        self._customer_id = ""
        self._came_from = f"https://{persona.channel}.example/"

    def visit(self, page: str) -> bool:
        """Open a page; the first visit carries the channel."""
        if page in _CUSTOMER_PAGES:
            return self._customer_page(page).ok
        address = _OPEN_PAGES[page]
        if self._came_from:
            address, referrer = f"{address}?utm_source={self._persona.channel}", self._came_from
            self._came_from = ""
            if self._site:
                self._site.tell(first_look(self._dice, self._persona.number))
            return self._browser.get(address, referrer).ok
        return self._browser.get(address).ok

    def sign_up(self, password: str) -> bool:
        """Send the sign-up form; it worked when the form did not come back."""
        page = self._browser.get("/accounts/signup/")
        form = page.form("name", "email", "password1")
        if form is None:
            return False
        own = {"name": self._persona.name, "email": self._persona.email, "password1": password}
        after = self._browser.send(page, form, **own)
        done = after.ok and after.form("password1") is None
        if done and self._site:
            self._site.tell([identify(self._persona.number, self._persona.email)])
        return done

    def confirm(self, *, resend: bool) -> bool:
        """Follow the link in the newest mail and press the button there."""
        if resend:
            self._ask_for_another_mail()
        link = self._mailbox.newest_link(self._persona.email, "/accounts/confirm-email/")
        if not link:
            return False
        page = self._browser.get(link)
        form = next((form for form in page.forms() if form.method == "post" and "confirm-email" in form.action), None)
        if form is None:
            return False
        after = self._browser.send(page, form)
        self._notice_customer(after)
        return after.ok

    def log_in(self) -> bool:
        """Log out first if need be, then send the log-in form."""
        page = self._browser.get("/accounts/login/")
        form = page.form("login", "password")
        if form is None:
            return page.ok
        after = self._browser.send(page, form, login=self._persona.email, password=self._persona.password)
        self._notice_customer(after)
        return after.ok and after.form("password") is None

    def complete_profile(self) -> bool:
        """Say who one is; with that the organisation becomes a customer."""
        page = self._browser.get("/welcome/")
        form = page.form("job_role", "use_case", "language", "time_zone")
        if form is None:
            return False
        own = {
            "organisation": self._persona.company,
            "name": self._persona.name,
            "job_role": self._persona.job_role,
            "use_case": self._persona.use_case,
            "language": self._persona.language,
            "time_zone": self._persona.time_zone,
        }
        after = self._browser.send(page, form, **own)
        self._notice_customer(after)
        return after.ok and bool(self._customer_id)

    def make_key(self, environment: Environment) -> str:
        """Make a key; its secret is on the page that follows, and only there."""
        page = self._customer_page("keys", f"new/?environment={environment}")
        form = page.form("name", "environment")
        if form is None:
            return ""
        after = self._browser.send(page, form, name=f"{self._persona.company} {environment}", environment=environment)
        found = _SECRET.search(after.text)
        return found.group() if found else ""

    def inspect(self, request_id: str) -> bool:
        """Open the request log and the newest failed call in it."""
        page = self._customer_page("calls", "?status=4xx")
        calls = [link for link in page.links() if re.search(r"/calls/[^/?]+/$", link)]
        return self._browser.get(calls[0]).ok if calls else page.ok

    def confirm_golive(self) -> bool:
        """Say that one knows one's limits, and whom to write to when something is wrong."""
        page = self._customer_page("go-live")
        forms = [form for form in page.forms() if re.search(r"/golive/(limits|incidents)/$", form.action)]
        for form in forms:
            values = {"email": self._persona.email} if form.has("email") else {}
            page = self._browser.send(page, form, **values)
        return page.ok

    def _ask_for_another_mail(self) -> None:
        page = self._browser.get("/accounts/confirm-email/")
        form = page.form("email")
        if form is not None:
            self._browser.send(page, form, email=self._persona.email)

    def _customer_page(self, page: str, query: str = "") -> Page:
        if not self._customer_id:
            self._notice_customer(self._browser.get("/"))
        return self._browser.get(f"/c/{self._customer_id}/{_CUSTOMER_PAGES[page]}{query}")

    def _notice_customer(self, page: Page) -> None:
        found = _CUSTOMER.search(page.url) or _CUSTOMER.search(page.text)
        if found:
            self._customer_id = found.group(1)

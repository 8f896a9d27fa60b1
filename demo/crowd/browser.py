"""A very small browser: cookies, redirects, forms with their hidden fields. Enough to use pages as people do."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlencode, urljoin, urlsplit

import urllib3

_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_MOST_REDIRECTS = 6
_TIMEOUT = urllib3.Timeout(connect=5, read=30)


@dataclass(slots=True)
class Form:
    """One form: where it goes and what is filled in already. `choices` holds the values of its options and buttons."""

    action: str
    method: str
    values: dict[str, list[str]] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)

    def has(self, *names: str) -> bool:
        """Whether it has all these fields."""
        return all(name in self.values or name in self.choices for name in names)


@dataclass(frozen=True, slots=True)
class Page:
    """One page as it came back."""

    url: str
    status: int
    text: str

    @property
    def ok(self) -> bool:
        """Whether it is what was asked for."""
        return self.status == 200

    def forms(self) -> list[Form]:
        """Its forms, in order."""
        reader = _FormReader(self.url)
        reader.feed(self.text)
        return reader.forms

    def form(self, *names: str) -> Form | None:
        """The first form sent by POST that has all these fields."""
        return next((form for form in self.forms() if form.method == "post" and form.has(*names)), None)

    def links(self) -> list[str]:
        """Addresses of its links."""
        reader = _FormReader(self.url)
        reader.feed(self.text)
        return reader.links


class Browser:
    """One person's browser on one site."""

    def __init__(self, base_url: str, language: str, pool: urllib3.PoolManager) -> None:
        self._base_url = base_url
        self._language = language
        self._pool = pool
        self._cookies: dict[str, str] = {}

    def get(self, address: str, referrer: str = "") -> Page:
        """Open an address, relative to the site or absolute."""
        return self._request("GET", urljoin(self._base_url + "/", address), referrer, None)

    def send(self, page: Page, form: Form, **values: str) -> Page:
        """Fill in a form of a page and send it; what was filled in or ticked already stays."""
        fields = form.values | {name: [value] for name, value in values.items()}
        return self._request("POST", form.action, page.url, fields)

    def _request(self, method: str, url: str, referrer: str, fields: dict[str, list[str]] | None) -> Page:
        for _ in range(_MOST_REDIRECTS):
            answer = self._once(method, url, referrer, fields)
            location = answer.headers.get("Location")
            if answer.status not in _REDIRECTS or location is None:
                return Page(url, answer.status, answer.data.decode("utf-8", "replace"))
            url, referrer = urljoin(url, location), url
            if answer.status not in (307, 308):
                method, fields = "GET", None
        return Page(url, 508, "")

    def _once(
        self, method: str, url: str, referrer: str, fields: dict[str, list[str]] | None
    ) -> urllib3.BaseHTTPResponse:
        site = "{0.scheme}://{0.netloc}".format(urlsplit(url))
        headers = {"Accept": "text/html", "Accept-Language": self._language, "User-Agent": "Mozilla/5.0 (demo crowd)"}
        if self._cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        if referrer:
            headers["Referer"] = referrer
        if method == "POST":
            headers["Origin"] = site
        if fields is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        body = None if fields is None else urlencode(fields, doseq=True).encode()
        answer = self._pool.request(method, url, body=body, headers=headers, redirect=False, timeout=_TIMEOUT)
        self._take_cookies(answer)
        return answer

    def _take_cookies(self, answer: urllib3.BaseHTTPResponse) -> None:
        for line in answer.headers.getlist("Set-Cookie"):
            try:
                jar = SimpleCookie(line)
            except CookieError:
                continue
            for name, morsel in jar.items():
                if morsel["max-age"] == "0" or not morsel.value:
                    self._cookies.pop(name, None)
                else:
                    self._cookies[name] = morsel.value


class _FormReader(HTMLParser):
    """Collects forms and links; knows inputs, text areas, selects and named buttons."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[str] = []
        self._url = url
        self._form: Form | None = None
        self._area = ""
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in given:
            self.links.append(urljoin(self._url, given["href"]))
        if tag == "form":
            self._form = Form(urljoin(self._url, given.get("action", "")), given.get("method", "get").lower())
            self.forms.append(self._form)
        elif self._form is not None:
            self._take(self._form, tag, given)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_data(self, data: str) -> None:
        if self._form is not None and self._area:
            self._form.values[self._area][0] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "textarea":
            self._area = ""
        elif tag == "select":
            self._select = ""

    def _take(self, form: Form, tag: str, given: dict[str, str]) -> None:
        name = given.get("name", "")
        if tag == "option" and self._select:
            value = given.get("value", "")
            form.choices[self._select].append(value)
            if "selected" in given:
                form.values[self._select] = [value]
        elif not name:
            return
        elif tag == "input":
            self._take_input(form, name, given)
        elif tag == "button":
            form.choices.setdefault(name, []).append(given.get("value", ""))
        elif tag == "textarea":
            form.values[name], self._area = [""], name
        elif tag == "select":
            form.choices[name], self._select = [], name

    def _take_input(self, form: Form, name: str, given: dict[str, str]) -> None:
        if given.get("type") in ("checkbox", "radio"):
            value = given.get("value", "on")
            form.choices.setdefault(name, []).append(value)
            if "checked" in given:
                kept = form.values.get(name, []) if given["type"] == "checkbox" else []
                form.values[name] = [*kept, value]
        elif given.get("type") == "submit":
            form.choices.setdefault(name, []).append(given.get("value", ""))
        else:
            form.values[name] = [given.get("value", "")]

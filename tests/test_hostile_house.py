"""Every route of the HTTP API and every form of every page, fed with what nobody should send: never a 5xx.

The routes that answer past Django have theirs in posthouse/edge/tests/test_hostile.py.
"""

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from django.db import transaction
from django.test import Client

from posthouse.config.http_api import openapi_document
from posthouse.config.permissions import page_rules
from posthouse.people import actions as people
from posthouse.people.models import TeamMember
from tests.test_permissions import ARGUMENT, BACKEND
from tests.test_query_counts import fill

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

WORDS = [
    "",
    " ",
    "\0",
    "é\u202e\U0001f600",
    "x" * 100_000,
    "-1",
    "9" * 400,
    "1e999",
    "NaN",
    "0000-00-00",
    "9999-12-31T23:59:59.999999Z",
    "<script>alert(1)</script>{{ 7 }}{% load x %}",
    "%s' OR 1=1 --",
    "../../../etc/passwd",
    "http://[::1",
    "[" * 2_000,
    '{"a": 1}',
]
THINGS = [
    None,
    True,
    -1,
    10**400,
    1.5e300,
    [],
    {},
    [[[None]]],
    {"": {"\0": []}},
    [{"id": 1}] * 50,
    *WORDS,
]
BODIES = [b"", b"{", b"null", b"[]", b"3", b'"x"', b"\xff\xfe", b"[" * 50_000, b'{"a": NaN}', b'{"a": 1e999}', b"{}x"]
STRANGE_IDS = ["zz", "0", "-1", "9" * 60, "%00", "é", "..%2f..", "a" * 500]


@pytest.fixture
def house():
    return fill(1)


def operations() -> Iterator[tuple[str, str, dict]]:
    """Method, address and description of every route that Django answers."""
    for path, item in openapi_document()["paths"].items():
        for method, described in item.items():
            if "edge" not in described.get("tags", ()):
                yield method, path, described


def schema_of(described: dict) -> dict:
    """Properties of the JSON body an operation takes."""
    content = described.get("requestBody", {}).get("content", {})
    schema = content.get("application/json", {}).get("schema", {})
    name = schema.get("$ref", "").rpartition("/")[2]
    return openapi_document()["components"]["schemas"].get(name, schema).get("properties", {})


def bodies(described: dict) -> Iterator[bytes]:
    """Bodies that are no JSON, and bodies that are wrong in one member or in all."""
    if "requestBody" not in described:
        return
    yield from BODIES
    members = list(schema_of(described))
    for thing in THINGS:
        yield json.dumps(dict.fromkeys(members, thing)).encode()
        for member in members:
            yield json.dumps(dict.fromkeys(members, "x") | {member: thing}).encode()


def addresses(path: str, described: dict, house: dict) -> Iterator[str]:
    """The route with real ids, with strange ones, and with strange words for each of its parameters."""

    def filled(strange: str = "") -> str:
        return re.sub(r"{(\w+)}", lambda found: strange or str(house.get(found[1], "zz")), path)

    yield filled()
    if "{" in path:
        yield from (filled(strange) for strange in STRANGE_IDS)
    for parameter in described.get("parameters", ()):
        if parameter["in"] == "query":
            for word in WORDS:
                yield f"{filled()}?{parameter['name']}={_quoted(word[:4_000])}"


def _quoted(word: str) -> str:
    return "".join(f"%{byte:02x}" for byte in word.encode())


def test_no_route_of_the_api_breaks(house):
    token = people.make_token(owner=TeamMember.objects.get(user=house["admin"]), name="hostile", scopes=["*"])[1]
    client = Client(raise_request_exception=False, headers={"Authorization": f"Bearer {token}"})
    broken, asked = [], 0
    for method, path, described in operations():
        where = list(addresses(path, described, house))
        tries = [(address, b"{}") for address in where] + [(where[0], body) for body in bodies(described)]
        for address, body in tries:
            sent = {} if method == "get" else {"data": body, "content_type": "application/json"}
            with transaction.atomic():
                answer = getattr(client, method)(address, **sent)
                transaction.set_rollback(True)
            asked += 1
            if answer.status_code >= 400:
                media_type = answer.headers["Content-Type"]
                if answer.status_code >= 500 or not media_type.startswith("application/problem+json"):
                    broken.append((answer.status_code, method, address[:120], body[:80]))
    assert asked > 1_000
    assert not broken, "\n".join(map(str, broken[:40]))


class Forms(HTMLParser):
    """The forms of a page: address, method and what is filled in."""

    def __init__(self, page: str, address: str):
        super().__init__()
        self.found, self.address, self.open = [], address, None
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "form":
            action = given.get("action") or self.address
            self.open = (action, (given.get("method") or "get").lower(), {})
            self.found.append(self.open)
        elif self.open and given.get("name") and tag in ("input", "select", "textarea", "button"):
            self.open[2].setdefault(given["name"], given.get("value") or "")

    def handle_endtag(self, tag):
        if tag == "form":
            self.open = None


def pages(house: dict) -> Iterator[tuple[str, object]]:
    """Every page's address with real ids where there are any, and whom it is for."""
    for pattern, rule in page_rules():
        if pattern.startswith(("/design/", "/favicon")) or pattern.endswith(
            ("/waiting/", "/calls-live/", "/comments-live/")
        ):
            continue
        person = {"public": None, "team": house["admin"]}.get(rule.audience, house["owner"])
        clean = pattern.replace("^", "").replace("$", "")
        yield ARGUMENT.sub(lambda found: str(house.get(found["name"] or "", "1")), clean), person


def clients(house: dict) -> dict:
    found = {None: Client(raise_request_exception=False)}
    for person in (house["owner"], house["admin"]):
        found[person] = Client(raise_request_exception=False)
        found[person].force_login(person, backend=BACKEND)
    return found


def spoiled(fields: dict[str, str]) -> Iterator[dict[str, str]]:
    """A form's fields all spoiled alike, then one at a time by what breaks most."""
    yield {}
    yield from (dict.fromkeys(fields, word) for word in WORDS)
    for name in fields:
        yield from (fields | {name: word} for word in ("\0", "9" * 400, "9999-12-31T23:59:59.999999Z"))


def test_no_form_of_any_page_breaks(house):
    known = clients(house)
    broken, seen, posted = [], set(), 0
    for address, person in pages(house):
        client = known[person]
        answer = client.get(address)
        if answer.status_code >= 500:
            broken.append((answer.status_code, "get", address, ""))
        if answer.status_code != 200 or "text/html" not in answer.headers.get("Content-Type", ""):
            continue
        for action, method, fields in Forms(answer.content.decode(), address).found:
            target = urlsplit(action).path or address
            key = (re.sub(r"[a-z]+_[0-9a-z]{20,}|\d+", "…", target), method, tuple(sorted(fields)))
            if key in seen or method == "dialog" or "logout" in target:
                continue
            seen.add(key)
            for form in spoiled(fields):
                with transaction.atomic():
                    done = getattr(client, method)(target, form)
                    transaction.set_rollback(True)
                posted += 1
                if done.status_code >= 500:
                    different = {name: value[:40] for name, value in form.items() if value != fields[name]}
                    broken.append((done.status_code, method, target, different))
                    break
    assert posted > 1_000
    assert not broken, "\n".join(map(str, broken[:40]))

"""Another server that answers Delighted's calls, read list by list: theirs, or another house's."""

import base64
import http.client
import json
import re
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode, urlsplit

TIMEOUT = 60
TRIES = 6
LONGEST_WAIT = 120
PER_PAGE = 100
MOST_BYTES = 64 * 1024 * 1024
NEXT = re.compile(r'<([^<>]+)>\s*;\s*rel="?next"?')
AGAIN = {429, 500, 502, 503, 504}
CURSORS = {"people"}
"""Lists that go on by a link; the others have numbered pages."""
PATHS = {"people": "people", "unsubscribes": "unsubscribes", "bounces": "bounces", "responses": "survey_responses"}


class Unreachable(Exception):
    """The source does not answer as it should; the text says what it said."""


class Source:
    """A server at `address` (which ends with the version), opened by `key`. `rest` waits: for tests."""

    def __init__(self, address: str, key: str, rest: Callable[[float], None] = time.sleep) -> None:
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Unreachable(f"{address} is not an address such as https://api.delighted.com/v1/")
        try:
            self._place = (parts.scheme, parts.hostname, parts.port)
        except ValueError as error:
            raise Unreachable(f"{address}: {error}") from error
        self._base = parts.path.rstrip("/") + "/"
        self._fields = {
            "Accept": "application/json",
            "Authorization": "Basic " + base64.b64encode(f"{key}:".encode()).decode(),
            "User-Agent": "posthouse",
        }
        self._rest = rest

    def rows(self, kind: str, past: int = 0) -> Iterator[dict[str, Any]]:
        """The rows of a list in its order, without the first `past`. Raises Unreachable."""
        if kind in CURSORS:
            yield from self._by_cursor(PATHS[kind], past)
        else:
            yield from self._by_number(PATHS[kind], past)

    def _by_cursor(self, path: str, past: int) -> Iterator[dict[str, Any]]:
        target: str = f"{self._base}{path}.json?{urlencode({'per_page': PER_PAGE})}"
        seen = set()
        while target and target not in seen:
            seen.add(target)
            rows, link = self._get(target)
            yield from rows[past:]
            past = max(0, past - len(rows))
            found = NEXT.search(link)
            # Only where it leads there: the key is for this server alone.
            parts = urlsplit(found[1]) if found else None
            target = f"{parts.path}?{parts.query}" if parts else ""

    def _by_number(self, path: str, past: int) -> Iterator[dict[str, Any]]:
        number, past = 1 + past // PER_PAGE, past % PER_PAGE
        asked = {"per_page": PER_PAGE} | ({"expand[]": "person"} if path == PATHS["responses"] else {})
        while True:
            rows, _link = self._get(f"{self._base}{path}.json?{urlencode(asked | {'page': number})}")
            yield from rows[past:]
            if not rows:
                return
            number, past = number + 1, 0

    def _get(self, target: str) -> tuple[list[dict[str, Any]], str]:
        said = ""
        for attempt in range(TRIES):
            try:
                status, fields, body = self._ask(target)
            except (OSError, http.client.HTTPException) as error:
                said = str(error) or type(error).__name__
                self._rest(min(2**attempt, LONGEST_WAIT))
                continue
            if status == http.HTTPStatus.OK:
                return _rows(body), fields.get("Link") or ""
            said = f"{status} {body[:300].decode('utf-8', 'replace')}"
            if status not in AGAIN:
                raise Unreachable(f"{target.partition('?')[0]}: {said}")
            told = fields.get("Retry-After") or ""
            self._rest(min(int(told) if told.isdecimal() else 2**attempt, LONGEST_WAIT))
        raise Unreachable(f"{target.partition('?')[0]}: {said}")

    def _ask(self, target: str) -> tuple[int, http.client.HTTPMessage, bytes]:
        scheme, host, port = self._place
        kind = http.client.HTTPSConnection if scheme == "https" else http.client.HTTPConnection
        connection = kind(host, port, timeout=TIMEOUT)
        try:
            connection.request("GET", target, headers=self._fields)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read(MOST_BYTES)
        finally:
            connection.close()


def _rows(body: bytes) -> list[dict[str, Any]]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Unreachable("it does not answer with JSON") from error
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise Unreachable("it does not answer with a list of objects")
    return [_flat(row) for row in found]


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    """A row with what is said of its person at the top."""
    person = row.get("person")
    if not isinstance(person, dict):
        return row
    about = {name: person.get(name) for name in ("email", "name", "phone_number")}
    return row | {"person": person.get("id")} | about

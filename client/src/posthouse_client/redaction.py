"""Prepare headers and bodies for the request inspector: known-secret values out, sizes bounded.

The query string is recorded with the path. Only JSON and form bodies are recorded, because only there
can a value be found by its name; of anything else, and of what is too long to be read whole, only the
size is told.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote_plus, urlencode

REDACTED = "[redacted]"

READ_LIMIT = 64 * 1024
"""Bytes of a body that are kept for reading; a longer one is not recorded."""


@dataclass(slots=True)
class RawExchange:
    """What was seen of a request and its answer, before anything is taken out; never leaves the process.

    Bodies: the first bytes up to `READ_LIMIT`, and the length in all.
    """

    headers: Sequence[tuple[str, str]]
    request_type: str = ""
    request: bytes = b""
    request_length: int = 0
    response_type: str = ""
    response: bytes = b""
    response_length: int = 0
    query: str = ""
    """The query string, as it came."""


class Redactor:
    """Replaces the values of given header and field names, whatever their case, at any depth."""

    def __init__(self, headers: Iterable[str], fields: Iterable[str], max_bytes: int) -> None:
        self._headers = frozenset(name.lower() for name in headers)
        self._fields = frozenset(name.lower() for name in fields)
        self._max_bytes = max_bytes

    def finish(self, call: dict[str, Any]) -> dict[str, Any]:
        """Put what may be shown of a call's `RawExchange`, kept under "raw", in its place."""
        raw = call.pop("raw", None)
        if isinstance(raw, RawExchange):
            if raw.query:
                call["path"] = f"{call['path']}?{self._query(raw.query)}"[:1000]
            call["request_headers"] = self.headers(raw.headers)
            call["request_body"] = self.body(raw.request, raw.request_length, raw.request_type)
            call["response_body"] = self.body(raw.response, raw.response_length, raw.response_type)
        return call

    def headers(self, pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
        """Header fields by lower-case name, repeated ones joined by a comma."""
        found: dict[str, str] = {}
        for name, value in pairs:
            key = name.lower()
            shown = REDACTED if key in self._headers else value[: self._max_bytes]
            found[key] = f"{found[key]}, {shown}" if key in found else shown
        return found

    def body(self, content: bytes, length: int, media_type: str) -> str | None:
        """A body as it may be shown, or a remark; None for an empty one.

        `content`: its first bytes, up to `READ_LIMIT`; `length`: how long it was in all.
        """
        if not length:
            return None
        kind = media_type.partition(";")[0].strip().lower()
        remark = f"[{length} bytes of {kind or 'unknown type'}, not recorded]"
        if length > len(content):
            return remark
        if kind == "application/x-www-form-urlencoded":
            text = self._form(content)
        elif kind == "application/json" or kind.endswith("+json"):
            text = self._json(content)
        else:
            return remark
        return remark if text is None else _cut(text, self._max_bytes)

    def _query(self, text: str) -> str:
        """A query string with the values of known names taken out, and otherwise as it came."""
        parts = [part.partition("=") for part in text.split("&")]
        return "&".join(
            f"{name}={REDACTED}" if unquote_plus(name).lower() in self._fields else f"{name}{equals}{value}"
            for name, equals, value in parts
        )

    def _form(self, content: bytes) -> str | None:
        try:
            pairs = parse_qsl(content.decode(), keep_blank_values=True, max_num_fields=1000)
        except ValueError:
            return None
        return urlencode(
            [(name, REDACTED if name.lower() in self._fields else value) for name, value in pairs],
            safe="[]",
        )

    def _json(self, content: bytes) -> str | None:
        try:
            return json.dumps(self._clean(json.loads(content)), ensure_ascii=False)
        except (ValueError, RecursionError):
            return None

    def _clean(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {
                name: REDACTED if name.lower() in self._fields else self._clean(inner) for name, inner in value.items()
            }
        if isinstance(value, list):
            return [self._clean(inner) for inner in value]
        return value


def _cut(text: str, max_bytes: int) -> str:
    """At most `max_bytes` of UTF-8, with a mark when something was cut off, and no lone surrogate."""
    encoded = text.encode(errors="replace")
    if len(encoded) <= max_bytes:
        return encoded.decode()
    return encoded[:max_bytes].decode(errors="ignore") + "…"

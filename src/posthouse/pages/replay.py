"""A recorded call as a curl line that makes it again; the key is left to the reader."""

import shlex
from typing import Any
from urllib.parse import urlsplit

from posthouse.vendor.queries import vendor

KEY = "YOUR_KEY"


def as_curl(*, method: str, target: str, details: dict[str, Any] | None) -> str:
    """`curl …` for a shell, all of it quoted. `details`: the recorded headers and body, where the vendor keeps them."""
    parts = ["curl"]
    if method != "GET":
        parts.append(f"-X {shlex.quote(method)}")
    parts += [shlex.quote(_address(target)), f'-H "Authorization: Bearer {KEY}"']
    recorded = details or {}
    kind = _content_type(recorded.get("request_headers"))
    if kind:
        parts.append("-H " + shlex.quote(f"Content-Type: {kind}"))
    if body := recorded.get("request_body"):
        parts.append("--data-raw " + shlex.quote(str(body)))
    return " \\\n  ".join(parts)


def _address(target: str) -> str:
    base = (vendor().api_base_url or "https://api.example.com").rstrip("/")
    path = urlsplit(base).path
    return base.removesuffix(path) + target if path and target.startswith(path + "/") else base + target


def _content_type(headers: Any) -> str:
    if not isinstance(headers, dict):
        return ""
    return next((str(value) for name, value in headers.items() if str(name).lower() == "content-type"), "")

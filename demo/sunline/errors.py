"""What Sunline says when a call cannot be answered: problem details (RFC 9457) with codes from errors.toml."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

LANGUAGES = ("en", "es")
MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Wording:
    """The words for one code in one language: Markdown, for people."""

    title: str
    description: str
    fix: str


@dataclass(frozen=True, slots=True)
class ErrorCode:
    """One machine code with its HTTP status and its words in every language."""

    code: str
    status: int
    words: Mapping[str, Wording]


class ProblemError(Exception):
    """Raised anywhere below a route to answer with a problem; `members` are extra members of the answer."""

    def __init__(self, code: str, detail: str, **members: object) -> None:
        super().__init__(detail)
        self.code = CODES[code]
        self.detail = detail
        self.members = members


def problem_body(problem: ProblemError, docs_url: str, instance: str | None = None) -> dict[str, Any]:
    """The members of the problem details of one failure."""
    body: dict[str, Any] = {
        "type": f"{docs_url}/en/errors#{problem.code.code}",
        "title": problem.code.words["en"].title,
        "status": problem.code.status,
        "detail": problem.detail,
        "code": problem.code.code,
    }
    if instance is not None:
        body["instance"] = instance
    return body | problem.members


def problem_response(request: Request, problem: ProblemError, headers: Mapping[str, str] | None = None) -> Response:
    """The HTTP answer for a problem."""
    body = problem_body(problem, request.app.state.settings.docs_url, request.url.path)
    return Response(msgspec.json.encode(body), problem.code.status, headers, MEDIA_TYPE)


def shown(value: str) -> str:
    """A value from outside, fit to be quoted in a `detail`."""
    cut = value if len(value) <= 40 else f"{value[:40]}…"
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in cut)


def _load() -> dict[str, ErrorCode]:
    table = tomllib.loads(Path(__file__).with_name("errors.toml").read_text("utf-8"))
    return {
        code: ErrorCode(code, entry["status"], {language: Wording(**entry[language]) for language in LANGUAGES})
        for code, entry in table.items()
    }


CODES = _load()

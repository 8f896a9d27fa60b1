"""Makes the crowd's calls to Sunline with urllib3."""

import json
from dataclasses import dataclass

import urllib3

from crowd.questions import KeyUse, Question
from crowd.tools import Tool

_TIMEOUT = urllib3.Timeout(connect=3, read=10)


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: `status` 0 when nothing did, `code` from the problem details."""

    status: int
    code: str = ""
    retry_after: float = 0.0
    request_id: str = ""

    @property
    def ok(self) -> bool:
        """Whether the call was answered as hoped."""
        return 200 <= self.status < 300


class Caller:
    """Calls one Sunline; safe to share between threads."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
        self._pool = urllib3.PoolManager(maxsize=4, retries=False, timeout=_TIMEOUT)

    def call(self, question: Question, tool: Tool, key: str, use: KeyUse) -> Reply:
        """Make the call; a network failure is a reply too."""
        body = question.body()
        headers = {"User-Agent": tool.user_agent, "Accept": "application/json"}
        if authorization := _authorization(key, use):
            headers["Authorization"] = authorization
        if question.version:
            headers["Sunline-Version"] = question.version
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            answer = self._pool.request(
                question.method,
                self._base_url + question.path,
                fields=None if body is not None else question.query or None,
                body=body,
                headers=headers,
            )
        except urllib3.exceptions.HTTPError:
            return Reply(0)
        return _reply(answer)


def _authorization(key: str, use: KeyUse) -> str:
    match use:
        case KeyUse.MISSING:
            return ""
        case KeyUse.BARE:
            return key
        case KeyUse.CUT:
            return f"Bearer {key[:-4]}"
        case _:
            return f"Bearer {key}"


def _reply(answer: urllib3.BaseHTTPResponse) -> Reply:
    code = ""
    if "problem+json" in answer.headers.get("Content-Type", ""):
        code = json.loads(answer.data).get("code", "")
    return Reply(
        status=answer.status,
        code=code,
        retry_after=float(answer.headers.get("Retry-After", "0")),
        request_id=answer.headers.get("X-Request-Id", ""),
    )

"""Who answers which call. Addresses go as they come decoded: an address of e-mail may hold a slash."""

import re
from collections.abc import Callable
from typing import Any

from posthouse.surveys.delighted import autopilot, people, refusals, responses
from posthouse.surveys.delighted.calls import Reply
from posthouse.surveys.delighted.faults import Fault

Answer = Callable[..., Reply]
JSON = ".json"

CALLS: list[tuple[str, dict[str, Answer]]] = [
    ("people", {"GET": people.index, "POST": people.create, "PUT": people.save}),
    ("people/(?P<name>.+)/survey_requests/pending", {"DELETE": people.delete_pending}),
    ("people/(?P<name>.+)", {"GET": people.retrieve, "DELETE": people.delete}),
    ("unsubscribes", {"GET": refusals.unsubscribes, "POST": refusals.unsubscribe}),
    ("bounces", {"GET": refusals.bounces}),
    ("survey_responses", {"GET": responses.index, "POST": responses.create, "PUT": responses.update}),
    ("survey_responses/(?P<response_id>[^/]+)", {"GET": responses.retrieve, "PUT": responses.update}),
    ("metrics", {"GET": responses.metrics}),
    ("autopilot/(?P<platform>email|sms)", {"GET": autopilot.configuration}),
    (
        "autopilot/(?P<platform>email|sms)/memberships",
        {"GET": autopilot.memberships, "POST": autopilot.add, "DELETE": autopilot.remove},
    ),
]
ROUTES = [(re.compile(pattern, re.DOTALL), methods) for pattern, methods in CALLS]


def find(method: str, path: str) -> tuple[Answer, dict[str, Any]]:
    """Who answers, and what the path names. Raises 404 and 405 faults."""
    path = path.strip("/").removesuffix(JSON)
    for pattern, methods in ROUTES:
        found = pattern.fullmatch(path)
        if found is None:
            continue
        if method not in methods:
            allowed = ", ".join(sorted(methods))
            raise Fault(status=405, message=f"This address takes {allowed}.", headers={"Allow": allowed})
        return methods[method], found.groupdict()
    raise Fault(status=404, message="There is nothing at this address.")

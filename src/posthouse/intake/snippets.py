"""What to copy into a program so that its client sends here."""

from typing import NamedTuple

from django.conf import settings

from posthouse.intake.models import Dialect


class Snippet(NamedTuple):
    """A piece of code, in a language the highlighter knows, under a name."""

    name: str
    language: str
    text: str


def host_of(dialect: str) -> str:
    """What the client takes as its host."""
    return f"{settings.PUBLIC_URL}/compat/{'posthog' if dialect == Dialect.POSTHOG else 'segment'}"


def snippets(dialect: str, write_key: str) -> list[Snippet]:
    """For the clients of a dialect, with the address of this house and the source's key filled in."""
    facts = {"host": host_of(dialect), "key": write_key}
    return [Snippet(name, language, text.strip() % facts) for name, language, text in _TEXTS[dialect]]


_SEGMENT_PYTHON = """
# pip install segment-analytics-python
import segment.analytics as analytics

analytics.write_key = "%(key)s"
analytics.host = "%(host)s"

analytics.identify("user-42", {"email": "ada@example.org", "plan": "pro"})
analytics.group("user-42", "acme", {"name": "Acme"})
analytics.track("user-42", "Webinar Registered", {"event": "Spring"}, context={"groupId": "acme"})
analytics.flush()
"""
_SEGMENT_NODE = """
// npm install @segment/analytics-node
import { Analytics } from "@segment/analytics-node";

const analytics = new Analytics({ writeKey: "%(key)s", host: "%(host)s" });

analytics.identify({ userId: "user-42", traits: { email: "ada@example.org" } });
analytics.track({ userId: "user-42", event: "Webinar Registered" });
await analytics.closeAndFlush();
"""
_CURL = """
curl %(host)s/v1/track -u %(key)s: -H "X-Strict-Mode: 1" \\
  -d '{"userId": "user-42", "event": "Webinar Registered", "messageId": "m-1"}'
"""
_RUDDER_PYTHON = """
# pip install rudder-sdk-python
import rudderstack.analytics as analytics

analytics.write_key = "%(key)s"
analytics.dataPlaneUrl = "%(host)s"

analytics.identify("user-42", {"email": "ada@example.org", "plan": "pro"})
analytics.track("user-42", "Webinar Registered", {"event": "Spring"}, context={"groupId": "acme"})
analytics.flush()
"""
_POSTHOG_PYTHON = """
# pip install posthog
from posthog import Posthog

client = Posthog("%(key)s", host="%(host)s")

client.set(distinct_id="user-42", properties={"email": "ada@example.org", "plan": "pro"})
client.capture("Webinar Registered", distinct_id="user-42", groups={"company": "acme"})
client.flush()
"""
_POSTHOG_CURL = """
curl %(host)s/batch/ -H "Content-Type: application/json" -H "X-Strict-Mode: 1" -d '{"api_key": "%(key)s",
  "batch": [{"event": "Webinar Registered", "distinct_id": "user-42", "uuid": "6a6d5c0e-8d5e-4d5c-9a35-0c9b1d9f3c11"}]}'
"""
_TEXTS: dict[str, list[tuple[str, str, str]]] = {
    Dialect.SEGMENT: [
        ("Python", "python", _SEGMENT_PYTHON),
        ("Node.js", "javascript", _SEGMENT_NODE),
        ("curl", "bash", _CURL),
    ],
    Dialect.RUDDERSTACK: [("Python", "python", _RUDDER_PYTHON), ("curl", "bash", _CURL)],
    Dialect.POSTHOG: [("Python", "python", _POSTHOG_PYTHON), ("curl", "bash", _POSTHOG_CURL)],
}

"""How many queries each page costs, as a reviewed file; none costs more when there is more to show.

After a change that is meant, run it with POSTHOUSE_WRITE_QUERY_COUNTS=1 and read the difference.
"""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from posthouse.automations import actions as automations
from posthouse.config.permissions import page_rules
from posthouse.foundation.clock import now
from posthouse.foundation.jobs import run_until_idle
from posthouse.guides import actions as guides
from posthouse.intake import actions as intake
from posthouse.intake.models import Rejected, Source
from posthouse.journeys.models import Run
from posthouse.keys import actions as keys
from posthouse.messages import actions as mail
from posthouse.messages.models import Message
from posthouse.people import actions as people
from posthouse.people.models import Role, TeamRole, User
from posthouse.surveys import actions as surveys
from posthouse.surveys import links
from posthouse.surveys.handling import acting, tagging
from posthouse.surveys.handling_models import Tag
from posthouse.surveys.models import OpenLink, Response
from posthouse.surveys.planning import acting as planning
from posthouse.timeline.models import Event
from posthouse.usage import actions as usage
from posthouse.usage.models import Call
from posthouse.vendor import queries as vendor
from posthouse.webhooks import actions as webhooks
from tests.test_permissions import BACKEND

REVIEWED = Path(__file__).parent / "query_counts.txt"
STREAMS = ("/waiting/", "/calls-live/", "/comments-live/")
PUT_TO_EVENTS = ("/desk/automations/a/<slug:key>/past/",)
"""Judge each event of a month anew, so they cost by what happened, not by what they show."""
LITTLE, MUCH = 2, 12

DOCUMENT = b"""
openapi: 3.1.0
info: {title: Lamps, version: "1"}
servers: [{url: "http://127.0.0.1:9"}]
paths:
"""


AUTOMATION = {
    "name": {"en": "Say hello"},
    "when": {"kind": "event", "event": "customer.created"},
    "again": "every_time",
    "do": [
        {"id": "s1", "do": "task", "title": {"en": "Say hello"}},
        {"id": "s2", "do": "webhook", "url": "http://127.0.0.1:9/"},
        {"id": "s3", "do": "wait", "for": "P1D"},
    ],
}
"""Under the key of a journey, for both are called `key` in addresses."""


def fill(number: int) -> dict[str, object]:
    """A house with so many of everything."""
    revision = automations.save_revision(key="onboarding", body=AUTOMATION)
    automations.publish_revision(revision=revision)
    automations.switch(automation=revision.automation, state="on")
    owner = people.open_account(user=User.objects.create_user("owner@one.example.org", "x"))
    customer = people.found_customer(name="One", owner=owner)
    admin = people.add_team_member(user=User.objects.create_user("admin@vendor.example.org", "x"), role=TeamRole.ADMIN)
    delivery_id, webhook_id = _webhooks(number)
    survey = _surveys(number)
    plan_id = _plans(number, survey.campaign_id)
    for n in range(number):
        user = User.objects.create_user(f"m{n}@one.example.org", "x")
        people.join_customer(customer=customer, contact=people.open_account(user=user), role=Role.DEVELOPER)
        people.found_customer(name=f"Other {n}", owner=owner)
        people.invite_member(customer=customer, email=f"i{n}@one.example.org", by=owner)
        people.make_token(owner=admin, name=f"t{n}", scopes=["*"])
        colleague = User.objects.create_user(f"t{n}@vendor.example.org", "x")
        people.add_team_member(user=colleague, role=TeamRole.SUPPORT)
        key, _ = keys.create_key(customer_id=customer.pk, name=f"k{n}", environment="test")
        keys.rotate_key(key=key, overlap=timedelta(hours=1))
        usage.store_calls([_call(n * 10 + call, customer.pk, key.pk) for call in range(10)])
        paths = "".join(f"  /lamps/{p}: {{get: {{responses: {{'200': {{description: ok}}}}}}}}\n" for p in range(n + 1))
        source = intake.make_source(name=f"s{n}", dialect="segment")
        intake.take_in(source=source, items=[{"type": "page", "userId": str(call)} for call in range(n)])
        mail.notify(customer_id=customer.pk, text=f"Notice {n}")
        mail.suppress(addressee=mail.addressee(f"s{n}@example.org"), reason="manual", how="desk")
        mail.take_in_report(raw=b"Subject: odd %d" % n)
        mail.save_template(draft=mail.Draft(f"own-{n}", "en", "s", "t"), actor="")
        guides.import_document(source=DOCUMENT + paths.encode(), name=f"{n}.yaml", actor="")
    rejects = [_reject(source, n) for n in range(number)]
    run_until_idle()
    return {
        "owner": owner.user,
        "admin": admin.user,
        "customer_id": customer.pk,
        "key_id": key.pk,
        "call_id": "call_0",
        "contact_id": owner.pk,
        "source_id": source.pk,
        "reject_id": rejects[0].pk,
        "message_id": Message.objects.latest("created_at").pk,
        "token": Message.objects.latest("created_at").token,
        "webhook_id": webhook_id,
        "delivery_id": delivery_id,
        "plan_id": plan_id,
        "step": "trigger",
        "campaign_id": survey.campaign_id,
        "send_id": survey.send_id,
        "response_id": survey.pk,
        "tag_id": Tag.objects.latest("pk").pk,
        "link": links.token(survey.send_id or ""),
        "link_id": OpenLink.objects.latest("created_at").pk,
        "language": "en",
        "key": "people/invitation",
        "journey": "onboarding",
        "run_id": Run.objects.filter(journey="onboarding", subject=customer.pk).get().pk,
        "number": 1,
        "position": Event.objects.filter(customer_id=customer.pk).order_by("position")[0].position,
    }


def _plans(number: int, campaign_id: str) -> str:
    """So many finished plans; the id of the last."""
    answers: dict[str, dict[str, object]] = {
        "campaign": {"id": campaign_id},
        "trigger": {"kind": "purchase", "words": ""},
        "source": {"kind": "code"},
        "attributes": {"values": {"plan": "pro"}},
        "rhythm": {"kind": "once", "delay": 0, "unit": "hours"},
        "language": {"code": "contact"},
    }
    rows = [planning.begin(name=f"p{n}") for n in range(number)]
    for row in rows:
        for step, given in answers.items():
            planning.answer(plan=row, step=step, given=given)
    return rows[-1].pk


def _webhooks(number: int) -> tuple[str, str]:
    """So many webhooks, the last of them with so many deliveries; the ids of one delivery and of that webhook."""
    url, events = "https://localhost/hooks", ["survey.response.created"]
    rows = [webhooks.subscribe(url=url, events_=events) for _n in range(number)]
    sent = [webhooks.send_test(subscription=rows[-1]) for _n in range(number)]
    return sent[-1].pk, rows[-1].pk


def _surveys(number: int) -> Response:
    """So many campaigns, the last of them with so many responses and pending sends; one response."""
    words = {"en": {"subject": "One question", "question": "How likely?"}}
    campaigns = [surveys.make_campaign(name=f"c{n}", metric="nps", texts=words) for n in range(number)]
    campaign = surveys.set_state(campaign=campaigns[-1], state="running")
    responses = []
    for n in range(number):
        wish = surveys.Wish(email=f"asked{n}@example.org", channel="link", attributes={"n": n})
        send = surveys.ask(campaign=campaign, wish=wish).send
        responses.append(surveys.answer(send=send, given=surveys.Answer(score=n % 11, comment="Good")))
        later = surveys.Wish(email=f"later{n}@example.org", delay=timedelta(days=1))
        surveys.ask(campaign=campaign, wish=later)
        surveys.make_open_link(campaign=campaign, name=f"l{n}", attributes=["place"])
    for n in range(number):
        tag = tagging.make_tag(name=f"tag {n}")
        acting.tag_responses(responses=responses, tag=tag)
        acting.write_note(response=responses[-1], text=f"Note {n}", actor="team:1")
    acting.assign_responses(responses=responses, assignee=next(iter(acting.team_names())))
    return responses[-1]


def _reject(source: Source, number: int) -> Rejected:
    item = {"source": source, "received_at": now(), "digest": bytes([number]), "reason": "no-event", "item": "{}"}
    return Rejected.objects.create(**item)


def _call(number: int, customer_id: str, key_id: str) -> Call:
    at = now() - timedelta(minutes=number)
    return Call(
        id=f"call_{number}",
        at=at,
        received_at=at,
        customer_id=customer_id,
        key_id=key_id,
        environment="test",
        method="GET",
        route=f"/lamps/{number % 7}",
        status=200 if number % 3 else 404,
        duration_us=1000,
    )


def addresses() -> list[tuple[str, str]]:
    """Every page that is looked at, and for whom; acts, streams and files left out."""
    return [
        (address, rule.audience)
        for address, rule in page_rules()
        if address not in PUT_TO_EVENTS
        and not address.startswith(("/accounts/", "/design/", "/mail/", "/favicon"))
        and not address.endswith(STREAMS)
    ]


def measure(facts: dict[str, object]) -> dict[str, int]:
    """Queries of every page that answers 200 to a GET, after it has been opened once."""
    counts = {}
    for pattern, audience in addresses():
        address = _fill_in(pattern, facts)
        if address is None:
            continue
        client = Client()
        user = {"team": facts["admin"], "public": None}.get(audience, facts["owner"])
        if user:
            client.force_login(user, backend=BACKEND)
        first = client.get(address)
        if first.status_code != 200 or getattr(first, "streaming", False):
            continue
        with CaptureQueriesContext(connection) as queries:
            client.get(address)
        counts[pattern] = len(queries)
    return counts


def _fill_in(pattern: str, facts: dict[str, object]) -> str | None:
    pattern = pattern.replace("<slug:key>", str(facts["journey"]))
    for name in (
        "customer_id",
        "key_id",
        "call_id",
        "contact_id",
        "message_id",
        "source_id",
        "reject_id",
        "token",
        "webhook_id",
        "delivery_id",
        "plan_id",
        "step",
        "campaign_id",
        "send_id",
        "response_id",
        "tag_id",
        "link",
        "link_id",
        "language",
        "key",
        "run_id",
        "number",
        "position",
    ):
        for kind in ("slug", "str", "path", "int"):
            pattern = pattern.replace(f"<{kind}:{name}>", str(facts[name]))
    return None if "<" in pattern else pattern


@pytest.fixture
def counts(request, db, monkeypatch):
    """The vendor's row is remembered for some seconds; here for good, so that it never falls into a measurement."""
    monkeypatch.setattr(vendor, "SECONDS", 3600)
    return measure(fill(request.param))


@pytest.mark.parametrize("counts", [LITTLE], indirect=True)
def test_the_number_of_queries_is_as_reviewed(counts):
    text = "".join(f"{count:3} {address}\n" for address, count in sorted(counts.items()))
    if os.environ.get("POSTHOUSE_WRITE_QUERY_COUNTS"):
        REVIEWED.write_text(text)
    assert text == REVIEWED.read_text()


@pytest.mark.parametrize("counts", [MUCH], indirect=True)
def test_more_to_show_costs_no_more_queries(counts):
    reviewed = {address: int(count) for count, address in (line.split() for line in REVIEWED.read_text().splitlines())}
    grown = {address: (reviewed[address], count) for address, count in counts.items() if count > reviewed[address]}
    assert not grown

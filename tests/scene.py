"""A house with one of everything that has a page of its own, and what its addresses call them.

Names are long, in another script, or begin with a picture, because somebody's are.
"""

import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from posthouse.automations import actions as automations
from posthouse.automations.models import AutomationRun, Effect, Task, Wait
from posthouse.foundation.clock import now
from posthouse.foundation.jobs import run_until_idle
from posthouse.guides import actions as guides
from posthouse.intake import actions as intake
from posthouse.intake.models import Rejected
from posthouse.journeys import actions as journeys
from posthouse.journeys.models import Run
from posthouse.keys import actions as keys
from posthouse.messages import actions as mail
from posthouse.messages.models import Suppression
from posthouse.people import actions as people
from posthouse.people.models import Contact, Customer, Membership, Role, TeamRole, User
from posthouse.timeline.models import Event, Parked
from posthouse.usage import actions as usage
from posthouse.usage.models import Call
from posthouse.webhooks import actions as webhooks
from sunline.openapi import document
from sunline.settings import Settings
from tests.scene_surveys import make_surveys

LONG = "🌞 Zonne & Söhne " + "Energieversorgungsgesellschaft" * 2
RTL = "ليلى من شركة الشمس للملاحة"
AUTOMATION = {
    "name": {"en": "Greet, ask, and tell the customer database", "es": "Saludar, preguntar y avisar al CRM"},
    "when": {"kind": "event", "event": "customer.created"},
    "if": {"any": [{"field": "customer.country", "op": "is", "value": "NL"}, {"happened": "email.confirmed"}]},
    "again": "every_time",
    "do": [
        {"id": "hello", "do": "task", "title": {"en": "Say hello", "es": "Saludar"}, "due": "P1D"},
        {"id": "crm", "do": "webhook", "url": "http://127.0.0.1:9/"},
        {"id": "bell", "do": "notice", "text": {"en": "Welcome", "es": "Hola"}, "link": "/docs/"},
        {
            "id": "call",
            "do": "wait_for",
            "event": "call.first",
            "deadline": "P3D",
            "then": [{"id": "tag", "do": "tag", "of": "customer", "tag": "fast", "act": "add"}],
            "else": [{"id": "help", "do": "send_mail", "template": "automations/no_first_call", "valid_for": "P3D"}],
        },
    ],
}


@dataclass
class Scene:
    """Who is there, and the arguments of addresses: by name, and by the beginning of the address and the name."""

    customer: Customer
    owner: Contact
    member: User
    admin: User
    arguments: dict[str, Any] = field(default_factory=dict)

    def argument(self, pattern: str, name: str) -> str | None:
        """What stands in an address of this pattern for the argument; None when nothing of the scene is meant."""
        given = (value for key, value in self.arguments.items() if " " in key and _is_of(key, pattern, name))
        found = next(given, self.arguments.get(name))
        return None if found is None else str(found)


def _is_of(key: str, pattern: str, name: str) -> bool:
    beginning, _space, argument = key.partition(" ")
    return argument == name and pattern.startswith(beginning)


def make_scene() -> Scene:
    """Everything happens through the same doors as in the house, and all that follows has followed."""
    revision = automations.save_revision(key="greet", body=AUTOMATION, note="The first wording")
    automations.switch(automation=automations.publish_revision(revision=revision), state="on")
    member = User.objects.create_user("owner@one.example.org", "x")
    owner = people.open_account(user=member, name=RTL)
    customer = people.found_customer(name=LONG, country="NL", owner=owner)
    admin = people.add_team_member(user=User.objects.create_user("admin@vendor.example.org", "x"), role=TeamRole.ADMIN)
    scene = Scene(customer, owner, member, admin.user)
    run_until_idle()
    made = (_people(scene), _work(scene), _mail(scene), _intake(), _things(scene), _surveys(scene))
    run_until_idle()
    for arguments in made:
        scene.arguments |= arguments
    return scene


def _people(scene: Scene) -> dict[str, Any]:
    twin = people.found_customer(name=LONG, owner=scene.owner)
    same = people.open_account(user=User.objects.create_user("owner@two.example.org", "x"), name=RTL)
    colleague = people.open_account(user=User.objects.create_user("developer@one.example.org", "x"))
    people.join_customer(customer=scene.customer, contact=colleague, role=Role.DEVELOPER)
    invitation = people.invite_member(customer=scene.customer, email="new@one.example.org", by=scene.owner)
    support = people.add_team_member(user=User.objects.create_user("s@vendor.example.org", "x"), role=TeamRole.SUPPORT)
    token, _secret = people.make_token(owner=support, name=LONG[:60], scopes=["*"])
    return {
        "customer_id": scene.customer.pk,
        "contact_id": scene.owner.pk,
        "/desk/customers/ gone_id": twin.pk,
        "/desk/contacts/ gone_id": same.pk,
        "membership_id": Membership.objects.get(contact=colleague).pk,
        "invitation_id": invitation.pk,
        "user_id": support.user_id,
        "token_id": token.pk,
    }


def _work(scene: Scene) -> dict[str, Any]:
    run = AutomationRun.objects.get(customer_id=scene.customer.pk)
    backfill = journeys.backfill(journey="onboarding", dry_run=True)
    return {
        "/desk/automations/ key": "greet",
        "/desk/automations/ number": 1,
        "/desk/automations/ run_id": run.pk,
        "effect_id": Effect.objects.filter(run=run).order_by("pk")[0].pk,
        "wait_id": Wait.objects.filter(run=run)[0].pk,
        "task_id": Task.objects.filter(customer_id=scene.customer.pk)[0].pk,
        "/desk/journeys/ key": "onboarding",
        "/desk/journeys/back-fill/ number": backfill.pk,
        "/desk/journeys/ number": 1,
        "/desk/journeys/ run_id": Run.objects.get(journey="onboarding", subject=scene.customer.pk).pk,
    }


def _mail(scene: Scene) -> dict[str, Any]:
    letter = mail.send_letter(
        template_key="automations/no_first_call", contact_id=scene.owner.pk, category="surveys", context={}, why_url="/"
    ).message
    mail.save_template(draft=mail.Draft("own", "en", "Hello {{ contact.name }}", "Hello"), actor="")
    notice = mail.notify(customer_id=scene.customer.pk, text={"en": LONG, "es": RTL}, link="/docs/")
    known = mail.addressee(f"{'somebody' * 6}@{'example' * 6}.org")
    mail.suppress(addressee=known, reason="manual", how="desk", note=LONG)
    mail.take_in_report(raw=b"Subject: what is this\n\nNobody knows.")
    return {
        "message_id": letter.pk,
        "token": letter.token,
        "notice_id": notice.pk,
        "suppression_id": Suppression.objects.get().pk,
        "language": "en",
        "/desk/mail/ key": "automations/no_first_call",
    }


def _surveys(scene: Scene) -> dict[str, Any]:
    return make_surveys(owner=scene.owner, admin=scene.admin, long=LONG, foreign=RTL)


def _intake() -> dict[str, Any]:
    source = intake.make_source(name=LONG[:80], dialect="segment")
    intake.take_in(source=source, items=[{"type": "track", "event": "Webinar " * 12, "userId": "u" * 80}])
    text = json.dumps({"type": "track", "userId": "u1", "properties": {"long": "x" * 400}})
    reject = Rejected.objects.create(source=source, received_at=now(), digest=b"1", reason="no-event", item=text)
    return {"source_id": source.pk, "reject_id": reject.pk}


def _things(scene: Scene) -> dict[str, Any]:
    key, _secret = keys.create_key(customer_id=scene.customer.pk, name=LONG[:60], environment="test")
    usage.store_calls([_call(number, scene.customer.pk, key.pk) for number in range(6)])
    imported = guides.import_document(source=json.dumps(document(Settings())).encode(), name="sunline.json", actor="")
    event = Event.objects.filter(customer_id=scene.customer.pk).order_by("position")[0]
    fields = {"customer_id": scene.customer.pk, "key": scene.customer.pk, "attempts": 3, "error": f"ValueError: {LONG}"}
    hook = webhooks.subscribe(
        url="https://localhost/" + "x" * 80, events_=["survey.response.created"], description=LONG[:200]
    )
    parked = Parked.objects.create(consumer="journeys", event=event, next_try_at=now() + timedelta(days=2), **fields)
    return {
        "key_id": key.pk,
        "call_id": "call_0",
        "document_id": imported.pk,
        "webhook_id": hook.pk,
        "delivery_id": webhooks.send_test(subscription=hook).pk,
        "position": event.position,
        "parked_id": parked.pk,
    }


def _call(number: int, customer_id: str, key_id: str) -> Call:
    at = now() - timedelta(minutes=number)
    shape = {"environment": "test", "method": "GET", "route": "/v1/sun/{place}", "status": 200 if number % 3 else 404}
    return Call(
        id=f"call_{number}",
        at=at,
        received_at=at,
        customer_id=customer_id,
        key_id=key_id,
        duration_us=1000,
        **shape,
    )

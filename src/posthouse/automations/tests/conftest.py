"""Somebody for whom things happen, and automations that are on."""

import pytest
from django.db import transaction

from posthouse.automations import actions
from posthouse.automations.models import Automation
from posthouse.foundation import jobs
from posthouse.foundation.clock import now
from posthouse.foundation.ids import new_id
from posthouse.messages.models import MailTemplate
from posthouse.people.models import Contact, Customer, Membership, User
from posthouse.timeline import models as timeline
from posthouse.timeline.actions import run_consumers


@pytest.fixture
def customer(db):
    return Customer.objects.create(name="Lumen", country="ES", attributes={"plan": "pro"})


@pytest.fixture
def ada(customer):
    user = User.objects.create_user("ada@example.com", language="es", time_zone="Europe/Madrid")
    contact = Contact.objects.create(email="ada@example.com", name="Ada", user=user)
    Membership.objects.create(contact=contact, customer=customer, role="owner")
    for language, word in (("en", "Hello"), ("es", "Hola")):
        MailTemplate.objects.create(
            key="hello", language=language, number=1, subject=f"{word} {{{{ contact.name }}}}", text=word
        )
    return contact


@pytest.fixture
def happen(db):
    """Put an event into the log and let the consumers take it in."""

    def happen(type_, *, contact=None, customer=None, at=None, received=None, actor="", **data):
        moment = now()
        with transaction.atomic():
            row = timeline.Event.objects.create(
                source="test",
                id=new_id("evt"),
                type=type_,
                contact_id=contact.pk if contact else "",
                customer_id=customer.pk if customer else "",
                actor=actor,
                occurred_at=at or moment,
                received_at=received or moment,
                digest=b"",
                data=data,
            )
        while run_consumers():
            pass
        return row

    return happen


@pytest.fixture
def automation(db):
    """Make an automation, published and on."""

    def make(key="hello", *, state="on", **body):
        body = {"name": {"en": key}, "when": {"kind": "event", "event": "key.created"}, "do": [MAIL], **body}
        revision = actions.save_revision(key=key, body=body)
        actions.publish_revision(revision=revision)
        return actions.switch(automation=Automation.objects.get(pk=key), state=state)

    return make


MAIL = {"id": "mail", "do": "send_mail", "template": "hello"}


@pytest.fixture
def settle():
    """Let all work that is due be done."""
    return jobs.run_until_idle

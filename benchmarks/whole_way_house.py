"""The inside of `whole_way`: python -m benchmarks.whole_way_house seed|work CUSTOMERS; prints one JSON object."""

import json
import sys
import time
from typing import Any

import django

django.setup()

from django.db import transaction  # noqa: E402  needs Django set up

from posthouse.automations import actions  # noqa: E402
from posthouse.foundation import jobs  # noqa: E402
from posthouse.messages.models import Message  # noqa: E402
from posthouse.people.models import Contact, Customer, Membership  # noqa: E402
from posthouse.timeline.actions import run_consumer, run_consumers  # noqa: E402
from posthouse.timeline.models import Event, Parked  # noqa: E402

BODY = {
    "name": {"en": "Whole way"},
    "when": {"kind": "step", "journey": "support", "step": "contact"},
    "stop_if": {"happened": "customer.left"},
    "do": [{"id": "m", "do": "send_mail", "template": "automations/first_call_done"}],
}


def main() -> None:
    """Seed a house, or do all of its work."""
    act, customers = sys.argv[1], int(sys.argv[2])
    print(json.dumps(_seed(customers) if act == "seed" else _work(customers)))


def _seed(number: int) -> dict[str, Any]:
    """Customers with an owner each, and the automation."""
    jobs.run_until_idle()
    customers = Customer.objects.bulk_create([Customer(name=f"C{n}") for n in range(number)], 500)
    owners = Contact.objects.bulk_create([Contact(email=f"c{n}@example.com") for n in range(number)], 500)
    Membership.objects.bulk_create(
        [Membership(contact=one, customer=at, role="owner") for one, at in zip(owners, customers, strict=True)], 500
    )
    with transaction.atomic():
        revision = actions.save_revision(key="whole_way", body=BODY)
        actions.switch(automation=actions.publish_revision(revision=revision), state="on")
    jobs.run_until_idle()
    return {"customers": [customer.pk for customer in customers]}


def _work(customers: int) -> dict[str, Any]:
    """What the worker does, part by part, until nothing is left of it; mails are written, not sent."""
    parts = {"journeys": 0.0, "automations": 0.0, "effects": 0.0, "others": 0.0}
    began = time.process_time()
    busy = True
    while busy:
        busy = False
        for part, do in (
            ("journeys", lambda: run_consumer("journeys")),
            ("automations", lambda: run_consumer("automations")),
            ("effects", actions.carry_on),
            ("others", run_consumers),
        ):
            before = time.process_time()
            busy = bool(do()) or busy
            parts[part] += time.process_time() - before
    seconds = time.process_time() - began
    mails = Message.objects.filter(template="automations/first_call_done").count()
    if mails != customers or Parked.objects.exists():
        raise RuntimeError(f"{mails} mails for {customers} customers")
    return {"cpu_seconds": seconds, "parts": parts, "log_rows": Event.objects.count()}


if __name__ == "__main__":
    main()

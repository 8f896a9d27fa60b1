"""Automations (own database, SQLite unless POSTHOUSE_DATABASE_URL says otherwise): benchmarks/automations.py [--quick]

- Claiming due work with a million rows present that are due later, against claiming the same with none.
- Events of which each acts, per second of processor time: begun (read from the log, run and first wait written), and
  all the way to a task, or to the row of a mail with its words made, every decision journalled.
- Events of the right kind whose `if` is against it: asked of the customer and of its history.

Prints one JSON object. `python benchmarks/whole_way.py` has intake and journeys before all this.
"""

import json
import os
import statistics
import sys
import tempfile
import time
from datetime import datetime, timedelta
from typing import Any

os.environ.setdefault("POSTHOUSE_DATA", tempfile.mkdtemp(prefix="posthouse-bench-"))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "posthouse.config.settings")

import django

django.setup()

from django.core.management import call_command  # noqa: E402  needs Django set up
from django.db import connection, transaction  # noqa: E402

from posthouse.automations import actions, outbox, waits  # noqa: E402
from posthouse.automations.models import (  # noqa: E402
    AutomationRevision,
    AutomationRun,
    Effect,
    EffectState,
    RunState,
    Task,
    Wait,
    WaitState,
)
from posthouse.foundation.clock import now  # noqa: E402
from posthouse.foundation.ids import new_id  # noqa: E402
from posthouse.messages.models import Message  # noqa: E402
from posthouse.people.models import Contact, Customer, Membership  # noqa: E402
from posthouse.timeline.actions import run_consumer  # noqa: E402
from posthouse.timeline.models import Event, Parked  # noqa: E402

QUICK = "--quick" in sys.argv
FUTURE = 20_000 if QUICK else 1_000_000
EVENTS = 500 if QUICK else 5_000
PEOPLE = 1_000
TASK = {"id": "t", "do": "task", "title": {"en": "T"}}
MAIL = {"id": "m", "do": "send_mail", "template": "automations/first_call_done"}
RICH = {"all": [{"not": {"happened": "customer.left"}}, {"field": "customer.plan", "op": "is", "value": "pro"}]}
ROUNDS = 5 if QUICK else 15
CHUNK = 5_000


def main() -> None:
    """Claim, fill, claim again; then events from the log to their end."""
    call_command("migrate", verbosity=0)
    revision = _automation("bench", [TASK])
    figures: dict[str, float] = {"future_rows": FUTURE, "events": EVENTS}
    empty = _claim_milliseconds(revision)
    _fill(revision)
    full = _claim_milliseconds(revision)
    figures |= {"claim_ms_empty": empty, "claim_ms_full": full, "claim_full_to_empty": round(full / empty, 3)}
    customers = _people()
    begun, tasks = _acting(customers, Task)
    _automation("bench", [MAIL])
    _, mails = _acting(customers, Message)
    _automation("bench", [TASK], RICH)
    figures |= {
        "begun_per_cpu_second": begun,
        "tasks_per_cpu_second": tasks,
        "mails_per_cpu_second": mails,
        "passed_over_per_cpu_second": _passed_over(customers),
    }
    print(json.dumps(figures | {"database": connection.vendor}))


def _automation(key: str, steps: list[dict[str, Any]], condition: dict[str, Any] | None = None) -> AutomationRevision:
    body = {
        "name": {"en": "Bench"},
        "when": {"kind": "event", "event": "bench.happened"},
        "if": condition or {"field": "event.data.n", "op": "gte", "value": 0},
        "again": "every_time",
        "do": steps,
    }
    with transaction.atomic():
        revision = actions.save_revision(key=key, body=body)
        actions.switch(automation=actions.publish_revision(revision=revision), state="on")
        actions.change_settings(hourly_limit=10**4, cap_most=10**4)
    return revision


def _runs(revision: AutomationRevision, number: int, prefix: str) -> list[AutomationRun]:
    return [
        AutomationRun(
            automation_id="bench",
            revision=revision,
            occurrence=f"{prefix}{n}",
            customer_id=f"cus_{prefix}{n}",
            state=RunState.OPEN,
        )
        for n in range(number)
    ]


def _add(revision: AutomationRevision, number: int, prefix: str, due_at: datetime) -> None:
    """Runs that wait, and half as many effects, all due at one moment and later."""
    runs = AutomationRun.objects.bulk_create(_runs(revision, number, prefix), CHUNK)
    Wait.objects.bulk_create(
        (Wait(run=run, since=now(), due_at=due_at + timedelta(seconds=n)) for n, run in enumerate(runs)), CHUNK
    )
    Effect.objects.bulk_create(
        (
            Effect(
                run=run,
                automation_id="bench",
                step="t",
                key=f"{run.pk}:t:1",
                kind="task",
                payload={"title": {"en": "T"}},
                customer_id=run.customer_id,
                due_at=due_at + timedelta(seconds=n),
            )
            for n, run in enumerate(runs[::2])
        ),
        CHUNK,
    )


def _fill(revision: AutomationRevision) -> None:
    for first in range(0, FUTURE, CHUNK):
        _add(revision, CHUNK, f"later{first}-", now() + timedelta(days=1 + first / CHUNK))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _claim_milliseconds(revision: AutomationRevision) -> float:
    """Median of looking for a batch of due waits and effects and locking them, as the worker does."""
    _add(revision, 2 * max(waits.BATCH, outbox.BATCH), f"due{now().timestamp()}-", now() - timedelta(hours=1))
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        with transaction.atomic():
            found = len(waits._locked(waits.due())[: waits.BATCH]) + len(
                outbox._locked(outbox.due(EffectState.DUE))[: outbox.BATCH]
            )
        times.append(time.perf_counter() - began)
        if found != waits.BATCH + outbox.BATCH:
            raise RuntimeError(f"{found} rows were due")
    Wait.objects.filter(due_at__lte=now()).update(state=WaitState.DONE)
    Effect.objects.filter(due_at__lte=now()).update(state="done")
    return round(statistics.median(times) * 1000, 3)


def _people() -> list[Customer]:
    """Customers with an owner each."""
    customers = Customer.objects.bulk_create(Customer(name=f"C{n}") for n in range(PEOPLE))
    owners = Contact.objects.bulk_create(Contact(email=f"c{n}@example.com") for n in range(PEOPLE))
    pairs = zip(customers, owners, strict=True)
    Membership.objects.bulk_create(Membership(customer=one, contact=owner, role="owner") for one, owner in pairs)
    return customers


def _log(customers: list[Customer], number: int) -> None:
    """Events of all customers in turn."""
    for first in range(0, number, CHUNK):
        Event.objects.bulk_create(
            Event(
                source="bench",
                id=new_id("evt"),
                type="bench.happened",
                customer_id=customers[n % PEOPLE].pk,
                occurred_at=now(),
                received_at=now(),
                digest=b"",
                data={"n": 1},
            )
            for n in range(first, min(first + CHUNK, number))
        )


def _acting(customers: list[Customer], made: type[Task] | type[Message]) -> tuple[int, int]:
    """Events a second of processor time: begun, and all the way."""
    _log(customers, EVENTS)
    before = made.objects.count()
    began = time.process_time()
    while run_consumer("automations"):
        pass
    begun = time.process_time() - began
    while actions.carry_on():
        pass
    seconds = time.process_time() - began
    if made.objects.count() - before != EVENTS or Parked.objects.exists():
        raise RuntimeError(f"not every event had its {made.__name__}")
    return round(EVENTS / begun), round(EVENTS / seconds)


def _passed_over(customers: list[Customer]) -> int:
    """Events a second of processor time that begin nothing."""
    while run_consumer("automations"):
        pass
    _log(customers, EVENTS * 3)
    runs, began = AutomationRun.objects.count(), time.process_time()
    while run_consumer("automations"):
        pass
    seconds = time.process_time() - began
    if AutomationRun.objects.count() != runs or Parked.objects.exists():
        raise RuntimeError("something was begun")
    return round(EVENTS * 3 / seconds)


if __name__ == "__main__":
    main()

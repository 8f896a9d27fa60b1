"""For the kill test of effects: carries out effects in children that die at a named point, then the rest in peace.

python -m tests.kill_effects KIND POLICY URL KILLS: seeds, kills, drains, and prints what the tables say as JSON.
The points are put around the functions of the outbox from here; the product knows nothing of them.
"""

import http.client
import json
import os
import signal
import sys
import time
from collections import Counter
from datetime import timedelta
from itertools import cycle

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "posthouse.config.settings")
django.setup()

from django.core.management import call_command  # noqa: E402  needs Django set up
from django.db import connections, transaction  # noqa: E402

from posthouse.automations import actions, ending, outbox  # noqa: E402
from posthouse.automations.models import Automation, AutomationRun, Decision, Effect, Task  # noqa: E402
from posthouse.foundation.clock import now  # noqa: E402

POINTS = ("claiming", "claimed", "journalling", "journalled", "calling", "called", "finishing", "finished")
INSIDE = ("claiming", "claimed", "finishing")
"""What is done inside the house is claimed, done and finished in one transaction."""
PATIENCE = 1000.0


def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)


def after(module, name):
    """Die when the function has run, before its caller goes on."""
    function = getattr(module, name)

    def wrapped(*args, **kwargs):
        function(*args, **kwargs)
        die()

    setattr(module, name, wrapped)


def prepare(point):
    """`claiming`, `journalling` and `finishing` are inside the transaction, the others after its commit."""
    if point == "claiming":
        after(outbox, "_judge_and_do")
    elif point == "claimed":
        after(outbox, "claim")
    elif point == "journalling":
        update = outbox.note

        def note(run, what, **more):
            update(run, what, **more)
            if what == "called":
                die()

        outbox.note = note
    elif point == "journalled":
        outbox.call = die
    elif point == "calling":
        http.client.HTTPConnection.getresponse = die
    elif point == "called":
        after(outbox, "call")
    elif point == "finishing":
        after(outbox, "done")
    else:
        after(outbox, "finish")


def seed(kind, policy, url, number):
    payload = {"url": url, "after_crash": policy} if kind == "webhook" else {"title": {"en": "T"}}
    body = {"name": {"en": "K"}, "when": {"kind": "event", "event": "a.b"}, "do": [STEPS[kind]]}
    with transaction.atomic():
        revision = actions.save_revision(key="kill", body=body)
        actions.publish_revision(revision=revision)
        actions.switch(automation=Automation.objects.get(pk="kill"), state="on")
        for n in range(number):
            run = AutomationRun.objects.create(
                automation_id="kill", revision=revision, occurrence=str(n), customer_id=f"cus_{n}", state="done"
            )
            fields = {"run": run, "automation_id": "kill", "step": "s", "customer_id": run.customer_id}
            Effect.objects.create(**fields, key=f"{run.pk}:s:1", kind=kind, payload=payload)


STEPS = {
    "webhook": {"id": "s", "do": "webhook", "url": "https://vendor.example/"},
    "task": {"id": "s", "do": "task", "title": {"en": "T"}},
}


def work():
    return outbox.take_back() + outbox.perform_due()


def killed(point):
    """Whether a child that works until the point died there."""
    connections.close_all()
    child = os.fork()
    if child == 0:
        prepare(point)
        work()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


def main():
    kind, policy, url, kills = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
    call_command("migrate", verbosity=0)
    outbox.BATCH, outbox.LEASE, ending.BACK_OFF = 1, timedelta(seconds=0.5), (timedelta(seconds=0.05),) * 5
    seed(kind, policy, url, kills)
    died = Counter()
    deadline = time.monotonic() + PATIENCE
    for point in cycle(POINTS if kind == "webhook" else INSIDE):
        if died.total() == kills:
            break
        assert time.monotonic() < deadline, f"too few died: {died}"
        died[point] += killed(point)
    while Effect.objects.filter(state__in=["due", "held", "claimed", "called"]).exists():
        assert time.monotonic() < deadline, Counter(Effect.objects.values_list("state", flat=True))
        if not work():
            time.sleep(0.02)
    rows = Effect.objects.order_by("pk")
    unknown = Counter(Decision.objects.filter(what="unknown_outcome").values_list("effect_id", flat=True))
    print(
        json.dumps(
            {
                "died": died,
                "effects": [
                    {"key": row.key, "state": row.state, "attempts": row.attempts, "unknown": unknown[row.pk]}
                    for row in rows
                ],
                "tasks": list(Task.objects.values_list("effect__key", flat=True)),
                "at": now().isoformat(),
            }
        )
    )


if __name__ == "__main__":
    main()

"""For the kill test of webhooks: delivers in children that die at a named point, then the rest in peace.

python -m tests.kill_deliveries URL KILLS: seeds, kills, drains, and prints what the tables say as JSON. The points are
put around the functions of the feature from here; the product knows nothing of them.
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

from posthouse.foundation.clock import now  # noqa: E402
from posthouse.webhooks import actions, delivering  # noqa: E402
from posthouse.webhooks.models import Delivery  # noqa: E402

POINTS = ("claiming", "claimed", "calling", "answered", "finishing", "finished")
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
    """`claiming` and `finishing` are inside the transaction, the others after its commit."""
    if point == "claiming":
        after(delivering, "_lease")
    elif point == "claimed":
        after(delivering, "claim")
    elif point == "calling":
        http.client.HTTPConnection.getresponse = die
    elif point == "answered":
        delivering.finish = die
    elif point == "finishing":
        after(delivering, "_delivered")
    else:
        after(delivering, "finish")


def killed(point):
    """Whether a child that works until the point died there."""
    connections.close_all()
    child = os.fork()
    if child == 0:
        prepare(point)
        while delivering.due().exists():
            actions.carry_on()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


def main():
    url, kills = sys.argv[1], int(sys.argv[2])
    call_command("migrate", verbosity=0)
    delivering.AT_ONCE = 1
    delivering.lease = lambda: timedelta(seconds=0.3)
    delivering.PAUSES = (timedelta(seconds=0.05),) * 9
    with transaction.atomic():
        row = actions.subscribe(url=url, events_=["contact.unsubscribed"])
        for n in range(kills):
            actions.publish("contact.unsubscribed", event_id=f"evt_{n}", at=now(), data=lambda n=n: {"n": n})
    died = Counter()
    deadline = time.monotonic() + PATIENCE
    for point in cycle(POINTS):
        if died.total() == kills:
            break
        assert time.monotonic() < deadline, f"too few died: {died}"
        died[point] += killed(point)
    while Delivery.objects.filter(state__in=["due", "claimed"]).exists():
        assert time.monotonic() < deadline, Counter(Delivery.objects.values_list("state", flat=True))
        if not actions.carry_on():
            time.sleep(0.02)
    row.refresh_from_db()
    states = dict(Delivery.objects.values_list("event_id", "state"))
    print(json.dumps({"died": died, "states": states, "off": row.off_reason, "secret": row.secret}))


if __name__ == "__main__":
    main()

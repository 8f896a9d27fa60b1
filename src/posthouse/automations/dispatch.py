"""Who does the work that is due: the worker of the house itself, or Celery's workers, told by id.

POSTHOUSE_DISPATCHER is `database`, or the address of a broker (`amqp://…`, `redis://…`). A message holds nothing but
ids of rows that are due already, and never a delay. Whether it is lost, comes twice or comes late changes nothing:
the row says whether there is still something to do, its lock or lease who does it. What was told in vain is told
again; when the broker is away, or nobody listens, the house's own worker does it.
"""

import hashlib
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

from posthouse.automations import outbox, waits
from posthouse.foundation.clock import now

logger = logging.getLogger(__name__)

DATABASE = "database"
TELL_AGAIN = timedelta(seconds=60)
NOBODY_LISTENS = timedelta(minutes=5)
"""What has been due for so long is done here, whoever was told."""
AWAY_SECONDS = 30.0
"""A broker that could not be reached is left alone for so long."""
TOLD_AT_ONCE = 200
IN_ONE_MESSAGE = 20
TASK = "posthouse.carry_on"


@dataclass
class _Away:
    """Until when (by the monotonic clock) the broker is not tried."""

    until: float = 0.0


_away = _Away()


def carry_on() -> int:
    """Do what is due, or tell who does; returns how much there was."""
    if settings.DISPATCHER == DATABASE:
        return waits.end_due_waits() + outbox.perform_due()
    return sum(_hand_over(name) for name in WORK)


def carry_on_with(what: str, ids: list[Any]) -> int:
    """Do these, as far as they are still due: what a message asks for. Unknown ids are nothing to do."""
    return WORK[what][1](ids) if what in WORK else 0


def _hand_over(what: str) -> int:
    due, do = WORK[what]
    forgotten = list(due().filter(due_at__lte=now() - NOBODY_LISTENS).values_list("pk", flat=True)[:IN_ONE_MESSAGE])
    if forgotten:
        do(forgotten)
    ids = _to_tell(due())
    some = [ids[first : first + IN_ONE_MESSAGE] for first in range(0, len(ids), IN_ONE_MESSAGE)]
    if _away.until > time.monotonic():
        return len(forgotten) + sum(map(do, some))
    try:
        for message in some:
            _tell(what, message)
    except Exception:
        logger.exception("the broker could not be told; doing it here for a while")
        _away.until = time.monotonic() + AWAY_SECONDS
        return len(forgotten) + sum(map(do, some))
    return len(ids) + len(forgotten)


def _to_tell(due: QuerySet[Any]) -> list[Any]:
    """Those nobody was told of lately, marked as told before they are."""
    rows = due.filter(Q(told_at=None) | Q(told_at__lte=now() - TELL_AGAIN))
    if not rows.exists():
        return []
    with transaction.atomic():
        ids = list(rows.values_list("pk", flat=True)[:TOLD_AT_ONCE])
        due.filter(pk__in=ids).order_by().update(told_at=now())
    return ids


def _tell(what: str, ids: list[Any]) -> None:
    seconds = TELL_AGAIN.total_seconds()
    celery_app(settings.DISPATCHER).send_task(TASK, [what, ids], expires=seconds, expiration=seconds, retry=False)


@lru_cache(maxsize=4)
def celery_app(broker: str) -> Any:
    """Celery, set up alike for those who tell and those who listen. Each house has a queue of its own."""
    from celery import Celery  # type: ignore[import-untyped]  # noqa: PLC0415  an optional dependency

    app = Celery("posthouse", broker=broker, set_as_current=False)
    app.conf.update(
        task_default_queue=f"posthouse-{hashlib.sha256(settings.SECRET_KEY.encode()).hexdigest()[:12]}",
        task_default_queue_type="quorum" if broker.startswith("amqp") else "classic",
        task_ignore_result=True,
        task_acks_late=True,
        task_serializer="json",
        accept_content=["json"],
        worker_prefetch_multiplier=1,
        broker_connection_timeout=2,
        broker_transport_options={"max_retries": 0, "interval_start": 0, "interval_step": 0, "interval_max": 0},
        broker_connection_retry_on_startup=True,
        worker_hijack_root_logger=False,
    )
    return app


WORK: dict[str, tuple[Callable[[], QuerySet[Any]], Callable[[list[Any]], int]]] = {
    "waits": (waits.due, waits.end_due_waits),
    "effects": (outbox.due, outbox.perform_due),
}

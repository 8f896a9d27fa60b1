"""Writes down why."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from posthouse.automations.models import AutomationRun, Decision, Effect
from posthouse.foundation.clock import now

_kept: ContextVar[list[Decision] | None] = ContextVar("kept", default=None)


def note(run: AutomationRun, what: str, *, effect: Effect | None = None, **data: Any) -> None:
    """One line of the journal, in the transaction of what it explains."""
    line = Decision(run=run, effect=effect, what=what, data=data, at=now())
    kept = _kept.get()
    if kept is None:
        line.save(force_insert=True)
    else:
        kept.append(line)


@contextmanager
def together() -> Iterator[None]:
    """Lines noted in here are put into the table at once at its end, in their order; none where it is left by an error.

    It stands within the transaction. In another one it hands its lines to that.
    """
    around, lines = _kept.get(), list[Decision]()
    before = _kept.set(lines)
    try:
        yield
    finally:
        _kept.reset(before)
    if around is None:
        Decision.objects.bulk_create(lines)
    else:
        around += lines

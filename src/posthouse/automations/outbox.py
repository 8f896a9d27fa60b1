"""Carries out what automations intend: claim → journal → call → finish.

What is done inside the house (a mail written, a task, an attribute) happens in the transaction that marks it as done:
exactly once, whatever dies. What leaves the house goes in four steps, each a transaction of its own:

1. claim: the row is ours for the length of a lease (SKIP LOCKED on PostgreSQL), and it is judged whether it may go;
2. journal: that it is about to be called is written down *before* the call;
3. call: with `effect.key` as idempotency key, outside of any transaction;
4. finish: the answer is kept.

A process that dies before 2 leaves a claim that runs out: safe to do again. One that dies after 2 leaves an unknown
outcome: `after_crash` of the action says whether it is called again ("retry": the receiver knows the key, or bears a
repeat) or left to people ("skip": state "unknown", on the list of what needs a look).
"""

import logging
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

from posthouse.automations import runs
from posthouse.automations.ending import after_unknown_outcome, done, give_up, try_later
from posthouse.automations.facts import Situation
from posthouse.automations.gathering import Gathered
from posthouse.automations.journal import note, together
from posthouse.automations.judging import Sent, hold_people, leave_out, may_go
from posthouse.automations.kinds import Kind, LeftOut, NotReached, Refused, Unanswered, kinds
from posthouse.automations.models import Effect, EffectState, Settings
from posthouse.foundation.clock import now

logger = logging.getLogger(__name__)

BATCH = 100
"""Effects judged in one transaction, and done in it when they stay inside the house."""
CALLS = 20
"""Effects that leave the house, claimed in one transaction and then called one after the other."""
LEASE = timedelta(minutes=5)
"""Longer than so many calls can take, each of which ends within WEBHOOK_TIMEOUT."""
WAITING = (EffectState.DUE, EffectState.HELD)


def due(*states: EffectState) -> QuerySet[Effect]:
    """Effects whose time has come, longest first. Of one state they are found by its index, on SQLite too."""
    wanted = {"state": states[0]} if len(states) == 1 else {"state__in": WAITING}
    return Effect.objects.filter(**wanted, due_at__lte=now()).order_by("due_at")


def perform_due(ids: list[str] | None = None) -> int:
    """Carry out a batch (or these, as far as they are due); returns how many were looked at."""
    if ids is not None:
        return _perform(due().filter(pk__in=ids))
    return sum(_perform(due(state)) for state in WAITING)


def _perform(rows: QuerySet[Effect]) -> int:
    if not rows.exists():
        return 0
    taken, outside = claim(rows)
    for effect in outside:
        carry_out(effect)
    return taken


def claim(rows: QuerySet[Effect]) -> tuple[int, list[Effect]]:
    """Judge a batch; do what is done inside the house, and return what leaves it, claimed."""
    settings = runs.settings()
    outside: list[Effect] = []
    with transaction.atomic():
        batch = _callable(list(_locked(rows)[:BATCH]))
        in_order = sorted(batch, key=lambda effect: (effect.contact_id, effect.due_at))
        hold_people(in_order, settings)
        for turn in _turns(in_order):
            outside += _take_up(turn, settings)
    return len(batch), outside


def _locked(rows: QuerySet[Effect]) -> QuerySet[Effect]:
    rows = rows.select_related("run", "automation")
    if connection.features.has_select_for_update_skip_locked:
        return rows.select_for_update(skip_locked=True, of=("self",))
    return rows


def _callable(batch: list[Effect]) -> list[Effect]:
    """Without what leaves the house beyond CALLS: the others stay due."""
    calls = [effect.pk for effect in batch if (kind := kinds.get(effect.kind)) and kind.outside]
    later = set(calls[CALLS:])
    return [effect for effect in batch if effect.pk not in later]


def _turns(effects: list[Effect]) -> list[list[Effect]]:
    """The effects in turns, each of their runs, contacts and customers once at most in a turn.

    What is done in one turn is seen by the next, as if all were done one after the other.
    """
    turns: list[list[Effect]] = []
    last: dict[str, int] = {}
    for effect in effects:
        names = {effect.run_id, effect.contact_id, effect.customer_id} - {""}
        turn = max(last.get(name, -1) for name in names) + 1
        last |= dict.fromkeys(names, turn)
        if turn == len(turns):
            turns.append([])
        turns[turn].append(effect)
    return turns


def _take_up(turn: list[Effect], settings: Settings) -> list[Effect]:
    """Those that are claimed for a call. Where one fails half of them is taken up at a time, so that it holds nobody
    up and is tried later.
    """
    try:
        with transaction.atomic(), together():
            return _judge_and_do(turn, settings)
    except Exception as error:
        level = logging.ERROR if len(turn) == 1 else logging.INFO
        logger.log(level, "%d effects failed, %s among them", len(turn), turn[0].pk, exc_info=True)
        failure = f"{type(error).__name__}: {error}"
    again = Effect.objects.select_related("run", "automation").in_bulk([effect.pk for effect in turn])
    if len(turn) == 1:
        try_later(again[turn[0].pk], failure)
        return []
    rows = [again[effect.pk] for effect in turn]
    middle = len(rows) // 2
    return _take_up(rows[:middle], settings) + _take_up(rows[middle:], settings)


def _judge_and_do(turn: list[Effect], settings: Settings) -> list[Effect]:
    gathered = Gathered.about(effect.run for effect in turn)
    facts = {effect.pk: gathered.of_run(effect.run, now()) for effect in turn}
    sent = Sent(turn, settings)
    ready = [effect for effect in turn if may_go(effect, facts[effect.pk], settings, sent) and not _is_dry(effect)]
    by_kind: dict[str, list[Effect]] = {}
    for effect in ready:
        by_kind.setdefault(effect.kind, []).append(effect)
    outside: list[Effect] = []
    for name, effects in by_kind.items():
        kind = kinds.get(name)
        if kind is None:
            for effect in effects:
                give_up(effect, {"error": f"nothing here can {name}"})
        elif kind.outside:
            outside += effects
        else:
            _do(kind, [(effect, facts[effect.pk]) for effect in effects])
    _lease(outside)
    return outside


def _is_dry(effect: Effect) -> bool:
    return effect.dry and not leave_out(effect, "dry")


def _lease(effects: list[Effect]) -> None:
    until = now() + LEASE
    for effect in effects:
        effect.leased_until = until
        note(effect.run, "claimed", effect=effect, until=until.isoformat())
    if effects:
        mine = Effect.objects.filter(pk__in=[effect.pk for effect in effects])
        mine.update(state=EffectState.CLAIMED, leased_until=until)


def _do(kind: Kind, asked: list[tuple[Effect, Situation]]) -> None:
    """Carry out what is done inside the house, and keep what came of it."""
    ended: list[tuple[Effect, dict[str, Any]]] = []
    for effect, _facts in asked:
        effect.attempts += 1
    for (effect, _facts), outcome in zip(asked, _outcomes(kind, asked), strict=True):
        if isinstance(outcome, LeftOut):
            leave_out(effect, outcome.reason, **outcome.answer)
        elif isinstance(outcome, Refused):
            give_up(effect, outcome.answer)
        elif isinstance(outcome, Exception):
            try_later(effect, f"{type(outcome).__name__}: {outcome}")
        else:
            ended.append((effect, outcome))
    done(ended)


def _outcomes(kind: Kind, asked: list[tuple[Effect, Situation]]) -> list[dict[str, Any] | Exception]:
    """All together where the kind can do that and nothing fails, else each in a savepoint of its own."""
    if kind.many is not None:
        try:
            with transaction.atomic():
                return list(kind.many(asked))
        except Exception:
            logger.info("%d effects %s could not be done together", len(asked), kind.name, exc_info=True)
    return [_outcome(kind, effect, facts) for effect, facts in asked]


def _outcome(kind: Kind, effect: Effect, facts: Situation) -> dict[str, Any] | Exception:
    try:
        with transaction.atomic():
            return kind.act(effect, facts)
    except (LeftOut, Refused) as answer:
        return answer
    except Exception as error:
        logger.exception("effect %s failed", effect.pk)
        return error


def carry_out(effect: Effect) -> None:
    """Journal, call and finish a claimed effect."""
    if not journal(effect):
        return
    try:
        answer = call(effect)
    except Refused as refused:
        finish(effect, refused.answer, state=EffectState.FAILED)
    except NotReached as error:
        finish(effect, {"error": str(error)}, state=EffectState.DUE)
    except Unanswered as error:
        unanswered(effect, str(error))
    except Exception as error:
        logger.exception("effect %s failed", effect.pk)
        unanswered(effect, f"{type(error).__name__}: {error}")
    else:
        finish(effect, answer, state=EffectState.DONE)


@transaction.atomic
def journal(effect: Effect) -> bool:
    """Write down that it is about to be called; False when the claim is not ours any more."""
    mine = Effect.objects.filter(pk=effect.pk, state=EffectState.CLAIMED, leased_until=effect.leased_until)
    effect.attempts += 1
    if not mine.update(state=EffectState.CALLED, attempts=effect.attempts):
        return False
    note(effect.run, "called", effect=effect, attempt=effect.attempts, key=effect.key)
    return True


def call(effect: Effect) -> dict[str, Any]:
    """Do what leaves the house."""
    answer = kinds[effect.kind].act(effect, runs.situation(effect.run, now()))
    return {"error": answer.reason} if isinstance(answer, LeftOut) else answer


@transaction.atomic
def finish(effect: Effect, answer: dict[str, Any], *, state: EffectState) -> None:
    """Keep the answer, unless the lease ran out and somebody else has taken it over."""
    if not _still_ours(effect):
        return
    if state == EffectState.DONE:
        done([(effect, answer)])
    elif state == EffectState.FAILED:
        give_up(effect, answer)
    else:
        try_later(effect, str(answer.get("error", "")))


@transaction.atomic
def unanswered(effect: Effect, error: str) -> None:
    """It left, and nobody knows what came of it."""
    if _still_ours(effect):
        after_unknown_outcome(effect, error)


def _still_ours(effect: Effect) -> bool:
    mine = Effect.objects.filter(pk=effect.pk, state=EffectState.CALLED, leased_until=effect.leased_until)
    return mine.select_for_update().first() is not None


def take_back() -> int:
    """Look at leases that ran out: a claim is due again, a call has an unknown outcome. Returns how many there were."""
    over = Effect.objects.filter(leased_until__lte=now(), state__in=(EffectState.CLAIMED, EffectState.CALLED))
    if not over.exists():
        return 0
    with transaction.atomic():
        rows = list(_locked(over.order_by("leased_until"))[:BATCH])
        for effect in rows:
            if effect.state == EffectState.CALLED:
                after_unknown_outcome(effect, "the process died before the answer was kept")
            else:
                note(effect.run, "lease_over", effect=effect)
                Effect.objects.filter(pk=effect.pk).update(
                    state=EffectState.DUE, leased_until=None, due_at=now(), told_at=None
                )
    return len(rows)

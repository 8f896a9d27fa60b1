"""Lets the crowd live: keeps every life's next step in order of time and carries the steps out."""

import heapq
import json
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import urllib3

from crowd.acts import (
    Call,
    CompleteProfile,
    Confirm,
    ConfirmGoLive,
    Environment,
    Idle,
    Inspect,
    Leave,
    LogIn,
    MakeKey,
    Outcome,
    Portal,
    SignUp,
    Step,
    Visit,
)
from crowd.caller import Caller, Reply
from crowd.life import Developer, Life
from crowd.personas import Persona

logger = logging.getLogger(__name__)

_WEAK_PASSWORD = "sun"
PortalAct = Visit | SignUp | Confirm | LogIn | CompleteProfile | Inspect | ConfirmGoLive


@dataclass(slots=True)
class Member:
    """One developer in the world."""

    persona: Persona
    life: Life
    portal: Portal
    keys: dict[Environment, str] = field(default_factory=dict)
    next_step: Step | None = None
    failed_request: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """What the roster keeps of a developer, so that a second start goes on with it."""

    number: int
    keys: dict[Environment, str]


class Roster:
    """Who is there and with which keys, in a file; numbers are given out once."""

    def __init__(self, path: Path, first_number: int = 0) -> None:
        self._path = path
        self._next_number = first_number
        self._known: dict[int, Known] = {}
        if path.exists():
            content: dict[str, Any] = json.loads(path.read_text("utf-8"))
            self._next_number = content["next_number"]
            self._known = {row["number"]: Known(row["number"], row["keys"]) for row in content["known"]}

    def all(self) -> list[Known]:
        """Everybody, by number."""
        return sorted(self._known.values(), key=lambda known: known.number)

    def keep(self, known: Known) -> None:
        """Add or replace one."""
        self._known[known.number] = known
        self._write()

    def forget(self, number: int) -> None:
        """Somebody left."""
        if self._known.pop(number, None) is not None:
            self._write()

    def take_number(self) -> int:
        """A number nobody has or had."""
        number = self._next_number
        self._next_number += 1
        self._write()
        return number

    def _write(self) -> None:
        rows = [{"number": known.number, "keys": known.keys} for known in self.all()]
        draft = self._path.with_suffix(".part")
        draft.write_text(json.dumps({"next_number": self._next_number, "known": rows}), "utf-8")
        draft.replace(self._path)


class World:
    """Everybody who is alive. `portals` opens Posthouse's pages for a persona."""

    def __init__(
        self,
        portals: Callable[[Persona], Portal],
        caller: Caller,
        roster: Roster,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.counts: Counter[str] = Counter()
        self._portals = portals
        self._caller = caller
        self._roster = roster
        self._clock = clock
        self._due: list[tuple[float, int, Member]] = []
        self._entries = 0

    def bring_in(self, persona: Persona, seed: int, pace: float) -> None:
        """Somebody new begins with the first visit."""
        self._start(Member(persona, Developer(persona, seed, pace).from_the_start(), self._portals(persona)))

    def bring_back(self, persona: Persona, seed: int, pace: float, keys: dict[Environment, str]) -> None:
        """Somebody with keys goes on calling."""
        environment: Environment = "live" if "live" in keys else "test"
        life = Developer(persona, seed, pace).in_production(environment)
        self._start(Member(persona, life, self._portals(persona), dict(keys)))

    def run(self, stop: threading.Event, until: float) -> None:
        """Carry out steps when they are due, until a moment or until told to stop."""
        while not stop.is_set():
            due = min(until, self._due[0][0] if self._due else until)
            wait = due - self._clock()
            if wait > 0:
                stop.wait(wait)
            elif due == until:
                return
            else:
                self.step()

    def next_due(self) -> float | None:
        """When the next step is due, None when nobody is left."""
        return self._due[0][0] if self._due else None

    def step(self) -> None:
        """Carry out the step that is due first."""
        _, _, member = heapq.heappop(self._due)
        try:
            outcome = self._carry_out(member)
        except (urllib3.exceptions.HTTPError, OSError) as reason:
            logger.warning("%s could not go on: %s", member.persona.email, reason)
            outcome = self._outcome(ok=False)
        self._go_on(member, outcome)

    def _start(self, member: Member) -> None:
        self._plan(member, next(member.life))

    def _go_on(self, member: Member, outcome: Outcome) -> None:
        try:
            self._plan(member, member.life.send(outcome))
        except StopIteration:
            return

    def _plan(self, member: Member, step: Step) -> None:
        member.next_step = step
        self._entries += 1
        heapq.heappush(self._due, (self._clock() + step.wait, self._entries, member))

    def _carry_out(self, member: Member) -> Outcome:
        assert member.next_step is not None
        act = member.next_step.act
        self.counts[type(act).__name__] += 1
        match act:
            case Call():
                return self._call(member, act)
            case MakeKey(environment):
                return self._make_key(member, environment)
            case Leave(stage, reason):
                logger.info("%s left at %s: %s", member.persona.email, stage, reason)
                self._roster.forget(member.persona.number)
                return self._outcome(ok=True)
            case Idle():
                return self._outcome(ok=True)
            case _:
                return self._outcome(ok=self._use_portal(member, act))

    def _call(self, member: Member, act: Call) -> Outcome:
        key = member.keys.get(act.environment, "")
        reply = self._caller.call(act.question, act.tool, key, act.use)
        if not reply.ok:
            member.failed_request = reply.request_id
        self.counts[f"status {reply.status}"] += 1
        return self._outcome(ok=reply.ok, reply=reply)

    def _make_key(self, member: Member, environment: Environment) -> Outcome:
        secret = member.portal.make_key(environment)
        if secret:
            member.keys[environment] = secret
            self._roster.keep(Known(member.persona.number, dict(member.keys)))
        return self._outcome(ok=bool(secret))

    def _use_portal(self, member: Member, act: PortalAct) -> bool:
        match act:
            case Visit(page):
                return member.portal.visit(page)
            case SignUp(weak_password):
                return member.portal.sign_up(_WEAK_PASSWORD if weak_password else member.persona.password)
            case Confirm(resend):
                return member.portal.confirm(resend=resend)
            case LogIn():
                return member.portal.log_in()
            case CompleteProfile():
                return member.portal.complete_profile()
            case Inspect():
                return member.portal.inspect(member.failed_request)
            case ConfirmGoLive():
                return member.portal.confirm_golive()

    def _outcome(self, *, ok: bool, reply: Reply | None = None) -> Outcome:
        return Outcome(datetime.fromtimestamp(self._clock(), UTC), ok, reply)

"""How a simulated developer lives: from the first visit to steady traffic, or to the point where it gives up.

The model is a generator: it yields steps (wait, then act) and is sent how each act went. It does no input or output
and takes all chance from its own dice, so a life depends only on the seed, the number and the outcomes.
"""

import random
from collections.abc import Generator
from datetime import UTC, date, datetime

from crowd.acts import (
    Act,
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
    SignUp,
    Stage,
    Step,
    Visit,
)
from crowd.caller import Reply
from crowd.personas import Persona
from crowd.questions import (
    KeyUse,
    Mistake,
    Question,
    draw_mistake,
    draw_question,
    first_question,
    spoil,
)
from crowd.rhythm import calls_per_second
from crowd.tools import Tool

Life = Generator[Step, Outcome, None]
Part = Generator[Step, Outcome, bool]
"""A stage of a life; True when it goes on after it."""
Doing = Generator[Step, Outcome, Outcome]
"""One act and how it went."""

LONGEST_WAIT = 600.0
_BURST_OF_TEST = 14  # more than the 10 calls a second that a test key may make
_BURST_OF_LIVE = 70  # more than the 50 of a live key


class Developer:
    """One life. `pace` divides the time people take; programs in production keep real time."""

    def __init__(self, persona: Persona, seed: int, pace: float = 1.0) -> None:
        self._persona = persona
        self._dice = random.Random(f"life:{seed}:{persona.number}")
        self._pace = pace
        self._now = datetime(2000, 1, 1, tzinfo=UTC)
        self._last = Reply(0)

    def from_the_start(self) -> Life:
        """Everything, beginning with the first visit."""
        stages = (self._visit, self._sign_up, self._confirm, self._make_test_key, self._first_call, self._build)
        for stage in stages:
            if not (yield from stage()):
                return
        if (yield from self._go_live()):
            yield from self.in_production("live")
        else:
            yield from self.in_production("test")

    def in_production(self, environment: Environment) -> Life:
        """Steady traffic by the hour of the day, with a bad release or a rush now and then; some end quietly."""
        yield from self._do(0, Idle())
        clumsiness = 1.02 - self._persona.skill
        while True:
            yield from self._wait_for_next_call(environment)
            chance = self._dice.random()
            if chance < 1 / 4000:
                yield from self._leave("production", "went quiet")
                return
            if chance < 1 / 4000 + clumsiness / 500:
                yield from self._bad_release(environment)
            elif chance < 1 / 4000 + clumsiness / 500 + 1 / 900:
                yield from self._rush(environment)
            else:
                yield from self._call_in_production(environment, wrong=self._dice.random() < 0.03 * clumsiness)

    # The way to the first call

    def _visit(self) -> Part:
        yield from self._think(1, Visit("home"))
        for page in ("quickstart", "reference"):
            if self._dice.random() < 0.6:
                yield from self._think(25, Visit(page))
        return (yield from self._stays("visit", 0.30, "not what it was looking for"))

    def _sign_up(self) -> Part:
        yield from self._think(15, Visit("sign-up"))
        if not (yield from self._stays("sign-up", 0.08, "did not fill in the form")):
            return False
        if self._dice.random() > self._persona.skill + 0.15:
            yield from self._think(30, SignUp(weak_password=True))
        done = yield from self._think(25, SignUp())
        return done.ok or (yield from self._stays("sign-up", 1.0, "sign-up failed"))

    def _confirm(self) -> Part:
        if not (yield from self._stays("confirm", 0.10, "never opened the mail")):
            return False
        late = self._dice.random() < 0.12
        done = yield from self._think(400 if late else 35, Confirm(resend=late))
        if not done.ok:
            done = yield from self._think(60, Confirm(resend=True))
        if not done.ok:
            return (yield from self._stays("confirm", 1.0, "no mail came"))
        if self._dice.random() < 0.3:
            yield from self._think(20, LogIn())
        if not (yield from self._stays("profile", 0.08, "did not say who it is")):
            return False
        done = yield from self._think(30, CompleteProfile())
        return done.ok or (yield from self._stays("profile", 1.0, "could not finish setting up"))

    def _make_test_key(self) -> Part:
        yield from self._think(20, Visit("keys"))
        if not (yield from self._stays("test-key", 0.06, "put it off")):
            return False
        done = yield from self._think(15, MakeKey("test"))
        return done.ok or (yield from self._stays("test-key", 1.0, "no key could be made"))

    def _first_call(self) -> Part:
        """Try, read what went wrong, mend it, try again."""
        yield from self._think(20, Visit("quickstart"))
        if not (yield from self._stays("first-call", 0.07, "never called")):
            return False
        for use, mistake in self._slips_of_a_beginner():
            outcome = yield from self._first_question(40, use, mistake)
            if outcome.ok:
                return True
            yield from self._think(25, Inspect())
            if not (yield from self._stays("first-call", 0.10, "gave up after an error")):
                return False
        outcome = yield from self._first_question(20, KeyUse.TEST, None)
        return outcome.ok or (yield from self._stays("first-call", 1.0, "the call would not work"))

    def _first_question(self, seconds: float, use: KeyUse, mistake: Mistake | None) -> Doing:
        question = first_question(self._persona, self._today())
        return (yield from self._ask(seconds, question, use, "test", self._persona.first_tool, mistake))

    def _slips_of_a_beginner(self) -> list[tuple[KeyUse, Mistake | None]]:
        """What goes wrong before the first call goes right: often nothing, seldom more than three things."""
        slips: list[tuple[KeyUse, Mistake | None]] = []
        for use, chance in ((KeyUse.MISSING, 0.12), (KeyUse.BARE, 0.14), (KeyUse.CUT, 0.16)):
            if self._dice.random() < chance * 2 * (1.1 - self._persona.skill):
                slips.append((use, None))
        while self._dice.random() > self._persona.skill and len(slips) < 4:
            slips.append((KeyUse.TEST, draw_mistake(self._dice)))
        return slips

    # Building

    def _build(self) -> Part:
        """A few sessions of work with the test key, with mistakes, looks at the log and a loop without a pause."""
        for _ in range(self._dice.randint(1, 3)):
            for _ in range(self._dice.randint(6, 25)):
                if not (yield from self._try_something()):
                    return False
            if self._dice.random() < 0.35:
                yield from self._too_fast("test", _BURST_OF_TEST)
            yield from self._think(300, Visit("calls"))
        return (yield from self._stays("building", 0.15, "the project was dropped"))

    def _try_something(self) -> Part:
        question = draw_question(self._dice, self._persona, self._today())
        wrong = self._dice.random() < 0.35 * (1.05 - self._persona.skill)
        mistake = draw_mistake(self._dice) if wrong else None
        tool = self._persona.first_tool if self._dice.random() < 0.3 else self._persona.tool
        outcome = yield from self._ask(12, question, KeyUse.TEST, "test", tool, mistake)
        if outcome.ok:
            return True
        if self._dice.random() < 0.5:
            yield from self._think(20, Inspect())
        return (yield from self._stays("building", 0.02, "too many errors"))

    # Going live

    def _go_live(self) -> Part:
        """True with live traffic; many stay with their test key."""
        if self._dice.random() < 0.35:
            return False
        yield from self._think(60, Visit("go-live"))
        if self._dice.random() < 0.7:
            yield from self._think(30, ConfirmGoLive())
        done = yield from self._think(30, MakeKey("live"))
        if not done.ok:
            return False
        question = draw_question(self._dice, self._persona, self._today())
        outcome = yield from self._ask(45, question, KeyUse.LIVE, "live", self._persona.tool, None)
        return outcome.ok

    # Production

    def _wait_for_next_call(self, environment: Environment) -> Life:
        share = 1.0 if environment == "live" else 0.1
        while True:
            rate = calls_per_second(self._persona, self._now) * share
            wait = self._dice.expovariate(rate)
            if wait < LONGEST_WAIT:
                yield from self._do(wait, Idle())
                return
            yield from self._do(LONGEST_WAIT, Idle())

    def _call_in_production(self, environment: Environment, *, wrong: bool, mistake: Mistake | None = None) -> Life:
        question = draw_question(self._dice, self._persona, self._today())
        if wrong and mistake is None:
            mistake = draw_mistake(self._dice)
        use = KeyUse.LIVE if environment == "live" else KeyUse.TEST
        yield from self._ask(0, question, use, environment, self._persona.tool, mistake if wrong else None)
        if self._last.status == 429:
            yield from self._do(min(self._last.retry_after, LONGEST_WAIT), Idle())

    def _bad_release(self, environment: Environment) -> Life:
        """Most calls go wrong in the same way until somebody notices."""
        mistake = draw_mistake(self._dice)
        for _ in range(self._dice.randint(25, 80)):
            yield from self._do(self._dice.expovariate(1.0), Idle())
            wrong = self._dice.random() < 0.7
            yield from self._call_in_production(environment, wrong=wrong, mistake=mistake)
        yield from self._think(120, Inspect())

    def _rush(self, environment: Environment) -> Life:
        """A job that starts on the hour and calls as fast as it can."""
        yield from self._too_fast(environment, _BURST_OF_LIVE if environment == "live" else _BURST_OF_TEST)
        if self._last.status == 429:
            yield from self._do(min(self._last.retry_after, LONGEST_WAIT), Idle())

    def _too_fast(self, environment: Environment, calls: int) -> Life:
        use = KeyUse.LIVE if environment == "live" else KeyUse.TEST
        for _ in range(calls):
            question = draw_question(self._dice, self._persona, self._today())
            yield from self._ask(0, question, use, environment, self._persona.tool, None)

    # Small steps

    def _ask(
        self,
        seconds: float,
        question: Question,
        use: KeyUse,
        environment: Environment,
        tool: Tool,
        mistake: Mistake | None,
    ) -> Doing:
        if mistake is not None:
            question = spoil(question, mistake, self._persona.spots[0], self._today())
        outcome = yield from self._think(seconds, Call(question, tool, use, environment))
        self._last = outcome.reply or Reply(0)
        return outcome

    def _stays(self, stage: Stage, chance_to_leave: float, reason: str) -> Part:
        """Whether the developer goes on; the patient leave less often, and everybody at a chance of 1."""
        if chance_to_leave < 1:
            chance_to_leave *= 1.65 - self._persona.patience
        if self._dice.random() >= chance_to_leave:
            return True
        yield from self._leave(stage, reason)
        return False

    def _leave(self, stage: Stage, reason: str) -> Life:
        yield from self._do(0, Leave(stage, reason))

    def _think(self, seconds: float, act: Act) -> Doing:
        wait = seconds * self._persona.slowness * self._dice.lognormvariate(0, 0.5) / self._pace
        return (yield from self._do(wait, act))

    def _do(self, wait: float, act: Act) -> Doing:
        outcome = yield Step(wait, act)
        self._now = outcome.at
        return outcome

    def _today(self) -> date:
        return self._now.date()

"""Makes up the past of the demo: customers of some months with their contacts, keys and calls, as plain records.

Everything follows from the seed, the present moment, the number of months and the number of customers. Nothing is
inserted here: references (`c7`, `p7`, `k7-live`) stand where Posthouse will give ids.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from math import log, sqrt
from operator import attrgetter
from zoneinfo import ZoneInfo

from crowd.personas import SHOWN, Persona, make_persona
from crowd.questions import CURRENT_VERSION, MISTAKE_WEIGHTS, OLD_VERSION, ROUTE_WEIGHTS, Mistake
from crowd.rhythm import intensity
from crowd.tools import Tool

DAYS_PER_MONTH = 30.4
DAY = timedelta(days=1)
_RUSHES_PER_DAY = 0.04

STORIES = (
    *("steady",) * 6,
    *("growing",) * 4,
    *("went-quiet",) * 3,
    *("never-called",) * 2,
    *("test-only",) * 2,
    "stuck",
    "steady",
    "new",
)
"""What becomes of twenty customers."""


@dataclass(slots=True)
class PastCustomer:
    """A customer; `story` says what became of it."""

    ref: str
    name: str
    country: str
    channel: str
    story: str
    owner_ref: str
    founded_at: datetime


@dataclass(slots=True)
class PastContact:
    """A person. Without `confirmed_at` it never opened the mail and belongs to no customer."""

    ref: str
    customer_ref: str
    role: str
    name: str
    email: str
    password: str
    job_role: str
    use_case: str
    language: str
    time_zone: str
    channel: str
    signed_up_at: datetime
    confirmed_at: datetime | None
    profile_at: datetime | None


@dataclass(slots=True)
class PastKey:
    """A key that was made."""

    ref: str
    customer_ref: str
    contact_ref: str
    name: str
    environment: str
    created_at: datetime
    revoked_at: datetime | None = None


@dataclass(slots=True)
class PastCall:
    """One call, with the members of a record of `POST /api/v1/calls`; `key_ref` is empty when no key was sent."""

    id: str
    at: float
    key_ref: str
    environment: str
    method: str
    route: str
    path: str
    status: int
    duration_us: int
    request_id: str
    version: str
    sdk: str
    user_agent: str
    error_code: str
    ip: str


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of call: what is asked, what comes back, and how long that takes at the median."""

    method: str
    route: str
    path: str
    status: int
    error_code: str
    microseconds: int


@dataclass(slots=True)
class Phase:
    """A stretch of one key's traffic that looks the same all the time."""

    key_ref: str
    environment: str
    persona: Persona
    tool: Tool
    begins: datetime
    ends: datetime
    calls_per_day: float
    growth_per_day: float = 1.0
    error_share: float = 0.01
    only_mistake: Mistake | None = None
    ip: str = ""
    current_version_from: datetime | None = None


@dataclass(slots=True)
class History:
    """The past. `calls()` may be walked through any number of times and is always the same."""

    seed: int
    begins: datetime
    ends: datetime
    customers: list[PastCustomer] = field(default_factory=list)
    contacts: list[PastContact] = field(default_factory=list)
    keys: list[PastKey] = field(default_factory=list)
    phases: list[Phase] = field(default_factory=list)
    personas: dict[str, Persona] = field(default_factory=dict)
    """By reference of the customer or, without one, of the contact."""

    @property
    def next_number(self) -> int:
        """The number of the first persona that is not in this history."""
        return max(persona.number for persona in self.personas.values()) + 1

    def calls(self) -> Iterator[PastCall]:
        """All calls in order of time."""
        return _Traffic(self).calls()


def make_history(*, seed: int, now: datetime, months: float, customers: int, volume: float = 1.0) -> History:
    """The past up to now. `volume` multiplies the traffic of every customer in production."""
    begins = now - timedelta(days=months * DAYS_PER_MONTH)
    history = History(seed, begins, now)
    dice = random.Random(f"history:{seed}")
    stories = _stories(dice, customers)
    for number in range(customers):
        _Biography(history, make_persona(seed, number), stories[number], volume).write()
    for number in range(customers, customers + max(1, customers // 8)):
        _add_unconfirmed(history, make_persona(seed, number))
    history.customers.sort(key=attrgetter("founded_at"))
    history.contacts.sort(key=attrgetter("signed_up_at"))
    history.keys.sort(key=attrgetter("created_at"))
    return history


def _stories(dice: random.Random, customers: int) -> list[str]:
    """A story for each customer; the first one is always steady, because the demo shows it to its visitor."""
    stories: list[str] = []
    while len(stories) < customers:
        stories += dice.sample(STORIES, len(STORIES))
    first = stories.index("steady")
    stories[0], stories[first] = stories[first], stories[0]
    return stories[:customers]


def _add_unconfirmed(history: History, persona: Persona) -> None:
    dice = random.Random(f"unconfirmed:{history.seed}:{persona.number}")
    at = history.begins + (history.ends - history.begins) * dice.random()
    contact = _contact(persona, f"p{persona.number}", "", "", at)
    history.contacts.append(contact)
    history.personas[contact.ref] = persona


def _contact(persona: Persona, ref: str, customer_ref: str, role: str, at: datetime) -> PastContact:
    return PastContact(
        ref=ref,
        customer_ref=customer_ref,
        role=role,
        name=persona.name,
        email=persona.email,
        password=persona.password,
        job_role=persona.job_role,
        use_case=persona.use_case,
        language=persona.language,
        time_zone=persona.time_zone,
        channel=persona.channel,
        signed_up_at=at,
        confirmed_at=None,
        profile_at=None,
    )


class _Biography:
    """Writes the past of one customer into the history."""

    def __init__(self, history: History, persona: Persona, story: str, volume: float) -> None:
        self._history = history
        self._persona = persona
        self._story = story
        self._dice = random.Random(f"biography:{history.seed}:{persona.number}")
        self._ref = f"c{persona.number}"
        self._ip = f"{self._dice.choice(('198.51.100', '203.0.113'))}.{self._dice.randint(1, 254)}"
        self._calls_per_day = max(8.0, persona.calls_per_day * volume)
        # Half move to the newest version within weeks of its release, the others when they get round to it.
        released = datetime.fromisoformat(CURRENT_VERSION).replace(tzinfo=UTC)
        self._moved_at = released + timedelta(days=self._dice.expovariate(1 / 25))

    def write(self) -> None:
        """Customer, people, keys and traffic."""
        signed_up = self._signed_up()
        founded = self._add_people(signed_up)
        self._history.personas[self._ref] = self._persona
        test_key_at = founded + self._some_time(minutes=4)
        if test_key_at >= self._history.ends:
            return
        test_key = self._add_key("test", test_key_at)
        if self._story == "never-called":
            return
        built = self._add_building(test_key, test_key_at + self._some_time(minutes=9))
        if self._story == "test-only":
            self._add_phase(test_key, built, self._history.ends, self._calls_per_day * 0.1)
        elif self._story not in ("stuck", "new") and built < self._history.ends:
            self._add_production(built)

    def _signed_up(self) -> datetime:
        """Later months have more sign-ups; who is settled or gone today came early, and the one that is shown first."""
        span = self._history.ends - self._history.begins
        if self._persona.number == SHOWN:
            return (self._history.begins + span * 0.08).replace(hour=8, minute=40)
        if self._story == "new":
            return self._history.ends - timedelta(hours=self._dice.uniform(2, 50))
        latest = {"went-quiet": 0.55, "steady": 0.8, "growing": 0.7}.get(self._story, 0.95)
        return self._history.begins + span * latest * sqrt(self._dice.random())

    def _add_people(self, signed_up: datetime) -> datetime:
        """The owner, and in every third customer a colleague; returns when the customer came to be."""
        owner = _contact(self._persona, f"p{self._persona.number}", self._ref, "owner", signed_up)
        owner.confirmed_at = signed_up + self._some_time(minutes=3)
        owner.profile_at = founded = owner.confirmed_at + self._some_time(minutes=1)
        self._history.contacts.append(owner)
        if self._dice.random() < 0.34:
            self._add_colleague(owner, founded)
        persona = self._persona
        self._history.customers.append(
            PastCustomer(self._ref, persona.company, persona.country, persona.channel, self._story, owner.ref, founded)
        )
        return founded

    def _add_colleague(self, owner: PastContact, founded: datetime) -> None:
        joined = founded + timedelta(days=self._dice.uniform(0.2, 6))
        if joined >= self._history.ends:
            return
        role = self._dice.choice(("developer", "developer", "billing", "auditor"))
        colleague = _contact(self._persona, f"{owner.ref}b", self._ref, role, joined)
        colleague.email = f"{role}@{owner.email.partition('@')[2]}"
        colleague.name = f"{self._persona.company} {'engineer' if role == 'developer' else role}"
        colleague.job_role = "developer" if role == "developer" else "operations"
        colleague.confirmed_at = colleague.profile_at = joined
        self._history.contacts.append(colleague)

    def _add_key(self, environment: str, at: datetime) -> PastKey:
        number = self._persona.number
        name = f"{self._persona.company} {environment}"
        key = PastKey(f"k{number}-{environment}", self._ref, f"p{number}", name, environment, at)
        self._history.keys.append(key)
        return key

    def _add_building(self, key: PastKey, begins: datetime) -> datetime:
        """Some days of trying out with many errors; returns when they end."""
        stuck = self._story == "stuck"
        days = 0.2 if stuck else self._dice.uniform(1, 9)
        ends = begins + timedelta(days=days)
        share = 1.0 if stuck else 0.4 * (1.1 - self._persona.skill)
        calls_per_day = self._dice.uniform(40, 90) if stuck else self._dice.uniform(15, 60)
        tool = self._persona.first_tool
        first_session = begins + timedelta(minutes=self._dice.uniform(10, 40))
        self._add_phase(key, begins, min(first_session, ends), 1500, error_share=share, tool=tool)
        self._add_phase(key, begins, ends, calls_per_day, error_share=share, tool=tool)
        return ends

    def _add_production(self, begins: datetime) -> None:
        live_key = self._add_key("live", begins)
        ends = self._history.ends
        if self._story == "went-quiet":
            ends = begins + (ends - begins) * self._dice.uniform(0.3, 0.75)
        first_rate, growth = self._calls_per_day, 1.0
        if self._story == "growing":
            days = max(1.0, (ends - begins) / DAY)
            first_rate, growth = first_rate / 8, 8 ** (1 / days)
        self._add_phase(live_key, begins, ends, first_rate, growth=growth)
        for _ in range(self._dice.choice((0, 0, 1, 1, 2))):
            self._add_spike(live_key, begins, ends)

    def _add_spike(self, key: PastKey, begins: datetime, ends: datetime) -> None:
        """A bad release: for an hour or three most calls go wrong in the same way."""
        at = begins + (ends - begins) * self._dice.uniform(0.1, 0.95)
        until = min(ends, at + timedelta(hours=self._dice.uniform(0.7, 3)))
        mistake = self._dice.choices(list(MISTAKE_WEIGHTS), list(MISTAKE_WEIGHTS.values()))[0]
        rate = max(5000.0, self._calls_per_day * 2)
        self._add_phase(key, at, until, rate, error_share=0.85, mistake=mistake)

    def _add_phase(
        self,
        key: PastKey,
        begins: datetime,
        ends: datetime,
        calls_per_day: float,
        *,
        growth: float = 1.0,
        error_share: float | None = None,
        tool: Tool | None = None,
        mistake: Mistake | None = None,
    ) -> None:
        ends = min(ends, self._history.ends)
        if begins >= ends:
            return
        old_library = self._persona.tool.sdk.startswith("sunline-python/1.0")
        phase = Phase(
            key_ref=key.ref,
            environment=key.environment,
            persona=self._persona,
            tool=tool or self._persona.tool,
            begins=begins,
            ends=ends,
            calls_per_day=calls_per_day,
            growth_per_day=growth,
            error_share=0.025 * (1.05 - self._persona.skill) if error_share is None else error_share,
            only_mistake=mistake,
            ip=self._ip,
            current_version_from=None if old_library else self._moved_at,
        )
        self._history.phases.append(phase)

    def _some_time(self, minutes: float) -> timedelta:
        return timedelta(minutes=minutes * self._persona.slowness * self._dice.lognormvariate(0, 0.8))


class _Traffic:
    """Draws the calls of all phases, day by day."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._dice = random.Random(f"traffic:{history.seed}")
        self._slowness = [self._dice.lognormvariate(0, 0.35) for _ in range(4000)]
        self._slowness += [self._dice.uniform(4, 20) for _ in range(40)]
        self._drawn = 0

    def calls(self) -> Iterator[PastCall]:
        """Day after day; within a day in order of time."""
        day = self._history.begins.replace(hour=0, minute=0, second=0, microsecond=0)
        while day < self._history.ends:
            calls = self._no_key(day)
            for phase in self._history.phases:
                if phase.begins < day + DAY and phase.ends > day:
                    times = self._times(phase, day)
                    calls += self._records(phase, day, times, self._kinds(phase, len(times)))
                    if times and self._dice.random() < _RUSHES_PER_DAY:
                        calls += self._rush(phase, day, times[0])
            calls.sort(key=attrgetter("at"))
            yield from calls
            day += DAY

    def _rush(self, phase: Phase, day: datetime, begin: float) -> list[PastCall]:
        """A loop without a pause: as many calls as the limit allows at once, and then some that are refused."""
        if begin + 2 > phase.ends.timestamp():
            return []
        allowed, refused = (50, self._dice.randint(4, 14)) if phase.environment == "live" else (10, 6)
        times = [begin + step * 0.012 for step in range(allowed + refused)]
        return self._records(phase, day, times, [_RIGHT[0]] * allowed + [_TOO_FAST] * refused)

    def _records(self, phase: Phase, day: datetime, times: list[float], kinds: list[Kind]) -> list[PastCall]:
        tool = phase.tool
        moved = phase.current_version_from
        version = CURRENT_VERSION if moved is not None and day >= moved else OLD_VERSION
        slowness = self._dice.choices(self._slowness, k=len(times))
        first = self._drawn
        self._drawn += len(times)
        return [
            PastCall(
                f"call_past_{first + step:09x}",
                at,
                phase.key_ref,
                phase.environment,
                kind.method,
                kind.route,
                kind.path,
                kind.status,
                int(kind.microseconds * factor),
                f"req_{first + step:016x}",
                version,
                tool.sdk,
                tool.user_agent,
                kind.error_code,
                phase.ip,
            )
            for step, (at, kind, factor) in enumerate(zip(times, kinds, slowness, strict=True))
        ]

    def _times(self, phase: Phase, day: datetime) -> list[float]:
        """When the phase calls on a day: as many times as its rate says, at the hours of its rhythm."""
        hours = self._hours(phase, day)
        wanted = phase.calls_per_day * sum(hours) / 24
        if phase.growth_per_day != 1.0:
            wanted *= phase.growth_per_day ** max(0.0, (day - phase.begins) / DAY)
        count = self._count(wanted)
        drawn = self._dice.choices(range(24), hours, k=count) if count else []
        start, chance = day.timestamp(), self._dice.random
        begins, ends = phase.begins.timestamp(), phase.ends.timestamp()
        times = [start + (hour + chance()) * 3600 for hour in drawn]
        return [at for at in times if begins <= at < ends]

    def _hours(self, phase: Phase, day: datetime) -> list[float]:
        """Weight of each UTC hour; 0 where the phase does not reach."""
        local = day.astimezone(ZoneInfo(phase.persona.time_zone))
        shift, weekday, rhythm = local.hour, day.weekday(), phase.persona.rhythm
        first = (phase.begins - day) / DAY * 24
        last = (phase.ends - day) / DAY * 24
        return [
            intensity(rhythm, weekday, (hour + shift) % 24) if first - 1 < hour < last else 0.0 for hour in range(24)
        ]

    def _count(self, wanted: float) -> int:
        """A random whole number around the wanted one: exact chances when it is small, a bell when it is large."""
        if wanted > 30:
            return max(0, round(self._dice.gauss(wanted, wanted**0.5)))
        count, time = 0, -log(1 - self._dice.random())
        while time < wanted:
            count, time = count + 1, time - log(1 - self._dice.random())
        return count

    def _kinds(self, phase: Phase, count: int) -> list[Kind]:
        if phase.only_mistake is not None:
            wrong, weights = [MISTAKES[phase.only_mistake]], [1.0]
        else:
            wrong, weights = _WRONG, _WRONG_WEIGHTS
        total = sum(weights)
        share = phase.error_share
        cumulative = list(accumulate([w * (1 - share) for w in _RIGHT_WEIGHTS] + [w / total * share for w in weights]))
        return self._dice.choices(_RIGHT + wrong, cum_weights=cumulative, k=count)

    def _no_key(self, day: datetime) -> list[PastCall]:
        """A few calls a day come without a key: beginners and passers-by."""
        first = self._drawn
        count = self._count(3.0)
        self._drawn += count
        start = day.timestamp()
        end = self._history.ends.timestamp()
        calls = [
            PastCall(
                id=f"call_past_{first + step:09x}",
                at=start + self._dice.random() * 86400,
                key_ref="",
                environment="",
                method="GET",
                route="/v1/sun",
                path="/v1/sun",
                status=401,
                duration_us=self._dice.randint(60, 200),
                request_id=f"req_{first + step:016x}",
                version="",
                sdk="",
                user_agent="curl/8.9.1",
                error_code="key-missing",
                ip=f"203.0.113.{self._dice.randint(1, 254)}",
            )
            for step in range(count)
        ]
        return [call for call in calls if call.at < end]


def _right_kinds() -> list[Kind]:
    asked = {
        "/v1/sun": ("/v1/sun?lat=40.42&lon=-3.70&date=2026-06-21", 420),
        "/v1/sun/range": ("/v1/sun/range?lat=40.42&lon=-3.70&from=2026-06-01&to=2026-06-14", 4200),
        "/v1/moon": ("/v1/moon?lat=40.42&lon=-3.70&date=2026-06-21", 1300),
        "/v1/places": ("/v1/places?q=mad", 2600),
        "/v1/places/{place_id}": ("/v1/places/madrid-spain", 260),
        "/v1/batch": ("/v1/batch", 1500),
    }
    return [
        Kind("POST" if route == "/v1/batch" else "GET", route, asked[route][0], 200, "", asked[route][1])
        for route in ROUTE_WEIGHTS
    ]


def _wrong_sun(query: str, code: str) -> Kind:
    return Kind("GET", "/v1/sun", f"/v1/sun?{query}", 400, code, 235)


MISTAKES = {
    Mistake.DATE_ORDER: _wrong_sun("lat=40.42&lon=-3.70&date=21/06/2026", "date-invalid"),
    Mistake.NO_SUCH_DAY: _wrong_sun("lat=40.42&lon=-3.70&date=2026-06-31", "date-invalid"),
    Mistake.LAT_BEYOND_POLE: _wrong_sun("lat=-99.17&lon=19.33&date=2026-06-21", "lat-out-of-range"),
    Mistake.DECIMAL_COMMA: _wrong_sun("lat=40%2C42&lon=-3%2C70&date=2026-06-21", "lat-invalid"),
    Mistake.WRONG_NAME: _wrong_sun("latitude=40.42&lon=-3.70&date=2026-06-21", "parameter-unknown"),
    Mistake.FORGOTTEN: _wrong_sun("lat=40.42&date=2026-06-21", "parameter-missing"),
    Mistake.ZONE_ABBREVIATION: _wrong_sun("lat=40.42&lon=-3.70&date=2026-06-21&tz=CEST", "time-zone-unknown"),
    Mistake.UNKNOWN_PLACE: Kind("GET", "/v1/places/{place_id}", "/v1/places/madrid", 404, "place-unknown", 210),
    Mistake.BODY_CUT: Kind("POST", "/v1/batch", "/v1/batch", 400, "body-not-json", 260),
    Mistake.PAGE_TOO_LONG: Kind("GET", "/v1/places", "/v1/places?q=mad&limit=1000", 400, "page-size-invalid", 210),
    Mistake.OLD_PATH: Kind("GET", "", "/v1/sun/", 404, "route-unknown", 150),
}
"""What each mistake is answered with."""

_TOO_FAST = Kind("GET", "/v1/sun", "/v1/sun", 429, "quota-exceeded", 90)
_BROKEN = Kind(
    "GET", "/v1/sun/range", "/v1/sun/range?lat=90&lon=0&from=2026-03-01&to=2026-03-31", 500, "internal-error", 30_000
)

_RIGHT = _right_kinds()
_RIGHT_WEIGHTS = [weight / sum(ROUTE_WEIGHTS.values()) for weight in ROUTE_WEIGHTS.values()]
_WRONG = [*MISTAKES.values(), _BROKEN]
_WRONG_WEIGHTS = [*map(float, MISTAKE_WEIGHTS.values()), 2.0]

"""What becomes of a turn on its day. Pure, and the same for sending and for trying out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from posthouse.foundation import conditions
from posthouse.foundation.conditions import Known
from posthouse.foundation.conditions.judging import Predicate
from posthouse.foundation.timing import next_local
from posthouse.surveys.clocks import in_sample
from posthouse.surveys.frequency.cycles import Cycle, cycle_at, cycle_behind, key_of
from posthouse.surveys.frequency.holding import bounds, day_of
from posthouse.surveys.models import Campaign, Outcome, Turn
from posthouse.surveys.resting import Past, rests_until
from posthouse.surveys.rules import Rules


@dataclass(frozen=True)
class Person:
    """Somebody whose turn it is: what conditions are judged on, the zone, and why no mail may go there, if so."""

    contact_id: str
    customer_id: str
    facts: Mapping[str, Any]
    zone: ZoneInfo
    unwanted: str


@dataclass(frozen=True)
class Coming:
    """A turn as it is looked at: of which cycle, and on which day it came first."""

    contact_id: str
    cycle: date
    first_day: date


class Kind(StrEnum):
    """What is done about a turn."""

    ASK = "ask"
    LATER = "later"
    REFUSE = "refuse"
    DROP = "drop"


@dataclass(frozen=True)
class Decision:
    """`at`: when to ask; `day`: when to look again; `why`: a Turn.Why or an Outcome; `until`: how long rest lasts."""

    coming: Coming
    kind: Kind
    at: datetime | None = None
    day: date | None = None
    why: str = ""
    until: datetime | None = None


@dataclass(frozen=True)
class Today:
    """A campaign on one of the vendor's days, seen from the moment `at`."""

    campaign: Campaign
    rules: Rules
    anchor: date
    day: date
    at: datetime
    house: ZoneInfo
    audience: Predicate

    @classmethod
    def of(cls, campaign: Campaign, anchor: date, day: date, at: datetime, house: ZoneInfo) -> "Today":
        """For a campaign that comes round."""
        rules = campaign.rules
        first = rules.starts_on or anchor
        return cls(campaign, rules, first, day, at, house, conditions.predicate(rules.audience))

    @property
    def cycle(self) -> Cycle | None:
        """The cycle of this day."""
        return cycle_at(self.rules, self.anchor, self.day)

    @property
    def tomorrow(self) -> date:
        """The vendor's next day."""
        return self.day + timedelta(days=1)

    def decide(self, coming: Coming, person: Person | None, past: Past, *, pending: bool) -> Decision:
        """What becomes of a turn, leaving the daily cap aside.

        Clocks are kept to the second: where the rest ends during the day it is asked then. What is put off comes again
        while it lasts until the contact's next turn; beyond that it is refused, and the next turn is waited for.
        """
        begin, end = bounds(self.day, self.house)
        if person is None or not self.audience(Known(person.facts, begin)):
            return Decision(coming, Kind.DROP)
        if person.unwanted:
            return Decision(coming, Kind.REFUSE, why=person.unwanted)
        if not in_sample(self.campaign, coming.contact_id, begin):
            return Decision(coming, Kind.REFUSE, why=Outcome.SAMPLED_OUT)
        until = rests_until(past, self.campaign, self.rules)
        moment = self._moment(person.zone, max(begin, self.at))
        rests = until is not None and until > moment
        if until is not None and rests:
            moment, _why = self.rules.hours.allowed_from(until, person.zone)
        if moment >= end:
            return self._put_off(coming, max(self.tomorrow, day_of(moment, self.house)), until if rests else None)
        if pending:
            return Decision(coming, Kind.LATER, day=self.tomorrow, why=Turn.Why.PENDING)
        return Decision(coming, Kind.ASK, at=moment)

    def _moment(self, zone: ZoneInfo, begin: datetime) -> datetime:
        """When clocks where the person lives first show the time of the campaign from a moment on."""
        just_before = begin - timedelta(microseconds=1)
        moment = next_local(just_before, zone, self.rules.at, self.rules.days)
        return self.rules.hours.allowed_from(moment, zone)[0]

    def _put_off(self, coming: Coming, day: date, until: datetime | None) -> Decision:
        if until is None:
            return Decision(coming, Kind.LATER, day=day, why=Turn.Why.HOURS)
        if day >= self._next_turn(coming):
            return Decision(coming, Kind.REFUSE, why=Outcome.THROTTLED, until=until)
        return Decision(coming, Kind.LATER, day=day, why=Turn.Why.REST, until=until)

    def _next_turn(self, coming: Coming) -> date:
        cycle = self.cycle or cycle_at(self.rules, self.anchor, max(coming.cycle, self.anchor))
        if cycle is None:
            return date.max
        behind = cycle_behind(self.rules, self.anchor, cycle)
        return behind.days[behind.place(key_of(self.campaign.pk, coming.contact_id))]

    def over_the_cap(self, coming: Coming) -> Decision:
        """What becomes of a turn when the mails of the day are used up."""
        return Decision(coming, Kind.LATER, day=self.tomorrow, why=Turn.Why.CAP)


def due_places(cycle: Cycle, since: date, day: date) -> range:
    """Which places of a cycle come up on a day, with those that were missed since another."""
    found = [number for number, one in enumerate(cycle.days) if since <= one <= day]
    return range(found[0], found[-1] + 1) if found else range(0)


def day_for(place: date, since: date, cycle: Cycle, today: date) -> date:
    """When a turn is looked at: on its day, or, where days were missed, as many days from now as it lay behind them.

    So who was missed on the first of the days is asked today, who on the second tomorrow; all within the cycle.
    """
    if place >= today:
        return place
    left = max(1, (cycle.end - today).days)
    return today + timedelta(days=(place - since).days % left)

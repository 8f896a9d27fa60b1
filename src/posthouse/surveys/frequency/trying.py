"""Trying rules out: what would be sent in the next days, worked out by the functions that decide when it is real.

Nothing is written. Time goes by in memory, from one day of the vendor to the next: turns are sought and dealt with as
`turning` does, what falls due is held as `gate` does, for this campaign and for all others that come round, because the
clocks across campaigns and the one pending send join them. Nobody answers, declines or unsubscribes meanwhile, and no
program asks anybody.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from heapq import heapify, heappop, heappush
from itertools import islice
from typing import TypeVar
from zoneinfo import ZoneInfo

from posthouse.foundation.clock import now
from posthouse.people import queries as people_queries
from posthouse.surveys.clocks import unwanted_of
from posthouse.surveys.frequency.ahead import cycles_between
from posthouse.surveys.frequency.cycles import Cycle, cycle_at, key_of
from posthouse.surveys.frequency.deciding import Coming, Decision, Kind, Person, Today, day_for, due_places
from posthouse.surveys.frequency.gate import house_zone, sent_on, zone_for
from posthouse.surveys.frequency.holding import bounds, day_of, held
from posthouse.surveys.frequency.reading import all_likely, read_people
from posthouse.surveys.frequency.turning import recurring, turn_key
from posthouse.surveys.models import Campaign, CampaignState, Round, Send, SendState, Turn
from posthouse.surveys.resting import Past, pasts, rests_until

T = TypeVar("T")
CHUNK = 500
MOST_CONTACTS = 300_000
AUDIENCE, LATER, DUE = "audience", "turn_later", "due_later"
"""Why somebody is left out, besides the outcomes of sends and the reasons of turns."""


class TooMany(ValueError):
    """There are more contacts than are tried out."""


@dataclass(frozen=True)
class Trial:
    """What would be sent from `first` to `last`, by contact and moment, and how many contacts are left out and why."""

    first: date
    last: date
    sends: list[tuple[str, datetime]]
    left_out: dict[str, int]
    contacts: int


@dataclass(order=True)
class _Due:
    """A send that waits, in the order of `sending.ORDER`. `past` None: it was looked at when the send was made."""

    due_at: datetime
    created_at: datetime
    contact_id: str
    campaign: Campaign = field(compare=False)
    zone: ZoneInfo = field(compare=False)
    past: Past | None = field(compare=False, default=None)


@dataclass
class _Waiting:
    coming: Coming
    day: date


@dataclass
class _Course:
    """A campaign that comes round on its way through the days."""

    campaign: Campaign
    anchor: date
    begins: date
    places: dict[date, list[tuple[str, date, date]]]
    waiting: dict[str, _Waiting]


def try_out(campaign: Campaign, days: int) -> Trial:
    """The next days, today among them, as if the campaign ran by the rules it has here, saved or not.

    Raises TooMany.
    """
    contacts = people_queries.find_contacts().count()
    if contacts > MOST_CONTACTS:
        raise TooMany
    at = now()
    first = day_of(at, house_zone())
    return _Future(campaign, at, first + timedelta(days=days - 1)).trial(first, contacts)


class _Future:
    """Everything that is known of it while the days go by."""

    def __init__(self, campaign: Campaign, at: datetime, last: date) -> None:
        self._campaign, self._at, self._last = campaign, at, last
        self._house = house_zone()
        self._today = day_of(at, self._house)
        self._asked: dict[str, dict[str, datetime]] = defaultdict(dict)
        self._sent: Counter[tuple[str, date]] = Counter()
        self._counted: set[str] = set()
        self._reasons: dict[str, str] = {}
        self._sends: list[tuple[str, datetime]] = []
        self._likely = 0
        self._pending: dict[str, _Due | None] = {}
        self._queue: list[_Due] = []
        self._courses = [self._course(one) for one in self._campaigns()]
        self._take_pending()

    def trial(self, first: date, contacts: int) -> Trial:
        """Let the days go by."""
        for ahead in range((self._last - self._today).days + 1):
            self._pass(self._today + timedelta(days=ahead))
        asked = {contact_id for contact_id, _at in self._sends}
        for contact_id, due in self._pending.items():
            if due is not None and due.campaign.pk == self._campaign.pk:
                self._reasons[contact_id] = DUE
        left_out = Counter(why for contact_id, why in self._reasons.items() if contact_id not in asked)
        if self._campaign.rules.every:
            left_out[AUDIENCE] += contacts - self._likely
            left_out[LATER] += self._likely - len(asked | self._reasons.keys())
        kept = {why: count for why, count in sorted(left_out.items()) if count > 0}
        return Trial(first, self._last, sorted(self._sends, key=lambda one: (one[1], one[0])), kept, contacts)

    def _campaigns(self) -> Iterator[Campaign]:
        """Those that come round, in the order in which they take their turns; this one as it is here."""
        mine, seen = self._campaign, False
        for one in recurring():
            if one.pk == mine.pk:
                seen = True
                if mine.rules.every:
                    yield mine
            elif one.state == CampaignState.RUNNING:
                yield one
        if not seen and mine.rules.every:
            yield mine

    def _course(self, campaign: Campaign) -> _Course:
        turning = Round.objects.filter(pk=campaign.pk).first()
        done = turning is None or turning.stage == Round.Stage.DONE
        tomorrow = self._today + timedelta(days=1)
        anchor = campaign.rules.starts_on or (turning.anchor if turning else tomorrow)
        if turning is None:
            begins, since, after = tomorrow, tomorrow, ""
        elif done:
            since = turning.day + timedelta(days=1)
            begins, after = max(self._today, since), ""
        else:
            begins, since, after = self._today, turning.since, turning.reached
        found = _Course(campaign, anchor, begins, defaultdict(list), {})
        for turn in Turn.objects.filter(campaign=campaign):
            found.waiting[turn.contact_id] = _Waiting(Coming(turn.contact_id, turn.cycle, turn.first_day), turn.day)
        sought = turning is not None and turning.stage == Round.Stage.ASKING
        self._place(found, since, begins, after, sought=sought)
        return found

    def _place(self, course: _Course, since: date, begins: date, after: str, *, sought: bool) -> None:
        """Who comes up on which day: the days before `begins` that were missed come up on it."""
        rules, mine = course.campaign.rules, course.campaign.pk == self._campaign.pk
        cycles = cycles_between(course.campaign, course.anchor, begins, self._last)
        at_first = cycle_at(rules, course.anchor, begins)
        missed = due_places(at_first, since, begins) if at_first and not sought else range(0)
        for contact_id in all_likely(rules.audience):
            self._likely += mine
            key = key_of(course.campaign.pk, contact_id)
            for cycle in cycles:
                place = cycle.place(key)
                first = cycle.days[place]
                if begins < first <= self._last:
                    course.places[first].append((contact_id, cycle.start, first))
                elif cycle == at_first and place in missed and contact_id > after:
                    course.places[begins].append((contact_id, cycle.start, first))
        self._catch_up(course, since, begins, at_first)

    @staticmethod
    def _catch_up(course: _Course, since: date, begins: date, cycle: Cycle | None) -> None:
        """Whose day was missed comes up on the first one, to be looked at some days later (`day_for`)."""
        for contact_id, start, first in course.places.get(begins, ()):
            if cycle and first < begins and contact_id not in course.waiting:
                coming = Coming(contact_id, start, first)
                course.waiting[contact_id] = _Waiting(coming, day_for(first, since, cycle, begins))

    def _take_pending(self) -> None:
        """What is on its way already: that of paused campaigns stays there, and is in the way of others."""
        rows = Send.objects.filter(state=SendState.PENDING).select_related("campaign", "contact__user")
        for some in _batched(rows.iterator(chunk_size=CHUNK)):
            self._take(some)
        heapify(self._queue)

    def _take(self, sends: Sequence[Send]) -> None:
        customers = people_queries.customers({send.customer_id for send in sends} - {""})
        unwanted, known = unwanted_of(sends), pasts([send.contact_id for send in sends])
        for send in sends:
            mine = send.campaign_id == self._campaign.pk
            campaign = self._campaign if mine else send.campaign
            if not mine and campaign.state == CampaignState.ENDED:
                continue
            if not mine and campaign.state != CampaignState.RUNNING:
                self._pending[send.contact_id] = None
                continue
            if refused := unwanted[send.pk]:
                self._note(campaign, send.contact_id, refused)
                continue
            zone = zone_for(send, customers.get(send.customer_id))
            past = known.get(send.contact_id, Past())
            at = max(send.due_at or self._at, self._at)
            due = _Due(at, send.created_at, send.contact_id, campaign, zone, past)
            self._pending[send.contact_id] = due
            self._queue.append(due)

    def _pass(self, day: date) -> None:
        begin, end = bounds(day, self._house)
        for course in self._courses:
            if day >= course.begins:
                self._turns(course, day, max(begin, self._at), end)
        while self._queue and self._queue[0].due_at < end:
            self._let_go(heappop(self._queue), day)

    def _turns(self, course: _Course, day: date, at: datetime, end: datetime) -> None:
        for contact_id, start, first in course.places.pop(day, ()):
            course.waiting.setdefault(contact_id, _Waiting(Coming(contact_id, start, first), day))
        here = Today.of(course.campaign, course.anchor, day, at, self._house)
        due = sorted(
            (one.coming for one in course.waiting.values() if one.day <= day),
            key=lambda coming: (coming.first_day, coming.contact_id),
        )
        left = self._room(course.campaign, day, end)
        for some in _batched(due):
            people, past, used = self._read(course.campaign, some, full=left is not None and left <= 0)
            for coming in some:
                if left is not None and left <= 0:
                    self._settle(course, here.over_the_cap(coming), people, at)
                    continue
                own = self._past(past.get(coming.contact_id), coming.contact_id)
                person, pending = people.get(coming.contact_id), coming.contact_id in self._pending
                decision = here.decide(coming, person, own, pending=pending)
                if decision.kind == Kind.ASK and turn_key(coming) in used:
                    decision = Decision(coming, Kind.DROP)
                self._settle(course, decision, people, at)
                if left is not None and decision.kind == Kind.ASK:
                    left -= 1

    def _room(self, campaign: Campaign, day: date, end: datetime) -> int | None:
        """As `turning.room`; None where there is no cap."""
        if not campaign.rules.daily_cap:
            return None
        due = sum(one.campaign.pk == campaign.pk and one.due_at < end for one in self._queue)
        return campaign.rules.daily_cap - self._sent_on(campaign.pk, day) - due

    def _read(
        self, campaign: Campaign, some: Iterable[Coming], *, full: bool
    ) -> tuple[dict[str, Person], dict[str, Past], set[str]]:
        if full:
            return {}, {}, set()
        ids = [coming.contact_id for coming in some]
        keys = Send.objects.filter(campaign_id=campaign.pk, key__in=[turn_key(coming) for coming in some])
        return read_people(ids), pasts(ids), set(keys.values_list("key", flat=True))

    def _settle(self, course: _Course, decision: Decision, people: dict[str, Person], at: datetime) -> None:
        coming, campaign = decision.coming, course.campaign
        if decision.kind == Kind.LATER and decision.day:
            course.waiting[coming.contact_id].day = decision.day
            self._note(campaign, coming.contact_id, decision.why)
            return
        del course.waiting[coming.contact_id]
        if decision.kind == Kind.ASK and decision.at:
            zone = people[coming.contact_id].zone
            due = _Due(decision.at, at, coming.contact_id, campaign, zone)
            self._pending[coming.contact_id] = due
            heappush(self._queue, due)
        else:
            self._note(campaign, coming.contact_id, decision.why or AUDIENCE)

    def _let_go(self, due: _Due, day: date) -> None:
        """What becomes of a send when it is due: it rests, it is held, or it is sent."""
        campaign, rules = due.campaign, due.campaign.rules
        until = rests_until(due.past, campaign, rules) if due.past else None
        if until and until > due.due_at:
            del self._pending[due.contact_id]
            self._note(campaign, due.contact_id, "throttled")
            return
        sent = self._sent_on(campaign.pk, day) if rules.daily_cap else 0
        hold = held(rules=rules, due_at=due.due_at, at=due.due_at, zone=due.zone, house=self._house, sent=sent)
        if hold:
            due.due_at = hold.until
            heappush(self._queue, due)
            return
        del self._pending[due.contact_id]
        self._sent[campaign.pk, day] += 1
        self._asked[due.contact_id][campaign.pk] = due.due_at
        if campaign.pk == self._campaign.pk:
            self._sends.append((due.contact_id, due.due_at))

    def _sent_on(self, campaign_id: str, day: date) -> int:
        if day == self._today and campaign_id not in self._counted:
            self._counted.add(campaign_id)
            self._sent[campaign_id, day] += sent_on(campaign_id, self._at, self._house)
        return self._sent[campaign_id, day]

    def _past(self, known: Past | None, contact_id: str) -> Past:
        own = known or Past()
        return Past({**own.asked, **self._asked.get(contact_id, {})}, own.answered, own.declined)

    def _note(self, campaign: Campaign, contact_id: str, why: str) -> None:
        if campaign.pk == self._campaign.pk:
            self._reasons[contact_id] = why


def _batched(rows: Iterable[T]) -> Iterator[list[T]]:
    left = iter(rows)
    while some := list(islice(left, CHUNK)):
        yield some

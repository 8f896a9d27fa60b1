"""Puts a made-up past into Posthouse, in the order in which it happened, through the house's own verbs.

Between two moments at which somebody did something, calls are stored and the house's jobs run with the clock of that
moment (`house.py`), so milestones, silences, spikes, mail and checklists come out as if it had been there all the time.
"""

import hashlib
import json
import random
from bisect import insort
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import groupby
from operator import itemgetter
from typing import Any

from allauth.account.models import EmailAddress
from django.db import connection, transaction

from asked import Asked
from crowd import site
from crowd.world import Known
from history import History, PastCall, PastContact, PastCustomer, PastKey
from house import NEVER, PATIENCE, PROMPTLY, SOON, SPIKE_LOOKS, House
from later import Elsewhere, elsewhere
from layout import SCOPES
from opinions import Opinion, opinions
from posthouse.edge.sql import CALL_COLUMNS, CALL_TABLE, EVENT_COLUMNS, EVENT_TABLE, CallRow, EventRow, Sqlite
from posthouse.foundation import clock
from posthouse.guides import actions as guides
from posthouse.intake import actions as intake
from posthouse.intake.models import Source
from posthouse.keys import actions as keys
from posthouse.pages import actions as pages
from posthouse.people import actions as people
from posthouse.people import models
from posthouse.timeline import actions as timeline
from posthouse.usage.models import ERROR, Call

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
LOOKS_AFTER_KEY = (10, 45, 240)
"""Minutes after a key was made at which the house looks at what is new: around then the first calls come."""
ON_THE_WAY = timedelta(milliseconds=300)
"""From the end of a call until it is reported."""

KEENNESS = {"steady": 1.0, "growing": 1.2, "new": 1.0, "went-quiet": 0.7}
"""How much of what people do on the site customers do, by their story."""

Step = tuple[datetime, Callable[[], object], timedelta]
"""When, what, and how long it may wait until all of the house takes it in (NEVER: it need not at all)."""


class Past:
    """One past. `shown` names the contact whose password is set; the others cannot sign in.

    `website` is the source through which the vendor's site tells of its visitors; `asked` is told who is asked what
    they think, and what they answer.
    """

    def __init__(self, history: History, shown: str, website: Source, asked: Asked | None = None) -> None:
        self._website = website
        self._asked = asked
        self.customers: dict[str, models.Customer] = {}
        self.contacts: dict[str, models.Contact] = {}
        self.secrets: dict[str, str] = {}
        self._history = history
        self._shown = shown
        self._keys: dict[str, str] = {"": ""}
        self._customer_of_key = {key.ref: key.customer_ref for key in history.keys}
        self._invitations: dict[str, models.Invitation] = {}
        self._steps: list[Step] = []
        self._calls = _Calls(history)
        self._house = House(history.begins, self._bring_calls)

    def happen(self, told: Callable[[datetime], None]) -> None:
        """Let it happen; `told` is called with each day that is over."""
        self._plan_all(told)
        for moment, act, patience in self._steps:
            self._house.live_until(moment)
            with clock.at(moment):
                act()
            if patience < NEVER:
                self._house.note(moment, patience)
        self._house.live_until(self._history.ends)
        self._house.end_day(self._history.ends)
        self._house.catch_up()

    def _plan_all(self, told: Callable[[datetime], None]) -> None:
        for contact in self._history.contacts:
            self._plan_contact(contact)
        for key in self._history.keys:
            self._plan_key(key)
        for told_elsewhere in elsewhere(self._history):
            self._plan_hearing(told_elsewhere)
        for opinion in opinions(self._history) if self._asked else ():
            self._plan_opinion(opinion)
        for moment in _spikes(self._history):
            self._plan(moment, partial(self._house.glance, moment), NEVER)
        for moment in _days(self._history):
            self._plan(moment, partial(self._house.end_day, moment), NEVER)
            self._plan(moment, partial(told, moment), NEVER)

    def known(self) -> Iterator[Known]:
        """Who goes on calling today, with the keys it has."""
        gone = {"went-quiet", "never-called", "stuck"}
        for customer in self._history.customers:
            own = {
                key.environment: self.secrets[key.ref] for key in self._history.keys if key.customer_ref == customer.ref
            }
            if own and customer.story not in gone:
                yield Known(self._history.personas[customer.ref].number, own)  # type: ignore[arg-type]  # "test" or "live"

    def _plan(self, at: datetime, act: Callable[[], object], patience: timedelta = PATIENCE) -> None:
        if at < self._history.ends:
            insort(self._steps, (at, act, patience), key=itemgetter(0))

    def _plan_looking(self, at: datetime, act: Callable[[], object]) -> None:
        """Somebody acts upon the calls so far."""
        self._plan(at, partial(self._house.look, at), NEVER)
        self._plan(at, act)

    def _plan_contact(self, contact: PastContact) -> None:
        customer = next((one for one in self._history.customers if one.ref == contact.customer_ref), None)
        if customer and contact.ref != customer.owner_ref:
            self._plan(contact.signed_up_at, partial(self._join, contact))
            self._plan(
                customer.founded_at + (contact.signed_up_at - customer.founded_at) * 0.8,
                partial(self._invite, contact, customer),
                PROMPTLY,
            )
            return
        self._plan(contact.signed_up_at, partial(self._sign_up, contact))
        if contact.confirmed_at:
            self._plan(contact.confirmed_at, partial(self._confirm, contact))
        if customer:
            self._plan(customer.founded_at, partial(self._found, contact, customer))
        self._plan_site(contact, customer)

    def _plan_site(self, contact: PastContact, customer: PastCustomer | None) -> None:
        """What the vendor's site saw of a person: told day by day."""
        number, since = int(contact.ref[1:]), contact.signed_up_at
        items = site.before_sign_up(self._history.seed, number, since)
        if customer:
            items += site.afterwards(self._history.seed, number, since, KEENNESS.get(customer.story, 0.4))
        self._plan(since + SOON, partial(self._tell_site, [site.identify(number, contact.email)]))
        for _, told in groupby(items, key=lambda item: item["timestamp"][:10]):
            day = list(told)
            self._plan(datetime.fromisoformat(day[-1]["timestamp"]), partial(self._tell_site, day))

    def _tell_site(self, items: list[site.Item]) -> None:
        intake.take_in(source=self._website, items=items)

    def _plan_key(self, key: PastKey) -> None:
        """Most look into an error and go through the checklist before they make a live key."""
        self._plan(key.created_at, partial(self._make_key, key))
        for minutes in LOOKS_AFTER_KEY:
            moment = key.created_at + timedelta(minutes=minutes)
            self._plan(moment, partial(self._house.glance, moment), NEVER)
        if key.environment == "test":
            return
        dice = random.Random(f"going live:{key.ref}")
        if key.contact_ref == self._shown or dice.random() < 0.8:
            self._plan_looking(key.created_at - dice.uniform(0.5, 8) * HOUR, partial(self._examine_error, key))
        if key.contact_ref == self._shown or dice.random() < 0.7:
            self._plan_looking(key.created_at - dice.uniform(0.05, 0.4) * HOUR, partial(self._confirm_golive, key))

    def _plan_hearing(self, one: Elsewhere) -> None:
        """What somebody did before the sign-up becomes known with it."""
        contact = next(contact for contact in self._history.contacts if contact.ref == one.contact_ref)
        known_from = contact.signed_up_at if not one.customer_ref else one.at
        self._plan(max(one.at, known_from + SOON), partial(self._hear, one))

    def _plan_opinion(self, one: Opinion) -> None:
        self._plan(one.asked_at, partial(self._ask, one))
        if one.answered_at:
            self._plan(one.answered_at, partial(self._answer, one))

    def _ask(self, one: Opinion) -> None:
        if self._asked and one.customer_ref in self.customers:
            customer = self.customers[one.customer_ref]
            customer.refresh_from_db()
            one.attributes["plan"] = str(customer.attributes.get("plan", "free"))
            self._asked.ask(one, self.contacts[one.contact_ref], customer.pk)

    def _answer(self, one: Opinion) -> None:
        if self._asked and one.customer_ref in self.customers:
            self._asked.answer(one)

    def _hear(self, one: Elsewhere) -> None:
        """Take in an event of another system, as the edge does."""
        customer = self.customers.get(one.customer_ref)
        if one.customer_ref and customer is None:
            return
        customer_id, contact_id = customer.pk if customer else "", self.contacts[one.contact_ref].pk
        _insert(EVENT_TABLE, EVENT_COLUMNS, [_event_row(one, customer_id, contact_id)])
        if customer and one.type == "plan.upgraded":
            self._put_on_plan(customer, one.data["plan"])

    @staticmethod
    def _put_on_plan(customer: models.Customer, plan: str) -> None:
        customer.refresh_from_db()
        people.update_customer(customer=customer, attributes=customer.attributes | {"plan": plan})

    def _sign_up(self, contact: PastContact) -> None:
        password = contact.password if contact.ref == self._shown else None
        user = models.User.objects.create_user(
            contact.email, password, language=contact.language, time_zone=contact.time_zone
        )
        models.User.objects.filter(pk=user.pk).update(date_joined=contact.signed_up_at)
        EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=False)
        self.contacts[contact.ref] = people.open_account(user=user, name=contact.name, channel=contact.channel)

    def _confirm(self, contact: PastContact) -> None:
        user = self.contacts[contact.ref].user
        assert user is not None
        EmailAddress.objects.filter(user=user).update(verified=True)
        people.confirm_email(user=user)

    def _found(self, contact: PastContact, customer: PastCustomer) -> None:
        owner = self.contacts[contact.ref]
        self._tell(contact)
        self.customers[customer.ref] = people.found_customer(
            name=customer.name, owner=owner, country=customer.country, channel=customer.channel
        )
        self._put_on_plan(self.customers[customer.ref], "free")

    def _tell(self, contact: PastContact) -> None:
        people.save_profile(
            contact=self.contacts[contact.ref],
            name=contact.name,
            job_role=contact.job_role,
            use_case=contact.use_case,
            language=contact.language,
            time_zone=contact.time_zone,
        )

    def _invite(self, contact: PastContact, customer: PastCustomer) -> None:
        self._invitations[contact.ref] = people.invite_member(
            customer=self.customers[customer.ref],
            email=contact.email,
            role=contact.role,
            by=self.contacts[customer.owner_ref],
        )

    def _join(self, contact: PastContact) -> None:
        self._sign_up(contact)
        self._confirm(contact)
        people.accept_invitation(invitation=self._invitations[contact.ref], contact=self.contacts[contact.ref])
        self._tell(contact)

    def _make_key(self, key: PastKey) -> None:
        owner = self.contacts[key.contact_ref]
        made, self.secrets[key.ref] = keys.create_key(
            customer_id=self.customers[key.customer_ref].pk,
            name=key.name,
            environment=key.environment,
            scopes=SCOPES,
            actor=people.as_contact(owner),
            contact_id=owner.pk,
        )
        self._keys[key.ref] = made.pk
        if key.environment == "test":
            guides.note_reading(
                contact_id=owner.pk,
                customer_id=made.customer_id,
                page="guides/getting-started",
                title="Getting started",
            )

    def _examine_error(self, key: PastKey) -> None:
        customer_id = self.customers[key.customer_ref].pk
        call = Call.objects.filter(customer_id=customer_id, status__gte=ERROR).order_by("-at").first()
        if call:
            contact = self.contacts[key.contact_ref]
            pages.note_error_examined(
                customer_id=customer_id,
                call_id=call.id,
                error_code=call.error_code,
                actor=people.as_contact(contact),
                contact_id=contact.pk,
            )

    def _confirm_golive(self, key: PastKey) -> None:
        contact = self.contacts[key.contact_ref]
        by = {"actor": people.as_contact(contact), "contact_id": contact.pk}
        customer_id = self.customers[key.customer_ref].pk
        pages.confirm_limits(customer_id=customer_id, **by)
        pages.set_incident_contact(customer_id=customer_id, email=contact.email, **by)

    def _bring_calls(self, moment: datetime) -> None:
        """Store the calls made before a moment."""
        _insert(CALL_TABLE, CALL_COLUMNS, [self._row(call) for call in self._calls.until(moment)])

    def _row(self, call: PastCall) -> CallRow:
        at = datetime.fromtimestamp(call.at, UTC)
        return (
            call.id,
            Sqlite.stamp(at),
            self.customers[self._customer_of_key[call.key_ref]].pk if call.key_ref else "",
            self._keys[call.key_ref],
            call.environment,
            call.method,
            call.route,
            call.path,
            call.status,
            call.duration_us,
            call.request_id,
            call.version,
            call.sdk,
            call.user_agent,
            call.error_code,
            call.ip,
            None,
            Sqlite.stamp(at + ON_THE_WAY),
        )


class _Calls:
    """The calls, taken piece by piece in order of time."""

    def __init__(self, history: History) -> None:
        self._calls = history.calls()
        self._next = next(self._calls, None)

    def until(self, moment: datetime) -> list[PastCall]:
        """All that came before a moment and were not taken yet."""
        end = moment.timestamp()
        taken = []
        while self._next is not None and self._next.at < end:
            taken.append(self._next)
            self._next = next(self._calls, None)
        return taken


def _event_row(one: Elsewhere, customer_id: str, contact_id: str) -> EventRow:
    id_ = hashlib.blake2b(f"{one.source} {one.type} {one.contact_ref} {one.at}".encode(), digest_size=10).hexdigest()
    data = json.dumps(one.data)
    return (
        one.source,
        id_,
        one.type,
        1,
        customer_id,
        contact_id,
        "",
        Sqlite.stamp(one.at),
        None,
        Sqlite.stamp(clock.now()),
        timeline.digest_of(one.type, customer_id, contact_id, one.data),
        data,
    )


def _insert(table: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Store rows as the edge does, which takes a third of the time that model instances take."""
    marks = ", ".join(["%s"] * len(columns))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", rows)


def _days(history: History) -> Iterator[datetime]:
    day = history.begins.replace(hour=0, minute=0, second=0, microsecond=0) + DAY
    while day < history.ends:
        yield day
        day += DAY


def _spikes(history: History) -> Iterator[datetime]:
    """Moments in each bad release: a spike is only seen by who looks while it lasts."""
    for phase in history.phases:
        if phase.only_mistake is not None:
            moment = phase.begins + SPIKE_LOOKS
            while moment < phase.ends:
                yield moment
                moment += SPIKE_LOOKS

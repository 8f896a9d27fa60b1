"""What is asked for many runs at once: who they are, what began them, and what has happened to them.

Everything is read when it is first asked, and then for all of them. It holds for one transaction that itself changes
nothing of it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from posthouse.automations.facts import Situation, event_values, of_type
from posthouse.automations.models import AutomationRun
from posthouse.foundation import conditions
from posthouse.foundation.conditions import Known
from posthouse.people import queries as people
from posthouse.timeline import queries as timeline
from posthouse.timeline.events import Recorded

ASKED_ALONE = 2
"""So many questions about a type of event are answered one by one: what is asked more often is read for all."""
MOST_EVENTS = 20_000
"""Where more have happened, the database counts them for each alone, and they are not brought here."""


@dataclass
class _History:
    """Events of one type, by the ids that they carry."""

    of_customers: dict[str, list[Recorded]] = field(default_factory=dict)
    of_contacts: dict[str, list[Recorded]] = field(default_factory=dict)


class Gathered:
    """Answers for pairs of contact and customer that it was made with, and for no others."""

    def __init__(self, pairs: Iterable[tuple[str, str]], runs: Iterable[AutomationRun] = ()) -> None:
        pairs = list(pairs)
        self._contact_ids = {contact for contact, _customer in pairs} - {""}
        self._customer_ids = {customer for _contact, customer in pairs} - {""}
        self._begun_by = {(run.event_source, run.event_id) for run in runs if run.event_id}
        self._asked: dict[str, int] = {}
        self._histories: dict[str, _History | None] = {}

    @classmethod
    def about(cls, runs: Iterable[AutomationRun]) -> "Gathered":
        """For these runs."""
        runs = list(runs)
        return cls(((run.contact_id, run.customer_id) for run in runs), runs)

    def of_run(self, run: AutomationRun, moment: datetime, event: Recorded | None = None) -> Situation:
        """The facts for a run, with the event that began it unless another is at hand."""
        began = (run.event_source, run.event_id)
        return GatheredSituation(
            self,
            contact_id=run.contact_id,
            customer_id=run.customer_id,
            moment=moment,
            event=event or (lambda: self.events.get(began)),
        )

    @cached_property
    def contacts(self) -> dict[str, Any]:
        """By id."""
        return dict(people.contacts(self._contact_ids))

    @cached_property
    def customers(self) -> dict[str, Any]:
        """By id."""
        return dict(people.customers(self._customer_ids))

    @cached_property
    def events(self) -> dict[tuple[str, str], Recorded]:
        """What began the runs, by source and id."""
        return timeline.these(self._begun_by)

    @cached_property
    def _names(self) -> dict[str, set[str]]:
        return timeline.names_of(self._contact_ids | self._customer_ids)

    def happened(self, contact_id: str, customer_id: str, event_type: str) -> list[Recorded] | None:
        """What happened of a type (`facts.history`); None where the database is to be asked for this pair alone."""
        if event_type not in self._histories:
            self._asked[event_type] = self._asked.get(event_type, 0) + 1
            if self._asked[event_type] <= ASKED_ALONE:
                return None
            self._histories[event_type] = self._read(event_type)
        history = self._histories[event_type]
        if history is None or not (contact_id or customer_id):
            return None
        own = _under(self._names.get(contact_id, ()), history.of_contacts)
        if not customer_id:
            return own
        theirs = _under(self._names.get(customer_id, ()), history.of_customers)
        return theirs + [event for event in own if not event.customer_id]

    def _read(self, event_type: str) -> _History | None:
        history, only, most = _History(), of_type(event_type, "kind"), MOST_EVENTS + 1
        customers = {name for id_ in self._customer_ids for name in self._names[id_]}
        contacts = {name for id_ in self._contact_ids for name in self._names[id_]}
        found = list(timeline.of_any(only, customer_ids=customers, most=most)) if customers else []
        theirs = list(timeline.of_any(only, contact_ids=contacts, most=most)) if contacts else []
        if max(len(found), len(theirs)) > MOST_EVENTS:
            return None
        for event in found:
            history.of_customers.setdefault(event.customer_id, []).append(event)
        for event in theirs:
            history.of_contacts.setdefault(event.contact_id, []).append(event)
        return history


def _under(names: Iterable[str], events: Mapping[str, list[Recorded]]) -> list[Recorded]:
    return [event for name in names for event in events.get(name, ())]


class GatheredSituation(Situation):
    """Facts about one contact and customer, read with those of others."""

    def __init__(self, gathered: Gathered, **facts: Any) -> None:
        super().__init__(**facts)
        self._gathered = gathered

    @cached_property
    def contact(self) -> Any:
        """The contact, or None."""
        return self._gathered.contacts.get(self.contact_id)

    @cached_property
    def customer(self) -> Any:
        """The customer, or None."""
        return self._gathered.customers.get(self.customer_id)

    def happened(self, event_type: str, after: datetime, until: datetime) -> bool:
        """Whether it did behind one moment and up to another, as far as that is at hand; else the log is asked."""
        events = self._gathered.happened(self.contact_id, self.customer_id, event_type)
        if events is None:
            return super().happened(event_type, after, until)
        return any(after < event.occurred_at <= until for event in events)

    def count(self, event_type: str, since: datetime | None, where: Mapping[str, Any] | None) -> int:
        """Counted here where the events are at hand, else asked of the log."""
        events = self._gathered.happened(self.contact_id, self.customer_id, event_type)
        if events is None:
            return super().count(event_type, since, where)
        within = [event for event in events if event.occurred_at <= self.moment]
        within = [event for event in within if since is None or event.occurred_at >= since]
        if not where:
            return len(within)
        holds = conditions.predicate(where)
        return sum(holds(Known({"event": event_values(event)}, self.moment)) for event in within)

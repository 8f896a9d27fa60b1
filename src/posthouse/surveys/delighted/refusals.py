"""Calls about those who are not written to: unsubscribed, or their mail came back."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from posthouse.messages import actions as messages
from posthouse.messages import queries as mail
from posthouse.people import queries as people
from posthouse.surveys import actions
from posthouse.surveys.clocks import CATEGORY
from posthouse.surveys.delighted import finding
from posthouse.surveys.delighted.calls import Call, Reply
from posthouse.surveys.delighted.faults import Fault, wrong
from posthouse.surveys.delighted.people import invalid
from posthouse.surveys.delighted.reading import moment_of, seconds, text_of


def unsubscribe(call: Call) -> Reply:
    """A person wants no surveys any more, of any campaign; what it answered stays."""
    email = text_of(call.params, "person_email")
    if not email:
        raise wrong("person_email", "can't be blank")
    with transaction.atomic():
        try:
            person, _made = actions.know_person(campaign=call.campaign, email=email, actor=call.actor)
        except actions.Invalid as fault:
            raise _named(invalid(fault)) from fault
        known = messages.addressee(person.contact.email, person.contact_id)
        messages.unsubscribe(addressee=known, category=CATEGORY, how=mail.How.API, actor=call.actor)
    return Reply({"ok": True})


def _named(fault: Fault) -> Fault:
    return wrong("person_email", fault.errors["email"][0]) if "email" in fault.errors else fault


def unsubscribes(call: Call) -> Reply:
    """People of this campaign that want no surveys, oldest refusal first."""
    rows = _page(call, mail.refusals_of(CATEGORY), "at")
    return Reply([_about(contact) | {"unsubscribed_at": seconds(row.at)} for row, contact in _with_people(rows)])


def bounces(call: Call) -> Reply:
    """People of this campaign whose address is dead, oldest first."""
    rows = _page(call, mail.suppressions(reason=mail.Reason.BOUNCE).order_by("created_at", "pk"), "created_at")
    return Reply([_about(contact) | {"bounced_at": seconds(row.created_at)} for row, contact in _with_people(rows)])


def _page(call: Call, rows: QuerySet[Any], when: str) -> list[Any]:
    for name, condition in (("since", "gte"), ("until", "lte")):
        if moment := moment_of(call.params, name):
            rows = rows.filter(**{f"{when}__{condition}": moment})
    mine = finding.people_of(call.campaign).order_by().values("email")
    return list(rows.filter(email__in=mine)[call.page])


def _with_people(rows: list[Any]) -> list[tuple[Any, Any]]:
    ids = people.contact_ids(row.email for row in rows)
    contacts = people.contacts(ids.values())
    return [(row, contacts[ids[row.email]]) for row in rows if row.email in ids]


def _about(contact: Any) -> dict[str, Any]:
    return {"person_id": contact.pk, "email": contact.email, "name": contact.name or None}

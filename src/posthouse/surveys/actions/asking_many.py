"""Asking hundreds in one go: what nothing speaks against is written together, the rest one by one as `ask` does."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction

from posthouse.foundation.clock import now
from posthouse.messages.queries import is_address, refusals
from posthouse.people import actions as people
from posthouse.people import queries as people_queries
from posthouse.surveys import clocks, events, resting
from posthouse.surveys.actions.asking import Asked, Wish, ask, check_due
from posthouse.surveys.actions.campaigns import Refused
from posthouse.surveys.models import Campaign, CampaignState, Channel, Outcome, Send, SendState
from posthouse.timeline.actions import record_many
from posthouse.timeline.events import ToRecord


@transaction.atomic
def ask_many(*, campaign: Campaign, wishes: Sequence[Wish], actor: str = "") -> list[Asked | Refused]:
    """What `ask` says to each wish, or the refusal it raises, in their order; a dozen queries for all that are plain.

    Plain is a wish for a mail to an address that stands in no other wish, without anything imported, that nothing
    speaks against. One transaction: SQLite's one writer is held for as long.
    """
    answers: dict[int, Asked | Refused] = {}
    for at, send in _written_together(campaign, _plain(campaign, wishes), actor).items():
        answers[at] = Asked(send)
    for at, wish in enumerate(wishes):
        if at not in answers:
            answers[at] = _one(campaign, wish, actor)
    return [answers[at] for at in range(len(wishes))]


def _one(campaign: Campaign, wish: Wish, actor: str) -> Asked | Refused:
    try:
        return ask(campaign=campaign, wish=wish, actor=actor)
    except Refused as refused:
        return refused


def _plain(campaign: Campaign, wishes: Sequence[Wish]) -> dict[int, Wish]:
    """Those that may be written together as far as the wishes themselves tell, by their place."""
    if campaign.state != CampaignState.RUNNING or any(wish.contact_id for wish in wishes):
        return {}
    addresses = Counter(people.normal_email(wish.email) for wish in wishes)
    if people_queries.merged_addresses(addresses):  # two addresses may be one person
        return {}
    keys = Counter(wish.key for wish in wishes if wish.key)
    used = set(Send.objects.filter(campaign=campaign, key__in=keys).values_list("key", flat=True)) if keys else set()
    return {
        at: wish
        for at, wish in enumerate(wishes)
        if wish.channel == Channel.EMAIL
        and wish.with_contact
        and is_address(people.normal_email(wish.email))
        and wish.last_sent_at is None
        and addresses[people.normal_email(wish.email)] == 1
        and (not wish.key or (keys[wish.key] == 1 and wish.key not in used))
        and _in_time(wish)
    }


def _in_time(wish: Wish) -> bool:
    try:
        check_due(wish)
    except Refused:
        return False
    return True


def _written_together(campaign: Campaign, wishes: Mapping[int, Wish], actor: str) -> dict[int, Send]:
    """The sends of those that could be scheduled, by place; whom the others name is known as well."""
    wishes = {at: wish for at, (wish, refused) in _with_refusals(wishes).items() if not refused}
    contacts = people.know_contacts(
        [people.Known(wish.email, wish.name, wish.attributes) for wish in wishes.values()], actor=actor
    )
    sends = {
        at: _send(campaign, contact, wish)
        for (at, wish), contact in zip(wishes.items(), contacts, strict=True)
        if contact is not None
    }
    ids = [send.contact_id for send in sends.values()]
    pasts = resting.pasts(ids)
    customers = people_queries.oldest_customers(ids)
    chosen = {
        at: send for at, send in sends.items() if clocks.drawn(send) and not _rests(send, pasts.get(send.contact_id))
    }
    for send in chosen.values():
        send.customer_id = send.customer_id or customers.get(send.contact_id, "")
    return _inserted(chosen, actor)


def _with_refusals(wishes: Mapping[int, Wish]) -> dict[int, tuple[Wish, str]]:
    said = refusals((people.normal_email(wish.email), clocks.CATEGORY) for wish in wishes.values())
    return {at: (wish, refusal) for (at, wish), refusal in zip(wishes.items(), said, strict=True)}


def _send(campaign: Campaign, contact: Any, wish: Wish) -> Send:
    return Send(
        campaign=campaign,
        contact=contact,
        customer_id=wish.customer_id,
        due_at=check_due(wish),
        created_at=now(),
        key=wish.key,
        request_digest=wish.digest() if wish.key else "",
        state=SendState.PENDING,
        outcome=Outcome.SCHEDULED,
        **{name: getattr(wish, name) for name in ("channel", "language", "attributes", "source")},
    )


def _rests(send: Send, past: resting.Past | None) -> bool:
    until = resting.rests_until(past or resting.Past(), send.campaign, send.campaign.rules)
    return until is not None and until > (send.due_at or now())


def _inserted(sends: Mapping[int, Send], actor: str) -> dict[int, Send]:
    """Those the database took: it refuses a second pending send of a contact, also of two calls at one moment."""
    Send.objects.bulk_create(sends.values(), ignore_conflicts=True)
    there = set(Send.objects.filter(pk__in=[send.pk for send in sends.values()]).values_list("pk", flat=True))
    made = {at: send for at, send in sends.items() if send.pk in there}
    record_many(_announced(made.values(), actor))
    return made


def _announced(sends: Iterable[Send], actor: str) -> Iterable[ToRecord]:
    for send in sends:
        event = events.SendScheduled(
            customer_id=send.customer_id,
            contact_id=send.contact_id,
            campaign_id=send.campaign_id,
            send_id=send.pk,
            channel=send.channel,
            due_at=(send.due_at or now()).isoformat(),
            source=send.source,
        )
        yield ToRecord(event, f"{send.pk}:scheduled", actor)

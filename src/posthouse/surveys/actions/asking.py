"""Asking a contact: every wish becomes a row with an outcome; the pending ones can be moved and called off."""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from posthouse.foundation.clock import now
from posthouse.people import actions as people
from posthouse.people import queries as people_queries
from posthouse.surveys import clocks, events, links
from posthouse.surveys.actions.campaigns import Refused
from posthouse.surveys.models import IMPORTED, Campaign, CampaignState, Channel, Outcome, Send, SendState
from posthouse.timeline.actions import record

GIVEN_AT_ONCE = frozenset({Channel.LINK, Channel.WIDGET})
"""Of channels that need no queue: who was asked has the question already."""
FURTHEST = timedelta(days=366)
"""How far ahead a send may be asked for."""


@dataclass(frozen=True, kw_only=True)
class Wish:
    """Whom to ask, and how. Either `contact_id` of a known contact or `email`; `due_at` None is now.

    `last_sent_at` is when another system asked this contact last; it counts for the clocks. Without `with_contact` the
    attributes are kept with the send and its answer alone. `why_url` is where the team reads what asked for it.
    """

    email: str = ""
    contact_id: str = ""
    name: str = ""
    attributes: dict[str, Any] = field(default_factory=dict)
    due_at: datetime | None = None
    delay: timedelta | None = None
    language: str = ""
    channel: str = Channel.EMAIL
    last_sent_at: datetime | None = None
    customer_id: str = ""
    source: str = "api"
    key: str = ""
    with_contact: bool = True
    why_url: str = ""

    def digest(self) -> str:
        """What was asked for, to recognise a key that is used for something else."""
        said = asdict(self)
        del said["why_url"]
        if self.with_contact:
            del said["with_contact"]
        text = json.dumps(said, sort_keys=True, default=str)
        return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=16).hexdigest()


@dataclass(frozen=True)
class Asked:
    """The row, and whether it was made earlier by a call with the same key."""

    send: Send
    repeated: bool = False


@transaction.atomic
def ask(*, campaign: Campaign, wish: Wish, actor: str = "") -> Asked:
    """Ask a contact, now or later, unless something speaks against it: the row's `outcome` says which it is.

    The contact is made or updated in the same transaction; `attributes` are kept with the contact and with the send.
    With a `key` the call is idempotent within the campaign. A contact never has two pending sends, whatever the
    campaigns: the database refuses the second, also of two calls at the same moment. Announces SendScheduled (and
    SurveySent for a link, which is given at once) or SendRefused.

    Raises Refused for a time that is out of bounds, a contact nobody knows, a contact whose attributes would become too
    large, or a key that was used for something else.
    """
    earlier = _earlier(campaign, wish)
    if earlier:
        return Asked(earlier, repeated=True)
    due_at = check_due(wish)
    if wish.channel == Channel.LINK and campaign.anonymous:
        raise Refused(
            "campaign-anonymous", _("This campaign is anonymous: make an open link, not one that names a person.")
        )
    contact = _contact(wish, actor)
    if wish.last_sent_at:
        note_last_sent(campaign, contact, wish.last_sent_at)
    send = Send(
        campaign=campaign,
        contact=contact,
        customer_id=wish.customer_id or _customer_of(contact),
        due_at=due_at,
        created_at=now(),
        key=wish.key,
        request_digest=wish.digest() if wish.key else "",
        **{name: getattr(wish, name) for name in ("channel", "language", "attributes", "source", "why_url")},
    )
    return _decide(send, wish, actor)


def _decide(send: Send, wish: Wish, actor: str) -> Asked:
    """Write the row as pending first, so that no other call can slip in between, and look at the clocks then."""
    refusal = clocks.refusal(send)
    if refusal is None:
        send.state, send.outcome = SendState.PENDING, Outcome.SCHEDULED
        if _inserted(send):
            until = clocks.rests_until(send)
            if until:
                return Asked(_refuse(send, Outcome.THROTTLED, actor, until))
            return Asked(_scheduled(send, actor))
        if earlier := _earlier(send.campaign, wish):
            return Asked(earlier, repeated=True)
        refusal = Outcome.ALREADY_PENDING
    send.state, send.outcome = SendState.REFUSED, refusal
    if not _inserted(send):
        found = _earlier(send.campaign, wish)
        if found is None:
            raise RuntimeError("a send was refused by the database and is not there")
        return Asked(found, repeated=True)
    return Asked(_refuse(send, refusal, actor))


def _inserted(send: Send) -> bool:
    """Whether the row could be made: not when another is pending, nor when one with this key is there."""
    try:
        with transaction.atomic():
            send.save(force_insert=True)
    except IntegrityError:
        return False
    return True


def _scheduled(send: Send, actor: str) -> Send:
    about = {"customer_id": send.customer_id, "contact_id": send.contact_id}
    ids = {"campaign_id": send.campaign_id, "send_id": send.pk, "channel": send.channel}
    due = (send.due_at or now()).isoformat()
    record(events.SendScheduled(**about, **ids, due_at=due, source=send.source), actor=actor)
    if send.channel in GIVEN_AT_ONCE:
        send.state, send.sent_at = SendState.SENT, now()
        send.save(update_fields=["state", "sent_at"])
        record(events.SurveySent(**about, **ids, message_id=""), actor=actor)
    return send


def _refuse(send: Send, outcome: str, actor: str, until: datetime | None = None) -> Send:
    send.state, send.outcome, send.throttled_until = SendState.REFUSED, outcome, until
    send.save(update_fields=["state", "outcome", "throttled_until"])
    refused = events.SendRefused(
        customer_id=send.customer_id,
        contact_id=send.contact_id,
        campaign_id=send.campaign_id,
        send_id=send.pk,
        outcome=outcome,
        throttled_until=until.isoformat() if until else "",
    )
    record(refused, actor=actor)
    return send


@transaction.atomic
def move_send(*, send: Send, due_at: datetime, actor: str = "") -> Send:
    """Let a pending send fall due at another time. Announces SendMoved. Raises Refused if it is no longer pending."""
    send = _pending(send)
    _check_bounds(due_at)
    send.due_at = due_at
    if until := clocks.rests_until(send):
        raise Refused("throttled", _("This contact may not be asked before %(moment)s.") % {"moment": links.iso(until)})
    send.moved_because = ""
    send.save(update_fields=["due_at", "moved_because"])
    ids = {"customer_id": send.customer_id, "contact_id": send.contact_id, "campaign_id": send.campaign_id}
    record(events.SendMoved(**ids, send_id=send.pk, due_at=due_at.isoformat()), actor=actor)
    return send


@transaction.atomic
def cancel_send(*, send: Send, actor: str = "") -> Send:
    """Do not ask after all. Announces SendCancelled. Raises Refused if it is no longer pending."""
    return cancel(_pending(send), actor)


def cancel(send: Send, actor: str = "") -> Send:
    """Call off a send that the caller holds locked and knows to be pending."""
    send.state = SendState.CANCELLED
    send.save(update_fields=["state"])
    ids = {"customer_id": send.customer_id, "contact_id": send.contact_id, "campaign_id": send.campaign_id}
    record(events.SendCancelled(**ids, send_id=send.pk), actor=actor)
    return send


def _pending(send: Send) -> Send:
    found = Send.objects.select_for_update(of=("self",)).select_related("campaign", "contact").get(pk=send.pk)
    if found.state != SendState.PENDING:
        raise Refused("send-not-pending", _("This send is no longer pending."))
    if found.campaign.state == CampaignState.ENDED:
        raise Refused("campaign-ended", _("This campaign has ended; make a new one."))
    return found


def _earlier(campaign: Campaign, wish: Wish) -> Send | None:
    if not wish.key:
        return None
    rows = Send.objects.select_related("campaign", "contact")
    found = rows.filter(campaign=campaign, key=wish.key).first()
    if found and found.request_digest != wish.digest():
        raise Refused("idempotency-key-reused", _("This Idempotency-Key was used for another request."))
    return found


def check_due(wish: Wish) -> datetime:
    """When it falls due. Raises Refused for a time that is out of bounds."""
    due_at = wish.due_at or now() + (wish.delay or timedelta())
    _check_bounds(due_at)
    if wish.channel == Channel.LINK and due_at > now():
        raise Refused("link-is-given-at-once", _("A link is given at once; leave the time out."))
    return due_at


def _check_bounds(due_at: datetime) -> None:
    if due_at > now() + FURTHEST:
        raise Refused("too-far-ahead", _("A send lies at most a year ahead."))


def _contact(wish: Wish, actor: str) -> Any:
    if not wish.contact_id:
        known = people_queries.contact_by_email(wish.email)
        _check_size(known, wish.attributes)
        return people.know_contact(email=wish.email, name=wish.name, attributes=wish.attributes, actor=actor)
    contact = people_queries.contact(wish.contact_id)
    if contact is None:
        raise Refused("contact-unknown", _("There is no such contact."))
    if not wish.with_contact:
        return contact
    _check_size(contact, wish.attributes)
    merged = contact.attributes | wish.attributes
    return people.update_contact(contact=contact, attributes=merged, actor=actor)


def _check_size(contact: Any, attributes: dict[str, Any]) -> None:
    try:
        people.check_attributes((contact.attributes if contact else {}) | attributes)
    except ValueError as error:
        raise Refused("attributes-refused", str(error)) from error


def _customer_of(contact: Any) -> str:
    """On whose timeline it stands besides the contact's: that of the oldest membership."""
    membership = people_queries.customers_of(contact).first()
    return membership.customer_id if membership else ""


def note_last_sent(campaign: Campaign, contact: Any, sent_at: datetime) -> None:
    """What another system sent counts for the clocks, once, however often it is told."""
    if sent_at > now():
        raise Refused("last-sent-in-future", _("The last mail cannot lie in the future."))
    key = f"{IMPORTED}:{contact.pk}:{sent_at.timestamp():.0f}"
    known = {"contact": contact, "sent_at": sent_at, "due_at": sent_at, "created_at": now()}
    kind = {"state": SendState.SENT, "outcome": Outcome.SCHEDULED, "source": IMPORTED}
    Send.objects.get_or_create(campaign=campaign, key=key, defaults=known | kind)

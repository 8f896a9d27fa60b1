"""Sends that fall due: looked at once more, written as a letter, and marked, all in one transaction."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from posthouse.foundation.clock import now
from posthouse.messages import actions as messages
from posthouse.surveys import clocks, events, mail
from posthouse.surveys.actions.asking import cancel
from posthouse.surveys.actions.campaigns import Refused
from posthouse.surveys.figures import touching
from posthouse.surveys.frequency.gate import Gate
from posthouse.surveys.frequency.holding import Hold
from posthouse.surveys.models import Campaign, CampaignState, Outcome, Send, SendState
from posthouse.timeline.actions import record, record_many
from posthouse.timeline.events import ToRecord
from posthouse.vendor.queries import vendor

BATCH = 50
"""Mails written in one transaction: SQLite's one writer is held for as long."""
ORDER = ("due_at", "created_at", "contact_id")
"""Who is first: the one due first, then the one asked for first. Trying out keeps to the same order."""
TEMPLATE = "surveys/invitation"


def send_due() -> int:
    """Write the letters of a batch of sends that are due; returns how many rows were taken in hand.

    The letter is a row in the queue of mail, so a send is marked as sent in the transaction that writes it: killed at
    any point, it is written once. Sends of a paused campaign wait; those of an ended one are called off. What falls
    into quiet hours, on a day that is none, or over the daily cap is due later; who has answered or declined meanwhile
    is left alone.
    """
    due = Send.objects.filter(state=SendState.PENDING, due_at__lte=now())
    running = due.filter(campaign__state=CampaignState.RUNNING)
    ended = due.filter(campaign__state=CampaignState.ENDED)
    rows = (running | ended).select_related("campaign", "contact__user").order_by(*ORDER)
    if not rows.exists():  # asked first, so that an idle worker never takes SQLite's write lock
        return 0
    if connection.features.has_select_for_update_skip_locked:
        with transaction.atomic():
            taken = list(rows.select_for_update(skip_locked=True, of=("self",))[:BATCH])
            _write(_granted(taken), {})
        return len(taken)
    prepared = _prepared(list(rows[:BATCH]))  # words take most of the time, and everybody waits for SQLite's one writer
    with transaction.atomic():
        _write(_granted(list(rows.filter(pk__in=prepared))), prepared)
    return len(prepared)


def _prepared(sends: Sequence[Send]) -> dict[str, tuple[list[Any], messages.Wanted]]:
    """The letters of those rows, by id, and what they were made of."""
    ready = messages.prepare([_letter(send) for send in sends])
    return {send.pk: (_made_of(send), one) for send, one in zip(sends, ready, strict=True)}


def _made_of(send: Send) -> list[Any]:
    campaign, contact = send.campaign, send.contact
    said = [getattr(campaign, name) for name in ("texts", "sender_name", "reply_to", "logo_url", "accent")]
    return [*said, language_of(send), contact.email, contact.name, send.customer_id]


def _granted(taken: Sequence[Send]) -> list[Send]:
    """Those to be written now; the others are called off, refused or moved."""
    gate = Gate(taken)
    unwanted = clocks.unwanted_of(taken)
    granted = []
    for send in taken:
        if send.campaign.state == CampaignState.ENDED:
            cancel(send)
        elif refusal := unwanted[send.pk]:
            _refuse(send, refusal)
        elif until := gate.rests_until(send):
            _refuse(send, Outcome.THROTTLED, until)
        elif hold := gate.hold(send):
            _move(send, hold)
        else:
            gate.note(send)
            granted.append(send)
    return granted


def _write(sends: Sequence[Send], prepared: Mapping[str, tuple[list[Any], messages.Wanted]]) -> None:
    """With the words that were made for them, unless something they were made of has changed meanwhile."""
    wanted = []
    for send in sends:
        made_of, ready = prepared.get(send.pk, (None, None))
        wanted.append(ready if ready and made_of == _made_of(send) else _letter(send))
    letters = messages.send_letters(wanted)
    sent = []
    for send, letter in zip(sends, letters, strict=True):
        if letter.outcome == messages.Outcome.NO_TEMPLATE:
            raise messages.UnknownTemplate(TEMPLATE)
        if letter.message is None:
            _refuse(send, _outcome_of(letter.outcome))
        else:
            send.state, send.sent_at, send.message_id = SendState.SENT, now(), letter.message_id
            send.remind_at = _first_reminder(send)
            sent.append(send)
    Send.objects.bulk_update(sent, ["state", "sent_at", "message_id", "remind_at"])
    touching.touch((one.campaign_id, touching.SENDS, touching.day_number(one.sent_at or now())) for one in sent)
    record_many(ToRecord(_sent(send), f"{send.pk}:sent") for send in sent)


def _first_reminder(send: Send) -> datetime | None:
    rules = send.campaign.rules
    return now() + timedelta(days=rules.remind_after_days) if rules.reminders and not send.campaign.anonymous else None


def _letter(send: Send) -> messages.Wanted:
    contact = send.contact
    said = mail.words(send.campaign, language_of(send), send.pk)
    return messages.Wanted(
        template_key=TEMPLATE,
        contact_id=contact.pk,
        email=contact.email,
        customer_id=send.customer_id,
        language=said["language"],
        context=said,
        key=f"survey:{send.pk}",
        category=clocks.CATEGORY,
        headers=mail.headers(send.campaign),
        why_url=f"/desk/surveys/sends/{send.pk}/",
        recipient=messages.Recipient(contact.pk, contact.email, "", contact.name),
        forget_when_sent=send.campaign.anonymous,
    )


def _move(send: Send, hold: Hold) -> None:
    send.due_at, send.moved_because = hold.until, hold.why
    send.save(update_fields=["due_at", "moved_because"])
    moved = events.SendMoved(
        customer_id=send.customer_id,
        contact_id=send.contact_id,
        campaign_id=send.campaign_id,
        send_id=send.pk,
        due_at=hold.until.isoformat(),
        because=hold.why,
    )
    record(moved)


def language_of(send: Send) -> str:
    """What was asked for, else the person's, else the vendor's."""
    login = send.contact.user
    return send.language or (login.language if login else "") or vendor().default_language


def _outcome_of(outcome: messages.Outcome) -> Outcome:
    return Outcome.UNSUBSCRIBED if outcome == messages.Outcome.UNSUBSCRIBED else Outcome.BOUNCED


def _sent(send: Send) -> events.SurveySent:
    return events.SurveySent(
        customer_id=send.customer_id,
        contact_id=send.contact_id,
        campaign_id=send.campaign_id,
        send_id=send.pk,
        channel=send.channel,
        message_id=send.message_id,
    )


def _refuse(send: Send, outcome: Outcome, until: datetime | None = None) -> None:
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
    record(refused)


def preview(*, campaign: Campaign, language: str) -> tuple[str, str, str]:
    """Subject, HTML and plain text of the mail, its links leading to the example."""
    said = mail.words(campaign, language, "")
    shown = messages.look(template=TEMPLATE, language=said["language"], context=said)
    return shown.subject, shown.html, shown.text


@transaction.atomic
def send_test(*, campaign: Campaign, to: str, language: str) -> None:
    """The mail as it would look, to somebody of the team; its links lead to the preview and answer nothing."""
    words = mail.words(campaign, language, "")
    context = {**words, "contact": {"name": "", "email": to}}
    try:
        messages.send_mail(
            template=TEMPLATE, to=to, language=words["language"], context=context, headers=mail.headers(campaign)
        )
    except messages.UnknownTemplate as error:
        raise Refused("template-unknown", _("The mail has no words.")) from error

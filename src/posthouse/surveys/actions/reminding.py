"""Reminders: those who were asked and have not answered are asked again in the same thread, a set number of times.

They are no sends: no clock begins anew with them, and the cap does not count them. Whether a mail was opened is not
watched; what counts is whether there is an answer.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Q

from posthouse.foundation.clock import now
from posthouse.messages import actions as messages
from posthouse.messages import queries as message_queries
from posthouse.people import queries as people
from posthouse.surveys import clocks, events, mail, resting
from posthouse.surveys.actions.answering import expires_at
from posthouse.surveys.actions.sending import language_of
from posthouse.surveys.frequency.gate import zone_for
from posthouse.surveys.models import CampaignState, Response, Send, SendState
from posthouse.timeline.actions import record_many
from posthouse.timeline.events import ToRecord

BATCH = 50
TEMPLATE = "surveys/reminder"
DAY = timedelta(days=1)


def send_reminders() -> int:
    """Write a batch of the reminders that are due; returns how many sends were looked at.

    A reminder waits while its campaign is paused, while another survey is on its way to the person, and for an hour
    at which the person may be written to. There are no more of them once the person has answered, declined, refused
    surveys or cannot be written to, once another survey was sent to it, once the link no longer works, and when the
    campaign has ended or a pause made them late by more than the days between two.
    """
    due = Send.objects.filter(remind_at__lte=now(), state=SendState.SENT)
    due = due.filter(Q(campaign__state=CampaignState.RUNNING) | Q(campaign__state=CampaignState.ENDED))
    if not due.exists():  # asked first, so that an idle worker never takes SQLite's write lock
        return 0
    with transaction.atomic():
        rows = due.select_related("campaign", "contact__user").order_by("remind_at", "pk")
        if connection.features.has_select_for_update_skip_locked:
            rows = rows.select_for_update(skip_locked=True, of=("self",))
        taken = list(rows[:BATCH])
        _write(_granted(taken))
    return len(taken)


def next_reminder(send: Send, at: datetime) -> datetime | None:
    """When a send that was made, or reminded of, at a moment is reminded of next; None when it is not."""
    rules = send.campaign.rules
    if send.campaign.anonymous or send.reminders >= rules.reminders:
        return None
    return at + timedelta(days=rules.remind_after_days)


def _granted(taken: Sequence[Send]) -> list[Send]:
    ids = [send.contact_id for send in taken]
    answered = set(Response.objects.filter(send__in=taken).values_list("send_id", flat=True))
    pending = set(Send.objects.filter(contact_id__in=ids, state=SendState.PENDING).values_list("contact_id", flat=True))
    past, unwanted = resting.pasts(ids), clocks.unwanted_of(taken)
    customers = people.customers({send.customer_id for send in taken} - {""})
    granted, ended, moved = [], [], []
    for send in taken:
        asked = past.get(send.contact_id, resting.Past()).asked.values()
        if send.pk in answered or unwanted[send.pk] or _is_over(send, max(asked, default=None)):
            send.remind_at = None
            ended.append(send)
            continue
        at, _why = send.campaign.rules.hours.allowed_from(now(), zone_for(send, customers.get(send.customer_id)))
        if send.contact_id in pending or at > now():
            send.remind_at = now() + DAY if send.contact_id in pending else at
            moved.append(send)
        else:
            granted.append(send)
    Send.objects.bulk_update([*ended, *moved], ["remind_at"])
    return granted


def _is_over(send: Send, last_asked: datetime | None) -> bool:
    rules, due = send.campaign.rules, send.remind_at or now()
    return (
        send.campaign.state == CampaignState.ENDED
        or send.campaign.anonymous
        or send.declined_at is not None
        or send.reminders >= rules.reminders
        or now() >= expires_at(send)
        or now() - due > timedelta(days=rules.remind_after_days)
        or (last_asked is not None and send.sent_at is not None and last_asked > send.sent_at)
    )


def _write(sends: Sequence[Send]) -> None:
    letters = messages.send_letters([_letter(send) for send in sends])
    told = []
    for send, letter in zip(sends, letters, strict=True):
        if letter.outcome == messages.Outcome.NO_TEMPLATE:
            raise messages.UnknownTemplate(TEMPLATE)
        if letter.message is None:
            send.remind_at = None
            continue
        send.reminders += 1
        send.remind_at = next_reminder(send, now())
        reminded = events.SurveyReminded(
            customer_id=send.customer_id,
            contact_id=send.contact_id,
            campaign_id=send.campaign_id,
            send_id=send.pk,
            number=send.reminders,
            message_id=letter.message_id,
        )
        told.append(ToRecord(reminded, f"{send.pk}:reminded:{send.reminders}"))
    Send.objects.bulk_update(sends, ["reminders", "remind_at"])
    record_many(told)


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
        key=f"survey:{send.pk}:reminder:{send.reminders + 1}",
        category=clocks.CATEGORY,
        headers={**mail.headers(send.campaign), **_thread(send)},
        why_url=f"/desk/surveys/sends/{send.pk}/",
        recipient=messages.Recipient(contact.pk, contact.email, "", contact.name),
    )


def _thread(send: Send) -> dict[str, str]:
    """So that mail programs show it below the first mail (RFC 5322, 3.6.4)."""
    first = message_queries.one(send.message_id)
    return {"In-Reply-To": first.mail_id, "References": first.mail_id} if first and first.mail_id else {}

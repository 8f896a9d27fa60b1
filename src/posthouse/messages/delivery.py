"""Carries waiting mail out of the house.

A message is claimed with a lease in one short transaction, sent outside of any, and marked in another. A process
killed after the server took the mail and before the mark repeats it when the lease is over: the same Message-ID
lets the receiver recognise the repeat. Everything else is sent once.
"""

import logging
import smtplib
from collections import defaultdict
from datetime import timedelta
from typing import Any

from anymail.exceptions import AnymailAPIError, AnymailRecipientsRefused, AnymailSerializationError
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import connection, transaction
from django.db.models import F, Q

from posthouse.foundation.clock import now
from posthouse.messages import queries
from posthouse.messages.carriers import Carried, carry
from posthouse.messages.events import MessageFailed, MessageSent, about
from posthouse.messages.models import Message, State
from posthouse.timeline.actions import record, record_many
from posthouse.timeline.events import ToRecord

logger = logging.getLogger(__name__)

BATCH = 10
"""Mails claimed at once for each connection."""
RETRY_AFTER = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 720))
WORDS_KEPT = timedelta(days=30)
WRONG_PASSWORD = (401, 403, 530, 534, 535)
"""Codes that speak of our own account with the server: mended by the vendor, so the mail waits."""
TOO_MANY = 429


def send_due() -> int:
    """Claim a batch of due messages and send them; returns how many were claimed."""
    claimed = _claim()
    if claimed:
        _send_all(_still_wanted(claimed))
    return len(claimed)


def _still_wanted(claimed: list[Message]) -> list[Message]:
    """Call off letters whose readers have unsubscribed, or whose address has come back, since they were written."""
    letters = [message for message in claimed if message.category]
    refused = queries.refusals((message.to, message.category) for message in letters)
    unwanted = {message.pk for message, refusal in zip(letters, refused, strict=True) if refusal}
    for message, refusal in zip(letters, refused, strict=True):
        if refusal:
            _mark(message, state=State.CANCELLED, last_error=refusal)
    return [message for message in claimed if message.pk not in unwanted]


def _claim() -> list[Message]:
    moment = now()
    until = moment + timedelta(seconds=settings.MAIL_LEASE)
    due = Q(state=State.WAITING, due_at__lte=moment) | Q(state=State.SENDING, leased_until__lte=moment)
    rows = Message.objects.filter(due, state__in=(State.WAITING, State.SENDING), due_at__lte=moment)
    if not rows.exists():  # asked first, so that an idle worker never takes SQLite's write lock
        return []
    with transaction.atomic():
        if connection.features.has_select_for_update_skip_locked:
            rows = rows.select_for_update(skip_locked=True)
        claimed = list(rows.order_by("due_at")[: BATCH * settings.MAIL_CONNECTIONS])
        ours = Message.objects.filter(pk__in=[message.pk for message in claimed])
        ours.update(state=State.SENDING, leased_until=until, attempts=F("attempts") + 1)
        for message in claimed:
            message.state, message.leased_until = State.SENDING, until
            message.attempts += 1
    return claimed


def _send_all(claimed: list[Message]) -> None:
    """Over as many connections as the setting says; each mail is marked as soon as it is through."""
    if not claimed:
        return
    number = min(settings.MAIL_CONNECTIONS, len(claimed))
    try:
        servers = [get_connection() for _ in range(number)]
    except (ImproperlyConfigured, ImportError) as error:
        for message in claimed:
            _give_up_or_wait(message, error)
        return
    for some in carry(servers, claimed, _carry_one):
        _finish_all([(message, _id_given_by_provider(mail)) for message, mail, failure in some if failure is None])
        for message, _, failure in some:
            if failure is not None:
                _give_up_or_wait(message, failure)


def _carry_one(server: Any, message: Message) -> Carried:
    """Hand one message to the server; what goes wrong is told, whatever it is: one bad mail must not stop the rest."""
    mail = None
    try:
        mail = _as_mail(message)
        server.open()
        server.send_messages([mail])
    except Exception as error:
        logger.warning("mail %s was not sent", message.pk, exc_info=True)
        return message, mail, error
    return message, mail, None


def _as_mail(message: Message) -> EmailMultiAlternatives:
    headers = {"Content-Language": message.language, "Auto-Submitted": "auto-generated", **message.headers}
    sender = return_path(message)
    if sender:
        headers.setdefault("From", settings.DEFAULT_FROM_EMAIL)
    mail = EmailMultiAlternatives(message.subject, message.text, sender or None, to=[message.to], headers=headers)
    if message.html:
        mail.attach_alternative(message.html, "text/html")
    return mail


def return_path(message: Message) -> str:
    """Where bounces of this mail go: MAIL_RETURN_PATH with its token (VERP), so that each tells what it is about.

    Empty without that setting, and with a provider of django-anymail, which reports bounces by webhook instead.
    """
    name, at, domain = settings.MAIL_RETURN_PATH.partition("@")
    if not at or not message.token or settings.EMAIL_BACKEND.startswith("anymail."):
        return ""
    return f"{name}+{message.token}@{domain}"


def _id_given_by_provider(mail: EmailMultiAlternatives | None) -> str:
    """Under which id a provider of django-anymail will speak of this mail in its webhooks."""
    status = getattr(mail, "anymail_status", None)
    return str(getattr(status, "message_id", "") or "")[:200]


@transaction.atomic
def _finish_all(sent: list[tuple[Message, str]]) -> None:
    """The same as `_finish` for each; those with nothing of their own to note are marked by one query."""
    alike: dict[int, list[Message]] = defaultdict(list)
    for message, provider_id in sent:
        if provider_id or message.forget_when_sent or len(sent) == 1:
            _finish(message, provider_id)
        else:
            alike[message.attempts].append(message)
    for attempts, messages in alike.items():
        ours = Message.objects.filter(pk__in=[message.pk for message in messages], attempts=attempts)
        mine = set(ours.select_for_update().filter(state=State.SENDING).values_list("pk", flat=True))
        Message.objects.filter(pk__in=mine).update(state=State.SENT, sent_at=now(), last_error="", leased_until=None)
        done = [message for message in messages if message.pk in mine and _concerns_somebody(message)]
        record_many(ToRecord(MessageSent(**about(message)), f"{message.pk}:sent") for message in done)


@transaction.atomic
def _finish(message: Message, provider_id: str = "") -> None:
    forgotten = {"text": "", "html": ""} if message.forget_when_sent else {}
    changes = {"state": State.SENT, "sent_at": now(), "last_error": "", "provider_id": provider_id, **forgotten}
    if _mark(message, **changes) and _concerns_somebody(message):
        record(MessageSent(**about(message)))


@transaction.atomic
def _give_up_or_wait(message: Message, error: Exception) -> None:
    text = f"{type(error).__name__}: {error}"[:1000]
    if not is_final(error) and message.attempts <= len(RETRY_AFTER):
        _mark(message, state=State.WAITING, due_at=now() + RETRY_AFTER[message.attempts - 1], last_error=text)
    elif _mark(message, state=State.FAILED, last_error=text) and _concerns_somebody(message):
        record(MessageFailed(**about(message), error=text))


def _mark(message: Message, **changes: Any) -> bool:
    """Change the row unless somebody else has taken it over since (our lease ran out); says whether it was ours."""
    ours = Message.objects.filter(pk=message.pk, state=State.SENDING, attempts=message.attempts)
    return bool(ours.update(leased_until=None, **changes))


def _concerns_somebody(message: Message) -> bool:
    return bool(message.contact_id or message.customer_id)


def is_final(error: Exception) -> bool:
    """Whether trying again is useless: the address or the mail was refused, not the connection or our account."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(_final_code(code) for code, _ in error.recipients.values())
    if isinstance(error, smtplib.SMTPDataError):
        return _final_code(error.smtp_code)
    if isinstance(error, AnymailAPIError):
        code = error.status_code or 0
        return 400 <= code < 500 and code not in (*WRONG_PASSWORD, TOO_MANY)
    return isinstance(error, (AnymailRecipientsRefused, AnymailSerializationError, smtplib.SMTPNotSupportedError))


def _final_code(code: int) -> bool:
    return 500 <= code < 600 and code not in WRONG_PASSWORD


def forget_words() -> int:
    """Empty the words (or what they were to be made of) of messages done since `WORDS_KEPT`; the log itself stays."""
    kept = ~Q(text="") | ~Q(html="") | Q(values__isnull=False)
    done = Message.objects.filter(kept, created_at__lt=now() - WORDS_KEPT)
    done = done.exclude(state__in=(State.WAITING, State.SENDING))
    some = list(done.values_list("pk", flat=True)[:1000])
    return Message.objects.filter(pk__in=some).update(text="", html="", values=None)

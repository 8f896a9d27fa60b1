"""Outgoing mail as rows with a due time and a state."""

from functools import partial

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from posthouse.foundation.clock import now
from posthouse.foundation.ids import new_id


class State(models.TextChoices):
    """Where a message is on its way."""

    WAITING = "waiting", _("Waiting")
    SENDING = "sending", _("Being sent")
    SENT = "sent", _("Sent")
    FAILED = "failed", pgettext_lazy("mail", "Failed")
    CANCELLED = "cancelled", _("Cancelled")


class Feedback(models.TextChoices):
    """What came back after a message had left."""

    DELIVERED = "delivered", pgettext_lazy("mail", "Delivered")
    SOFT = "soft", _("Bounced for now")
    HARD = "hard", _("Bounced for good")
    COMPLAINT = "complaint", _("Reported as spam")


class Message(models.Model):
    """One mail to one address. Its Message-ID is fixed from the start, so a repeat can be recognised.

    `token` stands in its links and its return path and cannot be guessed. `values` are what it was to say: kept only
    of a mail whose words could not be made, so that it can be tried again. `to_digest` is what is left of the address
    once the person was erased.
    """

    id = models.CharField(primary_key=True, max_length=40, default=partial(new_id, "msg"), editable=False)
    key = models.CharField(max_length=200, null=True, unique=True)
    template = models.CharField(max_length=80)
    to = models.EmailField(_("to"))
    contact_id = models.CharField(max_length=40, blank=True)
    customer_id = models.CharField(max_length=40, blank=True)
    language = models.CharField(max_length=10)
    subject = models.CharField(_("subject"), max_length=255)
    text = models.TextField()
    html = models.TextField(blank=True)
    headers = models.JSONField(default=dict)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.WAITING)
    created_at = models.DateTimeField(default=now, editable=False)
    due_at = models.DateTimeField(_("due"), default=now)
    leased_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.TextField(blank=True)
    sent_at = models.DateTimeField(null=True)
    token = models.CharField(max_length=26, null=True, unique=True, editable=False)
    category = models.CharField(max_length=40, blank=True)
    why_url = models.CharField(max_length=500, blank=True)
    forget_when_sent = models.BooleanField(default=False)
    values = models.JSONField(null=True)
    provider_id = models.CharField(max_length=200, blank=True)
    to_digest = models.CharField(max_length=64, blank=True)
    feedback = models.CharField(_("what came back"), max_length=10, choices=Feedback.choices, blank=True)

    class Meta:
        ordering = ("-created_at",)
        indexes = [
            # whole: SQLite does not see that `state IN (?, ?)` lies within a condition on the states
            models.Index(fields=["state", "due_at"], name="post_message_state_due"),
            models.Index(fields=["to", "created_at"], name="post_message_to"),
            models.Index(fields=["contact_id", "created_at"], name="post_message_contact"),
            models.Index(fields=["provider_id"], name="post_message_provider", condition=~models.Q(provider_id="")),
        ]

    def __str__(self) -> str:
        return f"{self.subject} to {self.to}"

    @property
    def mail_id(self) -> str:
        """The Message-ID under which it leaves, at every attempt."""
        return str(self.headers.get("Message-ID", ""))

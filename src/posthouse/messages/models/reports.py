"""What other mail servers told us about mails of ours."""

from functools import partial

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from posthouse.foundation.clock import now
from posthouse.foundation.ids import new_id


class Report(models.Model):
    """One report, taken in once (`fingerprint`). Without `message_id` it could not be matched, and nothing was done."""

    class Kind(models.TextChoices):
        """What it says."""

        HARD = "hard", _("Bounced for good")
        SOFT = "soft", _("Bounced for now")
        DELAYED = "delayed", pgettext_lazy("mail", "Delayed")
        DELIVERED = "delivered", pgettext_lazy("mail", "Delivered")
        COMPLAINT = "complaint", _("Reported as spam")
        UNSUBSCRIBED = "unsubscribed", _("Unsubscribed")
        AUTO_REPLY = "auto_reply", _("Automatic reply")
        UNKNOWN = "unknown", _("Not understood")

    id = models.CharField(primary_key=True, max_length=40, default=partial(new_id, "rpt"), editable=False)
    fingerprint = models.CharField(max_length=64, unique=True)
    kind = models.CharField(max_length=14, choices=Kind.choices)
    source = models.CharField(max_length=40)
    message_id = models.CharField(max_length=40, blank=True)
    digest = models.CharField(max_length=64, blank=True)
    address = models.CharField(max_length=254, blank=True)
    status = models.CharField(max_length=20, blank=True)
    detail = models.TextField(blank=True)
    excerpt = models.TextField(blank=True)
    received_at = models.DateTimeField(default=now)

    class Meta:
        ordering = ("-received_at", "-pk")
        indexes = [
            models.Index(fields=["received_at"], name="post_report_received"),
            models.Index(fields=["digest", "received_at"], name="post_report_digest"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.address}"

"""Notices inside the portal, and who has read them."""

from functools import partial

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from posthouse.foundation.clock import now
from posthouse.foundation.ids import new_id


class Notice(models.Model):
    """A sentence for one contact, or for all members of a customer when no contact is named."""

    id = models.CharField(primary_key=True, max_length=40, default=partial(new_id, "ntc"), editable=False)
    key = models.CharField(max_length=200, null=True, unique=True)
    contact_id = models.CharField(max_length=40, blank=True)
    customer_id = models.CharField(max_length=40, blank=True)
    text = models.JSONField(_("text"))
    link = models.CharField(max_length=500, blank=True)
    why_url = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(default=now)

    class Meta:
        ordering = ("-created_at", "-pk")
        indexes = [
            models.Index(fields=["contact_id", "created_at"], name="post_notice_contact"),
            models.Index(fields=["customer_id", "created_at"], name="post_notice_customer"),
            models.Index(fields=["created_at"], name="post_notice_created"),
        ]

    def __str__(self) -> str:
        return self.words

    @property
    def words(self) -> str:
        """The text in the language of whoever looks, else in any that there is."""
        language = get_language() or ""
        return str(self.text.get(language) or self.text.get("en") or next(iter(self.text.values()), ""))


class NoticeRead(models.Model):
    """A contact has read a notice."""

    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="readings")
    contact_id = models.CharField(max_length=40)
    at = models.DateTimeField(default=now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["notice", "contact_id"], name="post_notice_read_once")]
        indexes = [models.Index(fields=["contact_id"], name="post_notice_read_contact")]

    def __str__(self) -> str:
        return f"{self.notice_id} by {self.contact_id}"

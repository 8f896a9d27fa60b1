"""Words of mails as the team edited them; what was never edited stands in the shipped files."""

from functools import partial

from django.db import models
from django.utils.translation import gettext_lazy as _

from posthouse.foundation.clock import now
from posthouse.foundation.ids import new_id

KEY_LENGTH = 80
LONGEST = 50_000
SUBJECT_LENGTH = 255


class Words(models.Model):
    """Subject, plain text and HTML as they are written: templates of the safe subset (`safe.py`)."""

    subject = models.CharField(_("subject"), max_length=SUBJECT_LENGTH)
    text = models.TextField(_("plain text"), max_length=LONGEST)
    html = models.TextField(
        _("HTML"),
        max_length=LONGEST,
        blank=True,
        help_text=_("What stands inside the frame that all mails share. Empty: made from the plain text."),
    )

    class Meta:
        abstract = True


class MailTemplate(Words):
    """The edited words of one mail in one language. Without a row the shipped words are in force."""

    key = models.CharField(max_length=KEY_LENGTH)
    language = models.CharField(max_length=10)
    number = models.PositiveIntegerField()
    trouble = models.TextField(blank=True)
    updated_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "language"], name="post_template_once")]

    def __str__(self) -> str:
        return f"{self.key} ({self.language})"


class TemplateRevision(Words):
    """What was in force from `created_at` on; never changed. `is_shipped`: the shipped words, whatever they say."""

    id = models.CharField(primary_key=True, max_length=40, default=partial(new_id, "rev"), editable=False)
    key = models.CharField(max_length=KEY_LENGTH)
    language = models.CharField(max_length=10)
    number = models.PositiveIntegerField()
    is_shipped = models.BooleanField(default=False)
    note = models.CharField(_("note"), max_length=200, blank=True)
    actor = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField(default=now)

    class Meta:
        ordering = ("-number",)
        constraints = [models.UniqueConstraint(fields=["key", "language", "number"], name="post_revision_once")]

    def __str__(self) -> str:
        return f"{self.key} ({self.language}) {self.number}"

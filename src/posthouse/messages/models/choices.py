"""What people chose to get, whom we no longer write to, and the history of both.

Rows are found by `digest`, a keyed hash of the address (see `addresses.py`), so that a choice outlives the address
itself, which is emptied when the person is erased.
"""

from functools import partial

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from posthouse.foundation.clock import now
from posthouse.foundation.ids import new_id


class Reason(models.TextChoices):
    """Why an address is no longer written to."""

    BOUNCE = "bounce", _("Mail came back")
    COMPLAINT = "complaint", _("Reported as spam")
    UNSUBSCRIBED = "unsubscribed", _("Unsubscribed from everything")
    ERASED = "erased", _("Person was erased")
    MANUAL = "manual", _("Added by the team")


class How(models.TextChoices):
    """By which way a choice was made."""

    ONE_CLICK = "one_click", _("Button of the mail program")
    PAGE = "page", _("Link in a mail")
    PORTAL = "portal", _("Portal")
    DESK = "desk", _("Desk")
    API = "api", _("HTTP API")
    IMPORT = "import", pgettext_lazy("how a choice was made", "Import")
    REPORT = "report", _("Report of a mail server")
    HOUSE = "house", _("The house itself")


class Suppression(models.Model):
    """An address that gets no letters. BOUNCE and MANUAL stop the transactional ones too."""

    id = models.CharField(primary_key=True, max_length=40, default=partial(new_id, "sup"), editable=False)
    digest = models.CharField(max_length=64, unique=True)
    email = models.EmailField(_("e-mail"), blank=True, db_index=True)
    reason = models.CharField(_("reason"), max_length=20, choices=Reason.choices)
    note = models.CharField(_("note"), max_length=500, blank=True)
    actor = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField(default=now, editable=False, db_index=True)

    class Meta:
        ordering = ("-created_at", "-pk")

    def __str__(self) -> str:
        return f"{self.email or self.digest[:8]}: {self.reason}"


class Preference(models.Model):
    """Whether an address wants one kind of mail. No row: the kind's default."""

    id = models.CharField(primary_key=True, max_length=40, default=partial(new_id, "prf"), editable=False)
    digest = models.CharField(max_length=64)
    category = models.CharField(max_length=40)
    wanted = models.BooleanField()
    changed_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["digest", "category"], name="post_preference_once")]

    def __str__(self) -> str:
        return f"{self.digest[:8]} {self.category}: {self.wanted}"


class Change(models.Model):
    """One line of the consent history: never changed, but for the address when the person is erased."""

    id = models.CharField(primary_key=True, max_length=40, default=partial(new_id, "chg"), editable=False)
    digest = models.CharField(max_length=64)
    email = models.EmailField(blank=True)
    contact_id = models.CharField(max_length=40, blank=True)
    category = models.CharField(max_length=40, blank=True)
    wanted = models.BooleanField()
    how = models.CharField(max_length=12, choices=How.choices)
    reason = models.CharField(max_length=20, choices=Reason.choices, blank=True)
    note = models.CharField(max_length=500, blank=True)
    actor = models.CharField(max_length=80, blank=True)
    message_id = models.CharField(max_length=40, blank=True)
    at = models.DateTimeField(default=now)

    class Meta:
        ordering = ("-at", "-pk")
        indexes = [models.Index(fields=["digest", "at"], name="post_change_digest")]

    def __str__(self) -> str:
        return f"{self.at}: {self.category or 'all'} {self.wanted}"

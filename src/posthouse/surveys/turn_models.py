"""Campaigns that come round: how far today's turns are given, and who waits for another day."""

from functools import partial
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from posthouse.foundation.ids import new_id

LENGTH = 10


class Round(models.Model):
    """How far the turns of a campaign that comes round are given.

    `day` is the vendor's day that is worked on, or was last; `since` the first day whose places are taken (an earlier
    one than `day` when days were missed); `reached` the contact up to which places were looked for. `anchor` is where
    cycles are counted from, unless the rules name a day.
    """

    class Stage(models.TextChoices):
        """What is being done for the day."""

        SEEKING = "seeking", _("Looking for those whose turn it is")
        ASKING = "asking", _("Asking them")
        DONE = "done", _("Done for the day")

    campaign = models.OneToOneField("surveys.Campaign", on_delete=models.CASCADE, primary_key=True, related_name="+")
    anchor = models.DateField()
    day = models.DateField()
    since = models.DateField()
    stage = models.CharField(max_length=LENGTH, choices=Stage.choices, default=Stage.DONE)
    reached = models.CharField(max_length=40, blank=True)

    class Meta:
        verbose_name = _("round of a survey campaign")

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.day} {self.stage}"


class Turn(models.Model):
    """Somebody's turn that is not dealt with yet: on `day` it is looked at (again). `why` says what put it off."""

    class Why(models.TextChoices):
        """What put it off."""

        REST = "rest", _("Left alone for a while after the last time")
        HOURS = "hours", _("No hour was left that day where the person lives")
        CAP = "cap", _("The mails of the day were used up")
        PENDING = "pending", _("Another survey was on its way")
        MISSED = "missed", _("The day was missed: paused or at a standstill")

    campaign = models.ForeignKey("surveys.Campaign", on_delete=models.CASCADE, related_name="+", db_index=False)
    contact = models.ForeignKey("people.Contact", on_delete=models.CASCADE, related_name="+")
    cycle = models.DateField()
    first_day = models.DateField()
    day = models.DateField()
    why = models.CharField(max_length=LENGTH, choices=Why.choices, blank=True)

    class Meta:
        verbose_name = _("turn of a survey campaign")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["campaign", "contact"], name="surveys_turn_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["campaign", "day", "first_day", "contact"], name="surveys_turn_day")]

    def __str__(self) -> str:
        return f"{self.contact_id} in {self.campaign_id} on {self.day}"


class Trial(models.Model):
    """What came of trying rules out: `changes` are what was typed, `result` figures, `body` whom and when."""

    id = models.CharField(primary_key=True, max_length=40, default=partial(new_id, "tri"), editable=False)
    campaign = models.ForeignKey("surveys.Campaign", on_delete=models.CASCADE, related_name="+")
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=80, blank=True)
    first = models.DateField()
    last = models.DateField()
    changes = models.JSONField(default=dict)
    result = models.JSONField(default=dict)
    body = models.BinaryField()

    class Meta:
        verbose_name = _("trial of survey rules")

    def __str__(self) -> str:
        return f"{self.campaign_id} from {self.first} to {self.last}"

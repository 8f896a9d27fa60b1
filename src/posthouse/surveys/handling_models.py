"""Tags of the house, which answers carry them, notes, who looks after an answer, and acts that can be taken back."""

from functools import partial
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from posthouse.foundation.clock import now
from posthouse.foundation.ids import new_id


class Tone(models.TextChoices):
    """The colour of a tag: one of the tones that badges have, so that it is readable in every theme."""

    PLAIN = "plain", pgettext_lazy("tone of a tag", "Plain")
    GOOD = "good", pgettext_lazy("tone of a tag", "Green")
    WARN = "warn", pgettext_lazy("tone of a tag", "Amber")
    BAD = "bad", pgettext_lazy("tone of a tag", "Red")


class Tag(models.Model):
    """A word the team puts on answers, the same in all campaigns. `key` is the name folded, so none is there twice."""

    id = models.CharField(primary_key=True, max_length=40, default=partial(new_id, "tag"), editable=False)
    name = models.CharField(_("name"), max_length=40)
    key = models.CharField(max_length=80, unique=True)
    tone = models.CharField(_("colour"), max_length=8, choices=Tone.choices, default=Tone.PLAIN)
    created_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        app_label = "surveys"
        verbose_name = _("tag")
        ordering = ("key",)

    def __str__(self) -> str:
        return self.name

    @property
    def badge(self) -> str:
        """The class of its badge."""
        return "" if self.tone == Tone.PLAIN else self.tone


class Tagging(models.Model):
    """An answer carries a tag."""

    response = models.ForeignKey("surveys.Response", on_delete=models.CASCADE, related_name="taggings")
    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="taggings")
    at = models.DateTimeField(default=now)
    by = models.CharField(max_length=80, blank=True)

    class Meta:
        app_label = "surveys"
        verbose_name = _("tag of an answer")
        constraints: ClassVar = [models.UniqueConstraint(fields=["response", "tag"], name="surveys_tagging_once")]

    def __str__(self) -> str:
        return f"{self.tag_id} on {self.response_id}"


class Note(models.Model):
    """What somebody of the team says about an answer; people who answered never see it."""

    id = models.CharField(primary_key=True, max_length=40, default=partial(new_id, "nte"), editable=False)
    response = models.ForeignKey("surveys.Response", on_delete=models.CASCADE, related_name="notes")
    text = models.TextField()
    at = models.DateTimeField(default=now)
    by = models.CharField(max_length=80, blank=True)

    class Meta:
        app_label = "surveys"
        verbose_name = _("note on an answer")
        ordering = ("at", "pk")

    def __str__(self) -> str:
        return self.pk


class Care(models.Model):
    """Who of the team looks after an answer, and whether it has been dealt with. No row: nobody, and not yet."""

    response = models.OneToOneField("surveys.Response", on_delete=models.CASCADE, primary_key=True, related_name="care")
    assignee = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    assigned_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    done_by = models.CharField(max_length=80, blank=True)

    class Meta:
        app_label = "surveys"
        verbose_name = _("care of an answer")

    def __str__(self) -> str:
        return f"{self.response_id}: {self.assignee_id}"


class Act(models.Model):
    """Something done to answers at once. `before` holds what must be put back, by answer; only those that changed."""

    id = models.CharField(primary_key=True, max_length=40, default=partial(new_id, "act"), editable=False)
    kind = models.CharField(max_length=10)
    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, null=True, related_name="+")
    assignee = models.BigIntegerField(null=True)
    before = models.JSONField(default=dict)
    at = models.DateTimeField(default=now)
    by = models.CharField(max_length=80, blank=True)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "surveys"
        verbose_name = _("act on answers")
        indexes: ClassVar = [models.Index(fields=["at"], name="surveys_act_at")]

    def __str__(self) -> str:
        return f"{self.kind} on {len(self.before)}"

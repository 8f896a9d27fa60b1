"""What the team says about themes: other names, merged, hidden, and answers put right."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from posthouse.foundation.clock import now


class ThemeSetting(models.Model):
    """How a topic of the lexicon is shown. `merged_into` is the key of another one whose answers it joins."""

    key = models.CharField(primary_key=True, max_length=20)
    name = models.CharField(_("name"), max_length=40, blank=True)
    merged_into = models.CharField(max_length=20, blank=True)
    hidden = models.BooleanField(default=False)

    class Meta:
        app_label = "surveys"
        verbose_name = _("theme")

    def __str__(self) -> str:
        return self.key


class ThemeCorrection(models.Model):
    """An answer is about a topic (`about`), or is not, whatever its words say."""

    response = models.ForeignKey("surveys.Response", on_delete=models.CASCADE, related_name="theme_corrections")
    key = models.CharField(max_length=20)
    about = models.BooleanField()
    at = models.DateTimeField(default=now)
    by = models.CharField(max_length=80, blank=True)

    class Meta:
        app_label = "surveys"
        verbose_name = _("corrected theme")
        constraints: ClassVar = [models.UniqueConstraint(fields=["response", "key"], name="surveys_theme_once")]

    def __str__(self) -> str:
        return f"{self.response_id} {self.key}"

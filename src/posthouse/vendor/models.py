"""The vendor's one row."""

import zoneinfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _


def known_language(code: str) -> None:
    """A validator: one of the languages the house speaks."""
    if code not in dict(settings.LANGUAGES):
        raise ValidationError(_("The house does not speak this language."))


def known_zone(name: str) -> None:
    """A validator: a time zone of the tz database."""
    if name not in zoneinfo.available_timezones():
        raise ValidationError(_("There is no such time zone."))


class Vendor(models.Model):
    """One row: what the portal and the mail say and look like."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    name = models.CharField(_("name of the API"), max_length=80, default="Posthouse")
    accent = models.CharField(
        _("accent colour"), max_length=7, blank=True, validators=[RegexValidator(r"^#[0-9a-fA-F]{6}$")]
    )
    logo = models.TextField(_("logo"), blank=True, help_text=_("A picture as a data address."))
    api_base_url = models.URLField(_("base address of the API"), blank=True)
    support_email = models.EmailField(_("support address"), blank=True)
    default_language = models.CharField(_("default language"), max_length=10, default="en", validators=[known_language])
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC", validators=[known_zone])
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="vendor_single")]

    def __str__(self) -> str:
        return self.name

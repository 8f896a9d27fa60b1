"""The form of the settings page."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from posthouse.people import values
from posthouse.people.forms.fields import REQUIRED, EmailField, name_field
from posthouse.vendor import actions as vendor
from posthouse.vendor import queries


class SettingsForm(forms.Form):
    """Name, look and addresses of the vendor."""

    name = name_field(_("Name of your API"), max_length=80)
    accent = forms.RegexField(
        label=_("Accent colour"),
        regex=r"^#[0-9a-fA-F]{6}$",
        required=False,
        help_text=_("As #rrggbb. Empty: the colour of the house."),
        error_messages={"invalid": _("Write the colour as #rrggbb, for example #2f6f5e.")},
    )
    logo_file = forms.FileField(
        label=_("Logo"),
        required=False,
        help_text=_("SVG, PNG, JPEG or WebP, at most 64 KB, best square."),
        widget=forms.FileInput(attrs={"accept": ".svg,.png,.jpg,.jpeg,.webp"}),
    )
    remove_logo = forms.BooleanField(label=_("Remove the logo"), required=False)
    api_base_url = forms.URLField(
        label=_("Base address of your API"),
        required=False,
        max_length=200,
        assume_scheme="https",
        help_text=_("It stands in every code sample."),
    )
    support_email = EmailField(label=_("Support address"), required=False, max_length=254)
    default_language = forms.ChoiceField(
        label=_("Default language"),
        choices=settings.LANGUAGES,
        help_text=_("For mail to people whose language is not known."),
    )
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        choices=lambda: [(zone, zone.replace("_", " ")) for zone in values.time_zones()],
        error_messages={"required": REQUIRED},
    )

    @classmethod
    def of_vendor(cls) -> "SettingsForm":
        """Filled in with what stands now."""
        row = queries.vendor()
        return cls(initial={name: getattr(row, name, None) for name in cls.base_fields})

    def clean_logo_file(self) -> str:
        """The picture as a data address; empty when none was sent."""
        upload: UploadedFile[bytes] | None = self.cleaned_data["logo_file"]
        if upload is None:
            return ""
        if (upload.size or 0) > vendor.LOGO_BYTES:
            raise forms.ValidationError(vendor.LOGO_TOO_LARGE)
        return vendor.logo_address(upload.read())

    def changes(self) -> dict[str, Any]:
        """What to hand to `describe_vendor`."""
        found = dict(self.cleaned_data)
        logo, remove = found.pop("logo_file"), found.pop("remove_logo")
        return found | ({"logo": logo} if logo else {"logo": ""} if remove else {})

"""Fields that several forms share."""

import json
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from posthouse.people import models, values

REQUIRED = _("Please fill this in.")


def name_field(label: Any, *, required: bool = True, max_length: int = 120, autocomplete: str = "off") -> Any:
    """A name of a person or an organisation."""
    return forms.CharField(
        label=label,
        max_length=max_length,
        required=required,
        validators=[values.plain_name],
        widget=forms.TextInput(attrs={"autocomplete": autocomplete}),
        error_messages={"required": REQUIRED},
    )


def email_field() -> forms.EmailField:
    """An address, stored as people write it in lower case."""
    return EmailField(
        label=_("E-mail"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={"required": REQUIRED},
    )


class EmailField(forms.EmailField):
    """An address in the form in which it is stored and compared."""

    def clean(self, value: Any) -> str:
        """Lower case, without spaces around it."""
        return models.normal_email(super().clean(value))


def language_field() -> forms.ChoiceField:
    """One of the languages the house speaks, each named in itself."""
    return forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)


def time_zone_field() -> forms.ChoiceField:
    """A time zone; the page's script proposes the browser's own where none is chosen."""
    return forms.ChoiceField(
        label=_("Time zone"),
        required=False,
        choices=lambda: [("", gettext("Not told")), *((zone, zone.replace("_", " ")) for zone in values.time_zones())],
        widget=forms.Select(attrs={"data-detect-time-zone": ""}),
        help_text=_("Times on the pages and in mail are shown in it."),
    )


def country_field() -> forms.ChoiceField:
    """A country, by name."""
    return forms.ChoiceField(
        label=_("Country"), required=False, choices=lambda: [("", gettext("Not told")), *values.country_names()]
    )


class AttributesField(forms.CharField):
    """A JSON object, edited as text; what was typed stays when it is not one."""

    widget = forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "class": "code"})

    def __init__(self) -> None:
        super().__init__(
            label=_("Attributes"),
            required=False,
            help_text=_('Anything your own systems know, as a JSON object, for example {"plan": "trial"}.'),
        )

    def prepare_value(self, value: Any) -> Any:
        """Stored attributes as text to edit."""
        return value if isinstance(value, str) else json.dumps(value or {}, indent=2, ensure_ascii=False)

    def clean(self, value: Any) -> Any:
        """The attributes as a dict."""
        text = super().clean(value) or "{}"
        try:
            return values.check_attributes(json.loads(text))
        except (json.JSONDecodeError, RecursionError) as error:
            raise forms.ValidationError(self._where(error)) from error
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error

    def _where(self, error: Exception) -> str:
        if isinstance(error, json.JSONDecodeError):
            return gettext("This is not JSON: look at line %(line)s, column %(column)s.") % {
                "line": error.lineno,
                "column": error.colno,
            }
        return gettext("Attributes are nested too deeply.")

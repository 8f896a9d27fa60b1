"""Forms of the portal's and the desk's first pages."""

from django import forms
from django.utils.translation import gettext_lazy as _

from posthouse.foundation.ids import new_id


def new_once() -> str:
    """A word that makes a form good for one key, however often it is sent."""
    return new_id("once")


class FirstKeyForm(forms.Form):
    """Nothing but a button: the key's name and scopes are chosen for a first try."""

    once = forms.RegexField(r"^[a-z0-9_]{8,50}$", initial=new_once, widget=forms.HiddenInput)


class IncidentForm(forms.Form):
    """Whom to write to when something is wrong."""

    email = forms.EmailField(
        label=_("Address for incidents"),
        max_length=254,
        help_text=_("Best a shared address that somebody reads at night too. We use it for nothing else."),
    )

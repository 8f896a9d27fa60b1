"""How a new key of a campaign takes the place of the one before."""

from datetime import timedelta

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

OVERLAPS = [
    (0, pgettext_lazy("a key works on", "not at all")),
    (1, pgettext_lazy("a key works on", "for an hour")),
    (24, pgettext_lazy("a key works on", "for a day")),
    (168, pgettext_lazy("a key works on", "for a week")),
]


class OverlapForm(forms.Form):
    """For how long the old key works on."""

    hours = forms.TypedChoiceField(label=_("The old key works on"), coerce=int, initial=24, choices=OVERLAPS)

    def overlap(self) -> timedelta:
        """As a span of time."""
        return timedelta(hours=self.cleaned_data["hours"])

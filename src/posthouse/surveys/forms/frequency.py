"""The fields of a campaign's rules about how often and when it asks, for forms."""

from typing import Any

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from posthouse.surveys.models import Campaign
from posthouse.surveys.rules import DAYS, NUMBERS, TIMES, as_json, read_rules

PREFIX = "frequency-"


def fields(campaign: Campaign) -> dict[str, forms.Field]:
    """The fields by name, filled with the rules in force."""
    kept = as_json(read_rules(campaign.frequency))
    found: dict[str, forms.Field] = {
        "quiet_from": _time(_("Quiet hours begin"), _("Where the person lives. Both empty: no hour is quiet.")),
        "quiet_to": _time(_("Quiet hours end"), ""),
        "days": forms.MultipleChoiceField(
            label=_("Days of the week"),
            choices=[(day, WEEKDAYS[number]) for number, day in enumerate(DAYS)],
            widget=forms.CheckboxSelectMultiple,
        ),
        "daily_cap": forms.IntegerField(
            label=_("Most mails a day"), help_text=_("What exceeds it goes the next day. 0: any number.")
        ),
        "answer_days": forms.IntegerField(label=_("Days after an answer to this campaign")),
        "answer_days_any": forms.IntegerField(label=_("Days after an answer to any campaign")),
        "decline_days": forms.IntegerField(label=_("Days after “not now” to this campaign")),
        "decline_days_any": forms.IntegerField(label=_("Days after “not now” to any campaign")),
    }
    for name, field in found.items():
        field.initial = kept[name]
    return {PREFIX + name: field for name, field in found.items()}


def rules(given: dict[str, Any]) -> dict[str, Any]:
    """What was typed, as `check_rules` takes it."""
    found = {name.removeprefix(PREFIX): value for name, value in given.items() if name.startswith(PREFIX)}
    return {name: value for name, value in found.items() if name in NUMBERS or name in TIMES or name == "days"}


def field_at(place: str) -> str:
    """The field in which what stands at a place (`/frequency/daily_cap`) is typed."""
    return PREFIX + place.removeprefix("/frequency").strip("/").partition("/")[0]


def _time(label: Any, about: Any) -> forms.CharField:
    widget = forms.TimeInput(attrs={"type": "time"})
    return forms.CharField(label=label, required=False, max_length=5, help_text=about, widget=widget)

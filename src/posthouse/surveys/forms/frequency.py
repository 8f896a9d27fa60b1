"""The fields of a campaign's rules about how often and when it asks, for forms."""

import json
from typing import Any

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from posthouse.surveys.models import Campaign
from posthouse.surveys.rules import DAYS, as_json, read_rules

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
    found |= {
        "reminders": forms.IntegerField(
            label=_("Reminders"),
            help_text=_("0 to 3, to those who have not answered. They count for no clock and no cap."),
        ),
        "remind_after_days": forms.IntegerField(label=_("Days before each reminder")),
        "every": forms.IntegerField(
            label=_("Comes round every"), help_text=_("0: it does not; your programs and automations say whom to ask.")
        ),
        "unit": forms.ChoiceField(
            label=pgettext_lazy("length of a cycle", "Unit"),
            choices=[
                ("day", pgettext_lazy("length of a cycle", "days")),
                ("week", pgettext_lazy("length of a cycle", "weeks")),
                ("month", pgettext_lazy("length of a cycle", "months")),
            ],
        ),
        "starts_on": forms.CharField(
            label=_("First cycle begins on"),
            required=False,
            max_length=10,
            help_text=_("Empty: the day behind the start."),
            widget=forms.DateInput(attrs={"type": "date"}),
        ),
        "spread_days": forms.IntegerField(
            label=_("Spread over so many days of the cycle"), help_text=_("0: over all of them.")
        ),
        "at": forms.CharField(
            label=_("Time of day"),
            max_length=5,
            help_text=_("Where the person lives."),
            widget=forms.TimeInput(attrs={"type": "time"}),
        ),
        "audience": forms.CharField(
            label=_("Whom it asks"),
            required=False,
            max_length=20_000,
            widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "class": "code"}),
            help_text=_(
                "A condition in JSON on contact and customer, as automations have them, such as "
                "{“field”: “customer.plan”, “op”: “is”, “value”: “pro”} with straight quotes. Empty: everybody."
            ),
        ),
    }
    audience = json.dumps(kept["audience"], indent=2, ensure_ascii=False) if kept["audience"] else ""
    kept |= {"audience": audience}
    for name, field in found.items():
        field.initial = kept[name]
    return {PREFIX + name: field for name, field in found.items()}


def rules(given: dict[str, Any]) -> dict[str, Any]:
    """What was typed, as `check_rules` takes it."""
    found = {name.removeprefix(PREFIX): value for name, value in given.items() if name.startswith(PREFIX)}
    return found | {"audience": _condition(found["audience"])}


def _condition(text: str) -> Any:
    """What stands in the field, read; what is no JSON stays a text, which is no condition."""
    try:
        return json.loads(text) if text.strip() else {}
    except (ValueError, RecursionError):
        return text


def field_at(place: str) -> str:
    """The field in which what stands at a place (`/frequency/daily_cap`) is typed."""
    return PREFIX + place.removeprefix("/frequency").strip("/").partition("/")[0]


def _time(label: Any, about: Any) -> forms.CharField:
    widget = forms.TimeInput(attrs={"type": "time"})
    return forms.CharField(label=label, required=False, max_length=5, help_text=about, widget=widget)

"""Forms about webhooks."""

from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from posthouse.webhooks import actions, queries
from posthouse.webhooks.models import DeliveryState, Subscription

FIELDS = {"/url": "url", "/events": "events", "/campaign_ids": "campaign_ids"}


def _events() -> list[tuple[str, Any]]:
    return [(name, f"{event.summary} ({name})") for name, event in queries.public_events().items()]


class WebhookForm(forms.Form):
    """An address and what it is told."""

    url = forms.CharField(
        label=_("Address"),
        max_length=500,
        widget=forms.URLInput(attrs={"placeholder": "https://", "spellcheck": "false"}),
        help_text=_("An https address of yours that takes POST requests. Redirects are not followed."),
    )
    description = forms.CharField(label=_("What it is for"), max_length=200, required=False)
    events = forms.MultipleChoiceField(
        label=_("What it is told"),
        choices=_events,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one.")},
    )
    campaign_ids = forms.MultipleChoiceField(
        label=_("Only these surveys"),
        required=False,
        choices=lambda: list(queries.campaign_names().items()),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen: all of them."),
    )

    def __init__(self, *arguments: Any, subscription: Subscription | None = None, **more: Any) -> None:
        if subscription is not None:
            names = ("url", "description", "events", "campaign_ids")
            more["initial"] = {name: getattr(subscription, name) for name in names}
        super().__init__(*arguments, **more)
        if not queries.campaign_names():
            del self.fields["campaign_ids"]

    def take(self, refused: actions.Refused) -> None:
        """Show what stands in the way at its field."""
        self.add_error(FIELDS.get(refused.place), str(refused))


class RotateForm(forms.Form):
    """For how long the secret before still signs."""

    hours = forms.IntegerField(
        label=_("Hours in which both secrets sign"),
        min_value=0,
        max_value=int(actions.LONGEST_OVERLAP / timedelta(hours=1)),
        initial=24,
        help_text=_("Time to bring the new one to your receiver. 0: the old one ends now."),
    )

    def overlap(self) -> timedelta:
        """As a span of time."""
        return timedelta(hours=self.cleaned_data["hours"])


class DeliveryFilter(forms.Form):
    """Narrows the list of deliveries."""

    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=lambda: [("", pgettext_lazy("filter", "Any")), *DeliveryState.choices],
    )
    event = forms.ChoiceField(
        label=_("Event"),
        required=False,
        choices=lambda: [("", pgettext_lazy("filter", "Any")), *((name, name) for name in queries.public_events())],
    )

    def given(self) -> dict[str, str]:
        """What to narrow by; what is not readable narrows nothing."""
        self.is_valid()
        found = self.cleaned_data if self.is_bound else {}
        return {"state": found.get("state", ""), "type_": found.get("event", "")}

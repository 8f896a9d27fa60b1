"""The rules of a campaign typed to be tried out."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from posthouse.surveys import actions
from posthouse.surveys.forms import frequency
from posthouse.surveys.models import Campaign

CLOCKS = ("rest_days", "rest_days_any", "sample_percent")


class TrialForm(forms.Form):
    """How many days ahead, and the rules as they are, to be changed for the trial alone."""

    ahead = forms.TypedChoiceField(
        label=_("How far ahead"),
        coerce=int,
        choices=[("28", _("Four weeks")), ("91", _("A quarter")), ("366", _("A year"))],
        initial="91",
    )
    rest_days = forms.IntegerField(label=_("Days between two mails of this campaign"))
    rest_days_any = forms.IntegerField(label=_("Days since a mail of any campaign"))
    sample_percent = forms.IntegerField(label=_("Share of people asked, in percent"))

    def __init__(self, data: Any, *, campaign: Campaign, tried: dict[str, Any] | None = None) -> None:
        changes = tried or {}
        known = campaign if not changes else actions.tried(campaign=campaign, **changes)
        super().__init__(data, initial={name: getattr(known, name) for name in CLOCKS})
        self.fields.update(frequency.fields(known))

    def changes(self) -> dict[str, Any]:
        """As the actions take it."""
        given = self.cleaned_data
        return {name: given[name] for name in CLOCKS} | {"frequency": frequency.rules(given)}

    def take_fault(self, fault: actions.Invalid) -> None:
        """Show a fault at the field that its place names."""
        name = fault.place.strip("/").partition("/")[0]
        field = frequency.field_at(fault.place) if name == "frequency" else name
        self.add_error(field if field in self.fields else None, fault.reason)

"""Forms of the desk about automations and tasks."""

from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

from posthouse.automations.models import Settings


class SettingsForm(forms.ModelForm):  # type: ignore[type-arg]  # generic only in the stubs
    """What holds for all automations together."""

    class Meta:
        model = Settings
        fields = (
            "cap_most",
            "cap_days",
            "quiet_from",
            "quiet_to",
            "spread_minutes",
            "valid_hours",
            "hourly_limit",
            "late_hours",
        )
        labels = {
            "cap_most": _("Messages to one person at most"),
            "cap_days": _("… within days"),
            "quiet_from": _("Quiet from"),
            "quiet_to": _("Quiet until"),
            "spread_minutes": _("Spread over minutes"),
            "valid_hours": _("Messages are worth sending for hours"),
            "hourly_limit": _("Runs for one person or customer in an hour at most"),
            "late_hours": _("Events that arrive later than hours begin nothing"),
        }
        help_texts = {
            "cap_most": _("Of all automations. Transactional mail does not count and is never held back. 0: no cap."),
            "quiet_from": _("In the person's own time zone; may cross midnight. Empty: no quiet hours."),
            "spread_minutes": _("After quiet hours, a pause or an outage messages leave spread over this time."),
            "valid_hours": _("For steps that say nothing else."),
            "hourly_limit": _("Stops automations that drive each other round in circles."),
            "late_hours": _("History that is brought in later sends nothing."),
        }
        widgets = {
            "quiet_from": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
            "quiet_to": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, (lowest, highest) in BOUNDS.items():
            self.fields[name].validators += [MinValueValidator(lowest), MaxValueValidator(highest)]

    def clean(self) -> dict[str, Any]:
        """Quiet hours have two ends or none, and they differ."""
        data: dict[str, Any] = super().clean() or {}
        begin, end = data.get("quiet_from"), data.get("quiet_to")
        if (begin is None) != (end is None) and not {"quiet_from", "quiet_to"} & set(self.errors):
            self.add_error("quiet_to", _("Quiet hours need both ends, or none."))
        if begin is not None and begin == end:
            self.add_error("quiet_to", _("Both ends are the same, so no hour would be quiet."))
        return data


BOUNDS = {
    "cap_most": (0, 1000),
    "cap_days": (1, 365),
    "spread_minutes": (0, 1440),
    "valid_hours": (1, 8760),
    "hourly_limit": (1, 30_000),
    "late_hours": (1, 8760),
}


class TaskForm(forms.Form):
    """A task made by hand."""

    title = forms.CharField(label=_("What is to be done"), max_length=200)
    assignee = forms.ChoiceField(label=_("By whom"), required=False)
    due_on = forms.DateField(label=_("Due on"), required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, team: dict[int, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        whoever = [("", _("whoever takes it"))]
        self.fields["assignee"].choices = whoever + [(str(id_), name) for id_, name in team.items()]  # type: ignore[attr-defined]  # a ChoiceField

    def clean_assignee(self) -> int | None:
        """As a user id."""
        text = self.cleaned_data["assignee"]
        return int(text) if text else None


class CommentForm(forms.Form):
    """What somebody says about a task."""

    text = forms.CharField(label=_("Comment"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))

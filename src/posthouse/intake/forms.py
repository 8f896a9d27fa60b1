"""Forms about sources and rejected items."""

from datetime import timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from posthouse.intake import actions, models


class SourceForm(forms.Form):
    """A source to be made."""

    name = forms.CharField(
        label=_("Name"), max_length=80, help_text=_("Which program sends, such as “Website” or “Billing”.")
    )
    dialect = forms.ChoiceField(
        label=pgettext_lazy("of a source", "Client"), choices=models.Dialect.choices, widget=forms.RadioSelect
    )
    kept = forms.ChoiceField(
        label=_("Where the write key is kept"),
        choices=models.Kept.choices,
        widget=forms.RadioSelect,
        initial=models.Kept.SERVER,
        help_text=_(
            "What comes with a key that anybody can read makes people known, but neither customers nor members, and "
            "overwrites nothing."
        ),
    )


class EditForm(forms.Form):
    """How a source is set up. `names` are lines such as `Order Completed = order.completed`."""

    name = forms.CharField(label=_("Name"), max_length=80)
    kept = forms.ChoiceField(
        label=_("Where the write key is kept"), choices=models.Kept.choices, widget=forms.RadioSelect
    )
    names = forms.CharField(
        label=_("Names of events"),
        required=False,
        max_length=60_000,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "autocomplete": "off"}),
        help_text=_(
            "One per line: the name that the client sends, an equals sign, the type it gets here, such as "
            "“Bought = order.completed” or “page:Pricing = plans.compared”. Other names become types by themselves: "
            "“Order Completed” is order.completed."
        ),
    )
    first_word = forms.CharField(
        label=_("Prefix of single words"),
        max_length=30,
        help_text=_("“Signup” alone is no type: with the prefix track it becomes track.signup."),
    )
    rate = forms.IntegerField(
        label=_("Items per second"),
        min_value=1,
        max_value=actions.MAX_RATE,
        help_text=_("What comes faster is asked to come again later. Nothing is lost by that."),
    )

    @classmethod
    def of(cls, source: models.Source) -> "EditForm":
        """Filled in as the source is now."""
        lines = "\n".join(f"{name} = {type_}" for name, type_ in source.names.items())
        known = {"name": source.name, "kept": source.kept, "first_word": source.prefix, "rate": source.rate}
        return cls(initial=known | {"names": lines})

    def changes(self) -> dict[str, Any]:
        """The fields of a source as the actions take them."""
        found = dict(self.cleaned_data)
        found["prefix"] = found.pop("first_word")
        return found

    def clean_names(self) -> dict[str, str]:
        """The declared types by name."""
        found: dict[str, str] = {}
        for number, line in enumerate(self.cleaned_data["names"].splitlines(), start=1):
            if not line.strip():
                continue
            name, equals, type_ = (part.strip() for part in line.rpartition("="))
            if not equals or not name:
                raise ValidationError(_now("Line %(number)d has no equals sign."), params={"number": number})
            found[name] = type_
        try:
            actions.check_names(found)
        except actions.Refused as refused:
            raise ValidationError(str(refused)) from refused
        return found

    def clean_first_word(self) -> str:
        """One word."""
        prefix: str = self.cleaned_data["first_word"]
        try:
            actions.check_prefix(prefix)
        except actions.Refused as refused:
            raise ValidationError(str(refused)) from refused
        return prefix


class RotateForm(forms.Form):
    """For how long the old key works on."""

    hours = forms.TypedChoiceField(
        label=_("The old write key works on"),
        coerce=int,
        initial=24,
        choices=[
            (0, _("not at all")),
            (1, _("for an hour")),
            (24, _("for a day")),
            (168, _("for a week")),
            (720, _("for 30 days")),
        ],
    )

    def overlap(self) -> timedelta:
        """As a span of time."""
        return timedelta(hours=self.cleaned_data["hours"])


class RejectFilter(forms.Form):
    """What the list of rejected items is narrowed by. An unreadable value narrows nothing."""

    reason = forms.ChoiceField(
        label=_("Reason"), required=False, choices=lambda: [("", _now("All")), *models.Reason.choices]
    )
    q = forms.CharField(
        label=_("Search"), required=False, max_length=200, widget=forms.TextInput(attrs={"type": "search"})
    )

    def given(self) -> dict[str, Any]:
        """The readable values, named as the query names them."""
        self.is_valid()
        found = self.cleaned_data
        return {"reason": found.get("reason") or "", "text": (found.get("q") or "").replace("\x00", "")}


class MendForm(forms.Form):
    """A rejected item as it should have been."""

    item = forms.CharField(
        label=_("The item"),
        max_length=models.ITEM_CHARACTERS * 3,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 16, "spellcheck": "false", "autocomplete": "off"}),
    )

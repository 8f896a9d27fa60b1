"""Forms about keys."""

import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from posthouse.foundation.clock import now
from posthouse.foundation.ids import new_id
from posthouse.keys import models, values

LONGEST = timedelta(days=3660)


def new_once() -> str:
    """A word that makes a form good for one key, however often it is sent."""
    return new_id("once")


class KeyForm(forms.Form):
    """What may be said of a key by those who use it."""

    name = forms.CharField(
        label=_("Name"),
        max_length=80,
        help_text=_("Where it is used, such as “Website” or “Nightly import”. Only your team sees it."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    scopes = forms.MultipleChoiceField(
        label=_("Scopes"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("What the key may do. Fewer is safer; you can change this later."),
    )
    expires_on = forms.DateField(
        label=_("Expires on"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        input_formats=["%Y-%m-%d"],
    )
    networks = forms.CharField(
        label=_("Allowed networks"),
        required=False,
        max_length=4000,
        help_text=_(
            "Calls from other addresses are refused. One per line, such as 203.0.113.0/24. Empty: any address."
        ),
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if settings.KEY_SCOPES:
            self._scopes.choices = [(name, name) for name in settings.KEY_SCOPES]
        else:
            del self.fields["scopes"]
        self.fields["expires_on"].help_text = _(
            "It stops at the end of this day in your time zone (%(zone)s). Empty: never."
        ) % {"zone": timezone.get_current_timezone_name()}

    @property
    def _scopes(self) -> forms.MultipleChoiceField:
        field = self.fields["scopes"]
        assert isinstance(field, forms.MultipleChoiceField)
        return field

    def clean_expires_on(self) -> datetime | None:
        """The end of the day chosen, in the person's zone."""
        chosen: date | None = self.cleaned_data["expires_on"]
        if chosen is None:
            return None
        if not timedelta() <= chosen - timezone.localdate(now()) <= LONGEST:
            raise ValidationError(_("Choose a day between today and ten years from now."))
        return timezone.make_aware(datetime.combine(chosen + timedelta(days=1), time()))

    def clean_networks(self) -> list[str]:
        """The networks, one or several per line."""
        return values.read_networks(re.split(r"[\s,;]+", self.cleaned_data["networks"]))

    def changes(self) -> dict[str, Any]:
        """The fields of a key as the actions take them."""
        data = self.cleaned_data
        found = {"name": data["name"], "networks": data["networks"], "expires_at": data["expires_on"]}
        if "scopes" in self.fields:
            found["scopes"] = values.read_scopes(data["scopes"])
        return found


class NewKeyForm(KeyForm):
    """A key to be made. `once` makes two clicks, or two tabs, or a reload, one key."""

    environment = forms.ChoiceField(
        label=_("Environment"),
        choices=models.Environment.choices,
        initial=models.Environment.TEST,
        widget=forms.RadioSelect,
        help_text=_("Test keys are for trying out; live keys are for what your own users depend on."),
    )
    once = forms.RegexField(r"^[a-z0-9_]{8,50}$", initial=new_once, widget=forms.HiddenInput)

    field_order = ("name", "environment", "scopes", "expires_on", "networks", "once")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "scopes" in self.fields:
            self.fields["scopes"].initial = list(settings.KEY_SCOPES)


class EditKeyForm(KeyForm):
    """A key to be changed."""

    def __init__(self, *args: Any, key: models.Key, **kwargs: Any) -> None:
        self._key = key
        last_moment = key.expires_at - timedelta(microseconds=1) if key.expires_at else None
        initial = {
            "name": key.name,
            "scopes": key.scopes,
            "networks": "\n".join(key.networks),
            "expires_on": timezone.localtime(last_moment).date() if last_moment else None,
        }
        super().__init__(*args, initial=initial, **kwargs)

    def changes(self) -> dict[str, Any]:
        """Only what was touched: an expiry set to the minute over the API is not rounded by a rename."""
        return {name: value for name, value in super().changes().items() if self._touched(name)}

    def _touched(self, name: str) -> bool:
        return ("expires_on" if name == "expires_at" else name) in self.changed_data


class RotateForm(forms.Form):
    """For how long the secret in use works on beside the new one."""

    overlap = forms.TypedChoiceField(
        label=_("How long does the old secret work on?"),
        coerce=int,
        choices=[
            (0, _("Not at all: it ends now")),
            (3600, _("1 hour")),
            (86_400, _("24 hours")),
            (7 * 86_400, _("7 days")),
        ],
        initial=86_400,
        widget=forms.RadioSelect,
    )
    replacing = forms.RegexField(r"^[a-z0-9_]{1,40}$", widget=forms.HiddenInput)

    @property
    def duration(self) -> timedelta:
        """The overlap chosen."""
        return timedelta(seconds=self.cleaned_data["overlap"])


class RevokeForm(forms.Form):
    """Why a key ends."""

    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=200,
        help_text=_("For your records, such as “leaked in a screenshot”."),
    )


class TeamRevokeForm(forms.Form):
    """Why the vendor ends a customer's key."""

    reason = forms.CharField(label=_("Reason"), max_length=200, help_text=_("The customer reads this."))


WINDOWS = [
    (1, _("per second")),
    (60, _("per minute")),
    (3600, _("per hour")),
    (86_400, _("per day")),
    (30 * 86_400, _("per 30 days")),
]


class LimitForm(forms.Form):
    """One named limit. A row without a name is left out."""

    name = forms.CharField(label=_("Name"), required=False, max_length=64)
    quota = forms.IntegerField(label=_("Calls"), required=False, min_value=0, max_value=values.MAX_QUOTA)
    window = forms.TypedChoiceField(label=_("Time"), coerce=float, required=False, empty_value=1.0)  # type: ignore[arg-type]  # the stubs know only text

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        window = self.fields["window"]
        assert isinstance(window, forms.TypedChoiceField)
        window.choices = list(_windows(self.initial.get("window")))

    def clean(self) -> dict[str, Any]:
        """A limit has both a name and a number of calls, or neither."""
        data = self.cleaned_data
        if bool(data.get("name")) != (data.get("quota") is not None) and not self.errors:
            raise ValidationError(_("A limit needs a name and a number of calls."))
        return data


def _windows(own: float | None) -> Iterator[tuple[str, Any]]:
    """The usual times, and the row's own when it is an unusual one."""
    for seconds, words in WINDOWS:
        yield str(float(seconds)), words
    if own is not None and own not in dict(WINDOWS):
        yield str(float(own)), _("per %(seconds)s seconds") % {"seconds": own}


class LimitRows(forms.BaseFormSet):  # type: ignore[type-arg]  # generic only in the stubs
    """All limits of a key; no row at all gives back the environment's own."""

    def clean(self) -> None:
        """The rows make sense together."""
        if not any(self.errors):
            self.limits = values.read_limits(self._filled())

    def _filled(self) -> Iterator[tuple[str, int, float]]:
        for form in self.forms:
            data = form.cleaned_data
            if data.get("name"):
                yield data["name"], data["quota"], data["window"]


LimitFormSet = forms.formset_factory(
    LimitForm, formset=LimitRows, extra=2, max_num=values.MAX_LIMITS, validate_max=True
)


def limit_rows(limits: list[list[Any]], data: Any = None) -> LimitRows:
    """The form for a key's limits."""
    initial = [{"name": name, "quota": quota, "window": float(window)} for name, quota, window in limits]
    rows = LimitFormSet(data, initial=initial, prefix="limits")
    assert isinstance(rows, LimitRows)
    return rows

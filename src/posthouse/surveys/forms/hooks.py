"""How the incoming webhook of a campaign is set up, tried and given a new secret."""

from datetime import timedelta
from typing import Any

import msgspec
from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from posthouse.surveys import actions
from posthouse.surveys.hooks.mapping import PLACES
from posthouse.surveys.models import Hook, Signing
from posthouse.surveys.texts import Invalid

CODE = {"spellcheck": "false", "autocomplete": "off", "class": "code"}
SHORT = {"spellcheck": "false", "autocomplete": "off"}


def _place(label: Any, help_text: Any = "", *, required: bool = False) -> forms.CharField:
    widget = forms.TextInput(attrs=SHORT)
    return forms.CharField(label=label, help_text=help_text, required=required, max_length=500, widget=widget)


def _lines(label: Any, help_text: Any) -> forms.CharField:
    widget = forms.Textarea(attrs=CODE | {"rows": 4})
    return forms.CharField(label=label, help_text=help_text, required=False, max_length=40_000, widget=widget)


class HookForm(forms.Form):
    """Where everything stands in a payload, and how a delivery is signed; `payload` is one to try it on."""

    email = _place(_("E-mail address"), _("Such as /user/email."), required=True)
    name = _place(_("Name"))
    language = _place(_("Language"), _("Empty: the person's own."))
    delay = _place(
        _("How much later it is asked"), _("Seconds, or a duration such as PT2H. =PT2H is always two hours.")
    )
    id = _place(
        _("Id of the delivery"), _("So that a repeat is recognised. Standard Webhooks brings its own in a header.")
    )
    attributes = _lines(
        _("Attributes"), _("One per line: plan = /customer/plan. They are kept with the contact and with the answer.")
    )
    only = _lines(_("Only if"), _("One per line: /ticket/status = solved. What says something else is passed over."))
    signing = forms.ChoiceField(
        label=_("How deliveries are signed"),
        choices=Signing.choices,
        widget=forms.RadioSelect,
        initial=Signing.STANDARD,
    )
    payload = forms.CharField(
        label=_("A payload to try it on"),
        required=False,
        max_length=actions.MAX_BODY,
        widget=forms.Textarea(attrs=CODE | {"rows": 12}),
        help_text=_("As the other system sends it. It is read and forgotten; nobody is asked."),
    )

    @classmethod
    def of(cls, hook: Hook) -> "HookForm":
        """Filled in as the hook is now."""
        mapping = hook.mapping
        first = {name: mapping.get(name, "") for name in PLACES} | {"signing": hook.signing}
        for name in ("attributes", "only"):
            first[name] = "\n".join(f"{key} = {value}" for key, value in mapping.get(name, {}).items())
        return cls(initial=first)

    def clean_attributes(self) -> dict[str, str]:
        """Sources by name."""
        return self._pairs("attributes", split_last=False)

    def clean_only(self) -> dict[str, str]:
        """What must be said, by pointer."""
        return self._pairs("only", split_last=True)

    def _pairs(self, field: str, *, split_last: bool) -> dict[str, str]:
        found: dict[str, str] = {}
        for number, line in enumerate(self.cleaned_data[field].splitlines(), start=1):
            if not line.strip():
                continue
            key, equals, value = line.rpartition("=") if split_last else line.partition("=")
            if not equals or not key.strip():
                raise forms.ValidationError(gettext("Line %(number)d has no equals sign."), params={"number": number})
            if key.strip() in found:
                raise forms.ValidationError(gettext("Line %(number)d says it again."), params={"number": number})
            found[key.strip()] = value.strip()
        return found

    def mapping(self) -> dict[str, Any]:
        """As the actions take it."""
        return {name: self.cleaned_data[name] for name in (*PLACES, "attributes", "only")}

    def clean_payload(self) -> str:
        """JSON, where there is any."""
        text: str = self.cleaned_data["payload"]
        if text.strip():
            try:
                msgspec.json.decode(text.encode("utf-8", "replace"))
            except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
                raise forms.ValidationError(gettext("This is not JSON: %(why)s") % {"why": error}) from error
        return text

    def take_fault(self, fault: Invalid) -> None:
        """Show a fault at the field that its place names."""
        parts = fault.place.strip("/").split("/")
        field = parts[1] if len(parts) > 1 and parts[1] in self.fields else parts[0]
        named = f"{parts[2]}: " if len(parts) > 2 else ""
        self.add_error(field if field in self.fields else None, f"{named}{fault.reason}")


class RotateHookForm(forms.Form):
    """For how long the old secret works on; `replacing` is the turn of the one that is seen."""

    hours = forms.TypedChoiceField(
        label=_("The old secret works on"),
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
    replacing = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def overlap(self) -> timedelta:
        """As a span of time."""
        return timedelta(hours=self.cleaned_data["hours"])

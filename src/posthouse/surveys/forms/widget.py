"""How the team sets up the question within the vendor's pages."""

from typing import Any

from django import forms
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from posthouse.surveys import actions
from posthouse.surveys.forms.links import NAMES
from posthouse.surveys.models import Widget


class WidgetForm(forms.Form):
    """Origins and conditions are lines of text."""

    on = forms.BooleanField(label=pgettext_lazy("widget", "Shown"), required=False, initial=True)
    origins = forms.CharField(
        label=_("Origins of your pages"),
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "placeholder": "https://app.example.org"}),
        help_text=_("One on each line. Pages of other origins are refused."),
    )
    target = forms.CharField(
        label=_("Whom it asks"),
        required=False,
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "placeholder": "plan = pro, team"}),
        help_text=_("An attribute on each line with the values that are asked; all lines must fit. Empty: everybody."),
    )
    share = forms.IntegerField(label=_("Share of visitors asked, in percent"), min_value=0, max_value=100, initial=100)
    wait_seconds = forms.IntegerField(label=_("Seconds before it appears"), min_value=0, max_value=600, initial=5)
    attributes = forms.CharField(
        label=_("Attributes of the page that are kept with an answer"),
        required=False,
        max_length=500,
        help_text=_("Names with commas between. Of a person whom you sign for, the signed ones are kept."),
    )
    remember = forms.BooleanField(
        label=_("Do not ask the same browser again for 30 days"),
        required=False,
        initial=True,
        help_text=_("After an answer or “not now” one entry is put into localStorage; nothing is stored otherwise."),
    )

    def __init__(self, data: Any, *, widget: Widget | None) -> None:
        super().__init__(data, initial=_shown(widget) if widget else None)

    def changes(self) -> dict[str, Any]:
        """As the action takes it. Raises Invalid for a line that is no condition."""
        given = self.cleaned_data
        plain = {name: given[name] for name in ("on", "share", "wait_seconds", "remember")}
        names = [name for name in NAMES.split(given["attributes"].strip()) if name]
        origins = [line.strip() for line in given["origins"].splitlines() if line.strip()]
        return plain | {"origins": origins, "attributes": names, "target": _target(given["target"])}

    def take_fault(self, fault: actions.Invalid) -> None:
        """Show a fault at the field that its place names."""
        name = fault.place.strip("/").split("/")[0]
        self.add_error(name if name in self.fields else None, fault.reason)


def _shown(widget: Widget) -> dict[str, Any]:
    plain = {name: getattr(widget, name) for name in ("on", "share", "wait_seconds", "remember")}
    lines = [f"{name} = {', '.join(values)}" for name, values in widget.target.items()]
    words = {"origins": "\n".join(widget.origins), "target": "\n".join(lines)}
    return plain | words | {"attributes": ", ".join(widget.attributes)}


def _target(text: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        if not line.strip():
            continue
        name, equals, values = line.partition("=")
        if not equals:
            raise actions.Invalid("/target", gettext("A line is written like plan = pro, team."))
        found[name.strip()] = [value.strip() for value in values.split(",") if value.strip()]
    return found

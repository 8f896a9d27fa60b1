"""What the team fills in to make a link: for one person, or for everybody who has it."""

import re
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from posthouse.messages.queries import is_address
from posthouse.surveys import actions
from posthouse.surveys.models import Campaign

NAMES = re.compile(r"[\s,;]+")


class PersonalLinkForm(forms.Form):
    """A link for one person, to be pasted in a chat."""

    email = forms.CharField(label=_("E-mail"), max_length=254, widget=forms.EmailInput)
    language = forms.ChoiceField(label=_("Language"), required=False)

    def __init__(self, data: Any, *, campaign: Campaign) -> None:
        super().__init__(data)
        choices = [("", gettext("The person's own")), *((code, code) for code in campaign.texts)]
        self.fields["language"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField

    def clean_email(self) -> str:
        """An address that mail could go to, though none does."""
        text = str(self.cleaned_data["email"]).strip()
        if not is_address(text):
            raise forms.ValidationError(gettext("This is not an e-mail address."))
        return text


class OpenLinkForm(forms.Form):
    """An address for everybody who has it."""

    name = forms.CharField(
        label=_("Name"), max_length=80, help_text=_("Where it is going to stand, such as the poster at the entrance.")
    )
    expires_at = forms.DateTimeField(
        label=_("Works until"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    most_answers = forms.IntegerField(label=_("Answers at most"), required=False, min_value=1, max_value=1_000_000)
    attributes = forms.CharField(
        label=_("What the address may say"),
        required=False,
        max_length=500,
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocomplete": "off"}),
        help_text=_("Names with commas between, such as place, event. Then ?place=berlin is kept with the answer."),
    )

    def wish(self) -> dict[str, Any]:
        """As the action takes it."""
        given = self.cleaned_data
        names = [name for name in NAMES.split(given["attributes"].strip()) if name]
        return {name: given[name] for name in ("name", "expires_at", "most_answers")} | {"attributes": names}

    def take_fault(self, fault: actions.Invalid) -> None:
        """Show a fault at the field that its place names."""
        name = fault.place.strip("/").split("/")[0]
        self.add_error(name if name in self.fields else None, fault.reason)

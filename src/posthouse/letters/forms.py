"""Forms of the desk's pages about mail."""

from typing import Any

from django import forms
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from posthouse.messages import queries
from posthouse.messages.actions import Draft

LARGEST_FILE = 2 * 1024 * 1024


def _date(label: Any) -> forms.DateField:
    return forms.DateField(label=label, required=False, widget=forms.DateInput(attrs={"type": "date"}))


def _choice(label: Any, choices: Any) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, required=False, choices=lambda: [("", gettext("All")), *choices()])


class LogFilter(forms.Form):
    """What the mail log is narrowed by. An unreadable value narrows nothing."""

    q = forms.CharField(
        label=_("Recipient or subject"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"type": "search"}),
    )
    state = _choice(_("State"), lambda: queries.State.choices)
    feedback = _choice(_("What came back"), lambda: queries.Feedback.choices)
    category = _choice(_("Kind"), lambda: [(kind.key, kind.label) for kind in queries.kinds()])
    template = _choice(_("Template"), lambda: [(key, key) for key in queries.template_keys()])
    since = _date(_("Written from"))
    until = _date(_("Written until"))

    def given(self) -> dict[str, Any]:
        """The readable values, named as `queries.log` names them."""
        self.is_valid()
        found = dict(self.cleaned_data)
        return {"text": found.pop("q", ""), **found}


class WordsForm(forms.Form):
    """Subject, plain text and HTML of one mail in one language."""

    subject = forms.CharField(label=_("Subject"), widget=forms.TextInput(attrs={"size": 80}))
    text = forms.CharField(
        label=_("Plain text"),
        strip=False,
        widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "true"}),
    )
    html = forms.CharField(
        label=_("HTML"),
        required=False,
        strip=False,
        help_text=_("What stands inside the frame that all mails share. Empty: made from the plain text."),
        widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "false"}),
    )
    note = forms.CharField(label=_("What changed (for your colleagues)"), required=False, max_length=200)
    based_on = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def draft(self, key: str, language: str) -> Draft:
        """What was typed, as it will be checked."""
        given = {name: str(self.data.get(name, "")).replace("\r\n", "\n") for name in ("subject", "text", "html")}
        return Draft(key, language, **given)


class NewWordsForm(forms.Form):
    """The name of a mail of one's own."""

    key = forms.RegexField(
        r"\A[a-z][a-z0-9_-]{0,79}\Z",
        label=_("Name"),
        help_text=_("Small letters, digits, - and _. Automations call the mail by this name."),
        error_messages={"invalid": _("A name is made of small letters, digits, - and _, and begins with a letter.")},
    )

    def clean_key(self) -> str:
        """A name that is not taken."""
        key = str(self.cleaned_data["key"])
        if key in queries.template_keys():
            raise forms.ValidationError(gettext("There is a mail of this name already."))
        return key


class SuppressionFilter(forms.Form):
    """What the suppression list is narrowed by."""

    q = forms.CharField(
        label=_("Address"), required=False, max_length=254, widget=forms.TextInput(attrs={"type": "search"})
    )
    reason = _choice(_("Reason"), lambda: queries.Reason.choices)

    def given(self) -> dict[str, str]:
        """The readable values, named as the query names them."""
        self.is_valid()
        found = dict(self.cleaned_data)
        return {"text": str(found.get("q", "")).replace("\x00", ""), "reason": found.get("reason", "")}


class SuppressForm(forms.Form):
    """An address that is to get no letters."""

    email = forms.EmailField(label=_("Address"))
    note = forms.CharField(label=_("Why"), max_length=500)


class ReleaseForm(forms.Form):
    """Taking an address off the list needs a reason."""

    note = forms.CharField(label=_("Why"), max_length=500)


class ImportForm(forms.Form):
    """A file of addresses: one per line, or CSV with a column `email` and perhaps `note`."""

    file = forms.FileField(
        label=pgettext_lazy("form", "File"),
        help_text=_("One address per line, or CSV whose first line names a column email and perhaps note."),
    )

    def clean_file(self) -> bytes:
        """Its content, when it is of a size that is brought in at once."""
        file = self.cleaned_data["file"]
        if file.size > LARGEST_FILE:
            raise forms.ValidationError(gettext("The file is larger than 2 MB. Bring it in in parts."))
        content: bytes = file.read()
        return content

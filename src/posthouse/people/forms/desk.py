"""Forms of the desk: customers, contacts, team, tokens."""

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from posthouse.people import models, queries, scopes, values
from posthouse.people.forms.fields import REQUIRED, AttributesField, country_field, email_field, name_field

LONGEST = timedelta(days=3660)
"""How long a token may last that expires at all."""

CUSTOMER_SORTING = (
    ("-created", _("Newest first")),
    ("created", _("Oldest first")),
    ("name", _("By name")),
    ("-members", _("Most people first")),
)
CONTACT_SORTING = (
    ("-created", _("Newest first")),
    ("created", _("Oldest first")),
    ("name", _("By name")),
    ("email", _("By e-mail")),
)


def _date(label: Any) -> forms.DateField:
    return forms.DateField(
        label=label, required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


class ListFilter(forms.Form):
    """What every list of the desk is narrowed by. An unreadable value narrows nothing."""

    q = forms.CharField(
        label=_("Search"), required=False, max_length=200, widget=forms.TextInput(attrs={"type": "search"})
    )
    created_from = _date(_("Created from"))
    created_to = _date(_("Created until"))

    def given(self) -> dict[str, Any]:
        """The readable values, named as the queries name them."""
        self.is_valid()
        found = dict(self.cleaned_data)
        return {
            "search": found.get("q") or "",
            "created_from": found.get("created_from"),
            "created_to": found.get("created_to"),
            "order": found.get("sort") or "-created",
        }


class CustomerFilter(ListFilter):
    """What the list of customers is narrowed by."""

    field_order = ["q", "country", "channel", "created_from", "created_to", "sort"]

    country = forms.ChoiceField(
        label=_("Country"),
        required=False,
        choices=lambda: [
            ("", gettext("All")),
            *sorted(((code, values.country_name(code)) for code in queries.countries()), key=lambda pair: pair[1]),
        ],
    )
    channel = forms.ChoiceField(
        label=_("Channel"),
        required=False,
        choices=lambda: [("", gettext("All")), *((name, name) for name in queries.channels())],
    )
    sort = forms.ChoiceField(label=_("Order"), required=False, choices=CUSTOMER_SORTING)

    def given(self) -> dict[str, Any]:
        """As above, with country and channel."""
        return super().given() | {name: self.cleaned_data.get(name) or "" for name in ("country", "channel")}


class ContactFilter(ListFilter):
    """What the list of contacts is narrowed by."""

    field_order = ["q", "login", "created_from", "created_to", "sort"]

    login = forms.ChoiceField(
        label=_("Login"),
        required=False,
        choices=[("", _("All")), ("yes", _("With a login")), ("no", _("Without a login"))],
    )
    sort = forms.ChoiceField(label=_("Order"), required=False, choices=CONTACT_SORTING)

    def given(self) -> dict[str, Any]:
        """As above, with whether there is a login."""
        login = {"yes": True, "no": False}.get(self.cleaned_data.get("login", "") if self.is_valid() else "")
        return super().given() | {"has_login": login}


class CustomerForm(forms.Form):
    """A customer, made or changed by hand."""

    name = name_field(_("Name"))
    external_id = forms.CharField(
        label=_("Your own id"),
        max_length=120,
        required=False,
        help_text=_("Under which your other systems know this customer."),
    )
    country = country_field()
    channel = forms.CharField(label=_("Channel"), max_length=60, required=False, help_text=_("How they found you."))
    attributes = AttributesField()


class ContactForm(forms.Form):
    """A contact changed by hand."""

    name = name_field(_("Name"), required=False)
    job_role = forms.ChoiceField(
        label=_("Role"), required=False, choices=lambda: [("", gettext("Not told")), *models.Contact.JobRole.choices]
    )
    use_case = forms.CharField(
        label=_("What they are building"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    attributes = AttributesField()


class NewContactForm(ContactForm):
    """A contact made by hand, known by its address."""

    field_order = ["email", "name", "job_role", "use_case", "attributes"]

    email = email_field()

    def clean_email(self) -> str:
        """Nobody else may be known by it."""
        email: str = self.cleaned_data["email"]
        if queries.contact_by_email(email):
            raise forms.ValidationError(gettext("There is a contact with this address already."))
        return email


class TeamMemberForm(forms.Form):
    """Letting somebody into the desk."""

    email = email_field()
    name = name_field(_("Name"), required=False)
    role = forms.ChoiceField(label=_("Role"), choices=models.TeamRole.choices, initial=models.TeamRole.SUPPORT)


class TeamRoleForm(forms.Form):
    """Giving a team member another role."""

    role = forms.ChoiceField(label=_("Role"), choices=models.TeamRole.choices)


class TokenForm(forms.Form):
    """A new credential for a program."""

    name = forms.CharField(
        label=_("Name"),
        max_length=120,
        help_text=_("What will use it, for example: API server in Frankfurt."),
        error_messages={"required": REQUIRED},
    )
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"),
        choices=[*scopes.SCOPES.items(), (scopes.EVERYTHING, _("Everything"))],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one.")},
    )
    expires_on = forms.DateField(
        label=_("Last day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Leave it empty for a token that does not expire."),
    )

    def clean_expires_on(self) -> datetime | None:
        """The end of that day, in the zone of the person."""
        day = self.cleaned_data["expires_on"]
        if day is None:
            return None
        if day < timezone.localdate():
            raise forms.ValidationError(gettext("This day has passed."))
        if day - timezone.localdate() > LONGEST:
            raise forms.ValidationError(gettext("Choose a day within ten years from now, or leave it empty."))
        return timezone.make_aware(datetime.combine(day, time.max))

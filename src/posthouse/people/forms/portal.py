"""Forms of the portal's people pages."""

from django import forms
from django.utils.translation import gettext_lazy as _

from posthouse.people import models
from posthouse.people.forms.fields import email_field, name_field


class InviteForm(forms.Form):
    """Asking somebody to join."""

    email = email_field()
    role = forms.ChoiceField(label=_("Role"), choices=models.Role.choices, initial=models.Role.DEVELOPER)


class RoleForm(forms.Form):
    """Giving a member another role."""

    role = forms.ChoiceField(label=_("Role"), choices=models.Role.choices)


class OrganisationForm(forms.Form):
    """Founding a customer."""

    name = name_field(_("Name of the organisation"), autocomplete="organization")

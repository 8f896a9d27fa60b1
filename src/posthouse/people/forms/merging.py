"""The form that asks which other contact or customer is the same."""

from typing import TypeVar

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from posthouse.people import models, queries

M = TypeVar("M", models.Contact, models.Customer)


class OtherContactForm(forms.Form):
    """Names the other contact by e-mail or id."""

    other = forms.CharField(label=_("E-mail, name or id of the other contact"), max_length=254)

    def clean_other(self) -> models.Contact:
        """The contact that is meant."""
        given = self.cleaned_data["other"].strip()
        return _known(queries.contact(given) or queries.contact_by_email(given))


class OtherCustomerForm(forms.Form):
    """Names the other customer by our id or by the vendor's."""

    other = forms.CharField(label=_("Name of the other customer, or its id, ours or your own"), max_length=120)

    def clean_other(self) -> models.Customer:
        """The customer that is meant."""
        given = self.cleaned_data["other"].strip()
        return _known(queries.customer(given) or queries.customer_by_external_id(given))


def _known(found: M | None) -> M:
    if found is None:
        raise forms.ValidationError(gettext("Nobody is known by this."))
    return found

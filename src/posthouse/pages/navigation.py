"""Where these pages hang in the portal and in the desk."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from posthouse.design.navigation import desk, portal

portal(_("Home"), "portal-home", order=10)
portal(_("Go live"), "portal-golive", order=60)
desk(_("Home"), "desk-home", order=10, key="h")
desk(_("Events"), "desk-events", order=60, section=pgettext_lazy("section of the desk", "House"), key="e")

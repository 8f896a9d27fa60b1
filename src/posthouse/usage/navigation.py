"""Where these pages hang in the portal and in the desk."""

from django.utils.translation import gettext_lazy as _

from posthouse.design.navigation import desk, portal

portal(_("Calls"), "portal-calls", order=40)
portal(_("Usage"), "portal-usage", order=50)
desk(_("Traffic"), "desk-traffic", order=40, key="t")

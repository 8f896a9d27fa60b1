"""Where the documentation stands in the desk's rail and the portal's head."""

from django.utils.translation import gettext_lazy as _

from posthouse.design.navigation import desk, portal

portal(_("Documentation"), "docs-home", order=20, customer=False)
desk(_("API document"), "desk-guides", order=70, roles=("admin", "engineer"))

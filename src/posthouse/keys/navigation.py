"""Where the pages about keys hang in the portal."""

from django.utils.translation import gettext_lazy as _

from posthouse.design.navigation import portal

portal(_("Keys"), "portal-keys", order=30)

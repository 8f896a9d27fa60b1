"""Where the pages about sources hang in the desk."""

from django.utils.translation import gettext_lazy as _

from posthouse.design.navigation import desk

desk(_("Sources"), "desk-sources", order=70)

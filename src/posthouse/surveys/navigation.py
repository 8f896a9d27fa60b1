"""Where the pages about surveys hang in the desk."""

from django.utils.translation import gettext_lazy as _

from posthouse.design.navigation import desk

desk(_("Surveys"), "desk-surveys", order=50, key="s")

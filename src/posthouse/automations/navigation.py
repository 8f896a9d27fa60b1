"""Where these pages hang in the desk."""

from django.utils.translation import gettext_lazy as _

from posthouse.design.navigation import desk

desk(_("Automations"), "desk-automations", order=45, key="a")
desk(_("Tasks"), "desk-tasks", order=46, key="k")

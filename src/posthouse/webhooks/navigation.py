"""Where the pages about webhooks hang in the desk."""

from django.utils.translation import gettext_lazy as _

from posthouse.design.navigation import desk

desk(_("Webhooks"), "desk-webhooks", order=71)

"""What this feature adds to the rail of the desk and to the head of the portal."""

from django.utils.translation import gettext_lazy as _

from posthouse.design.navigation import desk, portal

desk(_("Journeys"), "desk-journeys", order=35, key="j")
portal(_("Your journey"), "portal-journeys", order=70)

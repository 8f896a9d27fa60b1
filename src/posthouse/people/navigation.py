"""What this feature adds to the rail of the desk and to the head of the portal."""

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from posthouse.design import language
from posthouse.design.navigation import desk, find_customer, portal
from posthouse.people import access, actions
from posthouse.people.models import TeamRole, User

portal(_("People"), "portal-people", order=80)
desk(_("Customers"), "desk-customers", order=20, key="c")
desk(_("Contacts"), "desk-contacts", order=30, key="p")
desk(_("Team"), "desk-team", order=80, section=pgettext_lazy("section of the desk", "House"), key="m")
desk(_("Tokens"), "desk-tokens", order=85, section=pgettext_lazy("section of the desk", "House"))
desk(
    _("Settings"),
    "desk-settings",
    order=90,
    section=pgettext_lazy("section of the desk", "House"),
    roles=[TeamRole.ADMIN],
)


@find_customer
def of_session(request: HttpRequest) -> str | None:
    """On pages that name no customer: the one the person saw last."""
    found = access.current_membership(request)
    return found.customer_id if found else None


@language.when_chosen
def remember_language(request: HttpRequest, code: str) -> None:
    """The switch in the foot of the page also changes the profile."""
    if isinstance(request.user, User):
        actions.speak_language(user=request.user, language=code)

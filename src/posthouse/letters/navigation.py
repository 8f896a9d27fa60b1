"""The mail log in the desk's rail, the bell in the portal's head."""

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from posthouse.design.navigation import Bell, bell, desk
from posthouse.messages import queries
from posthouse.people import access

desk(_("Mail"), "desk-mail", order=80)


@bell
def unread_notices(request: HttpRequest) -> Bell | None:
    """How many notices the member whose portal is on screen has not read. One query, whatever the page."""
    membership = getattr(request, "membership", None)
    if membership is None:
        return None
    return Bell(reverse("portal-notices", args=[membership.customer_id]), queries.unread(reader_of(request)).count())


def reader_of(request: HttpRequest | access.CustomerRequest) -> queries.Reader:
    """The signed-in member as a reader of notices."""
    membership = request.membership  # type: ignore[union-attr]  # only asked within a customer's portal
    return queries.Reader(membership.contact_id, membership.customer_id, membership.created_at)

"""The customer's own journeys, in the words meant for it."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from posthouse.journeys import queries
from posthouse.people import access
from posthouse.people import queries as people


@access.customer()
@require_GET
def journeys(request: access.CustomerRequest) -> HttpResponse:
    """How far the customer has come, and what comes next."""
    contacts = [row.contact_id for row in people.members(request.customer)]
    found = queries.places(request.customer.pk, contacts, portal=True)
    current = [place for place in found if place.next]
    context = {
        "current": current,
        "earlier": [place for place in found if not place.next],
        "next": next((place.next for place in current), None),
    }
    return render(request, "journeys/portal.html", context)

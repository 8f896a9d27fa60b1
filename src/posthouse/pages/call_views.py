"""The request inspector: one call with everything that is known of it, and what its error means."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_GET

from posthouse.guides import queries as guides
from posthouse.keys import queries as keys
from posthouse.pages import actions, replay
from posthouse.people import access
from posthouse.people.actions import as_contact
from posthouse.usage import queries as usage

Request = access.CustomerRequest
SIMILAR = 10


@access.customer()
@require_GET
def inspect(request: Request, call_id: str) -> HttpResponse:
    """One call. Reading why one failed for the first time ticks a point of the checklists."""
    customer_id = request.customer.pk
    call = usage.one_call(customer_id, call_id) if "\x00" not in call_id else None
    if call is None:
        raise Http404
    language = get_language() or "en"
    explanation = guides.explain_error(call.method, call.route, call.status, call.error_code, language)
    if call.failed:
        actions.note_error_examined(
            customer_id=customer_id,
            call_id=call.id,
            error_code=call.error_code or str(call.status),
            actor=as_contact(request.contact),
            contact_id=request.contact.pk,
        )
    context = {
        "call": call,
        "explanation": explanation,
        "operation": guides.find_operation(call.method, call.route),
        "key": keys.one_of(customer_id, call.key_id) if call.key_id else None,
        "similar": usage.similar_calls(call, SIMILAR),
        "curl": replay.as_curl(method=call.method, target=call.target, details=call.details),
    }
    return render(request, "pages/call.html", context)

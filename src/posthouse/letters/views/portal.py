"""Behind the bell, and what kinds of mail a signed-in person wants."""

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from posthouse.foundation.paging import page_of
from posthouse.letters.navigation import reader_of
from posthouse.letters.views.public import choices_of, save_choices
from posthouse.messages import actions, queries
from posthouse.people import access
from posthouse.people import queries as people


@access.customer()
@require_GET
def notices(request: access.CustomerRequest) -> HttpResponse:
    """All notices, newest first."""
    return render(request, "letters/notices.html", {"page": page_of(request, queries.notices(reader_of(request)), 30)})


@access.customer()
@require_POST
def read_all(request: access.CustomerRequest) -> HttpResponse:
    """Nothing is new any more."""
    actions.mark_all_read(reader=reader_of(request))
    return redirect("portal-notices", request.customer.pk)


@access.customer()
@require_POST
def open_notice(request: access.CustomerRequest, notice_id: str) -> HttpResponse:
    """Mark one as read, and go where it leads."""
    notice = queries.notice(reader_of(request), notice_id)
    if notice is None:
        raise Http404
    actions.mark_read(notice=notice, contact_id=request.contact.pk)
    return redirect(notice.link) if notice.link else redirect("portal-notices", request.customer.pk)


@access.signed_in
def choices(request: access.SignedInRequest) -> HttpResponse:
    """Which kinds of mail the signed-in person wants."""
    contact = people.contact_of(request.user)
    known = queries.addressee(request.user.email, contact.pk if contact else "")
    if request.method == "POST":
        save_choices(request, known, queries.How.PORTAL, actor=f"contact:{contact.pk}" if contact else "")
        return redirect("portal-mail-choices")
    return render(request, "letters/mail_choices.html", {**choices_of(known), "history": queries.changes(known)[:20]})

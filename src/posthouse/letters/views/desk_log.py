"""The mail log on the desk: what was sent to whom, what failed or came back; and the notices shown."""

import re
from typing import Any

from django.contrib import messages as flash
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from posthouse.foundation.paging import page_of
from posthouse.letters.forms import LogFilter
from posthouse.messages import actions, queries
from posthouse.people import access
from posthouse.people import queries as people

_ADDRESS = re.compile(r"(https?://[^/\s]+)/[^\s]+")


@access.team()
@require_GET
def log(request: HttpRequest) -> HttpResponse:
    """All mail, newest first."""
    narrowed = LogFilter({name: str(value).replace("\x00", "") for name, value in request.GET.items()})
    given = {name: value for name, value in narrowed.given().items() if value}
    page = page_of(request, queries.log(**given))
    counts = queries.counts()
    return render(
        request, "letters/log.html", {"page": page, "filter": narrowed, "narrowed": bool(given), "counts": counts}
    )


@access.team()
@require_GET
def one(request: access.TeamRequest, message_id: str) -> HttpResponse:
    """One mail. Links are cut short: they may open the recipient's account."""
    message = _found(message_id)
    known = queries.addressee_of(message) if message.to or message.to_digest else None
    context = {
        "message": message,
        "text": hide_links(message.text),
        "kind": queries.category_name(message.category) if message.category else "",
        "reports": queries.reports_of(message),
        "suppression": queries.suppression(known) if known else None,
        "contact": people.actor_names({f"contact:{message.contact_id}"}).get(f"contact:{message.contact_id}", ""),
        "customer": people.customer_names([message.customer_id]).get(message.customer_id, ""),
        "may_write": access.may_write(request),
    }
    return render(request, "letters/mail.html", context)


def hide_links(text: str) -> str:
    """The text with every web address reduced to its host."""
    return _ADDRESS.sub(r"\1/…", text)


@access.team(*access.TEAM_WRITERS)
@require_POST
def retry(request: HttpRequest, message_id: str) -> HttpResponse:
    """Try a failed or cancelled mail again."""
    if actions.retry_message(message=_found(message_id)):
        flash.success(request, _("The mail will be tried again now."))
    else:
        flash.warning(request, _("The mail cannot be tried again: its words are gone, or still cannot be made."))
    return redirect("desk-mail-message", message_id)


@access.team(*access.TEAM_WRITERS)
@require_POST
def resend(request: HttpRequest, message_id: str) -> HttpResponse:
    """Send a mail once more."""
    again = actions.resend_message(message=_found(message_id))
    if again is None:
        flash.warning(request, _("The mail cannot be sent again: its words are gone, or the person does not want it."))
        return redirect("desk-mail-message", message_id)
    flash.success(request, _("The mail is sent once more."))
    return redirect("desk-mail-message", again.pk)


@access.team(*access.TEAM_WRITERS)
@require_POST
def cancel(request: HttpRequest, message_id: str) -> HttpResponse:
    """Call off a mail that still waits."""
    if actions.cancel_message(message=_found(message_id)):
        flash.success(request, _("The mail was cancelled."))
    else:
        flash.warning(request, _("The mail is already on its way."))
    return redirect("desk-mail-message", message_id)


@access.team(*access.TEAM_WRITERS)
@require_POST
def send_test(request: Any) -> HttpResponse:
    """Send a mail to oneself, to see whether mail leaves the house."""
    message = actions.send_mail(
        template="messages/test_mail",
        to=request.user.email,
        language=request.LANGUAGE_CODE,
        context={
            "name": request.member.name or request.user.email,
            "link": request.build_absolute_uri(reverse("desk-mail")),
        },
    )
    flash.success(request, _("A test mail to %(to)s is on its way.") % {"to": message.to})
    return redirect("desk-mail-message", message.pk)


@access.team()
@require_GET
def reports(request: HttpRequest) -> HttpResponse:
    """What mail servers and providers sent back, newest first; also what could not be laid to a mail."""
    kind = request.GET.get("kind", "")
    kind = kind if kind in queries.Report.Kind.values else ""
    unmatched = request.GET.get("unmatched") == "1"
    page = page_of(request, queries.reports(kind=kind, unmatched=unmatched))
    context = {"page": page, "kind": kind, "unmatched": unmatched, "kinds": queries.Report.Kind.choices}
    return render(request, "letters/reports.html", context)


@access.team()
@require_GET
def notices(request: HttpRequest) -> HttpResponse:
    """What was shown in the portal, to whom, and by how many it was read."""
    text = request.GET.get("q", "").replace("\x00", "").strip()[:200]
    page = page_of(request, queries.all_notices(text=text))
    contacts = people.actor_names({f"contact:{notice.contact_id}" for notice in page if notice.contact_id})
    customers = people.customer_names({notice.customer_id for notice in page if notice.customer_id})
    lines = [
        (notice, contacts.get(f"contact:{notice.contact_id}", ""), customers.get(notice.customer_id, ""))
        for notice in page
    ]
    return render(request, "letters/desk_notices.html", {"page": page, "lines": lines, "text": text})


def _found(message_id: str) -> queries.Message:
    message = queries.one(message_id)
    if message is None:
        raise Http404
    return message

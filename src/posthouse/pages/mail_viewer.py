"""The mail viewer of development and the demo: everything in the mail folder, open to anybody who can reach it.

It exists only where the setting MAIL_VIEWER is on.
"""

from collections.abc import Callable
from functools import wraps
from itertools import islice
from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.html import escape
from django.views.decorators.clickjacking import xframe_options_sameorigin

from posthouse.messages import queries
from posthouse.people import access

LISTED = 500
BODY_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; "
    "img-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)
"""What a mail may do in the viewer: be looked at. Its own inline styles count, nothing is fetched, nothing runs."""


def viewer(view: Callable[..., HttpResponse]) -> access.View:
    """Open to all where the viewer is on, and missing where it is off."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not settings.MAIL_VIEWER:
            raise Http404
        return view(request, *args, **kwargs)

    return access.public(guarded)


@viewer
def index(request: HttpRequest) -> HttpResponse:
    """All mail, newest first; `to` looks for a recipient."""
    to = request.GET.get("to", "").strip()
    mails = list(islice(queries.mails(to), LISTED))
    page = Paginator(mails, 50).get_page(request.GET.get("page"))
    return render(request, "pages/mail_viewer.html", {"page": page, "to": to})


@viewer
def as_json(request: HttpRequest) -> HttpResponse:
    """The same for scripts: `?to=` and `?limit=` (50 unless told, 500 at most), with the links in each mail."""
    limit = request.GET.get("limit", "")
    wanted = min(int(limit), LISTED) if limit.isascii() and limit.isdigit() and len(limit) < 10 else 50
    found = islice(queries.mails(request.GET.get("to", "").strip()), wanted)
    return JsonResponse({"messages": [_as_dict(mail) for mail in found]})


def _as_dict(mail: queries.Mail) -> dict[str, Any]:
    return {
        "name": mail.name,
        "to": mail.to,
        "from": str(mail.message["From"] or ""),
        "subject": mail.subject,
        "sent_at": mail.sent_at,
        "message_id": str(mail.message["Message-ID"] or ""),
        "language": str(mail.message["Content-Language"] or ""),
        "text": mail.text,
        "links": mail.links,
    }


@viewer
def one(request: HttpRequest, name: str) -> HttpResponse:
    """One mail: text, HTML in a frame of its own, headers."""
    response = render(request, "pages/mail_viewer_one.html", {"mail": _found(name)})
    response.may_frame_itself = True  # type: ignore[attr-defined]  # read by config.middleware
    return response


@viewer
@xframe_options_sameorigin
def body(request: HttpRequest, name: str) -> HttpResponse:
    """The HTML of a mail (its text, when it has none), for the frame: links open elsewhere, nothing else works."""
    mail = _found(name)
    html = mail.html or f"<pre>{escape(mail.text)}</pre>"
    response = HttpResponse(f'<base target="_blank">{html}')
    response.headers["Content-Security-Policy"] = BODY_POLICY
    return response


@viewer
def download(request: HttpRequest, name: str) -> HttpResponse:
    """The mail as it was sent."""
    response = HttpResponse(_found(name).raw, content_type="message/rfc822")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.eml"'
    return response


def _found(name: str) -> queries.Mail:
    mail = queries.mail(name)
    if mail is None:
        raise Http404
    return mail

"""Desk pages about the question within the vendor's pages: set up, its lines to copy, its secret, how it looks."""

from typing import Any

from django.conf import settings
from django.contrib import messages as flash
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from posthouse.people import access
from posthouse.people.actions import as_team
from posthouse.surveys import actions, queries
from posthouse.surveys.forms.widget import WidgetForm
from posthouse.surveys.models import Campaign, CampaignState, Widget
from posthouse.surveys.views.widget import address
from posthouse.surveys.widget import saying
from posthouse.surveys.widget.identity import secret_of

Request = access.TeamRequest

SNIPPET = '<script src="{address}" data-widget="{widget}" data-wait="{wait}" async></script>'
PYTHON = """import base64, hashlib, hmac, json, time

def survey_token(email, secret):
    said = json.dumps({{"email": email, "at": int(time.time())}})
    payload = base64.urlsafe_b64encode(said.encode()).decode().rstrip("=")
    text = f"v1.{widget}.{{payload}}"
    signature = hmac.new(secret.encode(), text.encode(), hashlib.sha256)
    return f"v1.{{payload}}.{{signature.hexdigest()}}"
"""
NODE = """import {{ createHmac }} from "node:crypto";

export function surveyToken(email, secret) {{
  const said = JSON.stringify({{ email, at: Math.floor(Date.now() / 1000) }});
  const payload = Buffer.from(said).toString("base64url");
  const signature = createHmac("sha256", secret).update(`v1.{widget}.${{payload}}`).digest("hex");
  return `v1.${{payload}}.${{signature}}`;
}}
"""


@access.team()
def widget(request: Request, campaign_id: str) -> HttpResponse:
    """Where and to whom it is shown; POST, for those who may, saves it."""
    campaign = _campaign(campaign_id)
    found, may_write = queries.widget_of(campaign), access.may_write(request)
    form = WidgetForm(request.POST if request.method == "POST" and may_write else None, widget=found)
    if form.is_bound and form.is_valid():
        try:
            actions.set_up_widget(campaign=campaign, actor=as_team(request.member), **form.changes())
        except actions.Invalid as fault:
            form.take_fault(fault)
        else:
            flash.success(request, _("Saved."))
            return redirect("desk-survey-widget", campaign.pk)
    return _page(request, campaign, found, form, "", 422 if form.errors else 200)


@access.team(*access.TEAM_WRITERS)
@require_POST
def rotate(request: Request, campaign_id: str) -> HttpResponse:
    """A new secret, shown on the page that answers; with `show` the present one, for it is derived, not stored."""
    campaign = _campaign(campaign_id)
    found = queries.widget_of(campaign)
    if found is None:
        raise Http404
    if "show" not in request.POST:
        found = actions.rotate_widget(widget=found, actor=as_team(request.member))
    return _page(request, campaign, found, WidgetForm(None, widget=found), secret_of(found), 200)


@access.team()
@require_GET
def preview(request: Request, campaign_id: str) -> HttpResponse:
    """The widget itself, whose answers go nowhere."""
    campaign = _campaign(campaign_id)
    found = queries.widget_of(campaign)
    if found is None:
        raise Http404
    language = request.GET.get("language", "")
    said = saying.question(found, language if language in campaign.texts else get_language() or "en")
    context = {"campaign": campaign, "said": said | {"preview": True, "ticket": ""}, "languages": list(campaign.texts)}
    return render(request, "surveys/widget_preview.html", context)


def _page(
    request: Request, campaign: Campaign, found: Widget | None, form: WidgetForm, secret: str, status: int
) -> HttpResponse:
    context: dict[str, Any] = {
        "campaign": campaign,
        "widget": found,
        "form": form,
        "secret": secret,
        "may_write": access.may_write(request),
        "running": campaign.state == CampaignState.RUNNING,
    }
    if found is not None:
        context |= {
            "snippet": SNIPPET.format(address=address(), widget=found.pk, wait=found.wait_seconds),
            "policy": f"script-src {settings.PUBLIC_URL}; connect-src {settings.PUBLIC_URL}",
            "python": PYTHON.format(widget=found.pk),
            "node": NODE.format(widget=found.pk),
        }
    return render(request, "surveys/widget.html", context, status=status)


def _campaign(campaign_id: str) -> Campaign:
    found = queries.campaign(campaign_id)
    if found is None:
        raise Http404
    return found

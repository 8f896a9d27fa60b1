"""Desk pages about links: for one person, and for everybody who has them; their QR codes."""

from django.contrib import messages as flash
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from posthouse.foundation.paging import page_of
from posthouse.people import access
from posthouse.people.actions import as_team
from posthouse.surveys import actions, links, qr, queries
from posthouse.surveys.forms.links import OpenLinkForm, PersonalLinkForm
from posthouse.surveys.models import Campaign, CampaignState, Channel, OpenLink, Outcome, SendState

Request = access.TeamRequest
FORMS = {"svg": "image/svg+xml", "png": "image/png"}


@access.team()
@require_GET
def campaign_links(request: Request, campaign_id: str) -> HttpResponse:
    """The open links of a campaign with what each brought, and the two forms that make links."""
    return _listed(request, _campaign(campaign_id))


def _listed(
    request: Request,
    campaign: Campaign,
    *,
    personal: PersonalLinkForm | None = None,
    opened: OpenLinkForm | None = None,
) -> HttpResponse:
    context = {
        "campaign": campaign,
        "page": page_of(request, queries.open_links(campaign)),
        "personal": personal or PersonalLinkForm(None, campaign=campaign),
        "opened": opened or OpenLinkForm(),
        "may_write": access.may_write(request),
        "running": campaign.state == CampaignState.RUNNING,
        "ended": campaign.state == CampaignState.ENDED,
    }
    return render(request, "surveys/links.html", context, status=422 if personal or opened else 200)


@access.team(*access.TEAM_WRITERS)
@require_POST
def make_personal(request: Request, campaign_id: str) -> HttpResponse:
    """A link for one person; where there can be none, the page of the send says why."""
    campaign = _campaign(campaign_id)
    form = PersonalLinkForm(request.POST, campaign=campaign)
    if not form.is_valid():
        return _listed(request, campaign, personal=form)
    given = form.cleaned_data
    wish = actions.Wish(email=given["email"], language=given["language"], channel=Channel.LINK, source="desk")
    try:
        send = actions.ask(campaign=campaign, wish=wish, actor=as_team(request.member)).send
    except actions.Refused as refused:
        form.add_error(None, str(refused))
        return _listed(request, campaign, personal=form)
    if send.outcome == Outcome.SCHEDULED:
        flash.success(request, _("The link is ready to be copied."))
    else:
        flash.error(request, _("There is no link: %(why)s.") % {"why": send.get_outcome_display()})
    return redirect("desk-survey-send", send.pk)


@access.team(*access.TEAM_WRITERS)
@require_POST
def make_open(request: Request, campaign_id: str) -> HttpResponse:
    """A link for everybody who has it."""
    campaign = _campaign(campaign_id)
    form = OpenLinkForm(request.POST)
    if form.is_valid():
        try:
            link = actions.make_open_link(campaign=campaign, actor=as_team(request.member), **form.wish())
        except actions.Invalid as fault:
            form.take_fault(fault)
        except actions.Refused as refused:
            form.add_error(None, str(refused))
        else:
            return redirect("desk-survey-link", link.pk)
    return _listed(request, campaign, opened=form)


@access.team()
@require_GET
def one(request: Request, link_id: str) -> HttpResponse:
    """One open link: its address, its QR code, how it is bounded and what it brought."""
    link = _link(link_id)
    address = links.open_address(link.token)
    example = "&".join(f"{name}=…" for name in link.attributes)
    context = {
        "link": link,
        "campaign": link.campaign,
        "address": address,
        "example": f"{address}?{example}" if example else "",
        "may_write": access.may_write(request),
    }
    return render(request, "surveys/link.html", context)


@access.team(*access.TEAM_WRITERS)
@require_POST
def withdraw(request: Request, link_id: str) -> HttpResponse:
    """Take no further answers by it."""
    link = actions.withdraw_open_link(link=_link(link_id), actor=as_team(request.member))
    flash.success(request, _("“%(name)s” takes no further answers.") % {"name": link.name})
    return redirect("desk-survey-link", link.pk)


@access.team()
@require_GET
def open_qr(request: Request, link_id: str, form: str) -> HttpResponse:
    """The QR code of an open link; with `?download` as a file."""
    link = _link(link_id)
    return _picture(request, links.open_address(link.token), form, link.pk)


@access.team()
@require_GET
def personal_qr(request: Request, send_id: str, form: str) -> HttpResponse:
    """The QR code of the link of one person."""
    send = queries.send(send_id)
    if send is None or send.channel != Channel.LINK or send.state != SendState.SENT:
        raise Http404
    return _picture(request, links.address(send.pk), form, send.pk)


def _picture(request: Request, address: str, form: str, name: str) -> HttpResponse:
    if form not in FORMS:
        raise Http404
    response = HttpResponse(qr.svg(address) if form == "svg" else qr.png(address), content_type=FORMS[form])
    response.headers["Cache-Control"] = "private, no-store"
    if "download" in request.GET:
        response.headers["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
    return response


def _campaign(campaign_id: str) -> Campaign:
    found = queries.campaign(campaign_id)
    if found is None:
        raise Http404
    return found


def _link(link_id: str) -> OpenLink:
    found = queries.open_link(link_id)
    if found is None:
        raise Http404
    return found

"""Desk pages about campaigns: the list, making and editing one, how its mail looks, its sends and responses."""

from typing import Any

from django.conf import settings
from django.contrib import messages as flash
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET, require_POST

from posthouse.foundation.paging import page_of
from posthouse.people import access
from posthouse.people.actions import as_team
from posthouse.surveys import actions, links, queries, texts
from posthouse.surveys.forms.desk import CampaignForm, NewCampaignForm, ResponseFilter, SendFilter
from posthouse.surveys.frequency import saying
from posthouse.surveys.models import Campaign, CampaignState, Channel, SendState
from posthouse.surveys.scales import group_name
from posthouse.surveys.views import comments

Request = access.TeamRequest

DRAFT = "survey-draft"
"""In the session: what was typed last and looked at, not saved."""
MAIL_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data: https:; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'self'"
)
"""A mail brings its styles along; nothing in it may run, and no link in it leads anywhere."""
WHEN_DARK = "@media (prefers-color-scheme: dark)"
LATEST = 10


@access.team()
@require_GET
def campaigns(request: Request) -> HttpResponse:
    """All campaigns, with how many were asked and how many answered."""
    page = page_of(request, queries.campaigns())
    ids = [one.pk for one in page]
    sent, answered = queries.send_counts(ids), queries.response_counts(ids)
    rows = [(one, sent[one.pk].get(SendState.SENT, 0), answered.get(one.pk, 0)) for one in page]
    return render(
        request, "surveys/campaigns.html", {"page": page, "rows": rows, "may_write": access.may_write(request)}
    )


@access.team(*access.TEAM_WRITERS)
def new(request: Request) -> HttpResponse:
    """Make a campaign with the usual words in the languages of the house."""
    form = NewCampaignForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        words = {code: texts.usual(given["metric"], code) for code, _name in settings.LANGUAGES}
        try:
            campaign = actions.make_campaign(**given, texts=words, actor=as_team(request.member))
        except actions.Invalid as fault:
            form.add_error("name", fault.reason)
        else:
            return redirect("desk-survey-edit", campaign.pk)
    return render(request, "surveys/new.html", {"form": form}, status=422 if form.errors else 200)


@access.team()
@require_GET
def one(request: Request, campaign_id: str) -> HttpResponse:
    """One campaign: its state, what became of its sends, the latest answers, and the request to send with."""
    campaign = _campaign(campaign_id)
    counts = queries.outcome_counts(campaign)
    context = {
        "campaign": campaign,
        "may_write": access.may_write(request),
        "moves": [state for state, origins in actions.MOVES.items() if campaign.state in origins],
        "states": CampaignState,
        "sent": sum(number for (state, _outcome), number in counts.items() if state == SendState.SENT),
        "pending": sum(number for (state, _outcome), number in counts.items() if state == SendState.PENDING),
        "refused": [
            (outcome, queries.outcome_name(outcome), number)
            for (state, outcome), number in sorted(counts.items())
            if state == SendState.REFUSED
        ],
        "answered": queries.response_counts([campaign.pk]).get(campaign.pk, 0),
        "responses": _named(queries.responses(campaign)[:LATEST]),
        "sample": _sample(campaign),
        "sentences": saying.sentences(campaign),
        "declined": queries.declined_count(campaign),
    }
    return render(request, "surveys/campaign.html", context)


@access.team(*access.TEAM_WRITERS)
def edit(request: Request, campaign_id: str) -> HttpResponse:
    """Everything a campaign says and does. POST with `act`: preview, test (a mail to oneself) or save."""
    campaign = _campaign(campaign_id)
    form = CampaignForm(request.POST if request.method == "POST" else None, campaign=campaign)
    if request.method == "POST" and form.is_valid():
        try:
            answer = _act(request, campaign, form)
        except actions.Invalid as fault:
            form.take_fault(fault)
        except actions.Refused as refused:
            form.add_error(None, str(refused))
        else:
            if answer:
                return answer
    shown = request.method == "POST" and not form.errors
    context = {"campaign": campaign, "form": form, "shown": shown, "looks": _looks(form.languages)}
    response = render(request, "surveys/edit.html", context, status=422 if form.errors else 200)
    response.may_frame_itself = True  # type: ignore[attr-defined]  # read by config.middleware
    return response


def _act(request: Request, campaign: Campaign, form: CampaignForm) -> HttpResponse | None:
    changes, act = form.changes(), request.POST.get("act", "save")
    if act == "save":
        actions.change_campaign(campaign=campaign, actor=as_team(request.member), **changes)
        flash.success(request, _("Saved."))
        added = form.cleaned_data["add_language"]
        return redirect("desk-survey-edit" if added else "desk-survey", campaign.pk)
    draft = actions.tried(campaign=campaign, **changes)
    request.session[DRAFT] = {"campaign": campaign.pk, "changes": changes}
    if act == "test":
        actions.send_test(campaign=draft, to=request.user.email, language=form.languages[0])
        flash.success(request, _("A test mail to %(to)s is on its way.") % {"to": request.user.email})
    return None


def _looks(languages: list[str]) -> list[tuple[str, str, int]]:
    """Language, class of the frame, width in pixels: each language wide, the first one narrow and dark as well."""
    found = [(code, "", 640) for code in languages]
    return [*found, (languages[0], "", 320), (languages[0], "dark", 640)] if languages else []


@access.team()
@require_GET
@xframe_options_sameorigin
def preview(request: Request, campaign_id: str, language: str) -> HttpResponse:
    """The mail as HTML for a frame; with `?draft` as it was typed last in the editor, saved or not.

    With `?dark` its rules for the dark are in force whatever the browser prefers.
    """
    campaign = _campaign(campaign_id)
    kept = request.session.get(DRAFT) or {}
    if "draft" in request.GET and kept.get("campaign") == campaign.pk:
        campaign = actions.tried(campaign=campaign, **kept["changes"])
    _subject, html, _text = actions.preview(campaign=campaign, language=language)
    response = HttpResponse(html.replace(WHEN_DARK, "@media all") if "dark" in request.GET else html)
    response.headers["Content-Security-Policy"] = MAIL_POLICY
    return response


@access.team(*access.TEAM_WRITERS)
@require_POST
def change_state(request: Request, campaign_id: str) -> HttpResponse:
    """Start, pause, resume or end it."""
    campaign, state = _campaign(campaign_id), request.POST.get("state", "")
    if state not in CampaignState.values:
        raise Http404
    try:
        actions.set_state(campaign=campaign, state=state, actor=as_team(request.member))
    except actions.Refused as refused:
        flash.error(request, str(refused))
    else:
        flash.success(
            request, _("“%(name)s”: %(state)s.") % {"name": campaign.name, "state": CampaignState(state).label}
        )
    return redirect("desk-survey", campaign.pk)


@access.team()
@require_GET
def sends(request: Request, campaign_id: str) -> HttpResponse:
    """Every wish to ask somebody, with its outcome."""
    campaign = _campaign(campaign_id)
    form = SendFilter(request.GET)
    given = form.given()
    context = {
        "campaign": campaign,
        "filter": form,
        "narrowed": any(given.values()),
        "page": page_of(request, queries.sends(campaign, **given)),
        "may_write": access.may_write(request),
    }
    return render(request, "surveys/sends.html", context)


@access.team()
@require_GET
def send(request: Request, send_id: str) -> HttpResponse:
    """One send: what was asked for, what was decided, what became of it."""
    found = queries.send(send_id)
    if found is None:
        raise Http404
    context = {
        "send": found,
        "campaign": found.campaign,
        "response": queries.response_to(found),
        "link": links.address(found.pk) if found.channel == Channel.LINK and found.state == SendState.SENT else "",
        "may_write": access.may_write(request),
    }
    return render(request, "surveys/send.html", context)


@access.team(*access.TEAM_WRITERS)
@require_POST
def cancel(request: Request, send_id: str) -> HttpResponse:
    """Do not ask after all."""
    found = queries.send(send_id)
    if found is None:
        raise Http404
    try:
        actions.cancel_send(send=found, actor=as_team(request.member))
    except actions.Refused as refused:
        flash.error(request, str(refused))
    else:
        flash.success(request, _("The send is called off."))
    return redirect("desk-survey-send", found.pk)


@access.team()
@require_GET
def responses(request: Request, campaign_id: str) -> HttpResponse:
    """What people answered, newest first."""
    campaign = _campaign(campaign_id)
    form = ResponseFilter(request.GET, campaign=campaign)
    given = form.given()
    page = page_of(request, queries.responses(campaign, **given))
    narrowed = any(value for value in given.values())
    context = {"campaign": campaign, "filter": form, "narrowed": narrowed, "page": page, "rows": _named(page)}
    return render(request, "surveys/responses.html", context)


@access.team()
@require_GET
def response(request: Request, response_id: str) -> HttpResponse:
    """One answer, with what it said before."""
    found = queries.response(response_id)
    if found is None:
        raise Http404
    said = {question["id"]: texts.in_language(question["text"], "en")[1] for question in found.campaign.questions}
    context = {
        "response": found,
        "campaign": found.campaign,
        "group": group_name(found.campaign.metric, found.campaign.group_of(found.score)),
        "answers": [(said.get(name, name), value) for name, value in found.answers.items()],
        "changes": found.changes.all(),
    } | comments.of_response(request, found)
    return render(request, "surveys/response.html", context)


def _named(rows: Any) -> list[tuple[Any, str, str]]:
    """Responses with their groups as words, and as one of good, bad and plain."""
    kinds = {"low": "bad", "middle": "", "high": "good"}
    found = []
    for row in rows:
        group = row.campaign.group_of(row.score)
        found.append((row, group_name(row.campaign.metric, group), kinds[group]))
    return found


def _sample(campaign: Campaign) -> str:
    return (
        f"curl {settings.PUBLIC_URL}/api/v1/surveys/{campaign.pk}/sends \\\n"
        '  -H "Authorization: Bearer $TOKEN" \\\n'
        '  -H "Content-Type: application/json" \\\n'
        '  -H "Idempotency-Key: order-4711" \\\n'
        """  -d '{"email": "ada@example.org", "attributes": {"plan": "pro"}, "delay": 3600}'"""
    )


def _campaign(campaign_id: str) -> Campaign:
    found = queries.campaign(campaign_id)
    if found is None:
        raise Http404
    return found

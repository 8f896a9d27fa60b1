"""What people wrote, on the page of results: searched, followed live, tagged, assigned, dealt with, taken back."""

from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from typing import Any

from django.contrib import messages as flash
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from posthouse.foundation.ids import is_id
from posthouse.foundation.paging import page_of
from posthouse.people import access
from posthouse.people import queries as people
from posthouse.people.actions import as_team
from posthouse.surveys import actions, queries, scales
from posthouse.surveys.exporting.forms import FORMS
from posthouse.surveys.figures import wishes
from posthouse.surveys.figures.metrics import Wish
from posthouse.surveys.figures.narrowing import narrowed
from posthouse.surveys.handling import acting, finding, tagging
from posthouse.surveys.handling import live as following
from posthouse.surveys.handling_models import Act, Tag
from posthouse.surveys.models import Campaign, Response
from posthouse.surveys.scales import Group
from posthouse.surveys.themes import report, settling
from posthouse.surveys.themes.lexicon import KEYS
from posthouse.surveys.views import wished

Request = access.TeamRequest

COMMENTS = 20
KINDS = {"low": "bad", "middle": "", "high": "good"}
"""Of groups of scores, as badges have them."""
OWN = frozenset(asdict(finding.Sought()))
"""What the search for comments says in an address; everything else is of the figures."""
PASSING = frozenset({"page", "act", "live", "seen"})


def kept(request: Request) -> dict[str, Any]:
    """What each of the two forms of the page passes on of the other."""
    pairs = [(name, value) for name, values in request.GET.lists() for value in values if name not in PASSING]
    return {
        "kept": [(name, value) for name, value in pairs if name not in OWN],
        "kept_search": [(name, value) for name, value in pairs if name in OWN],
    }


def shown(request: Request, campaign: Campaign, wish: Wish) -> dict[str, Any]:
    """All the section of comments needs."""
    what = finding.sought(request.GET)
    page = page_of(
        request, finding.comments(campaign, what, since=wish.first, until=wish.last, where=wish.where), COMMENTS
    )
    live_now = "live" in request.GET
    return {
        "page": page,
        "rows": [_row(one) for one in page],
        "sought": what,
        "tags": list(tagging.tags()),
        "team": acting.team_names(),
        "groups": [(group.value, scales.group_name(campaign.metric, group)) for group in Group],
        "live": live_now,
        "export_forms": list(FORMS),
        "query": _without(request.GET, "page", "act").urlencode(),
        "stream": _stream(request.GET, [one.pk for one in page]),
        "toggle_live": _toggled(request.GET, live_now),
        "done_act": _done_act(request, campaign),
        "may_write": access.may_write(request),
    }


@access.team()
@require_GET
def live(request: Request, campaign_id: str) -> StreamingHttpResponse:
    """The stream behind the comments: an entry of the list for each comment that comes in and fits the filters."""
    campaign = _campaign(campaign_id)
    what, where = finding.sought(request.GET), _where(request.GET)
    language, zone = translation.get_language() or "en", timezone.get_current_timezone()
    seen = set(request.GET.get("seen", "").split(",")[:COMMENTS])
    team, may_write = acting.team_names(), access.may_write(request)

    def found(response_id: str) -> Response | None:
        rows = Response.objects.filter(pk=response_id, campaign=campaign).exclude(comment="")
        return finding.with_all(narrowed(finding.narrow(rows, campaign, what), where)).first()

    def rendered(template: str, context: dict[str, Any]) -> str:
        with translation.override(language), timezone.override(zone):
            return render_to_string(template, context)

    def row(response: Response, again: bool) -> str:
        with translation.override(language):
            context = {"row": _row(response), "team": team, "may_write": may_write, "campaign": campaign}
        return rendered("surveys/_comment.html", context | {"again": again})

    def paused() -> str:
        query = _without(request.GET, "seen").urlencode()
        again = f"{reverse('desk-survey-figures', args=[campaign.pk])}?{query}&live=1"
        return rendered("surveys/_comments_paused.html", {"again": again})

    def begun() -> str:
        with translation.override(language):
            return _("Following. It pauses by itself after ten minutes.")

    inside = partial(access.still_in_team, request)
    events = following.stream(campaign.pk, found, row, (begun, paused), inside, seen)
    response = StreamingHttpResponse(events, content_type="text/event-stream; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    return response


@access.team(*access.TEAM_WRITERS)
@require_POST
def act(request: Request, campaign_id: str) -> HttpResponse:
    """Tag, untag, assign or tick off the chosen answers, or with `all` everything that fits; then back."""
    campaign = _campaign(campaign_id)
    given, query = request.POST, QueryDict(request.POST.get("query", "")[:2000], mutable=True)
    chosen = _chosen(campaign, given, query)
    try:
        done = _done(given, chosen, as_team(request.member))
    except actions.Invalid as fault:
        flash.error(request, fault.reason)
    except actions.Refused as refused:
        flash.error(request, str(refused))
    else:
        if done is not None:
            query["act"] = done.pk
        else:
            flash.info(request, _("Nothing changed.") if chosen else _("Choose answers first."))
    return redirect(_back(campaign, given.get("one", ""), query))


@access.team(*access.TEAM_WRITERS)
@require_POST
def undo(request: Request, act_id: str) -> HttpResponse:
    """Take back what was done to answers."""
    found = finding.act(act_id)
    if found is None:
        raise Http404
    try:
        count = acting.undo(act=found, actor=as_team(request.member))
    except actions.Refused as refused:
        flash.error(request, str(refused))
    else:
        words = ngettext("Taken back for %(count)d answer.", "Taken back for %(count)d answers.", count)
        flash.success(request, words % {"count": count})
    query = QueryDict(request.POST.get("query", "")[:2000], mutable=True)
    first = queries.response(next(iter(found.before), ""))
    if first is None:
        return redirect("desk-surveys")
    return redirect(_back(first.campaign, request.POST.get("one", ""), query))


@access.team(*access.TEAM_WRITERS)
@require_POST
def note(request: Request, response_id: str) -> HttpResponse:
    """Write a note on an answer."""
    found = _response(response_id)
    try:
        acting.write_note(response=found, text=request.POST.get("text", ""), actor=as_team(request.member))
    except actions.Invalid as fault:
        flash.error(request, fault.reason)
        request.session[f"note-{found.pk}"] = request.POST.get("text", "")[: acting.NOTE_LENGTH * 2]
    return redirect(reverse("desk-survey-response", args=[found.pk]) + "#notes")


@access.team(*access.TEAM_WRITERS)
@require_POST
def delete_note(request: Request, note_id: str) -> HttpResponse:
    """Take a note away; its words come back into the form, so that a slip costs nothing."""
    found = finding.note(note_id)
    if found is None:
        raise Http404
    acting.delete_note(note=found, actor=as_team(request.member))
    request.session[f"note-{found.response_id}"] = found.text
    flash.success(request, _("The note is gone; its words stand in the form, if you want them back."))
    return redirect(reverse("desk-survey-response", args=[found.response_id]) + "#notes")


def _done(given: QueryDict, chosen: list[Response], actor: str) -> Act | None:
    """Raises Invalid and Refused as the acts do; what asks for nothing known is not found."""
    acts: dict[str, Callable[[], Act | None]] = {
        "tag": lambda: acting.tag_responses(responses=chosen, tag=_tag(given, actor), actor=actor),
        "untag": lambda: acting.untag_responses(responses=chosen, tag=_tag(given, actor), actor=actor),
        "assign": lambda: acting.assign_responses(responses=chosen, assignee=_assignee(given), actor=actor),
        "done": lambda: acting.finish_responses(responses=chosen, actor=actor),
        "reopen": lambda: acting.finish_responses(responses=chosen, done=False, actor=actor),
    }
    found = acts.get(str(given.get("act", "")))
    if found is None:
        raise Http404
    return found() if chosen else None


def _tag(given: QueryDict, actor: str) -> Tag:
    """The one chosen, or the one whose name was typed, made if it is new."""
    name = given.get("new_tag", "").strip()
    if name:
        return acting.named_tag(name, actor)
    found = tagging.tag(given.get("tag", ""))
    if found is None:
        raise actions.Invalid("/tag", _("Choose a tag, or type the name of a new one."))
    return found


def _assignee(given: QueryDict) -> int | None:
    text = given.get("assignee", "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise actions.Invalid("/assignee", _("There is nobody of this name in the team."))
    return int(text)


def _chosen(campaign: Campaign, given: QueryDict, query: QueryDict) -> list[Response]:
    """The answers of this campaign that were ticked, or with `all` every one that fits the filters."""
    if given.get("all"):
        rows = _fitting(campaign, query)
    else:
        ids = given.getlist("response")[: acting.MOST_AT_ONCE + 1]
        rows = Response.objects.filter(campaign=campaign, pk__in=[one for one in ids if is_id(one)])
    return list(rows[: acting.MOST_AT_ONCE + 1])


def _fitting(campaign: Campaign, query: QueryDict) -> QuerySet[Response]:
    try:
        wish = wished.wish_of(query)
    except wishes.Unreadable:
        return Response.objects.none()
    return finding.comments(campaign, finding.sought(query), since=wish.first, until=wish.last, where=wish.where)


def _where(query: QueryDict) -> tuple[tuple[str, str], ...]:
    """Filters by traits; none where they cannot be read, which the page itself has said."""
    try:
        return wishes.filters(one for one in query.getlist("where") if one)
    except wishes.Unreadable:
        return ()


def _row(response: Response) -> dict[str, Any]:
    group = response.campaign.group_of(response.score)
    care = getattr(response, "care", None)
    return {
        "response": response,
        "group": scales.group_name(response.campaign.metric, group),
        "kind": KINDS[group],
        "tags": [one.tag for one in response.taggings.all()],
        "notes": len(response.notes.all()),
        "assignee": care.assignee_id if care else None,
        "done_at": care.done_at if care else None,
    }


def _done_act(request: Request, campaign: Campaign) -> dict[str, Any] | None:
    """What was just done, in words, as long as it can be taken back."""
    found = finding.act(request.GET.get("act", ""))
    if found is None or found.undone_at is not None or not access.may_write(request):
        return None
    return {"id": found.pk, "words": words_of(found)}


def words_of(found: Act) -> str:
    """What an act did, in words."""
    count = len(found.before)
    given = {"count": count, "tag": found.tag or "", "name": acting.team_names().get(found.assignee or 0, "")}
    match found.kind:
        case "tag":
            words = ngettext(
                "%(count)d answer has the tag “%(tag)s” now.", "%(count)d answers have the tag “%(tag)s” now.", count
            )
        case "untag":
            words = ngettext(
                "The tag “%(tag)s” is off %(count)d answer.", "The tag “%(tag)s” is off %(count)d answers.", count
            )
        case "assign" if given["name"]:
            words = ngettext(
                "%(name)s looks after %(count)d answer now.", "%(name)s looks after %(count)d answers now.", count
            )
        case "assign":
            words = ngettext(
                "Nobody looks after %(count)d answer now.", "Nobody looks after %(count)d answers now.", count
            )
        case "done":
            words = ngettext("%(count)d answer is dealt with.", "%(count)d answers are dealt with.", count)
        case _:
            words = ngettext("%(count)d answer is open again.", "%(count)d answers are open again.", count)
    return words % given


def _without(query: QueryDict, *names: str) -> QueryDict:
    found = query.copy()
    for name in names:
        found.pop(name, None)
    return found


def _stream(query: QueryDict, ids: list[str]) -> str:
    """The filters, and which answers the page has already."""
    found = _without(query, "page", "act", "live")
    found["seen"] = ",".join(ids)
    return found.urlencode()


def _toggled(query: QueryDict, live_now: bool) -> str:
    found = _without(query, "page", "act", "live")
    if not live_now:
        found["live"] = "1"
    return f"?{found.urlencode()}#comments"


def _back(campaign: Campaign, one: str, query: QueryDict) -> str:
    """To the answer it was done on, else to the comments with the same filters."""
    if is_id(one):
        found = query.get("act", "")
        return reverse("desk-survey-response", args=[one]) + (f"?act={found}" if is_id(found) else "")
    return f"{reverse('desk-survey-figures', args=[campaign.pk])}?{query.urlencode()}#comments"


def _campaign(campaign_id: str) -> Campaign:
    found = queries.campaign(campaign_id)
    if found is None:
        raise Http404
    return found


def _response(response_id: str) -> Response:
    found = queries.response(response_id)
    if found is None:
        raise Http404
    return found


def of_response(request: Request, response: Response) -> dict[str, Any]:
    """What the page of one answer shows of it besides."""
    whole = finding.with_all(Response.objects.filter(pk=response.pk)).get()
    notes = list(whole.notes.all())
    themed = settling.Shown()
    return {
        "row": _row(whole),
        "notes": notes,
        "actors": people.actor_names({one.by for one in notes}),
        "tags": list(tagging.tags()),
        "team": acting.team_names(),
        "done_act": _done_act(request, response.campaign),
        "themes": [(themed.name(key), told) for key, told in report.themes_of(whole, themed).items()],
        "all_themes": [(key, themed.name(key)) for key in KEYS],
        "typed_note": request.session.pop(f"note-{response.pk}", "") if access.may_write(request) else "",
        "may_write": access.may_write(request),
    }

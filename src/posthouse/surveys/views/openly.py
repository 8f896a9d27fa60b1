"""Where everybody who has an open link answers: without signing in, without a cookie, and with nothing in the address
that tells one answer from another.

GET stores nothing. The page carries a signed field (`tickets.py`); POST stores its answer and shows the thanks in the
same place, where what else is asked is added, and the answer can be changed as long as the page is open.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from posthouse.foundation.ids import new_id
from posthouse.people import access
from posthouse.surveys import actions, anonymity, pacing, queries, texts, tickets
from posthouse.surveys.devices import device_of
from posthouse.surveys.forms.answers import MoreForm, ScoreForm
from posthouse.surveys.models import Channel, Response
from posthouse.vendor.queries import vendor

METHODS = ["GET", "HEAD", "POST"]
GONE, UNUSABLE, SLOWLY = 410, 422, 429


@csrf_exempt
@access.public
@never_cache
@require_http_methods(METHODS)
def answer(request: HttpRequest, token: str) -> HttpResponse:
    """The question, or after a POST the thanks with what else is asked."""
    link = queries.open_link_by_token(token)
    if link is None:
        return closed(request, _("There is no such survey. Please look whether the whole address was copied."), 404)
    attributes = actions.attributes_of(link, request.GET.dict())
    door = actions.Door(campaign=link.campaign, channel=Channel.OPEN, attributes=attributes, link=link)
    return at_door(request, door, link.pk)


@csrf_exempt
@access.public
@never_cache
@require_http_methods(METHODS)
def once(request: HttpRequest, campaign_id: str, token: str) -> HttpResponse:
    """Where the one-time link of an anonymous campaign's mail leads."""
    campaign = queries.campaign(campaign_id)
    if campaign is None or not campaign.anonymous or anonymity.day_of(campaign, token) is None:
        return closed(request, _("This link is not whole. Please open it from the mail itself."), 404)
    door = actions.Door(campaign=campaign, channel=Channel.EMAIL, token=token)
    return at_door(request, door, campaign.pk)


def at_door(request: HttpRequest, door: actions.Door, name: str) -> HttpResponse:
    """The page behind a door; `name` stands for it in tickets and in the pace."""
    page = _Page(request, door, name)
    with translation.override(texts.spoken_here(page.wanted, page.spoken, vendor().default_language)):
        return page.shown()


class _Page:
    """One request at a door: which language it speaks, and which answer it is about."""

    def __init__(self, request: HttpRequest, door: actions.Door, name: str) -> None:
        self.request, self.door, self.campaign, self.name = request, door, door.campaign, name
        self.posted = request.POST if request.method == "POST" else None
        self.wanted = _wanted(request, self.campaign.texts)
        self.spoken, self.words = texts.in_language(self.campaign.texts, self.wanted, vendor().default_language)
        self.response: Response | None = None
        self.response_id = ""

    def shown(self) -> HttpResponse:
        """What is answered to the request."""
        fault = self._read_ticket()
        act = self.posted.get("act", "") if self.posted is not None else ""
        if self.response is None:
            try:
                actions.check_open(self.door)
            except actions.Refused as refused:
                return closed(self.request, str(refused), GONE, self.campaign)
        elif act == "more":
            return self._thank(self.response, act)
        return self._ask(None if act == "change" else self.posted, fault)

    def _read_ticket(self) -> str:
        """Which answer the page was about; otherwise what is wrong, to be said there, and a new one."""
        fault = ""
        if self.posted is not None:
            try:
                self.response_id = tickets.read(self.posted.get("ticket", "")[:300], self.name) or ""
            except tickets.Expired:
                fault = _("This page was open for a long time. Please press the button again.")
            if not self.response_id:
                fault = fault or _("This page could not be told from another. Please press the button again.")
        if self.response_id:
            self.response = queries.response_here(self.campaign, self.response_id)
        else:
            self.response_id = anonymity.response_id() if self.campaign.anonymous else new_id("rsp")
        return fault

    def _ask(self, posted: Any, fault: str) -> HttpResponse:
        form = ScoreForm(
            posted,
            campaign=self.campaign,
            words=self.words,
            score=self._chosen(),
            comment=self.response.comment if self.response else "",
        )
        status = 200
        if posted is not None:
            status = self._slowed(form, fault) or self._store(form) if form.is_valid() else UNUSABLE
            if status == 200 and self.response is not None:
                return self._thank(self.response, "")
        return self._page("surveys/open_answer.html", {"form": form}, status)

    def _slowed(self, form: ScoreForm, fault: str) -> int:
        if fault:
            form.add_error(None, fault)
            return UNUSABLE
        seconds = pacing.wait(self.request, self.name)
        if seconds:
            form.add_error(None, _("Many answers come from your network just now. Please try again in a minute."))
            return SLOWLY
        return 0

    def _store(self, form: ScoreForm) -> int:
        given = actions.Answer(
            score=form.cleaned_data["score"],
            comment=form.cleaned_data["comment"],
            language=self.spoken,
            device=device_of(self.request.headers.get("User-Agent", "")),
        )
        try:
            self.response = actions.answer_openly(door=self.door, response_id=self.response_id, given=given)
        except actions.Invalid as fault:
            form.add_error("comment", fault.reason)
            return UNUSABLE
        except actions.Refused as refused:
            form.add_error(None, str(refused))
            return GONE
        return 200

    def _thank(self, response: Response, act: str) -> HttpResponse:
        posted = self.posted if act == "more" else None
        form = self._more_form(response, posted)
        if posted is not None and form.is_valid():
            response = self._add(response, form)
        if not form.errors:
            form = self._more_form(response, None)
        group = self.campaign.group_of(response.score)
        unanswered = any(one["id"] not in response.answers for one in form.asked)
        may = response.can_change(self.campaign.change_hours)
        context = {
            "response": response,
            "thanks": self.words.get("thanks", {}).get(group, ""),
            "link": self.campaign.links.get(group, ""),
            "link_text": self.words.get("link", {}).get(group, ""),
            "form": form if form.errors or (may and (unanswered or not response.comment)) else None,
            "can_change": may,
        }
        return self._page("surveys/open_thanks.html", context, UNUSABLE if form.errors else 200)

    def _more_form(self, response: Response, posted: Any) -> MoreForm:
        return MoreForm(
            posted,
            campaign=self.campaign,
            words=self.words,
            language=self.spoken,
            response=response,
            asked=queries.asked_of(response),
        )

    def _add(self, response: Response, form: MoreForm) -> Response:
        """The answer with what was added, or as it was, with the reason in the form."""
        given = actions.Answer(
            score=response.score,
            comment=form.cleaned_data["comment"],
            answers=form.answers(),
            seen=frozenset(one["id"] for one in form.asked),
        )
        try:
            return actions.answer_openly(door=self.door, response_id=response.pk, given=given)
        except actions.Refused as refused:
            form.add_error(None, str(refused))
        except actions.Invalid as fault:
            form.take_fault(fault)
        return response

    def _chosen(self) -> int | None:
        """The score of the answer there is, else one of the scale that the address names."""
        if self.response is not None:
            return self.response.score
        said = self.request.GET.get("score", "")
        score = int(said) if said.isascii() and said.isdecimal() and len(said) < 3 else None
        return score if score in self.campaign.scores else None

    def _page(self, template: str, more: dict[str, Any], status: int) -> HttpResponse:
        context = {
            "campaign": self.campaign,
            "spoken": self.spoken,
            "ticket": tickets.ticket(self.name, self.response_id),
            "response": self.response,
        }
        return _plain(self.request, template, context | more, status)


def _wanted(request: HttpRequest, known: dict[str, Any]) -> str:
    """The language the address names, if the campaign speaks it; else the first of the browser's that it speaks."""
    named = request.GET.get("language", "")
    if named in known:
        return named
    for part in request.headers.get("Accept-Language", "")[:500].split(","):
        code = part.partition(";")[0].strip()
        for near in (code, code.partition("-")[0].lower()):
            if near in known:
                return near
    return ""


def closed(request: HttpRequest, said: str, status: int, campaign: Any = None) -> HttpResponse:
    """A page that says what happened."""
    return _plain(request, "surveys/closed.html", {"said": said, "campaign": campaign}, status)


def _plain(request: HttpRequest, template: str, context: dict[str, Any], status: int) -> HttpResponse:
    """A page without a cookie, found by no search engine, told to no other site, and named in no log of ours.

    The token against forged forms would set a cookie as soon as a template looks at it; no form here needs one.
    """
    response = render(request, template, {**context, "csrf_token": ""}, status=status)
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Referrer-Policy"] = "no-referrer"
    response._has_been_logged = True  # type: ignore[attr-defined]  # noqa: SLF001  Django logs addresses of 4xx else
    return response

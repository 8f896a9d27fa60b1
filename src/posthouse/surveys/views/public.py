"""Where a survey is answered: by whoever holds the signed link, without signing in and without a cookie.

GET and HEAD store nothing at all. Programs that follow every link of a mail, one score after the other, seconds after
it came, leave nothing behind: the score in the address is only chosen beforehand, and a POST confirms it.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods

from posthouse.people import access
from posthouse.surveys import actions, links, queries, texts
from posthouse.surveys.devices import device_of
from posthouse.surveys.forms.answers import MoreForm, ScoreForm
from posthouse.surveys.models import Response, Send
from posthouse.vendor.queries import vendor

METHODS = ["GET", "HEAD", "POST"]
GONE = 410


@csrf_exempt
@access.public
@never_cache
@require_http_methods(METHODS)
def answer(request: HttpRequest, link: str) -> HttpResponse:
    """The question with the score of the link chosen beforehand; POST stores it.

    Without protection against forged requests, because the signed address is what opens it and mail programs carry
    no cookie of ours.
    """
    said, send = opened(link)
    if said is None or send is None:
        return closed(request, _("This link is not whole. Please open it from the mail itself."), 404)
    with translation.override(texts.spoken_here(actions.language_of(send), vendor().default_language)):
        response = queries.response_to(send)
        try:
            actions.answerable(send, response)
        except actions.Refused as refused:
            return closed(request, str(refused), GONE, send)
        return _ask(request, send, response, said.score)


def _ask(request: HttpRequest, send: Send, response: Response | None, chosen: int | None) -> HttpResponse:
    campaign, (spoken, words) = send.campaign, _words(send)
    score = chosen if chosen in campaign.scores else None
    score = response.score if score is None and response else score
    form = ScoreForm(
        request.POST if request.method == "POST" else None,
        campaign=campaign,
        words=words,
        score=score,
        comment=response.comment if response else "",
    )
    if request.method == "POST" and form.is_valid():
        given = actions.Answer(
            score=form.cleaned_data["score"],
            comment=form.cleaned_data["comment"],
            language=spoken,
            device=device_of(request.headers.get("User-Agent", "")),
        )
        try:
            actions.answer(send=send, given=given)
        except actions.Invalid as fault:
            form.add_error("comment", fault.reason)
        else:
            return redirect("survey-more", links.token(send.pk))
    context = {
        "campaign": campaign,
        "form": form,
        "response": response,
        "spoken": spoken,
        "token": links.token(send.pk),
    }
    return page(request, "surveys/answer.html", context, 422 if form.errors else 200)


@csrf_exempt
@access.public
@never_cache
@require_http_methods(METHODS)
def more(request: HttpRequest, link: str) -> HttpResponse:
    """Thanks, and what else is asked of this score; POST adds it to the answer."""
    said, send = opened(link)
    if said is None or send is None:
        return closed(request, _("This link is not whole. Please open it from the mail itself."), 404)
    response = queries.response_to(send)
    if response is None:
        return redirect("survey-answer", link)
    with translation.override(texts.spoken_here(actions.language_of(send), vendor().default_language)):
        return _thank(request, send, response)


def _thank(request: HttpRequest, send: Send, response: Response) -> HttpResponse:
    campaign, (spoken, words) = send.campaign, _words(send)
    can_change = response.can_change(campaign.change_hours)
    asked = queries.asked_of(response)
    posted = request.POST if request.method == "POST" else None
    form = MoreForm(posted, campaign=campaign, words=words, language=spoken, response=response, asked=asked)
    if posted is not None and form.is_valid():
        given = actions.Answer(
            score=response.score,
            comment=form.cleaned_data["comment"],
            answers=form.answers(),
            seen=frozenset(one["id"] for one in asked),
        )
        try:
            actions.answer(send=send, given=given)
        except actions.Refused as refused:
            return closed(request, str(refused), GONE, send)
        except actions.Invalid as fault:
            form.take_fault(fault)
        else:
            return redirect("survey-more", links.token(send.pk))
    group = campaign.group_of(response.score)
    open_questions = [one for one in asked if one["id"] not in response.answers]
    context = {
        "campaign": campaign,
        "response": response,
        "spoken": spoken,
        "thanks": words.get("thanks", {}).get(group, ""),
        "link": campaign.links.get(group, ""),
        "link_text": words.get("link", {}).get(group, ""),
        "form": form if can_change and (open_questions or not response.comment or form.errors) else None,
        "can_change": can_change,
        "token": links.token(send.pk),
    }
    return page(request, "surveys/thanks.html", context, 422 if form.errors else 200)


@access.public
@require_GET
def example(request: HttpRequest) -> HttpResponse:
    """Where the links of a preview and of a test mail lead."""
    return closed(request, _("This link belongs to an example. In a real mail it opens the question."), 200)


def opened(link: str) -> tuple[links.Link | None, Send | None]:
    """What a link says, and the send it names; None and None for one that is not ours."""
    said = links.read(link)
    return said, queries.send(said.send_id) if said else None


def _words(send: Send) -> tuple[str, dict[str, Any]]:
    return texts.in_language(send.campaign.texts, actions.language_of(send), vendor().default_language)


def closed(request: HttpRequest, said: str, status: int, send: Send | None = None) -> HttpResponse:
    """A page that says why there is nothing to do here."""
    context = {"said": said, "campaign": send.campaign if send else None}
    return page(request, "surveys/closed.html", context, status)


def page(request: HttpRequest, template: str, context: dict[str, Any], status: int) -> HttpResponse:
    """A page for respondents: not for search engines, and silent about its address."""
    response = render(request, template, {**context, "csrf_token": ""}, status=status)  # looked at, it sets a cookie
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Referrer-Policy"] = "no-referrer"  # the address opens the answer
    response._has_been_logged = True  # type: ignore[attr-defined]  # noqa: SLF001  nor is it named in Django's log
    return response

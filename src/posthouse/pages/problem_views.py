"""Public pages that explain Posthouse's own problems: the addresses in the `type` of problem details."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET

from posthouse.guides import queries as guides
from posthouse.pages.problem_words import OURS, Words
from posthouse.people import access
from posthouse.people.actions import refusal_sentences
from posthouse_client.headers import PROBLEMS

CONFLICT = 409


def words_for(code: str) -> Words | None:
    """What is said of a code; None for one that is not ours."""
    if code in OURS:
        return OURS[code]
    if code in PROBLEMS:
        found = guides.general_advice(PROBLEMS[code].status, code)
        return Words(PROBLEMS[code].status, found.title, found.fix)
    if code in refusal_sentences():
        return Words(CONFLICT, pgettext("problem", "Not possible now"), refusal_sentences()[code])
    return None


@access.public
@require_GET
def problems(request: HttpRequest) -> HttpResponse:
    """All of them, by status."""
    codes = {*OURS, *PROBLEMS, *refusal_sentences()}
    found = [(code, words) for code in sorted(codes) if (words := words_for(code))]
    return render(request, "pages/problems.html", {"problems": sorted(found, key=lambda one: one[1].status)})


@access.public
@require_GET
def problem(request: HttpRequest, code: str) -> HttpResponse:
    """What one of them means, and what to do."""
    words = words_for(code)
    if words is None:
        raise Http404
    return render(request, "pages/problem.html", {"code": code, "words": words})

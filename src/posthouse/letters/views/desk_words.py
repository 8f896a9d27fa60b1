"""The words of mails on the desk: what there is, the editor with its preview, and back to the shipped words."""

from typing import Any

from django.conf import settings
from django.contrib import messages as flash
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET, require_POST

from posthouse.letters.forms import NewWordsForm, WordsForm
from posthouse.messages import actions, queries
from posthouse.messages.actions import Draft
from posthouse.people import access
from posthouse.people.actions import as_team

DRAFT = "mail_draft"
"""Where the session keeps the draft that the frames of the preview ask for."""
BODY_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data: https:; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'self'"
)
LANGUAGES = [code for code, _name in settings.LANGUAGES]


@access.team()
@require_GET
def editions(request: access.TeamRequest) -> HttpResponse:
    """Every mail in every language, and which were edited."""
    rows = queries.editions(LANGUAGES)
    wanted = request.GET.get("q", "").strip().lower()[:100]
    found = [row for row in rows if wanted in row.key or wanted in row.subject.lower()]
    context = {"rows": found, "text": wanted, "may_write": access.may_write(request)}
    return render(request, "letters/words.html", context)


@access.team(*access.TEAM_WRITERS)
def new(request: HttpRequest) -> HttpResponse:
    """Name a mail of one's own, then write it."""
    form = NewWordsForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        language = settings.LANGUAGE_CODE if settings.LANGUAGE_CODE in LANGUAGES else LANGUAGES[0]
        return redirect("desk-mail-words-edit", language, form.cleaned_data["key"])
    return render(request, "letters/words_new.html", {"form": form})


@access.team(*access.TEAM_WRITERS)
def edit(request: access.TeamRequest, language: str, key: str) -> HttpResponse:
    """The editor. POST with `act`: preview, test (a mail to oneself) or save."""
    words, number = _words(language, key)
    if request.method != "POST":
        opened = _revision(request, language, key) or words
        fields = {"subject": opened.subject, "text": opened.text, "html": opened.html}
        return _editor(request, Draft(key, language, **fields), WordsForm(initial={**fields, "based_on": number}))
    form = WordsForm(request.POST)
    draft = form.draft(key, language)
    act = {"save": _save, "test": _test}.get(request.POST.get("act", ""))
    if not form.is_valid():
        return _editor(request, draft, form, status=422)
    try:
        answer = act(request, draft, form) if act else None
    except actions.WordsRefused as refused:
        return _editor(request, draft, form, flaws=refused.flaws, status=422)
    except actions.EditedMeanwhile:
        reason = _("Somebody saved these words since you opened them. Copy yours, load the page again, and compare.")
        return _editor(request, draft, form, clash=reason, status=409)
    return answer or _editor(request, draft, form, flaws=actions.flaws_of(draft))


def _save(request: access.TeamRequest, draft: Draft, form: WordsForm) -> HttpResponse:
    given = form.cleaned_data
    actor = as_team(request.member)
    actions.save_template(draft=draft, actor=actor, note=given["note"], based_on=given["based_on"])
    flash.success(request, _("Saved. These words are in force now."))
    return redirect("desk-mail-words-edit", draft.language, draft.key)


def _test(request: access.TeamRequest, draft: Draft, form: WordsForm) -> HttpResponse:
    message = actions.send_test(draft=draft, to=request.user.email)
    flash.success(request, _("A test mail to %(to)s is on its way.") % {"to": message.to})
    return _editor(request, draft, form)


@access.team(*access.TEAM_WRITERS)
@require_POST
def restore(request: access.TeamRequest, language: str, key: str) -> HttpResponse:
    """Back to the shipped words; words of one's own go out of use."""
    _words(language, key)
    actions.restore_shipped(key=key, language=language, actor=as_team(request.member))
    if queries.is_shipped(key):
        flash.success(request, _("The shipped words are in force again."))
        return redirect("desk-mail-words-edit", language, key)
    flash.success(request, _("These words are no longer used."))
    return redirect("desk-mail-words")


@access.team(*access.TEAM_WRITERS)
@require_GET
@xframe_options_sameorigin
def preview(request: HttpRequest, language: str, key: str) -> HttpResponse:
    """The draft as HTML, filled in with sample values, for a frame in which nothing runs and no link leads anywhere."""
    kept = request.session.get(DRAFT) or {}
    if kept.get("key") != key or kept.get("language") != language:
        raise Http404
    draft = Draft(**kept)
    if actions.flaws_of(draft):
        raise Http404
    response = HttpResponse(actions.preview(draft).html)
    response.headers["Content-Security-Policy"] = BODY_POLICY
    return response


def _editor(
    request: access.TeamRequest,
    draft: Draft,
    form: WordsForm,
    *,
    flaws: list[Any] | None = None,
    clash: str = "",
    status: int = 200,
) -> HttpResponse:
    flaws = actions.flaws_of(draft) if flaws is None and (draft.subject or draft.text) else flaws or []
    shown = None if flaws or not draft.subject else actions.preview(draft)
    request.session[DRAFT] = {name: getattr(draft, name) for name in ("key", "language", "subject", "text", "html")}
    source = queries.Source() if flaws else queries.Source(draft.subject, draft.text, draft.html)
    rows = list(queries.revisions(draft.key, draft.language)[:50])
    context = {
        "draft": draft,
        "form": form,
        "flaws": flaws,
        "clash": clash,
        "shown": shown,
        "names": queries.names_in(draft.key, source),
        "revisions": rows,
        "is_edited": bool(rows and not rows[0].is_shipped),
        "is_shipped": queries.is_shipped(draft.key),
        "others": [code for code in LANGUAGES if code != draft.language],
    }
    response = render(request, "letters/words_edit.html", context, status=status)
    response.may_frame_itself = True  # type: ignore[attr-defined]  # read by config.middleware
    return response


def _words(language: str, key: str) -> tuple[queries.Source, int]:
    if language not in LANGUAGES or len(key) > 80 or "\x00" in key:
        raise Http404
    found = queries.words_in_force(key, language)
    if found is None and not NewWordsForm({"key": key}).is_valid():
        raise Http404
    return found or (queries.Source(), 0)


def _revision(request: HttpRequest, language: str, key: str) -> queries.Source | None:
    number = request.GET.get("revision", "")
    if not number.isascii() or not number.isdecimal() or len(number) > 9:
        return None
    row = queries.revisions(key, language).filter(number=int(number)).first()
    return queries.Source(row.subject, row.text, row.html) if row else None

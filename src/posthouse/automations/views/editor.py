"""The editor: one form that works without a script; every button sends all of it, so nothing typed is lost."""

import json
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from posthouse.automations import actions, catalogue, definition, editing, figures, sentences
from posthouse.automations.differences import differences, to_text
from posthouse.automations.editing.fields import step_kinds, units
from posthouse.automations.models import Automation, AutomationRevision
from posthouse.automations.views.common import Request, actor_of, automation_or_404
from posthouse.people import access

START: dict[str, Any] = {"name": {}, "when": {"kind": "event"}, "again": "once", "do": []}
ADD = "new:"
"""Prefix of the fields that say which kind of step to add where; not a JSON pointer, so no part of the body."""


@access.team(*access.TEAM_WRITERS)
@require_http_methods(["GET", "POST"])
def new(request: Request) -> HttpResponse:
    """An automation of one's own."""
    return _edit(request, None)


@access.team(*access.TEAM_WRITERS)
@require_http_methods(["GET", "POST"])
def edit(request: Request, key: str) -> HttpResponse:
    """Another wording of an automation."""
    return _edit(request, automation_or_404(key))


class Draft:
    """What was typed: the body, the key of a new automation, a note, and the revision it began from."""

    def __init__(self, request: Request, automation: Automation | None) -> None:
        data, latest = request.POST, _latest(automation)
        posted = request.method == "POST"
        self.automation = automation
        self.latest = latest
        self.as_json = (data if posted else request.GET).get("view", "") == "json"
        self.key = data.get("key", "").strip()
        self.note = data.get("note", "").strip()[:200]
        self.based_on = data.get("based_on", "") if posted else str(latest.number if latest else 0)
        self.text = data.get("json", "")
        self.body: Any = (_posted_body(data) if posted else latest.body if latest else START) or {}
        self.faults: list[definition.Fault] = []

    def check(self) -> None:
        """Everything that keeps it from being saved."""
        if isinstance(self.body, str):
            self.faults = [definition.Fault("", _why_no_json(self.body))]
            return
        self.body = definition.with_ids(self.body)
        self.faults = definition.faults_of(self.body)
        if self.automation is None and not definition.KEY.fullmatch(self.key):
            reason = _("It takes small letters, digits and underscores, a letter first.")
            self.faults.insert(0, definition.Fault("key", reason))
        elif self.automation is None and Automation.objects.filter(pk=self.key).exists():
            self.faults.insert(0, definition.Fault("key", _("Another automation has this key.")))

    @property
    def conflict(self) -> AutomationRevision | None:
        """The revision that somebody else has saved meanwhile."""
        return self.latest if self.latest and str(self.latest.number) != self.based_on else None


def _edit(request: Request, automation: Automation | None) -> HttpResponse:
    draft = Draft(request, automation)
    if request.method != "POST":
        return _page(request, draft, place="")
    act = request.POST.get("act", "")
    if act == "save":
        return _save(request, draft)
    place = ""
    if act and isinstance(draft.body, dict):
        kinds = {name.removeprefix(ADD): value for name, value in request.POST.items() if name.startswith(f"{ADD}/")}
        draft.body, place = editing.apply(draft.body, act, {at: str(kind) for at, kind in kinds.items()})
    if act == "check" or draft.as_json or isinstance(draft.body, str):
        draft.check()
    return _page(request, draft, place=place, checked=act == "check")


def _save(request: Request, draft: Draft) -> HttpResponse:
    draft.check()
    if draft.faults:
        return _page(request, draft, status=422)
    key = draft.automation.key if draft.automation else draft.key
    with transaction.atomic():
        draft.latest = _latest(Automation.objects.select_for_update(no_key=True).filter(pk=key).first())
        if draft.conflict and (draft.automation is None or request.POST.get("over") != str(draft.conflict.number)):
            return _page(request, draft, status=409)
        revision = actions.save_revision(key=key, body=draft.body, note=draft.note, actor=actor_of(request))
        actions.publish_revision(revision=revision, actor=actor_of(request))
    messages.success(request, _("Saved as revision %(number)s. New runs follow it.") % {"number": revision.number})
    return redirect("desk-automation", key)


def _latest(automation: Automation | None) -> AutomationRevision | None:
    return automation.revisions.order_by("-number").first() if automation else None


def _posted_body(data: Any) -> Any:
    """From the raw JSON where that was on screen (a text when it is none), else from the fields."""
    if data.get("was") != "json":
        return editing.body_of(data)
    text = data.get("json", "")
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return found if isinstance(found, dict) else text


def _why_no_json(text: str) -> str:
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return _("This is no JSON: line %(line)s, column %(column)s.") % {"line": error.lineno, "column": error.colno}
    except RecursionError:
        return _("This is nested too deeply.")
    return _("An object must stand here.")


def _page(request: Request, draft: Draft, *, place: str = "", status: int = 200, checked: bool = False) -> HttpResponse:
    unreadable = isinstance(draft.body, str)
    body = START if unreadable else draft.body
    choices = catalogue.choices()
    form = editing.form_of(body, draft.faults, choices)
    found = definition.parse(draft.body) if not unreadable and not definition.faults_of(draft.body) else None
    conflict = draft.conflict if status == 409 else None
    return render(
        request,
        "automations/edit.html",
        {
            "draft": draft,
            "automation": draft.automation,
            "name": figures.name_of(draft.automation) if draft.automation else "",
            "form": form,
            "as_json": draft.as_json or unreadable,
            "json": draft.body if unreadable else to_text(body),
            "key_errors": [fault.reason for fault in draft.faults if fault.place == "key"],
            "choices": choices,
            "step_kinds": step_kinds(),
            "units": units(),
            "ops": operators(),
            "row_kinds": row_kinds(),
            "sentence": sentences.sentence(found, catalogue.names()) if found else "",
            "checked": checked and not draft.faults,
            "place": place,
            "conflict": conflict,
            "differences": differences(conflict.body, body) if conflict else [],
        },
        status=status,
    )


def operators() -> list[tuple[str, str]]:
    """How a field can be compared."""
    return [
        ("is", _("is")),
        ("is_not", _("is not")),
        ("in", _("is one of (with commas)")),
        ("not_in", _("is none of (with commas)")),
        ("contains", _("contains")),
        ("starts_with", _("starts with")),
        ("gt", _("is more than")),
        ("gte", _("is at least")),
        ("lt", _("is less than")),
        ("lte", _("is at most")),
        ("exists", _("has a value")),
        ("missing", _("has no value")),
        ("before", _("is before (a day, or P7D ago)")),
        ("after", _("is after (a day, or P7D ago)")),
    ]


def row_kinds() -> list[tuple[str, str]]:
    """What a row of a condition asks for."""
    return [("field", _("a field")), ("happened", _("this happened")), ("not_happened", _("this did not happen"))]

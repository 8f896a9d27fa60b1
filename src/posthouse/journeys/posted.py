"""One turn of the editor: what was sent as form or text, what is wrong with it, what is shown next. Nothing is lost."""

from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from posthouse.journeys import definition, reading
from posthouse.journeys.editing import fields
from posthouse.journeys.editing.text import line_of, to_text
from posthouse.journeys.forms import DefinitionForms, TextForm

FORM, TEXT = "form", "text"


@dataclass(frozen=True)
class Problem:
    """What is wrong and where, with a link to the field or none."""

    where: str
    reason: str
    href: str = ""


@dataclass
class Turn:
    """The editor as it is shown: in one of two views, filled in, with its problems; `body` when all could be read."""

    view: str
    forms: DefinitionForms | None = None
    text: TextForm | None = None
    body: dict[str, Any] | None = None
    problems: list[Problem] = field(default_factory=list)


def shown(body: dict[str, Any], view: str = FORM) -> Turn:
    """A definition to be edited."""
    if view == TEXT:
        return Turn(TEXT, text=TextForm(initial={"text": to_text(body) if body else ""}), body=body)
    return Turn(FORM, forms=DefinitionForms.of_body(body), body=body)


def read_text(text: str, *, wanted: str = TEXT) -> Turn:
    """A text that was sent; shown as a form when that is wanted and the text can be read."""
    turn = Turn(TEXT, text=TextForm(initial={"text": text}))
    try:
        body = reading.read(text)
    except reading.Unreadable as error:
        turn.problems = [Problem(_("Line %(place)s") % {"place": error.place} if error.place else "", error.reason)]
        return turn
    if not isinstance(body, dict):
        turn.problems = [Problem("", _("A definition is a mapping: a name, a colon and a value on each line."))]
        return turn
    turn.body = body
    if wanted == FORM:
        found = _as_form(body)
        if found is not None:
            return found
        turn.problems = _told(text, body) or [Problem("", _("This cannot be shown as a form."))]
    return turn


def read_form(data: Any, *, act: str = "", wanted: str = FORM) -> Turn:
    """A form that was sent; shown as text when that is wanted and every field can be read."""
    forms = DefinitionForms.of_post(data, act)
    turn = Turn(FORM, forms=forms)
    if act:
        return turn
    if not forms.is_valid():
        turn.problems = _of_fields(forms)
        return turn
    turn.body = forms.body
    return shown(turn.body, TEXT) if wanted == TEXT else turn


def judge(turn: Turn) -> bool:
    """Whether the definition makes sense; if not, the turn says where not."""
    if turn.body is None:
        return False
    found = definition.problems(turn.body)
    if found and turn.forms is not None:
        for place, reason in found:
            turn.forms.blame(place, reason)
        turn.problems = _of_fields(turn.forms)
    elif found and turn.text is not None:
        turn.problems = _told(str(turn.text.initial["text"]), turn.body)
    return not found


def _as_form(body: dict[str, Any]) -> Turn | None:
    """The form of a body, unless its parts are of other kinds than the form has fields for."""
    try:
        found = shown(body, FORM)
        sent = DefinitionForms.of_post(DefinitionForms.of_body(body).initial_data())
        return found if sent.is_valid() and fields.normal(sent.body) == fields.normal(body) else None
    except (AttributeError, TypeError, KeyError, ValueError):
        return None


def _told(text: str, body: dict[str, Any]) -> list[Problem]:
    return [
        Problem(_("Line %(place)s") % {"place": f"{line_of(text, place)} ({place or '/'})"}, reason)
        for place, reason in definition.problems(body)
    ]


def _of_fields(forms: DefinitionForms) -> list[Problem]:
    return [
        Problem(f"{where} · {bound.label}" if where else str(bound.label), str(reason), f"#{bound.auto_id}")
        for where, bound in forms.wrong_fields()
        for reason in bound.errors
    ] + [Problem(where, str(reason), href) for where, href, reason in forms.wrong_parts()]

"""The editor of definitions as a form: one part about the journey, one for each step, all kept whatever is wrong."""

import json
from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from posthouse.journeys.definition import LANE, STEPS, TEXT
from posthouse.journeys.editing import durations, fields, triggers
from posthouse.journeys.models import Replay
from posthouse.journeys.words import said

CODE = {"spellcheck": "false", "class": "mono", "autocapitalize": "off"}
ORDERS = [
    ("any", _("in any order")),
    ("ordered", _("in this order; other events may lie between")),
    ("strict", _("in this order, with no other event of the journey between")),
]
AGAIN = [
    ("once", _("once only")),
    ("after_exit", _("again, once the run before has ended")),
    ("parallel", _("any number of times, side by side")),
    ("after", _("again after a time (below)")),
    ("per", _("once for each value of a field (below)")),
]
REPEATS = [
    ("first", _("the first time counts")),
    ("last", _("the last time counts")),
    ("each", _("every time is counted")),
]


class DurationField(forms.CharField):
    """A time such as 3 d, 90 min or P3D, kept as ISO 8601."""

    default_error_messages = {"duration": _("Write a number and a unit: 3 d, 2 h, 90 min, or P3D.")}

    def clean(self, value: Any) -> str:
        """ISO 8601, or empty."""
        text = str(super().clean(value) or "")
        try:
            return durations.to_iso(text) if text else ""
        except ValueError as error:
            raise forms.ValidationError(self.error_messages["duration"], code="duration") from error


class TriggerField(forms.CharField):
    """Events, one on each line."""

    widget = forms.Textarea(attrs={"rows": 2, **CODE})
    read: Callable[[str], Any] = staticmethod(triggers.from_lines)

    def clean(self, value: Any) -> Any:
        """What the lines mean."""
        try:
            return self.read(str(super().clean(value) or ""))
        except triggers.WrongLine as error:
            raise forms.ValidationError(str(error), code="line") from error


class ExitField(TriggerField):
    """Events that end a run, one on each line, the reason before it."""

    read = staticmethod(triggers.exits_from_lines)


class MoveField(TriggerField):
    """Steps that went, one on each line, with the step they lead to."""

    read = staticmethod(triggers.moves_from_lines)


class CarriedField(forms.CharField):
    """What a definition holds that this form has no field for; it goes through untouched."""

    widget = forms.HiddenInput

    def clean(self, value: Any) -> dict[str, Any]:
        """The keys and values, or nothing."""
        try:
            found = json.loads(str(super().clean(value) or "{}"))
        except (ValueError, RecursionError) as error:
            raise forms.ValidationError(_("What came with the form cannot be read."), code="carried") from error
        return found if isinstance(found, dict) else {}


def _text(label: Any, *, rows: int = 0, **more: Any) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": rows}) if rows else forms.TextInput()
    return forms.CharField(label=label, required=False, max_length=TEXT, widget=widget, **more)


def _key(label: Any, help_text: Any) -> forms.CharField:
    return forms.CharField(
        label=label, required=False, max_length=60, help_text=help_text, widget=forms.TextInput(attrs=CODE)
    )


class JourneyForm(forms.Form):
    """What holds for the whole journey."""

    name_en = _text(_("Name in English"))
    name_es = _text(_("Name in Spanish"))
    about_en = _text(_("About it in English"), rows=2)
    about_es = _text(_("About it in Spanish"), rows=2)
    key = _key(_("Key"), _("Small letters, digits and _. It stays the same for good."))
    lane = forms.IntegerField(label=_("Lane on the board"), required=False, min_value=0, max_value=LANE)
    mission = _text(_("Row of the plan"))
    subject = forms.ChoiceField(
        label=_("Who goes through it"),
        choices=[("customer", _("a customer")), ("contact", pgettext_lazy("subject", "a person"))],
    )
    portal = forms.BooleanField(label=_("Customers see it in the portal"), required=False)
    order = forms.ChoiceField(label=_("Steps are reached"), choices=ORDERS)
    entry_on = TriggerField(
        label=_("Begins with"), required=False, help_text=_("One event on each line, a condition after “when”.")
    )
    again = forms.ChoiceField(label=_("Somebody enters"), choices=AGAIN)
    again_value = _key(_("Time or field"), _("Such as 30 d, or event.data.version."))
    window = DurationField(label=_("Steps count within"), required=False, help_text=_("Such as 90 d. Empty: for ever."))
    exits = ExitField(
        label=_("Ends early with"), required=False, help_text=_("A reason, a colon and the event: left: customer.left")
    )
    moved = MoveField(
        label=_("Steps that went"),
        required=False,
        help_text=_("Old key, colon, new key: who waits for the old one then waits for the new one."),
    )
    rest = CarriedField(required=False)

    def clean_again_value(self) -> str:
        """A duration where one is meant."""
        value = str(self.cleaned_data.get("again_value", ""))
        if self.cleaned_data.get("again") != "after":
            return value
        try:
            return durations.to_iso(value)
        except ValueError as error:
            raise forms.ValidationError(DurationField.default_error_messages["duration"], code="duration") from error


class StepForm(forms.Form):
    """One step."""

    name_en = _text(_("Name in English"))
    name_es = _text(_("Name in Spanish"))
    key = _key(_("Key"), _("Automations and links know the step by it."))
    on = TriggerField(label=_("Reached by"), required=False)
    expected = DurationField(label=_("Expected within"), required=False, help_text=_("Later counts as stuck."))
    repeat = forms.ChoiceField(label=_("If it happens again"), choices=REPEATS)
    required = forms.BooleanField(label=_("Needed to complete the journey"), required=False)
    milestone = forms.BooleanField(label=_("A milestone"), required=False)
    words_en = _text(_("To the customer, once reached, in English"))
    words_es = _text(_("To the customer, once reached, in Spanish"))
    todo_en = _text(_("To the customer, while expected, in English"))
    todo_es = _text(_("To the customer, while expected, in Spanish"))
    mission = _text(_("Row of the plan"))
    rest = CarriedField(required=False)

    @property
    def title(self) -> str:
        """What the step is called in the language of the page, as far as it was typed."""
        return said({language: self[f"name_{language}"].value() for language in ("en", "es")})

    @property
    def opened(self) -> bool:
        """Whether the part about the customer's words is to be seen at once."""
        return any(name in self.errors for name in FOLDED) if self.is_bound else False


FOLDED = ("todo_en", "todo_es", "words_en", "words_es", "mission")


class TextForm(forms.Form):
    """The same definition as text."""

    text = forms.CharField(
        label=_("Definition"), strip=False, required=False, widget=forms.Textarea(attrs={"rows": 34, **CODE})
    )


class NoteForm(forms.Form):
    """Why the definition changes."""

    note = forms.CharField(label=_("What changed, and why"), required=False, max_length=300)


class DefinitionForms:
    """The form of a definition: `journey`, `steps`, and after `is_valid` the `body` they describe."""

    def __init__(self, journey: JourneyForm, steps: list[StepForm]) -> None:
        self.journey, self.steps = journey, steps

    @classmethod
    def of_body(cls, body: dict[str, Any]) -> "DefinitionForms":
        """Filled in from a definition."""
        steps = [step for step in body.get("steps") or [{}] if isinstance(step, dict)]
        return cls(
            JourneyForm(initial=fields.of_journey(body), prefix="j"),
            [StepForm(initial=fields.of_step(step), prefix=f"s{at}") for at, step in enumerate(steps)],
        )

    @classmethod
    def of_post(cls, data: Any, act: str = "") -> "DefinitionForms":
        """As it was sent, after an act on the list of steps: `add`, `remove-2`, `up-2`, `down-2`."""
        sent = rearranged(_steps_in(data), act)
        flat = {name: value for name, value in data.items() if name.startswith("j-")}
        for at, step in enumerate(sent):
            flat |= {f"s{at}-{name}": value for name, value in step.items()}
        return cls(JourneyForm(flat, prefix="j"), [StepForm(flat, prefix=f"s{at}") for at in range(len(sent))])

    def is_valid(self) -> bool:
        """Whether every field can be read; whether the definition makes sense is another question."""
        return all(form.is_valid() for form in (self.journey, *self.steps))

    @property
    def body(self) -> dict[str, Any]:
        """The definition."""
        return fields.to_journey(self.journey.cleaned_data, [step.cleaned_data for step in self.steps])

    def blame(self, place: str, reason: str) -> None:
        """Say at the field a JSON pointer leads to what is wrong there."""
        form, name = self._field_of(place.strip("/").split("/"))
        form.add_error(name, reason)

    def wrong_fields(self) -> Iterable[tuple[str, Any]]:
        """The fields that are wrong with the name of their part, in the order of the page."""
        for where, form in self._parts():
            for bound in form:
                if bound.errors:
                    yield where, bound

    def wrong_parts(self) -> Iterable[tuple[str, str, str]]:
        """What is wrong with a part as a whole: its name, where it stands on the page, the reason."""
        for where, form in self._parts():
            for reason in form.non_field_errors():
                yield where, f"#step-{form.prefix[1:]}" if where and form.prefix else "", str(reason)

    def initial_data(self) -> dict[str, Any]:
        """What the form would send if nothing was changed."""
        return {
            form.add_prefix(name): "on" if value is True else value
            for form in (self.journey, *self.steps)
            for name, value in form.initial.items()
            if value not in (False, None)
        }

    def _parts(self) -> Iterable[tuple[str, forms.Form]]:
        yield "", self.journey
        for number, step in enumerate(self.steps, 1):
            yield _("Step %(n)s") % {"n": number}, step

    def _field_of(self, parts: list[str]) -> tuple[forms.Form, str | None]:
        if parts[0] == "steps" and len(parts) > 1 and parts[1].isdecimal() and int(parts[1]) < len(self.steps):
            return self.steps[int(parts[1])], _named(StepForm, parts[2:])
        if parts[0] == "entry":
            return self.journey, "again" if parts[1:2] == ["again"] else "entry_on"
        if parts[0] in ("exit", "moved"):
            return self.journey, "exits" if parts[0] == "exit" else "moved"
        return self.journey, _named(JourneyForm, parts)


def rearranged(steps: list[dict[str, str]], act: str) -> list[dict[str, str]]:
    """The list of steps after an act; acts that make no sense change nothing."""
    verb, _dash, number = act.partition("-")
    at = int(number) if number.isdecimal() else -1
    found = list(steps)
    if verb == "add" and len(found) < STEPS:
        found.insert(at + 1 if 0 <= at < len(found) else len(found), {"required": "on", "repeat": "first"})
    elif 0 <= at < len(found):
        if verb == "remove":
            found.pop(at)
        elif verb in ("up", "down"):
            to = at - 1 if verb == "up" else at + 1
            if 0 <= to < len(found):
                found[at], found[to] = found[to], found[at]
    return found


def _steps_in(data: Any) -> list[dict[str, str]]:
    """The steps that were sent, each as its plain values, in order."""
    steps: list[dict[str, str]] = []
    for at in range(STEPS):
        prefix = f"s{at}-"
        step = {name.removeprefix(prefix): value for name, value in data.items() if name.startswith(prefix)}
        if not step:
            break
        steps.append(step)
    return steps


def _named(form: type[forms.Form], parts: list[str]) -> str | None:
    """The field for what stands under a name, perhaps in one language."""
    for name in ("_".join(parts[:2]), *(parts[:1]), f"{parts[0]}_en" if parts else ""):
        if name in form.base_fields:
            return name
    return None


class BackfillForm(forms.Form):
    """Which journey is made again from history, and what may act on it."""

    journey = forms.ChoiceField(label=_("Journey"))
    mode = forms.ChoiceField(label=_("What automations do"), choices=Replay.Mode.choices)
    since = forms.DateTimeField(
        label=_("Act only on what happened after"),
        required=False,
        help_text=_("Needed for the second choice only."),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )

    def __init__(self, *args: Any, journeys: list[tuple[str, str]], **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["journey"].choices = journeys  # type: ignore[attr-defined]  # a ChoiceField

    def clean(self) -> dict[str, Any]:
        """A moment where one is meant, and none where it would be forgotten."""
        given = super().clean() or {}
        if given.get("mode") == Replay.Mode.AFTER and not given.get("since") and "since" not in self.errors:
            self.add_error("since", _("Say after which moment."))
        if given.get("mode") != Replay.Mode.AFTER:
            given["since"] = None
        return given

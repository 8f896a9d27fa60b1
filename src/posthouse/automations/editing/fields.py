"""From a body to the fields of the form, each with what is wrong with it."""

import dataclasses
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from posthouse.automations.definition import DAYS, Fault
from posthouse.automations.editing.reading import UNITS
from posthouse.automations.sentences import KINDS_OF_SURVEYS, days_names
from posthouse.foundation.durations import duration

Choice = tuple[str, str]
EMPTY_ROWS = 1
EMPTY_PAIRS = 2


@dataclass(frozen=True)
class Choices:
    """What can be chosen: events (type and name), fields of conditions, templates, places in journeys, team members,
    campaigns."""

    events: tuple[Choice, ...] = ()
    fields: tuple[Choice, ...] = ()
    templates: tuple[Choice, ...] = ()
    journeys: tuple[Choice, ...] = ()
    steps: tuple[Choice, ...] = ()
    people: tuple[Choice, ...] = ()
    campaigns: tuple[Choice, ...] = ()


@dataclass
class Field:
    """One control: what it is called, what stands in it, and what is wrong there. `kind` names its template."""

    kind: str
    name: str
    label: str
    value: Any = ""
    help: str = ""
    choices: Iterable[Choice] = ()
    errors: list[str] = dataclasses.field(default_factory=list)
    list_id: str = ""
    unit: str = ""
    rows: list["Row"] = dataclasses.field(default_factory=list)
    optional: bool = False

    @property
    def id(self) -> str:
        """The id of the control, to which the list of errors leads."""
        return id_of(self.name)


@dataclass
class Row:
    """One line of a condition."""

    name: str
    kind: str = "field"
    field: str = ""
    op: str = "is"
    value: str = ""
    event: str = ""
    times: str = ""
    number: str = ""
    unit: str = "days"
    errors: list[str] = dataclasses.field(default_factory=list)

    @property
    def id(self) -> str:
        """The id of the row."""
        return id_of(self.name)


@dataclass
class Branch:
    """A list of steps: the whole, or what follows a decision."""

    place: str
    label: str
    steps: list["StepForm"]

    @property
    def id(self) -> str:
        """Where to look after a step was added or removed."""
        return id_of(self.place)


@dataclass
class StepForm:
    """One step with its fields and branches."""

    place: str
    kind: str
    label: str
    step_id: str
    number: str
    fields: list[Field]
    branches: list[Branch]
    first: bool
    last: bool

    @property
    def id(self) -> str:
        """Where to look after the step was moved."""
        return id_of(self.place)


@dataclass
class Form:
    """The whole form."""

    names: list[Field]
    when: list[Field]
    conditions: list[Field]
    again: list[Field]
    do: Branch
    faults: list[tuple[str, str, str]]


def id_of(place: str) -> str:
    """The id on the page of what stands at a place."""
    return "at" + "".join(char if char.isalnum() else "-" for char in place)


def step_kinds() -> list[Choice]:
    """Kinds of steps, as one chooses them."""
    return [
        ("send_mail", _("Send a mail")),
        ("send_survey", _("Send a survey")),
        ("notice", _("Show a notice in the portal")),
        ("task", _("Give the team a task")),
        ("webhook", _("Call a webhook")),
        ("wait", _("Wait for a while")),
        ("wait_until", _("Wait until a time of day")),
        ("wait_for", _("Wait for an event")),
        ("if", _("Look and decide")),
        ("tag", _("Put on or take off a tag")),
        ("set_attribute", _("Set an attribute")),
        ("journey", _("Enrol in a journey, or leave it")),
    ]


def kinds_of_surveys() -> list[Choice]:
    """Campaigns that are named by their kind."""
    return [(kind, _("The %(kind)s survey that runs") % {"kind": kind.upper()}) for kind in KINDS_OF_SURVEYS]


def form_of(body: Any, faults: Iterable[Fault], choices: Choices) -> Form:
    """The form for a body, however wrong it may be."""
    return _Builder(body if isinstance(body, dict) else {}, list(faults), choices).form()


class _Builder:
    def __init__(self, body: dict[str, Any], faults: list[Fault], choices: Choices) -> None:
        self.body = body
        self.faults = faults
        self.choices = choices
        self.labels: dict[str, tuple[str, str]] = {}

    def form(self) -> Form:
        body = self.body
        form = Form(
            names=[
                self.text("/name/en", _("Name in English"), body),
                self.text("/name/es", _("Name in Spanish"), body),
            ],
            when=self.when(_dict(body.get("when"))),
            conditions=[
                self.condition("/if", _("Only if"), body.get("if")),
                self.condition("/stop_if", _("Stop as soon as"), body.get("stop_if")),
            ],
            again=self.again(body.get("again")),
            do=self.branch("/do", _("Do"), body.get("do"), ""),
            faults=[],
        )
        form.faults = [self.fault(one) for one in self.faults]
        return form

    def fault(self, one: Fault) -> tuple[str, str, str]:
        """The id of the nearest control, its label, and the reason."""
        place = one.place
        while place and place not in self.labels:
            place = place.rpartition("/")[0]
        id_, label = self.labels.get(place, (id_of(place), one.place))
        return id_, label, one.reason

    # controls

    def control(self, kind: str, name: str, label: str, value: Any, **more: Any) -> Field:
        self.labels[name] = (id_of(name), label)
        errors = [fault.reason for fault in self.faults if fault.place == name]
        return Field(kind, name, label, value, errors=errors, **more)

    def text(self, name: str, label: str, holder: Any, **more: Any) -> Field:
        value = _plain(_under(holder, name))
        return self.control(more.pop("kind", "text"), name, label, value, **more)

    def words(self, place: str, label: str, value: Any) -> list[Field]:
        given = _dict(value)
        named = (("en", _("in English")), ("es", _("in Spanish")))
        fields: list[Field] = [
            self.control("text", f"{place}/{code}", f"{label} {where}", _plain(given.get(code)))
            for code, where in named
        ]
        fields[0].errors += [fault.reason for fault in self.faults if fault.place == place]
        return fields

    def select(self, name: str, label: str, value: Any, choices: Iterable[Choice], **more: Any) -> Field:
        value = _plain(value)
        choices = list(choices)
        if value and value not in dict(choices):
            choices.append((value, value))
        return self.control("select", name, label, value, choices=choices, **more)

    def event(self, name: str, label: str, value: Any, **more: Any) -> Field:
        return self.control("text", name, label, _plain(value), list_id="events", **more)

    def period(self, name: str, label: str, value: Any, **more: Any) -> Field:
        number, unit = taken_apart(value)
        return self.control("period", name, label, number, unit=unit, choices=units(), **more)

    def time(self, name: str, value: Any) -> Field:
        return self.control("time", name, _("At"), _plain(value))

    def days(self, name: str, value: Any) -> Field:
        chosen = value if isinstance(value, list) else list(DAYS)
        return self.control("days", name, _("On"), chosen, choices=tuple(zip(DAYS, days_names(), strict=True)))

    def zone(self, name: str, value: Any) -> Field:
        help_ = _("“contact” for the person's own, or one such as Europe/Madrid.")
        return self.control("text", name, _("Time zone"), _plain(value) or "contact", help=help_)

    def condition(self, name: str, label: str, value: Any) -> Field:
        rows = rows_of(value, name)
        if rows is None:
            found = self.control("json", name, label, _pretty(value))
        else:
            found = self.control("condition", name, label, "any" if "any" in _dict(value) else "all", rows=rows)
            rows += [Row(f"{name}/rows/{len(rows) + extra}") for extra in range(EMPTY_ROWS)]
            for row in rows[:-EMPTY_ROWS]:
                row.errors = [fault.reason for fault in self.faults if _is_in(fault.place, name, row, len(rows) - 1)]
        below = [fault.reason for fault in self.faults if fault.place.startswith(name + "/")]
        shown = {reason for row in found.rows for reason in row.errors}
        found.errors += [reason for reason in below if reason not in shown]
        found.optional = True
        return found

    # parts

    def when(self, when: Mapping[str, Any]) -> list[Field]:
        kinds = [
            ("event", _("something happens")),
            ("since", _("some time has gone by")),
            ("step", _("a step of a journey is reached")),
            ("stuck", _("somebody is stuck in a journey")),
            ("schedule", _("at a time of day")),
        ]
        kind = when.get("kind") or "event"
        first = self.select("/when/kind", _("When"), kind, kinds)
        return [first, *getattr(self, f"when_{kind}", lambda when: [])(when)]

    def when_event(self, when: Mapping[str, Any]) -> list[Field]:
        return [self.event("/when/event", _("Event"), when.get("event"))]

    def when_since(self, when: Mapping[str, Any]) -> list[Field]:
        return [
            self.period("/when/for", _("How long"), when.get("for")),
            self.event("/when/event", _("After which event"), when.get("event")),
            self.event("/when/without", _("Without this one"), when.get("without"), optional=True),
        ]

    def when_step(self, when: Mapping[str, Any]) -> list[Field]:
        return self.place(when, self.choices.steps)

    def when_stuck(self, when: Mapping[str, Any]) -> list[Field]:
        return self.place(when, [*self.choices.journeys, *self.choices.steps])

    def place(self, when: Mapping[str, Any], choices: Iterable[Choice]) -> list[Field]:
        value = "/".join(part for part in (_plain(when.get("journey")), _plain(when.get("step"))) if part)
        found = self.select("/when/place", _("Journey and step"), value, [("", "–"), *choices])
        found.errors += [fault.reason for fault in self.faults if fault.place in ("/when/journey", "/when/step")][:1]
        self.labels["/when/journey"] = self.labels["/when/step"] = (found.id, found.label)
        return [found]

    def when_schedule(self, when: Mapping[str, Any]) -> list[Field]:
        return [
            self.time("/when/time", when.get("time")),
            self.days("/when/days", when.get("days")),
            self.zone("/when/zone", when.get("zone")),
            self.condition("/when/whom", _("For everybody of whom this holds"), when.get("whom")),
        ]

    def again(self, value: Any) -> list[Field]:
        often = "after" if isinstance(value, dict) else _plain(value) or "once"
        choices = [
            ("once", _("only once for each")),
            ("every_time", _("every time")),
            ("after", _("again, but not before a while has gone by")),
        ]
        fields = [self.select("/often", _("How often"), often, choices)]
        after = self.period("/after", _("Again at the earliest after"), _dict(value).get("after"), optional=True)
        after.errors = [fault.reason for fault in self.faults if fault.place.startswith("/again")]
        self.labels["/again"] = (after.id, after.label)
        return [*fields, after]

    def branch(self, place: str, label: str, raw: Any, number: str) -> Branch:
        steps = [step for step in raw if isinstance(step, dict)] if isinstance(raw, list) else []
        self.labels[place] = (id_of(place), label)
        found = [
            self.step(f"{place}/{index}", step, f"{number}{index + 1}", index, len(steps))
            for index, step in enumerate(steps)
        ]
        return Branch(place, label, found)

    def step(self, place: str, step: dict[str, Any], number: str, index: int, count: int) -> StepForm:
        kind = _plain(step.get("do"))
        label = dict(step_kinds()).get(kind, kind)
        self.labels[place] = (id_of(place), label)
        build: Callable[[str, dict[str, Any]], list[Field]] = getattr(self, f"do_{kind}", lambda place, step: [])
        fields = build(place, step)
        names = {"if": (_("If so"), _("Otherwise")), "wait_for": (_("If it comes"), _("If it does not come in time"))}
        branches = [
            self.branch(f"{place}/{member}", name, step.get(member), f"{number}{letter}")
            for member, name, letter in zip(("then", "else"), names.get(kind, ()), "ab", strict=False)
        ]
        step_id = _plain(step.get("id"))
        return StepForm(place, kind, label, step_id, number, fields, branches, index == 0, index == count - 1)

    # steps

    def do_wait(self, place: str, step: dict[str, Any]) -> list[Field]:
        return [self.period(f"{place}/for", _("How long"), step.get("for"))]

    def do_wait_until(self, place: str, step: dict[str, Any]) -> list[Field]:
        return [
            self.time(f"{place}/time", step.get("time")),
            self.days(f"{place}/days", step.get("days")),
            self.zone(f"{place}/zone", step.get("zone")),
        ]

    def do_wait_for(self, place: str, step: dict[str, Any]) -> list[Field]:
        return [
            self.event(f"{place}/event", _("Event"), step.get("event")),
            self.period(f"{place}/deadline", _("At most for"), step.get("deadline")),
            self.condition(f"{place}/when", _("Only an event of which this holds"), step.get("when")),
        ]

    def do_if(self, place: str, step: dict[str, Any]) -> list[Field]:
        return [self.condition(f"{place}/if", _("Look whether"), step.get("if"))]

    def do_send_mail(self, place: str, step: dict[str, Any]) -> list[Field]:
        even = _("Even to those who want no mail: it is needed for what they do (transactional).")
        return [
            self.select(
                f"{place}/template", _("Mail template"), step.get("template"), [("", "–"), *self.choices.templates]
            ),
            self.control("check", f"{place}/transactional", even, step.get("transactional") is True),
            self.valid_for(place, step),
        ]

    def do_send_survey(self, place: str, step: dict[str, Any]) -> list[Field]:
        at_once = _("Empty: at once. How often a person may be asked is up to the campaign.")
        spoken = _("Empty: the person's own. A code such as es, or a field such as event.data.language.")
        campaigns = [("", "–"), *kinds_of_surveys(), *self.choices.campaigns]
        return [
            self.select(f"{place}/campaign", _("Survey"), step.get("campaign"), campaigns),
            self.period(f"{place}/delay", _("How much later"), step.get("delay"), help=at_once, optional=True),
            self.text(f"{place}/language", _("Language"), step, help=spoken, list_id="fields", optional=True),
            self.pairs(f"{place}/attributes", _("Attributes kept with the answer"), step.get("attributes")),
            self.valid_for(place, step),
        ]

    def pairs(self, name: str, label: str, value: Any) -> Field:
        """Names and the fields that they stand for, one row each."""
        found = self.control("pairs", name, label, "", optional=True)
        given = [(str(key), _plain(path)) for key, path in _dict(value).items()] + [("", "")] * EMPTY_PAIRS
        found.rows = [Row(f"{name}/rows/{n}", field=path, value=key) for n, (key, path) in enumerate(given)]
        below = [fault for fault in self.faults if fault.place.startswith(f"{name}/")]
        found.errors += [f"{fault.place.rpartition('/')[2] or '–'}: {fault.reason}" for fault in below]
        return found

    def valid_for(self, place: str, step: dict[str, Any]) -> Field:
        help_ = _("What cannot leave by then, because of quiet hours or a pause, is dropped.")
        return self.period(
            f"{place}/valid_for", _("Worth sending for"), step.get("valid_for"), help=help_, optional=True
        )

    def do_notice(self, place: str, step: dict[str, Any]) -> list[Field]:
        link = self.text(f"{place}/link", _("Where it leads"), step, optional=True)
        return [*self.words(f"{place}/text", _("Text"), step.get("text")), link, self.valid_for(place, step)]

    def do_webhook(self, place: str, step: dict[str, Any]) -> list[Field]:
        choices = [("retry", _("call it again: it knows a repeat by its id")), ("skip", _("do not call it again"))]
        return [
            self.text(f"{place}/url", _("Address"), step),
            self.select(
                f"{place}/after_crash", _("When we cannot know whether it arrived"), step.get("after_crash"), choices
            ),
            self.valid_for(place, step),
        ]

    def do_task(self, place: str, step: dict[str, Any]) -> list[Field]:
        people = [("", _("whoever takes it")), *self.choices.people]
        return [
            *self.words(f"{place}/title", _("What is to be done"), step.get("title")),
            self.select(f"{place}/assignee", _("By whom"), step.get("assignee"), people),
            self.period(f"{place}/due", _("Within"), step.get("due"), optional=True),
        ]

    def of(self, place: str, step: dict[str, Any]) -> Field:
        choices = [("contact", pgettext("whose", "the contact")), ("customer", pgettext("whose", "the customer"))]
        return self.select(f"{place}/of", pgettext("tag or attribute", "Of"), step.get("of") or "contact", choices)

    def do_set_attribute(self, place: str, step: dict[str, Any]) -> list[Field]:
        value = step.get("value")
        shown = json.dumps(value) if isinstance(value, str) and _looks_otherwise(value) else _plain(value)
        help_ = _("Numbers, true and false are kept as such; put them between quotation marks to keep a text.")
        return [
            self.of(place, step),
            self.text(f"{place}/name", _("Attribute"), step),
            self.control("text", f"{place}/value", _("Value"), shown, help=help_, optional=True),
        ]

    def do_tag(self, place: str, step: dict[str, Any]) -> list[Field]:
        acts = [("add", _("put it on")), ("remove", _("take it off"))]
        return [
            self.of(place, step),
            self.text(f"{place}/tag", _("Tag"), step),
            self.select(f"{place}/act", _("What to do"), step.get("act"), acts),
        ]

    def do_journey(self, place: str, step: dict[str, Any]) -> list[Field]:
        acts = [("enrol", _("enrol in it")), ("exit", _("leave it"))]
        return [
            self.select(f"{place}/act", _("What to do"), step.get("act"), acts),
            self.select(f"{place}/journey", _("Journey"), step.get("journey"), [("", "–"), *self.choices.journeys]),
        ]


def units() -> list[Choice]:
    """Units of time, to choose from."""
    names = {"minutes": _("minutes"), "hours": _("hours"), "days": _("days"), "weeks": _("weeks")}
    return [(unit, names[unit]) for unit in UNITS]


def taken_apart(value: Any) -> tuple[str, str]:
    """A length of time as number and unit; what is none as it was typed."""
    try:
        seconds = int(duration(value).total_seconds())
    except ValueError:
        return _plain(value), "days"
    for unit in ("days", "hours", "minutes"):
        if seconds % UNITS[unit] == 0:
            return str(seconds // UNITS[unit]), unit
    return _plain(value), "minutes"


def rows_of(condition: Any, name: str) -> list[Row] | None:
    """A condition as rows: alternatives or demands of single comparisons; None when it cannot be said so."""
    if condition is None or condition == {}:
        return []
    if not isinstance(condition, dict):
        return None
    several = next((condition[kind] for kind in ("all", "any") if list(condition) == [kind]), None)
    leaves = several if isinstance(several, list) else [condition]
    rows = [_row(leaf, f"{name}/rows/{index}") for index, leaf in enumerate(leaves)]
    return None if None in rows else [row for row in rows if row]


def _row(leaf: Any, name: str) -> Row | None:
    if not isinstance(leaf, dict):
        return None
    if set(leaf) == {"not"} and isinstance(leaf["not"], dict) and "happened" in leaf["not"]:
        row = _row(leaf["not"], name)
        if row:
            row.kind = "not_happened"
        return row
    if "happened" in leaf and set(leaf) <= {"happened", "times", "within"}:
        number, unit = taken_apart(leaf["within"]) if "within" in leaf else ("", "days")
        return Row(
            name, "happened", event=_plain(leaf["happened"]), times=_plain(leaf.get("times")), number=number, unit=unit
        )
    if "field" in leaf and set(leaf) <= {"field", "op", "value"}:
        return Row(name, field=_plain(leaf["field"]), op=_plain(leaf.get("op")), value=_shown(leaf.get("value")))
    return None


def _is_in(place: str, name: str, row: Row, count: int) -> bool:
    """Whether a fault stands in this row; a single row is the condition itself."""
    if count == 1:
        return place == name or place.startswith(name + "/")
    index = row.name.rpartition("/")[2]
    return any(f"{place}/".startswith(f"{name}/{kind}/{index}/") for kind in ("all", "any"))


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_shown(one) for one in value)
    if isinstance(value, dict) and set(value) == {"ago"}:
        return _plain(value["ago"])
    return (
        json.dumps(value, ensure_ascii=False) if isinstance(value, str) and _looks_otherwise(value) else _plain(value)
    )


def _looks_otherwise(text: str) -> bool:
    """Whether a text would be read back as a number or a truth."""
    try:
        return not isinstance(json.loads(text), str)
    except (ValueError, RecursionError):
        return False


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _pretty(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)


def _dict(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _under(holder: Any, name: str) -> Any:
    """The last member of a pointer, in the holder or one below it."""
    *above, last = name.rsplit("/", 2)[1:]
    inner = _dict(holder).get(above[0]) if above else None
    return _dict(inner).get(last) if isinstance(inner, dict) else _dict(holder).get(last)

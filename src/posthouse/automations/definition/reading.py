"""Reads the body of an automation, member by member, and names every fault at once."""

import json
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, cast

from django.utils.translation import gettext as _

from posthouse.automations.definition.shapes import (
    Again,
    Definition,
    If,
    Journey,
    Notice,
    OnEvent,
    OnStep,
    OnStuck,
    Schedule,
    SendMail,
    SetAttribute,
    Since,
    Step,
    Tag,
    Task,
    Wait,
    WaitFor,
    WaitUntil,
    Webhook,
    When,
)
from posthouse.automations.definition.surveys import read_survey
from posthouse.automations.definition.values import (
    NAME,
    STEP_ID,
    TEMPLATE,
    Fault,
    InvalidDefinition,
    Members,
    Read,
    Reader,
    matching,
    one_of,
    read_condition,
    read_days,
    read_event,
    read_flag,
    read_key,
    read_link,
    read_members,
    read_of,
    read_period,
    read_plain,
    read_time,
    read_url,
    read_user,
    read_words,
    read_zone,
)

MAX_BYTES = 64 * 1024
MAX_DEPTH = 32
MAX_STEPS = 100
MAX_NESTING = 6


def parse(body: Any) -> Definition:
    """The automation that a body describes. Raises InvalidDefinition naming every fault at once."""
    reader = Reader()
    if _within_bounds(reader, body):
        found = _definition(reader, body)
        if not reader.faults:
            return found
    raise InvalidDefinition(reader.faults)


def faults_of(body: Any) -> list[Fault]:
    """Everything that is wrong with a body; nothing when it can be used."""
    try:
        parse(body)
    except InvalidDefinition as error:
        return error.faults
    return []


def with_ids(body: dict[str, Any]) -> dict[str, Any]:
    """The body with an id for each step that has none; ids given stay, so that runs under way find their place."""
    copy: dict[str, Any] = json.loads(json.dumps(body))
    steps = [step for step in _raw_steps(copy.get("do")) if isinstance(step, dict)]
    taken = {step.get("id") for step in steps if isinstance(step.get("id"), str)}
    fresh = (f"s{number}" for number in range(1, MAX_STEPS * 10) if f"s{number}" not in taken)
    for step in steps:
        if not step.get("id"):
            step["id"] = next(fresh)
    return copy


def _raw_steps(steps: Any, depth: int = 0) -> Iterator[Any]:
    for step in steps if isinstance(steps, list) and depth <= MAX_NESTING else ():
        yield step
        if isinstance(step, dict):
            yield from _raw_steps(step.get("then"), depth + 1)
            yield from _raw_steps(step.get("else"), depth + 1)


def _within_bounds(reader: Reader, body: Any) -> bool:
    """Depth first, without recursion, so that nothing after it can run away; then the size."""
    level = [body]
    for _depth in range(MAX_DEPTH):
        level = [child for value in level for child in _children(value)]
        if not level:
            break
    else:
        return reader.fail("", _("It is nested more than %(number)s levels deep.") % {"number": MAX_DEPTH})
    try:
        size = len(json.dumps(body, allow_nan=False))
    except (TypeError, ValueError):
        return reader.fail("", _("It holds something that JSON cannot carry."))
    if size > MAX_BYTES:
        return reader.fail("", _("It is larger than %(number)s kilobytes.") % {"number": MAX_BYTES // 1024})
    return True


def _children(value: Any) -> Any:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def _definition(reader: Reader, raw: Any) -> Definition:
    body = read_members(reader, raw, "")
    if body is None:
        return Definition({}, OnEvent(""))
    found = Definition(
        name=body.must("name", read_words(120)),
        when=body.must("when", _when),
        condition=body.may("if", read_condition),
        again=body.may("again", _again, Again()),
        stop_if=body.may("stop_if", read_condition),
        do=body.must("do", _steps()),
    )
    body.done()
    if body.members.get("do") == []:
        reader.fail("/do", _("There must be at least one step."))
    return found


def _when(reader: Reader, raw: Any, place: str) -> When | None:
    return cast("When | None", _one_of_kinds(reader, raw, place, "kind", WHENS))


def _on_event(body: Members) -> When:
    return OnEvent(body.must("event", read_event))


def _on_step(body: Members) -> When:
    return OnStep(body.must("journey", read_key), body.must("step", read_key))


def _on_stuck(body: Members) -> When:
    return OnStuck(body.must("journey", read_key), body.may("step", read_key, ""))


def _since(body: Members) -> When:
    return Since(body.must("event", read_event), body.may("without", read_event, ""), body.must("for", read_period))


def _schedule(body: Members) -> When:
    return Schedule(
        time=body.must("time", read_time),
        days=body.may("days", read_days, tuple(range(7))),
        zone=body.may("zone", read_zone, "contact"),
        whom=body.may("whom", read_condition),
    )


WHENS: dict[str, Callable[[Members], When]] = {
    "event": _on_event,
    "step": _on_step,
    "stuck": _on_stuck,
    "since": _since,
    "schedule": _schedule,
}


def _one_of_kinds(
    reader: Reader, raw: Any, place: str, member: str, kinds: Mapping[str, Callable[[Members], Any]]
) -> Any:
    body = read_members(reader, raw, place)
    if body is None:
        return None
    kind = body.must(member, one_of(tuple(kinds)))
    if kind not in kinds:
        return None
    found = kinds[kind](body)
    body.done()
    return found


def _steps(nesting: int = 0) -> Read:
    def read(reader: Reader, raw: Any, place: str) -> tuple[Step, ...]:
        if not isinstance(raw, list):
            reader.fail(place, _("A list of steps must stand here."))
            return ()
        if nesting > MAX_NESTING:
            reader.fail(place, _("Branches stand more than %(number)s deep in each other.") % {"number": MAX_NESTING})
            return ()
        reader.count += len(raw)
        if reader.count > MAX_STEPS:
            reader.fail(place, _("There are more than %(number)s steps.") % {"number": MAX_STEPS})
            return ()
        found = [_step(reader, step, f"{place}/{number}", nesting) for number, step in enumerate(raw)]
        return tuple(step for step in found if step is not None)

    return read


def _step(reader: Reader, raw: Any, place: str, nesting: int) -> Step | None:
    kinds = {name: partial(_build, build, nesting) for name, build in STEPS.items()}
    return cast("Step | None", _one_of_kinds(reader, raw, place, "do", kinds))


def _build(build: "Build", nesting: int, body: Members) -> Step:
    return build(body, body.must("id", _step_id), nesting)


def _step_id(reader: Reader, raw: Any, place: str) -> str:
    found = matching(STEP_ID, _("small letters, digits and underscores, a letter first"))(reader, raw, place)
    if found and found in reader.ids:
        reader.fail(place, _("Another step has this id."))
    reader.ids.add(found)
    return str(found)


def _wait(body: Members, id_: str, nesting: int) -> Step:
    return Wait(id_, body.must("for", read_period))


def _wait_until(body: Members, id_: str, nesting: int) -> Step:
    days = body.may("days", read_days, tuple(range(7)))
    return WaitUntil(id_, body.must("time", read_time), days, body.may("zone", read_zone, "contact"))


def _wait_for(body: Members, id_: str, nesting: int) -> Step:
    return WaitFor(
        id=id_,
        event=body.must("event", read_event),
        when=body.may("when", read_condition),
        deadline=body.must("deadline", read_period),
        then=body.may("then", _steps(nesting + 1), ()),
        otherwise=body.may("else", _steps(nesting + 1), ()),
    )


def _if(body: Members, id_: str, nesting: int) -> Step:
    condition = body.must("if", read_condition)
    then = body.may("then", _steps(nesting + 1), ())
    return If(id_, condition, then, body.may("else", _steps(nesting + 1), ()))


def _send_mail(body: Members, id_: str, nesting: int) -> Step:
    return SendMail(
        id=id_,
        template=body.must("template", matching(TEMPLATE, _("the key of a mail template"))),
        transactional=body.may("transactional", read_flag, default=False),
        valid_for=body.may("valid_for", read_period),
    )


def _send_survey(body: Members, id_: str, nesting: int) -> Step:
    return read_survey(body, id_)


def _notice(body: Members, id_: str, nesting: int) -> Step:
    text = body.must("text", read_words(500))
    return Notice(id_, text, body.may("link", read_link, ""), body.may("valid_for", read_period))


def _webhook(body: Members, id_: str, nesting: int) -> Step:
    after_crash = body.may("after_crash", one_of(("retry", "skip")), "retry")
    return Webhook(id_, body.must("url", read_url), after_crash, body.may("valid_for", read_period))


def _task(body: Members, id_: str, nesting: int) -> Step:
    title = body.must("title", read_words(200))
    return Task(id_, title, body.may("assignee", read_user), body.may("due", read_period))


def _set_attribute(body: Members, id_: str, nesting: int) -> Step:
    of, name = body.may("of", read_of, "contact"), body.must("name", read_key)
    return SetAttribute(id_, of, name, body.may("value", read_plain))


def _tag(body: Members, id_: str, nesting: int) -> Step:
    of, tag = body.may("of", read_of, "contact"), body.must("tag", matching(NAME, _("a short name")))
    return Tag(id_, of, tag, body.may("act", one_of(("add", "remove")), "add"))


def _journey(body: Members, id_: str, nesting: int) -> Step:
    return Journey(id_, body.must("act", one_of(("enrol", "exit"))), body.must("journey", read_key))


Kind = Callable[[Members], Any]
Build = Callable[[Members, str, int], Step]
STEPS: dict[str, Build] = {
    "wait": _wait,
    "wait_until": _wait_until,
    "wait_for": _wait_for,
    "if": _if,
    "send_mail": _send_mail,
    "send_survey": _send_survey,
    "notice": _notice,
    "webhook": _webhook,
    "task": _task,
    "set_attribute": _set_attribute,
    "tag": _tag,
    "journey": _journey,
}


def _again(reader: Reader, raw: Any, place: str) -> Again:
    if raw in ("once", "every_time"):
        return Again(raw)
    if isinstance(raw, dict):
        body = Members(reader, place, raw)
        after = body.must("after", read_period)
        body.done()
        return Again("after", after)
    reader.fail(place, _("One of these must stand here: %(words)s.") % {"words": "once, every_time, {after: P30D}"})
    return Again()

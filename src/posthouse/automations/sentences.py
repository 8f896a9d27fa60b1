"""An automation as a person would say it, in the language of the page: one sentence, or one line per step."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import time, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from babel.core import Locale
from babel.dates import get_day_names
from babel.lists import format_list
from django.utils.translation import get_language, gettext, pgettext
from django.utils.translation import gettext as _

from posthouse.automations import definition as d
from posthouse.automations.event_words import EVENTS
from posthouse.foundation import conditions, durations
from posthouse.foundation.conditions.wording import field as field_words

KINDS_OF_SURVEYS = ("nps", "csat", "ces")
WORKING_DAYS, EVERY_DAY = (0, 1, 2, 3, 4), tuple(range(7))


@dataclass(frozen=True)
class Names:
    """What keys are called: of mail templates, journeys, steps (`journey/step`), people,
    campaigns. A key without a name stays.
    """

    templates: Mapping[str, str] = field(default_factory=dict)
    journeys: Mapping[str, str] = field(default_factory=dict)
    steps: Mapping[str, str] = field(default_factory=dict)
    people: Mapping[int, str] = field(default_factory=dict)
    campaigns: Mapping[str, str] = field(default_factory=dict)


class Line(NamedTuple):
    """One line of the outline: how deep it stands, what it says, and the step it stands for (empty: a branch)."""

    depth: int
    text: str
    step_id: str


def sentence(found: d.Definition, names: Names | None = None) -> str:
    """The whole automation in one sentence."""
    names = names or Names()
    parts = [when_words(found.when, names)]
    if found.condition:
        parts.append(_("if %(condition)s") % {"condition": conditions.words(found.condition)})
    text = _("%(when)s: %(do)s.") % {"when": ", ".join(parts), "do": _sequence(found.do, names)}
    extra = [again_words(found.again)]
    if found.stop_if:
        extra.append(stop_words(found.stop_if))
    return " ".join([text, *(part for part in extra if part)])


def outline(found: d.Definition, names: Names | None = None) -> list[Line]:
    """The steps, one per line, branches indented."""
    return list(_lines(found.do, names or Names(), 0))


def title(words: d.Words) -> str:
    """Words in the language of the page, or in the one there is."""
    language = (get_language() or "en").partition("-")[0]
    return words.get(language) or next(iter(words.values()), "")


def event_words(type_: str) -> str:
    """An event as a noun: the first call, an error spike; for kinds that the house does not know, their name."""
    known = EVENTS.get(type_)
    return gettext(known) if known else _("the event “%(type)s”") % {"type": type_}


def when_words(when: d.When, names: Names | None = None) -> str:
    """What starts it, with a capital letter at its beginning."""
    names = names or Names()
    return _upper(WHENS[type(when)](when, names))


def step_words(step: d.Step, names: Names | None = None) -> str:
    """What one step does, without its branches."""
    return STEPS[type(step)](step, names or Names())


def again_words(again: d.Again) -> str:
    """How often for the same one."""
    if again.kind == "every_time":
        return _("It does so every time.")
    if again.after:
        return _("It does so again at the earliest after %(time)s.") % {"time": durations.words(again.after)}
    return _("It does so only once for each.")


def stop_words(condition: dict[str, Any]) -> str:
    """What ends a run early."""
    if condition.keys() == {"happened"}:
        return _("It stops on %(event)s.") % {"event": event_words(condition["happened"])}
    return _("It stops as soon as %(condition)s.") % {"condition": conditions.words(condition)}


def days_words(days: tuple[int, ...]) -> str:
    """Every day; on working days; on Monday and Tuesday."""
    if days == EVERY_DAY:
        return _("every day")
    if days == WORKING_DAYS:
        return _("from Monday to Friday")
    names = days_names()
    return _("on %(days)s") % {"days": format_list([names[day] for day in days], locale=_locale())}


def days_names() -> list[str]:
    """Monday to Sunday."""
    names = get_day_names("wide", locale=_locale())
    return [names[day] for day in EVERY_DAY]


def _locale() -> Locale:
    return Locale.parse((get_language() or "en").replace("-", "_"))


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _sequence(steps: tuple[d.Step, ...], names: Names) -> str:
    if not steps:
        return _("nothing")
    return _(", then ").join(_with_branches(step, names) for step in steps)


def _with_branches(step: d.Step, names: Names) -> str:
    text = step_words(step, names)
    if not isinstance(step, d.If | d.WaitFor):
        return text
    then, otherwise = _branch_names(step)
    branches = [(then, step.then), (otherwise, step.otherwise)]
    said = "; ".join(f"{name}: {_sequence(steps, names)}" for name, steps in branches if steps)
    return f"{text} ({said})" if said else text


def _branch_names(step: d.If | d.WaitFor) -> tuple[str, str]:
    if isinstance(step, d.If):
        return pgettext("branch", "if so"), pgettext("branch", "otherwise")
    return pgettext("branch", "if it comes"), pgettext("branch", "if it does not come in time")


def _lines(steps: tuple[d.Step, ...], names: Names, depth: int) -> Iterator[Line]:
    for step in steps:
        yield Line(depth, _upper(step_words(step, names)), step.id)
        if isinstance(step, d.If | d.WaitFor):
            for name, branch in zip(_branch_names(step), (step.then, step.otherwise), strict=True):
                if branch:
                    yield Line(depth + 1, _upper(name), "")
                    yield from _lines(branch, names, depth + 2)


# when


def _event(when: d.OnEvent, names: Names) -> str:
    return _("on %(event)s") % {"event": event_words(when.event)}


def _step(when: d.OnStep, names: Names) -> str:
    return _("when “%(step)s” of “%(journey)s” is reached") % _place(when, names)


def _stuck(when: d.OnStuck, names: Names) -> str:
    if not when.step:
        return _("when somebody is stuck anywhere in “%(journey)s”") % _place(when, names)
    return _("when somebody is stuck before “%(step)s” of “%(journey)s”") % _place(when, names)


def _place(when: d.OnStep | d.OnStuck, names: Names) -> dict[str, str]:
    step = names.steps.get(f"{when.journey}/{when.step}", when.step)
    return {"journey": names.journeys.get(when.journey, when.journey), "step": step}


def _since(when: d.Since, names: Names) -> str:
    words = {"time": durations.words(when.duration), "event": event_words(when.event), "without": ""}
    if not when.without:
        return _("%(time)s after %(event)s") % words
    words["without"] = event_words(when.without)
    return _("%(time)s after %(event)s, without %(without)s") % words


def _schedule(when: d.Schedule, names: Names) -> str:
    words = {"days": days_words(when.days), "at": _at(when.time, when.zone)}
    text = _("%(days)s %(at)s, for everybody") % words
    if when.whom:
        text = _("%(days)s %(at)s, for everybody of whom this holds: %(whom)s") % {
            **words,
            "whom": conditions.words(when.whom),
        }
    return text


def _at(value: time, zone: str) -> str:
    if zone == "contact":
        return _("at %(time)s in the person's own time") % {"time": f"{value:%H:%M}"}
    return _("at %(time)s in the zone %(zone)s") % {"time": f"{value:%H:%M}", "zone": zone}


WHENS: dict[type[Any], Callable[[Any, Names], str]] = {
    d.OnEvent: _event,
    d.OnStep: _step,
    d.OnStuck: _stuck,
    d.Since: _since,
    d.Schedule: _schedule,
}


# do


def _wait(step: d.Wait, names: Names) -> str:
    return _("wait %(time)s") % {"time": durations.words(step.duration)}


def _wait_until(step: d.WaitUntil, names: Names) -> str:
    return _("go on %(days)s %(at)s") % {"days": days_words(step.days), "at": _at(step.time, step.zone)}


def _wait_for(step: d.WaitFor, names: Names) -> str:
    words = {"time": durations.words(step.deadline), "event": event_words(step.event), "condition": ""}
    if not step.when:
        return _("wait up to %(time)s for %(event)s") % words
    words["condition"] = conditions.words(step.when)
    return _("wait up to %(time)s for %(event)s where %(condition)s") % words


def _if(step: d.If, names: Names) -> str:
    return _("look whether %(condition)s") % {"condition": conditions.words(step.condition)}


def _mail(step: d.SendMail, names: Names) -> str:
    name = {"name": names.templates.get(step.template, step.template)}
    text = _("send the mail “%(name)s” even to those who want no mail") if step.transactional else ""
    return (text or _("send the mail “%(name)s”")) % name + _valid(step.valid_for)


def _survey(step: d.SendSurvey, names: Names) -> str:
    if step.campaign in KINDS_OF_SURVEYS:
        text = _("send the running %(kind)s survey") % {"kind": step.campaign.upper()}
    else:
        text = _("send the survey “%(name)s”") % {"name": names.campaigns.get(step.campaign, step.campaign)}
    if step.delay:
        text += _(" %(time)s later") % {"time": durations.words(step.delay)}
    if step.language:
        text += _(", in the language %(language)s") % {"language": _language(step.language)}
    if step.attributes:
        fields = [f"{name} ({field_words(path)})" for name, path in step.attributes.items()]
        text += _(", noting %(attributes)s with the answer") % {"attributes": format_list(fields, locale=_locale())}
    return text + _valid(step.valid_for)


def _language(code: str) -> str:
    return str(field_words(code)) if "." in code else code


def _notice(step: d.Notice, names: Names) -> str:
    return _("show the notice “%(text)s” in the portal") % {"text": title(step.text)} + _valid(step.valid_for)


def _webhook(step: d.Webhook, names: Names) -> str:
    return _("call the webhook at %(host)s") % {"host": urlsplit(step.url).hostname or ""} + _valid(step.valid_for)


def _valid(valid_for: timedelta | None) -> str:
    return (
        _(" (dropped when it cannot leave within %(time)s)") % {"time": durations.words(valid_for)} if valid_for else ""
    )


def _task(step: d.Task, names: Names) -> str:
    words = {"title": title(step.title), "name": "", "due": ""}
    if step.assignee:
        words["name"] = names.people.get(step.assignee, str(step.assignee))
        text = _("give %(name)s the task “%(title)s”") % words
    else:
        text = _("give the team the task “%(title)s”") % words
    return text + (_(", due within %(time)s") % {"time": durations.words(step.due)} if step.due else "")


def _set_attribute(step: d.SetAttribute, names: Names) -> str:
    words = {"name": step.name, "value": plain(step.value)}
    if step.value is None:
        text = _("empty the attribute “%(name)s” of the contact") if step.of == "contact" else ""
        return (text or _("empty the attribute “%(name)s” of the customer")) % words
    text = _("set the attribute “%(name)s” of the contact to “%(value)s”") if step.of == "contact" else ""
    return (text or _("set the attribute “%(name)s” of the customer to “%(value)s”")) % words


def _tag(step: d.Tag, names: Names) -> str:
    words = {"tag": step.tag}
    if step.act == "remove":
        text = _("take the tag “%(tag)s” off the contact") if step.of == "contact" else ""
        return (text or _("take the tag “%(tag)s” off the customer")) % words
    text = _("put the tag “%(tag)s” on the contact") if step.of == "contact" else ""
    return (text or _("put the tag “%(tag)s” on the customer")) % words


def _journey(step: d.Journey, names: Names) -> str:
    name = {"journey": names.journeys.get(step.journey, step.journey)}
    if step.act == "exit":
        return _("take it out of the journey “%(journey)s”") % name
    return _("enrol it in the journey “%(journey)s”") % name


def of_words(of: str) -> str:
    """Whose tag or attribute."""
    return pgettext("whose", "the contact") if of == "contact" else pgettext("whose", "the customer")


def plain(value: Any) -> str:
    """Yes and no in words; the rest as it is."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return str(value)


STEPS: dict[type[Any], Callable[[Any, Names], str]] = {
    d.Wait: _wait,
    d.WaitUntil: _wait_until,
    d.WaitFor: _wait_for,
    d.If: _if,
    d.SendMail: _mail,
    d.SendSurvey: _survey,
    d.Notice: _notice,
    d.Webhook: _webhook,
    d.Task: _task,
    d.SetAttribute: _set_attribute,
    d.Tag: _tag,
    d.Journey: _journey,
}

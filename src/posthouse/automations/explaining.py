"""The journal of a run as sentences: what was decided, and on what."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from posthouse.automations.models import Decision
from posthouse.automations.sentences import event_words
from posthouse.design import wording
from posthouse.foundation.conditions.values import moment_of

REASONS: dict[str, Callable[[], str]] = {
    "switched_off": lambda: _("the automation was switched off"),
    "stop_if": lambda: _("its stop condition holds"),
    "happened": lambda: _("what was awaited happened in time"),
    "not_for_them": lambda: _("its condition does not hold"),
    "dry": lambda: _("it runs dry"),
    "no_address": lambda: _("there is no address"),
    "no_contact": lambda: _("there is no contact"),
    "no_customer": lambda: _("there is no customer"),
    "suppressed": lambda: _("the address is on the suppression list"),
    "unsubscribed": lambda: _("the person does not want this kind of mail"),
    "throttled": lambda: _("the person was asked too recently"),
    "bounced": lambda: _("the person cannot be written to"),
    "sampled_out": lambda: _("the person is not in the sample"),
    "already_pending": lambda: _("another survey is on its way to the person"),
    "paused": lambda: _("the survey is not running"),
    "no_campaign": lambda: _("there is no such survey, or none of this kind runs"),
    "dropped": lambda: _("somebody of the team left it out"),
    "by_hand": lambda: _("somebody of the team called it off"),
    "overdue_after_pause": lambda: _("it became due during a pause"),
}


def sentence(decision: Decision) -> str:
    """One line of the journal; what nobody here knows is shown as it was noted."""
    say = SENTENCES.get(decision.what)
    return say(decision.data) if say else f"{decision.what}: {facts(decision.data)}"


def reason(word: str) -> str:
    """Why something was left out or stopped."""
    say = REASONS.get(word)
    return say() if say else word


def outcome(answer: dict[str, Any]) -> str:
    """What a survey answered, for the list of what a run did; empty for other effects."""
    if answer.get("outcome") == "scheduled":
        return _("due on %(at)s") % {"at": _moment(answer, "due_at")}
    until = _moment(answer, "throttled_until")
    words = {"reason": reason(answer.get("outcome", "")), "until": until}
    return _("%(reason)s, not again before %(until)s") % words if until else words["reason"]


def facts(data: dict[str, Any]) -> str:
    """What was noted, as it is."""
    return ", ".join(f"{name} = {value}" for name, value in data.items())


def _moment(data: dict[str, Any], name: str) -> str:
    found = moment_of(data.get(name))
    return wording.day_and_time(found) if isinstance(found, datetime) else ""


def _trigger(data: dict[str, Any]) -> str:
    if not data.get("type"):
        return _("It began: its time had come")
    return _("It began on %(event)s") % {"event": event_words(data["type"])}


def _if(data: dict[str, Any]) -> str:
    return _("Its condition holds") if data.get("held") else _("Its condition does not hold")


def _wait(data: dict[str, Any]) -> str:
    if data.get("event"):
        words = {"until": _moment(data, "until"), "event": event_words(data["event"])}
        return _("It waits until %(until)s for %(event)s") % words
    return _("It waits until %(until)s") % {"until": _moment(data, "until")}


def _matched(data: dict[str, Any]) -> str:
    return _("%(event)s came in time") % {"event": _upper(event_words(data.get("event", "")))}


def _timed_out(data: dict[str, Any]) -> str:
    event = data.get("event", "")
    return (
        _("%(event)s did not come in time") % {"event": _upper(event_words(event))} if event else _("The time is over")
    )


def _branch(data: dict[str, Any]) -> str:
    return _("It holds: on to “if so”") if data.get("taken") else _("It does not hold: on to “otherwise”")


def _cap(data: dict[str, Any]) -> str:
    words = {
        "had": data.get("had"),
        "most": data.get("most"),
        "days": data.get("days"),
        "until": _moment(data, "until"),
    }
    if data.get("held"):
        return _("Held back until %(until)s: %(had)s messages in %(days)s days, and %(most)s are the most") % words
    return _("The cap allows it: %(had)s of %(most)s messages in %(days)s days") % words


def _quiet(data: dict[str, Any]) -> str:
    words = {"window": data.get("window"), "zone": data.get("zone"), "until": _moment(data, "until")}
    return _("Held back until %(until)s: quiet hours %(window)s in %(zone)s") % words


def _spread(data: dict[str, Any]) -> str:
    return _("Held back until %(until)s, so that not all leave at once") % {"until": _moment(data, "until")}


def _called(data: dict[str, Any]) -> str:
    return _("Written down before the call: attempt %(attempt)s") % {"attempt": data.get("attempt")}


def _again(data: dict[str, Any]) -> str:
    words = {"attempt": data.get("attempt"), "at": _moment(data, "at"), "error": data.get("error")}
    return _("Attempt %(attempt)s failed, the next at %(at)s: %(error)s") % words


def _done(data: dict[str, Any]) -> str:
    answer = data.get("answer") or {}
    if answer.get("outcome") == "scheduled":
        return _("Done. The survey is due on %(at)s") % {"at": _moment(answer, "due_at")}
    told = {name: value for name, value in answer.items() if not name.endswith("_id")}
    return _("Done. Answer: %(answer)s") % {"answer": facts(told)} if told else _("Done")


def _unknown(data: dict[str, Any]) -> str:
    if data.get("policy") == "retry":
        return _("Nobody knows whether it arrived: it is called again with the same key")
    return _("Nobody knows whether it arrived: it is left to you")


def _left_out(data: dict[str, Any]) -> str:
    words = {"reason": reason(data.get("reason", "")), "until": _moment(data, "throttled_until")}
    return (
        _("Left out: %(reason)s, not again before %(until)s") % words
        if words["until"]
        else _("Left out: %(reason)s") % words
    )


def _stopped(data: dict[str, Any]) -> str:
    return _("The run ended: %(reason)s") % {"reason": reason(data.get("reason", ""))}


def _gave_up(data: dict[str, Any]) -> str:
    return _("Given up: %(error)s") % {"error": data.get("error", "")}


def _failed(data: dict[str, Any]) -> str:
    return _("Stuck: %(error)s") % {"error": data.get("error", "")}


def _expired(data: dict[str, Any]) -> str:
    return _("Too late: it was worth sending until %(until)s") % {"until": _moment(data, "valid_until")}


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


SENTENCES: dict[str, Callable[[dict[str, Any]], str]] = {
    "trigger": _trigger,
    "if": _if,
    "wait": _wait,
    "matched": _matched,
    "timed_out": _timed_out,
    "branch": _branch,
    "intended": lambda data: _("It is to be done"),
    "cap": _cap,
    "quiet": _quiet,
    "spread": _spread,
    "claimed": lambda data: _("A worker has taken it up until %(until)s") % {"until": _moment(data, "until")},
    "called": _called,
    "again": _again,
    "done": _done,
    "unknown_outcome": _unknown,
    "lease_over": lambda data: _("The worker that had it is gone; it may be taken up again"),
    "left_out": _left_out,
    "stopped": _stopped,
    "stop_if": lambda data: _("Its stop condition holds"),
    "gave_up": _gave_up,
    "failed": _failed,
    "expired": _expired,
    "moved": lambda data: _("Moved by the team: it waits until %(until)s") % {"until": _moment(data, "until")},
    "called_off": lambda data: _("Called off by the team"),
    "retried": lambda data: _("Tried again by the team"),
}

"""What an event says to a person: one sentence per type, filled in from the event's data."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext, gettext_noop

from posthouse.automations import queries as automations
from posthouse.journeys import queries as journeys
from posthouse.keys.queries import environment_name
from posthouse.messages.queries import category_name, reason_name
from posthouse.people.access import Role, TeamRole
from posthouse.surveys.queries import outcome_name

_ = gettext_noop

SENTENCES: dict[str, str] = {
    "account.created": _("Account created"),
    "email.confirmed": _("Address confirmed"),
    "profile.completed": _("Profile completed"),
    "contact.created": _("Contact became known"),
    "contact.updated": _("Contact changed"),
    "contact.erased": _("A person's data was erased"),
    "customer.created": _("Customer “%(name)s” founded"),
    "customer.updated": _("Customer changed"),
    "contact.merged": _("Merged with another contact, %(gone_id)s"),
    "customer.merged": _("“%(name)s” was merged into this customer"),
    "event.discarded": _("“%(event_type)s” was left out for %(consumer)s: %(reason)s"),
    "identity.aliased": _("%(alias)s turned out to be %(canonical)s"),
    "member.joined": _("Member joined as %(role)s"),
    "member.removed": _("Member removed"),
    "member.role_changed": _("Role changed to %(role)s"),
    "invitation.sent": _("%(email)s was invited as %(role)s"),
    "invitation.accepted": _("Invitation accepted"),
    "invitation.withdrawn": _("Invitation withdrawn"),
    "team.member_added": _("Team member added as %(role)s"),
    "team.member_removed": _("Team member removed"),
    "team.role_changed": _("Team member is now %(role)s"),
    "team.token_made": _("Token “%(name)s” made"),
    "team.token_revoked": _("Token “%(name)s” revoked"),
    "vendor.described": _("The vendor's details changed"),
    "key.created": _("Key “%(name)s” made (%(environment)s)"),
    "key.rotated": _("Key “%(name)s” got a new secret"),
    "key.changed": _("Key “%(name)s” changed"),
    "key.revoked": _("Key “%(name)s” revoked"),
    "key.expired": _("Key “%(name)s” expired"),
    "call.first": _("First call: %(method)s %(route)s answered %(status)s"),
    "call.first_success": _("First successful call: %(method)s %(route)s"),
    "call.failed_first": _("First failing call: %(method)s %(route)s answered %(status)s"),
    "call.first_live": _("First live call: %(method)s %(route)s answered %(status)s"),
    "call.first_live_success": _("First successful live call: %(method)s %(route)s"),
    "error.spike": _("Errors went up suddenly: %(errors)s of %(calls)s calls failed"),
    "error.spike_ended": _("The error spike is over"),
    "traffic.gone_quiet": _("Traffic went quiet"),
    "traffic.resumed": _("Traffic came back"),
    "guide.read": _("Read a guide"),
    "guide.imported": _("API document imported"),
    "source.made": _("Source “%(name)s” set up"),
    "source.changed": _("A source was set up differently"),
    "source.key_rotated": _("A source got a new write key"),
    "source.switched_off": _("A source was switched off"),
    "source.switched_on": _("A source was switched on"),
    "intake.identified": _("Another tool said who this is"),
    "intake.grouped": _("Another tool named the organisation"),
    "intake.aliased": _("Another tool said that %(previous)s is the same person"),
    "error.examined": _("Looked into a failing call (%(error_code)s)"),
    "golive.confirmed": _("Go-live checklist: %(item)s confirmed"),
    "golive.completed": _("Went live: the checklist is complete"),
    "journey.entered": _("Journey “%(journey)s” begun"),
    "journey.step_reached": _("Journey “%(journey)s”: step “%(step)s” reached"),
    "journey.completed": _("Journey “%(journey)s” completed"),
    "journey.exited": _("Journey “%(journey)s” left: %(reason)s"),
    "journey.stuck": _("Stuck in journey “%(journey)s” at step “%(step)s”"),
    "enrolment.made": _("Put into journey “%(journey)s”"),
    "enrolment.ended": _("Taken out of journey “%(journey)s”: %(reason)s"),
    "message.sent": _("Mail sent: %(subject)s"),
    "message.failed": _("Mail could not be delivered: %(subject)s"),
    "message.delivered": _("Mail arrived: %(subject)s"),
    "message.bounced": _("Mail came back: %(subject)s"),
    "message.complained": _("Mail was reported as spam: %(subject)s"),
    "message.unsubscribed": _("Unsubscribed from %(category)s"),
    "message.subscribed": _("Subscribed to %(category)s"),
    "address.suppressed": _("The address is no longer written to: %(reason)s"),
    "address.released": _("The address is written to again"),
    "notice.shown": _("Notice shown in the portal"),
    "automation.published": _("Automation “%(automation)s”: a new revision is in force"),
    "automation.switched": _("Automation “%(automation)s” switched: %(state)s"),
    "automation.acted": _("Automation “%(automation)s” acted: %(kind)s"),
    "automation.gave_up": _("Automation “%(automation)s” could not act: %(error)s"),
    "automation.settings_changed": _("The rules for all automations changed"),
    "task.opened": _("A task for the team"),
    "task.done": _("A task of the team was done"),
    "template.changed": _("The words of a mail changed: %(key)s"),
    "survey.campaign_made": _("Survey campaign “%(name)s” made"),
    "survey.campaign_changed": _("A survey campaign was changed"),
    "survey.campaign_state_changed": _("A survey campaign is now %(state)s"),
    "survey.send_scheduled": _("A survey is going to be sent"),
    "survey.send_refused": _("A survey was not sent: %(outcome)s"),
    "survey.send_moved": _("A survey is going to be sent at another time"),
    "survey.send_cancelled": _("A survey was called off"),
    "survey.sent": _("Survey sent"),
    "survey.reminded": _("Reminded of a survey"),
    "survey.declined": _("Does not want to answer a survey now"),
    "survey.responded": _("Answered a survey: %(score)s"),
    "survey.response_tagged": _("The team put the tag “%(tag)s” on an answer"),
    "survey.response_untagged": _("The team took the tag “%(tag)s” off an answer"),
    "survey.response_noted": _("The team wrote a note on an answer"),
    "survey.note_deleted": _("A note on an answer was taken away"),
    "survey.response_assigned": _("Somebody else of the team looks after an answer"),
    "survey.response_handled": _("The team dealt with an answer"),
    "survey.response_reopened": _("An answer is open again"),
    "survey.theme_changed": _("A theme of comments was renamed, merged or hidden"),
    "survey.theme_corrected": _("The team said whether an answer is about a theme"),
    "survey.tag_made": _("Tag for answers made: %(name)s"),
    "survey.tag_changed": _("Tag for answers changed: %(name)s"),
    "survey.tag_deleted": _("Tag for answers deleted: %(name)s"),
    "survey.response_imported": _("Answered a survey of another system: %(score)s"),
    "survey.person_deleted": _("A program had its survey data deleted"),
    "survey.anonymous_answers": _("Anonymous answers on %(day)s: %(answers)s"),
    "survey.hook_made": _("A survey campaign got an incoming webhook"),
    "survey.hook_changed": _("The incoming webhook of a survey campaign was changed"),
    "survey.hook_rotated": _("The incoming webhook of a survey campaign got a new secret"),
    "survey.hook_removed": _("The incoming webhook of a survey campaign was removed"),
    "survey.open_link_made": _("A survey campaign got the open link “%(name)s”"),
    "survey.open_link_withdrawn": _("An open link of a survey campaign was withdrawn"),
    "survey.plan_saved": _("An integration plan was finished, version %(number)s"),
    "survey.widget_changed": _("The widget of a survey campaign was changed"),
    "survey.widget_rotated": _("The widget of a survey campaign got a new secret"),
    "webhook.subscribed": _("%(host)s is told of events from now on"),
    "webhook.changed": _("A webhook was changed"),
    "webhook.removed": _("%(host)s is told of no events any more"),
    "webhook.switched_off": _("A webhook was switched off: %(reason)s"),
    "survey.key_made": _("A survey campaign got a key for programs"),
    "survey.key_revoked": _("The key of a survey campaign was revoked"),
    "survey.response_changed": _("Changed an answer to a survey: %(score)s, before %(score_was)s"),
}

ROLES = dict([*Role.choices, *TeamRole.choices])
ITEMS = {"limits": _("limits"), "incidents": _("contact for incidents")}

WORDS: dict[str, Callable[[str], str]] = {
    "environment": environment_name,
    "role": lambda value: str(ROLES.get(value, value)),
    "item": lambda value: gettext(ITEMS[value]) if value in ITEMS else value,
    "category": category_name,
    "reason": reason_name,
    "outcome": outcome_name,
    "kind": automations.kind_name,
}
"""Data that is a code word, and how it is said."""


@dataclass(frozen=True)
class Names:
    """What journeys, their steps (`journey/step`) and automations are called; a key without a name stays."""

    journeys: Mapping[str, str] = field(default_factory=dict)
    automations: Mapping[str, str] = field(default_factory=dict)

    def said(self, data: Mapping[str, Any]) -> dict[str, str]:
        """Those entries of an event's data for which there are names."""
        journey, step, automation = (str(data.get(name, "")) for name in ("journey", "step", "automation"))
        found = {
            "journey": self.journeys.get(journey),
            "step": self.journeys.get(f"{journey}/{step}"),
            "automation": self.automations.get(automation),
        }
        return {name: value for name, value in found.items() if value}


def names_for(types: Iterable[str]) -> Names:
    """The names that events of these types need: at most two queries."""
    families = {type_.partition(".")[0] for type_ in types}
    return Names(
        journeys.names() if families & {"journey", "enrolment"} else {},
        automations.names() if "automation" in families else {},
    )


def sentence(type_: str, data: dict[str, Any], blank: str = "–", names: Names | None = None) -> str:
    """The sentence for an event; for types nobody here knows, what the tool that told of it calls it, or the type."""
    template = SENTENCES.get(type_)
    if template is None:
        return _as_told(data) or type_
    words: dict[str, str] = defaultdict(lambda: blank)
    for name, value in data.items():
        words[name] = WORDS.get(name, str)(str(value))
    return gettext(template) % (words | names.said(data) if names else words)


def _as_told(data: dict[str, Any]) -> str:
    told = data.get("intake")
    return str(told.get("name") or "")[:200] if isinstance(told, dict) else ""


def kinds(types: Iterable[str]) -> list[tuple[str, str]]:
    """Types with the beginning of what they say, for choosing one; sorted by that."""
    named = ((type_, sentence(type_, {}, blank="…").partition(":")[0]) for type_ in types)
    return sorted(named, key=lambda pair: pair[1].lower())

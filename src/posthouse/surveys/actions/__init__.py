"""Verbs about surveys: make campaigns, ask people, take in what they answer."""

from posthouse.surveys.actions.anonymous import announce_anonymous_answers
from posthouse.surveys.actions.answering import Answer, answer, answerable, expires_at
from posthouse.surveys.actions.asking import Asked, Wish, ask, cancel_send, move_send, note_last_sent
from posthouse.surveys.actions.asking_many import ask_many
from posthouse.surveys.actions.campaigns import MOVES, Refused, change_campaign, make_campaign, set_state, tried
from posthouse.surveys.actions.declining import decline
from posthouse.surveys.actions.hooks import (
    MAX_BODY,
    MAX_OVERLAP,
    NotTaken,
    Taken,
    change_hook,
    make_hook,
    receive,
    remove_hook,
    rotate_hook,
    trim_deliveries,
)
from posthouse.surveys.actions.identity import follow_contact, follow_customer, forget_contact
from posthouse.surveys.actions.keys import make_key, revoke_keys
from posthouse.surveys.actions.openly import (
    Door,
    answer_openly,
    attributes_of,
    check_open,
    is_plain,
    make_open_link,
    withdraw_open_link,
)
from posthouse.surveys.actions.people import (
    change_address,
    delete_person,
    join_autopilot,
    know_person,
    leave_autopilot,
)
from posthouse.surveys.actions.recording import Told, correct_response, record_response
from posthouse.surveys.actions.reminding import send_reminders
from posthouse.surveys.actions.sending import language_of, preview, send_due, send_test
from posthouse.surveys.actions.trials import sends_of, try_rules, weeks_of
from posthouse.surveys.actions.widgets import kept_attributes, offer, rotate_widget, set_up_widget
from posthouse.surveys.models import IMPORTED
from posthouse.surveys.texts import Invalid

__all__ = [
    "IMPORTED",
    "MAX_BODY",
    "MAX_OVERLAP",
    "MOVES",
    "Answer",
    "Asked",
    "Door",
    "Invalid",
    "NotTaken",
    "Refused",
    "Taken",
    "Told",
    "Wish",
    "announce_anonymous_answers",
    "answer",
    "answer_openly",
    "answerable",
    "ask",
    "ask_many",
    "attributes_of",
    "cancel_send",
    "change_address",
    "change_campaign",
    "change_hook",
    "check_open",
    "correct_response",
    "decline",
    "delete_person",
    "expires_at",
    "follow_contact",
    "follow_customer",
    "forget_contact",
    "is_plain",
    "join_autopilot",
    "kept_attributes",
    "know_person",
    "language_of",
    "leave_autopilot",
    "make_campaign",
    "make_hook",
    "make_key",
    "make_open_link",
    "move_send",
    "note_last_sent",
    "offer",
    "preview",
    "receive",
    "record_response",
    "remove_hook",
    "revoke_keys",
    "rotate_hook",
    "rotate_widget",
    "send_due",
    "send_reminders",
    "send_test",
    "sends_of",
    "set_state",
    "set_up_widget",
    "tried",
    "trim_deliveries",
    "try_rules",
    "weeks_of",
    "withdraw_open_link",
]

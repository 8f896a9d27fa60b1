"""Verbs about surveys: make campaigns, ask people, take in what they answer."""

from posthouse.surveys.actions.answering import Answer, answer, answerable, expires_at
from posthouse.surveys.actions.asking import Asked, Wish, ask, cancel_send, move_send
from posthouse.surveys.actions.campaigns import MOVES, Refused, change_campaign, make_campaign, set_state, tried
from posthouse.surveys.actions.declining import decline
from posthouse.surveys.actions.identity import follow_contact, follow_customer, forget_contact
from posthouse.surveys.actions.openly import (
    Door,
    answer_openly,
    attributes_of,
    check_open,
    make_open_link,
    withdraw_open_link,
)
from posthouse.surveys.actions.sending import language_of, preview, send_due, send_test
from posthouse.surveys.texts import Invalid

__all__ = [
    "MOVES",
    "Answer",
    "Asked",
    "Door",
    "Invalid",
    "Refused",
    "Wish",
    "answer",
    "answer_openly",
    "answerable",
    "ask",
    "attributes_of",
    "cancel_send",
    "change_campaign",
    "check_open",
    "decline",
    "expires_at",
    "follow_contact",
    "follow_customer",
    "forget_contact",
    "language_of",
    "make_campaign",
    "make_open_link",
    "move_send",
    "preview",
    "send_due",
    "send_test",
    "set_state",
    "tried",
    "withdraw_open_link",
]

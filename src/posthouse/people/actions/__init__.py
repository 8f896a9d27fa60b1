"""Verbs about people: becoming known, founding and joining a customer, joining the team, credentials of programs."""

from posthouse.people.actions.accounts import confirm_email, open_account, save_profile, speak_language
from posthouse.people.actions.contacts import Known, know_contact, know_contacts, update_contact
from posthouse.people.actions.customers import (
    add_customer,
    change_role,
    found_customer,
    join_customer,
    leave_customer,
    note_about_customer,
    remove_member,
    update_customer,
)
from posthouse.people.actions.invitations import (
    accept_invitation,
    invite_member,
    resend_invitation,
    withdraw_invitation,
)
from posthouse.people.actions.merging import merge_contacts, merge_customers
from posthouse.people.actions.refusals import Refused, refusal_sentences
from posthouse.people.actions.team import (
    add_team_member,
    add_team_member_by_email,
    change_team_role,
    invite_team_member,
    remove_team_member,
    send_welcome,
)
from posthouse.people.actions.tokens import make_token, revoke_token
from posthouse.people.models import as_contact, as_team, normal_email
from posthouse.people.personal_data import erase as erase_contact
from posthouse.people.values import check_attributes, check_name

__all__ = [
    "Known",
    "Refused",
    "accept_invitation",
    "add_customer",
    "add_team_member",
    "add_team_member_by_email",
    "as_contact",
    "as_team",
    "change_role",
    "change_team_role",
    "check_attributes",
    "check_name",
    "confirm_email",
    "erase_contact",
    "found_customer",
    "invite_member",
    "invite_team_member",
    "join_customer",
    "know_contact",
    "know_contacts",
    "leave_customer",
    "make_token",
    "merge_contacts",
    "merge_customers",
    "normal_email",
    "note_about_customer",
    "open_account",
    "refusal_sentences",
    "remove_member",
    "remove_team_member",
    "resend_invitation",
    "revoke_token",
    "save_profile",
    "send_welcome",
    "speak_language",
    "update_contact",
    "update_customer",
    "withdraw_invitation",
]

"""What is announced about people."""

from dataclasses import dataclass
from typing import ClassVar

from posthouse.timeline.events import Event


@dataclass(frozen=True, kw_only=True)
class AccountCreated(Event):
    """Somebody signed up."""

    type: ClassVar[str] = "account.created"
    language: str
    channel: str = ""


@dataclass(frozen=True, kw_only=True)
class EmailConfirmed(Event):
    """A contact proved that the address is theirs."""

    type: ClassVar[str] = "email.confirmed"


@dataclass(frozen=True, kw_only=True)
class ProfileCompleted(Event):
    """A contact told its role and what it is building."""

    type: ClassVar[str] = "profile.completed"
    job_role: str


@dataclass(frozen=True, kw_only=True)
class ContactCreated(Event):
    """A person became known, with or without a login."""

    type: ClassVar[str] = "contact.created"


@dataclass(frozen=True, kw_only=True)
class ContactUpdated(Event):
    """What is known of a person changed; `changed` names the fields."""

    type: ClassVar[str] = "contact.updated"
    changed: list[str]


@dataclass(frozen=True, kw_only=True)
class ContactErased(Event):
    """Who a contact was is forgotten."""

    type: ClassVar[str] = "contact.erased"


@dataclass(frozen=True, kw_only=True)
class CustomerCreated(Event):
    """An organisation became a customer."""

    type: ClassVar[str] = "customer.created"
    name: str


@dataclass(frozen=True, kw_only=True)
class CustomerUpdated(Event):
    """What is known of a customer changed; `changed` names the fields."""

    type: ClassVar[str] = "customer.updated"
    changed: list[str]


@dataclass(frozen=True, kw_only=True)
class MemberJoined(Event):
    """A contact became a member of a customer."""

    type: ClassVar[str] = "member.joined"
    role: str


@dataclass(frozen=True, kw_only=True)
class MemberRemoved(Event):
    """A contact is no longer a member of a customer."""

    type: ClassVar[str] = "member.removed"


@dataclass(frozen=True, kw_only=True)
class MemberRoleChanged(Event):
    """A member has another role; `was` is the one before."""

    type: ClassVar[str] = "member.role_changed"
    role: str
    was: str


@dataclass(frozen=True, kw_only=True)
class InvitationSent(Event):
    """An address was asked to join a customer."""

    type: ClassVar[str] = "invitation.sent"
    invitation_id: str
    email: str
    role: str


@dataclass(frozen=True, kw_only=True)
class InvitationAccepted(Event):
    """An invitation was accepted."""

    type: ClassVar[str] = "invitation.accepted"
    invitation_id: str


@dataclass(frozen=True, kw_only=True)
class InvitationWithdrawn(Event):
    """An open invitation was ended by those who sent it."""

    type: ClassVar[str] = "invitation.withdrawn"
    invitation_id: str
    email: str


@dataclass(frozen=True, kw_only=True)
class ContactMerged(Event):
    """Two contacts were the same person; `gone_id` stands for this one from now on."""

    type: ClassVar[str] = "contact.merged"
    gone_id: str


@dataclass(frozen=True, kw_only=True)
class CustomerMerged(Event):
    """Two customers were the same organisation; `gone_id` stands for this one from now on. `name` was the other's."""

    type: ClassVar[str] = "customer.merged"
    gone_id: str
    name: str


@dataclass(frozen=True, kw_only=True)
class TeamMemberAdded(Event):
    """One of the vendor's people was given access to the desk."""

    type: ClassVar[str] = "team.member_added"
    user_id: int
    role: str


@dataclass(frozen=True, kw_only=True)
class TeamRoleChanged(Event):
    """One of the vendor's people has another role; `was` is the one before."""

    type: ClassVar[str] = "team.role_changed"
    user_id: int
    role: str
    was: str


@dataclass(frozen=True, kw_only=True)
class TeamMemberRemoved(Event):
    """One of the vendor's people lost access to the desk."""

    type: ClassVar[str] = "team.member_removed"
    user_id: int


@dataclass(frozen=True, kw_only=True)
class TeamTokenMade(Event):
    """A credential for a program of the vendor was made."""

    type: ClassVar[str] = "team.token_made"
    token_id: str
    name: str
    scopes: list[str]


@dataclass(frozen=True, kw_only=True)
class TeamTokenRevoked(Event):
    """A credential for a program of the vendor was ended."""

    type: ClassVar[str] = "team.token_revoked"
    token_id: str
    name: str

"""Shapes of what comes in and goes out; what comes in is strict: no unknown members, every length bounded."""

from datetime import datetime
from typing import Annotated, Any, Literal

from ninja import Path, Query, Schema
from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, field_validator

from posthouse.foundation.ids import is_id
from posthouse.people import values
from posthouse.people.models import Contact, Role, normal_email

EMAIL = r"^[^@\s\x00-\x1f<>\"(),:;\[\]\\]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,188}[A-Za-z0-9])?\.[A-Za-z0-9-]{2,63}$"


def _country(code: str) -> str:
    if code and code not in values.COUNTRIES:
        raise ValueError("two letters of ISO 3166-1, such as ES")
    return code


def _known_id(text: str) -> str:
    if text and not is_id(text):
        raise ValueError("not an id of this house")
    return text


Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=120),
    AfterValidator(values.check_name),
]
PersonName = Annotated[str, StringConstraints(strip_whitespace=True, max_length=120), AfterValidator(values.check_name)]
Email = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=254, pattern=EMAIL),
    AfterValidator(values.check_text),
    AfterValidator(normal_email),
]
ExternalId = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120), AfterValidator(values.check_text)
]
Country = Annotated[str, StringConstraints(max_length=2, to_upper=True), AfterValidator(_country)]
Attributes = Annotated[dict[str, Any], AfterValidator(values.check_attributes)]
Text60 = Annotated[str, StringConstraints(strip_whitespace=True, max_length=60), AfterValidator(values.check_text)]
Text2000 = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000), AfterValidator(values.check_text)]

Id = Annotated[str, Path(max_length=40, pattern=r"^[A-Za-z0-9_]+$")]
Search = Annotated[
    str, Query(max_length=200, description="Part of a name or address, or an id"), AfterValidator(values.check_text)
]
Exactly = Annotated[str, Query(max_length=120, description="Exactly this"), AfterValidator(values.check_text)]
InCountry = Annotated[
    str,
    Query(max_length=2, description="Two letters of ISO 3166-1"),
    AfterValidator(str.upper),
    AfterValidator(_country),
]
After = Annotated[str, Query(max_length=40, description="The `next` of an earlier answer"), AfterValidator(_known_id)]


class In(Schema):
    """Base of what comes in."""

    model_config = ConfigDict(extra="forbid")


class CustomerOut(Schema):
    """An organisation that uses the API."""

    id: str
    name: str
    external_id: str | None
    country: str
    channel: str
    attributes: dict[str, Any]
    created_at: datetime


class CustomerPage(Schema):
    """A page of customers, newest first; ask again with `after` = `next` for older ones (null: none)."""

    items: list[CustomerOut]
    next: str | None


class CustomerIn(In):
    """A new customer. With `external_id` the call can be repeated: the second time it answers the same customer."""

    name: Name
    external_id: ExternalId | None = None
    country: Country = ""
    channel: Text60 = ""
    attributes: Attributes = {}


class CustomerPatch(In):
    """What to change; members left out stay as they are. `attributes` replaces all attributes."""

    name: Name | None = None
    external_id: ExternalId | None = None
    country: Country | None = None
    channel: Text60 | None = None
    attributes: Attributes | None = None

    def changes(self) -> dict[str, Any]:
        """The members that were sent; null empties `external_id` and is refused elsewhere by `_no_null`."""
        return self.model_dump(exclude_unset=True)

    @field_validator("name", "country", "channel", "attributes")
    @classmethod
    def _no_null(cls, value: Any) -> Any:
        if value is None:
            raise ValueError("must not be null; leave it out to keep it")
        return value


class ContactOut(Schema):
    """One person, known by e-mail."""

    id: str
    email: str
    name: str
    job_role: str
    use_case: str
    channel: str
    attributes: dict[str, Any]
    has_login: bool
    created_at: datetime

    @staticmethod
    def resolve_has_login(row: Contact) -> bool:
        """Whether the person has an account."""
        return row.user_id is not None


class ContactPage(Schema):
    """A page of contacts, newest first; ask again with `after` = `next` for older ones (null: none)."""

    items: list[ContactOut]
    next: str | None


class ContactPatch(In):
    """What to change; members left out stay as they are. `attributes` replaces all attributes."""

    name: PersonName | None = None
    job_role: Contact.JobRole | None = None
    use_case: Text2000 | None = None
    attributes: Attributes | None = None

    def changes(self) -> dict[str, Any]:
        """The members that were sent."""
        return self.model_dump(exclude_unset=True, exclude={"email"})

    @field_validator("name", "job_role", "use_case", "attributes")
    @classmethod
    def _no_null(cls, value: Any) -> Any:
        if value is None:
            raise ValueError("must not be null; leave it out to keep it")
        return value


class ContactPut(ContactPatch):
    """The contact with this address, made if nobody knows it."""

    email: Email


class MemberOut(Schema):
    """A contact that belongs to a customer."""

    contact_id: str
    email: str = Field(alias="contact.email")
    name: str = Field(alias="contact.name")
    role: Role
    created_at: datetime


class MemberList(Schema):
    """Everybody who belongs to a customer, longest member first."""

    items: list[MemberOut]


class RoleIn(In):
    """What a member may do."""

    role: Role = Role.DEVELOPER


class InvitationIn(In):
    """Whom to ask to join, and as what."""

    email: Email
    role: Role = Role.DEVELOPER


class InvitationOut(Schema):
    """An address that was asked to join. The link's secret is in the mail alone."""

    id: str
    email: str
    role: Role
    created_at: datetime
    sent_at: datetime | None
    expires_at: datetime
    state: Literal["open", "expired"]


class InvitationList(Schema):
    """Invitations neither accepted nor withdrawn, newest first."""

    items: list[InvitationOut]

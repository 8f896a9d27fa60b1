"""Routes about what kinds of mail a contact wants, and how that came about."""

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Path, Router, Schema

from posthouse.foundation.paging import ApiLimit
from posthouse.foundation.problems import Problem, not_found
from posthouse.letters.api.common import After, IdInPath, Strict, SuppressionOut, actor_of, page_of
from posthouse.messages import actions, queries
from posthouse.people import queries as people
from posthouse.people.access import scope

router = Router()

CategoryInPath = Annotated[str, Path(max_length=40, pattern=r"^[a-z][a-z0-9_]*$")]


class MailChoiceOut(Schema):
    """A kind of mail. The transactional ones belong to using the service and are always wanted."""

    category: str
    label: str
    transactional: bool
    wanted: bool


class MailPreferencesOut(Schema):
    """What a contact wants. While `suppression` is set it gets none of it, whatever the choices say."""

    email: str
    suppression: SuppressionOut | None
    choices: list[MailChoiceOut]


class MailChoiceIn(Strict):
    """Whether this kind of mail is wanted."""

    wanted: bool


class ConsentChangeOut(Schema):
    """One line of the consent history; an empty `category` means all kinds."""

    id: str
    at: datetime
    category: str
    wanted: bool
    how: str
    reason: str
    note: str
    actor: str
    message_id: str


class ConsentChangePage(Schema):
    """A page of the history, newest first; ask again with `after` set to `next` (null: that was all)."""

    items: list[ConsentChangeOut]
    next: str | None


@router.get(
    "/contacts/{contact_id}/mail-preferences",
    response=MailPreferencesOut,
    auth=scope("mail:read"),
    operation_id="get_mail_preferences",
    summary="What mail a contact wants",
)
def get_mail_preferences(request: HttpRequest, contact_id: IdInPath) -> dict[str, Any]:
    """Every kind of mail with the contact's choice, and why it may get nothing at all."""
    return _preferences(_addressee(contact_id))


@router.put(
    "/contacts/{contact_id}/mail-preferences/{category}",
    response=MailPreferencesOut,
    auth=scope("mail:write"),
    operation_id="set_mail_preference",
    summary="Set whether a contact wants a kind of mail",
)
def set_mail_preference(
    request: HttpRequest, contact_id: IdInPath, category: CategoryInPath, body: MailChoiceIn
) -> dict[str, Any]:
    """Note a choice that the person has told you; it goes into the history with your name. Twice is as good as once.

    An address on the suppression list stays there.
    """
    known = _addressee(contact_id)
    try:
        actions.choose(
            addressee=known, category=category, wanted=body.wanted, how=queries.How.API, actor=actor_of(request)
        )
    except LookupError:
        raise not_found("kind of mail") from None
    except ValueError:
        raise _always_sent() from None
    return _preferences(known)


@router.get(
    "/contacts/{contact_id}/mail-changes",
    response=ConsentChangePage,
    auth=scope("mail:read"),
    operation_id="list_mail_preference_changes",
    summary="How a contact's choices came about",
)
def list_mail_preference_changes(
    request: HttpRequest, contact_id: IdInPath, after: After = "", limit: ApiLimit = 50
) -> dict[str, Any]:
    """The consent history of the contact's address, newest first."""
    return page_of(queries.changes(_addressee(contact_id)), after, limit)


def _addressee(contact_id: str) -> queries.Addressee:
    contact = people.contact(contact_id)
    if contact is None or not queries.is_address(contact.email):
        raise not_found("contact with an address")
    return queries.addressee(contact.email, contact.pk)


def _preferences(known: queries.Addressee) -> dict[str, Any]:
    choices = [
        {"category": kind.key, "label": str(kind.label), "transactional": kind.transactional, "wanted": wanted}
        for kind, wanted in queries.choices(known)
    ]
    return {"email": known.email, "suppression": queries.suppression(known), "choices": choices}


def _always_sent() -> Problem:
    return Problem(
        status=422,
        code="category-transactional",
        title="This kind of mail cannot be chosen",
        detail="Mail of this kind belongs to using the service. To stop all mail, suppress the address.",
    )

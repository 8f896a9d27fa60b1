"""What actions say when something cannot be done."""

from collections.abc import Callable

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Refused(Exception):
    """The wish was understood and cannot be granted now; `code` is stable, `str()` is a sentence for people."""

    def __init__(self, code: str, sentence: str | Promise) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence

    def __str__(self) -> str:
        return str(self.sentence)


_sentences: dict[str, str | Promise] = {}


def refusal_sentences() -> dict[str, str | Promise]:
    """Every code with its sentence, for the pages that explain them."""
    return _sentences


def _refusal(code: str, sentence: str | Promise) -> Callable[[], Refused]:
    _sentences[code] = sentence
    return lambda: Refused(code, sentence)


last_owner = _refusal("last-owner", _("The last owner must stay: make somebody else an owner first."))
last_admin = _refusal("last-admin", _("The last admin must stay: make somebody else an admin first."))
already_member = _refusal("already-member", _("This person is a member already."))
already_in_team = _refusal("already-in-team", _("This person is in the team already."))
just_sent = _refusal("just-sent", _("This mail was sent a moment ago. Wait a minute before sending it again."))
too_many_open = _refusal("too-many-invitations", _("There are too many open invitations. Withdraw some of them first."))
invitation_closed = _refusal(
    "invitation-closed", _("This invitation is no longer open. Ask the person who invited you for a new one.")
)
wrong_address = _refusal("wrong-address", _("This invitation is for another address than the one you signed in with."))
external_id_taken = _refusal("external-id-taken", _("Another customer has this id of yours."))
same_one = _refusal("same-one", _("These are one and the same already."))
email_taken = _refusal("email-taken", _("Another contact has this address."))

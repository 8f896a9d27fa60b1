"""General advice by HTTP status and by Posthouse's own codes, where the vendor's document says nothing."""

from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Words = str | Promise


class Advice(NamedTuple):
    """What happened, and what to do about it."""

    title: Words
    text: Words
    fix: Words


BY_STATUS: dict[int, Advice] = {
    400: Advice(
        _("The request cannot be understood"),
        _("Something in the address, the parameters or the body has the wrong form."),
        _(
            "Compare the call with the reference: names, types and required parameters. "
            "The answer often names the part."
        ),
    ),
    401: Advice(
        _("The API does not know who is calling"),
        _("The key is missing, misspelt, revoked or expired."),
        _("Send a valid key in the way the reference shows, and check that it was copied whole."),
    ),
    403: Advice(
        _("The key may not do this"),
        _("The API knows the key, but the key does not have the right for this call."),
        _("Give the key the scope the operation needs, or use another key."),
    ),
    404: Advice(
        _("There is nothing at this address"),
        _("The path is wrong, or the object it names does not exist or is not visible to this key."),
        _("Check the path for typing mistakes and the id for the right environment."),
    ),
    405: Advice(
        _("The method is not allowed here"),
        _("The path exists, but not for this HTTP method."),
        _("Look up the method in the reference; an address that redirects can turn POST into GET."),
    ),
    406: Advice(
        _("The API cannot answer in this form"),
        _("The Accept header asks for a media type that this operation does not have."),
        _("Leave the Accept header out, or ask for one of the types in the reference."),
    ),
    408: Advice(
        _("The request took too long to arrive"),
        _("The connection was open, but the request was not complete in time."),
        _("Send it again; look at your network if it happens often."),
    ),
    409: Advice(
        _("The call conflicts with the present state"),
        _("The object was changed meanwhile, exists already, or is in a state that forbids this."),
        _("Read the object again and decide with its present state."),
    ),
    410: Advice(
        _("What was here is gone for good"),
        _("The object was deleted, or this part of the API was switched off."),
        _("Stop calling this address; the reference says what replaces it."),
    ),
    412: Advice(
        _("A condition of the call does not hold"),
        _("A header such as If-Match names a version that is not the present one."),
        _("Read the object again and repeat the change with its present version."),
    ),
    413: Advice(
        _("The body is too large"),
        _("The API takes no bodies of this size here."),
        _("Send less at once, for example in several calls."),
    ),
    415: Advice(
        _("The body has the wrong media type"),
        _("The Content-Type header is missing or names a type that this operation does not read."),
        _("Send the type that the reference shows, for example Content-Type: application/json."),
    ),
    422: Advice(
        _("The values are not valid"),
        _("The request can be read, but a value in it breaks a rule."),
        _("Read the answer: it usually names the value and the rule."),
    ),
    429: Advice(
        _("Too many calls"),
        _("A limit of the key is used up for the moment."),
        _("Wait as long as Retry-After says, then go on more slowly."),
    ),
    500: Advice(
        _("The API made a mistake"),
        _("The failure is on the side of the API, not in your call."),
        _("Repeat the call a few times with growing pauses. If it stays, tell support the request id."),
    ),
    502: Advice(
        _("The API could not be reached behind its gateway"),
        _("A server in between got no usable answer."),
        _("Repeat the call after a short pause."),
    ),
    503: Advice(
        _("The API is not available at the moment"),
        _("It is overloaded or being maintained."),
        _("Wait as long as Retry-After says, then repeat the call."),
    ),
    504: Advice(
        _("The API took too long to answer"),
        _("A server in between gave up waiting. The call may have taken effect all the same."),
        _("Check whether it took effect before repeating a call that changes something."),
    ),
}
CLIENT_SIDE = Advice(
    _("The API refuses the call"),
    _("The status says that the request is at fault."),
    _("Compare the call with the reference; the answer often says more."),
)
SERVER_SIDE = BY_STATUS[500]

BY_CODE: dict[str, Advice] = {
    "key-missing": Advice(
        _("No key was sent"),
        _("The call carries no key where the API looks for it."),
        _(
            "Send the header Authorization: Bearer, followed by your key. "
            "An empty environment variable is a common cause."
        ),
    ),
    "key-malformed": Advice(
        _("The key is not written like a key"),
        _("What was sent does not have the form of a key, or its last characters do not fit the rest."),
        _("Copy the key again as a whole: a part was probably cut off."),
    ),
    "key-unknown": Advice(
        _("There is no such key"),
        _("The key has the right form, but it was never given out here."),
        _("Check that it belongs to this API and environment; make a new one if in doubt."),
    ),
    "key-revoked": Advice(
        _("The key was revoked"),
        _("Somebody switched this key off. It will not work again."),
        _("Make a new key, or use another one of yours."),
    ),
    "key-expired": Advice(
        _("The key has expired"),
        _("Its end date has passed, or it was replaced by rotation and its overlap is over."),
        _("Use the newer secret, or make a new key."),
    ),
    "customer-suspended": Advice(
        _("The account is suspended"),
        _("All keys of the customer are switched off."),
        _("Write to support: they can say why and what is needed."),
    ),
    "ip-not-allowed": Advice(
        _("The key may not be used from this address"),
        _("The key has a list of allowed networks, and the call came from another one."),
        _("Add the address of your server to the key, or call from an allowed one."),
    ),
    "scope-missing": Advice(
        _("The key lacks a scope"),
        _("The key is valid, but not for this operation."),
        _("Give the key the scope it lacks."),
    ),
    "quota-exceeded": BY_STATUS[429],
    "verifier-unavailable": Advice(
        _("Keys cannot be checked at the moment"),
        _("The failure is on the side of the API, not in your key."),
        _("Repeat the call after the pause that Retry-After names."),
    ),
}


def advice_for(status: int, code: str) -> Advice:
    """What can be said without knowing the API."""
    return BY_CODE.get(code) or BY_STATUS.get(status) or (SERVER_SIDE if status >= 500 else CLIENT_SIDE)

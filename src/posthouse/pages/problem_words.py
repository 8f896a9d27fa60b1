"""What each problem that the HTTP API and the edge answer with means: its status, a title, and what to do about it.

Refusals of a customer's key are explained by `guides`, and why people's actions refuse something by `people`.
"""

from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Words(NamedTuple):
    """The status a problem comes with, and what is said of it."""

    status: int
    title: str | Promise
    fix: str | Promise


OURS: dict[str, Words] = {
    "bad-request": Words(
        400,
        _("The request cannot be read"),
        _("Send well-formed JSON in UTF-8; the detail says where reading stopped."),
    ),
    "token-invalid": Words(
        401,
        _("The token is missing or not valid"),
        _("Send a team token in the header Authorization: Bearer. An admin makes tokens in the desk, under Team."),
    ),
    "write-key-unknown": Words(
        401,
        _("No source has this write key"),
        _("The write key of each source stands in the desk, under Sources. Send it as your client does by itself."),
    ),
    "write-key-elsewhere": Words(
        401,
        _("The write key belongs to another kind of client"),
        _("Each source is for the clients of one tool. Make a source for this client and use its write key."),
    ),
    "source-off": Words(
        401, _("The source is switched off"), _("Switch it on in the desk, under Sources. Nothing was taken in.")
    ),
    "items-rejected": Words(
        400,
        _("Some items were rejected"),
        _("The member “rejected” names each with its reason; the others are stored. The desk lists them too."),
    ),
    "too-fast": Words(
        429,
        _("The source sends too fast"),
        _("Nothing was taken in. Send the same request again after the pause that Retry-After names."),
    ),
    "source-refused": Words(
        422, _("The source cannot be set up like this"), _("The detail says which value is in the way.")
    ),
    "webhook-invalid": Words(
        422,
        _("The webhook cannot be set up like this"),
        _("Each of the “errors” names its place in the body as a JSON pointer, and the reason. Nothing was changed."),
    ),
    "webhooks-too-many": Words(
        409,
        _("There are too many webhooks"),
        _("Delete one that is no longer needed, or let one serve several events."),
    ),
    "webhook-emptied": Words(
        409,
        _("What the delivery said is deleted"),
        _("The person it was about was erased. Read what is left over the API."),
    ),
    "webhook-under-way": Words(
        409, _("The delivery is under way"), _("Wait until the attempt has ended, then send it again.")
    ),
    "automation-invalid": Words(
        422,
        _("The automation cannot be used"),
        _("Each of the “errors” names its place in the body as a JSON pointer, and the reason. Nothing was changed."),
    ),
    "not-possible-now": Words(
        409,
        _("Not possible as things stand"),
        _("The detail says what is in the way. Read the current state again before you try once more."),
    ),
    "settings-invalid": Words(422, _("The settings do not fit"), _("The detail says which value is in the way.")),
    "item-refused": Words(
        422, _("The item still cannot be taken in"), _("The members “reason” and “detail” say why; mend the item.")
    ),
    "scope-missing": Words(
        403,
        _("The key or token lacks a scope"),
        _("The member “scope” names the one that is needed. Give it to the key, or make a team token that has it."),
    ),
    "not-found": Words(
        404,
        _("There is nothing at this address"),
        _("Check the address and the id. What belongs to somebody else is answered in the same way."),
    ),
    "method-not-allowed": Words(
        405, _("The method is not allowed here"), _("Use a method that the header Allow names.")
    ),
    "request-timeout": Words(
        408,
        _("The request took too long to arrive"),
        _("Send it again on a new connection, in smaller batches if the line is slow."),
    ),
    "event-conflict": Words(
        409,
        _("An event with this id says something else"),
        _(
            "An event is known by its source and id, and this pair was taken with another content. "
            "Give each event an id of its own, and send an event again unchanged."
        ),
    ),
    "key-not-usable": Words(409, _("The key has ended"), _("It was revoked or has expired for good. Make a new key.")),
    "too-many-keys": Words(
        409,
        _("There are too many active keys"),
        _("Revoke keys that are not used, or rotate one instead of adding one."),
    ),
    "edited-meanwhile": Words(
        409,
        _("Somebody else saved these words meanwhile"),
        _("Read them again, put your changes into them, and send their new “revision” as “based_on”."),
    ),
    "cursor-gone": Words(
        410,
        _("The place in the log is not known"),
        _("Take a new snapshot from /api/v1/keys/snapshot and go on from the cursor in its first line."),
    ),
    "too-large": Words(
        413, _("The request is too large"), _("Send fewer items at once; the detail names the bound that was passed.")
    ),
    "document-too-large": Words(413, _("The API document is too large"), _("Import a document of at most 20 MB.")),
    "unsupported-media-type": Words(
        415,
        _("The media type or coding is not known"),
        _("Send Content-Type: application/json or one of the CloudEvents types, plain or with Content-Encoding: gzip."),
    ),
    "invalid-request": Words(
        422,
        _("The request is not valid"),
        _("Each item of the member “errors” names a place in the request and the rule it breaks."),
    ),
    "cursor-invalid": Words(
        422,
        _("The cursor is not valid"),
        _("Send the value of “next” from an earlier answer unchanged, or leave the cursor out to begin at the start."),
    ),
    "range-invalid": Words(
        422, _("The range of time is not valid"), _("Choose a start before the end, as long as the detail allows.")
    ),
    "category-transactional": Words(
        422,
        _("This kind of mail cannot be chosen"),
        _("Mail of this kind belongs to using the service. To stop all mail to an address, suppress it."),
    ),
    "mail-words-refused": Words(
        422,
        _("These words cannot be used in a mail"),
        _("Each item of the member “errors” names the field, the line in it and the reason."),
    ),
    "too-many-contacts": Words(
        409,
        _("There are too many contacts to try rules out"),
        _("Rules are tried out with up to 300,000 contacts; the campaign itself comes round with any number."),
    ),
    "survey-invalid": Words(
        422,
        _("The survey cannot be set up or asked for like this"),
        _("Each item of the member “errors” names a place in the request as a JSON pointer, and the reason."),
    ),
    "survey-act-undone": Words(
        409, _("That was taken back already"), _("An act on responses is taken back once. Act anew to change them.")
    ),
    "survey-too-many": Words(
        409, _("Too many responses at once"), _("Act on fewer responses, or on one portion after the other.")
    ),
    "hook-signature-missing": Words(
        401,
        _("The delivery is not signed"),
        _("Send what the page of the webhook names: the header fields of Standard Webhooks, or the one chosen there."),
    ),
    "hook-signature-invalid": Words(
        401,
        _("The signature does not fit"),
        _("Sign the bytes of the body as they are sent, with the secret of this address; a lost secret is replaced."),
    ),
    "hook-time-invalid": Words(
        401,
        _("The delivery is too old, or its clock is wrong"),
        _("Sign each attempt anew with the time of now, in seconds, and set the sender's clock."),
    ),
    "hook-too-large": Words(413, _("The delivery is too large"), _("Send at most 256 KiB, and only what is mapped.")),
    "hook-packed": Words(415, _("The delivery is packed"), _("Send it without Content-Encoding.")),
    "hook-not-json": Words(
        400, _("The delivery is not JSON"), _("Send one JSON document in UTF-8; the detail says where reading stopped.")
    ),
    "hook-unreadable": Words(
        422,
        _("The payload does not say what is needed"),
        _(
            "Each of the “errors” names a part of the mapping, its pointer and the reason. Mend either of them, and "
            "send it again."
        ),
    ),
    "hook-id-reused": Words(
        409,
        _("The id was used for another delivery"),
        _("Give each delivery an id of its own, and repeat one with the very same body."),
    ),
    "hook-exists": Words(
        409, _("The campaign has an incoming webhook"), _("Change the one there is; a campaign has one address.")
    ),
    "survey-anonymous": Words(
        422,
        _("The answers are anonymous"),
        _("Ask for the list without filters by attribute, language or device; the figures can be broken down by them."),
    ),
    "origin-refused": Words(
        403,
        _("The widget is not allowed on this origin"),
        _("Add the origin of the page, such as https://app.example.org, on the campaign's page about its widget."),
    ),
    "identity-invalid": Words(
        403,
        _("Who the visitor is cannot be trusted"),
        _("Sign anew, with the secret and the id of this widget; the detail says what does not fit."),
    ),
    "identity-expired": Words(
        403, _("The visitor's token is too old"), _("Sign when the page is made: a token is good for a day.")
    ),
    "ticket-invalid": Words(
        403, _("The ticket is not one of this widget"), _("Ask for the question again and send the ticket unchanged.")
    ),
    "ticket-expired": Words(
        410, _("The question was open for too long"), _("Ask for it again: a ticket is good for a day.")
    ),
    "survey-metrics-invalid": Words(
        422,
        _("These figures cannot be asked for"),
        _("Each item of the member “errors” names a parameter of the address, and the reason."),
    ),
    "document-refused": Words(
        422,
        _("The API document was not imported"),
        _("Mend the places that the member “errors” names and send the document again."),
    ),
    "parquet-missing": Words(
        501,
        _("Parquet cannot be written here"),
        _("Install the library for it (the extra “parquet”), or ask for another form."),
    ),
    "internal": Words(
        500, _("Something broke on our side"), _("It was logged. Send the request again with growing pauses.")
    ),
    "overloaded": Words(
        503,
        _("Too much is under way"),
        _("Nothing was taken in. Send the same request again after the pause that Retry-After names."),
    ),
    "unavailable": Words(
        503,
        _("Not available at the moment"),
        _(
            "What was sent may or may not have been stored. Send it again with the same ids after the pause that "
            "Retry-After names: nothing counts twice."
        ),
    ),
}

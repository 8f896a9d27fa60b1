"""Reads what mail servers send back: delivery reports, complaints, and what only looks like one. Touches no table.

Delivery status notifications (RFC 3464 with the codes of RFC 3463), the older forms that flufl.bounce knows, and
complaints in the Abuse Reporting Format (RFC 5965).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from email import message_from_bytes
from email.message import Message as Mail

from flufl.bounce import all_failures

from posthouse.messages.models import Report

Kind = Report.Kind
LONGEST = 5 * 1024 * 1024
"""A report quotes at most one mail of ours; what is longer is cut, not refused."""

TOKEN = re.compile(r"\+([a-z2-7]{26})@", re.IGNORECASE)
OUR_ID = re.compile(r"<(msg_[0-9a-z]{26})@[^>\s]+>")
CODE = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
ENVELOPE_HEADERS = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "To")

DEAD = {"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1", "5.4.4"}
"""No such mailbox, no such domain, not an address, moved, takes no mail, disabled, not to be routed."""
SAYS_LITTLE = {"5.0.0", "5.1.0", "5.2.0", "5.3.0", "5.4.0", "5.4.1", "5.5.0", "5.5.1"}
"""Codes that servers give for all sorts of things; the words beside them decide."""
NOBODY = re.compile(
    r"user unknown|unknown user|no such (user|recipient|mailbox|address|person)|(does not|doesn't) exist|not found|"
    r"invalid (recipient|mailbox|address)|recipient (address )?(rejected|unknown)|no mailbox|mailbox unavailable|"
    r"(mailbox|account|user) (is |has been )?(disabled|closed|inactive|deactivated|unknown)|unrout(e)?able|"
    r"not a valid|unknown (local[- ]part|recipient|address)|host (or domain name )?not found|is not known",
    re.IGNORECASE,
)
NOT_THE_ADDRESS = re.compile(
    r"spam|block(ed|list)|black ?list|policy|quota|over ?limit|mailbox (is )?full|rate|reputation|dmarc|\bspf\b|dkim|"
    r"greylist|too (large|big)|try again|temporar|content rejected|virus|sender",
    re.IGNORECASE,
)
QUOTED = re.compile(
    r"^-+ *(?:below this line|this is a copy|original message|copy of|the body of|returned message|message header)",
    re.IGNORECASE | re.MULTILINE,
)
"""Where servers of old begin to quote what they send back."""
COMPLAINTS = {"abuse", "fraud"}


@dataclass(frozen=True)
class Reading:
    """What a report says: about which mail (`token` or `message_id`) and whom, of what kind, in which words."""

    kind: Report.Kind
    token: str = ""
    message_id: str = ""
    address: str = ""
    status: str = ""
    detail: str = ""
    text: str = ""


def read(raw: bytes, recipient: str = "") -> Reading:
    """Read a mail that came to the return path; `recipient` is the address it came to, if the caller knows it."""
    mail = message_from_bytes(raw[:LONGEST])
    reading = _complaint(mail) or _notification(mail) or _older(mail) or _something_else(mail)
    whole = "\n".join(_texts(mail))
    return replace(
        reading, token=_token(mail, recipient), message_id=_our_id(mail, whole), text=whole[:4000].replace("\x00", "")
    )


def is_dead(status: str, words: str) -> bool:
    """Whether a refusal means that the address will never work, not just this time or with this mail."""
    found = CODE.search(words)
    code = found[1] if found and (not status or status.endswith(".0.0") or status in SAYS_LITTLE) else status
    if code in DEAD:
        return True
    if code and code not in SAYS_LITTLE:
        return False
    return bool(NOBODY.search(words)) and not NOT_THE_ADDRESS.search(words)


def _complaint(mail: Mail) -> Reading | None:
    part = next((part for part in mail.walk() if part.get_content_type() == "message/feedback-report"), None)
    if part is None:
        return None
    fields = _fields(part)
    said = str(fields.get("Feedback-Type", "")).strip().lower()
    address = _address(str(fields.get("Original-Rcpt-To", "")))
    kind = Kind.COMPLAINT if said in COMPLAINTS else Kind.UNSUBSCRIBED if said == "opt-out" else Kind.UNKNOWN
    return Reading(kind, address=address, detail=f"Feedback-Type: {said}"[:1000])


def _fields(part: Mail) -> Mail:
    """The header-like lines of a report's machine part, which parsers hold as a message, a list of them, or a text."""
    payload = part.get_payload()
    if isinstance(payload, list) and payload and isinstance(payload[0], Mail):
        inner = payload[0]
        return inner if inner.keys() else message_from_bytes(_decoded(inner).encode())
    return message_from_bytes(_decoded(part).encode())


def _notification(mail: Mail) -> Reading | None:
    """RFC 3464. Of several recipients (an alias behind the address) one that got the mail shows the address alive."""
    blocks = [block for block in _status_blocks(mail) if block.get("Action") or block.get("Status")]
    readings = [_recipient(block) for block in blocks if block.get("Final-Recipient") or block.get("Action")]
    if not readings:
        return None
    kinds = [reading.kind for reading in readings]
    if Kind.HARD in kinds and Kind.DELIVERED in kinds:
        return replace(readings[kinds.index(Kind.HARD)], kind=Kind.SOFT)
    worst = next(kind for kind in (Kind.HARD, Kind.SOFT, Kind.DELAYED, Kind.DELIVERED, Kind.UNKNOWN) if kind in kinds)
    return readings[kinds.index(worst)]


def _status_blocks(mail: Mail) -> Iterator[Mail]:
    for part in mail.walk():
        if part.get_content_type() in ("message/delivery-status", "message/global-delivery-status"):
            payload = part.get_payload()
            if isinstance(payload, list) and any(block.keys() for block in payload if isinstance(block, Mail)):
                yield from (block for block in payload if isinstance(block, Mail))
            else:
                for block in re.split(r"\r?\n\r?\n", _decoded(part)):
                    yield message_from_bytes(block.strip().encode())


def _recipient(block: Mail) -> Reading:
    action = str(block.get("Action", "")).split(";")[0].split("(")[0].strip().lower()
    status = (CODE.search(str(block.get("Status", ""))) or [""])[0]
    words = " ".join(str(block.get("Diagnostic-Code", "")).split())
    address = _address(str(block.get("Original-Recipient") or block.get("Final-Recipient") or ""))
    kind = {"delayed": Kind.DELAYED, "delivered": Kind.DELIVERED, "expanded": Kind.DELIVERED, "relayed": Kind.DELIVERED}
    if action in kind:
        found = kind[action]
    elif action == "failed" or status[:1] in ("4", "5"):
        found = Kind.HARD if status[:1] != "4" and is_dead(status, words) else Kind.SOFT
    else:
        found = Kind.DELIVERED if status[:1] == "2" else Kind.UNKNOWN
    return Reading(found, address=address, status=status, detail=words[:1000])


def _older(mail: Mail) -> Reading | None:
    """Forms from before RFC 3464. What they call permanent is, unless a code or the words beside it say otherwise."""
    if not mail.get("From"):
        mail["From"] = "<>"  # one of the detectors takes it for granted
    temporary, permanent = all_failures(mail)
    if not temporary and not permanent:
        return None
    address = min(permanent or temporary).decode("utf-8", "replace")
    words = " ".join(_own_words(mail).split())
    if not permanent:
        return Reading(Kind.DELAYED, address=address, detail=words[:1000])
    found = CODE.search(words)
    status = found[1] if found else ""
    dead = is_dead(status, words) if status else not NOT_THE_ADDRESS.search(words)
    return Reading(Kind.HARD if dead else Kind.SOFT, address=address, status=status, detail=words[:1000])


def _own_words(mail: Mail) -> str:
    """What the server says itself, without the mail it sends back."""
    text = next(iter(_texts(mail)), "")
    return QUOTED.split(text)[0][:4000]


def _something_else(mail: Mail) -> Reading:
    automatic = str(mail.get("Auto-Submitted", "no")).lower().startswith("auto-")
    if automatic or mail.get("X-Autoreply") or mail.get("X-Autorespond") or mail.get("X-Auto-Response-Suppress"):
        return Reading(Kind.AUTO_REPLY, detail=str(mail.get("Subject", ""))[:1000])
    return Reading(Kind.UNKNOWN, detail=str(mail.get("Subject", ""))[:1000])


def _token(mail: Mail, recipient: str) -> str:
    """The token in the address to which the report came (VERP)."""
    places = [recipient, *(str(value) for name in ENVELOPE_HEADERS for value in mail.get_all(name, []))]
    return next((found[1].lower() for place in places if (found := TOKEN.search(place))), "")


def _our_id(mail: Mail, whole: str) -> str:
    """The Message-ID of the mail of ours that is quoted or answered."""
    for part in mail.walk():
        if part is not mail and (found := OUR_ID.search(str(part.get("Message-ID", "")))):
            return found[1]
    answered = " ".join(str(mail.get(name, "")) for name in ("In-Reply-To", "References"))
    found = OUR_ID.search(whole) or OUR_ID.search(answered)
    return found[1] if found else ""


def _texts(mail: Mail) -> Iterator[str]:
    for part in mail.walk():
        if part.get_content_maintype() == "text" or part.get_content_type() == "message/rfc822-headers":
            yield _decoded(part)


def _decoded(part: Mail) -> str:
    payload = part.get_payload(decode=True)
    if isinstance(payload, bytes):
        return payload.decode("utf-8", "replace")
    inner = part.get_payload()
    return "\n\n".join(str(one) for one in inner) if isinstance(inner, list) else str(inner or "")


def _address(field: str) -> str:
    return field.rpartition(";")[2].strip().strip("<>")[:254]

"""The widget of a campaign: set up, its secret exchanged, and the question put to somebody within a page."""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.db import transaction
from django.utils.translation import gettext as _

from posthouse.foundation import credentials
from posthouse.foundation.clock import now
from posthouse.foundation.timing import share
from posthouse.people import queries as people
from posthouse.surveys import clocks, events
from posthouse.surveys.actions.asking import Wish, ask
from posthouse.surveys.actions.campaigns import Refused
from posthouse.surveys.actions.openly import ATTRIBUTE, LONGEST_VALUE, MOST_ATTRIBUTES
from posthouse.surveys.models import Campaign, CampaignState, Channel, Outcome, Send, SendState, Widget
from posthouse.surveys.texts import Invalid
from posthouse.surveys.widget.identity import Identity
from posthouse.timeline.actions import record

MOST_ORIGINS = 20
MOST_VALUES = 20
OVERLAP = timedelta(hours=24)
LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
NUMBERS = {"share": (0, 100), "wait_seconds": (0, 600)}
FIELDS = ("on", "origins", "target", "attributes", "remember", *NUMBERS)


@dataclass(frozen=True)
class Offer:
    """Whether somebody is asked; where not, `why` names the reason. `send` for those whom the vendor vouches for."""

    why: str = ""
    send: Send | None = None


@transaction.atomic
def set_up_widget(*, campaign: Campaign, actor: str = "", **changes: Any) -> Widget:
    """Make the widget of a campaign, or change the named fields. Announces WidgetChanged if anything is different.

    Raises Invalid, with the place, for what cannot be.
    """
    checked = {name: _check(name, value) for name, value in changes.items()}
    widget = Widget.objects.select_for_update().filter(campaign=campaign).first()
    made = widget is None
    if widget is None:
        widget = Widget(campaign=campaign, created_at=now(), **_new_salt())
    changed = sorted(name for name, value in checked.items() if made or getattr(widget, name) != value)
    for name in changed:
        setattr(widget, name, checked[name])
    if made or changed:
        widget.save()
        record(events.WidgetChanged(campaign_id=campaign.pk, widget_id=widget.pk, changed=changed), actor=actor)
    return widget


@transaction.atomic
def rotate_widget(*, widget: Widget, actor: str = "") -> Widget:
    """A new secret; the one before it works for another day. Announces WidgetRotated."""
    widget = Widget.objects.select_for_update().get(pk=widget.pk)
    widget.old_salt, widget.old_pepper_id, widget.old_ends_at = widget.salt, widget.pepper_id, now() + OVERLAP
    for name, value in _new_salt().items():
        setattr(widget, name, value)
    widget.save()
    ends = widget.old_ends_at.isoformat()
    told = events.WidgetRotated(campaign_id=widget.campaign_id, widget_id=widget.pk, overlap_ends_at=ends)
    record(told, actor=actor)
    return widget


def offer(*, widget: Widget, identity: Identity | None, attributes: dict[str, str]) -> Offer:
    """Whether to put the question to a visitor with these attributes.

    Somebody whom the vendor vouches for is asked by a send, with the clocks and all that goes for others; one that was
    shown and neither answered nor declined is shown again. In an anonymous campaign everybody is nobody.
    """
    campaign = widget.campaign
    if not widget.on or campaign.state != CampaignState.RUNNING:
        return Offer("not-running")
    if identity is None or campaign.anonymous:
        return Offer(_untargeted(widget, attributes) or ("" if secrets.randbelow(100) < widget.share else "not-drawn"))
    return _offer_to(widget, identity, attributes)


def _offer_to(widget: Widget, identity: Identity, attributes: dict[str, str]) -> Offer:
    campaign = widget.campaign
    contact = people.contact(identity.contact_id) if identity.contact_id else people.contact_by_email(identity.email)
    if contact is None and identity.contact_id:
        return Offer("contact-unknown")
    known = _words(contact.attributes if contact else {}) | attributes | _words(identity.attributes)
    if why := _untargeted(widget, known):
        return Offer(why)
    if share(f"{widget.pk}:{identity.contact_id or identity.email.lower()}") * 100 >= widget.share:
        return Offer("not-drawn")
    if contact is not None:
        shown = _shown(campaign, contact)
        if shown is not None:
            return Offer(send=shown)
        if why := _speaks_against(campaign, contact):
            return Offer(why)
    wish = Wish(
        email="" if contact else identity.email,
        contact_id=contact.pk if contact else "",
        name=identity.name,
        attributes=identity.attributes,
        language=identity.language,
        channel=Channel.WIDGET,
        source="widget",
    )
    try:
        send = ask(campaign=campaign, wish=wish).send
    except Refused as refused:
        return Offer(refused.code)
    return Offer(send=send) if send.outcome == Outcome.SCHEDULED else Offer(send.outcome.replace("_", "-"))


def _shown(campaign: Campaign, contact: Any) -> Send | None:
    """The question that this contact has seen in a page and has neither answered nor declined."""
    since = now() - timedelta(days=campaign.link_days)
    rows = Send.objects.filter(campaign=campaign, contact=contact, channel=Channel.WIDGET, state=SendState.SENT)
    found = rows.filter(sent_at__gt=since, declined_at=None, response=None).order_by("-sent_at")
    return found.select_related("campaign", "contact").first()


def _speaks_against(campaign: Campaign, contact: Any) -> str:
    """Looked at before a row is made: a page that is loaded a hundred times leaves nothing behind."""
    send = Send(campaign=campaign, contact=contact, due_at=now(), channel=Channel.WIDGET)
    if refusal := clocks.refusal(send):
        return str(refusal).replace("_", "-")
    if Send.objects.filter(contact=contact, state=SendState.PENDING).exists():
        return "already-pending"
    return "throttled" if clocks.rests_until(send) else ""


def _untargeted(widget: Widget, attributes: dict[str, str]) -> str:
    fits = all(attributes.get(name) in values for name, values in widget.target.items())
    return "" if fits else "not-targeted"


def _words(attributes: dict[str, Any]) -> dict[str, str]:
    """Attributes as the words they are compared by: yes and no as JSON writes them."""
    found = {}
    for name, value in attributes.items():
        if isinstance(value, bool):
            found[name] = "true" if value else "false"
        elif isinstance(value, str | int | float):
            found[name] = str(value)
    return found


def kept_attributes(widget: Widget, said: dict[str, str]) -> dict[str, str]:
    """What of a page is kept with an answer."""
    return {name: said[name] for name in widget.attributes if said.get(name)}


def _new_salt() -> dict[str, str]:
    return {"salt": secrets.token_hex(16), "pepper_id": credentials.newest_pepper()}


def _check(name: str, value: Any) -> Any:
    place = f"/{name}"
    if name in NUMBERS:
        lowest, highest = NUMBERS[name]
        if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= highest:
            said = {"lowest": lowest, "highest": highest}
            raise Invalid(place, _("This is a whole number from %(lowest)d to %(highest)d.") % said)
        return value
    if name in ("on", "remember"):
        if not isinstance(value, bool):
            raise Invalid(place, _("This is true or false."))
        return value
    if name == "origins":
        return _origins(value)
    if name == "target":
        return _target(value)
    if name == "attributes":
        return _names(value, place)
    raise TypeError(f"a widget has no {name}")


def _origins(value: Any) -> list[str]:
    if not isinstance(value, list) or len(value) > MOST_ORIGINS:
        raise Invalid("/origins", _("This is a list of at most %(count)d origins.") % {"count": MOST_ORIGINS})
    return list(dict.fromkeys(_origin(one, f"/origins/{number}") for number, one in enumerate(value)))


def _origin(value: Any, place: str) -> str:
    """As a browser writes it: small letters, without the port that goes without saying."""
    fault = Invalid(
        place, _("An origin is written like https://app.example.org, without a path; http on this machine.")
    )
    if not isinstance(value, str) or not value.isascii() or len(value) > 200 or any(one.isspace() for one in value):
        raise fault
    try:
        parts = urlsplit(value.rstrip("/"))
        port = parts.port
    except ValueError as error:
        raise fault from error
    host = (parts.hostname or "").lower()
    host = f"[{host}]" if ":" in host else host
    bare = not (parts.path or parts.query or parts.fragment or "@" in parts.netloc or "*" in host or "?" in value)
    safe = parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK)
    if not host or not bare or not safe:
        raise fault
    usual = {"https": 443, "http": 80}[parts.scheme]
    return f"{parts.scheme}://{host}" + (f":{port}" if port not in (None, usual) else "")


def _target(value: Any) -> dict[str, list[str]]:
    if not isinstance(value, dict):
        raise Invalid("/target", _("This is an object."))
    names = _names(list(value), "/target")
    for name in names:
        values = value[name]
        fits = isinstance(values, list) and 1 <= len(values) <= MOST_VALUES
        if not fits or not all(isinstance(one, str) and 0 < len(one) <= LONGEST_VALUE for one in values):
            raise Invalid(f"/target/{name}", _("These are up to %(count)d short values.") % {"count": MOST_VALUES})
        if not all(one.isprintable() for one in values):
            raise Invalid(f"/target/{name}", _("It holds characters that cannot be kept."))
    return {name: list(value[name]) for name in names}


def _names(value: Any, place: str) -> list[str]:
    if not isinstance(value, list) or len(value) > MOST_ATTRIBUTES:
        raise Invalid(place, _("At most %(count)d attributes.") % {"count": MOST_ATTRIBUTES})
    for one in value:
        if not isinstance(one, str) or not ATTRIBUTE.fullmatch(one):
            raise Invalid(
                place,
                _("A name is up to 40 letters, digits, dots, hyphens and underscores, and begins with a letter."),
            )
    return list(dict.fromkeys(value))

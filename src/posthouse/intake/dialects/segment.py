"""The dialect of Segment and RudderStack: identify, track, page, screen, group and alias."""

from collections.abc import Callable

from posthouse.intake import events
from posthouse.intake.dialects.naming import type_for
from posthouse.intake.dialects.told import (
    KEEP,
    Item,
    Misfit,
    Rules,
    Told,
    event_id,
    group,
    moment_of,
    object_of,
    person,
    text_of,
)

_READ = {
    "type",
    "messageId",
    "timestamp",
    "originalTimestamp",
    "sentAt",
    "receivedAt",
    "writeKey",
    "integrations",
    "event",
    "properties",
    "traits",
    "userId",
    "anonymousId",
    "groupId",
    "previousId",
    "context",
}
"""Members that have a place of their own; all others are kept beside the properties."""


def translate(item: Item, raw: bytes, rules: Rules) -> list[Told]:
    """What one item says. `raw` is its text. Raises Misfit."""
    kind = text_of(item, "type").lower()
    if kind not in _KINDS:
        raise Misfit("type-unknown", f"type: expected one of {', '.join(_KINDS)}, not “{kind[:60]}”")
    user, anonymous = text_of(item, "userId"), text_of(item, "anonymousId")
    if not user and not anonymous:
        raise Misfit("no-person")
    told = Told(
        id=event_id(text_of(item, "messageId"), raw),
        type="",
        contact_id=person(user or anonymous),
        customer_id=group(text_of(object_of(item, "context"), "groupId")),
        data={},
        original_at=moment_of(item.get("originalTimestamp") or item.get("timestamp"), "timestamp"),
    )
    _KINDS[kind](item, told, rules)
    return [told]


def _track(item: Item, told: Told, rules: Rules) -> None:
    name = text_of(item, "event")
    if not name:
        raise Misfit("no-event")
    told.type = type_for(name, rules)
    told.data = object_of(item, "properties") | {KEEP: _rest(item, name=name)}


def _page(item: Item, told: Told, rules: Rules) -> None:
    _view(item, told, rules, "page")


def _screen(item: Item, told: Told, rules: Rules) -> None:
    _view(item, told, rules, "screen")


def _view(item: Item, told: Told, rules: Rules, what: str) -> None:
    """`page.viewed`, or what the source has declared for a page of this name."""
    category, name = text_of(item, "category"), text_of(item, "name")
    declared = (known for known in (f"{what}:{name}", f"{what}:{category}") if known in rules.names)
    told.type = next((type_for(known, rules) for known in declared), f"{what}.viewed")
    words = {key: word for key, word in (("name", name), ("category", category)) if word}
    told.data = words | object_of(item, "properties") | {KEEP: _rest(item)}


def _identify(item: Item, told: Told, rules: Rules) -> None:
    """RudderStack puts the traits into the context alone."""
    user, anonymous = text_of(item, "userId"), text_of(item, "anonymousId")
    event = events.PersonIdentified(
        contact_id=told.contact_id,
        traits=object_of(object_of(item, "context"), "traits") | object_of(item, "traits"),
        also=[person(anonymous)] if user and anonymous and anonymous != user else [],
        original_id=user,
        intake=_rest(item),
    )
    told.type, told.data = event.type, event.data


def _group(item: Item, told: Told, rules: Rules) -> None:
    original = text_of(item, "groupId")
    if not original:
        raise Misfit("no-group")
    told.customer_id = group(original)
    event = events.GroupTold(traits=object_of(item, "traits"), original_id=original, intake=_rest(item))
    told.type, told.data = event.type, event.data


def _alias(item: Item, told: Told, rules: Rules) -> None:
    previous = text_of(item, "previousId")
    if not previous:
        raise Misfit("no-previous")
    event = events.AliasTold(previous=person(previous), intake=_rest(item))
    told.type, told.data = event.type, event.data


def _rest(item: Item, **more: str) -> Item:
    """What the properties do not say."""
    context = {key: value for key, value in object_of(item, "context").items() if key != "traits"}
    rest = {key: value for key, value in item.items() if key not in _READ and value not in (None, "", {})}
    own = {"user_id": text_of(item, "userId"), "anonymous_id": text_of(item, "anonymousId"), "context": context}
    return more | {key: value for key, value in own.items() if value} | rest


_KINDS: dict[str, Callable[[Item, Told, Rules], None]] = {
    "track": _track,
    "identify": _identify,
    "page": _page,
    "screen": _screen,
    "group": _group,
    "alias": _alias,
}

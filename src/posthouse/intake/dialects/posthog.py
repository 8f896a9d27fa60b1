"""The dialect of PostHog's clients, first and second version: `event`, `distinct_id`, `properties`."""

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

CUSTOMERS = ("customer", "company", "organization", "organisation", "account")
"""Kinds of group that are our customers, the first that is there; a group of the only kind is one too."""
ABOUT_PERSON = ("$identify", "$set", "$set_once")
ALIASES = ("$create_alias", "$merge_dangerously")
_VIEWS = {"$pageview": "page.viewed", "$screen": "screen.viewed"}
_READ = {"event", "uuid", "distinct_id", "properties", "timestamp", "$set", "$set_once", "api_key", "token"}


def translate(item: Item, raw: bytes, rules: Rules) -> list[Told]:
    """What one item says: the event, and what it tells about the person besides. Raises Misfit."""
    name, properties = text_of(item, "event"), object_of(item, "properties")
    distinct = text_of(item, "distinct_id") or text_of(properties, "distinct_id")
    if not name:
        raise Misfit("no-event")
    if not distinct:
        raise Misfit("no-person")
    told = Told(
        id=event_id(text_of(item, "uuid"), raw),
        type="",
        contact_id=person(distinct),
        customer_id=_customer(object_of(properties, "$groups")),
        data={},
        original_at=moment_of(item.get("timestamp"), "timestamp"),
        trusts_clock=object_of(item, "options").get("disable_skew_correction") is True,
    )
    about = _about(item, properties, told, distinct)
    if name in ABOUT_PERSON:
        told.type, told.data = about.type, about.data
        return [told]
    _fill(name, item, properties, told, rules)
    return [told, _beside(told, about)] if about.traits or about.once else [told]


def _fill(name: str, item: Item, properties: Item, told: Told, rules: Rules) -> None:
    if name in ALIASES:
        new = text_of(properties, "alias")
        if not new:
            raise Misfit("no-previous", "properties.alias is missing")
        # The other way round than Segment's: distinct_id is the old name, or for a merge the name that is kept.
        old = told.contact_id if name == "$create_alias" else person(new)
        told.contact_id = person(new) if name == "$create_alias" else told.contact_id
        alias = events.AliasTold(previous=old, intake=_rest(item, properties))
        told.type, told.data = alias.type, alias.data
    elif name == "$groupidentify":
        _group(item, properties, told)
    else:
        told.type = _type(name, rules)
        own = {key: value for key, value in properties.items() if not key.startswith("$")}
        own.pop("distinct_id", None)
        told.data = own | {KEEP: _rest(item, properties, name=name)}


def _group(item: Item, properties: Item, told: Told) -> None:
    kind, key = text_of(properties, "$group_type"), text_of(properties, "$group_key")
    if not key:
        raise Misfit("no-group", "properties.$group_key is missing")
    told.customer_id = group(key)
    event = events.GroupTold(
        traits=object_of(properties, "$group_set"), original_id=key, kind=kind, intake=_rest(item, properties)
    )
    told.type, told.data = event.type, event.data


def _about(item: Item, properties: Item, told: Told, distinct: str) -> events.PersonIdentified:
    """Person properties stand at the top, or, from newer clients, among the properties."""
    anonymous = text_of(properties, "$anon_distinct_id")
    return events.PersonIdentified(
        contact_id=told.contact_id,
        traits=_words(object_of(properties, "$set") | object_of(item, "$set")),
        once=_words(object_of(properties, "$set_once") | object_of(item, "$set_once")),
        also=[person(anonymous)] if anonymous and anonymous != distinct else [],
        original_id=distinct,
        intake=_rest(item, properties),
    )


def _beside(told: Told, about: events.PersonIdentified) -> Told:
    return Told(
        id=f"{told.id[:190]}:person",
        type=about.type,
        contact_id=told.contact_id,
        customer_id="",
        data=about.data,
        original_at=told.original_at,
        trusts_clock=told.trusts_clock,
    )


def _customer(groups: Item) -> str:
    kinds = [kind for kind in CUSTOMERS if kind in groups] or (list(groups) if len(groups) == 1 else [])
    return group(text_of(groups, kinds[0])) if kinds else ""


def is_customer(kind: str) -> bool:
    """Whether a group of this kind is an organisation."""
    return kind in CUSTOMERS


def _type(name: str, rules: Rules) -> str:
    """The client's own events begin with a dollar: `$feature_flag_called` becomes `posthog.feature_flag_called`."""
    if name in rules.names or not name.startswith("$"):
        return type_for(name, rules)
    return _VIEWS.get(name) or type_for(f"posthog.{name[1:].lower()}", rules)


def _words(properties: Item) -> Item:
    """Without what the client adds by itself."""
    return {key: value for key, value in properties.items() if not key.startswith("$")}


def _rest(item: Item, properties: Item, **more: str) -> Item:
    added = {
        key: value for key, value in properties.items() if key.startswith("$") and key not in ("$set", "$set_once")
    }
    rest = {key: value for key, value in item.items() if key not in _READ and value not in (None, "", {})}
    return more | {"distinct_id": text_of(item, "distinct_id")} | rest | ({"properties": added} if added else {})

"""What stands in the desk's rail and the portal's head: every feature adds its own in its `navigation.py`."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

Place = Literal["desk", "portal"]
Finder = Callable[[HttpRequest], str | None]


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One link. `label` and `section` are lazy texts; `key` is the letter after "g" in the desk."""

    place: Place
    label: Any
    url_name: str
    order: int = 100
    roles: frozenset[str] | None = None
    section: Any = ""
    key: str = ""
    customer: bool = False


@dataclass(frozen=True, kw_only=True)
class Link:
    """An entry as it stands on a page; `current` is the value of aria-current."""

    label: Any
    href: str
    section: Any = ""
    key: str = ""
    current: str = ""


@dataclass(frozen=True)
class Bell:
    """Where the notices of the person stand, and how many are new."""

    href: str
    unread: int


BellFinder = Callable[[HttpRequest], Bell | None]
_bells: list[BellFinder] = []

_entries: dict[tuple[Place, str], Entry] = {}
_finders: list[Finder] = []


def desk(
    label: Any, url_name: str, *, order: int = 100, roles: Iterable[str] | None = None, section: Any = "", key: str = ""
) -> None:
    """Add a link to the desk's rail, seen by the named roles (None: by all). `key`: typed after "g" it goes there."""
    _add(Entry(place="desk", label=label, url_name=url_name, order=order, roles=_set(roles), section=section, key=key))


def portal(
    label: Any, url_name: str, *, order: int = 100, roles: Iterable[str] | None = None, customer: bool = True
) -> None:
    """Add a link to the portal's head. With `customer` the address takes `customer_id` and is shown to members only."""
    _add(Entry(place="portal", label=label, url_name=url_name, order=order, roles=_set(roles), customer=customer))


def find_customer(finder: Finder) -> Finder:
    """Register who knows the customer of a page that names none, such as the public docs (decorator)."""
    _finders.append(finder)
    return finder


def bell(finder: BellFinder) -> BellFinder:
    """Register who knows the notices of the person whose portal is on screen (decorator)."""
    _bells.append(finder)
    return finder


def bell_of(request: HttpRequest) -> Bell | None:
    """What the bell in the portal's head shows; None where it hangs not."""
    return next((found for finder in _bells if (found := finder(request))), None)


def entries(place: Place) -> list[Entry]:
    """All entries of a place in their order."""
    return sorted((e for e in _entries.values() if e.place == place), key=lambda e: (e.order, e.url_name))


def links(request: HttpRequest, place: Place) -> list[Link]:
    """What this person sees in this place, the current page marked."""
    found = list(_desk_links(request) if place == "desk" else _portal_links(request))
    return _marked(found, request.path)


def customer_id(request: HttpRequest) -> str | None:
    """The customer whose portal is on screen: the one in the address, else what a finder says."""
    customer = getattr(request, "customer", None)
    if customer is not None:
        return str(customer.pk)
    return next((known for finder in _finders if (known := finder(request))), None)


def _add(entry: Entry) -> None:
    _entries[entry.place, entry.url_name] = entry


def _set(roles: Iterable[str] | None) -> frozenset[str] | None:
    return None if roles is None else frozenset(str(role) for role in roles)


def _desk_links(request: HttpRequest) -> Iterator[Link]:
    role = getattr(getattr(request, "member", None), "role", None)
    for entry in entries("desk"):
        if entry.roles is None or role in entry.roles:
            yield from _link(entry)


def _portal_links(request: HttpRequest) -> Iterator[Link]:
    role = getattr(getattr(request, "membership", None), "role", None)
    known = customer_id(request)
    for entry in entries("portal"):
        if entry.customer and known is None:
            continue
        if entry.roles is not None and role is not None and role not in entry.roles:
            continue
        yield from _link(entry, **({"customer_id": known} if entry.customer else {}))


def _link(entry: Entry, **kwargs: Any) -> Iterator[Link]:
    try:
        href = reverse(entry.url_name, kwargs=kwargs or None)
    except NoReverseMatch:  # the feature is switched off
        return
    yield Link(label=entry.label, href=href, section=entry.section, key=entry.key)


def _marked(found: list[Link], path: str) -> list[Link]:
    """The longest address that the path begins with is current: "page" when it is the page itself, else "true"."""
    fitting = [link.href for link in found if path == link.href or (link.href != "/" and path.startswith(link.href))]
    best = max(fitting, key=len, default="")
    return [
        replace(link, current=("page" if path == best else "true")) if best and link.href == best else link
        for link in found
    ]

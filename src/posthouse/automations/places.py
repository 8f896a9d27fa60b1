"""What stands elsewhere and is named in automations: journeys and their steps. Who has them says so."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from posthouse.automations.definition import Words


@dataclass(frozen=True)
class Place:
    """A journey with its steps, each with its name in both languages."""

    key: str
    name: Words
    steps: tuple[tuple[str, Words], ...] = ()


Finder = Callable[[], Iterable[Place]]
_finders: list[Finder] = []


def journeys_from(finder: Finder) -> Finder:
    """Register who knows journeys (decorator)."""
    _finders.append(finder)
    return finder


def journeys() -> list[Place]:
    """All journeys that automations can name."""
    return [place for finder in _finders for place in finder()]

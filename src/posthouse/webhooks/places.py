"""What features above lend to the forms of webhooks."""

from collections.abc import Callable, Iterable

Finder = Callable[[], Iterable[tuple[str, str]]]
_finders: list[Finder] = []


def campaigns_from(finder: Finder) -> Finder:
    """Let the form offer what this returns, (id, name), to narrow a webhook to."""
    _finders.append(finder)
    return finder


def campaigns() -> list[tuple[str, str]]:
    """What a webhook can be narrowed to."""
    return [(id_, name) for finder in _finders for id_, name in finder()]

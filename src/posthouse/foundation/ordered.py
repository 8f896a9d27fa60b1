"""The order in which people read the names of an object: PostgreSQL keeps JSON without the order it was written in."""

from collections.abc import Sequence
from typing import Any


def ordered(value: Any, names: Sequence[str]) -> Any:
    """The same value, in every object first the `names` in their order and then the others in that of the alphabet."""
    places = {name: place for place, name in enumerate(names)}

    def place(pair: tuple[str, Any]) -> tuple[int, str]:
        return places.get(pair[0], len(places)), str(pair[0])

    def whole(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: whole(part) for name, part in sorted(value.items(), key=place)}
        return [whole(part) for part in value] if isinstance(value, list) else value

    return whole(value)

"""Finds the operation that a recorded route belongs to, whatever its parameters are called there."""

import re
from collections.abc import Iterable

_PARAMETER = re.compile(r"\{[^{}]*\}|<[^<>]*>|:[A-Za-z_]\w*")
ANY = "{}"


def normal(route: str) -> tuple[str, ...]:
    """The parts of a route, every parameter as `{}`: `/v1/{id}`, `/v1/<int:pk>` and `/v1/:id` agree."""
    path = route.partition("?")[0].partition("#")[0]
    return tuple(_PARAMETER.sub(ANY, part) for part in path.split("/") if part)


class Routes:
    """All operations by method and route, with and without the path of their servers before it."""

    def __init__(self, operations: Iterable[tuple[str, str, str, frozenset[str]]]) -> None:
        self._exact: dict[tuple[str, tuple[str, ...]], str] = {}
        for method, path, slug, prefixes in operations:
            parts = normal(path)
            self._exact.setdefault((method, parts), slug)
            for prefix in prefixes:
                before = normal(prefix)
                self._exact.setdefault((method, (*before, *parts)), slug)
                if before and parts[: len(before)] == before:
                    self._exact.setdefault((method, parts[len(before) :]), slug)

    def find(self, method: str, route: str) -> str | None:
        """The slug of the operation. A path with real values is found too, unless a plainer operation fits."""
        method, parts = method.lower(), normal(route)
        found = self._exact.get((method, parts))
        if found is not None:
            return found
        fitting = [
            (sum(ANY in part for part in known), slug)
            for (kind, known), slug in self._exact.items()
            if kind == method and len(known) == len(parts) and all(map(_fits, known, parts))
        ]
        return min(fitting)[1] if fitting else None


def _fits(known: str, part: str) -> bool:
    if known in (part, ANY):
        return True
    return ANY in known and re.fullmatch(".+".join(map(re.escape, known.split(ANY))), part) is not None

"""The walls that import-linter cannot draw: the doors into a feature, the rooms inside it, ninja where routes are.

Reads the import graph (grimp, the library below import-linter) and prints every import that goes through a wall.
"""

import sys
from collections.abc import Iterator

import grimp

OPEN_FLOORS = {"foundation", "design"}
"""Anybody above may use any module of these."""
WIRING = {"config"}
"""May enter any feature: it switches them on."""
DOORS = {"actions", "queries", "events"}
MORE_DOORS = {"people": {"access"}}
"""Every view and route declares its rule with people.access (docs/decisions/0003-access-is-a-door.md)."""

ROOMS = {
    # room: rooms of the same feature that it may not enter
    "events": {"actions", "queries", "models", "views", "api", "forms", "access", "jobs", "reactions", "urls"},
    "models": {"actions", "queries", "views", "api", "forms", "access", "jobs", "reactions", "urls"},
    "queries": {"actions", "views", "api", "forms", "jobs", "reactions", "urls"},
    "actions": {"views", "api", "jobs", "reactions", "urls"},
    "access": {"actions", "views", "api", "forms", "jobs", "reactions", "urls"},
    "forms": {"views", "api", "jobs", "reactions", "urls"},
    "api": {"views", "forms", "jobs", "reactions", "urls"},
    "views": {"api", "jobs", "reactions"},
    "jobs": {"views", "api", "forms", "models", "urls"},
    "reactions": {"views", "api", "forms", "urls"},
}

NINJA_ONLY_IN = {"api", "token_auth", "http_api", "paging"}
"""Routes, their authentication, what they are composed by, and the page size they share."""


def main() -> int:
    """Print every breach; 1 when there is one."""
    graph = grimp.build_graph("posthouse", include_external_packages=True, cache_dir=None)
    breaches = sorted(set(_breaches(graph)))
    for line in breaches:
        print(line)
    return 1 if breaches else 0


def _breaches(graph: grimp.ImportGraph) -> Iterator[str]:
    for importer in sorted(graph.modules):
        if not importer.startswith("posthouse.") or ".tests" in importer or ".migrations" in importer:
            continue
        for imported in sorted(graph.find_modules_directly_imported_by(importer)):
            yield from _judge(importer, imported)


def _judge(importer: str, imported: str) -> Iterator[str]:
    _, here, *room = importer.split(".")
    if imported == "ninja" or imported.startswith("ninja."):
        if not room or room[0] not in NINJA_ONLY_IN:
            yield f"{importer} imports {imported}: django-ninja stays in api.py"
        return
    if not imported.startswith("posthouse."):
        return
    _, there, *door = imported.split(".")
    if here == there:
        if room and door and door[0] in ROOMS.get(room[0], set()):
            yield f"{importer} imports {imported}: {room[0]} may not enter {door[0]}"
    elif here not in WIRING and there not in OPEN_FLOORS:
        doors = DOORS | MORE_DOORS.get(there, set())
        if door and door[0] not in doors:
            yield f"{importer} imports {imported}: enter {there} by {', '.join(sorted(doors))}"


if __name__ == "__main__":
    sys.exit(main())

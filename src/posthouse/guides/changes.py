"""What differs between two documents, in the words of a preview: which operations come and which go."""

from dataclasses import dataclass

from posthouse.guides.openapi.spec import Head, Spec


@dataclass(frozen=True)
class Changes:
    """Operations by method and path."""

    added: list[Head]
    removed: list[Head]
    kept: int


def changes_between(before: Spec, after: Spec) -> Changes:
    """What is new in `after` and what is no longer there."""
    old = {(head.method, head.path): head for head in before.heads.values()}
    new = {(head.method, head.path): head for head in after.heads.values()}
    return Changes(
        added=[head for place, head in new.items() if place not in old],
        removed=[head for place, head in old.items() if place not in new],
        kept=len(new.keys() & old.keys()),
    )

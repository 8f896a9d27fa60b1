"""Automations that come with the house, one YAML file each: key, mission row and body.

All of them are off until somebody switches them on. The mails they send are templates of this feature, which the team
may edit; their surveys go to the campaign of a kind that runs.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Ready:
    """One automation that comes with the house."""

    key: str
    mission: str
    body: dict[str, Any]

    @property
    def mails(self) -> list[str]:
        """The templates of its mails."""
        return list(mails_of(self.body["do"]))


@cache
def shipped() -> tuple[Ready, ...]:
    """All of them, in the order of the journeys."""
    found = [_read(path) for path in FOLDER.glob("*.yaml")]
    return tuple(sorted(found, key=lambda one: ([int(part) for part in one.mission[1:].split(".")], one.key)))


def _read(path: Path) -> Ready:
    data = yaml.safe_load(path.read_text("utf-8"))
    return Ready(data["key"], data["mission"], data["body"])


def mails_of(steps: Any) -> Iterator[str]:
    """The templates of the mails that raw steps send."""
    for step in steps or ():
        if step["do"] == "send_mail":
            yield step["template"]
        yield from mails_of(step.get("then"))
        yield from mails_of(step.get("else"))

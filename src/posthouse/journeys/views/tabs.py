"""The pages of journeys that stand side by side, with the period and the filters taken along."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from posthouse.journeys.filters import View


@dataclass(frozen=True)
class Tab:
    """One of them."""

    label: str
    href: str
    current: bool


def tabs(current: str, view: View | None = None) -> list[Tab]:
    """All of them; `current` is the URL name of the page on screen."""
    pages: list[tuple[str, Any]] = [
        ("desk-journeys", _("Board")),
        ("desk-runs", _("Runs")),
        ("desk-first-calls", _("Time to first call")),
        ("desk-returning", _("Retention")),
        ("desk-paths", _("Paths")),
        ("desk-backfill", _("Backfill")),
    ]
    query = view.query().urlencode() if view else ""
    return [
        Tab(label, reverse(name) + (f"?{query}" if query and name != "desk-backfill" else ""), name == current)
        for name, label in pages
    ]

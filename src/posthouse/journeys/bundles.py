"""The runs of a journey entered in a period, of some customers: from the sheets, and where those lag from the runs.

For what the summary cannot answer: several traits at once, a condition, the ways through the steps. What has changed
since a sheet was made is read from the tables while it is little; otherwise it is said since when it is behind.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from django.db.models import QuerySet

from posthouse.foundation.conditions import Condition
from posthouse.foundation.idnumbers import Numbers
from posthouse.journeys import cells, crowds, freshness, sheets, standing, summaries
from posthouse.journeys.freshness import Freshness
from posthouse.journeys.models import Journey, Run, Sheet
from posthouse.journeys.paths import Steps
from posthouse.journeys.sheets import Rows


@dataclass(frozen=True)
class Whose:
    """Whose runs: of customers or contacts with these traits for whom a condition holds. Looked up once per kind."""

    traits: Mapping[str, str] = field(default_factory=dict)
    where: Condition | None = None
    _found: dict[str, Numbers | None] = field(default_factory=dict)

    def numbers(self, kind: str) -> Numbers | None:
        """Their numbers, ascending; None: everybody. Raises as crowds.of_those()."""
        if kind not in self._found:
            narrowed = bool(self.traits or self.where)
            self._found[kind] = sheets.whose(crowds.subjects(kind, self.traits, self.where)) if narrowed else None
        return self._found[kind]

    def runs(self, rows: QuerySet[Run], kind: str) -> QuerySet[Run]:
        """Theirs among some runs."""
        return crowds.of_those(crowds.of_traits(rows, kind, self.traits), kind, self.where)


@dataclass(frozen=True)
class Bundle:
    """Runs as rows of sheets. `behind_since`: None, or since when changes wait to be put on their sheets."""

    rows: Rows
    stages: Sequence[standing.Stage]
    behind_since: datetime | None

    def trail(self) -> Steps:
        """The ways they took."""
        return Steps(self.rows, [stage.key for stage in self.stages])


def bundle(journey: Journey, days: tuple[int, int], whose: Whose, fresh: Freshness | None = None) -> Bundle:
    """The runs entered on these days (the first, and the one behind the last), in no particular order."""
    fresh = fresh or freshness.of_days([journey], *days)
    stages, kind = standing.stages_of(journey.body), journey.body.get("subject", "customer")
    shape = standing.shape_of(stages)
    found = Sheet.objects.filter(journey=journey.pk, day__gte=days[0], day__lt=days[1]).order_by("day")
    bodies, behind = [], fresh.behind
    for day, made_as, made_at, body in found.values_list("day", "shape", "made_at", "body"):
        if day in fresh.of(journey.pk):
            continue
        if made_as == shape:
            bodies.append(bytes(body))
        else:
            behind = min(behind or made_at, made_at)
    rows = sheets.unpacked(bodies, len(stages), whose.numbers(kind))
    live = [_live(journey, span, whose, stages) for span in summaries.spans(sorted(fresh.of(journey.pk)))]
    return Bundle(np.concatenate([rows, *live]), stages, behind)


def _live(journey: Journey, span: tuple[int, int], whose: Whose, stages: Sequence[standing.Stage]) -> Rows:
    kind = journey.body.get("subject", "customer")
    runs = crowds.entered(journey.pk, *(cells.beginning(day) for day in span))
    return sheets.made(crowds.load(whose.runs(runs, kind), stages))

"""Questions about journeys: the definitions, and where everybody stands."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import get_language

from posthouse.journeys import models, words
from posthouse.journeys.overview import Board, Filters, Period, board, compare, runs_of
from posthouse.timeline import queries as timeline

__all__ = [
    "Board",
    "Filters",
    "Period",
    "Place",
    "StepPlace",
    "board",
    "compare",
    "journey",
    "journeys",
    "place",
    "places",
    "revisions",
    "run",
    "runs_of",
    "said",
    "undigested",
]


@dataclass(frozen=True)
class StepPlace:
    """One step of a run: reached or not, and whether it is the one waited for."""

    key: str
    name: str
    words: str
    todo: str
    mission: str
    required: bool
    milestone: bool
    reached: models.Reached | None
    next: bool


@dataclass(frozen=True)
class Place:
    """One run of a customer, or of one of its contacts, with its steps as the revision it goes by has them."""

    run: models.Run
    journey: str
    lane: int
    name: str
    about: str
    portal: bool
    steps: list[StepPlace]

    @property
    def next(self) -> StepPlace | None:
        """The step waited for; None when the run has ended."""
        return next((step for step in self.steps if step.next), None)

    @property
    def done(self) -> int:
        """How many required steps were reached."""
        return sum(step.required and step.reached is not None for step in self.steps)

    @property
    def needed(self) -> int:
        """How many steps are required."""
        return sum(step.required for step in self.steps)


def journeys(*, live: bool = True) -> QuerySet[models.Journey]:
    """The journeys by lane; with `live` false also drafts and those switched off."""
    rows = models.Journey.objects.all()
    return rows.filter(state=models.Journey.State.LIVE) if live else rows


def names() -> dict[str, str]:
    """What journeys and their steps (`journey/step`) are called in the language of the page. One query."""
    found = {}
    for key, body in models.Journey.objects.values_list("pk", "body"):
        found[key] = words.name_of(body, key)
        found |= {f"{key}/{step}": name for step, name in words.step_names(body).items()}
    return found


def journey(key: str) -> models.Journey | None:
    """A journey by its key, live or not."""
    return models.Journey.objects.filter(pk=key).first()


def open_runs(journey: str, subject: str) -> QuerySet[models.Run]:
    """The open runs of a customer or contact in a journey."""
    return models.Run.objects.filter(journey=journey, subject=subject, state=models.RunState.OPEN)


def revisions(key: str) -> QuerySet[models.Revision]:
    """All revisions of a journey, newest first."""
    return models.Revision.objects.filter(journey=key).order_by("-number")


def places(customer_id: str, contact_ids: Collection[str] = (), *, portal: bool = False) -> list[Place]:
    """Where a customer and its contacts stand in every journey, by lane, the newest run first. Three queries.

    With `portal` only the journeys that customers see.
    """
    whose = Q(kind="customer", subject=customer_id)
    if contact_ids:
        whose |= Q(kind="contact", subject__in=contact_ids)
    rows = list(
        models.Run.objects.filter(whose, journey__state=models.Journey.State.LIVE)
        .select_related("journey")
        .order_by("journey__lane", "journey", "-entered_at", "-occurrence")
    )
    bodies = _bodies(rows)
    reached: dict[str, dict[str, models.Reached]] = {}
    for mark in models.Reached.objects.filter(run__in=[row.pk for row in rows]):
        reached.setdefault(mark.run_id, {})[mark.step] = mark
    found = (_place(row, bodies[row.journey_id, row.revision], reached.get(row.pk, {})) for row in rows)
    return [place for place in found if place.portal or not portal]


def place(run: models.Run) -> Place:
    """One run with its steps. Two queries at most."""
    reached = {mark.step: mark for mark in run.reached.all()}
    return _place(run, _bodies([run])[run.journey_id, run.revision], reached)


def undigested() -> list[Any]:
    """Events that the engine could not take in, oldest first: the dead letters of journeys."""
    return list(timeline.parked().filter(consumer="journeys"))


def run(run_id: str) -> models.Run | None:
    """A run by its id."""
    return models.Run.objects.select_related("journey").filter(pk=run_id).first()


def _bodies(rows: Iterable[models.Run]) -> dict[tuple[str, int], Mapping[str, Any]]:
    """The definitions that runs go by: the published ones are at hand, others are asked for."""
    bodies: dict[tuple[str, int], Mapping[str, Any]] = {}
    others = Q(pk__in=[])
    for row in rows:
        if row.revision == row.journey.number:
            bodies[row.journey_id, row.revision] = row.journey.body
        else:
            others |= Q(journey=row.journey_id, number=row.revision)
    found = models.Revision.objects.filter(others) if others.children[1:] else ()
    return bodies | {(revision.journey_id, revision.number): revision.body for revision in found}


def _place(row: models.Run, body: Mapping[str, Any], reached: Mapping[str, models.Reached]) -> Place:
    steps = [
        StepPlace(
            key=step["key"],
            name=said(step["name"]),
            words=said(step.get("words") or step["name"]),
            todo=said(step.get("todo") or step["name"]),
            mission=step.get("mission", ""),
            required=step.get("required", True),
            milestone=step.get("milestone", False),
            reached=reached.get(step["key"]),
            next=row.state == models.RunState.OPEN and step["key"] == row.waiting_for,
        )
        for step in body["steps"]
    ]
    return Place(
        run=row,
        journey=row.journey_id,
        lane=row.journey.lane,
        name=said(body["name"]),
        about=said(body.get("about", {})),
        portal=body.get("portal", False),
        steps=steps,
    )


def said(texts: Mapping[str, str]) -> str:
    """A text of a definition in the active language, or else in English, or in whatever there is."""
    language = get_language() or "en"
    for name in (language, language.partition("-")[0], "en"):
        if name in texts:
            return texts[name]
    return next(iter(texts.values()), "")

"""Definitions and their revisions; runs, the steps they reached, and what the engine must know of each subject."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Journey(models.Model):
    """A declared sequence of steps. `body` is that of the published revision, `number` its number."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        LIVE = "live", pgettext_lazy("journey", "Live")
        OFF = "off", _("Off")

    key = models.CharField(primary_key=True, max_length=60)
    lane = models.PositiveSmallIntegerField(default=0)
    state = models.CharField(max_length=8, choices=State.choices, default=State.DRAFT)
    number = models.PositiveIntegerField(default=0)
    body = models.JSONField(default=dict)
    digest = models.CharField(max_length=32, blank=True)
    """Stands for all that was published so far."""
    counts_after = models.BigIntegerField(default=0)
    """What came into the log up to this position moves nobody; 0: all of history counts."""

    class Meta:
        verbose_name = _("journey")
        ordering = ("lane", "key")

    def __str__(self) -> str:
        return self.key


class Revision(models.Model):
    """One version of a definition. Never changed, but for being published."""

    journey = models.ForeignKey(Journey, on_delete=models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()
    body = models.JSONField()
    carried = models.JSONField(default=dict)
    """By step: the triggers of steps that it took the place of, as of its publication."""
    note = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=80, blank=True)
    published_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["journey", "number"], name="journeys_revision_number")]
        ordering = ("journey", "-number")

    def __str__(self) -> str:
        return f"{self.journey_id} {self.number}"


class Kind(models.TextChoices):
    """Who goes through a journey."""

    CUSTOMER = "customer", _("Customer")
    CONTACT = "contact", _("Contact")


class RunState(models.TextChoices):
    """Where a run stands as a whole."""

    OPEN = "open", _("Under way")
    COMPLETED = "completed", _("Completed")
    EXITED = "exited", _("Left")


class Run(models.Model):
    """One time a subject goes through a journey.

    The id is made from journey, subject, key and occurrence, so that a replay finds it, and begins with when the
    subject came (store.run_id).
    """

    id = models.CharField(primary_key=True, max_length=40, editable=False)
    journey = models.ForeignKey(Journey, on_delete=models.CASCADE, db_index=False, related_name="runs")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    subject = models.CharField(max_length=64)
    key = models.CharField(max_length=120, blank=True)
    occurrence = models.PositiveIntegerField(default=1)
    state = models.CharField(max_length=10, choices=RunState.choices, default=RunState.OPEN)
    exclusive = models.BooleanField(default=True)
    """Whether no other run with this key may be open beside it (all but `again: parallel`)."""
    entered_at = models.DateTimeField()
    event_id = models.CharField(max_length=200)
    position = models.BigIntegerField()
    """Of the event it was entered by."""
    contact_id = models.CharField(max_length=64, blank=True)
    """Who did that."""
    ended_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=60, blank=True)
    revision = models.PositiveIntegerField()
    pinned = models.BooleanField(default=False)
    waiting_for = models.CharField(max_length=60, blank=True)
    since = models.DateTimeField(null=True)
    late_at = models.DateTimeField(null=True)
    window_at = models.DateTimeField(null=True)
    stuck = models.CharField(max_length=8, blank=True)
    """Announced as stuck where it waits now: limit or slow; empty once it moves."""
    stuck_at = models.DateTimeField(null=True)
    trouble = models.CharField(max_length=300, blank=True)
    """What the engine could not do here; empty when all is well."""

    class Meta:
        verbose_name = _("run")
        constraints = [
            models.UniqueConstraint(
                fields=["journey", "kind", "subject", "key"],
                condition=Q(state="open", exclusive=True),
                name="journeys_run_one_open",
            ),
            models.UniqueConstraint(
                fields=["subject", "journey", "kind", "key", "occurrence"], name="journeys_run_occurrence"
            ),
        ]
        indexes: ClassVar = [
            # Some hold, behind what they are sorted by, what is asked of a run, so that no row is looked up for it.
            models.Index(
                fields=["journey", "waiting_for", "since", "entered_at", "late_at", "stuck"],
                name="journeys_run_waiting",
                condition=Q(state="open"),
            ),
            models.Index(
                fields=["journey", "entered_at", "id", "late_at", "waiting_for"],
                name="journeys_run_open",
                condition=Q(state="open"),
            ),
            models.Index(
                fields=["stuck", "journey", "entered_at", "id", "late_at", "waiting_for"],
                name="journeys_run_slow",
                condition=Q(state="open", stuck="slow"),
            ),
            models.Index(fields=["journey", "entered_at", "id"], name="journeys_run_newest_of"),
            models.Index(fields=["entered_at", "id"], name="journeys_run_newest"),
            models.Index(fields=["late_at"], name="journeys_run_late", condition=Q(state="open", stuck="")),
            models.Index(fields=["window_at"], name="journeys_run_window", condition=Q(state="open")),
            models.Index(
                fields=["state", "journey", "entered_at", "id"], name="journeys_run_trouble", condition=~Q(trouble="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.journey_id} of {self.subject}: {self.state}"


class Reached(models.Model):
    """A step that a run reached, and by which event."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, db_index=False, related_name="reached")
    step = models.CharField(max_length=60)
    at = models.DateTimeField()
    event_id = models.CharField(max_length=200)
    position = models.BigIntegerField()
    contact_id = models.CharField(max_length=64, blank=True)
    times = models.PositiveIntegerField(default=1)
    late = models.BooleanField(default=False)
    revision = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "step"], name="journeys_reached_once")]

    def __str__(self) -> str:
        return f"{self.run_id} {self.step}"


class Subject(models.Model):
    """Up to which moment the engine has taken in what happened to a customer or contact.

    What comes in later and happened earlier makes it replay the subject. Locked while a subject's runs are made.
    """

    id = models.CharField(primary_key=True, max_length=80)
    """`customer:<id>` or `contact:<id>`."""
    seen_until = models.DateTimeField(null=True)
    seen_position = models.BigIntegerField(default=0)
    """The furthest place in the log of what was taken in: a replay that looks less far would lose it."""
    merged = models.BooleanField(default=False)
    """Whether several ids mean this subject: its runs are then always made from the whole history."""
    by_time = models.BooleanField(default=True)
    """Whether the ids of its runs begin with the time at which it came (store.run_id).

    False for who was known before ids were made so: the ids are in the log, and the same run keeps the same id.
    """

    def __str__(self) -> str:
        return self.id


class Joined(models.Model):
    """Which customer a contact joined first: what it did outside of any customer counts there."""

    contact_id = models.CharField(primary_key=True, max_length=64)
    customer_id = models.CharField(max_length=64, db_index=True)
    at = models.DateTimeField()
    position = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.contact_id} in {self.customer_id}"


class Replay(models.Model):
    """A backfill over many subjects, worked off piece by piece, and how far it is."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", pgettext_lazy("replay", "Failed")

    class Mode(models.TextChoices):
        STATE = "state", _("Only bring the state up to date")
        AFTER = "after", _("Act only on what happened after a moment")
        FULL = "full", _("Act on everything")

    journey = models.ForeignKey(Journey, on_delete=models.CASCADE, related_name="replays")
    mode = models.CharField(max_length=8, choices=Mode.choices, default=Mode.STATE)
    since = models.DateTimeField(null=True)
    only_open = models.BooleanField(default=False)
    """Only subjects with an open run: how those who are under way follow a new revision."""
    dry_run = models.BooleanField(default=False)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    cursor = models.CharField(max_length=64, blank=True)
    done = models.PositiveBigIntegerField(default=0)
    total = models.PositiveBigIntegerField(default=0)
    counts = models.JSONField(default=dict)
    error = models.TextField(blank=True)
    asked_by = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["state"], name="journeys_replay_state")]

    def __str__(self) -> str:
        return f"{self.journey_id} {self.mode}: {self.done} of {self.total}"


class Summary(models.Model):
    """Of the runs of a journey entered on a day or in a month, all or those with one trait: the tallies (cells.py)."""

    class Grain(models.IntegerChoices):
        DAY = 0, _("Day")
        MONTH = 1, _("Month")

    journey = models.CharField(max_length=60)
    facet = models.CharField(max_length=10, blank=True)
    """plan, channel or country; empty: all runs."""
    value = models.CharField(max_length=120, blank=True)
    grain = models.PositiveSmallIntegerField(choices=Grain.choices)
    first = models.PositiveIntegerField()
    """The first day, counted from 1970."""
    after = models.PositiveIntegerField()
    """The day behind the last one."""
    shape = models.PositiveBigIntegerField()
    """Of the definition it was made by (standing.shape_of): after another was published, it says nothing."""
    made_at = models.DateTimeField()
    body = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["facet", "value", "grain", "first", "journey"], name="journeys_summary_once"
            )
        ]
        indexes = [
            models.Index(fields=["journey", "grain", "first"], name="journeys_summary_journey"),
            models.Index(fields=["journey", "shape"], name="journeys_summary_shape"),
        ]

    def __str__(self) -> str:
        return f"{self.journey} {self.facet}={self.value} {self.first}"


class Sheet(models.Model):
    """All runs of a journey entered on a day, packed side by side (sheets.py)."""

    journey = models.CharField(max_length=60)
    day = models.PositiveIntegerField()
    """Counted from 1970."""
    shape = models.PositiveBigIntegerField()
    """As in Summary."""
    made_at = models.DateTimeField()
    body = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["journey", "day"], name="journeys_sheet_once")]

    def __str__(self) -> str:
        return f"{self.journey} {self.day}"


class Touched(models.Model):
    """A day of a journey on which a run was entered that has changed since the day was summed up.

    Only ever added to, and deleted by who has summed up what it told of: so writers never wait for each other.
    """

    journey = models.CharField(max_length=60)
    day = models.PositiveIntegerField()
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["journey", "day"], name="journeys_touched_day")]

    def __str__(self) -> str:
        return f"{self.journey} {self.day}"

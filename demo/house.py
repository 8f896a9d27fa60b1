"""How the house keeps up with a past that is made up: when it looks at the calls, and when it takes in what was done.

Its jobs, which in life run several times a second, run here where that makes a difference to what comes out: looks at
the calls before somebody acts upon them, around first calls, in short steps while a spike lasts, and once a day; the
consumers once for whatever was done within a while.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from posthouse.foundation import clock
from posthouse.journeys import actions as journeys
from posthouse.messages import actions as messages
from posthouse.timeline import actions as timeline
from posthouse.timeline.models import Event
from posthouse.usage import actions as usage
from posthouse.usage.events import FirstLiveCall
from posthouse.usage.models import CustomerState

PROMPTLY = timedelta(minutes=1)
"""How long it may wait until the house takes in what somebody is written to for."""
PATIENCE = timedelta(hours=12)
"""How long anything else may wait, until the end of the day at most, with whatever else is done meanwhile."""
NEVER = timedelta.max
"""What nobody but who did it needs to hear of."""
SOON = timedelta(seconds=1)
SPIKE_LOOKS = timedelta(minutes=15)
"""A spike is only seen, and its end too, by who looks at the calls so often."""
LATER = datetime.max.replace(year=9000, tzinfo=UTC)


class House:
    """The house over the time from `begins`. `bring_calls` stores the calls made before a moment."""

    def __init__(self, begins: datetime, bring_calls: Callable[[datetime], None]) -> None:
        self._bring_calls = bring_calls
        self._seen = self._looked_at = begins
        self._told_at = begins
        self._patient_until = LATER
        self._is_spiking = False
        self._silent_at = LATER

    def live_until(self, moment: datetime) -> None:
        """Let time pass: what was done is taken in when it is time, and a spike is watched."""
        if moment > self._patient_until:
            self.catch_up()
        while (due := self._next_look()) < moment:
            self.look(due)
        self._seen = moment

    def _next_look(self) -> datetime:
        """When the calls must be looked at though nobody does anything: a spike may end, or a silence be told."""
        return min(self._looked_at + SPIKE_LOOKS if self._is_spiking else LATER, self._silent_at + SPIKE_LOOKS)

    def note(self, moment: datetime, patience: timedelta = PATIENCE) -> None:
        """Something was done that all of the house is to hear of."""
        self._told_at, self._patient_until = moment, min(self._patient_until, moment + patience)

    def look(self, moment: datetime) -> None:
        """Look at the calls made until then: milestones, spikes and silences are told when they come."""
        self._bring_calls(moment)
        newest = _newest_event()
        with clock.at(moment):
            while usage.take_in_calls() == usage.BATCH:
                continue
            usage.announce_silence()
        self._seen = self._looked_at = moment
        self._is_spiking = CustomerState.objects.filter(spike_since__isnull=False).exists()
        silences = CustomerState.objects.filter(quiet_check_at__gt=moment).order_by("quiet_check_at")
        self._silent_at = silences.values_list("quiet_check_at", flat=True).first() or LATER
        told = Event.objects.filter(position__gt=newest).values_list("type", flat=True)
        if told:
            self.note(moment, PROMPTLY if FirstLiveCall.type in told else PATIENCE)

    def glance(self, moment: datetime) -> None:
        """The same, unless that was done a moment ago."""
        if moment - self._looked_at >= SPIKE_LOOKS:
            self.look(moment)

    def end_day(self, moment: datetime) -> None:
        """Look at the calls, and at who has waited too long in a journey."""
        self.look(moment)
        if self._patient_until < LATER:
            self.catch_up()
        afterwards = moment + 2 * SOON
        with clock.at(afterwards):
            if journeys.close_windows() + journeys.announce_late():
                self.note(afterwards)

    def catch_up(self) -> None:
        """Let the house take in what was done lately, as if that had been a moment ago."""
        with clock.at(max(self._told_at + SOON, self._seen)):
            timeline.run_consumers()
            messages.send_due()
        self._patient_until = LATER


def _newest_event() -> int:
    return Event.objects.order_by("-position").values_list("position", flat=True).first() or 0

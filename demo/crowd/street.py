"""The crowd as it comes and goes: those who are there already, and somebody new every so often."""

import random
import threading
import time
from dataclasses import dataclass

from crowd.personas import make_persona
from crowd.site import Site, now_and_then
from crowd.world import Roster, World


@dataclass(frozen=True, slots=True)
class Street:
    """How busy it is. `pace` divides the time people take, `seconds_between` is the mean time between newcomers."""

    seed: int
    pace: float = 20.0
    seconds_between: float = 20.0
    at_once: int = 6
    """How many come in the first minute, so that there is something to see."""

    def populate(self, world: World, roster: Roster) -> None:
        """Let everybody go on who has a key."""
        for known in roster.all():
            world.bring_back(make_persona(self.seed, known.number), self.seed, self.pace, known.keys)

    def run(self, world: World, roster: Roster, site: Site, stop: threading.Event) -> None:
        """Live until told to stop. Every now and then somebody who is there does something on the vendor's site."""
        dice = random.Random()  # when newcomers come need not be repeatable; who they are is
        for _ in range(self.at_once):
            self._newcomer(world, roster)
            world.run(stop, time.time() + dice.uniform(1, 8))
        while not stop.is_set():
            world.run(stop, time.time() + dice.expovariate(1 / self.seconds_between))
            if not stop.is_set():
                self._newcomer(world, roster)
                if known := roster.all():
                    site.tell([now_and_then(dice, dice.choice(known).number)])

    def _newcomer(self, world: World, roster: Roster) -> None:
        world.bring_in(make_persona(self.seed, roster.take_number()), self.seed, self.pace)

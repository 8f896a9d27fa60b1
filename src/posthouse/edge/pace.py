"""How fast one source of foreign events may send: so many items a second, bursts evened out."""

import math
import time
from collections.abc import Callable

LONGEST_WAIT = 60


class Pace:
    """A bucket for each source that leaks at its rate. Touched by the event loop only.

    A batch of any size goes in when the bucket is empty, as it could not be sent otherwise; what comes next waits
    until it has leaked away.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._levels: dict[str, tuple[float, float]] = {}

    def wait(self, source_id: str, items: int, rate: int) -> int:
        """0, and the items count; or the seconds after which to come again, and nothing counts."""
        moment = self._clock()
        level, since = self._levels.get(source_id, (0.0, moment))
        level = max(0.0, level - (moment - since) * rate)
        if level > 0 and level + items > rate:
            return min(LONGEST_WAIT, max(1, math.ceil((level + items - rate) / rate)))
        self._levels[source_id] = (level + items, moment)
        return 0

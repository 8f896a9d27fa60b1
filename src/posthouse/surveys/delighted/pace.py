"""How many calls a key may make: so many a second on the long run, and some at once. Counted in each process."""

import math
import threading
import time
from collections import OrderedDict

MOST_KEYS = 10_000
_levels: "OrderedDict[str, tuple[float, float]]" = OrderedDict()
_lock = threading.Lock()


def wait(key: str, rate: float, burst: int) -> int:
    """0, and the call counts; or the whole seconds after which to come again, and nothing counts."""
    moment = time.monotonic()
    with _lock:
        level, since = _levels.get(key, (0.0, moment))
        level = max(0.0, level - (moment - since) * rate)
        if level + 1 > burst:
            return max(1, math.ceil((level + 1 - burst) / rate))
        _levels[key] = (level + 1, moment)
        _levels.move_to_end(key)
        if len(_levels) > MOST_KEYS:
            _levels.popitem(last=False)
    return 0


def forget() -> None:
    """As if nobody had called: for tests."""
    with _lock:
        _levels.clear()

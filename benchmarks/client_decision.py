"""How long one decision takes in process: key to digest, look-up, all checks and two limits.

Prints one JSON object. Times are nanoseconds, the median over batches; `loop_ns` is what the loop itself
costs and is taken off. The keys are used in turn, so that no cache flatters the figure.
"""

import hashlib
import hmac
import itertools
import json
import platform
import statistics
import sys
import time
from collections.abc import Callable

from posthouse_client import keyformat
from posthouse_client.decision import KeyRecord, KeyStore
from posthouse_client.headers import limit_headers
from posthouse_client.limits import Limit

KEYS = 1_000
BATCH = 2_000
BATCHES = 101
PEPPER = bytes(range(32))


def main() -> None:
    """Measure and print."""
    keys = [keyformat.make("sun", "test") for _ in range(KEYS)]
    store = filled_store(keys)
    turns = itertools.cycle(keys)
    loop = median_ns(lambda: next(turns))
    figures = {
        "decision_two_limits_ns": median_ns(lambda: store.decide(next(turns))) - loop,
        "decision_two_limits_and_header_fields_ns": median_ns(lambda: limit_headers(store.decide(next(turns)).limits))
        - loop,
        "decision_unknown_key_ns": median_ns(lambda: store.decide("sun_test_" + "0" * 36)),
        "hmac_digest_ns": median_ns(lambda: hmac.digest(PEPPER, next(turns).encode(), "sha256")) - loop,
        "sha256_ns": median_ns(lambda: hashlib.sha256(next(turns).encode()).digest()) - loop,
        "loop_ns": loop,
    }
    machine = {"python": sys.version.split()[0], "machine": platform.machine(), "keys": KEYS}
    sys.stdout.write(json.dumps({name: round(value) for name, value in figures.items()} | machine) + "\n")


def filled_store(keys: list[str]) -> KeyStore:
    """A store in which every key has two limits that are never spent."""
    store = KeyStore()
    limits = (Limit("burst", 1_000_000, 1.0), Limit("daily", 1_000_000_000, 86400.0))
    store.replace(
        (
            KeyRecord(
                key_id=f"key_{number}",
                customer_id=f"cus_{number}",
                environment="test",
                scopes=frozenset({"read"}),
                limits=limits,
                secrets=((keyformat.digest(PEPPER, key), None),),
            )
            for number, key in enumerate(keys)
        ),
        {"1": PEPPER},
    )
    return store


def median_ns(act: Callable[[], object]) -> float:
    """The median over batches of the mean time of one act."""
    times = []
    for _ in range(BATCHES):
        began = time.perf_counter_ns()
        for _ in range(BATCH):
            act()
        times.append((time.perf_counter_ns() - began) / BATCH)
    return statistics.median(times)


if __name__ == "__main__":
    main()

"""Writing to the log, moving its consumers along it, and saying who is whom."""

from posthouse.timeline.actions.aliases import AliasError, alias
from posthouse.timeline.actions.consuming import restart_consumer, run_consumer, run_consumers
from posthouse.timeline.actions.foreign import store_foreign
from posthouse.timeline.actions.parking import discard, retry_now, retry_one, retry_parked
from posthouse.timeline.actions.recording import digest_of, record, record_many

__all__ = [
    "AliasError",
    "alias",
    "digest_of",
    "discard",
    "record",
    "record_many",
    "restart_consumer",
    "retry_now",
    "retry_one",
    "retry_parked",
    "run_consumer",
    "run_consumers",
    "store_foreign",
]

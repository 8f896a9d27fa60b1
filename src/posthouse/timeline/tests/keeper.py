"""A worker of its own process whose consumer notes every event in a table that does not forbid to note it twice."""

import os
import sys

from django.db import connection

COLUMNS = "(position bigint, worker bigint, turn %s)"
TABLE = {
    "sqlite": f"CREATE TABLE seen_by_keeper {COLUMNS % 'integer PRIMARY KEY AUTOINCREMENT'}",
    "postgresql": f"CREATE TABLE seen_by_keeper {COLUMNS % 'bigint GENERATED ALWAYS AS IDENTITY'}",
}
INSERT = "INSERT INTO seen_by_keeper (position, worker) VALUES (%s, %s)"


def note(batch):
    """In the transaction of the checkpoint."""
    with connection.cursor() as cursor:
        cursor.executemany(INSERT, [(event.position, os.getpid()) for event in batch])


def work(batch):
    """Move the consumer along once for each line read, and say so."""
    from posthouse.timeline import actions, events  # noqa: PLC0415  needs Django set up
    from posthouse.timeline.actions import consuming  # noqa: PLC0415  needs Django set up

    consuming.BATCH, consuming.SCAN = batch, 3 * batch
    events.reactions.clear()
    events.reacts_in_batches("lamp.lit", consumer="keeper")(note)
    for _line in sys.stdin:
        actions.run_consumers()
        print("ran", flush=True)

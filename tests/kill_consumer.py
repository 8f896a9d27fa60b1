"""A consumer for the kill test: notes every event it sees in a table that does not forbid to note it twice."""

from django.db import connection

from posthouse.timeline.events import Recorded, reacts_to

COLUMNS = "(position bigint, source text, id text, customer_id text, turn %s)"
TABLE = {
    "sqlite": f"CREATE TABLE seen_by_kill_test {COLUMNS % 'integer PRIMARY KEY AUTOINCREMENT'}",
    "postgresql": f"CREATE TABLE seen_by_kill_test {COLUMNS % 'bigint GENERATED ALWAYS AS IDENTITY'}",
}


@reacts_to("*", consumer="kill-test")
def note(event: Recorded) -> None:
    """In the transaction of the checkpoint."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO seen_by_kill_test (position, source, id, customer_id) VALUES (%s, %s, %s, %s)",
            [event.position, event.source, event.id, event.customer_id],
        )

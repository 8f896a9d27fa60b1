"""Locks of the whole database that last until the transaction ends. On SQLite the one writer has them anyway."""

from django.db import connection

JOINING = 7_303_014
"""Who changes who is whom."""
DIVIDING = 7_303_015
"""Who divides a consumer's customers anew."""


def one_at_a_time(lock: int) -> None:
    """Wait until nobody else holds this one of PostgreSQL's advisory locks."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lock])

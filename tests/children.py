"""Environments of child processes: on the database of the test that starts them, or on one of their own."""

import os
import sys

from django.db import connection


def same_database(**more: str) -> dict[str, str]:
    """Environment of a process that runs with the real settings on the database of this test."""
    chosen = connection.settings_dict
    url = f"sqlite:///{chosen['NAME']}"
    if connection.vendor == "postgresql":
        url = f"postgres://{chosen['USER']}:{chosen['PASSWORD']}@{chosen['HOST']}:{chosen['PORT']}/{chosen['NAME']}"
    return own_database(url, DJANGO_SETTINGS_MODULE="posthouse.config.settings", **more)


def own_database(url: str = "", **more: str) -> dict[str, str]:
    """Environment of a process on the database at `url`, or on SQLite in its `POSTHOUSE_DATA`.

    Nothing of the test's own settings goes along: on PostgreSQL these name the server's base database.
    """
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    environment.pop("POSTHOUSE_DATABASE_URL", None)
    if url:
        environment["POSTHOUSE_DATABASE_URL"] = url
    return environment | more

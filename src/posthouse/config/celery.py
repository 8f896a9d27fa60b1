"""Workers of Celery, for a vendor that runs them already: `celery -A posthouse.config.celery worker`.

They do what the house's own worker tells them by id (POSTHOUSE_DISPATCHER); that one still runs, for all else.
"""

import os
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "posthouse.config.settings")
django.setup()

from django.conf import settings  # noqa: E402  needs Django set up
from django.db import close_old_connections  # noqa: E402

from posthouse.automations import actions  # noqa: E402

app = actions.celery_app(settings.DISPATCHER)


@app.task(name=actions.CELERY_TASK)  # type: ignore[untyped-decorator]  # Celery has no types
def carry_on(what: str, ids: list[Any]) -> int:
    """Do what is due among these; how much it was goes to nobody."""
    close_old_connections()
    try:
        return actions.carry_on_with(what, ids)
    finally:
        close_old_connections()

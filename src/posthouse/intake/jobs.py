"""Keeps the list of rejected items short."""

from django.conf import settings

from posthouse.foundation.jobs import every
from posthouse.intake import actions


@every(60)
def trim_rejects() -> int:
    """Forget rejected items after INTAKE_RETENTION_DAYS."""
    return actions.trim_rejects(days=settings.INTAKE_RETENTION_DAYS)

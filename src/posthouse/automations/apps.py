"""Registers the feature with Django."""

from importlib import import_module

from django.apps import AppConfig


class AutomationsConfig(AppConfig):
    """See the README of this folder."""

    name = "posthouse.automations"
    label = "automations"

    def ready(self) -> None:
        """Load what automations can do."""
        for name in ("effects", "surveying", "webhook"):
            import_module(f"posthouse.automations.{name}")

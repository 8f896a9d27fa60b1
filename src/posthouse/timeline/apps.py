"""Registers the feature with Django and collects what every feature announces, does in reaction, and does in time."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class TimelineConfig(AppConfig):
    """See the README of this folder."""

    name = "posthouse.timeline"
    label = "timeline"

    def ready(self) -> None:
        """Load each feature's events, reactions and jobs, so that their registries are complete."""
        autodiscover_modules("events", "reactions", "jobs", "personal_data")

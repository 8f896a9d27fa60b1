"""Registers the feature with Django, and brings the shipped definitions in once the tables are there."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class JourneysConfig(AppConfig):
    """See the README of this folder."""

    name = "posthouse.journeys"
    label = "journeys"

    def ready(self) -> None:
        """Definitions are data: they come with the tables, and anew with each version of the house."""
        post_migrate.connect(_install, sender=self)


def _install(sender: Any, **_options: Any) -> None:
    from posthouse.journeys import actions  # noqa: PLC0415  models are not ready when this module is read

    actions.install_shipped()

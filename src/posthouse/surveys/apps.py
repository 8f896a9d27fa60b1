"""Registers the feature with Django."""

from importlib import import_module

from django.apps import AppConfig


class SurveysConfig(AppConfig):
    """See the README of this folder."""

    name = "posthouse.surveys"
    label = "surveys"

    def ready(self) -> None:
        """Notes from now on which days change, and declares what programs outside may be told of."""
        import_module("posthouse.surveys.figures.touching")
        import_module("posthouse.surveys.announcing")

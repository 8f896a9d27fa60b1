"""Registers the feature with Django."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class DesignConfig(AppConfig):
    """See the README of this folder."""

    name = "posthouse.design"
    label = "design"

    def ready(self) -> None:
        """Let every feature add its links."""
        autodiscover_modules("navigation")

"""Registers the feature with Django."""

from importlib import import_module

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    """See the README of this folder."""

    name = "posthouse.people"
    label = "people"

    def ready(self) -> None:
        """Let mail ask for the addresses of contacts."""
        import_module("posthouse.people.address_book")

"""Registers the feature with Django."""

from importlib import import_module

from django.apps import AppConfig


class MessagesConfig(AppConfig):
    """See the README of this folder."""

    name = "posthouse.messages"
    label = "post"

    def ready(self) -> None:
        """Listen to the webhooks of providers."""
        import_module("posthouse.messages.tracking")

"""Registers the feature with Django."""

from django.apps import AppConfig


class KeysConfig(AppConfig):
    """See the README of this folder."""

    name = "posthouse.keys"
    label = "keys"

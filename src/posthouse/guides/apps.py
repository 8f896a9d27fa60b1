"""Registers the feature with Django."""

from django.apps import AppConfig


class GuidesConfig(AppConfig):
    """See the README of this folder."""

    name = "posthouse.guides"
    label = "guides"

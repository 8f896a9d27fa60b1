"""Registers the feature with Django."""

from django.apps import AppConfig


class EdgeConfig(AppConfig):
    """See the README of this folder."""

    name = "posthouse.edge"
    label = "edge"

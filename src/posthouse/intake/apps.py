"""Registers the feature with Django."""

from django.apps import AppConfig


class IntakeConfig(AppConfig):
    """See the README of this folder."""

    name = "posthouse.intake"
    label = "intake"

"""Registers the feature with Django."""

from django.apps import AppConfig


class UsageConfig(AppConfig):
    """See the README of this folder."""

    name = "posthouse.usage"
    label = "usage"

"""Registers the feature with Django."""

from django.apps import AppConfig


class PagesConfig(AppConfig):
    """See the README of this folder."""

    name = "posthouse.pages"
    label = "pages"

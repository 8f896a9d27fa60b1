"""Registers the feature with Django."""

from django.apps import AppConfig


class LettersConfig(AppConfig):
    """See the README of this folder."""

    name = "posthouse.letters"
    label = "letters"
